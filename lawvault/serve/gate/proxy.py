"""What stands inside Serve's own proxy, before it has picked a replica of the gateway.

The proxy lets a client give itself another deadline and keep its work going after it has left; that
is for us to say, so those headers end here.  And what the proxy answers by itself (there is no
gateway yet, or it died at this request) is a line of plain text: here it gets the shape of all our
errors.  Serve reads `middlewares` by the environment variable that `ENVIRONMENT` sets.
"""

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lawvault.serve.contract import ApiError
from lawvault.serve.gate.reply import Reply

ENVIRONMENT = {"RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": "lawvault.serve.gate.proxy:middlewares"}
CONTROLLING = {
    b"x-request-timeout-seconds",
    b"x-request-disconnect-disabled",
    b"serve_multiplexed_model_id",
}
OWN = "/-/"
"""The proxy's own routes."""


def middlewares() -> list[Middleware]:
    """Return what Serve is to put around its proxy."""
    return [Middleware(Outermost)]


class Outermost:
    """ASGI middleware; see the module."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before `app`, Serve's proxy."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, and what comes back in our shape."""
        if scope["type"] != "http" or scope["path"].startswith(OWN):
            await self._app(scope, receive, send)
            return
        headers = [pair for pair in scope["headers"] if pair[0].lower() not in CONTROLLING]
        shaped = _Shaped(send, scope["path"])
        await self._app({**scope, "headers": headers}, receive, shaped)
        await shaped.end()


class _Shaped:
    """A `send` that puts a JSON error in the place of the proxy's plain text, or of nothing."""

    def __init__(self, send: Send, path: str) -> None:
        self._send, self._path = send, path
        self._has_begun = self._is_replaced = False

    async def __call__(self, message: Message) -> None:
        """Send a message of the proxy, or ours instead of it."""
        if message["type"] == "http.response.start" and _is_of_proxy(message):
            await self._refuse(message["status"])
        elif not self._is_replaced:
            self._has_begun = True
            await self._send(message)

    async def end(self) -> None:
        """Answer if the proxy did not: the replica died at this request."""
        if not self._has_begun:
            await self._refuse(503)

    async def _refuse(self, status: int) -> None:
        self._has_begun = self._is_replaced = True
        error = ApiError(503, "gateway_unavailable", "服务正在启动、更新或恢复，请稍后重试")
        if status == 429:
            error = ApiError(429, "too_many_requests", "同时处理的请求太多，请稍后重试")
        await Reply(self._send, self._path).error(error)


def _is_of_proxy(message: Message) -> bool:
    """Say whether an answer is the proxy's own: our errors are never plain text."""
    kind = Headers(raw=list(message["headers"])).get("content-type", "")
    return message["status"] >= 400 and kind.startswith("text/plain")
