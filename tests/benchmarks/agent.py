"""Print what the agent's loop costs beside the LLM: a round, many runs at once, many in a row.

    python -m tests.benchmarks.agent

All over the toy corpus, in this process.  A round is timed with an LLM in the process that answers
at once; runs at once ask a scripted server whose every answer takes a second.
"""

import asyncio
import gc
import itertools
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lawvault.agent.budget import Limits
from lawvault.agent.course import Tools
from lawvault.agent.local import LocalLibrary
from lawvault.agent.run import run
from lawvault.models.llm import OpenAILlm
from lawvault.models.llm_reply import Message, Piece, Reply
from lawvault.retrieve.content import Content
from lawvault.retrieve.laws import ContentLookup
from tests.agent.conftest import write_toy_law
from tests.agent.scripted_run import ASKED, GOOD, JUDGE, Told, judged, shown, tools_over
from tests.scripted_llm import Answering, Lines, Say, Script, scripted

ROUNDS, RUNS, AT_ONCE = 5, 40, 50
TOPICS = ("加班费", "年休假", "产假", "竞业限制", "仲裁时效", "押金退货", "服务期违约金", "医疗期")


class AtOnce:
    """An LLM in this process that says what a script says and takes no time.  An `Llm`."""

    def __init__(self, script: dict[str, Any]) -> None:
        self._script = script

    async def complete(self, messages: Sequence[Message], **_: object) -> Reply:
        """Return the whole answer."""
        return Reply(text=self._said(messages), prompt_tokens=1, completion_tokens=1)

    async def stream(self, messages: Sequence[Message], **_: object) -> AsyncIterator[Piece]:
        """Yield the answer in one piece, and its end."""
        text = self._said(messages)
        yield Piece(kind="text", text=text)
        yield Piece(kind="end", reply=Reply(text=text, prompt_tokens=1, completion_tokens=1))

    def _said(self, messages: Sequence[Message]) -> str:
        phase = next(words for words in self._script if words in messages[0].content)
        answer: Answering = self._script[phase]
        body = {"messages": [{"role": m.role, "content": m.content} for m in messages]}
        return (answer if isinstance(answer, Say) else answer(body)).text


def never_content() -> Answering:
    """Return a judge that always has another idea."""
    topics = itertools.cycle(TOPICS)
    return lambda body: judged("partial", *list(shown(body).values())[:1], queries=(next(topics),))


async def seconds(tools: Tools, limits: Limits, *, rounds: int = 1) -> float:
    """Return how long one run of so many rounds takes."""
    begin = time.perf_counter()
    outcome = await run(ASKED, tools, limits, Told().emit)
    assert outcome.rounds == rounds, outcome.stop_reason
    return time.perf_counter() - begin


def a_round(tools: Tools) -> None:
    """Print what one more round costs, and a run with its report."""
    busy = replace(tools, llm=AtOnce(GOOD | {JUDGE: never_content()}))
    taken = {}
    for rounds in (1, ROUNDS):
        limits = Limits(max_rounds=rounds, max_llm_calls=100, max_tokens=1_000_000)
        times = [asyncio.run(seconds(busy, limits, rounds=rounds)) for _ in range(RUNS)]
        taken[rounds] = statistics.median(times)
    one = (taken[ROUNDS] - taken[1]) / (ROUNDS - 1)
    print(f"a round                 {1000 * one:6.1f} ms")
    print(f"a run of one round      {1000 * taken[1]:6.1f} ms, plan and report included")


def at_once(tools: Tools) -> None:
    """Print how long runs at the same time take beside one alone, each answer taking a second."""

    async def together(count: int, url_of: Any) -> float:
        llm = OpenAILlm(url_of.config(concurrency=4 * AT_ONCE, first_byte_s=60, timeout_s=120))
        begin = time.perf_counter()
        busy = replace(tools, llm=llm)
        await asyncio.gather(*(seconds(busy, Limits()) for _ in range(count)))
        taken = time.perf_counter() - begin
        await llm.close()
        return taken

    with scripted(Script(phases=slowed(1.0))) as server:
        alone = asyncio.run(together(1, server))
        many = asyncio.run(together(AT_ONCE, server))
    print(f"one run, 1 s an answer  {alone:6.2f} s")
    print(f"{AT_ONCE} at once              {many:6.2f} s, {many / alone:.2f} times as long")


def slowed(wait_s: float) -> dict[str, Lines]:
    """Return the good script, every answer of which takes so long."""

    def slow(lines: Any) -> Answering:
        return lambda body: replace(_say(lines, body), wait_s=wait_s)

    return {phase: slow(lines) for phase, lines in GOOD.items()}


def _say(lines: Any, body: dict[str, Any]) -> Say:
    said: Say = lines if isinstance(lines, Say) else lines(body)
    return said


def in_a_row(tools: Tools, count: int) -> None:
    """Print what memory grows by over many runs."""
    busy = replace(tools, llm=AtOnce(GOOD))

    async def some(number: int) -> int:
        for _ in range(number):
            await seconds(busy, Limits())
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    async def grown() -> int:
        before = await some(50)
        return await some(count) - before

    tracemalloc.start()
    print(f"{count} runs in a row     {asyncio.run(grown()) / 1024:6.1f} KiB more memory")
    tracemalloc.stop()


def main() -> None:
    """Print all of it."""
    with tempfile.TemporaryDirectory() as folder:
        content = Content(write_toy_law(Path(folder)))
        tools = tools_over(LocalLibrary(content), ContentLookup(content), AtOnce(GOOD))
        a_round(tools)
        at_once(tools)
        in_a_row(tools, 1000)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
