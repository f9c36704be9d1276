"""What holds for every measure; `evaluate/test_measures.py` compares them with ir_measures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.retrieve.metrics import (
    MEASURES,
    hit,
    measure_all,
    ndcg,
    recall,
    reciprocal_rank,
)

IDS = [f"刑法@2020-12-26/{number}" for number in range(30)]
RANKINGS = st.lists(st.sampled_from(IDS), unique=True, max_size=30)
JUDGED = st.dictionaries(st.sampled_from(IDS), st.integers(0, 3), max_size=8)
RELEVANT = JUDGED.filter(lambda judged: any(judged.values()))


@given(RANKINGS, JUDGED)
def test_every_measure_is_between_nothing_and_one(ranking, judged):
    assert all(0 <= value <= 1 for value in measure_all(ranking, judged).values())


@given(RELEVANT, st.integers(1, 10))
def test_the_ideal_ranking_scores_one(judged, k):
    ideal = sorted(judged, key=judged.__getitem__, reverse=True)

    assert ndcg(ideal, judged, k=k) == pytest.approx(1)
    assert reciprocal_rank(ideal, judged, k=k) == 1
    assert hit(ideal, judged, k=k) == 1
    assert recall(ideal, judged, k=len(judged)) == 1


@given(RANKINGS, JUDGED, st.integers(1, 30))
def test_a_deeper_look_never_finds_less(ranking, judged, k):
    for measure in (recall, reciprocal_rank, hit):
        assert measure(ranking, judged, k=k + 1) >= measure(ranking, judged, k=k)


@given(RANKINGS, RELEVANT, st.integers(1, 10))
def test_what_stands_below_k_changes_nothing(ranking, judged, k):
    for measure in (ndcg, recall, reciprocal_rank, hit):
        assert measure(ranking[:k], judged, k=k) == measure(ranking, judged, k=k)


@given(RELEVANT)
def test_a_query_that_nothing_is_ranked_for_scores_nothing(judged):
    assert set(measure_all([], judged).values()) == {0.0}


@given(RANKINGS)
def test_a_query_that_nothing_answers_scores_nothing(ranking):
    assert set(measure_all(ranking, {}).values()) == {0.0}
    assert set(measure_all(ranking, dict.fromkeys(IDS, 0)).values()) == {0.0}


@given(RANKINGS.filter(lambda ranking: len(ranking) > 1), st.data())
def test_moving_the_answer_up_never_lowers_a_measure(ranking, data):
    place = data.draw(st.integers(1, len(ranking) - 1))
    judged = {ranking[place]: 1}
    better = [*ranking[: place - 1], ranking[place], ranking[place - 1], *ranking[place + 1 :]]

    before, after = measure_all(ranking, judged), measure_all(better, judged)

    assert all(after[name] >= before[name] for name in MEASURES)
