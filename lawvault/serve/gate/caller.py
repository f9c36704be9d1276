"""The client of one request: what it sends, and whether it still waits for the answer."""

import asyncio
from collections.abc import Awaitable

from starlette.datastructures import Headers
from starlette.types import Message, Receive

from lawvault.serve.contract import ApiError
from lawvault.serve.gate.reply import Reply


class Caller:
    """Reads the body once, then watches the line while somebody works on it."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._body: bytes | None = None
        self._left = asyncio.Event()

    @property
    def has_left(self) -> bool:
        """Whether the client went away before its answer was complete."""
        return self._left.is_set()

    async def read(self, headers: Headers, max_bytes: int) -> None:
        """Take in the whole body, unless the client leaves before its end.

        Raises:
            ApiError: it is, or claims to be, longer than `max_bytes` (413).
        """
        declared = headers.get("content-length", "")
        if declared.isdecimal():
            _check_size(int(declared[:20]), max_bytes)  # more digits than Python would read
        body = bytearray()
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self._left.set()
                return
            body += message.get("body", b"")
            _check_size(len(body), max_bytes)
            if not message.get("more_body", False):
                self._body = bytes(body)
                return

    async def receive(self) -> Message:
        """Give the body that was read, then wait until the client leaves: ASGI's `receive`."""
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def wait_for(self, work: Awaitable[None], reply: Reply, *, seconds: float | None) -> None:
        """Await `work`, and cancel it when the client leaves before `reply` is complete.

        Raises:
            TimeoutError: it takes more than `seconds`, where given; it is cancelled then, too.
        """
        try:
            async with asyncio.timeout(seconds) as limit:
                watch = asyncio.create_task(self._watch(reply, limit))
                try:
                    await work
                finally:
                    watch.cancel()
        except TimeoutError:
            if not self.has_left:
                raise

    async def _watch(self, reply: Reply, limit: asyncio.Timeout) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        if not reply.is_complete:  # servers say the same when all is sent
            self._left.set()
            if not limit.expired():  # else the work is being cancelled already
                limit.reschedule(asyncio.get_running_loop().time())


def _check_size(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise ApiError(413, "body_too_large", f"请求体超过上限 {max_bytes} 字节")
