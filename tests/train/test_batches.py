"""The plan of a training: who sees which triplets when, and how large a step is."""

import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lawvault.train.batches import Plan, learning_rate


@st.composite
def plans(draw):
    world = draw(st.integers(1, 4))
    return Plan(
        rows=draw(st.integers(2 * world, 120)),
        batch_size=draw(st.integers(2, 16)),
        accumulation=draw(st.integers(1, 5)),
        epochs=draw(st.integers(1, 3)),
        world=world,
        seed=draw(st.integers(0, 1000)),
    )


def epoch_batches(plan: Plan, epoch: int) -> list[list[int]]:
    """All batches of one epoch, of all workers."""
    first = epoch * plan.steps_per_epoch
    return [
        batch
        for step in range(first, first + plan.steps_per_epoch)
        for rank in range(plan.world)
        for batch in plan.batches(step, rank)
    ]


@given(plans())
def test_no_triplet_is_seen_twice_in_an_epoch(plan):
    for epoch in range(plan.epochs):
        rows = [row for batch in epoch_batches(plan, epoch) for row in batch]

        assert len(rows) == len(set(rows))
        assert set(rows) <= set(range(plan.rows))


@given(plans())
def test_an_epoch_leaves_out_less_than_one_batch_of_each_worker(plan):
    for epoch in range(plan.epochs):
        rows = sum(len(batch) for batch in epoch_batches(plan, epoch))

        assert 0 <= plan.rows - rows < plan.batch_rows * plan.world


@given(plans())
def test_all_batches_are_of_equal_size_and_never_larger_than_asked(plan):
    sizes = {len(batch) for epoch in range(plan.epochs) for batch in epoch_batches(plan, epoch)}

    assert sizes == {plan.batch_rows}
    assert plan.batch_rows <= plan.batch_size
    assert plan.batch_rows == plan.batch_size or plan.rows < plan.batch_size * plan.world


@given(plans())
def test_every_worker_has_as_many_batches_in_a_step(plan):
    for step in range(plan.steps):
        counts = {len(plan.batches(step, rank)) for rank in range(plan.world)}

        assert len(counts) == 1
        assert 1 <= counts.pop() <= plan.accumulation


@given(plans(), st.randoms(use_true_random=False))
def test_a_batch_is_the_same_whatever_was_asked_for_before(plan, order):
    pairs = [(step, rank) for step in range(plan.steps) for rank in range(plan.world)]
    in_order = {pair: plan.batches(*pair) for pair in pairs}
    order.shuffle(pairs)
    random.seed(0)  # nor does the state of anybody's generator matter

    assert {pair: plan.batches(*pair) for pair in pairs} == in_order


def test_what_one_epoch_leaves_out_the_next_may_see():
    plan = Plan(rows=10, batch_size=4, accumulation=1, epochs=6, world=1, seed=17)

    seen = [{row for batch in epoch_batches(plan, e) for row in batch} for e in range(6)]

    assert {len(rows) for rows in seen} == {8}
    assert set().union(*seen) == set(range(10))


@given(plans())
def test_epochs_and_seeds_shuffle_differently(plan):
    assume(plan.rows >= 20 and plan.epochs >= 2)
    other = Plan(
        rows=plan.rows,
        batch_size=plan.batch_size,
        accumulation=plan.accumulation,
        epochs=plan.epochs,
        world=plan.world,
        seed=plan.seed + 1,
    )

    assert epoch_batches(plan, 0) != epoch_batches(plan, 1)
    assert epoch_batches(plan, 0) != epoch_batches(other, 0)


def test_two_workers_share_the_batches_that_one_worker_accumulates():
    shape = {"rows": 60, "batch_size": 5, "epochs": 2, "seed": 3}
    one = Plan(**shape, accumulation=4, world=1)
    two = Plan(**shape, accumulation=2, world=2)

    assert one.steps == two.steps
    for step in range(one.steps):
        shared = [batch for rank in range(2) for batch in two.batches(step, rank)]
        assert sorted(shared) == sorted(one.batches(step, 0))


shapes = {"peak": st.floats(1e-6, 1e-1), "warmup_share": st.floats(0, 0.9)}


@given(steps=st.integers(1, 300), **shapes)
def test_the_rate_rises_to_its_peak_once_and_then_only_falls(steps, peak, warmup_share):
    rates = [learning_rate(step, steps, peak, warmup_share) for step in range(steps)]
    top = rates.index(max(rates))

    assert max(rates) == pytest.approx(peak)
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert all(0 < rate <= peak * (1 + 1e-9) for rate in rates)


@given(steps=st.integers(10, 300), **shapes)
def test_the_rate_peaks_where_the_warmup_ends(steps, peak, warmup_share):
    rates = [learning_rate(step, steps, peak, warmup_share) for step in range(steps)]

    assert rates.index(max(rates)) == max(round(steps * warmup_share), 1) - 1


@given(steps=st.integers(20, 300), **shapes)
def test_the_rate_ends_near_zero(steps, peak, warmup_share):
    assert learning_rate(steps - 1, steps, peak, warmup_share) <= 0.01 * peak
