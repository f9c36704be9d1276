"""The HTTP surface over a real data pack: OpenAI's dialect, search, one shape of error."""

import asyncio
import base64
import copy
import dataclasses
import re
from typing import get_args

import httpx
import numpy as np
import pytest

from lawvault.serve.contract import ErrorAnswer
from lawvault.serve.routes import build_app
from lawvault.serve.search.parts import Mode

EMBED, SEARCH = "/v1/embeddings", "/v1/search"
MODEL = "lawvault-embed"
TOO_LONG = "长" * 57


def embed(ask, **body):
    answer = ask("POST", EMBED, json={"model": MODEL, **body})
    assert answer.status_code == 200, answer.text
    return answer.json()


def vectors_of(answer) -> np.ndarray:
    return np.array([row["embedding"] for row in answer["data"]], np.float32)


def test_embeddings_come_in_the_order_of_the_texts(ask, built):
    texts = ["离婚", "孩子归谁", "财产怎么分"]

    answer = embed(ask, input=texts)

    assert [row["index"] for row in answer["data"]] == [0, 1, 2]
    assert np.allclose(vectors_of(answer), built.encoder.encode_queries(texts), atol=1e-6)
    assert answer["model"] == MODEL
    tokens = sum(built.encoder.count_tokens(["问：" + text for text in texts]))
    assert answer["usage"] == {"prompt_tokens": tokens, "total_tokens": tokens}


def test_one_text_needs_no_list(ask):
    one, same = embed(ask, input="离婚"), embed(ask, input=["离婚"])

    assert one == same


def test_base64_holds_the_same_numbers_as_little_endian_float32(ask):
    plain = embed(ask, input=["离婚", "抚养费"], encoding_format="float")
    packed = embed(ask, input=["离婚", "抚养费"], encoding_format="base64")

    numbers = [np.frombuffer(base64.b64decode(row["embedding"]), "<f4") for row in packed["data"]]
    assert np.array_equal(np.array(numbers), vectors_of(plain))


def test_dimensions_cut_a_vector_and_make_its_length_one_again(ask):
    full, short = embed(ask, input="离婚"), embed(ask, input="离婚", dimensions=16)

    expected = vectors_of(full)[0, :16]
    assert vectors_of(short).shape == (1, 16)
    assert np.allclose(vectors_of(short)[0], expected / np.linalg.norm(expected), atol=1e-6)


@pytest.mark.parametrize(
    ("model", "input_type", "prefix"),
    [
        (MODEL, None, "问："),
        (MODEL, "query", "问："),
        (MODEL, "document", "文："),
        (MODEL + ":raw", None, ""),
    ],
)
def test_model_and_input_type_choose_the_prefix(ask, built, model, input_type, prefix):
    answer = embed(ask, model=model, input="抚养费", input_type=input_type)

    assert np.allclose(vectors_of(answer), built.encoder.encode_raw([prefix + "抚养费"]), atol=1e-6)


def test_as_many_texts_as_the_limit_are_taken(ask, config):
    answer = embed(ask, input=["离婚"] * config.max_inputs)

    assert len(answer["data"]) == config.max_inputs


def test_models_are_listed_and_found_by_name(ask):
    models = ask("GET", "/v1/models").json()["data"]

    assert [model["id"] for model in models] == [MODEL, MODEL + ":raw"]
    for model in models:
        assert ask("GET", f"/v1/models/{model['id']}").json() == model


def test_an_operator_may_call_the_model_otherwise(calls, config, built):
    other = copy.copy(config)
    other.model_name = "embeddinggemma:300m"
    app = build_app(calls, other, dimension=built.encoder.dimension)

    async def ask() -> list[int]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            body = {"input": "离婚"}
            new = await client.post(EMBED, json={**body, "model": "embeddinggemma:300m"})
            old = await client.post(EMBED, json={**body, "model": MODEL})
        return [new.status_code, old.status_code]

    assert asyncio.run(ask()) == [200, 404]


def test_search_answers_with_whole_articles(ask):
    question = "有配偶而重婚的，或者明知他人有配偶而与之结婚的"

    answer = ask("POST", SEARCH, json={"query": question, "k": 3}).json()

    assert [hit["rank"] for hit in answer["hits"]] == [1, 2, 3]
    assert set(answer["hits"][0]) == {
        "article_id",
        "law_id",
        "law_name",
        "article_number",
        "part",
        "chapter",
        "section",
        "content",
        "status",
        "category",
        "region",
        "publish_date",
        "effective_date",
        "version_date",
        "score",
        "rank",
        "issuer",
        "scores",
        "highlights",
        "hits_in_law",
        "references",
        "ranks",
        "similar",
    }
    bigamy = [hit for hit in answer["hits"] if hit["article_id"] == "刑法@2020-12-26/258"]
    assert bigamy[0]["article_number"] == "第二百五十八条"
    assert answer["degraded"] == []


def test_search_filters_before_it_ranks(ask):
    body = {"query": "离婚", "k": 5, "filters": {"law_name": ["刑法"]}}

    hits = ask("POST", SEARCH, json=body).json()["hits"]

    assert len(hits) == 5
    assert {hit["law_name"] for hit in hits} == {"中华人民共和国刑法"}


def test_a_long_story_is_searched_and_the_answer_says_that_it_was_cut(ask):
    answer = ask("POST", SEARCH, json={"query": "我要离婚。" * 100}).json()

    assert len(answer["hits"]) == 10
    assert answer["degraded"] == ["query_cut"]


def test_laws_can_be_listed(ask):
    laws = ask("GET", "/v1/laws").json()["data"]

    assert "中华人民共和国民法典" in {law["law_name"] for law in laws}


EMBED_REFUSALS = {
    "empty text": ({"input": ""}, "empty_text", "input[0]"),
    "blank text": ({"input": ["离婚", " \n"]}, "empty_text", "input[1]"),
    "no texts": ({"input": []}, "invalid_value", "input"),
    "too many texts": ({"input": ["离婚"] * 9}, "invalid_value", "input"),
    "null": ({"input": None}, "invalid_value", "input"),
    "number": ({"input": 3}, "invalid_value", "input"),
    "mixed": ({"input": ["离婚", 3]}, "invalid_value", "input[1]"),
    "null in a list": ({"input": ["离婚", "孩子", None]}, "invalid_value", "input[2]"),
    "nested texts": ({"input": [["离婚"]]}, "invalid_value", "input[0][0]"),
    "list of empty text": ({"input": [""]}, "empty_text", "input[0]"),
    "thousands of texts": ({"input": ["离"] * 2100}, "invalid_value", "input"),
    "object": ({"input": {"text": "离婚"}}, "invalid_value", "input"),
    "missing": ({}, "missing_parameter", "input"),
    "too many tokens": ({"input": ["短", TOO_LONG]}, "input_too_long", "input[1]"),
    "too many characters": ({"input": "长" * 1001}, "input_too_long", "input[0]"),
    "dimensions 0": ({"input": "离婚", "dimensions": 0}, "invalid_value", "dimensions"),
    "dimensions above": ({"input": "离婚", "dimensions": 65}, "invalid_value", "dimensions"),
    "dimensions text": ({"input": "离婚", "dimensions": "8"}, "invalid_value", "dimensions"),
    "encoding": ({"input": "a", "encoding_format": "int8"}, "invalid_value", "encoding_format"),
    "input type": ({"input": "离婚", "input_type": "title"}, "invalid_value", "input_type"),
    "dimensions a million": ({"input": "离婚", "dimensions": 10**6}, "invalid_value", "dimensions"),
    "dimensions true": ({"input": "离婚", "dimensions": True}, "invalid_value", "dimensions"),
    "truncate text": ({"input": "离婚", "truncate": "yes"}, "invalid_value", "truncate"),
    "unknown field": ({"input": "离婚", "prompt": "q"}, "unknown_parameter", "prompt"),
    "raw with type": (
        {"model": MODEL + ":raw", "input": "离婚", "input_type": "query"},
        "invalid_value",
        "input_type",
    ),
}
SEARCH_REFUSALS = {
    "unknown mode": ({"query": "离婚", "mode": "foo"}, "invalid_value", "mode"),
    "empty": ({"query": ""}, "empty_text", "query"),
    "blank": ({"query": "\t \n"}, "empty_text", "query"),
    "missing": ({"k": 3}, "missing_parameter", "query"),
    "too long": ({"query": "长" * 1001}, "input_too_long", "query"),
    "k 0": ({"query": "离婚", "k": 0}, "invalid_value", "k"),
    "k -1": ({"query": "离婚", "k": -1}, "invalid_value", "k"),
    "k 101": ({"query": "离婚", "k": 101}, "invalid_value", "k"),
    "k text": ({"query": "离婚", "k": "5"}, "invalid_value", "k"),
    "k fraction": ({"query": "离婚", "k": 1.5}, "invalid_value", "k"),
    "k true": ({"query": "离婚", "k": True}, "invalid_value", "k"),
    "unknown field": ({"query": "离婚", "top_k": 5}, "unknown_parameter", "top_k"),
    "unknown filter": (
        {"query": "离婚", "filters": {"law": ["刑法"]}},
        "unknown_parameter",
        "filters.law",
    ),
    "filter no list": (
        {"query": "离婚", "filters": {"status": "现行有效"}},
        "invalid_value",
        "filters.status",
    ),
    "filter too long": (
        {"query": "离婚", "filters": {"region": ["上海"] * 101}},
        "invalid_value",
        "filters.region",
    ),
}


def assert_refused(answer: httpx.Response, status: int, code: str, param: str | None) -> None:
    error = ErrorAnswer.model_validate(answer.json()).error
    assert answer.status_code == status, answer.text
    assert (error.code, error.param) == (code, param)
    assert re.search(r"[\u4e00-\u9fff]", error.message)
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(("body", "code", "param"), EMBED_REFUSALS.values(), ids=EMBED_REFUSALS)
def test_a_wrong_embedding_request_is_told_what_is_wrong_and_where(ask, body, code, param):
    assert_refused(ask("POST", EMBED, json={"model": MODEL, **body}), 400, code, param)


@pytest.mark.parametrize(("body", "code", "param"), SEARCH_REFUSALS.values(), ids=SEARCH_REFUSALS)
def test_a_wrong_search_is_told_what_is_wrong_and_where(ask, body, code, param):
    assert_refused(ask("POST", SEARCH, json=body), 400, code, param)


JSON = {"Content-Type": "application/json"}
BODIES = {
    "nothing": (b"", JSON, "invalid_body"),
    "null": (b"null", JSON, "invalid_body"),
    "a list": (b"[]", JSON, "invalid_body"),
    "a string": (b'"x"', JSON, "invalid_body"),
    "torn": (b'{"query": "x"', JSON, "invalid_json"),
    "not UTF-8": (b'{"query": "\xff\xfe"}', JSON, "invalid_body"),
    "a lone surrogate": (rb'{"query": "\ud800"}', JSON, "invalid_value"),
    "a surrogate in a filter": (
        rb'{"query": "x", "filters": {"status": ["\udfff"]}}',
        JSON,
        "invalid_value",
    ),
    "a surrogate for a name": (rb'{"query": "x", "\ud800": 1}', JSON, "invalid_body"),
    "NaN for k": (b'{"query": "x", "k": NaN}', JSON, "invalid_value"),
    "deep nesting": (b'{"query": ' + b"[" * 9000, JSON, "invalid_body"),
    "another type": (b"query=x", {"Content-Type": "text/plain"}, "invalid_body"),
    "no type": (b'{"query": "x"}', {}, "invalid_body"),
}


@pytest.mark.parametrize(("body", "headers", "code"), BODIES.values(), ids=BODIES)
def test_a_body_that_is_no_request_is_refused_and_never_a_500(ask, body, headers, code):
    answer = ask("POST", SEARCH, content=body, headers=headers)

    error = ErrorAnswer.model_validate(answer.json()).error
    assert (answer.status_code, error.code) == (400, code)


@pytest.mark.parametrize("model", [rb"\ud800", MODEL.encode()])
@pytest.mark.parametrize("text", [rb'"\ud800"', rb'["x", "\udc00"]'])
def test_half_a_character_is_refused_in_embeddings_too(ask, model, text):
    body = b'{"model": "' + model + b'", "input": ' + text + b"}"

    answer = ask("POST", EMBED, content=body, headers=JSON)

    assert answer.status_code == 400
    assert ErrorAnswer.model_validate(answer.json()).error.code == "invalid_value"


@pytest.mark.parametrize(
    "query",
    ["'", '" * NEAR( -a law:x', "AND OR NOT", "(.*)+$", "x\x00y", "第1条(一)", "😀", "<b>", "%s{}"],
)
def test_odd_questions_are_ordinary_questions(ask, query):
    answer = ask("POST", SEARCH, json={"query": query})

    assert answer.status_code == 200
    assert len(answer.json()["hits"]) == 10


@pytest.mark.parametrize("name", ["gpt-4", "", "lawvault-embed:", "../x", "x" * 500])
def test_an_unknown_model_is_not_found(ask, name):
    answer = ask("POST", EMBED, json={"model": name, "input": "离婚"})

    assert_refused(answer, 404, "model_not_found", "model")
    assert len(answer.content) < 500


def test_an_unknown_model_is_not_found_by_name(ask):
    assert_refused(ask("GET", "/v1/models/gpt-4"), 404, "model_not_found", "model")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nothing", 404, "not_found"),
        ("GET", "/docs", 404, "not_found"),
        ("GET", "/assets/contract.py", 404, "not_found"),
        ("GET", "/assets/..%2froutes.py", 404, "not_found"),
        ("POST", "/v1/search/", 404, "not_found"),
        ("GET", SEARCH, 405, "method_not_allowed"),
        ("DELETE", "/v1/models", 405, "method_not_allowed"),
    ],
)
def test_addresses_that_do_not_exist_answer_in_the_same_shape(ask, method, path, status, code):
    assert_refused(ask(method, path), status, code, None)


def test_a_failure_inside_is_a_plain_500(calls, config, built, ask, caplog):
    async def search(request):
        raise ZeroDivisionError("secret of the house")

    broken = dataclasses.replace(calls, search=search)
    app = build_app(broken, config, dimension=built.encoder.dimension)

    async def once() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.post(SEARCH, json={"query": "离婚"})

    answer = asyncio.run(once())

    assert_refused(answer, 500, "internal_error", None)
    assert "secret" not in answer.text
    assert "secret of the house" in caplog.text


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/v1/models"])
def test_who_only_asks_whether_we_are_there_may_ask_by_head(ask, path):
    assert ask("HEAD", path).status_code == ask("GET", path).status_code == 200
    assert "HEAD" in ask("DELETE", path).headers["Allow"]


def test_an_unknown_mode_is_told_all_that_there_are(ask):
    message = ask("POST", SEARCH, json={"query": "离婚", "mode": "foo"}).json()["error"]["message"]

    assert message.startswith("mode 只能是 ")
    assert all(f"'{mode}'" in message for mode in ("auto", *get_args(Mode)))


def test_live_and_ready_say_so(ask):
    assert ask("GET", "/health/live").json() == {"status": "ok"}
    ready = ask("GET", "/health/ready")
    assert ready.status_code == 200
    assert ready.json()["dependencies"] == {"embedding": "ok", "search": "ok"}


def test_not_ready_says_which_dependency_is_missing(calls, config, built):
    async def readiness():
        return {"embedding": "no answer", "search": "ok"}

    broken = dataclasses.replace(calls, readiness=readiness)
    app = build_app(broken, config, dimension=built.encoder.dimension)

    async def once() -> tuple[httpx.Response, httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get("/health/ready"), await client.get("/health/live")

    ready, live = asyncio.run(once())

    assert_refused(ready, 503, "not_ready", None)
    assert "embedding" in ready.json()["error"]["message"]
    assert ready.json()["dependencies"] == {"embedding": "no answer", "search": "ok"}
    assert live.status_code == 200


def test_the_page_brings_all_it_needs_from_here(ask):
    page = ask("GET", "/")
    needed = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert sorted(needed) == ["/assets/page.css", "/assets/page.js"]
    for path in needed:
        assert ask("GET", path).status_code == 200
    assert not re.search(r"https?://", page.text)


def test_text_from_the_service_never_becomes_markup_in_the_page(ask):
    script = ask("GET", "/assets/page.js").text

    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script)


def test_the_description_of_the_api_names_every_route(ask):
    paths = ask("GET", "/openapi.json").json()["paths"]

    assert {EMBED, SEARCH, "/v1/models", "/v1/models/{name}", "/v1/laws"} <= paths.keys()
    assert {"/health/live", "/health/ready"} <= paths.keys()
