"""Whatever comes in at a route, it is answered, refused by name, or given up: never a 500."""

import asyncio
import gzip
import json
import socket
import time
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI

from lawvault.config.serve import ServeConfig
from lawvault.serve.gate.shape import is_below
from lawvault.serve.laws.document import DOCX
from lawvault.serve.routes import Calls, build_app
from tests.serve.conftest import BigramEncoder
from tests.serve.wire import HOST, listening

MODEL = "lawvault-embed"
BODIES = {
    "/v1/embeddings": {
        "model": MODEL,
        "input": "离婚",
        "encoding_format": "float",
        "dimensions": 16,
        "input_type": "query",
        "truncate": False,
        "user": "u",
    },
    "/v1/search": {
        "query": "离婚",
        "k": 3,
        "filters": {"law_name": ["民法典"], "as_of": "2024-01-01"},
        "mode": "auto",
        "offset": 0,
        "group_by_law": False,
        "include": ["references"],
        "explain": False,
    },
    "/v1/references/resolve": {
        "text": "《民法典》第一条",
        "as_of": "2024-01-01",
        "inside": {"law": "民法典", "article": "1"},
    },
    "/v1/citations/verify": {"text": "《民法典》第一条", "as_of": "2024-01-01"},
    "/api/embed": {
        "model": MODEL,
        "input": "离婚",
        "truncate": True,
        "dimensions": 16,
        "keep_alive": "5m",
        "options": {},
    },
    "/api/embeddings": {"model": MODEL, "prompt": "离婚", "keep_alive": 0, "options": {}},
    "/api/show": {"model": MODEL, "verbose": True},
    "/retrieval": {
        "knowledge_id": "all",
        "query": "离婚",
        "retrieval_setting": {"top_k": 3, "score_threshold": 0.1},
        "metadata_condition": {
            "logical_operator": "and",
            "conditions": [{"name": "status", "comparison_operator": "is", "value": "现行有效"}],
        },
    },
}
"""A good body of every route that takes one."""

HOSTILE = {
    "null": "null",
    "true": "true",
    "zero": "0",
    "negative": "-1",
    "huge": "1" + "0" * 400,
    "infinite": "1e999",
    "not a number": "NaN",
    "fraction": "0.5",
    "empty": '""',
    "blank": r'" \n\t\u3000"',
    "a lone surrogate": r'"\ud800"',
    "half a character first": r'"\udc00\ud800"',
    "NUL": r'"a\u0000b"',
    "emoji": '"😀👩‍👩‍👧"',
    "right to left": r'"\u202e法律\u2066"',
    "long": '"' + "长" * 1001 + '"',
    "SQL": "\"x' OR '1'='1'; DROP TABLE articles; --\"",
    "LIKE": '"%_[a-z]*?"',
    "full text": '"\\" OR NEAR(a b) AND -a law:x *"',
    "path": '"../../../etc/passwd"',
    "file": '"file:///etc/passwd"',
    "template": '"{{7*7}}${jndi:ldap://x}%s%n{0}"',
    "markup": '"<script>alert(1)</script>"',
    "no items": "[]",
    "an empty item": '[""]',
    "mixed items": '["a", 1, null, {}]',
    "nested items": '[[["a"]]]',
    "negative tokens": "[-1]",
    "tokens that nobody has": "[100256, 99999999999999999999]",
    "many items": "[" + ",".join(['"a"'] * 3000) + "]",
    "no fields": "{}",
    "odd fields": '{"__proto__": {"a": 1}, "": null}',
    "deep": "[" * 500 + "]" * 500,
    "deeper than Python reads": "[" * 9000 + "]" * 9000,
}
"""Values as JSON, because Python would not write all of them."""


def variants(body: dict) -> Iterator[tuple[str, str]]:
    """Yield bodies of which one field, also of a field, is missing or hostile."""
    for field in body:
        rest = {name: value for name, value in body.items() if name != field}
        yield f"{field} missing", json.dumps(rest)
        for name, value in HOSTILE.items():
            written = {**rest, field: "HOLE"}
            yield f"{field}: {name}", json.dumps(written).replace('"HOLE"', value)
        if isinstance(body[field], dict):
            for name, value in variants(body[field]):
                yield (
                    f"{field}.{name}",
                    json.dumps({**rest, field: "HOLE"}).replace('"HOLE"', value),
                )


def is_said_well(path: str, answer: httpx.Response) -> bool:
    """Say whether an answer is no server error, and a refusal has the shape of its address."""
    if answer.status_code == 200:
        return True
    said = answer.json()
    if not 400 <= answer.status_code < 500 or "Traceback" in answer.text:
        return False
    if is_below(path, "/api"):
        return set(said) == {"error"} and isinstance(said["error"], str)
    if path == "/retrieval":
        return set(said) == {"error_code", "error_msg"}
    return set(said["error"]) == {"message", "type", "param", "code"}


@pytest.fixture(scope="module")
def config() -> ServeConfig:
    """Small limits, so that tests can reach them."""
    return ServeConfig(max_inputs=8, max_chars=1000, max_body_bytes=20_000)


@pytest.fixture(scope="module")
def app(calls: Calls, config: ServeConfig) -> FastAPI:
    """One app for all of these requests: what one leaves behind may trip the next."""
    return build_app(calls, config, dimension=BigramEncoder.dimension)


def client_of(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")


@pytest.mark.parametrize("path", BODIES)
def test_no_value_of_any_field_is_too_bad_to_be_answered(app, path):
    async def wrong() -> list[str]:
        found = []
        async with client_of(app) as client:
            for name, body in variants(BODIES[path]):
                headers = {"Content-Type": "application/json"}
                answer = await client.post(path, content=body.encode(), headers=headers)
                if not is_said_well(path, answer):
                    found.append(f"{name}: {answer.status_code} {answer.text[:200]}")
        return found

    found = asyncio.run(wrong())

    assert not found, "\n".join(found)


JSON = {"Content-Type": "application/json"}
WHOLE_BODIES = {
    "nothing": (b"", JSON, 400),
    "no object": (b"3", JSON, 400),
    "a list": (b"[{}]", JSON, 400),
    "null": (b"null", JSON, 400),
    "torn": (b'{"a": ', JSON, 400),
    "two documents": (b"{}{}", JSON, 400),
    "a name twice": (b'{"query": "a", "query": "b"}', JSON, 400),
    "a name twice below": (b'{"filters": {"a": 1, "a": 2}}', JSON, 400),
    "UTF-16": ('{"query": "a"}'.encode("utf-16"), JSON, 400),
    "UTF-16 without a mark": ('{"query": "a"}'.encode("utf-16-le"), JSON, 400),
    "UTF-32": ('{"query": "a"}'.encode("utf-32"), JSON, 400),
    "GB18030": ('{"query": "离婚"}'.encode("gb18030"), JSON, 400),
    "deep": (b'{"a":' * 40_000 + b"1" + b"}" * 40_000, JSON, 413),
    "a bomb": (gzip.compress(b" " * 10_000_000), {**JSON, "Content-Encoding": "gzip"}, 415),
    "a small bomb": (gzip.compress(b"{}"), {**JSON, "Content-Encoding": "br, gzip"}, 415),
    "one character a megabyte long": (b"a" * (1 << 20), JSON, 413),
}


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize(("body", "headers", "status"), WHOLE_BODIES.values(), ids=WHOLE_BODIES)
def test_a_body_of_another_kind_is_refused_in_the_shape_of_its_address(
    ask, path, body, headers, status
):
    answer = ask("POST", path, content=body, headers=headers)

    assert answer.status_code == status, answer.text
    assert is_said_well(path, answer)


def test_a_byte_order_mark_is_let_pass(ask):
    body = b"\xef\xbb\xbf" + json.dumps({"query": "离婚"}).encode()

    assert ask("POST", "/v1/search", content=body, headers=JSON).status_code == 200


@pytest.mark.parametrize("path", ["/v1/search", "/v1/citations/verify"])
def test_a_name_that_stands_twice_is_refused_by_name(ask, path):
    answer = ask("POST", path, content=b'{"text": "a", "text": "b"}', headers=JSON)

    assert answer.json()["error"]["code"] == "duplicate_key"


@pytest.mark.parametrize("number", ["1.0", "3.0", "3e0"])
def test_a_whole_number_may_be_written_as_javascript_writes_it(ask, number):
    body = f'{{"query": "离婚", "k": {number}}}'.encode()

    answer = ask("POST", "/v1/search", content=body, headers=JSON)

    assert len(answer.json()["hits"]) == int(float(number))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"x" * 1000])
def test_what_is_no_word_document_is_refused(ask, content):
    answer = ask("POST", "/v1/citations/verify", content=content, headers={"Content-Type": DOCX})

    assert 400 <= answer.status_code < 500
    assert is_said_well("/v1/citations/verify", answer)


NAMES = {
    "SQL": "x' OR '1'='1",
    "quotes": "\"'`",
    "path": "..%2f..%2fetc%2fpasswd",
    "dots": "%2e%2e",
    "NUL": "a%00b",
    "line": "a%0d%0aX-A: b",
    "broken UTF-8": "%ff%fe",
    "long": "x" * 5000,
    "blank": "%20",
    "percent": "%25",
    "like": "%25_",
    "zero": "0",
    "emoji": "😀",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize(
    "path",
    [
        "/v1/laws/{}",
        "/v1/laws/{}/text",
        "/v1/laws/{}/versions",
        "/v1/laws/{}/diff",
        "/v1/laws/民法典/articles/{}",
        "/v1/laws/民法典/diff?from={}",
        "/v1/laws?q={}",
        "/v1/laws?limit={}",
        "/v1/laws/民法典?as_of={}",
        "/v1/models/{}",
        "/assets/{}",
        "/{}",
    ],
)
def test_a_name_in_an_address_is_a_name_and_nothing_else(ask, path, name):
    answer = ask("GET", path.format(name))

    assert is_said_well(path, answer), answer.text
    assert answer.status_code != 200 or path == "/v1/laws?q={}"
    assert "x-a" not in answer.headers


@pytest.mark.parametrize(
    ("as_of", "status"),
    [
        ("0001-01-01", 200),
        ("2999-01-01", 200),
        ("2019-02-30", 400),
        ("2024-01-01T00:00:00+08:00", 400),
        ("20240101", 400),
        ("-001-01-01", 400),
        ("２０２４-01-01", 400),
    ],
)
def test_a_day_is_a_day_or_refused_and_a_far_one_is_explained(ask, as_of, status):
    answer = ask("POST", "/v1/search", json={"query": "离婚", "filters": {"as_of": as_of}})

    assert answer.status_code == status
    if as_of == "0001-01-01":
        assert answer.json()["hits"] == []
        assert answer.json()["degraded"]


@pytest.mark.parametrize("value", ["x' OR '1'='1", "上海'; --", '"', "%", "\\", "`", "全国\x00"])
@pytest.mark.parametrize("field", ["law_name", "category", "region", "status", "issuer"])
def test_a_filter_is_compared_letter_by_letter(ask, field, value):
    answer = ask("POST", "/v1/search", json={"query": "离婚", "filters": {field: [value]}})

    assert (answer.status_code, answer.json()["hits"]) == (200, [])


@pytest.mark.parametrize("path", ["//v1/search", "/v1//search", "/v1/search/", "/V1/search"])
def test_an_address_that_is_almost_one_is_none(ask, path):
    assert ask("POST", path, json={"query": "离婚"}).status_code == 404


def exchange(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """Send raw bytes and return all that comes back until the line is closed."""
    with socket.create_connection((HOST, port), timeout=20) as line:
        for part in parts:
            try:
                line.sendall(part)
            except OSError:  # closed already: what came back counts
                break
            time.sleep(pause)
        said = b""
        try:
            while piece := line.recv(65536):
                said += piece
        except ConnectionResetError:
            pass
    return said


def head(*lines: str) -> bytes:
    return "\r\n".join(["POST /v1/search HTTP/1.1", f"Host: {HOST}", *lines, "", ""]).encode()


@pytest.fixture
def port(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Where the app listens; a body may take a third of a second."""
    monkeypatch.setattr("lawvault.serve.gate.admission.BODY_SECONDS", 0.3)
    with listening(app) as port:
        yield port


def test_a_body_that_is_shorter_than_it_said_is_given_up_and_the_line_closed(port):
    said = exchange(port, head("Content-Length: 100"), b"{}")

    assert said.startswith(b"HTTP/1.1 408")
    assert b"body_timeout" in said


def test_a_body_of_a_byte_at_a_time_is_given_up(port):
    begin = time.monotonic()

    said = exchange(port, head("Content-Length: 1000"), *[b" "] * 100, pause=0.05)

    assert said.startswith(b"HTTP/1.1 408")
    assert time.monotonic() - begin < 10


def test_a_body_in_chunks_that_says_no_length_is_counted(port, config):
    chunk = b"1000\r\n" + b"x" * 0x1000 + b"\r\n"
    chunks = [chunk] * (config.max_body_bytes // 0x1000 + 2)

    said = exchange(port, head("Transfer-Encoding: chunked"), *chunks)

    assert said.startswith(b"HTTP/1.1 413")


def test_a_length_of_five_thousand_digits_is_no_500(port):
    said = exchange(port, head("Content-Length: " + "9" * 5000, "Connection: close"))

    assert said[9:12] in (b"400", b"413")


def test_a_header_of_a_megabyte_is_refused_and_the_next_client_is_served(port):
    said = exchange(port, head("X-A: " + "x" * (1 << 20), "Connection: close"))

    assert said[9:12] in (b"400", b"431")
    assert httpx.get(f"http://{HOST}:{port}/health/live").status_code == 200


def test_headers_that_are_too_large_are_refused_by_name(ask):
    answer = ask("GET", "/v1/models", headers={"X-A": "x" * 40_000})

    assert (answer.status_code, answer.json()["error"]["code"]) == (431, "headers_too_large")
