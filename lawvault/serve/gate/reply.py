"""The way back through the gate: headers on every answer, and errors in the one shape."""

import json
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Send

from lawvault.serve.contract import ApiError

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; base-uri 'none'; object-src 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}


class Refused(Exception):
    """An error and the headers that go with it."""

    def __init__(self, error: ApiError, headers: dict[str, str]) -> None:
        super().__init__(error, headers)
        self.error, self.headers = error, headers


class Reply:
    """The way back: adds our headers, and knows whether an answer has begun."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._begun = True
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
        await self._send(message)

    async def error(self, error: ApiError, more: Mapping[str, str] | None = None) -> None:
        """Send `error`, unless another answer has begun, which cannot be taken back."""
        if self._begun:
            return
        body = json.dumps(error.body(), ensure_ascii=False).encode()
        headers = Headers(
            {
                "Content-Type": "application/json",
                "Content-Length": str(len(body)),
                **({"Retry-After": "1"} if error.status == 429 else {}),
                # The work is done and lost; clients of OpenAI would have it done twice more.
                **({"X-Should-Retry": "false"} if error.status == 504 else {}),
                **(more or {}),
            }
        )
        await self({"type": "http.response.start", "status": error.status, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": body})
