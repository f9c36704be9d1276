"""Late interaction in a search: what it orders anew, what it leaves alone, what is told of it."""

import asyncio
import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from lawvault.models.states import centre_of, coded
from lawvault.retrieve.calibration import FILE
from lawvault.retrieve.everyday import with_statute_words
from lawvault.retrieve.fused import Ranked, with_late
from lawvault.retrieve.late import FOLDER, write_tokens
from lawvault.serve.contract import ApiError, SearchRequest
from lawvault.serve.embed.embedder import Embedder
from lawvault.serve.search.searcher import Searcher, answer, closeness
from tests.serve.conftest import PREFIXES, Built, CountingEncoder, OnlyVectors

CODE = "民法典@2020-05-28"
QUESTION = "离婚后子女的抚养费由谁负担"
WEIGHT = 1.5


def pack_of(built: Built, folder: Path, *, late_weight: float) -> Path:
    """Copy the data pack, and let it be searched by both legs and by late interaction."""
    pack = shutil.copytree(built.pack, folder / "pack")
    content = json.loads((pack / FILE).read_text())
    content["fusion"] |= {"default_mode": "hybrid", "late_weight": late_weight}
    (pack / FILE).write_text(json.dumps(content))
    return pack


def write_states(built: Built, searcher: Searcher, pack: Path) -> None:
    texts = [str(row["content"]) for row in searcher.content.rows(built.article_ids)]
    _, states = built.encoder.encode_states(built.encoder.tokenize(texts).ids)
    centre = centre_of(states)
    ends = np.cumsum([len(one) for one in states])
    articles = pa.table({"article_id": built.article_ids})
    write_tokens(articles, coded(np.concatenate(states), centre), ends, centre, pack / FOLDER)


@pytest.fixture(scope="module")
def plain(built, tmp_path_factory) -> Searcher:
    """The data pack as it is without states, though late interaction has a weight."""
    folder = tmp_path_factory.mktemp("plain")
    return Searcher(built.model, pack_of(built, folder, late_weight=WEIGHT))


@pytest.fixture(scope="module")
def late(built, searcher, tmp_path_factory) -> Searcher:
    """The data pack with the states of its articles."""
    pack = pack_of(built, tmp_path_factory.mktemp("late"), late_weight=WEIGHT)
    write_states(built, searcher, pack)
    return Searcher(built.model, pack)


@pytest.fixture(scope="module")
def embedder(built) -> Embedder:
    return Embedder(built.encoder, PREFIXES, max_tokens=60)


def asked(over: Searcher, encoder, query: str = QUESTION, **more):
    request = SearchRequest.model_validate({"query": query, "k": 100, **more})
    return asyncio.run(answer(over, encoder, request))


def ids(found) -> list[str]:
    return [hit.article_id for hit in found.hits]


@pytest.mark.parametrize("mode", ["auto", "hybrid"])
def test_a_hybrid_search_is_ordered_anew_by_closeness(plain, late, embedder, mode):
    before = asked(plain, embedder, mode=mode)
    near = asyncio.run(closeness(late, embedder, QUESTION, ids(before)))
    ranking = [Ranked(article_id=hit.article_id, score=hit.score, legs={}) for hit in before.hits]
    expected = with_late(ranking, near, WEIGHT)

    found = asked(late, embedder, mode=mode)

    assert found.mode == "hybrid"
    assert ids(found) == [one.article_id for one in expected] != ids(before)
    assert [hit.score for hit in found.hits] == pytest.approx([one.score for one in expected])


def test_what_late_interaction_gave_is_shown_beside_the_other_legs(plain, late, embedder):
    before = {hit.article_id: hit for hit in asked(plain, embedder, explain=True).hits}

    found = asked(late, embedder, explain=True)

    assert found.explain.weights == pytest.approx({"vector": 0.7, "keyword": 0.3, "late": WEIGHT})
    assert found.explain.found["late"] == len(found.hits)
    assert {"embed", "late", "texts"} <= set(found.explain.milliseconds)
    by_closeness = sorted(found.hits, key=lambda hit: -hit.scores.late)
    assert [hit.ranks.late for hit in by_closeness] == list(range(1, len(found.hits) + 1))
    for hit in found.hits:
        was = before[hit.article_id]
        assert (was.scores.late, was.ranks.late) == (None, None)
        assert hit.scores.model_copy(update={"late": None}) == was.scores
        assert hit.ranks.model_copy(update={"late": None}) == was.ranks


@pytest.mark.parametrize(
    ("query", "mode"),
    [
        (QUESTION, "vector"),
        (QUESTION, "keyword"),
        ("民法典1084条", "exact"),
        ("民法典1084条", "auto"),
    ],
)
def test_the_other_modes_need_no_states_and_stay_as_they_are(plain, late, embedder, query, mode):
    found = asked(late, OnlyVectors(embedder.embed), query, mode=mode)

    assert found.hits == asked(plain, embedder, query, mode=mode).hits != []


def test_without_states_in_the_pack_or_without_a_weight_nothing_is_compared(
    built, searcher, plain, embedder, tmp_path
):
    pack = pack_of(built, tmp_path, late_weight=0)
    write_states(built, searcher, pack)
    encoder = OnlyVectors(embedder.embed)

    neither = asked(plain, encoder, explain=True)
    unweighted = asked(Searcher(built.model, pack), encoder, explain=True)

    assert set(neither.explain.weights) == {"vector", "keyword"}
    assert (unweighted.hits, unweighted.explain.weights) == (neither.hits, neither.explain.weights)


def test_what_a_question_names_stays_first(late, embedder):
    found = asked(late, embedder, "民法典1084条和刑法258条里孩子满两岁归谁", mode="hybrid")

    assert ids(found)[:2] == [f"{CODE}/1084", "刑法@2020-12-26/258"]
    assert [hit.score for hit in found.hits[:2]] == [1.0, 1.0]
    scores = [hit.score for hit in found.hits[2:]]
    assert scores == sorted(scores, reverse=True)
    assert len(set(ids(found))) == len(ids(found))


@pytest.mark.parametrize("query", [QUESTION, "民法典1084条里孩子满两岁归谁"])
def test_pages_together_are_the_whole(late, embedder, query):
    whole = ids(asked(late, embedder, query))
    pages = [ids(asked(late, embedder, query, k=7, offset=at)) for at in range(0, len(whole), 7)]

    assert [one for page in pages for one in page] == whole


def test_grouped_by_law_each_version_has_its_best_hit(late, embedder):
    every, grouped = asked(late, embedder), asked(late, embedder, group_by_law=True)

    firsts = {hit.law_id: hit.article_id for hit in reversed(every.hits)}
    assert ids(grouped) == [one for one in ids(every) if one in firsts.values()]


def test_filters_come_before_the_comparison_and_nothing_found_is_no_error(late, embedder):
    crime = asked(late, embedder, filters={"law_name": ["刑法"]}, explain=True)
    nothing = asked(late, embedder, filters={"issuer": ["无"]}, explain=True)

    assert {hit.law_name for hit in crime.hits} == {"中华人民共和国刑法"}
    assert crime.explain.found["late"] == len(crime.hits)
    assert (nothing.hits, "late" in nothing.explain.weights) == ([], False)


def test_an_empty_list_is_nearest_to_nothing_and_unknown_articles_are_far(late, plain, embedder):
    some = [f"{CODE}/1084", "没有@2020-01-01/1", f"{CODE}/1085"]

    near = asyncio.run(closeness(late, embedder, QUESTION, some))

    assert near[1] == 0
    assert min(near[0], near[2]) > 0.1
    assert asyncio.run(closeness(late, embedder, QUESTION, [])) == []
    assert asyncio.run(closeness(plain, OnlyVectors(embedder.embed), QUESTION, some)) == []


def test_a_question_is_compared_with_what_statutes_say_for_its_words(late, embedder):
    read = []

    class Listening(OnlyVectors):
        async def read(self, question, compared):
            read.append((question, compared))
            return await embedder.read(question, compared)

    encoder = Listening(embedder.embed)
    asked(late, encoder, "老公打我")
    near = asyncio.run(closeness(late, encoder, "老公打我", [f"{CODE}/1084"]))

    assert read == [("老公打我", with_statute_words("老公打我"))] * 2
    assert "实施家庭暴力" in read[0][1]
    states = asyncio.run(embedder.read(*read[0])).states
    assert near == late.tokens.closeness(states, [f"{CODE}/1084"])


def test_what_a_search_has_read_is_compared_again_without_the_model(late, built):
    encoder = CountingEncoder()
    embedder = Embedder(encoder, PREFIXES, max_tokens=60)
    asked(late, embedder, "老公打我")
    near = asyncio.run(closeness(late, embedder, "老公打我", [f"{CODE}/1084"]))
    again = asked(late, embedder, "老公打我")

    fresh = Embedder(built.encoder, PREFIXES, max_tokens=60)
    assert encoder.passes == [2]
    assert near[0] > 0
    assert again.hits == asked(late, fresh, "老公打我").hits


def test_without_states_of_the_question_a_search_is_an_error_and_never_another_order(
    late, embedder
):
    class Full(OnlyVectors):
        async def read(self, question, compared):
            raise ApiError(429, "too_many_tokens_waiting", "等待编码的文本太多")

    for asking in (
        lambda: asked(late, Full(embedder.embed)),
        lambda: asyncio.run(closeness(late, Full(embedder.embed), QUESTION, [f"{CODE}/1084"])),
    ):
        with pytest.raises(ApiError) as refusal:
            asking()
        assert refusal.value.status == 429


def test_whatever_page_is_shown_doubt_is_about_the_cosine_of_the_best(late, plain, embedder):
    found = asked(plain, embedder, mode="vector").hits[0]
    least = dataclasses.replace(late.calibration, confident_from=found.score + 0.001)
    over = Searcher.__new__(Searcher)
    over.__dict__ |= late.__dict__ | {"calibration": least}

    assert asked(over, embedder).no_confident_match is True
