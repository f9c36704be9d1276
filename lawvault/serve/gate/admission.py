"""The gate before all routes: who may come in, how much at once, how large, how long.

One ASGI layer, because every rule must hold for routes that do not exist yet: a Host allow-list on
loopback (a web page open in the same browser could otherwise reach us by DNS rebinding), a key and
its scope, the key's rate and its share, a limit of requests in work, of bytes (declared and
counted), and of seconds, an end to work that nobody waits for any more, and headers that let our
page run nothing but our own script.  Where no key is asked for, pages of other sites are turned
away.  What goes wrong inside becomes a plain 500; the traceback is logged.  Who came in, and why
somebody did not, is noted in the scope for the log.

Rates and shares are counted in each replica of the gateway by itself: with n of them a key may get
through n times as often.
"""

import asyncio
import ipaddress
import logging
import os
import time
from collections import Counter
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from lawvault.config.serve import ServeConfig
from lawvault.errors import ConfigError
from lawvault.serve.contract import ApiError
from lawvault.serve.gate.caller import Caller
from lawvault.serve.gate.key_file import HOW_TO, Key
from lawvault.serve.gate.rate import Buckets, Clock
from lawvault.serve.gate.reply import Refused, Reply
from lawvault.serve.gate.shape import is_below
from lawvault.serve.keys import VARIABLE, KeyRing

log = logging.getLogger(__name__)

BODY_SECONDS = 15.0
MAX_HEADER_BYTES = 32_768
FREE_PATHS = ("/", "/health/live", "/health/ready")
FREE_FOLDER = "/assets/"
SCOPED = {
    "embed": ("/v1/embeddings", "/v1/models", "/v1/rerank", "/v2/rerank", "/rerank", "/api"),
    "search": ("/v1/search", "/retrieval", "/mcp"),
    "laws": ("/v1/laws", "/v1/references", "/v1/citations"),
    "agent": ("/v1/agent", "/v1/ask", "/v1/chat"),
    "write": (
        *("/v1/drafts", "/v1/export", "/v1/recheck", "/v1/materials", "/v1/folders"),
        *("/v1/templates", "/v1/favorites", "/v1/history", "/v1/library"),
    ),
    "metrics": ("/metrics",),
}
"""Which paths, and all below them, need which scope; any key opens the rest."""

OWN_DEADLINE = (*SCOPED["agent"], "/v1/drafts")
"""Whose work has a deadline of its own and may tell of itself for longer than serve.timeout_s."""

UPLOADS = ("/v1/citations/verify", "/v1/export", "/v1/recheck", "/v1/library/import")
"""Which take a file, or the JSON of one."""
FILE_SIZE = 8
"""How many times as large as any other request one with a file may be."""

KEY_NAME = "lawvault.key"
REJECTED = "lawvault.rejected"


class Admission:
    """ASGI middleware; see the module."""

    def __init__(
        self,
        app: ASGIApp,
        config: ServeConfig,
        *,
        keys: KeyRing | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        """Stand before `app`; without `keys`, those that the config and the environment name.

        Raises:
            ConfigError: the keys cannot be read, or there are none and other machines can come in.
        """
        self._app = app
        self._config = config
        self._keys = KeyRing.load(config.keys, os.environ) if keys is None else keys
        _check_exposed(config, self._keys)
        self._loopback = is_loopback(config.host)
        self._buckets = Buckets(clock)
        self._in_work = 0
        self._in_work_of: Counter[str] = Counter()

    @property
    def in_work(self) -> int:
        """How many requests take up a place now."""
        return self._in_work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] == "websocket":  # no route of ours, and no key could be asked for
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        reply = Reply(send, scope["path"])
        try:
            await self._admit(scope, receive, reply)
        except Refused as refused:
            scope[REJECTED] = refused.error.code
            await reply.error(refused.error, refused.headers)
        except ApiError as error:
            scope[REJECTED] = error.code
            await reply.error(error)
        except Exception:  # the HTTP boundary: nobody outside shall see a traceback
            route = getattr(scope.get("route"), "path", "no route")  # its path is a client's words
            log.exception("serve: %s %s failed", scope["method"], route)
            await reply.error(ApiError(500, "internal_error", "服务内部错误，详情见服务日志"))

    async def _admit(self, scope: Scope, receive: Receive, reply: Reply) -> None:
        self._check_host(scope)
        _check_headers(scope)
        if scope["path"] in FREE_PATHS or scope["path"].startswith(FREE_FOLDER):
            await self._app(scope, receive, reply)
            return
        name = ""
        if self._keys.required:
            key = self._check_key(scope)
            name = scope[KEY_NAME] = key.name
            self._check_scope(scope, key)
            self._check_rate(key)
        else:
            _check_origin(Headers(scope=scope))
        self._check_room(name)
        self._in_work += 1
        self._in_work_of[name] += 1
        try:
            await self._work(scope, receive, reply)
        finally:
            self._in_work -= 1
            self._in_work_of[name] -= 1

    def _check_key(self, scope: Scope) -> Key:
        shown = Headers(scope=scope).getlist("authorization")
        key = self._keys.check(shown[0]) if len(shown) == 1 else None
        if key:
            return key
        if not shown:
            error = ApiError(401, "missing_key", "请用 Authorization: Bearer 给出 API 密钥")
        else:
            error = ApiError(401, "invalid_key", "API 密钥无效或已吊销")
        raise Refused(error, {"WWW-Authenticate": 'Bearer realm="lawvault"'})

    def _check_scope(self, scope: Scope, key: Key) -> None:
        needed = scope_of(scope["path"])
        if needed and needed not in key.scopes:
            error = ApiError(403, "scope_missing", f"此密钥没有 {needed} 权限")
            challenge = f'Bearer realm="lawvault", error="insufficient_scope", scope="{needed}"'
            raise Refused(error, {"WWW-Authenticate": challenge})

    def _check_rate(self, key: Key) -> None:
        wait = self._buckets.take(key.name, key.rate)
        if wait:
            error = ApiError(
                429, "rate_limited", f"此密钥每分钟限 {key.rate} 次请求，请 {wait} 秒后再试"
            )
            raise Refused(error, {"Retry-After": str(wait)})

    def _check_room(self, name: str) -> None:
        """Refuse what is too much for us, or more than its part of one key among several."""
        many = self._config.max_concurrent
        if self._in_work >= many:
            raise ApiError(429, "too_many_requests", "同时处理的请求太多，请稍后重试")
        share = max(1, many - many // 4)
        if name and self._in_work_of[name] >= share and len(self._keys.keys) > 1:
            raise ApiError(
                429, "too_many_requests_of_key", f"此密钥同时最多 {share} 个请求，请稍后重试"
            )

    def _check_host(self, scope: Scope) -> None:
        if not self._loopback:
            return
        host = _host_name(Headers(scope=scope).get("host", ""))
        if not (host == self._config.host or is_loopback(host)):
            raise ApiError(421, "unknown_host", "此服务只接受发往本机地址的请求")

    async def _work(self, scope: Scope, receive: Receive, reply: Reply) -> None:
        caller, headers = Caller(receive), Headers(scope=scope)
        _check_encoding(headers)
        try:
            async with asyncio.timeout(BODY_SECONDS):
                await caller.read(headers, self._most_bytes(scope["path"]))
        except TimeoutError:
            raise ApiError(408, "body_timeout", "请求体接收超时") from None
        if not caller.has_left:
            await self._answer(scope, caller, reply)
        if caller.has_left:
            scope[REJECTED] = "client_left"

    def _most_bytes(self, path: str) -> int:
        return self._config.max_body_bytes * (FILE_SIZE if path in UPLOADS else 1)

    async def _answer(self, scope: Scope, caller: Caller, reply: Reply) -> None:
        work = self._app(scope, caller.receive, reply)
        own = any(is_below(scope["path"], place) for place in OWN_DEADLINE)
        try:
            await caller.wait_for(work, reply, seconds=None if own else self._config.timeout_s)
        except TimeoutError:
            raise ApiError(504, "timeout", "处理超时，请减少文本后重试") from None


def scope_of(path: str) -> str | None:
    """Return the scope that a path needs, None if any key will do.

    >>> scope_of("/v1/laws/x"), scope_of("/api/embed"), scope_of("/v1/lawsuits")
    ('laws', 'embed', None)
    """
    for scope, prefixes in SCOPED.items():
        if any(path == prefix or path.startswith(prefix + "/") for prefix in prefixes):
            return scope
    return None


def check_exposure(config: ServeConfig, environment: Mapping[str, str] = os.environ) -> None:
    """Refuse to be open to other machines without asking anybody for a key.

    Raises:
        ConfigError: there is no key, or the key file cannot be read or holds none.
    """
    keys = KeyRing.load(config.keys, environment)
    _check_exposed(config, keys)
    if keys.required and not keys.keys:
        raise ConfigError(f"{config.keys} holds no key, so nobody could come in: `{HOW_TO}`")


def _check_exposed(config: ServeConfig, keys: KeyRing) -> None:
    if not is_loopback(config.host) and not keys.required:
        raise ConfigError(
            f"serve.host={config.host} lets other machines in, and there is no API key to ask for: "
            f"make one with `{HOW_TO}` and give serve.keys=keys.json (or set {VARIABLE})"
        )


def _check_headers(scope: Scope) -> None:
    if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEADER_BYTES:
        raise ApiError(431, "headers_too_large", f"请求头超过上限 {MAX_HEADER_BYTES} 字节")


def _check_encoding(headers: Headers) -> None:
    """Refuse what is compressed: a few bytes could become gigabytes."""
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise ApiError(
            415, "unsupported_encoding", "不接受压缩过的请求体（Content-Encoding），请直接发送"
        )


def _check_origin(headers: Headers) -> None:
    """Turn away what the page of another site sends through the browser of somebody here.

    A key would prove more, so this is for where none is asked for.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    foreign = site == "cross-site"
    if site is None and origin is not None:
        foreign = _netloc(origin) != headers.get("host", "").lower()
    if foreign:
        raise ApiError(403, "foreign_origin", "此服务不接受其他网站的页面发来的请求")


def _netloc(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None


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
