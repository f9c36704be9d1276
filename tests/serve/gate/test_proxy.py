"""Around Serve's proxy: its controlling headers end here, and its own answers get our shape."""

import asyncio

import httpx
import pytest
from starlette.types import Message, Scope

from lawvault.serve.gate.proxy import Outermost, middlewares


class Proxy:
    """Answers as it is told, and keeps the headers that reached it."""

    def __init__(self, *messages: Message) -> None:
        self._messages = messages
        self.headers: dict[bytes, bytes] = {}

    async def __call__(self, scope: Scope, receive, send) -> None:
        self.headers = dict(scope["headers"])
        for message in self._messages:
            await send(message)


def answering(status: int, kind: str, body: bytes) -> Proxy:
    headers = [(b"content-type", kind.encode())]
    return Proxy(
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": body, "more_body": True},
        {"type": "http.response.body", "body": b"", "more_body": False},
    )


def get(proxy: Proxy, path: str = "/v1/laws", **headers: str) -> httpx.Response:
    async def once() -> httpx.Response:
        transport = httpx.ASGITransport(Outermost(proxy))
        async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(once())


@pytest.mark.parametrize(
    "name",
    ["X-Request-Timeout-Seconds", "x-request-disconnect-disabled", "serve_multiplexed_model_id"],
)
def test_a_header_by_which_a_client_would_command_the_proxy_does_not_reach_it(name):
    proxy = answering(200, "application/json", b"{}")

    get(proxy, **{name: "1e9", "X-Request-Id": "mine"})

    assert name.lower().encode() not in proxy.headers
    assert proxy.headers[b"x-request-id"] == b"mine"


@pytest.mark.parametrize(
    ("status", "ours", "code"),
    [
        (404, 503, "gateway_unavailable"),
        (408, 503, "gateway_unavailable"),
        (500, 503, "gateway_unavailable"),
        (503, 503, "gateway_unavailable"),
        (429, 429, "too_many_requests"),
    ],
)
def test_the_plain_text_of_the_proxy_becomes_our_error(status, ours, code):
    answer = get(answering(status, "text/plain; charset=utf-8", b"Path '/' not found"))

    assert answer.status_code == ours
    assert answer.json()["error"]["code"] == code
    assert answer.headers["Retry-After"] == "1"


def test_a_request_at_which_the_replica_died_is_answered_in_our_shape():
    answer = get(Proxy())

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "gateway_unavailable")


@pytest.mark.parametrize(
    ("status", "kind", "body"),
    [
        (404, "application/json", b'{"error":{}}'),
        (200, "text/plain; version=0.0.4", b"metrics 1"),
        (200, "text/html; charset=utf-8", b"<p>"),
    ],
)
def test_what_the_gateway_answers_passes_as_it_is(status, kind, body):
    answer = get(answering(status, kind, body))

    assert (answer.status_code, answer.content) == (status, body)


def test_the_routes_of_the_proxy_itself_stay_its_own():
    answer = get(answering(503, "text/plain", b"draining"), "/-/healthz")

    assert (answer.status_code, answer.text) == (503, "draining")


def test_serve_finds_it_as_a_middleware():
    assert [middleware.cls for middleware in middlewares()] == [Outermost]
