"""Dify's external knowledge API over a real data pack, as Dify calls it."""

import asyncio
import json

import httpx
import pytest
from fastapi import FastAPI

from lawvault.serve.assistants.dify import add_dify
from lawvault.serve.contract import MAX_HITS, ApiError
from lawvault.serve.gate.refusals import add_refusals

QUESTION = "离婚以后孩子归谁抚养"


def requested(**changes):
    """Return the body that Dify 1.x sends, with `changes`."""
    return {
        "knowledge_id": "all",
        "query": QUESTION,
        "retrieval_setting": {"top_k": 5, "score_threshold": 0.0},
        "metadata_condition": None,
        **changes,
    }


def condition(name, operator, value=None, **more):
    return {"name": name, "comparison_operator": operator, "value": value, **more}


def where(*conditions, operator="and"):
    return requested(
        retrieval_setting={"top_k": MAX_HITS, "score_threshold": None},
        metadata_condition={"logical_operator": operator, "conditions": list(conditions)},
    )


@pytest.fixture
def post(calls, config):
    app = FastAPI()
    add_refusals(app)
    add_dify(app, calls.search, config)

    def send(body, **options):
        async def once():
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                if isinstance(body, bytes):
                    return await client.post("/retrieval", content=body, **options)
                return await client.post("/retrieval", json=body, **options)

        return asyncio.run(once())

    return send


@pytest.fixture
def records(post):
    def ask(body):
        reply = post(body)
        assert reply.status_code == 200, reply.text
        return reply.json()["records"]

    return ask


def refused(reply, status, code=None):
    assert reply.status_code == status, reply.text
    body = reply.json()
    assert set(body) == {"error_code", "error_msg"}
    assert body["error_code"] == (code or status)
    return body["error_msg"]


def test_records_are_whole_articles_best_first_with_an_object_of_metadata(records):
    found = records(requested())

    assert len(found) == 5
    scores = [record["score"] for record in found]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    for record in found:
        assert set(record) == {"content", "score", "title", "metadata"}
        facts = record["metadata"]
        assert record["title"] == f"《{facts['law_name']}》{facts['article_number']}"
        assert None not in facts.values()
        assert {"article_id", "category", "region", "status"} <= set(facts)


def test_a_threshold_of_null_or_none_at_all_lets_everything_through(records):
    null = records(requested(retrieval_setting={"top_k": 5, "score_threshold": None}))
    absent = records(requested(retrieval_setting={"top_k": 5}))

    assert len(null) == len(absent) == 5


def test_a_threshold_cuts_the_tail_and_nothing_is_an_empty_list(records):
    lowest = {"top_k": 5, "score_threshold": 1e-9}  # with a threshold, scores are cosines
    scores = [record["score"] for record in records(requested(retrieval_setting=lowest))]
    middle = (scores[1] + scores[2]) / 2

    some = records(requested(retrieval_setting={"top_k": 5, "score_threshold": middle}))
    none = records(requested(retrieval_setting={"top_k": 5, "score_threshold": 1}))

    assert [record["score"] for record in some] == scores[:2]
    assert none == []


@pytest.mark.parametrize("floor", [None, 0.5, 1.0])
def test_a_provision_that_is_named_passes_any_threshold(records, floor):
    setting = {"top_k": 5, "score_threshold": floor}

    found = records(requested(query="民法典第1047条", retrieval_setting=setting))

    assert [(one["metadata"]["article_number"], one["score"]) for one in found] == [
        ("第一千零四十七条", 1.0)
    ]


@pytest.mark.parametrize(
    ("knowledge", "field", "value"),
    [
        ("national", "region", "全国"),
        ("region:上海", "region", "上海"),
        ("as-of:2026-10-04", "status", "现行有效"),
        ("national+as-of:2026-10-04", "region", "全国"),
    ],
)
def test_the_knowledge_says_what_is_searched(records, knowledge, field, value):
    found = records(requested(knowledge_id=knowledge))

    assert found
    assert {record["metadata"][field] for record in found} == {value}


def test_knowledge_that_no_article_belongs_to_is_empty(records):
    assert records(requested(knowledge_id="judicial")) == []


@pytest.mark.parametrize(
    "knowledge",
    [
        "",
        "abc",
        "region:",
        "region: ",
        "REGION:上海",
        "national'",
        "as-of:",
        "as-of:2019-02-30",
        "national+",
        "as-of:2022-01-01+as-of:2023-01-01",
        "as-of:20230501",
    ],
)
def test_unknown_knowledge_has_the_code_that_dify_knows(post, knowledge):
    assert "national" in refused(post(requested(knowledge_id=knowledge)), 404, 2001)


@pytest.mark.parametrize(
    "one",
    [
        condition("law_name", "is", "刑法"),
        condition("law_name", "=", "中华人民共和国刑法"),
        condition(["law_name"], "is", "刑法"),
        condition("law_name", "in", ["刑法"]),
        condition("law_name", "in", "刑法，没有的法"),
    ],
)
def test_a_condition_is_a_filter_before_the_search(records, one):
    found = records(where(one))

    assert found
    assert {record["metadata"]["law_name"] for record in found} == {"中华人民共和国刑法"}


def test_all_conditions_hold_or_any_of_them(records):
    laws = [condition("law_name", "is", name) for name in ("刑法", "妇女权益保障法")]
    both = condition("law_name", "in", ["刑法", "妇女权益保障法"])

    any_of = records(where(*laws, operator="or"))

    assert len({record["metadata"]["law_name"] for record in any_of}) == 2
    assert records(where(*laws)) == []
    assert records(where(both, laws[0])) == records(where(laws[0]))
    assert records(where(both, condition("status", "is", "已废止"))) == []


def test_a_condition_narrows_the_knowledge_and_never_widens_it(records):
    body = where(condition("region", "in", ["全国", "上海"]))

    assert {one["metadata"]["region"] for one in records({**body, "knowledge_id": "national"})} == {
        "全国"
    }


def test_no_conditions_are_no_filter(records):
    for empty in (None, {"logical_operator": "and", "conditions": None}, {"conditions": []}):
        assert len(records(requested(metadata_condition=empty))) == 5


@pytest.mark.parametrize(
    "one",
    [
        condition("law_name", "contains", "刑"),
        condition("law_name", "not contains", "刑"),
        condition("law_name", "is not", "刑法"),
        condition("law_name", "empty"),
        condition("version_date", "before", "2020-01-01"),
        condition("content", "is", "离婚"),
        condition(["law_name", "region"], "is", "刑法"),
        condition([], "is", "刑法"),
        condition("law_name", "is"),
        condition("law_name", "is", ""),
        condition("law_name", "is", 5),
        condition("law_name", "in", []),
        condition("law_name", "in", "刑法,"),
        condition("law_name", "is", "刑法", case="x"),
        condition("law_name", "in", ["法"] * 101),
    ],
)
def test_what_cannot_be_applied_before_the_search_is_refused(post, one):
    assert "condition" in refused(post(where(one)), 400)


def test_or_over_two_fields_is_refused(post):
    body = where(
        condition("law_name", "is", "刑法"), condition("region", "is", "上海"), operator="or"
    )

    assert "or" in refused(post(body), 400)


def test_a_value_that_looks_like_a_query_matches_nothing(records):
    assert records(where(condition("law_name", "is", "x' OR '1'='1"))) == []
    assert records(requested(knowledge_id="region:x' OR '1'='1")) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"query": " "},
        {"query": "长" * 1001},
        {"query": None},
        {"query": 5},
        {"query": "\ud800"},
        {"knowledge_id": None},
        {"retrieval_setting": None},
        {"retrieval_setting": {"top_k": 0}},
        {"retrieval_setting": {"top_k": MAX_HITS + 1}},
        {"retrieval_setting": {"top_k": "5"}},
        {"retrieval_setting": {"top_k": 1.5}},
        {"retrieval_setting": {"top_k": 5, "score_threshold": 1.5}},
        {"retrieval_setting": {"top_k": 5, "score_threshold": -1}},
        {"metadata_condition": {"logical_operator": "xor", "conditions": []}},
        {"metadata_condition": []},
    ],
)
def test_bad_requests_are_answered_in_difys_shape(post, changes):
    refused(post(json.dumps(requested(**changes)).encode()), 400)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"\xff\xfe{}", b'{"query": NaN}', b"[" * 5000]
)
def test_a_body_that_is_no_request_is_answered_in_difys_shape(post, body):
    refused(post(body, headers={"content-type": "application/json"}), 400)


def test_settings_of_a_newer_dify_do_not_stop_us(records):
    setting = {"top_k": 5, "score_threshold": 0.0, "score_threshold_enabled": False}

    assert len(records(requested(retrieval_setting=setting, inputs={}))) == 5


def test_a_score_beyond_the_scale_is_brought_back_to_it(calls, config):
    async def search(request):
        found = await calls.search(request)
        found.hits[0].score, found.hits[-1].score = 1.0000001, -0.2
        return found

    app = FastAPI()
    add_refusals(app)
    add_dify(app, search, config)

    async def once():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.post("/retrieval", json=requested())

    records = asyncio.run(once()).json()["records"]
    assert (records[0]["score"], records[-1]["score"]) == (1.0, 0.0)


def test_a_search_that_is_down_is_a_503_in_difys_shape(config):
    async def search(request):
        raise ApiError(503, "search_unavailable", "依赖 search 暂不可用，请稍后重试")

    app = FastAPI()
    add_refusals(app)
    add_dify(app, search, config)

    async def once():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.post("/retrieval", json=requested())

    assert "search" in refused(asyncio.run(once()), 503)
