"""The modes of /v1/search: by address, by words, by meaning, by both; paging, grouping, filters."""

import asyncio
import datetime
import shutil
import sqlite3

import numpy as np
import pytest
from pydantic import ValidationError

from lawvault.serve.contract import ApiError, SearchRequest
from lawvault.serve.embed.embedder import Embedded
from lawvault.serve.search.searcher import Searcher, answer
from tests.serve.conftest import OnlyVectors

CRIME, CODE = "中华人民共和国刑法", "中华人民共和国民法典"
QUESTION = "离婚后子女的抚养费由谁负担"
MODES = ("hybrid", "vector", "keyword")


@pytest.fixture
def asked(searcher, built):
    """Return `asked(query, …)`, which answers one question."""

    async def embed(texts, side, *, may_cut=False):
        return Embedded(vectors=built.encoder.encode_queries(texts), tokens=[9], max_tokens=60)

    def ask(query=QUESTION, *, over=searcher, embedder=embed, **more):
        request = SearchRequest.model_validate({"query": query, **more})
        return asyncio.run(answer(over, OnlyVectors(embedder), request))

    return ask


def ids(found) -> list[str]:
    return [hit.article_id for hit in found.hits]


async def no_vectors(texts, side, *, may_cut=False):
    raise ApiError(503, "embedding_unavailable", "依赖 embedding 暂不可用，请稍后重试")


@pytest.mark.parametrize("mode", ["auto", "exact"])
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("民法典1084条", ["民法典@2020-05-28/1084"]),
        ("《民法典》第一千零八十四条", ["民法典@2020-05-28/1084"]),
        ("刑法第二百六十条之一", ["刑法@2020-12-26/260-1"]),
        (
            "民法典第1085条和刑法第258条",
            ["民法典@2020-05-28/1085", "刑法@2020-12-26/258"],
        ),
    ],
)
def test_a_citation_is_answered_exactly_and_without_a_vector(asked, query, expected, mode):
    found = asked(query, mode=mode, embedder=no_vectors)

    assert ids(found) == expected
    assert (found.mode, found.total, found.degraded) == ("exact", len(expected), [])
    assert [hit.rank for hit in found.hits] == list(range(1, len(expected) + 1))


def test_the_paragraph_that_is_named_is_highlighted(asked):
    (hit,) = asked("民法典第一千零八十四条第二款").hits
    (span,) = hit.highlights

    assert hit.content[span.start : span.end] == hit.content.split("\n")[1]


def test_the_name_of_a_law_lists_its_articles_in_pages(asked):
    first, second = asked("刑法", k=5), asked("《刑法》", k=5, offset=5)

    assert ids(first)[:2] == ["刑法@2020-12-26/17-1", "刑法@2020-12-26/234"]
    assert (first.total, second.total) == (12, 12)
    assert [hit.rank for hit in second.hits] == [6, 7, 8, 9, 10]
    assert not set(ids(first)) & set(ids(second))


def test_a_question_that_only_mentions_a_provision_is_no_citation(asked):
    assert asked("民法典1084条里孩子满两岁归谁").mode == "vector"


def test_what_does_not_resolve_is_told_and_the_question_still_answered(asked):
    found = asked("民法典第九千条")

    assert found.degraded == ["not_resolved"]
    assert found.notes[0].reason == "民法典没有第九千条"
    assert (found.mode, len(found.hits)) == ("vector", 10)


def test_exact_never_answers_with_anything_else(asked):
    found, nothing = asked("民法典第九千条", mode="exact"), asked("离婚", mode="exact")

    assert (found.hits, found.degraded) == ([], ["not_resolved"])
    assert (nothing.hits, nothing.degraded) == ([], ["no_match"])
    assert nothing.notes[0].problem == "no_citation"


def test_filters_hold_for_what_is_named_too(asked):
    found = asked("民法典1084条", filters={"law_name": ["刑法"]})

    assert (found.hits, found.degraded) == ([], ["no_match_for_filter"])


def test_by_words_no_vector_is_needed_and_every_hit_has_a_word_of_the_query(asked):
    found = asked("家庭暴力", mode="keyword", embedder=no_vectors, k=50)

    assert found.mode == "keyword"
    assert found.hits
    assert all("家庭" in hit.content or "暴力" in hit.content for hit in found.hits)
    assert all(hit.scores.vector is None for hit in found.hits)
    assert all(hit.highlights for hit in found.hits)


@pytest.mark.parametrize("query", ["zebra", "🙂", "NEAR(", "\x00", '" OR *'])
def test_words_that_stand_nowhere_find_nothing_and_say_so(asked, query):
    found = asked(query, mode="keyword")

    assert (found.hits, found.degraded) == ([], ["no_match"])


def test_both_legs_are_shown_with_their_scores_and_ranks(asked):
    by_words = {hit.article_id: hit for hit in asked(mode="keyword", k=50).hits}
    by_meaning = {hit.article_id: hit for hit in asked(mode="vector", k=50).hits}

    found = asked(mode="hybrid", k=50, explain=True)

    assert found.mode == "hybrid"
    for hit in found.hits:
        words, meaning = by_words.get(hit.article_id), by_meaning.get(hit.article_id)
        assert hit.scores.keyword == (words and pytest.approx(words.score))
        assert hit.scores.vector == (meaning and pytest.approx(meaning.score))
        assert hit.ranks
        assert hit.ranks.vector == (meaning and meaning.rank)
    assert found.explain
    assert found.explain.weights == pytest.approx({"vector": 0.7, "keyword": 0.3})
    assert {"embed", "vector", "keyword", "texts"} <= set(found.explain.milliseconds)
    scores = [hit.score for hit in found.hits]
    assert scores == sorted(scores, reverse=True)


def test_a_hybrid_search_looks_for_what_statutes_say_and_one_by_keyword_is_literal(asked):
    hybrid, meaning, literal = (asked("老公打我", mode=mode) for mode in MODES)

    assert "实施家庭暴力" in hybrid.statute_words
    assert hybrid.statute_words == meaning.statute_words
    assert literal.statute_words == []
    assert literal.hits == []
    best = min((hit for hit in hybrid.hits if hit.scores.keyword), key=lambda hit: hit.rank)
    assert "家庭暴力" in best.content
    marked = {best.content[one.start : one.end] for one in best.highlights}
    assert any("家庭暴力" in words for words in marked)


def test_nothing_is_explained_unless_asked_for(asked):
    found = asked()

    assert found.explain is None
    assert all(hit.ranks is None and hit.references is None for hit in found.hits)
    assert found.as_of == "2026-10-04"


@pytest.mark.parametrize("mode", MODES)
def test_pages_together_are_the_whole(asked, mode):
    whole = ids(asked("离婚 子女 家庭", mode=mode, k=30))
    pages = [ids(asked("离婚 子女 家庭", mode=mode, k=6, offset=o)) for o in range(0, 30, 6)]

    assert [one for page in pages for one in page] == whole


@pytest.mark.parametrize("mode", ["hybrid", "vector", "keyword"])
def test_a_filter_comes_before_the_ranking(asked, mode):
    filters = {"law_name": ["刑法"]}

    found = asked("子女抚养 虐待", mode=mode, k=3, filters=filters)

    alone = [hit for hit in asked("子女抚养 虐待", mode=mode, k=41).hits if hit.law_name == CRIME]
    assert len(found.hits) == min(3, len(alone)) > 0
    assert {hit.law_name for hit in found.hits} == {CRIME}
    if mode != "hybrid":
        assert ids(found) == [hit.article_id for hit in alone[:3]]


@pytest.mark.parametrize("mode", ["hybrid", "vector", "keyword"])
@pytest.mark.parametrize("value", ["x' OR '1'='1", "' OR 1=1 --", ""])
def test_a_filter_is_a_value_in_every_mode(asked, mode, value):
    found = asked(mode=mode, filters={"issuer": [value]})

    assert found.hits == []
    assert "no_match_for_filter" in found.degraded


def test_days_and_issuers_filter(asked):
    code = asked(filters={"published_from": "2020-01-01", "published_to": "2020-06-01"}, k=50)
    old = asked(filters={"effective_to": "1999-01-01"}, k=50)
    committee = asked(filters={"issuer": ["全国人民代表大会常务委员会"]}, k=50)

    assert {hit.law_name for hit in code.hits if hit.status == "现行有效"} == {CODE}
    assert {hit.law_name for hit in old.hits} == {CRIME}
    assert {hit.issuer for hit in committee.hits} == {"全国人民代表大会常务委员会"}


def test_on_a_day_only_versions_in_force_are_found_and_what_is_missing_is_said(asked):
    before, now = asked(filters={"as_of": "2020-12-01"}), asked(filters={"as_of": "2026-10-04"})
    never = asked(filters={"as_of": "0001-01-01"})

    assert CODE not in {hit.law_name for hit in before.hits}
    assert CODE in {hit.law_name for hit in now.hits}
    assert never.hits == []
    assert "no_match_for_filter" in never.degraded


def test_grouped_by_law_each_version_has_its_best_hit(asked):
    every, grouped = asked(k=100), asked(k=100, group_by_law=True)

    laws = [hit.law_id for hit in every.hits]
    assert [hit.law_id for hit in grouped.hits] == list(dict.fromkeys(laws))
    for hit in grouped.hits:
        assert hit.hits_in_law == laws.count(hit.law_id)
        assert hit.article_id == every.hits[laws.index(hit.law_id)].article_id
    assert ids(asked(k=1, offset=1, group_by_law=True)) == ids(grouped)[1:2]


def test_references_come_where_they_are_asked_for(asked, built, searcher, tmp_path):
    pack = shutil.copytree(built.pack, tmp_path / "pack")
    row = "('刑法@2020-12-26/260', 0, 5, '第一款', '民法典@2020-05-28', '民法典@2020-05-28/1084'"
    with sqlite3.connect(pack / "content.db") as database:
        database.execute(f"INSERT INTO refs VALUES {row}, 1084, 0, NULL, NULL, 0, 1, 'own', '')")
    database.close()
    over = Searcher(built.model, pack)

    (into,) = asked("民法典1084条", include=["references"], over=over).hits
    (out,) = asked("刑法260条", include=["references"], over=over).hits

    assert into.references
    assert out.references
    assert (into.references.total_in, into.references.total_out) == (1, 0)
    assert into.references.references_in[0].article_id == "刑法@2020-12-26/260"
    assert out.references.references_out[0].article_id == "民法典@2020-05-28/1084"


def test_without_vectors_a_question_is_an_error_and_never_an_empty_list(asked):
    with pytest.raises(ApiError) as failure:
        asked(embedder=no_vectors)

    assert failure.value.code == "embedding_unavailable"


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "semantic"},
        {"mode": None},
        {"offset": -1},
        {"offset": 200},
        {"offset": "5"},
        {"group_by_law": 1},
        {"include": ["everything"]},
        {"include": "references"},
        {"explain": "yes"},
        {"filters": {"as_of": "2019-02-30"}},
        {"filters": {"as_of": "2019-02-03T00:00:00Z"}},
        {"filters": {"as_of": "20190203"}},
        {"filters": {"as_of": 0}},
        {"filters": {"published_from": "x' OR '1'='1"}},
        {"filters": {"issuer": "国务院"}},
        {"filters": {"issuer": ["a"] * 101}},
        {"filters": {"issuers": []}},
    ],
)
def test_a_wrong_request_is_refused(wrong):
    with pytest.raises(ValidationError):
        SearchRequest.model_validate({"query": "离婚", **wrong})


def test_a_day_may_be_far_away():
    filters = {"as_of": "0001-01-01", "published_to": "9999-12-31"}

    found = SearchRequest.model_validate({"query": "a", "filters": filters}).filters

    assert (found.as_of, found.published_to) == (datetime.date.min, datetime.date.max)


@pytest.mark.parametrize("value", [float("nan"), 0.0])
def test_a_vector_that_finds_nothing_is_an_error(asked, value):
    async def broken(texts, side, *, may_cut=False):
        vectors = np.full((1, 64), value, np.float32)
        return Embedded(vectors=vectors, tokens=[1], max_tokens=60)

    with pytest.raises(ApiError) as failure:
        asked(embedder=broken)

    assert failure.value.code == "bad_vector"
