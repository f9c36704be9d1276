"""Tests of lawvault.serve.writer.finding: an agent that cannot search is told, not hidden."""

import asyncio

import pytest

from lawvault.serve.agent.contract import RunRecord, Tail
from lawvault.serve.contract import ApiError
from lawvault.serve.writer.finding import MAX_QUESTION, Finding

FAILED = RunRecord(
    id="run-1",
    kind="research",
    state="failed",
    stop_reason="search_unavailable",
    created=0,
    question="问",
    request={},
    num_events=0,
    usage={},
    report=None,
)


class Agent:
    """Fails every run, and notes what it was asked."""

    def __init__(self):
        self.asked = []

    async def __call__(self, method, *given):
        self.asked.append((method, *given))
        return {"follow": Tail(events=[], is_over=True), "get": FAILED}.get(method)


def test_a_run_that_fails_is_an_error_that_says_what_to_do():
    agent = Agent()

    with pytest.raises(ApiError, match="智能搜材没有完成（search_unavailable）") as refused:
        asyncio.run(Finding(agent).find("anna", "长" * 9000, None))

    assert (refused.value.status, refused.value.code) == (503, "search_failed")
    assert len(agent.asked[0][3].question) == MAX_QUESTION


def test_a_run_without_a_report_makes_no_file():
    with pytest.raises(ApiError) as refused:
        asyncio.run(Finding(Agent()).report("anna", "run-1"))

    assert (refused.value.status, refused.value.code) == (409, "no_report")
