"""The gate: who may come in, how much at once, how large and how long; headers on every answer."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from lawvault.config.serve import ServeConfig
from lawvault.errors import ConfigError
from lawvault.serve.contract import ApiError
from lawvault.serve.gate.admission import (
    SCOPED,
    Admission,
    check_exposure,
    scope_of,
)
from lawvault.serve.gate.refusals import add_refusals
from lawvault.serve.gate.reply import SECURITY_HEADERS
from lawvault.serve.gate.shape import is_below
from lawvault.serve.keys import VARIABLE, KeyRing, create_key, revoke_key

PLAIN = "a-key-of-the-container"
KEYED_PATHS = [
    *(path for paths in SCOPED.values() for path in paths),
    *(
        "/openapi.json",
        "/docs",
        "/no/such",
        "/health/other",
        "/health/live/x",
        "/v1//search",
        "/Assets/x",
    ),
]
ALL = ("embed", "search", "laws")

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
    keys, clock = knobs.pop("keys", None), knobs.pop("clock", time.monotonic)
    transport = httpx.ASGITransport(Admission(inside, ServeConfig(**knobs), keys=keys, clock=clock))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")


def post(inside: Inside, path: str = "/v1/search", *, knobs: dict | None = None, **options):
    async def once() -> httpx.Response:
        async with client_of(inside, **(knobs or {})) as client:
            return await client.post(path, **options)

    return asyncio.run(once())


def ring_of(*plains: str) -> KeyRing:
    return KeyRing.load("", {VARIABLE: ",".join(plains)})


def code_of(answer: httpx.Response) -> str:
    return answer.json()["error"]["code"]


def is_refusal(answer: httpx.Response) -> bool:
    """Say whether the answer is an error, in the shape of its address."""
    said, path = answer.json(), answer.url.path
    if is_below(path, "/retrieval"):
        return set(said) == {"error_code", "error_msg"} and said["error_code"] == answer.status_code
    if is_below(path, "/api"):
        return set(said) == {"error"} and isinstance(said["error"], str)
    return set(said["error"]) == {"message", "type", "param", "code"}


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
    monkeypatch.setattr("lawvault.serve.gate.admission.BODY_SECONDS", 0.05)

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
    answer = post(
        echo,
        knobs={"host": "0.0.0.0", "keys": ring_of(PLAIN)},
        headers={"Host": "law.example.org", "Authorization": f"Bearer {PLAIN}"},
    )

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


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def bearer(plain: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {plain}"}


@pytest.mark.parametrize("path", KEYED_PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "DELETE"])
def test_every_path_but_health_and_page_asks_for_a_key(method, path):
    async def once() -> httpx.Response:
        async with client_of(echo, keys=ring_of(PLAIN)) as client:
            return await client.request(method, path)

    answer = asyncio.run(once())

    assert answer.status_code == 401
    assert is_refusal(answer)
    assert answer.headers["www-authenticate"] == 'Bearer realm="lawvault"'


@pytest.mark.parametrize("path", ["/", "/health/live", "/health/ready", "/assets/page.js"])
def test_health_and_page_ask_nobody_for_a_key(path):
    assert post(echo, path, knobs={"keys": ring_of(PLAIN)}).status_code == 200


@pytest.mark.parametrize("path", KEYED_PATHS)
def test_the_key_of_the_container_opens_every_path(path):
    answer = post(echo, path, knobs={"keys": ring_of(PLAIN)}, headers=bearer(PLAIN))

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": f"Basic {PLAIN}"},
        {"Authorization": f"Bearer {PLAIN[:-1]}"},
        {"Authorization": f"Bearer {PLAIN.upper()}"},
        [("Authorization", f"Bearer {PLAIN}"), ("Authorization", f"Bearer {PLAIN}")],
        [("Authorization", "Bearer wrong"), ("Authorization", f"Bearer {PLAIN}")],
    ],
)
def test_a_wrong_key_is_401_and_told_nothing_of(headers, caplog):
    answer = post(echo, knobs={"keys": ring_of(PLAIN)}, headers=headers)

    assert (answer.status_code, code_of(answer)) == (401, "invalid_key")
    assert PLAIN.lower() not in (answer.text + caplog.text).lower()


def test_a_key_in_the_address_is_no_key():
    answer = post(echo, f"/v1/search?api_key={PLAIN}", knobs={"keys": ring_of(PLAIN)})

    assert code_of(answer) == "missing_key"


@pytest.mark.parametrize("scope", SCOPED)
def test_a_key_opens_the_paths_of_its_scopes_and_no_others(scope, file):
    plain = create_key(file, scopes=[scope])
    knobs = {"keys": KeyRing.load(str(file), {})}

    for other, paths in SCOPED.items():
        for path in (*paths, *(f"{path}/x" for path in paths)):
            answer = post(echo, path, knobs=knobs, headers=bearer(plain))

            assert answer.status_code == (200 if other == scope else 403), path
            if other != scope:
                assert is_refusal(answer)
                assert f'scope="{other}"' in answer.headers["www-authenticate"]


def test_no_path_needs_two_scopes():
    paths = [path for paths in SCOPED.values() for path in paths]

    assert len(set(paths)) == len(paths)
    assert [scope_of(path) for path in ("/v1/searching", "/apis", "/v1")] == [None] * 3


def test_every_route_of_ours_has_a_scope_or_is_free(app: FastAPI):
    free = {"/", "/assets/{name}", "/health/live", "/health/ready", "/openapi.json"}
    paths = {route.path for route in app.routes}

    assert {path for path in paths - free if scope_of(path) is None} == set()


def test_the_gate_reads_the_keys_that_the_config_names(file):
    plain = create_key(file, scopes=ALL)

    assert post(echo, knobs={"keys": None}).status_code == 200
    gate = Admission(echo, ServeConfig(keys=str(file)))
    statuses = asyncio.run(statuses_of(gate, [{}, bearer(plain)]))

    assert statuses == [401, 200]


async def statuses_of(gate: Admission, requests: list[dict[str, str]]) -> list[int]:
    transport = httpx.ASGITransport(gate)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        return [
            (await client.post("/v1/search", headers=headers)).status_code for headers in requests
        ]


def test_the_gate_reads_the_keys_that_the_environment_holds(monkeypatch):
    monkeypatch.setenv(VARIABLE, PLAIN)

    assert asyncio.run(statuses_of(Admission(echo, ServeConfig()), [{}, bearer(PLAIN)])) == [
        401,
        200,
    ]


def test_a_revoked_key_is_out_at_its_next_request(file):
    plain = create_key(file, name="gone", scopes=ALL)
    gate = Admission(echo, ServeConfig(keys=str(file)))
    before = asyncio.run(statuses_of(gate, [bearer(plain)]))

    revoke_key(file, "gone")

    assert before + asyncio.run(statuses_of(gate, [bearer(plain), {}])) == [200, 401, 401]


def test_two_keys_have_two_rates_and_neither_uses_up_the_others(file):
    slow = bearer(create_key(file, name="slow", scopes=ALL, rate=3))
    fast = bearer(create_key(file, name="fast", scopes=ALL, rate=60))
    now = 1000.0
    knobs = {"keys": KeyRing.load(str(file), {}), "clock": lambda: now}

    async def course() -> list[list[int]]:
        nonlocal now
        async with client_of(echo, **knobs) as client:

            async def many(headers, count: int) -> list[httpx.Response]:
                return [await client.post("/v1/search", headers=headers) for _ in range(count)]

            first = await many(slow, 4)
            others = await many(fast, 61)
            now += 19.9
            early = await many(slow, 1)
            now += 0.2
            late = await many(slow, 2)
        assert first[-1].headers["retry-after"] == "20"
        assert early[0].headers["retry-after"] == "1"
        assert code_of(first[-1]) == "rate_limited"
        return [[one.status_code for one in part] for part in (first, others, early, late)]

    first, others, early, late = asyncio.run(course())

    assert first == [200, 200, 200, 429]
    assert others == [200] * 60 + [429]
    assert (early, late) == ([429], [200, 429])


def test_what_the_key_may_not_ask_does_not_use_up_its_rate(file):
    plain = create_key(file, scopes=["search"], rate=1)
    knobs = {"keys": KeyRing.load(str(file), {})}

    async def course() -> list[int]:
        async with client_of(echo, **knobs) as client:
            paths = ("/v1/laws", "/v1/laws", "/v1/search", "/v1/search")
            return [(await client.post(path, headers=bearer(plain))).status_code for path in paths]

    assert asyncio.run(course()) == [403, 403, 200, 429]


def test_one_key_that_takes_all_it_can_leaves_room_for_another():
    async def crowd() -> tuple[list[httpx.Response], httpx.Response]:
        doors = asyncio.Event()

        async def waiting(scope, receive, send):
            await doors.wait()
            await echo(scope, receive, send)

        keys = ring_of("the-key-of-the-hog", "the-key-of-the-other")
        async with client_of(waiting, max_concurrent=8, keys=keys) as client:
            hog, other = bearer("the-key-of-the-hog"), bearer("the-key-of-the-other")
            greedy = [asyncio.create_task(client.post("/x", headers=hog)) for _ in range(20)]
            await asyncio.sleep(0.01)
            modest = asyncio.create_task(client.post("/x", headers=other))
            await asyncio.sleep(0.01)
            doors.set()
            return await asyncio.gather(*greedy), await modest

    greedy, modest = asyncio.run(crowd())

    refused = [answer for answer in greedy if answer.status_code == 429]
    assert len(refused) == 14
    assert {code_of(answer) for answer in refused} == {"too_many_requests_of_key"}
    assert modest.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8000"},
        {"Origin": "https://evil.test"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "null"},
        {"Origin": "http://[::1"},
    ],
)
def test_pages_of_other_sites_are_turned_away_where_no_key_is_asked_for(headers):
    answer = post(echo, headers=headers)

    assert (answer.status_code, code_of(answer)) == (403, "foreign_origin")
    keyed = post(echo, knobs={"keys": ring_of(PLAIN)}, headers={**headers, **bearer(PLAIN)})
    assert keyed.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://127.0.0.1:8000"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://a-proxy-of-ours.example"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_our_own_page_and_programs_come_in(headers):
    assert post(echo, headers=headers).status_code == 200


def test_a_websocket_is_closed_before_it_opens():
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "websocket.connect"}

    scope = {"type": "websocket", "path": "/", "headers": []}
    asyncio.run(Admission(broken, ServeConfig())(scope, receive, send))

    assert sent == [{"type": "websocket.close", "code": 1008}]


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (400, {}),
        (404, {}),
        (408, {"connection": "close"}),
        (413, {"connection": "close"}),
        (429, {"retry-after": "1"}),
        (500, {"x-should-retry": "false"}),
        (501, {"x-should-retry": "false"}),
        (503, {"retry-after": "1"}),
        (504, {"x-should-retry": "false"}),
    ],
)
@pytest.mark.parametrize("path", ["/v1/search", "/api/embed", "/retrieval"])
def test_an_error_says_whether_it_is_worth_another_try_wherever_it_comes_from(
    path, status, headers
):
    app = FastAPI()
    add_refusals(app)

    @app.post(path)
    async def inside() -> None:
        raise ApiError(status, "code", "话")

    async def refusing(scope, receive, send):
        raise ApiError(status, "code", "话")

    for answer in (post(app, path), post(refusing, path)):
        assert (answer.status_code, is_refusal(answer)) == (status, True)
        hints = {name: answer.headers.get(name) for name in ("retry-after", "x-should-retry")}
        assert {name: value for name, value in hints.items() if value} == {
            name: value for name, value in headers.items() if name != "connection"
        }
        assert answer.headers.get("connection") == headers.get("connection")


def test_a_client_cannot_lengthen_its_time():
    begin = time.monotonic()
    headers = {"X-Request-Timeout-Seconds": "1e9", "X-Request-Disconnect-Disabled": "?1"}

    answer = post(endless, knobs={"timeout_s": 0.1}, headers=headers)

    assert (answer.status_code, code_of(answer)) == (504, "timeout")
    assert answer.headers["x-should-retry"] == "false"
    assert time.monotonic() - begin < 2


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip", "x"])
def test_what_is_compressed_is_refused_unread(encoding):
    answer = post(broken, headers={"Content-Encoding": encoding}, content=b"\x1f\x8b")

    assert (answer.status_code, code_of(answer)) == (415, "unsupported_encoding")
    assert post(echo, headers={"Content-Encoding": "identity"}).status_code == 200


def test_a_client_that_leaves_ends_the_work_and_a_complete_answer_does_not():
    ends: list[str] = []

    async def inside(scope, receive, send):
        try:
            await echo(scope, receive, send)
            await asyncio.sleep(0.05)  # as a task in the background
            ends.append("done")
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ends.append("cancelled")
            raise

    answer = post(inside, knobs={"timeout_s": 0.3}, content=b"x")

    assert answer.content == b"x"
    assert ends == ["done", "cancelled"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.5", "law.example.org"])
def test_nobody_is_open_to_other_machines_without_a_key(host, file):
    with pytest.raises(ConfigError, match=r"keys create --file keys\.json") as caught:
        check_exposure(ServeConfig(host=host), {})
    with pytest.raises(ConfigError):
        Admission(echo, ServeConfig(host=host))

    assert caught.value.exit_code == 2
    assert host in str(caught.value)
    check_exposure(ServeConfig(host=host), {VARIABLE: PLAIN})
    create_key(file, scopes=ALL)
    check_exposure(ServeConfig(host=host, keys=str(file)), {})


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_loopback_needs_no_key(host):
    check_exposure(ServeConfig(host=host), {})


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_key_file_that_is_missing_or_empty_is_said_before_we_start(host, file):
    with pytest.raises(ConfigError, match="No such file"):
        check_exposure(ServeConfig(host=host, keys=str(file)), {})
    create_key(file, name="only", scopes=ALL)
    revoke_key(file, "only")

    with pytest.raises(ConfigError, match="holds no key"):
        check_exposure(ServeConfig(host=host, keys=str(file)), {})
