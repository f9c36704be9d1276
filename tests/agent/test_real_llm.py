"""The agent with a real, small model behind a real llama.cpp server: `make chaos`.

A model of 270 million parameters writes nonsense in the right shape.  What must hold is ours: the
run ends with a reason, what cannot be used is told, nothing wrong stands unflagged, and the events
tell the same report again.  Needs what `tests/models/test_llm_llamacpp.py` needs.
"""

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import replace

import pytest

from lawvault.agent.budget import Limits
from lawvault.agent.course import Tools
from lawvault.agent.nouns import Outcome
from lawvault.agent.quick import answer
from lawvault.agent.run import run
from lawvault.config.llm import LlmConfig
from lawvault.law.citations import verify_citations
from lawvault.models.llm import OpenAILlm
from lawvault.models.llm_reply import Message
from tests.agent.conftest import TODAY
from tests.agent.scripted_run import ASKED, Told, tools_over
from tests.models.test_llm_llamacpp import llamacpp
from tests.serve.agent.conftest import QUESTION, law, serving, store, worker

__all__ = ["law", "llamacpp", "serving", "store", "worker"]

pytestmark = pytest.mark.chaos
LIMITS = Limits(max_rounds=1, max_llm_calls=12, deadline_s=240, max_evidence=8)
SHOWN = ("phase", "prompt_tokens", "completion_tokens", "seconds", "failure", "rejected")
UNUSED = {"plan": "plan_failed", "judge": "judge_failed"}
"""What is told of a phase none of whose answers could be used."""


def check(outcome: Outcome, lookup) -> None:
    """Assert that a run says of each phase whether it holds, and that its report does."""
    calls = outcome.usage["calls"]
    codes = {note.code for note in outcome.notes}
    for phase, code in UNUSED.items():
        own = [call["failure"] for call in calls if call["phase"] == phase]
        assert not own or "" in own or code in codes
    assert outcome.report
    assert outcome.report.by == "llm" or codes or outcome.report.abstained
    rows = outcome.report.markdown.splitlines(keepends=True)
    text = "".join(row for row in rows if not row.lstrip().startswith(">"))  # law as it stands
    for one in verify_citations(text, lookup, TODAY, catalogue=lookup.catalogue).citations:
        flagged = "⚠【" in text[one.end : text.find("\n", one.end) % (len(text) + 1)]
        assert one.verdict == "verified" or flagged, one


def researched(tools: Tools, told: Told) -> Awaitable[Outcome]:
    return run(ASKED, tools, LIMITS, told.emit)


def answered(tools: Tools, told: Told) -> Awaitable[Outcome]:
    return answer(ASKED, tools, told.emit, limits=LIMITS)


@pytest.mark.parametrize("working", [researched, answered])
def test_a_run_with_a_small_model_ends_and_says_how_far_it_can_be_trusted(
    llamacpp, library, lookup, working
):
    async def work() -> Told:
        llm, told = OpenAILlm(llamacpp), Told()
        tools = replace(
            tools_over(library, lookup, llm),
            context_tokens=llamacpp.context_tokens,
            output_tokens=llamacpp.output_tokens,
        )
        told.outcome = await working(tools, told)
        await llm.close()
        return told

    told = asyncio.run(work())

    for call in told.outcome.usage["calls"]:
        print({name: call[name] for name in SHOWN})  # make chaos shows it where this fails
    told.check()
    assert told.outcome.stop_reason
    assert told.outcome.evidence
    check(told.outcome, lookup)


def test_cancelling_over_http_has_a_small_model_stop_within_a_second(llamacpp, serving):
    with serving(llamacpp) as site:
        path = f"/v1/agent/runs/{begun(site)}"
        time.sleep(1)  # the model reads the prompt, or answers
        start = time.monotonic()
        site.http.post(f"{path}/cancel")
        events = site.events(f"{path}/events")
        seconds = time.monotonic() - start
        again = asked_directly(llamacpp)

    assert events[-1]["kind"] == "run.stopped"
    assert events[-1]["data"]["stop_reason"] == "cancelled"
    assert seconds < 1
    assert again < 5  # the one slot of the server is free


def begun(site) -> str:
    """Return the id of a run whose first question is with the model."""
    body = {"question": QUESTION, "background": True}
    run_id = str(site.http.post("/v1/agent/runs", json=body).json()["id"])
    assert site.http.get(f"/v1/agent/runs/{run_id}").json()["state"] == "running"
    return run_id


def asked_directly(config: LlmConfig) -> float:
    """Return how many seconds the server takes for one word."""

    async def one() -> float:
        llm = OpenAILlm(config)
        start = time.monotonic()
        async for piece in llm.stream([Message(role="user", content="你好")], max_tokens=50):
            if piece.text:
                break
        seconds = time.monotonic() - start
        await llm.close()
        return seconds

    return asyncio.run(one())
