"""The way back through the gate: headers on every answer, and errors in their address' shape."""

import json
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Send

from lawvault.serve.contract import ApiError
from lawvault.serve.gate.shape import body_of, headers_of

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
    """The way back: adds our headers, and knows how far an answer is."""

    def __init__(self, send: Send, path: str) -> None:
        self._send, self._path = send, path
        self._begun = False
        self.is_complete = False

    async def __call__(self, message: Message) -> None:
        """Pass a message on."""
        if message["type"] == "http.response.start":
            self._begun = True
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
        elif not message.get("more_body", False):
            self.is_complete = True
        await self._send(message)

    async def error(self, error: ApiError, more: Mapping[str, str] | None = None) -> None:
        """Send `error`, unless another answer has begun, which cannot be taken back."""
        if self._begun:
            return
        body = json.dumps(body_of(error, self._path), ensure_ascii=False).encode()
        headers = Headers(
            {
                "Content-Type": "application/json",
                "Content-Length": str(len(body)),
                **headers_of(error),
                **(more or {}),
            }
        )
        await self({"type": "http.response.start", "status": error.status, "headers": headers.raw})
        await self({"type": "http.response.body", "body": body})
