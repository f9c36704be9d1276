"""Both dialects at each address: what real clients send is understood, the rest is told why not."""

import asyncio
import re

import httpx
import numpy as np
import pytest
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st
from sentence_transformers import CrossEncoder

from lawvault.config.limits import checked
from lawvault.config.serve import RerankerConfig, ServeConfig
from lawvault.config.tree import Config
from lawvault.errors import ConfigError
from lawvault.models.reranker import Reranker
from lawvault.serve.contract import ErrorAnswer
from lawvault.serve.gate.admission import Admission
from lawvault.serve.gate.refusals import add_refusals
from lawvault.serve.rerank.contract import RerankAnswer, TextRank
from lawvault.serve.rerank.reranking import Reranking
from lawvault.serve.rerank.routes import PATHS, add_rerank
from tests.cross_encoder import write_cross_encoder

QUERY = "离婚"
TEXTS = ["孩子归谁", "民法典第一条", "的", "抚养孩子", "短"]
LIMITS = ServeConfig(max_chars=100, reranker=RerankerConfig(max_documents=8, max_total_tokens=300))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_cross_encoder(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def expected(folder):
    """What sentence-transformers gives for QUERY and TEXTS."""
    pairs = [(QUERY, text) for text in TEXTS]
    return CrossEncoder(str(folder), device="cpu").predict(pairs, show_progress_bar=False)


def surface(rerank) -> FastAPI:
    app = FastAPI()
    app.add_middleware(Admission, config=LIMITS)
    add_refusals(app)
    add_rerank(app, rerank, LIMITS)
    return app


@pytest.fixture(scope="module")
def app(folder):
    reranker = Reranker(str(folder), max_tokens=40, batch_tokens=256, dtype="float32")
    return surface(Reranking(reranker, max_total_tokens=LIMITS.reranker.max_total_tokens).rerank)


def sent(app, path, **options) -> httpx.Response:
    async def once() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.post(path, **options)

    return asyncio.run(once())


@pytest.fixture(scope="module")
def ask(app):
    """Return `ask(**fields)`, which sends one request."""
    return lambda path=PATHS[0], **fields: sent(app, path, json=fields)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "content",
    [
        b'{"model": "x", "query": "q", "documents": ["a", "b"]}',
        b'{"query": "q", "texts": ["a"]}',
        b"{torn",
        b"",
    ],
)
def test_without_a_model_the_answer_to_whatever_is_sent_is_how_to_get_one(path, content):
    answer = sent(surface(None), path, content=content)

    error = ErrorAnswer.model_validate(answer.json()).error
    assert (answer.status_code, error.code, error.type) == (501, "not_configured", "server_error")
    assert re.search(r"[\u4e00-\u9fff]", error.message)
    assert "serve.reranker.model" in error.message


@pytest.mark.parametrize("path", PATHS)
def test_documents_are_answered_as_cohere_does(ask, expected, path):
    answer = ask(path, model="lawvault-rerank", query=QUERY, documents=TEXTS, top_n=3)

    found = RerankAnswer.model_validate(answer.json())
    assert [result.index for result in found.results] == np.argsort(-expected)[:3].tolist()
    scores = [result.relevance_score for result in found.results]
    assert np.allclose(scores, np.sort(expected)[::-1][:3], atol=1e-6)
    assert all(set(result) == {"index", "relevance_score"} for result in answer.json()["results"])
    assert found.usage.total_tokens == sum(len(text) + 5 for text in TEXTS)
    assert found.meta.tokens.input_tokens == found.usage.total_tokens
    assert (found.model, found.truncated) == ("lawvault-rerank", [])
    assert "warnings" not in answer.json()["meta"]


@pytest.mark.parametrize("path", PATHS)
def test_texts_are_answered_as_tei_does(ask, expected, path):
    answer = ask(path, query=QUERY, texts=TEXTS)

    ranks = [TextRank.model_validate(rank) for rank in answer.json()]
    assert [rank.index for rank in ranks] == np.argsort(-expected).tolist()
    assert np.allclose([rank.score for rank in ranks], np.sort(expected)[::-1], atol=1e-6)
    assert all(set(rank) == {"index", "score"} for rank in answer.json())


@pytest.mark.parametrize(
    "fields",
    [
        {"model": "lawvault-rerank", "top_n": 5},  # Open WebUI
        {"model": "lawvault-rerank", "top_n": None, "return_documents": True},  # Dify
        {"model": "lawvault-rerank", "max_tokens_per_doc": 4096, "priority": 0},  # Cohere v2
        {"rank_fields": ["text"], "return_documents": False, "max_chunks_per_doc": 10},  # v1
        {"model": "lawvault-rerank", "max_chunks_per_doc": 1024, "overlap_tokens": 80},
        {"model": "lawvault-rerank", "truncation": True},  # Voyage
        {},
    ],
)
def test_what_clients_really_send_with_documents_is_taken(ask, fields):
    answer = ask(query=QUERY, documents=TEXTS, **fields)

    assert answer.status_code == 200
    assert len(answer.json()["results"]) == len(TEXTS)


@pytest.mark.parametrize(
    "fields",
    [
        {"truncate": True},  # Open WebUI
        {"raw_scores": False, "return_text": False, "truncate": True},
        {"truncation_direction": "Right", "truncate": None},
        {"raw_scores": True, "truncation_direction": "right"},
        {"top_n": 5, "model": "lawvault-rerank"},
    ],
)
def test_what_clients_really_send_with_texts_is_taken(ask, fields):
    answer = ask(query=QUERY, texts=TEXTS, **fields)

    assert answer.status_code == 200
    assert len(answer.json()) == len(TEXTS)


def test_documents_may_be_objects_and_come_back_on_request(ask):
    documents = [{"text": TEXTS[0], "id": 7, "title": "x"}, TEXTS[1]]

    answer = ask(query=QUERY, documents=documents, return_documents=True).json()

    assert {r["index"]: r["document"] for r in answer["results"]} == {
        0: {"text": TEXTS[0]},
        1: {"text": TEXTS[1]},
    }


def test_texts_come_back_on_request(ask):
    answer = ask(query=QUERY, texts=TEXTS, return_text=True).json()

    assert all(rank["text"] == TEXTS[rank["index"]] for rank in answer)


def test_raw_scores_are_logits_in_the_same_order(ask):
    plain = ask(query=QUERY, texts=TEXTS).json()
    raw = ask(query=QUERY, texts=TEXTS, raw_scores=True).json()

    assert [rank["index"] for rank in raw] == [rank["index"] for rank in plain]
    logits = np.array([rank["score"] for rank in raw])
    assert np.allclose(1 / (1 + np.exp(-logits)), [rank["score"] for rank in plain])


def test_equally_good_documents_stay_in_their_order(ask):
    answer = ask(query=QUERY, documents=["的", "孩子归谁"] * 4).json()

    places = [result["index"] for result in answer["results"]]
    assert sorted(places[:4]) == places[:4]
    assert sorted(places[4:]) == places[4:]


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.text("离婚孩子归谁😀a ", min_size=1).filter(str.strip), min_size=1, max_size=8),
    st.none() | st.integers(1, 12),
)
def test_whatever_is_ranked_each_document_is_there_once_and_scores_fall(ask, documents, top_n):
    answer = ask(
        query=QUERY,
        documents=[text[:30] for text in documents if text[:30].strip()] or ["a"],
        top_n=top_n,
    ).json()

    places = [result["index"] for result in answer["results"]]
    scores = [result["relevance_score"] for result in answer["results"]]
    assert len(set(places)) == len(places) <= (top_n or 8)
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_a_long_document_is_cut_and_that_is_told(ask):
    documents = ["短", "长" * 36, "长" * (LIMITS.max_chars + 1)]

    answer = ask(query=QUERY, documents=documents, return_documents=True).json()

    assert answer["truncated"] == [1, 2]
    assert len(answer["meta"]["warnings"]) == 1
    assert answer["usage"]["total_tokens"] == 6 + 40 + 40
    whole = {result["index"]: result["document"]["text"] for result in answer["results"]}
    assert [whole[row] for row in range(3)] == documents


@pytest.mark.parametrize("wish", [{"truncate": False}, {"truncation": False}])
def test_a_client_that_forbids_cutting_is_told_what_is_too_long(ask, wish):
    answer = ask(query=QUERY, documents=["短", "长" * 36], **wish)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "input_too_long")
    assert error["param"] == "documents[1]"
    assert "41" in error["message"]


def test_a_long_text_is_cut_only_if_the_client_says_so(ask):
    texts = ["短", "长" * 36]

    refused = ask(query=QUERY, texts=texts)
    cut = ask(query=QUERY, texts=texts, truncate=True).json()

    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "texts[1]")
    assert {rank["index"]: rank.get("truncated") for rank in cut} == {0: None, 1: True}


def test_max_tokens_per_doc_limits_what_is_read_and_is_told(ask):
    limited = ask(query=QUERY, documents=["孩子归谁", "孩"], max_tokens_per_doc=2).json()
    short = ask(query=QUERY, documents=["孩子", "孩"]).json()

    assert limited["results"] == short["results"]
    assert limited["truncated"] == [0]


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({"query": QUERY}, "missing_parameter", "documents"),
        ({"query": QUERY, "documents": ["a"], "texts": ["a"]}, "invalid_value", "texts"),
        ({"documents": ["a"]}, "missing_parameter", "query"),
        ({"query": "", "documents": ["a"]}, "empty_text", "query"),
        ({"query": " \u3000", "documents": ["a"]}, "empty_text", "query"),
        ({"query": QUERY, "documents": []}, "invalid_value", "documents"),
        ({"query": QUERY, "texts": []}, "invalid_value", "texts"),
        ({"query": QUERY, "documents": None}, "invalid_value", "documents"),
        ({"query": QUERY, "documents": ["a", " "]}, "empty_text", "documents[1]"),
        ({"query": QUERY, "documents": ["a", {"text": ""}]}, "empty_text", "documents[1]"),
        ({"query": QUERY, "documents": ["a", {"image": "x"}]}, "invalid_value", "documents.1"),
        ({"query": QUERY, "documents": ["a", 7]}, "invalid_value", "documents.1"),
        ({"query": QUERY, "texts": ["a", {"text": "b"}]}, "invalid_value", "texts.1"),
        ({"query": QUERY, "documents": ["a"] * 9}, "invalid_value", "documents"),
        ({"query": QUERY, "documents": ["a"] * 10_001}, "invalid_value", "documents"),
        ({"query": "离" * 101, "documents": ["a"]}, "input_too_long", "query"),
        ({"query": QUERY, "texts": ["离" * 101]}, "input_too_long", "texts[0]"),
        ({"query": QUERY, "documents": ["离" * 40] * 8}, "input_too_long", "documents"),
        ({"query": QUERY, "documents": ["a"], "top_n": 0}, "invalid_value", "top_n"),
        ({"query": QUERY, "documents": ["a"], "top_n": -1}, "invalid_value", "top_n"),
        ({"query": QUERY, "documents": ["a"], "top_n": "3"}, "invalid_value", "top_n"),
        ({"query": QUERY, "documents": ["a"], "top_n": 1.5}, "invalid_value", "top_n"),
        ({"query": QUERY, "documents": ["a"], "top_k": 3}, "unknown_parameter", "top_k"),
        (
            {"query": QUERY, "documents": ["a"], "rank_fields": ["title"]},
            "invalid_value",
            "rank_fields.0",
        ),
        (
            {"query": QUERY, "texts": ["a"], "truncation_direction": "Left"},
            "invalid_value",
            "truncation_direction",
        ),
        (
            {"query": QUERY, "texts": ["a"], "truncate": True, "truncation": False},
            "invalid_value",
            "truncation",
        ),
    ],
)
def test_a_wrong_request_is_told_which_field_is_wrong(ask, fields, code, param):
    answer = ask(**fields)

    error = ErrorAnswer.model_validate(answer.json()).error
    assert (answer.status_code, error.code, error.param) == (400, code, param)
    assert re.search(r"[\u4e00-\u9fff]", error.message)


@pytest.mark.parametrize("shape", ["documents", "texts"])
def test_a_model_that_is_not_here_is_not_taken_for_the_one_that_is(ask, shape):
    answer = ask(model="rerank-v3.5", query=QUERY, **{shape: ["a"]})

    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (404, "model_not_found", "model")
    assert "lawvault-rerank" in error["message"]


@pytest.mark.parametrize(
    "content",
    [
        rb'{"query": "\ud800", "documents": ["a"]}',
        rb'{"query": "a", "documents": ["a", "\udfff"]}',
        rb'{"query": "a", "documents": [{"text": "\ud800"}]}',
        rb'{"query": "a", "texts": ["\ud800"]}',
        rb'{"query": "a", "texts": ["a"], "top_n": NaN}',
        rb'{"query": "a", "texts": ["a"], "model": "\ud800"}',
        b'{"query": "a", "texts": ["a"]',
        b"[]",
        b"",
        b"\xff\xfe",
    ],
)
def test_half_a_character_and_torn_json_are_refused(app, content):
    answer = sent(app, PATHS[0], content=content, headers={"Content-Type": "application/json"})

    assert answer.status_code == 400
    ErrorAnswer.model_validate(answer.json())


@pytest.mark.parametrize("text", ["😀", "\x00", "\u200b", "e\u0301", "\U0010ffff", "[SEP]"])
def test_odd_characters_are_texts_too(ask, text):
    answer = ask(query=text, documents=[text, "a"], return_documents=True)

    assert answer.status_code == 200
    assert {r["document"]["text"] for r in answer.json()["results"]} == {text, "a"}


def test_the_description_names_one_address_and_both_answers(app):
    paths = app.openapi()["paths"]

    assert list(paths) == [PATHS[0]]
    answer = paths[PATHS[0]]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert len(answer["anyOf"]) == 2


def test_the_reranker_cannot_have_a_name_of_the_encoder():
    serve = ServeConfig(reranker=RerankerConfig(name="lawvault-embed:raw"))

    with pytest.raises(ConfigError, match=r"serve\.reranker\.name"):
        checked(Config(serve=serve))
