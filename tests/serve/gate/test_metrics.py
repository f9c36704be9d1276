"""What is seen of requests: one line each, and numbers; never a word of a client."""

import asyncio
import json
import logging
import re
import subprocess
import sys

import httpx
import pytest
from fastapi import FastAPI

from lawvault.config.serve import ServeConfig
from lawvault.serve.gate.access import SANE_ID
from lawvault.serve.gate.admission import Admission
from lawvault.serve.gate.metrics import add_metrics
from lawvault.serve.keys import VARIABLE, KeyRing

PLAIN = "a-key-of-the-container"
KEY = {"Authorization": f"Bearer {PLAIN}"}
SECRET = "我的丈夫打我"


def served(*, keyed: bool = False, echo: bool = True, stats=None, **knobs) -> FastAPI:
    app = FastAPI(redirect_slashes=False)
    variable = {VARIABLE: PLAIN} if keyed else {}
    app.add_middleware(Admission, config=ServeConfig(**knobs), keys=KeyRing.load("", variable))

    @app.post("/v1/search")
    async def search() -> dict[str, str]:
        return {"text": SECRET}

    @app.get("/v1/laws/{law_id}/articles/{number}")
    async def article(law_id: str, number: str) -> dict[str, str]:
        return {}

    @app.get("/v1/slow")
    async def slow() -> None:
        await asyncio.Event().wait()

    @app.get("/v1/broken")
    async def broken() -> None:
        raise ZeroDivisionError

    app.mount("/mcp", FastAPI())
    add_metrics(app, echo=echo, stats=stats)
    return app


def send(app: FastAPI, *requests: tuple[str, str], **options) -> list[httpx.Response]:
    async def all_of() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return [await client.request(*request, **options) for request in requests]

    return asyncio.run(all_of())


def numbers(app: FastAPI, **options) -> dict[str, float]:
    text = send(app, ("GET", "/metrics"), **options)[0].text
    rows = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in rows}


@pytest.fixture
def lines(caplog):
    """Return `lines()`: what the access log says up to now."""
    caplog.set_level(logging.INFO, logger="lawvault.access")

    def said() -> list[dict]:
        return [
            json.loads(record.getMessage())
            for record in caplog.records
            if record.name == "lawvault.access"
        ]

    return said


def test_a_request_is_one_line_with_these_fields(lines):
    (answer,) = send(served(keyed=True), ("POST", "/v1/search?q=1"), content=b"x" * 7, headers=KEY)

    (line,) = lines()
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line.pop("time"))
    assert 0 <= line.pop("milliseconds") < 5000
    assert line == {
        "request_id": answer.headers["x-request-id"],
        "method": "POST",
        "route": "/v1/search",
        "status": 200,
        "key": "env-1",
        "rejected": "",
        "bytes_in": 7,
        "bytes_out": len(answer.content),
    }


def test_nothing_that_a_client_writes_reaches_the_log_or_the_numbers(lines, caplog):
    app, secret = served(keyed=True), "client-word"

    send(
        app,
        ("POST", f"/v1/search?{secret}=1"),
        ("GET", f"/v1/laws/{secret}/articles/{secret}"),
        ("GET", f"/{secret}"),
        (secret.upper(), "/v1/search"),
        ("GET", f"/mcp/{secret}"),
        content=secret.encode(),
        headers={**KEY, "User-Agent": secret, "X-Request-Id": secret + "\x7f", "X-A": secret},
    )

    numbers_said = str(numbers(app, headers=KEY))
    assert len(lines()) == 6
    assert [line["route"] for line in lines()] == [
        "/v1/search",
        "/v1/laws/{law_id}/articles/{number}",
        "none",
        "/v1/search",
        "/mcp",
        "/metrics",
    ]
    assert secret not in (caplog.text + numbers_said).lower()
    assert SECRET not in caplog.text + numbers_said
    assert PLAIN not in caplog.text + numbers_said


@pytest.mark.parametrize("given", ["a", "7f3e-11.b_c:d", "x" * 64])
def test_a_sane_request_id_is_kept_and_said(given, lines):
    (answer,) = send(served(), ("POST", "/v1/search"), headers={"X-Request-Id": given})

    assert answer.headers["x-request-id"] == given == lines()[0]["request_id"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Request-Id": ""},
        {"X-Request-Id": "x" * 10_000},
        {"X-Request-Id": "a b"},
        {"X-Request-Id": "a\r\nSet-Cookie: b"},
        {"X-Request-Id": "a\n"},
        [("X-Request-Id", "a"), ("X-Request-Id", "b")],
    ],
)
@pytest.mark.parametrize("echo", [True, False])
def test_any_other_request_id_is_replaced(headers, echo, lines):
    (answer,) = send(served(echo=echo), ("POST", "/v1/search"), headers=headers)

    said = answer.headers["x-request-id"]
    assert re.fullmatch("[0-9a-f]{32}", said)
    assert SANE_ID.fullmatch(said)
    assert lines()[0]["request_id"] == said


def test_behind_a_proxy_that_says_the_id_we_do_not_say_it_twice():
    (answer,) = send(served(echo=False), ("POST", "/v1/search"), headers={"X-Request-Id": "a"})

    assert "x-request-id" not in answer.headers


@pytest.mark.parametrize(
    ("request_", "options", "status", "reason", "route"),
    [
        (("POST", "/v1/search"), {}, 401, "missing_key", "/v1/search"),
        (("GET", "/v1/laws/民法典/articles/1"), {}, 401, "missing_key", None),
        (("POST", "/v1/search"), {"headers": {"Authorization": "x"}}, 401, "invalid_key", None),
        (("POST", "/v1/search"), {"headers": {"Host": "evil.test"}}, 421, "unknown_host", None),
        (
            ("POST", "/v1/search"),
            {"headers": KEY, "content": b"x" * 2000},
            413,
            "body_too_large",
            None,
        ),
        (("GET", "/v1/slow"), {"headers": KEY}, 504, "timeout", "/v1/slow"),
        (
            ("POST", "/v1/search"),
            {"headers": {**KEY, "Content-Encoding": "gzip"}},
            415,
            "unsupported_encoding",
            None,
        ),
    ],
)
def test_who_is_turned_away_is_seen_with_the_reason(
    request_, options, status, reason, route, lines
):
    app = served(keyed=True, max_body_bytes=1024, timeout_s=0.1)

    (answer,) = send(app, request_, **options)

    (line,) = lines()
    assert (answer.status_code, line["status"], line["rejected"]) == (status, status, reason)
    assert line["route"] == (route or line["route"]) != "none"
    assert numbers(app, headers=KEY)[f'lawvault_http_rejected_total{{reason="{reason}"}}'] == 1


def test_a_failure_inside_is_seen_as_500(lines):
    app = served()

    send(app, ("GET", "/v1/broken"))

    assert lines()[0]["status"] == 500
    assert numbers(app)['lawvault_http_requests_total{key="",route="/v1/broken",status="500"}'] == 1


def test_a_client_that_leaves_is_seen_and_no_longer_counted_as_in_flight(lines):
    app = served()

    async def leave() -> None:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://127.0.0.1"
        ) as client:
            left = asyncio.create_task(client.get("/v1/slow"))
            await asyncio.sleep(0.02)
            assert "in_flight 2.0" in (await client.get("/metrics")).text
            left.cancel()
            await asyncio.gather(left, return_exceptions=True)

    asyncio.run(leave())

    assert [line["status"] for line in lines()] == [200, 499]
    assert numbers(app)["lawvault_http_in_flight"] == 1  # this very request


def test_the_counters_say_how_many_requests_were_sent():
    app = served()
    send(app, *[("POST", "/v1/search")] * 7, *[("GET", "/v1/search")] * 3)

    said = numbers(app)

    assert said['lawvault_http_requests_total{key="",route="/v1/search",status="200"}'] == 7
    assert said['lawvault_http_requests_total{key="",route="/v1/search",status="405"}'] == 3
    assert said['lawvault_http_request_seconds_count{route="/v1/search"}'] == 10
    assert said['lawvault_http_request_seconds_bucket{le="+Inf",route="/v1/search"}'] == 10


def test_the_names_and_labels_of_the_numbers_are_these():
    async def stats():
        return {"embedding": {"cache_hits": 7}}

    app = served(keyed=True, stats=stats)
    send(app, ("POST", "/v1/search"))

    names = {re.sub('="[^"]*"', "", name) for name in numbers(app, headers=KEY)}

    assert names == {
        "lawvault_http_requests_total{key,route,status}",
        "lawvault_http_request_seconds_bucket{le,route}",
        "lawvault_http_request_seconds_count{route}",
        "lawvault_http_request_seconds_sum{route}",
        "lawvault_http_in_flight",
        "lawvault_http_rejected_total{reason}",
        "lawvault_application_stat{application,stat}",
    }


def test_what_applications_tell_is_shown_as_long_as_they_answer():
    told = iter([{"embedding": {"cache_hits": 7, "cache_bytes": 512}}, {}])

    async def stats():
        return next(told)

    app = served(stats=stats)
    first, then = numbers(app), numbers(app)

    name = 'lawvault_application_stat{application="embedding",stat="cache_hits"}'
    assert first[name] == 7
    assert not any("application_stat" in name for name in then)


def test_a_thousand_different_requests_make_no_more_than_200_numbers():
    app = served()
    send(
        app,
        *[("GET", f"/v1/laws/{n}/articles/{n}?q={n}") for n in range(300)],
        *[("GET", f"/unknown/{n}") for n in range(300)],
        *[(f"M{n}", "/v1/search") for n in range(300)],
        *[("POST", "/v1/search")] * 100,
    )

    assert len(numbers(app)) <= 200


def test_the_numbers_are_for_who_may_see_them():
    refused, told = send(served(keyed=True), ("GET", "/metrics"))[0], served(keyed=True)

    assert refused.status_code == 401
    (answer,) = send(told, ("GET", "/metrics"), headers=KEY)
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")


def test_two_apps_in_one_process_count_apart():
    one, other = served(), served()
    send(one, ("POST", "/v1/search"))

    assert not any("/v1/search" in name for name in numbers(other))


def test_the_log_alone_on_standard_error_is_json():
    code = (
        "import logging; from lawvault.serve.gate.access import log, start_access_log\n"
        "logging.basicConfig(format='noise %(message)s')\n"
        "start_access_log(); start_access_log(); log.info('%s', '{}')"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stderr == "{}\n"


def test_a_key_is_nowhere_but_in_the_request_that_shows_it(caplog):
    """Whatever goes wrong: no log, number or answer repeats it."""
    caplog.set_level(logging.DEBUG)
    app = served(keyed=True, max_body_bytes=1024, timeout_s=0.1)
    mistakes = [
        ({}, ("POST", "/v1/search")),
        ({"Authorization": f"Bearer {PLAIN}x"}, ("POST", "/v1/search")),
        ({"Authorization": f"Basic {PLAIN}"}, ("POST", "/v1/search")),
        ({"Authorization": PLAIN}, ("POST", "/v1/search")),
        ({}, ("POST", f"/v1/search?api_key={PLAIN}")),
        (KEY, ("GET", f"/{PLAIN}")),
        (KEY, ("GET", f"/v1/laws/{PLAIN}/articles/{PLAIN}")),
        (KEY, ("PUT", "/v1/search")),
        (KEY, ("GET", "/v1/slow")),
        (KEY, ("GET", "/v1/broken")),
        (KEY, ("GET", f"/v1/broken?{PLAIN}")),
        ({**KEY, "X-Request-Id": PLAIN + "!"}, ("POST", "/v1/search")),
        ({**KEY, "Content-Encoding": PLAIN}, ("POST", "/v1/search")),
        ({**KEY, "X-A": PLAIN * 3000}, ("POST", "/v1/search")),
        ({**KEY, "Host": f"{PLAIN}.test"}, ("POST", "/v1/search")),
    ]

    answers = [send(app, request, headers=headers)[0] for headers, request in mistakes]
    large = send(app, ("POST", "/v1/search"), headers=KEY, content=PLAIN.encode() * 100)

    statuses = {answer.status_code for answer in [*answers, *large]}
    assert statuses >= {200, 401, 404, 405, 413, 415, 421, 431, 500, 504}
    said = "".join(answer.text + str(answer.headers) for answer in [*answers, *large])
    said += send(app, ("GET", "/metrics"), headers=KEY)[0].text
    logged = "".join(  # httpx, the client of this test, logs where it goes
        f"{record.getMessage()}{record.exc_text}"
        for record in caplog.records
        if not record.name.startswith(("httpx", "httpcore"))
    )
    assert "/v1/broken failed" in logged
    assert PLAIN not in said
    assert PLAIN not in logged
