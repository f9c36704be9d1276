"""Fusion of rankings: the same whatever the order of legs, and kind to what both legs find."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.retrieve.fused import DEPTH, LATE, VECTOR_WEIGHT, Leg, alone, fuse, with_late
from lawvault.schema import Hit

SCORES = st.floats(-10, 100, allow_nan=False, width=32)


def hits_of(scores: dict[str, float]) -> list[Hit]:
    ordered = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
    return [
        Hit(article_id=name, score=score, rank=rank)
        for rank, (name, score) in enumerate(ordered, start=1)
    ]


def rankings() -> st.SearchStrategy[list[Hit]]:
    return st.dictionaries(st.sampled_from("abcdefghijkl"), SCORES, max_size=12).map(hits_of)


def legs_of(one: list[Hit], other: list[Hit], weight: float = VECTOR_WEIGHT) -> list[Leg]:
    return [
        Leg(name="vector", weight=weight, hits=one),
        Leg(name="keyword", weight=1 - weight, hits=other),
    ]


@given(rankings(), rankings(), st.floats(0, 1))
def test_the_order_of_legs_is_no_matter(one, other, weight):
    legs = legs_of(one, other, weight)

    assert fuse(legs) == fuse(reversed(legs))


@given(rankings(), rankings())
def test_every_hit_of_every_leg_is_ranked_once_by_score_then_by_id(one, other):
    found = fuse(legs_of(one, other))

    names = [ranked.article_id for ranked in found]
    assert sorted(names) == sorted({hit.article_id for hit in (*one, *other)})
    assert found == sorted(found, key=lambda ranked: (-ranked.score, ranked.article_id))
    assert all(0 <= ranked.score <= 1 + 1e-9 for ranked in found)


@given(rankings(), rankings())
def test_an_article_that_both_legs_put_first_stays_first(one, other):
    best = [Hit(article_id="!", score=1000, rank=1)]

    assert fuse(legs_of(best + one, best + other))[0].article_id == "!"


@given(rankings())
def test_one_leg_keeps_its_own_order(hits):
    found = fuse([Leg(name="vector", weight=1, hits=hits)])

    assert [ranked.score for ranked in found] == sorted(
        (ranked.score for ranked in found), reverse=True
    )
    assert [ranked.article_id for ranked in alone("vector", hits)] == [
        hit.article_id for hit in hits
    ]


@given(rankings(), rankings(), st.floats(0.1, 10), st.floats(-5, 5))
def test_the_scale_of_a_leg_is_no_matter(one, other, factor, shift):
    stretched = [
        Hit(article_id=hit.article_id, score=hit.score * factor + shift, rank=hit.rank)
        for hit in other
    ]
    before = {ranked.article_id: ranked.score for ranked in fuse(legs_of(one, other))}
    after = {ranked.article_id: ranked.score for ranked in fuse(legs_of(one, stretched))}

    spread = max((hit.score for hit in other), default=0) - min(
        (hit.score for hit in other), default=0
    )
    if spread > 1e-3 or spread == 0 == len({hit.score for hit in stretched}) - 1:
        assert after == pytest.approx(before, abs=1e-6)


def test_what_a_leg_finds_after_its_depth_adds_nothing():
    many = [Hit(article_id=f"{n:04}", score=500.0 - n, rank=n + 1) for n in range(DEPTH + 50)]

    found = {one.article_id: one.score for one in fuse(legs_of(many, []))}

    assert found["0000"] == VECTOR_WEIGHT
    assert found[f"{DEPTH - 2:04}"] > 0
    assert all(found[f"{n:04}"] == 0 for n in range(DEPTH - 1, DEPTH + 50))


def test_equal_scores_are_ranked_by_id():
    hits = [Hit(article_id=name, score=1, rank=1) for name in "cab"]

    assert [one.article_id for one in fuse(legs_of(hits, []))] == ["a", "b", "c"]


def test_an_article_knows_what_each_leg_gave_it():
    one, other = hits_of({"a": 0.9, "b": 0.1}), hits_of({"b": 12.0})

    found = {ranked.article_id: ranked.legs for ranked in fuse(legs_of(one, other))}

    assert found == {"a": {"vector": one[0]}, "b": {"vector": one[1], "keyword": other[0]}}


@given(rankings(), st.data())
def test_without_weight_late_interaction_changes_no_order(one, data):
    ranking = fuse([Leg(name="vector", weight=1, hits=one)])
    near = data.draw(st.lists(SCORES, min_size=len(ranking), max_size=len(ranking)))

    anew = with_late(ranking, near, 0)

    assert [hit.article_id for hit in anew] == [hit.article_id for hit in ranking]
    assert all(0 <= hit.score <= 1 for hit in anew)
    assert all(
        hit.legs[LATE].score == near[place] for place, hit in enumerate(ranking_of(anew, ranking))
    )


def ranking_of(anew, ranking):
    found = {hit.article_id: hit for hit in anew}
    return [found[hit.article_id] for hit in ranking]


def test_what_was_not_compared_keeps_its_order_behind():
    hits = hits_of({f"{n:03}": 200.0 - n for n in range(DEPTH + 20)})
    ranking = alone("vector", hits)

    anew = with_late(ranking, [float(n % 7) for n in range(DEPTH)], 1.5)

    behind = [hit.article_id for hit in ranking[DEPTH:]]
    assert [hit.article_id for hit in anew if LATE not in hit.legs] == behind
    assert {hit.legs[LATE].rank for hit in anew if LATE in hit.legs} == set(range(1, DEPTH + 1))


def test_an_empty_ranking_stays_empty():
    assert with_late([], [], 1.5) == []
