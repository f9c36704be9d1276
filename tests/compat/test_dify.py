"""Dify's calls to an external knowledge API: its check of a new endpoint, and its questions.

It sends JSON as a plain body, with its own settings beside ours, and reads `records` only from a
200; it takes an endpoint for broken if an empty POST gets 403, 404 or 502.
"""

import json

import httpx
import pytest

REFUSED_BY_DIFY = (403, 404, 502)


def question(**parts) -> dict[str, object]:
    """Return what Dify sends where no threshold and no condition on metadata is set."""
    return {
        "retrieval_setting": {"top_k": 4, "score_threshold": 0.0},
        "query": "离婚后孩子归谁抚养？",
        "knowledge_id": "all",
        **parts,
    }


def asked(address, body, key="any"):
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    return httpx.post(
        f"{address}/retrieval",
        content=json.dumps(body),
        headers=headers,
        follow_redirects=True,
    )


def test_the_check_of_a_new_endpoint_passes(address):
    answer = httpx.post(f"{address}/retrieval", headers={"Authorization": "Bearer any"})

    assert answer.status_code not in REFUSED_BY_DIFY
    assert {"error_code", "error_msg"} <= answer.json().keys()


def test_the_check_passes_with_a_good_key_and_fails_with_one_for_something_else(guarded):
    for scopes, fails in ((["search"], False), (["laws"], True)):
        with guarded(scopes) as (url, key):
            answer = httpx.post(f"{url}/retrieval", headers={"Authorization": f"Bearer {key}"})
            assert (answer.status_code in REFUSED_BY_DIFY) is fails


def test_a_question_gets_records_that_dify_can_show(address):
    answer = asked(address, question())

    records = answer.json()["records"]
    assert (answer.status_code, len(records)) == (200, 4)
    for record in records:
        assert set(record) == {"content", "score", "title", "metadata"}
        assert record["content"]
        assert record["title"]
        assert 0 <= record["score"] <= 1
        assert all(isinstance(value, str) for value in record["metadata"].values())


@pytest.mark.parametrize(
    "condition",
    [
        {"logical_operator": "and", "conditions": []},
        {
            "logical_operator": "and",
            "conditions": [{"name": "law_name", "comparison_operator": "is", "value": "刑法"}],
        },
    ],
)
def test_conditions_on_metadata_hold_before_the_search(address, condition):
    records = asked(address, question(metadata_condition=condition)).json()["records"]

    laws = {record["metadata"]["law_name"] for record in records}
    assert len(records) == 4
    assert not condition["conditions"] or laws == {"中华人民共和国刑法"}


def test_a_threshold_is_a_cosine_and_may_leave_nothing(address):
    def scores(floor):
        setting = {"top_k": 4, "score_threshold": floor}
        records = asked(address, question(retrieval_setting=setting)).json()["records"]
        return [record["score"] for record in records]

    some = scores(0.01)

    assert len(some) == 4
    assert scores(some[1] - 1e-6) == some[:2]
    assert scores(1.0) == []


def test_a_provision_that_a_question_names_passes_any_threshold(address):
    setting = {"top_k": 4, "score_threshold": 0.9}

    answer = asked(address, question(query="刑法第234条", retrieval_setting=setting))

    (record,) = answer.json()["records"]
    assert record["metadata"]["article_number"] == "第二百三十四条"


def test_an_unknown_knowledge_is_the_error_that_dify_knows(address):
    answer = asked(address, question(knowledge_id="no-such"))

    assert (answer.status_code, answer.json()["error_code"]) == (404, 2001)
