"""The scripted server answers by phase, in turn or by what it is shown, and keeps a ledger."""

import asyncio

import pytest

from lawvault.models.llm import OpenAILlm
from lawvault.models.llm_reply import LlmError, Message
from tests.scripted_llm import Fault, Say, Script, scripted


def outcomes(server, *prompts):
    """Ask once for each pair of system prompt and question; return texts, or kinds of errors."""

    async def ask():
        llm, found = OpenAILlm(server.config(retries=0)), []
        for system, user in prompts:
            turns = [Message(role="system", content=system), Message(role="user", content=user)]
            try:
                found.append((await llm.complete(turns, max_tokens=50)).text)
            except LlmError as error:
                found.append(error.kind)
        await llm.close()
        return found

    return asyncio.run(ask())


def test_a_phase_is_chosen_by_the_system_prompt_and_has_its_own_turns():
    phases = {"拆解": Say("计划"), "判断": [Say("不够"), Say("够了")]}
    with scripted(Script([Say("其他")], phases=phases)) as server:
        found = outcomes(server, *((p, "问") for p in ("判断…", "…拆解", "闲谈", "判断…", "拆解")))

        assert found == ["不够", "计划", "其他", "够了", "计划"]
        assert [asked.phase for asked in server.ledger] == ["判断", "拆解", "", "判断", "拆解"]
        assert server.ledger[1].system == "…拆解"
        assert server.ledger[1].user == "问"
        assert all(asked.ended_at for asked in server.ledger)
        assert server.open == []


def test_a_script_that_is_used_up_answers_with_an_error_and_counts_it():
    with scripted(Script([Say("一"), Fault.rate()])) as server:
        assert outcomes(server, *[("", "问")] * 4) == ["一", "rate", "server", "server"]
        assert server.used_up == 2


def test_an_answer_may_depend_on_what_was_asked():
    with scripted(Script(lambda body: Say(body["messages"][-1]["content"][::-1]))) as server:
        assert outcomes(server, ("", "一二三"), ("", "甲乙")) == ["三二一", "乙甲"]


@pytest.mark.parametrize("fault", [Fault.silence(), Fault.headers_only(), Fault.endless()])
def test_a_server_in_the_middle_of_a_fault_can_be_stopped_and_sees_its_client_go(fault):
    async def go(server):
        llm = OpenAILlm(server.config(timeout_s=0.2))
        with pytest.raises(LlmError):
            await llm.complete([Message(role="user", content="问")], max_tokens=1024)
        await llm.close()

    with scripted(Script(fault)) as server:
        asyncio.run(go(server))
        assert server.wait_closed(0) > server.ledger[0].at
