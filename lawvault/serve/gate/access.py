"""Who asked for what, when, and how it went: one JSON line a request, and the same to the metrics.

The line holds nothing that a client wrote but its request id, and that only if it is sane: the
route is our template, not the path; no query, no body, no header.  It stands outside the gate, so
that those who were turned away are seen, too.
"""

import datetime
import json
import logging
import re
import sys
import time
import uuid
from dataclasses import asdict, dataclass
from typing import Protocol

from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lawvault.serve.gate.admission import KEY_NAME, REJECTED
from lawvault.serve.gate.rate import Clock

log = logging.getLogger("lawvault.access")

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
NO_ROUTE = "none"
SANE_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
CLIENT_LEFT = 499
"""What nginx writes for a request whose client did not wait for the answer; nobody gets it."""


@dataclass(slots=True, kw_only=True)
class Seen:
    """One request: what the line says."""

    time: str
    request_id: str
    method: str
    route: str
    status: int = CLIENT_LEFT
    milliseconds: float = 0.0
    key: str = ""
    rejected: str = ""
    bytes_in: int = 0
    bytes_out: int = 0


class Watcher(Protocol):
    """Whoever counts requests."""

    def begin(self) -> None:
        """Note that a request has come."""

    def end(self, seen: Seen) -> None:
        """Note how it went."""


class Access:
    """ASGI middleware, to be added last, so that it stands outermost.

    Args:
        echo: say the request id in every answer; False where a proxy before us does, as Ray
            Serve's does, unless the client's was not sane.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        watcher: Watcher,
        echo: bool = True,
        clock: Clock = time.perf_counter,
    ) -> None:
        self._app, self._watcher, self._echo, self._clock = app, watcher, echo, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and say how it went."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).getlist("x-request-id")
        is_sane = len(given) == 1 and SANE_ID.fullmatch(given[0]) is not None
        seen = Seen(
            time=datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
            request_id=given[0] if is_sane else uuid.uuid4().hex,
            method=scope["method"] if scope["method"] in METHODS else "other",
            route=template_of(scope),
        )
        wire = _Wire(receive, send, seen, say_id=self._echo or not is_sane)
        self._watcher.begin()
        begin = self._clock()
        try:
            await self._app(scope, wire.receive, wire.send)
        finally:
            seen.milliseconds = round(1000 * (self._clock() - begin), 2)
            seen.key, seen.rejected = scope.get(KEY_NAME, ""), scope.get(REJECTED, "")
            self._watcher.end(seen)
            log.info("%s", json.dumps(asdict(seen), ensure_ascii=False))


class _Wire:
    """Both ways of one request, counted."""

    def __init__(self, receive: Receive, send: Send, seen: Seen, *, say_id: bool) -> None:
        self._receive, self._send, self._seen, self._say_id = receive, send, seen, say_id

    async def receive(self) -> Message:
        message = await self._receive()
        self._seen.bytes_in += len(message.get("body", b""))
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._seen.status = message["status"]
            if self._say_id:
                MutableHeaders(scope=message)["X-Request-Id"] = self._seen.request_id
        self._seen.bytes_out += len(message.get("body", b""))
        await self._send(message)


def template_of(scope: Scope) -> str:
    """Return the template of the route that a request means, also of one that will be refused."""
    application, found = scope.get("app"), NO_ROUTE
    for route in application.routes if application else ():
        match, _ = route.matches(scope)
        if match is Match.NONE:
            continue
        found = getattr(route, "path", NO_ROUTE)
        if match is Match.FULL:
            break
    return found


def start_access_log() -> None:
    """Write the lines to standard error, alone on their lines, whatever others log."""
    if not log.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(message)s"))
        log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
