"""The paired bootstrap and the rank moves: what must hold of them whatever the numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.evaluate.compare import rank_moves
from lawvault.retrieve.intervals import paired_difference

values = st.floats(0, 1)
pairs = st.lists(
    st.tuples(values, values, st.sampled_from("abcdefgh")), min_size=1, max_size=40
).map(lambda rows: [list(column) for column in zip(*rows, strict=True)])
knobs = {"resamples": 100, "seed": 17}


def sample(seed: int, *, groups: int, size: int, gain: float) -> tuple[list, list, list]:
    """Return before, after and groups, where queries of one group rise and fall together."""
    draw = np.random.default_rng(seed)
    before = draw.uniform(0, 1, groups * size)
    shift = np.repeat(draw.normal(gain, 0.3, groups), size)
    after = before + shift + draw.normal(0, 0.05, groups * size)
    return before.tolist(), after.tolist(), np.repeat(np.arange(groups), size).astype(str).tolist()


@given(pairs)
def test_the_mean_is_the_difference_of_the_means(rows):
    before, after, groups = rows

    difference = paired_difference(before, after, groups, **knobs)

    assert difference.mean == pytest.approx(np.mean(after) - np.mean(before), abs=1e-12)
    assert difference.low <= difference.high
    assert -1 <= difference.low <= difference.high <= 1


@given(pairs)
def test_equal_systems_do_not_differ(rows):
    before, _, groups = rows

    difference = paired_difference(before, before, groups, **knobs)

    assert (difference.mean, difference.low, difference.high) == (0, 0, 0)


@given(pairs, st.floats(-1, 1))
def test_a_shift_of_all_queries_shifts_mean_and_interval(rows, shift):
    before, after, groups = rows
    plain = paired_difference(before, after, groups, **knobs)

    moved = paired_difference(before, [value + shift for value in after], groups, **knobs)

    for name in ("mean", "low", "high"):
        assert getattr(moved, name) == pytest.approx(getattr(plain, name) + shift, abs=1e-9)


@given(pairs)
def test_the_difference_turns_around_with_its_systems(rows):
    before, after, groups = rows
    there = paired_difference(before, after, groups, **knobs)

    back = paired_difference(after, before, groups, **knobs)

    assert (back.mean, back.low, back.high) == pytest.approx((-there.mean, -there.high, -there.low))


@given(pairs, st.randoms(use_true_random=False))
def test_the_order_of_the_queries_does_not_matter(rows, order):
    shuffled = list(zip(*rows, strict=True))
    order.shuffle(shuffled)

    one = paired_difference(*rows, **knobs)
    other = paired_difference(*(list(column) for column in zip(*shuffled, strict=True)), **knobs)

    assert (one.mean, one.low, one.high) == pytest.approx((other.mean, other.low, other.high))


@pytest.mark.parametrize("seed", range(20))
def test_the_interval_contains_the_mean(seed):
    before, after, groups = sample(seed, groups=30, size=4, gain=0.1)

    difference = paired_difference(before, after, groups, resamples=500, seed=seed)

    assert difference.low < difference.mean < difference.high


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    covered = 0
    for seed in range(200):
        before, after, groups = sample(seed, groups=40, size=4, gain=0.1)
        difference = paired_difference(before, after, groups, resamples=300, seed=seed)
        covered += difference.low <= 0.1 <= difference.high

    assert 0.90 <= covered / 200 <= 0.985


def test_queries_of_one_group_are_drawn_together():
    """Two groups that moved opposite ways: a draw has one, the other or both, never a part."""
    before, after = [0.0] * 200, [1.0] * 100 + [-1.0] * 100
    groups = ["rose"] * 100 + ["fell"] * 100
    alone = [str(number) for number in range(200)]

    together = paired_difference(before, after, groups, resamples=500, seed=1)
    one_by_one = paired_difference(before, after, alone, resamples=500, seed=1)

    assert (together.low, together.high) == (-1, 1)
    assert -0.2 < one_by_one.low < one_by_one.high < 0.2


def test_larger_groups_weigh_by_their_queries():
    before, after = [0.0] * 10, [1.0] * 9 + [0.0]
    groups = ["many"] * 9 + ["one"]

    difference = paired_difference(before, after, groups, resamples=500, seed=1)

    assert (difference.mean, difference.low, difference.high) == (0.9, 0.0, 1.0)


def test_the_interval_is_a_function_of_the_seed():
    rows = sample(1, groups=10, size=2, gain=0)
    one, same, other = (paired_difference(*rows, resamples=50, seed=seed) for seed in (1, 1, 2))

    assert one == same
    assert one.low != other.low


ranks = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1)


@given(ranks)
def test_every_query_moved_up_down_or_not_at_all(moves):
    before, after = zip(*moves, strict=True)

    shares = rank_moves(before, after)

    assert list(shares) == ["better", "same", "worse"]
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["better"] == pytest.approx(sum(a < b for b, a in moves) / len(moves))


@given(ranks)
def test_better_and_worse_change_places_with_the_systems(moves):
    before, after = zip(*moves, strict=True)
    there, back = rank_moves(before, after), rank_moves(after, before)

    assert (there["better"], there["same"]) == (back["worse"], back["same"])
