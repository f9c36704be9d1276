"""Negatives come from the wanted ranks, never answer the query, and are drawn by seed alone."""

import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lawvault.mine.select import depth, draw_for, select_negatives

CORPUS = 30


@st.composite
def cases(draw):
    """A ranking of the whole corpus, answers among it, a window of ranks, a count, a seed."""
    best = draw(st.integers(1, 12))
    return {
        "ranked": np.array(draw(st.permutations(range(CORPUS)))),
        "excluded": draw(st.sets(st.integers(0, CORPUS - 1), max_size=CORPUS)),
        "ranks": (best, draw(st.integers(best, CORPUS))),
        "num_negatives": draw(st.integers(1, 6)),
        "seed": draw(st.integers(0, 2**31 - 1)),
    }


def chosen(case) -> list[int]:
    knobs = {key: value for key, value in case.items() if key != "seed"}
    return select_negatives(**knobs, draw=random.Random(case["seed"]))


def window(case) -> list[int]:
    """The rows a negative may be, counted out by hand."""
    rank, rows = 0, []
    for row in case["ranked"].tolist():
        if row in case["excluded"]:
            continue
        rank += 1
        if case["ranks"][0] <= rank <= case["ranks"][1]:
            rows.append(row)
    return rows


@given(cases())
def test_negatives_are_distinct_rows_of_the_wanted_ranks(case):
    negatives = chosen(case)

    assert set(negatives) <= set(window(case))
    assert len(set(negatives)) == len(negatives)


@given(cases())
def test_as_many_are_returned_as_are_wanted_and_there(case):
    assert len(chosen(case)) == min(case["num_negatives"], len(window(case)))


@given(cases())
def test_what_answers_the_query_is_never_its_negative(case):
    assert not set(chosen(case)) & case["excluded"]


@given(cases())
def test_negatives_stand_hardest_first(case):
    place = {row: number for number, row in enumerate(case["ranked"].tolist())}

    places = [place[row] for row in chosen(case)]

    assert places == sorted(places)


@given(cases())
def test_an_answer_takes_no_rank(case):
    without = [row for row in case["ranked"].tolist() if row not in case["excluded"]]

    assert chosen(case) == chosen({**case, "ranked": np.array(without, int), "excluded": set()})


@given(cases())
def test_equal_seeds_choose_equally(case):
    assert chosen(case) == chosen(case)


def test_every_rank_of_the_window_is_drawn_by_some_query():
    ranked = np.arange(CORPUS)

    drawn = {
        select_negatives(
            ranked, excluded={0}, ranks=(10, 14), num_negatives=1, draw=draw_for(f"q{number}", 17)
        )[0]
        for number in range(200)
    }

    assert drawn == {10, 11, 12, 13, 14}


def test_the_nearest_article_is_taken_whatever_the_seed():
    ranked = np.array([4, 2, 9, 1])

    negatives = {
        tuple(
            select_negatives(
                ranked, excluded={4}, ranks=(1, 1), num_negatives=1, draw=draw_for("q", seed)
            )
        )
        for seed in range(20)
    }

    assert negatives == {(2,)}


@given(st.text(), st.text(), st.integers(0, 2**31 - 1))
def test_queries_draw_independently_of_each_other(one, other, seed):
    alone = draw_for(one, seed).random()
    after_another = (draw_for(other, seed).random(), draw_for(one, seed).random())[1]

    assert alone == after_another
    assert one == other or alone != draw_for(other, seed).random()


def test_another_seed_draws_otherwise():
    assert draw_for("q", 1).random() != draw_for("q", 2).random()


@given(cases())
def test_candidates_as_deep_as_asked_for_give_what_the_whole_ranking_gives(case):
    k = depth(case["ranks"], [set(), case["excluded"]])

    assert chosen({**case, "ranked": case["ranked"][:k]}) == chosen(case)
