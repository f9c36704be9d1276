"""Articles that a question names stand before the others; what it names wrongly is told."""

import asyncio
import shutil
import sqlite3

import pytest

from lawvault.retrieve.fused import Ranked
from lawvault.schema import Hit
from lawvault.serve.contract import MAX_FILTER_VALUES, ApiError, SearchRequest
from lawvault.serve.embed.embedder import Embedded
from lawvault.serve.search.course import Course
from lawvault.serve.search.named import named_first
from lawvault.serve.search.searcher import Searcher, answer
from tests.clock import least_seconds
from tests.serve.conftest import OnlyVectors

CODE, CRIME = "民法典@2020-05-28", "刑法@2020-12-26"
QUESTION = "民法典1084条里孩子满两岁归谁"


@pytest.fixture
def asked(searcher, built):
    """Return `asked(query, …)`, which answers one question."""

    async def embed(texts, side, *, may_cut=False):
        return Embedded(vectors=built.encoder.encode_queries(texts), tokens=[9], max_tokens=60)

    def ask(query=QUESTION, *, over=searcher, **more):
        request = SearchRequest.model_validate({"query": query, **more})
        return asyncio.run(answer(over, OnlyVectors(embed), request))

    return ask


def ids(found) -> list[str]:
    return [hit.article_id for hit in found.hits]


@pytest.mark.parametrize("mode", ["auto", "hybrid"])
def test_what_a_question_names_is_first_and_the_rest_is_ranked_without_it(asked, mode):
    ranked = ids(asked(mode="hybrid" if mode == "hybrid" else "vector", k=41))

    found = asked("民法典1084条和刑法258条里孩子满两岁归谁", mode=mode, k=41)

    assert ids(found)[:2] == [f"{CODE}/1084", f"{CRIME}/258"]
    assert [hit.score for hit in found.hits[:2]] == [1.0, 1.0]
    assert (found.no_confident_match, found.degraded) == (False, [])
    assert len(set(ids(found))) == len(ids(found))
    assert set(ids(found)) >= set(ranked)
    assert found.hits[0].highlights


@pytest.mark.parametrize("mode", ["vector", "keyword"])
def test_by_meaning_and_by_words_alone_nothing_is_put_first(asked, mode):
    scores = [hit.score for hit in asked(mode=mode).hits]

    assert scores == sorted(scores, reverse=True)
    assert 1.0 not in scores


@pytest.mark.parametrize("mode", ["auto", "hybrid"])
def test_pages_together_are_the_whole_behind_what_is_named(asked, mode):
    whole = ids(asked(mode=mode, k=30))
    pages = [ids(asked(mode=mode, k=7, offset=offset)) for offset in range(0, 30, 7)]

    assert [one for page in pages for one in page][:30] == whole


@pytest.mark.parametrize("mode", ["auto", "hybrid"])
def test_grouped_by_law_the_named_article_is_its_laws_best(asked, mode):
    every, grouped = asked(mode=mode, k=100), asked(mode=mode, k=100, group_by_law=True)

    laws = [hit.law_id for hit in every.hits]
    assert [hit.law_id for hit in grouped.hits] == list(dict.fromkeys(laws))
    assert grouped.hits[0].article_id == f"{CODE}/1084"
    assert grouped.hits[0].hits_in_law == laws.count(CODE)


def test_how_many_are_named_is_explained_beside_the_legs(asked):
    found = asked(mode="hybrid", explain=True)

    assert found.explain
    assert found.explain.found["named"] == 1
    assert set(found.explain.weights) == {"vector", "keyword"}
    assert "exact" in found.explain.milliseconds


def test_of_many_only_the_first_ten_are_put_first_and_that_is_told(asked, searcher):
    rows = searcher.content.labels(CODE)[:12]
    articles = "、".join(str(row["article_number"]) for row in rows)

    found = asked(f"民法典{articles}里哪一条讲孩子归谁抚养", k=41)

    assert [hit.score for hit in found.hits].count(1.0) == 10
    assert [note.problem for note in found.notes] == ["more_than_shown"]


def test_the_part_that_a_question_names_is_what_is_highlighted(asked):
    (hit,) = asked("民法典第1084条第二款里孩子满两岁归谁", k=1).hits
    (span,) = hit.highlights

    assert hit.content[span.start : span.end] == hit.content.split("\n")[1]


@pytest.mark.parametrize("mode", ["auto", "hybrid"])
def test_an_article_that_there_is_not_is_told_beside_other_words_too(asked, mode):
    found = asked("民法典第九千条里孩子满两岁归谁", mode=mode)

    assert (found.degraded, len(found.hits)) == (["not_resolved"], 10)
    assert [note.reason for note in found.notes] == ["民法典没有第九千条"]


@pytest.mark.parametrize(
    "query", ["合同第三条约定孩子归谁", "民法典里孩子归谁", "第三条里孩子归谁", "孩子归谁"]
)
def test_a_question_that_names_no_article_of_a_law_is_answered_as_ever(asked, query):
    found, by_meaning = asked(query), asked(query, mode="vector")

    assert ids(found) == ids(by_meaning)
    assert (found.notes, found.degraded) == ([], [])


def test_filters_hold_for_what_a_question_names(asked):
    other = asked(filters={"law_name": ["刑法"]}, k=41)
    before = asked(filters={"as_of": "2020-12-01"}, k=41)

    assert {hit.law_id for hit in other.hits} == {CRIME}
    assert CODE not in {hit.law_id for hit in before.hits}


def test_a_citation_on_a_day_finds_only_law_in_force_on_that_day(asked):
    found = asked("民法典1084条", filters={"as_of": "2020-12-01"})

    assert (found.hits, found.total, found.no_confident_match) == ([], 0, True)
    assert "no_match_for_filter" in found.degraded
    assert found.notes[0].problem == "not_in_force"
    assert "2020-05-28" in found.notes[0].reason


def test_a_law_without_text_is_told_and_not_that_nothing_was_named(asked, built, tmp_path):
    pack = shutil.copytree(built.pack, tmp_path / "pack")
    with sqlite3.connect(pack / "content.db") as database:
        columns = [row[1] for row in database.execute("PRAGMA table_info(laws)")]
        row = dict(
            zip(
                columns,
                database.execute("SELECT * FROM laws WHERE law_id = ?", (CODE,)).fetchone(),
                strict=True,
            )
        )
        names = {"law_id": "仲裁法@2025-09-12", "law_name": "中华人民共和国仲裁法"}
        row |= names | {"short_name": "仲裁法", "name_key": "仲裁法", "aliases": "[]"}
        row |= {"num_articles": 0, "num_in_corpus": 0, "has_text": 0}
        marks = ", ".join("?" * len(columns))
        database.execute(f"INSERT INTO laws VALUES ({marks})", list(row.values()))
    database.close()
    over = Searcher(built.model, pack)

    exact, auto = asked("仲裁法", mode="exact", over=over), asked("仲裁法", over=over)
    narrowed = asked("孩子", filters={"law_name": ["刑法", "仲裁法"]}, over=over)

    assert [note.problem for note in exact.notes] == ["no_text"]
    assert [note.problem for note in auto.notes] == ["no_text"]
    assert [note.reason for note in narrowed.notes] == ["库中没有“仲裁法”的正文"]
    assert {hit.law_id for hit in narrowed.hits} == {CRIME}


def test_an_exact_query_longer_than_anybody_reads_is_refused_with_its_limit(asked):
    with pytest.raises(ApiError) as failure:
        asked("民法典第一条" * 5000, mode="exact")

    assert (failure.value.status, failure.value.param) == (400, "query")
    assert "2000" in failure.value.message


HAN = "".join(map(chr, range(0x4E00, 0x9FA0)))
LONG = {
    "different characters": f"{HAN}{HAN}"[:32_000],
    "one character": "的" * 32_000,
    "one word": "民法" * 16_000,
    "articles": "民法典第一条到第一千条" * 3_000,
    "spaces": "a " * 16_000,
}


@pytest.mark.parametrize("kind", LONG)
@pytest.mark.parametrize("mode", ["auto", "hybrid", "keyword"])
def test_whatever_a_long_question_is_it_is_answered_in_time(searcher, built, kind, mode):
    vector = built.encoder.encode_queries(["孩子"])[0]

    async def embed(texts, side, *, may_cut=False):
        return Embedded(vectors=vector[None], tokens=[9], max_tokens=60)

    request = SearchRequest(query=LONG[kind], mode=mode, k=100)

    def work():
        named = searcher.named(request.model_copy(update={"query": LONG[kind][:2000]}))
        leg = "vector" if mode == "auto" else mode
        searcher.ranked(leg, request, None if leg == "keyword" else vector, Course(), named.found)

    assert least_seconds(work, below=1) < 1
    found = asyncio.run(answer(searcher, OnlyVectors(embed), request))
    assert ("query_cut" in found.degraded) == (mode != "auto")


def test_what_comes_first_keeps_what_its_legs_gave():
    hit = Hit(article_id="b", score=0.5, rank=2)
    ranking = [
        Ranked(article_id="a", score=0.9, legs={}),
        Ranked(article_id="b", score=0.5, legs={"vector": hit}),
    ]

    found = named_first(["c", "b"], ranking)

    assert [(one.article_id, one.score) for one in found] == [("c", 1.0), ("b", 1.0), ("a", 0.9)]
    assert found[1].legs == {"vector": hit}


@pytest.mark.parametrize(
    ("values", "laws"),
    [
        (["民法典"], {CODE}),
        (["中华人民共和国民法典"], {CODE}),
        (["中国民法典", "刑法"], {CRIME}),
        ([CRIME], {CRIME}),
        ([CRIME, "民法典"], {CRIME, CODE}),
        (["刑法", "刑发"], {CRIME}),
    ],
)
def test_laws_are_filtered_by_names_and_ids(asked, values, laws):
    assert {hit.law_id for hit in asked("孩子", filters={"law_name": values}, k=41).hits} == laws


def test_a_law_may_be_filtered_by_the_name_that_people_use(asked, searcher):
    searcher.lookup.catalogue.add("罪法", "刑法")

    found = asked("孩子", filters={"law_name": ["罪法"]})

    assert {hit.law_id for hit in found.hits} == {CRIME}
    assert (found.notes, found.degraded) == ([], [])


@pytest.mark.parametrize("mode", ["auto", "exact"])
@pytest.mark.parametrize(
    ("filters", "words"),
    [
        ({"law_name": ["民法典", "民法曲"]}, "没有名为“民法曲”的法律；相近：民法典"),
        ({"law_name": ["民法典", "刑法@1979-07-01"]}, "没有名为“刑法@1979-07-01”的法律"),
        ({"status": ["现行有效", "现行"]}, "没有效力状态为“现行”的法条；相近：现行有效"),
        ({"region": ["全国", "火星"]}, "没有地区为“火星”的法条；有：上海、全国"),
    ],
)
def test_a_value_that_nothing_has_is_told_and_the_others_still_filter(asked, filters, words, mode):
    found = asked("民法典1084条", filters=filters, mode=mode)

    assert ids(found) == [f"{CODE}/1084"]
    assert found.degraded == ["unknown_filter_value"]
    assert found.notes[0].problem == "unknown_filter_value"
    assert found.notes[0].reason.startswith(words)
    assert len(found.notes) == 1


def test_an_empty_value_asks_for_articles_without_one_and_is_not_unknown(asked):
    assert asked("孩子", filters={"region": ["全国", ""]}).degraded == []


def test_a_hundred_wrong_values_are_told_in_few_words_and_in_time(asked):
    wrong = [f"{number}{'民' * 3000}" for number in range(MAX_FILTER_VALUES)]
    filters = {"law_name": wrong, "issuer": wrong, "category": wrong}
    found = asked("孩子", filters=filters)

    assert found.degraded == ["unknown_filter_value", "no_match_for_filter"]
    assert len(found.notes) == 6
    assert all(len(note.reason) < 200 for note in found.notes)
    assert found.notes[-1].reason == "另有 295 个筛选值也没有"
    assert least_seconds(lambda: asked("孩子", filters=filters), below=1) < 1
