"""Many runs: at once they hardly wait for each other, in a row they leave nothing behind."""

import asyncio
import gc

from lawvault.agent.budget import Limits
from lawvault.models.llm import OpenAILlm
from tests.agent.scripted_run import GOOD, tools_over
from tests.benchmarks.agent import AtOnce, seconds, slowed
from tests.scripted_llm import Script, scripted


def test_runs_at_once_take_little_longer_than_one(library, lookup):
    async def together(count, server):
        llm = OpenAILlm(server.config(concurrency=100))
        busy = tools_over(library, lookup, llm)
        begin = asyncio.get_running_loop().time()
        await asyncio.gather(*(seconds(busy, Limits()) for _ in range(count)))
        taken = asyncio.get_running_loop().time() - begin
        await llm.close()
        return taken

    with scripted(Script(phases=slowed(0.4))) as server:
        alone = asyncio.run(together(1, server))
        assert asyncio.run(together(8, server)) < 2 * alone


def test_runs_leave_nothing_behind(library, lookup):
    tools = tools_over(library, lookup, AtOnce(GOOD))

    async def some(count):
        for _ in range(count):
            await seconds(tools, Limits())
        gc.collect()
        return len(gc.get_objects())

    async def grown():
        before = await some(10)
        return await some(20) - before

    assert asyncio.run(grown()) < 20 * 5
