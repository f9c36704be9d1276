"""The gate: who may come in, how much at once, how large and how long; headers on every answer."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest

from lawvault.config import ServeConfig
from lawvault.serve.admission import SECURITY_HEADERS, Admission

Inside = Callable[[dict, Callable, Callable], Awaitable[None]]


async def echo(scope, receive, send):
    """Answer with the body that was sent."""
    message = await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": message["body"]})


async def broken(scope, receive, send):
    raise ZeroDivisionError("secret of the house")


async def broken_half_way(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise ZeroDivisionError("secret of the house")


async def endless(scope, receive, send):
    await asyncio.Event().wait()


def client_of(inside: Inside, **knobs) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(Admission(inside, ServeConfig(**knobs)))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")


def post(inside: Inside, path: str = "/v1/search", *, knobs: dict | None = None, **options):
    async def once() -> httpx.Response:
        async with client_of(inside, **(knobs or {})) as client:
            return await client.post(path, **options)

    return asyncio.run(once())


def code_of(answer: httpx.Response) -> str:
    return answer.json()["error"]["code"]


def test_a_body_reaches_the_inside_whole():
    answer = post(echo, content=b"x" * 5000)

    assert answer.content == b"x" * 5000


def test_a_body_in_pieces_reaches_the_inside_as_one():
    async def pieces():
        for piece in (b"one ", b"two ", b"", b"three"):
            yield piece

    assert post(echo, content=pieces()).content == b"one two three"


def test_a_body_that_declares_too_much_is_refused_unread():
    read = []

    async def receive():
        read.append(1)
        return {"type": "http.request", "body": b"x", "more_body": True}

    sent = raw(echo, receive, headers=[(b"content-length", b"2000")])

    assert sent[0]["status"] == 413
    assert read == []


def test_a_body_that_declares_nothing_is_counted():
    async def pieces():
        for _ in range(100):
            yield b"x" * 100

    answer = post(echo, knobs={"max_body_bytes": 1024}, content=pieces())

    assert (answer.status_code, code_of(answer)) == (413, "body_too_large")
    assert "1024" in answer.json()["error"]["message"]


@pytest.mark.parametrize("size", [1024, 1025])
def test_the_limit_itself_is_allowed(size):
    answer = post(echo, knobs={"max_body_bytes": 1024}, content=b"x" * size)

    assert answer.status_code == (200 if size == 1024 else 413)


def raw(inside: Inside, receive, *, headers=(), **knobs) -> list[dict]:
    """Send one request below the level of a client; return what was sent back."""
    sent: list[dict] = []

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/search",
        "headers": [(b"host", b"127.0.0.1"), *headers],
    }
    gate = Admission(inside, ServeConfig(max_body_bytes=1024, **knobs))
    asyncio.run(gate(scope, receive, send))
    return sent


def test_a_client_that_leaves_within_its_body_gets_nothing_and_frees_its_place():
    async def receive():
        return {"type": "http.disconnect"}

    assert raw(echo, receive, max_concurrent=1) == []


def test_a_body_that_never_ends_is_given_up(monkeypatch):
    monkeypatch.setattr("lawvault.serve.admission.BODY_SECONDS", 0.05)

    sent = raw(echo, asyncio.Event().wait)

    assert sent[0]["status"] == 408


def test_one_request_too_many_gets_429_at_once_and_the_others_finish():
    async def crowd() -> tuple[list[httpx.Response], httpx.Response, httpx.Response]:
        doors = asyncio.Event()

        async def waiting(scope, receive, send):
            await doors.wait()
            await echo(scope, receive, send)

        async with client_of(waiting, max_concurrent=3) as client:
            inside = [asyncio.create_task(client.post("/v1/search")) for _ in range(3)]
            await asyncio.sleep(0.01)
            refused = await client.post("/v1/search")
            doors.set()
            return await asyncio.gather(*inside), refused, await client.post("/v1/search")

    finished, refused, later = asyncio.run(crowd())

    assert [answer.status_code for answer in finished] == [200] * 3
    assert (refused.status_code, code_of(refused)) == (429, "too_many_requests")
    assert refused.headers["retry-after"] == "1"
    assert later.status_code == 200


@pytest.mark.parametrize("path", ["/", "/health/live", "/health/ready", "/assets/page.js"])
def test_health_and_page_are_answered_however_full_it_is(path):
    async def crowd() -> int:
        doors = asyncio.Event()

        async def waiting(scope, receive, send):
            if scope["path"] == "/v1/search":
                await doors.wait()
            await echo(scope, receive, send)

        async with client_of(waiting, max_concurrent=1) as client:
            inside = asyncio.create_task(client.post("/v1/search"))
            await asyncio.sleep(0.01)
            status = (await client.get(path)).status_code
            doors.set()
            await inside
        return status

    assert asyncio.run(crowd()) == 200


@pytest.mark.parametrize("inside", [broken, endless])
def test_a_request_that_fails_gives_its_place_back(inside):
    async def twice() -> list[int]:
        async with client_of(inside, max_concurrent=1, timeout_s=0.1) as client:
            return [(await client.post("/v1/search")).status_code for _ in range(3)]

    assert 429 not in asyncio.run(twice())


def test_a_client_that_leaves_while_we_work_gives_its_place_back():
    async def by_path(scope, receive, send):
        await (endless if scope["path"] == "/endless" else echo)(scope, receive, send)

    async def leave() -> int:
        async with client_of(by_path, max_concurrent=1) as client:
            left = asyncio.create_task(client.post("/endless"))
            await asyncio.sleep(0.01)
            assert (await client.post("/v1/search")).status_code == 429
            left.cancel()
            await asyncio.gather(left, return_exceptions=True)
            return (await client.post("/v1/search")).status_code

    assert asyncio.run(leave()) == 200


def test_work_that_takes_too_long_gets_504():
    answer = post(endless, knobs={"timeout_s": 0.1})

    assert (answer.status_code, code_of(answer)) == (504, "timeout")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:8000", "localhost:9000", "LOCALHOST", "[::1]:8000", "127.0.0.2"],
)
def test_names_of_this_machine_come_in(host):
    assert post(echo, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.test",
        "evil.test:8000",
        "localhost.evil.test",
        "127.0.0.1.evil.test",
        "10.0.0.1",
        "[::2]",
    ],
)
@pytest.mark.parametrize("path", ["/", "/health/ready", "/v1/search"])
def test_a_foreign_host_is_refused_on_loopback_so_that_dns_cannot_be_rebound(host, path):
    answer = post(echo, path, headers={"Host": host})

    assert (answer.status_code, code_of(answer)) == (421, "unknown_host")


def test_without_a_host_nobody_comes_in():
    async def receive():
        return {"type": "http.request", "body": b""}

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(Admission(echo, ServeConfig())(scope, receive, send))

    assert sent[0]["status"] == 421


def test_who_listens_to_other_machines_is_called_by_any_name():
    answer = post(echo, knobs={"host": "0.0.0.0"}, headers={"Host": "law.example.org"})

    assert answer.status_code == 200


@pytest.mark.parametrize("inside", [echo, broken])
def test_every_answer_carries_the_headers_that_tie_the_page_down(inside):
    headers = post(inside).headers

    assert {name: headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert "access-control-allow-origin" not in headers


def test_a_failure_inside_is_logged_and_not_told(caplog):
    answer = post(broken)

    assert (answer.status_code, code_of(answer)) == (500, "internal_error")
    assert "secret" not in answer.text
    assert "secret of the house" in caplog.text


def test_a_failure_half_way_ends_the_answer_that_has_begun(caplog):
    async def receive():
        return {"type": "http.request", "body": b""}

    sent = raw(broken_half_way, receive)

    assert [message["type"] for message in sent] == ["http.response.start"]
    assert "secret of the house" in caplog.text
