"""The door to the LLM: budget, record, one repair, and what is left when an answer is no use."""

import asyncio
import contextlib
import json
import time
from dataclasses import replace

import pytest

from lawvault.agent.ask import Ask, Unusable
from lawvault.agent.budget import Budget, Exhausted, Limits
from lawvault.agent.judging import judge
from lawvault.agent.planning import SCHEMA, plan
from lawvault.agent.prompts import load
from lawvault.agent.writing import short_answer
from lawvault.models.llm import OpenAILlm
from tests.agent.asking import DOWN, PART, QUESTION, article, opened, said
from tests.scripted_llm import Fault, Say, Script, scripted

ANSWER = {"questions": [{"question": "能否辞职"}]}
EVIDENCE = [article("e1", "用人单位拖欠工资的，劳动者可以辞职。")]


@pytest.fixture(scope="module")
def door():
    with opened() as door:
        yield door


def planned(ask):
    return plan(ask, QUESTION)


def answered(ask):
    return short_answer(ask, QUESTION, EVIDENCE)


def test_a_call_stands_in_the_record_with_prompt_tokens_seconds_finish_and_model(door):
    one = door.done(planned, said(ANSWER, thinking="想"))

    (call,) = one.ask.calls
    assert (call.phase, call.prompt) == ("plan", load().versions["plan"])
    assert (call.model, call.finish, call.failure) == ("scripted", "stop", "")
    assert call.prompt_tokens == sum(
        len(t["content"]) for t in door.server.ledger[0].body["messages"]
    )
    assert call.completion_tokens == len(json.dumps(ANSWER, ensure_ascii=False)) + 1
    assert not call.usage_estimated
    assert 0 < call.seconds < 5
    assert one.budget.calls == 1
    assert one.budget.tokens == call.prompt_tokens + call.completion_tokens


def test_the_server_is_asked_for_the_shape_that_the_prompt_shows(door):
    door.done(planned, said(ANSWER))

    body = door.server.ledger[0].body
    assert body["response_format"]["json_schema"]["schema"] == SCHEMA.strict
    assert SCHEMA.text in door.server.ledger[0].system


def test_an_answer_that_is_no_use_is_asked_for_once_more_and_kept_verbatim(door):
    one = door.done(planned, Say("我先想想。"), said(ANSWER))

    assert one.result.questions[0].text == "能否辞职"
    assert one.kinds == ["asked_again"]
    first, second = one.ask.calls
    assert (first.failure, first.rejected) == ("invalid", "我先想想。")
    assert (second.failure, second.rejected) == ("", "")
    turns = door.server.ledger[1].body["messages"]
    assert [turn["role"] for turn in turns] == ["system", "user", "assistant", "user"]
    assert turns[2]["content"] == "我先想想。"
    assert "no object" in turns[3]["content"]


def test_a_second_useless_answer_is_the_last(door):
    one = door.done(planned, Say("不知道。"))

    assert isinstance(one.result, Unusable)
    assert (one.result.phase, one.result.reason) == ("plan", "invalid")
    assert one.result.text == "不知道。"
    assert not one.result.is_down
    assert len(door.server.ledger) == 2


@pytest.mark.parametrize("reason", DOWN)
def test_an_llm_that_is_down_is_not_asked_again(door, reason):
    one = door.done(planned, DOWN[reason])

    assert (one.result.reason, one.result.is_down) == (reason, True)
    assert len(door.server.ledger) == 1
    assert one.ask.calls[0].failure == reason
    assert one.budget.tokens == 0


def test_an_answer_that_was_cut_for_want_of_tokens_gets_twice_as_many(door):
    one = door.done(planned, Fault.length('{"questions": ['), said(ANSWER))

    first, second = (asked.body["max_tokens"] for asked in door.server.ledger)
    assert second == 2 * first
    assert one.result.by == "llm"


@pytest.mark.parametrize("context", [256, 2048, 4096])
def test_no_prompt_is_ever_larger_than_the_window(door, context):
    long = "公司拖欠工资。" * 2000
    many = [article(f"e{n}", "劳动者可以辞职。" * 40) for n in range(1, 40)]
    asked = replace(QUESTION, text=long)

    one = door.done(
        lambda ask: short_answer(ask, asked, many), Say("可以辞职[e1]。"), context_tokens=context
    )

    if context == 256:
        assert (one.result.reason, one.result.is_down) == ("overlong", False)
        return
    assert one.result == "可以辞职[e1]。"
    assert set(one.kinds) == {"cut", "left_out"}
    shown = {n for n in range(1, 40) if f"e{n}｜" in door.server.ledger[0].user}
    (out,) = [remark for remark in one.remarks if remark.kind == "left_out"]
    assert shown
    assert len(out.ids) + len(shown) == 39


def test_a_budget_without_calls_asks_nothing(door):
    one = door.done(planned, said(ANSWER), limits=Limits(max_llm_calls=4))

    assert isinstance(one.result, Exhausted)
    assert one.result.stop == "max_llm_calls"
    assert door.server.ledger == []


def test_the_report_may_spend_what_is_kept_for_it(door):
    one = door.done(answered, Say("可以[e1]。"), limits=Limits(max_llm_calls=4))

    assert one.result == "可以[e1]。"


def test_the_deadline_of_a_run_ends_a_call_that_hangs_and_closes_its_connection(door):
    began = time.monotonic()

    one = door.done(answered, Fault.silence(), limits=Limits(deadline_s=0.3))

    door.server.wait_closed()

    assert (one.result.stop, one.ask.calls[0].failure) == ("deadline", "deadline")
    assert time.monotonic() - began < 2


def test_an_endless_stream_of_one_sentence_is_ended_and_cut_before_it_repeats(door):
    one = door.done(answered, Fault.endless("用人单位拖欠工资的，劳动者可以辞职[e1]。"))
    door.server.wait_closed()

    assert (one.result.reason, one.ask.calls[0].failure) == ("repeats", "repeats")
    assert one.result.text == "用人单位拖欠工资的，劳动者可以辞职[e1]。"
    assert one.budget.tokens < 2000


def test_thinking_that_never_ends_is_ended(door):
    one = door.done(answered, Fault.endless("<think>嗯"))

    assert isinstance(one.result, Unusable)
    assert len(door.server.ledger) <= 2


@pytest.mark.parametrize(
    "first",
    [
        Say(""),
        Say("……\n"),
        Say("<|im_end|>"),
        Say(
            "<|im_start|>assistant\n<|im_end|>",
            pieces=["<|im_st", "art|>assi", "stant\n<|", "im_end|>"],
        ),
        Say("</s>"),
        Say("<think>想啊想"),
        Fault.refusal(),
        Fault.filtered(),
        Fault.content(None),
        Fault.cut(10),
    ],
    ids=[
        "empty",
        "dots",
        "mark",
        "marks",
        "end",
        "thinking",
        "refused",
        "filtered",
        "no content",
        "cut before a word",
    ],
)
def test_a_stream_that_ends_before_its_first_word_is_asked_for_once_more(door, first):
    one = door.done(answered, first, Say("可以辞职[e1]。"))

    assert one.result == "可以辞职[e1]。"
    assert one.kinds == ["asked_again"]
    assert one.ask.calls[0].failure


def test_marks_of_chat_templates_before_the_first_word_are_no_part_of_it(door):
    one = door.done(answered, Say("<|im_start|>assistant\n可以<br>辞职[e1]。"))

    assert one.result == "\n可以<br>辞职[e1]。"
    assert one.kinds == []


def test_thinking_comes_apart_from_the_text(door):
    async def parts(ask):
        prepared = ask.prepared("short", QUESTION, {}, answer=100, evidence=EVIDENCE)
        async with contextlib.aclosing(ask.stream(prepared)) as pieces:
            async for piece in pieces:
                yield f"{piece.kind[1]}{piece.text}"

    one = door.done(parts, Say("**好**", thinking="想"))

    assert one.result == "h想e**好e**"


def test_a_stream_cut_at_any_byte_is_whole_or_marked_and_never_silently_short(door):
    words = "可以辞职[e1]。"
    whole = 0
    for after in range(0, 1400, 29):
        one = door.done(answered, Fault.cut(after, words))
        if isinstance(one.result, Unusable):
            assert one.result.reason == "cut"
            assert words.startswith(one.result.text)
        else:
            assert one.result == words
            whole += 1

    assert 0 < whole < 40


def test_a_run_that_is_cancelled_closes_its_call_and_records_it():
    async def work(server):
        llm = OpenAILlm(server.config())
        budget = Budget(Limits())
        ask = Ask(llm, load(), budget, context_tokens=8192, output_tokens=1024)
        task = asyncio.create_task(plan(ask, QUESTION))
        while not server.ledger:
            await asyncio.sleep(0.005)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await llm.close()
        return ask.calls, budget

    with scripted(Script(Fault.headers_only())) as server:
        calls, budget = asyncio.run(work(server))
        server.wait_closed(seconds=1)

    assert [call.failure for call in calls] == ["cancelled"]
    assert budget.tokens == calls[0].prompt_tokens > 0


def test_a_reader_who_leaves_a_stream_closes_it():
    async def work(server):
        llm = OpenAILlm(server.config())
        ask = Ask(llm, load(), Budget(Limits()), context_tokens=8192, output_tokens=1024)
        async with contextlib.aclosing(short_answer(ask, QUESTION, EVIDENCE)) as texts:
            await anext(texts)
        await llm.close()
        return ask.calls

    with scripted(Script(Fault.drip(pause_s=0.001))) as server:
        calls = asyncio.run(work(server))
        server.wait_closed(seconds=1)

    assert [call.failure for call in calls] == ["cancelled"]


def test_what_was_tried_reaches_the_prompt_of_the_next_step_as_data(door):
    door.done(lambda ask: judge(ask, QUESTION, PART, EVIDENCE), said({"status": "partial"}))

    assert "拖欠工资能否辞职" in door.server.ledger[0].user
    assert "拖欠工资能否辞职" not in door.server.ledger[0].system
