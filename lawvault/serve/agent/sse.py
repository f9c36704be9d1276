"""Events on the wire: server-sent events, whole ones only, and the ids by which one resumes.

An id is the run's and the event's number, so that an id of another run is noticed.
Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import contextlib
import json
import re
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from lawvault.serve.contract import ApiError

MEDIA_TYPE = "text/event-stream"
PING = b": ping\n\n"
PING_SECONDS = 15.0
"""After so much silence a comment is sent, so that nothing in between closes the line."""
EVENT_ID = "run-[0-9a-f]{32}:[0-9]{1,10}"


class EventStream(Response):
    """An answer that comes piece by piece; whatever ends it ends what makes the pieces, too."""

    media_type = MEDIA_TYPE

    def __init__(
        self, pieces: AsyncGenerator[bytes, None], headers: Mapping[str, str] | None = None
    ) -> None:
        """Take the pieces, each one or more whole events."""
        more = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", **(headers or {})}
        super().__init__(headers=more)
        del self.headers["content-length"]
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the pieces as they come; the answer begins with the first of them."""
        async with contextlib.aclosing(self._pieces) as pieces:
            first = await anext(pieces, b"")
            start = {"status": self.status_code, "headers": self.raw_headers}
            await send({"type": "http.response.start", **start})
            await send({"type": "http.response.body", "body": first, "more_body": True})
            async for piece in pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})


def event_bytes(run_id: str, event: Mapping[str, Any]) -> bytes:
    """Return one event of a run as it is sent."""
    data = json.dumps({"run_id": run_id, **event}, ensure_ascii=False, separators=(",", ":"))
    return f"id: {run_id}:{event['seq']}\nevent: {event['kind']}\ndata: {_whole(data)}\n\n".encode()


def error_bytes(error: ApiError) -> bytes:
    """Return an event that says why no more come; it has no id, so one may resume."""
    data = json.dumps(error.body(), ensure_ascii=False)
    return f"event: error\ndata: {data}\n\n".encode()


def seq_of(event_id: str, run_id: str) -> int:
    """Return the number of the event that a client knows last.

    Raises:
        ApiError: it is no id of ours (400), or of another run (404).

    >>> seq_of("run-" + "0" * 32 + ":7", "run-" + "0" * 32)
    7
    """
    if not re.fullmatch(EVENT_ID, event_id):
        raise ApiError(400, "invalid_event_id", "Last-Event-ID 不是本服务的事件编号")
    of_run, _, seq = event_id.partition(":")
    if of_run != run_id:
        raise ApiError(404, "event_of_another_run", "Last-Event-ID 属于另一个任务")
    return int(seq)


def _whole(text: str) -> str:
    r"""Return JSON without half characters, which UTF-8 cannot say: they are spelt \udxxx."""
    return text.encode("utf-8", "backslashreplace").decode()
