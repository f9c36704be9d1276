"""What a run is begun with: the day, places and limits of its request, and what they cannot do."""

import asyncio
import datetime

import pytest

from lawvault.agent.budget import Limits
from lawvault.agent.nouns import SearchUnavailable
from lawvault.agent.replay import plain
from lawvault.config.agent import AgentConfig
from lawvault.config.llm import LlmConfig
from lawvault.errors import IntegrityError
from lawvault.serve.agent import library
from lawvault.serve.agent.contract import Bounds, Turn, Wanted
from lawvault.serve.agent.work import Worker, bounded, check_bounds, tools_of
from lawvault.serve.contract import ApiError
from tests.serve.agent.conftest import QUESTION


def told(worker, **wanted):
    events = []

    async def emit(kind, data):
        events.append((kind, data))

    asyncio.run(worker()(Wanted(question=QUESTION, **wanted), emit))
    return events


def test_the_day_and_limits_of_a_request_hold(worker):
    day = datetime.date(2019, 6, 1)

    kind, data = told(worker, as_of=day, bounds=Bounds(max_rounds=2, max_evidence=3))[0]

    assert kind == "run.started"
    assert data["asked"]["as_of"] == "2019-06-01"
    assert (data["limits"]["max_rounds"], data["limits"]["max_evidence"]) == (2, 3)


def test_a_run_tells_which_law_it_stands_on(worker, law):
    assert told(worker)[0][1]["corpus"] == plain(law.pack.corpus())


@pytest.mark.parametrize(
    "most", [{"max_llm_calls": 3}, {"max_tokens": 5000}, {"deadline_s": 9.5}, {"max_evidence": 4}]
)
def test_no_request_gets_more_than_the_operator_lets_a_run_spend(most):
    ((name, value),) = most.items()
    limits = Limits(**most)

    check_bounds(limits, Bounds(**most, max_rounds=100))
    with pytest.raises(ApiError, match=f"{name} 不能大于本服务的上限 {value:g}") as caught:
        check_bounds(limits, Bounds(**{name: value + 1}))

    assert (caught.value.status, caught.value.param) == (400, name)


def test_what_a_request_leaves_out_is_the_agents_own():
    own = Limits(max_rounds=7, deadline_s=33)

    assert bounded(own, Bounds(max_rounds=0)) == Limits(max_rounds=0, deadline_s=33)


def test_facts_are_what_the_users_own_turns_tell(worker):
    turns = [Turn(role="user", content="我签了半年合同"), Turn(role="assistant", content="三个月")]

    asked = told(worker, turns=turns)[0][1]["asked"]

    assert asked["told"] == f"我签了半年合同\n{QUESTION}"
    assert told(worker)[0][1]["asked"]["told"] == ""


def test_a_place_is_found_by_its_short_name_and_one_without_law_is_told(worker):
    events = told(worker, region=["广东", "火星"])

    asked = events[0][1]["asked"]
    assert len(asked["regions"]) == 1
    assert asked["regions"][0].startswith("广东")
    assert events[1][0] == "warning"
    assert events[1][1]["code"] == "place_without_law"
    assert "火星" in events[1][1]["message"]


@pytest.mark.parametrize("error", [ApiError(503, "search_unavailable", "…"), IntegrityError("…")])
def test_a_question_that_nobody_can_read_now_is_search_that_is_unavailable(worker, error):
    async def law(method, *given):
        raise error

    async def emit(kind, data):
        raise AssertionError(kind)

    with pytest.raises(SearchUnavailable):
        asyncio.run(Worker(worker()._tools, law, Limits())(Wanted(question="甲"), emit))


def test_a_law_that_is_busy_is_asked_again_until_it_can_check_the_report(law, monkeypatch):
    monkeypatch.setattr(library, "BUSY_SECONDS", 0)
    refusals = iter([True] * (library.BUSY_ATTEMPTS - 1))

    async def busy(method, *given):
        if method == "verify" and next(refusals, False):
            raise ApiError(429, "too_many_requests", "…")
        return await law(method, *given)

    tools = tools_of(AgentConfig(), LlmConfig(), None, library=law.library, law=busy)
    events = told(lambda: Worker(tools, busy, Limits()))

    assert events[-1][0] == "run.completed"
    assert [data["code"] for kind, data in events if kind == "degraded"] == []
