"""The replica of `agent` as a plain class: what it is given, and that it takes everything down."""

import asyncio
import sqlite3

import pytest

from lawvault.config.agent import AgentConfig
from lawvault.config.llm import LlmConfig
from lawvault.errors import IntegrityError
from lawvault.serve.agent.on_ray import AgentArgs, Agents


def test_a_replica_keeps_runs_in_its_store_and_closes_all_when_serve_takes_it_away(tmp_path):
    url = f"sqlite:///{tmp_path}/runs.sqlite"

    async def lived():
        agents = Agents(AgentArgs(store=url, llm=LlmConfig(), agent=AgentConfig()))
        await agents.check_health()
        page = await agents.page("anna", "", 10)
        states = [await agents.ready(), await agents.stats()]
        await agents.__del__()
        with pytest.raises(IntegrityError, match="looked after"):
            await agents.check_health()
        return page, states

    page, states = asyncio.run(lived())

    assert page.data == []
    assert states == ["ok", {"runs_in_work": 0.0}]


def test_a_store_that_cannot_be_used_is_told(tmp_path):
    url = f"sqlite:///{tmp_path}/runs.sqlite"

    async def damaged():
        agents = Agents(AgentArgs(store=url, llm=LlmConfig(), agent=AgentConfig()))
        with sqlite3.connect(tmp_path / "runs.sqlite") as other:
            other.execute("DROP TABLE events")
            other.execute("ALTER TABLE runs RENAME TO gone")
        state = await agents.ready()
        await agents.close()
        return state

    assert asyncio.run(damaged()) == "store_unavailable"
