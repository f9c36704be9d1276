"""What the tests of the LLM steps share: evidence by hand, and a door to a scripted server."""

import asyncio
import contextlib
import datetime
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lawvault.agent.ask import Ask, Unusable
from lawvault.agent.budget import Budget, Exhausted, Limits
from lawvault.agent.nouns import Asked, Evidence, Plan, SubQuestion, Trace
from lawvault.agent.prepared import Remark
from lawvault.agent.prompts import load
from lawvault.models.llm import OpenAILlm
from tests.scripted_llm import Answering, Fault, Say, Script, ScriptedServer, scripted

QUESTION = Asked(text="公司拖欠工资，我能辞职并要补偿吗？", as_of=datetime.date(2026, 3, 2))
PART = SubQuestion(id="q1", text="能否辞职", queries=("拖欠工资能否辞职",), keywords=("拖欠",))
PLAN = Plan(questions=(PART,), by="llm")
FENCE = "k7k7"
DOWN = {
    "auth": Fault.status(401),
    "quota": Fault.quota(),
    "server": Fault.status(500),
    "rate": Fault.rate(),
}


@dataclass(frozen=True, kw_only=True)
class Done:
    """What a step gave: its result or what it raised, and what it left in the record."""

    result: Any
    ask: Ask
    budget: Budget
    remarks: list[Remark]

    @property
    def kinds(self) -> list[str]:
        return [one.kind for one in self.remarks]


class Door:
    """Asks one scripted server for many tests, each with a budget and a record of its own."""

    def __init__(self, server: ScriptedServer) -> None:
        self.server = server
        self._runner = asyncio.Runner()
        self._llms: dict[str, OpenAILlm] = {}

    def done(self, step: Any, *says: Answering, limits: Limits | None = None, **knobs: Any) -> Done:
        """Return what `await step(ask)` gives, or all that `step(ask)` yields, joined.

        The server gives one answer for ever, more of them in turn.
        """
        server = self.server
        server.script = Script(says[0] if len(says) == 1 else says)
        server.ledger.clear()
        server._turns.clear()
        return self._runner.run(self._work(step, limits or Limits(), knobs))

    async def _work(self, step: Any, limits: Limits, knobs: dict[str, Any]) -> Done:
        config = self.server.config(retries=0, **knobs)
        if repr(config) not in self._llms:
            self._llms[repr(config)] = OpenAILlm(config)
        budget = Budget(limits)
        ask = Ask(
            self._llms[repr(config)],
            load(),
            budget,
            context_tokens=config.context_tokens,
            output_tokens=config.output_tokens,
            fence=FENCE,
        )
        try:
            coming = step(ask)
            if hasattr(coming, "__aiter__"):
                result = "".join([piece async for piece in coming])
            else:
                result = await coming
        except (Unusable, Exhausted) as error:
            result = error
        return Done(result=result, ask=ask, budget=budget, remarks=ask.take_remarks())

    def close(self) -> None:
        for llm in self._llms.values():
            self._runner.run(llm.close())
        self._runner.close()


@contextlib.contextmanager
def opened() -> Iterator[Door]:
    """Run a server and a door to it while the block lasts."""
    with scripted(Script()) as server:
        door = Door(server)
        try:
            yield door
        finally:
            door.close()


def article(name: str, content: str, number: str = "第三条", question: str = "q1") -> Evidence:
    """Return one article as evidence."""
    return Evidence(
        id=name,
        article_id=f"a-{name}",
        law_id="l1",
        law_name="中华人民共和国示例劳动法",
        article_number=number,
        content=content,
        status="现行有效",
        effective_date="2019-01-01",
        traces=(Trace(question_id=question, round=1, how="search", by="辞职", score=0.5),),
    )


def said(value: Any, **how: Any) -> Say:
    """Return an answer that is JSON."""
    return Say(json.dumps(value, ensure_ascii=False), **how)


def _chunk(content: str) -> dict[str, Any]:
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": "stop"}
    return {"model": "m", "choices": [choice]}


def odd(answer: str, wrong: str, empty: str) -> dict[str, Say]:
    """Return answers that are wrong, each in its own way; `answer` is the right one.

    Args:
        wrong: JSON with a wrong type.
        empty: JSON of the shape that says nothing, or the like.
    """
    return {
        "an empty answer": Say(""),
        "blanks": Say(" \n "),
        "no choices": Fault.no_choices(),
        "no content": Fault.content(None),
        "a refusal in words": Say("抱歉，我无法回答这个问题。"),
        "a refusal": Fault.refusal(),
        "a filter": Fault.filtered(),
        "thinking that never ends": Say(f"<think>想啊想{answer}"),
        "half a character": Say(chunks=[json.dumps(_chunk("\ud800"))]),
        "wrong types": Say(wrong),
        "nothing in it": Say(empty),
        "a list": Say(f"[{answer}]"),
        "two objects": Say(f"{answer}\n{answer}"),
        "cut JSON": Say(answer[: len(answer) // 2]),
        "no more tokens": Fault.length(answer[:-1]),
        "a cut stream": Fault.cut(400, answer),
        "no end": Fault.content(answer, finish=""),
    }


def mendable(answer: str) -> dict[str, Say]:
    """Return answers that are right but for their wrapping."""
    return {
        "prose around": Say(f"好的，结果如下：\n{answer}\n希望有帮助。"),
        "a fence": Say(f"```json\n{answer}\n```"),
        "thinking inside": Say(f"<think>先想想{{}}</think>{answer}"),
        "thinking begun by the template": Say(f"先想想</think>{answer}"),
        "thinking apart": Say(answer, thinking="先想想"),
        "byte order mark": Say("\ufeff" + answer),
        "a comma too many": Say(answer[:-1] + ",}"),
        "extra keys": Say(answer[:-1] + ', "confidence": 0.9}'),
    }
