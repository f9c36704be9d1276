"""The gate before all routes: who may come in, how much at once, how large, how long.

One ASGI layer, because every rule must hold for routes that do not exist yet: a Host allow-list on
loopback (a web page open in the same browser could otherwise reach us by DNS rebinding), a limit of
requests in work, of bytes (declared and counted), and of seconds, and headers that let our page run
nothing but our own script.  What goes wrong inside becomes a plain 500; the traceback is logged.
"""

import asyncio
import ipaddress
import json
import logging

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lawvault.config import ServeConfig
from lawvault.serve.contract import ApiError

log = logging.getLogger(__name__)

BODY_SECONDS = 15.0
FREE_PATHS = ("/", "/health/live", "/health/ready")
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; base-uri 'none'; object-src 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}


class Admission:
    """ASGI middleware; see the module."""

    def __init__(self, app: ASGIApp, config: ServeConfig) -> None:
        self._app = app
        self._config = config
        self._loopback = is_loopback(config.host)
        self._in_work = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        reply = _Reply(send)
        try:
            await self._admit(scope, receive, reply)
        except ApiError as error:
            await reply.error(error)
        except Exception:  # the HTTP boundary: nobody outside shall see a traceback
            log.exception("serve: %s %s failed", scope["method"], scope["path"])
            await reply.error(ApiError(500, "internal_error", "服务内部错误，详情见服务日志"))

    async def _admit(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._check_host(scope)
        if scope["path"] in FREE_PATHS or scope["path"].startswith("/assets/"):
            await self._app(scope, receive, send)
            return
        if self._in_work >= self._config.max_concurrent:
            raise ApiError(429, "too_many_requests", "同时处理的请求太多，请稍后重试")
        self._in_work += 1
        try:
            await self._work(scope, receive, send)
        finally:
            self._in_work -= 1

    def _check_host(self, scope: Scope) -> None:
        if not self._loopback:
            return
        host = _host_name(Headers(scope=scope).get("host", ""))
        if not (host == self._config.host or is_loopback(host)):
            raise ApiError(421, "unknown_host", "此服务只接受发往本机地址的请求")

    async def _work(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await self._body(scope, receive)
        except TimeoutError:
            raise ApiError(408, "body_timeout", "请求体接收超时") from None
        if body is None:  # the client left
            return
        try:
            async with asyncio.timeout(self._config.timeout_s):
                await self._app(scope, _replay(body, receive), send)
        except TimeoutError:
            raise ApiError(504, "timeout", "处理超时，请减少文本后重试") from None

    async def _body(self, scope: Scope, receive: Receive) -> bytes | None:
        """Return the whole body, or None if the client left before its end."""
        declared = Headers(scope=scope).get("content-length", "0")
        self._check_size(int(declared) if declared.isdecimal() else 0)
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            self._check_size(len(body))
            if not message.get("more_body", False):
                return bytes(body)

    def _check_size(self, size: int) -> None:
        if size > self._config.max_body_bytes:
            raise ApiError(
                413, "body_too_large", f"请求体超过上限 {self._config.max_body_bytes} 字节"
            )


class _Reply:
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

    async def error(self, error: ApiError) -> None:
        """Send `error`, unless another answer has begun, which cannot be taken back."""
        if self._begun:
            return
        body = json.dumps(error.body(), ensure_ascii=False).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ]
        if error.status == 429:
            headers.append((b"retry-after", b"1"))
        await self({"type": "http.response.start", "status": error.status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives the body that was read already, then what really comes."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _host_name(header: str) -> str:
    """Return the name in a Host header, without the port.

    >>> _host_name("localhost:8000"), _host_name("[::1]:8000"), _host_name("127.0.0.1")
    ('localhost', '::1', '127.0.0.1')
    """
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.partition(":")[0]


def is_loopback(host: str) -> bool:
    """Say whether `host` means this machine and nobody else's.

    >>> is_loopback("localhost"), is_loopback("127.0.0.1"), is_loopback("::1")
    (True, True, True)
    >>> is_loopback("0.0.0.0"), is_loopback("localhost.evil.test"), is_loopback("")
    (False, False, False)
    """
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
