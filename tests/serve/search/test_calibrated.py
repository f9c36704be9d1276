"""What a pack's calibration does to answers, and what else is near to a hit."""

import asyncio
import copy
import dataclasses
import shutil

import numpy as np
import pytest

from lawvault.errors import IntegrityError
from lawvault.retrieve.calibration import FILE
from lawvault.serve.contract import SearchRequest
from lawvault.serve.embed.embedder import Embedded
from lawvault.serve.search.hits import show_similar
from lawvault.serve.search.searcher import Searcher, answer
from tests.serve.conftest import OnlyVectors

QUESTION = "离婚后子女的抚养费由谁负担"


@pytest.fixture
def asked(searcher, built):
    """Return `asked(query, calibration={…}, …)`, which answers one question."""

    async def embed(texts, side, *, may_cut=False):
        return Embedded(vectors=built.encoder.encode_queries(texts), tokens=[9], max_tokens=60)

    def ask(query=QUESTION, *, calibration=None, weights=None, **more):
        over = copy.copy(searcher)
        over.calibration = dataclasses.replace(searcher.calibration, **(calibration or {}))
        over.weights = weights or searcher.weights
        return asyncio.run(answer(over, OnlyVectors(embed), SearchRequest(query=query, **more)))

    return ask


@pytest.mark.parametrize("mode", ["hybrid", "vector"])
def test_auto_is_what_the_dev_questions_chose(asked, mode):
    chosen = asked(calibration={"default_mode": mode})
    named = asked(calibration={"default_mode": mode}, mode="hybrid")

    assert chosen.mode == mode
    assert named.mode == "hybrid"
    assert (chosen.hits == named.hits) == (mode == "hybrid")


def test_the_weights_of_the_pack_rank_and_are_told(asked):
    weights = {"vector": 0.05, "keyword": 0.95}

    found = asked(mode="hybrid", weights=weights, explain=True, k=20)
    words = asked(mode="keyword")

    assert found.explain.weights == weights
    assert found.hits[0].article_id == words.hits[0].article_id
    assert found.hits != asked(mode="hybrid", k=20).hits


def test_a_pack_without_calibration_is_not_searched(built, tmp_path):
    pack = shutil.copytree(built.pack, tmp_path / "pack")
    (pack / FILE).unlink()

    with pytest.raises(IntegrityError, match=r"calibration\.json: cannot be read"):
        Searcher(built.model, pack)


@pytest.mark.parametrize("mode", ["auto", "vector", "hybrid"])
def test_a_best_hit_below_the_threshold_is_shown_and_said_to_be_doubtful(asked, mode):
    best = asked(mode="vector").hits[0].score

    doubtful = asked(mode=mode, calibration={"confident_from": best + 0.001})
    confident = asked(mode=mode, calibration={"confident_from": best - 0.001})

    assert doubtful.no_confident_match is True
    assert confident.no_confident_match is False
    assert doubtful.hits == confident.hits != []
    assert doubtful.degraded == []


def test_doubt_is_about_the_best_hit_whatever_page_is_shown(asked):
    best = asked(mode="vector").hits[0].score

    later = asked(mode="vector", offset=20, k=5, calibration={"confident_from": best - 0.001})

    assert later.hits[0].score < best - 0.001
    assert later.no_confident_match is False


def test_without_a_threshold_or_a_vector_nobody_can_say(asked):
    assert asked().no_confident_match is None
    assert asked(mode="keyword", calibration={"confident_from": 0.9}).no_confident_match is None


@pytest.mark.parametrize(
    ("mode", "query", "filters"),
    [
        ("keyword", "zebra", {}),
        ("exact", "民法典第九千条", {}),
        ("vector", QUESTION, {"law_name": ["没有这部法"]}),
        ("hybrid", QUESTION, {"law_name": ["没有这部法"]}),
    ],
)
def test_nothing_found_is_no_confident_match(asked, mode, query, filters):
    found = asked(query, mode=mode, filters=filters)

    assert found.hits == []
    assert found.no_confident_match is True


def test_what_is_named_and_found_is_a_confident_match(asked):
    assert asked("民法典1084条").no_confident_match is False


@pytest.mark.parametrize(
    ("query", "mode"), [(QUESTION, "vector"), (QUESTION, "keyword"), ("民法典1084条", "exact")]
)
def test_similar_articles_are_the_nearest_others(asked, built, query, mode):
    found = asked(query, mode=mode, include=["similar"], explain=True)

    assert found.hits
    for hit in found.hits:
        own = built.article_ids.index(hit.article_id)
        scores = built.vectors @ built.vectors[own]
        scores[own] = -1
        assert [one.score for one in hit.similar] == pytest.approx(
            np.sort(scores)[::-1][:5], abs=1e-5
        )
        for one in hit.similar:
            assert one.score == pytest.approx(scores[built.article_ids.index(one.article_id)])
            assert one.article_id.startswith(f"{one.law_id}/")
    assert found.explain.milliseconds["similar"] > 0


def test_a_text_that_stands_in_two_laws_is_similar_to_itself_there(asked, searcher):
    (hit,) = asked("民法典1082条", mode="exact", include=["similar"]).hits

    (twin,) = searcher.content.rows([hit.similar[0].article_id])
    assert (twin["content"], twin["law_name"] == hit.law_name) == (hit.content, False)
    assert hit.article_id not in {one.article_id for one in hit.similar}


def test_similar_articles_of_no_hits_are_none(asked):
    filters = {"law_name": ["没有这部法"]}

    assert asked(filters=filters, include=["similar"]).hits == []


def test_a_version_that_search_cannot_find_has_no_vector_and_stays_without(asked, searcher):
    first, second = asked(k=2).hits
    first.article_id = "民法典@1986-04-12/1"

    show_similar([first, second], searcher._dense, searcher.content)

    assert first.similar is None
    assert len(second.similar) == 5


def test_similar_articles_come_only_where_they_are_asked_for(asked):
    assert all(hit.similar is None for hit in asked(include=["references"]).hits)
