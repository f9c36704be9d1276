"""Rankings become one: by agreement, whatever their scales, order and number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.agent.merging import HITS, Ranking, merged
from tests.agent.conftest import found


def ranking(by: str, names: str, *, weight: float = 1.0, scale: float = 1.0) -> Ranking:
    hits = [found(name, scale * (len(names) - place)) for place, name in enumerate(names)]
    return Ranking(by=by, found=hits, weight=weight)


def names_of(rankings, n=HITS):
    return "".join(one.found.article_id for one in merged(rankings, n))


RANKINGS = st.lists(
    st.builds(
        ranking,
        st.sampled_from("xyz"),
        st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=8).map("".join),
        weight=st.sampled_from([0.25, 0.5, 1.0]),
        scale=st.sampled_from([0.01, 1.0, 30.0]),
    ),
    max_size=5,
)


def test_what_two_searches_find_stands_before_what_one_finds():
    assert names_of([ranking("x", "abcz"), ranking("y", "dbez")])[0] == "b"


def test_a_search_that_weighs_less_only_adds():
    asked, rewritten = ranking("x", "abcz"), ranking("y", "dabz", weight=0.4)

    assert names_of([asked, rewritten])[:3] == "abd"


def test_the_scale_of_scores_is_no_matter():
    cosines, bm25 = ranking("x", "abcz", scale=0.01), ranking("y", "dcaz", scale=0.01)
    louder = ranking("y", "dcaz", scale=40.0)

    assert names_of([cosines, bm25]) == names_of([cosines, louder])


def test_an_article_is_said_to_be_found_by_the_search_in_which_it_stands_highest():
    hits = merged([ranking("x", "abc"), ranking("y", "cd")], HITS)

    assert {one.found.article_id: one.by for one in hits} == {
        "a": "x",
        "b": "x",
        "c": "y",
        "d": "y",
    }


@pytest.mark.parametrize("rankings", [[], [ranking("x", "")], [ranking("x", ""), ranking("y", "")]])
def test_nothing_found_is_nothing(rankings):
    assert merged(rankings, HITS) == []


@given(RANKINGS, st.integers(0, 10))
def test_the_best_n_come_once_and_whatever_the_order_of_searches(rankings, n):
    names = names_of(rankings, n)

    assert len(names) == len(set(names)) <= n
    assert names == names_of(rankings[::-1], n)
    assert names == names_of(rankings)[:n]
    assert set(names_of(rankings)) == {one.article_id for r in rankings for one in r.found}


@given(RANKINGS)
def test_scores_fall(rankings):
    scores = [one.found.score for one in merged(rankings, HITS)]

    assert scores == sorted(scores, reverse=True)
