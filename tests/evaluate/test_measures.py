"""Our measures are those of ir_measures, query by query and in the mean."""

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ir_measures import RR, R, Success, nDCG

from lawvault.retrieve.metrics import MEASURES, measure_all

THEIRS = {
    "hit@1": Success @ 1,
    "recall@5": R @ 5,
    "recall@10": R @ 10,
    "recall@100": R @ 100,
    "mrr@10": RR @ 10,
    "ndcg@10": nDCG @ 10,
}
ARTICLES = [f"law/{number}" for number in range(130)]
rankings = st.lists(st.sampled_from(ARTICLES), unique=True, max_size=130)
judgments = st.dictionaries(st.sampled_from(ARTICLES), st.integers(0, 3), max_size=12)
"""Graded, with 0 for what was judged and found irrelevant."""


def run_of(query_id: str, ranking: list[str]) -> list[ir_measures.ScoredDoc]:
    return [
        ir_measures.ScoredDoc(query_id, article_id, -float(place))
        for place, article_id in enumerate(ranking)
    ]


def qrels_of(query_id: str, judged: dict[str, int]) -> list[ir_measures.Qrel]:
    return [ir_measures.Qrel(query_id, article_id, grade) for article_id, grade in judged.items()]


def test_every_measure_of_a_report_has_its_counterpart():
    assert MEASURES.keys() == THEIRS.keys()


@given(rankings.filter(bool), judgments.filter(lambda judged: any(judged.values())))
def test_every_measure_is_that_of_ir_measures(ranking, judged):
    found = ir_measures.iter_calc(THEIRS.values(), qrels_of("q", judged), run_of("q", ranking))
    theirs = {str(metric.measure): metric.value for metric in found}

    ours = measure_all(ranking, judged)

    for name, measure in THEIRS.items():
        assert ours[name] == pytest.approx(theirs[str(measure)], abs=1e-9), name


@given(st.lists(st.tuples(rankings, judgments.filter(lambda j: any(j.values()))), min_size=2))
def test_means_count_a_query_that_nothing_was_found_for_as_zero(cases):
    qrels, run, ours = [], [], []
    for number, (ranking, judged) in enumerate([([], {"law/1": 1}), *cases]):
        qrels += qrels_of(f"q{number}", judged)
        run += run_of(f"q{number}", ranking)
        ours.append(measure_all(ranking, judged))

    theirs = ir_measures.calc_aggregate(THEIRS.values(), qrels, run)

    assert set(ours[0].values()) == {0.0}
    for name, measure in THEIRS.items():
        mean = sum(row[name] for row in ours) / len(ours)
        assert mean == pytest.approx(theirs[measure], abs=1e-9), name
