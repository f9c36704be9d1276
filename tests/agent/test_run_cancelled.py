"""A cancelled run stops within a second wherever it is, and keeps what it had found."""

import asyncio
import time

import pytest

from lawvault.agent.budget import Limits
from lawvault.agent.quick import answer
from lawvault.agent.replay import replay
from lawvault.agent.run import run
from lawvault.models.llm import OpenAILlm
from tests.agent.scripted_run import ASKED, GOOD, PHASES, REPAIR, SHORT, Told, prose_of, tools_over
from tests.scripted_llm import Fault, Say, Script, scripted

INVENTED = {"# 撰写报告": lambda body: Say(prose_of(body, "见《示例劳动法》第九百条。"))}


class CancelsItself(Told):
    """Cancels the run while event `number` is told."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number, self.at = number, float("inf")
        self.task: asyncio.Task[object] | None = None

    async def emit(self, kind, data):
        await asyncio.sleep(0)
        await super().emit(kind, data)
        if len(self.events) == self.number:
            self.at = time.monotonic()
            self.task.cancel()
            self.task.cancel()


async def cancelled(tools, number: int) -> CancelsItself:
    told = CancelsItself(number)
    told.task = asyncio.create_task(run(ASKED, tools, Limits(), told.emit))
    await asyncio.wait({told.task})
    assert asyncio.all_tasks() == {asyncio.current_task()}
    return told


def check(told: CancelsItself) -> None:
    """Assert that the run is over at once, says so, and has what was told until then."""
    assert told.task.cancelled()
    assert time.monotonic() - told.at < 1
    told.check()
    outcome = replay(told.events)
    if len(told.events) == told.number:  # it was cancelled while its end was told
        assert outcome.state == "completed"
        return
    assert len(told.events) == told.number + 1
    assert (outcome.state, outcome.stop_reason) == ("stopped", "cancelled")
    assert outcome.report is None
    assert outcome.evidence == replay(told.events[: told.number]).evidence


def test_a_run_can_be_cancelled_after_every_single_event(library, lookup):
    async def work(server) -> int:
        llm = OpenAILlm(server.config())
        tools = tools_over(library, lookup, llm)
        number = 0
        try:
            while True:
                number += 1
                told = await cancelled(tools, number)
                if not told.task.cancelled():  # it was over before
                    return number
                check(told)
        finally:
            await llm.close()

    with scripted(Script(phases=GOOD)) as server:
        assert asyncio.run(work(server)) > 30
        assert server.open == []


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("fault", [Fault.silence(), Fault.headers_only(), Fault.drip()])
def test_a_cancelled_run_closes_its_connection_to_the_llm(library, lookup, phase, fault):
    hangs = GOOD | (INVENTED if phase == REPAIR else {}) | {phase: fault}

    async def work(server) -> tuple[Told, float]:
        llm = OpenAILlm(server.config(first_byte_s=60, timeout_s=60, idle_s=60))
        told = Told()
        task = asyncio.create_task(
            run(ASKED, tools_over(library, lookup, llm), Limits(), told.emit)
        )
        while phase not in {one.phase for one in server.ledger}:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        at = time.monotonic()
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()
        assert time.monotonic() - at < 1
        assert asyncio.all_tasks() == {asyncio.current_task()}
        await llm.close()
        return told, at

    with scripted(Script(phases=hangs)) as server:
        told, at = asyncio.run(work(server))
        hung = [n for n, one in enumerate(server.ledger) if one.phase == phase]
        assert all(server.wait_closed(n) - at < 1 for n in hung)

    told.check()
    assert told.events[-1].data["stop_reason"] == "cancelled"
    assert told.events[-1].data["usage"]["calls"][-1]["failure"] == "cancelled"


def test_a_library_that_hangs_does_not_hold_a_cancelled_run(library, lookup):
    class Hangs:
        async def search(self, query, asked, **more):
            await asyncio.sleep(3600)

    async def work() -> Told:
        told = Told()
        task = asyncio.create_task(run(ASKED, tools_over(Hangs(), lookup), Limits(), told.emit))
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.wait({task})
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return told

    told = asyncio.run(work())
    told.check()
    assert told.events[-1].kind == "run.stopped"


def test_a_run_that_is_cancelled_while_hits_are_compared_is_over_at_once(library, lookup):
    class Compares:
        def __init__(self) -> None:
            self.begun = asyncio.Event()
            self.search, self.cited = library.search, library.cited

        async def closeness(self, query, article_ids):
            self.begun.set()
            await asyncio.Event().wait()

    async def work() -> Told:
        told, hangs = Told(), Compares()
        task = asyncio.create_task(run(ASKED, tools_over(hangs, lookup), Limits(), told.emit))
        await hangs.begun.wait()
        task.cancel()
        await asyncio.wait({task}, timeout=1)
        assert task.cancelled()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return told

    told = asyncio.run(work())

    told.check()
    assert told.events[-1].data["stop_reason"] == "cancelled"
    assert not told.of("search.hit")


def test_a_cancelled_short_answer_says_so(library, lookup):
    async def work(server) -> Told:
        llm = OpenAILlm(server.config(first_byte_s=60))
        told = Told()
        task = asyncio.create_task(answer(ASKED, tools_over(library, lookup, llm), told.emit))
        while not server.ledger:
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait({task})
        await llm.close()
        return told

    with scripted(Script(phases={SHORT: Fault.silence()})) as server:
        told = asyncio.run(work(server))

    told.check()
    assert told.events[-1].data["stop_reason"] == "cancelled"
    assert told.of("search.hit")
