"""A budget: what is kept for the report is there for it, and nothing is spent twice."""

import contextlib
import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.agent.budget import REPORT_CALLS, Budget, Exhausted, Limits
from lawvault.agent.run import limits_of
from lawvault.config.agent import AgentConfig
from lawvault.config.tree import knobs


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_rounds", -1),
        ("max_rounds", 101),
        ("max_llm_calls", 0),
        ("max_tokens", 0),
        ("deadline_s", 0),
        ("deadline_s", math.nan),
        ("deadline_s", math.inf),
        ("max_evidence", 0),
        ("reserve", 1),
        ("reserve", -0.1),
    ],
)
def test_impossible_limits_are_refused_by_name(name, value):
    with pytest.raises(ValueError, match=name):
        dataclasses.replace(Limits(), **{name: value})


def test_no_limit_of_rounds_is_allowed():
    assert Limits(max_rounds=0).max_rounds == 0


def test_searching_stops_before_the_report_must():
    clock = Clock()
    budget = Budget(Limits(deadline_s=100, reserve=0.25), clock)

    clock.now += 76

    assert budget.stop_reason() == "deadline"
    assert budget.stop_reason(is_report=True) is None
    assert budget.left_s(is_report=True) == 24
    clock.now += 24
    assert budget.stop_reason(is_report=True) == "deadline"


def test_calls_for_a_report_are_kept():
    budget = Budget(Limits(max_llm_calls=REPORT_CALLS + 1))

    budget.take(10)

    with pytest.raises(Exhausted) as refused:
        budget.take(10)
    assert refused.value.stop == "max_llm_calls"
    for _ in range(REPORT_CALLS):
        budget.take(10, is_report=True)
    with pytest.raises(Exhausted, match="max_llm_calls"):
        budget.take(10, is_report=True)


def test_calls_at_the_same_time_never_take_more_tokens_than_there_are():
    budget = Budget(Limits(max_tokens=10_000, reserve=0))

    budget.take(6000)

    with pytest.raises(Exhausted) as refused:
        budget.take(6000)
    assert refused.value.stop == "max_tokens"
    budget.settle(6000, 1000)
    budget.take(6000)
    assert (budget.calls, budget.tokens) == (2, 7000)


@given(
    st.lists(st.tuples(st.integers(1, 9000), st.floats(0, 1), st.booleans()), max_size=40),
    st.integers(1000, 40_000),
    st.integers(1, 20),
    st.floats(0, 0.9),
)
def test_never_more_is_spent_than_allowed(calls, tokens, most, reserve):
    budget = Budget(Limits(max_tokens=tokens, max_llm_calls=most, reserve=reserve))

    for wanted, part, is_report in calls:
        with contextlib.suppress(Exhausted):
            budget.take(wanted, is_report=is_report)
            budget.settle(wanted, int(wanted * part))

    assert budget.calls <= most
    assert budget.tokens <= tokens


def test_the_knobs_say_the_same_as_the_limits():
    assert limits_of(AgentConfig()) == Limits()


NAMES = {field.name for field in dataclasses.fields(Limits)}


@pytest.mark.parametrize("item", [item for item in knobs(AgentConfig()) if item.key in NAMES])
def test_what_a_knob_allows_is_a_limit(item):
    for value in (item.low, item.high):
        assert getattr(dataclasses.replace(Limits(), **{item.key: value}), item.key) == value
