"""The replica of `writer` as a plain class: what it is given, and that it takes everything down."""

import asyncio
import sqlite3

import pytest

from lawvault.config.llm import LlmConfig
from lawvault.errors import IntegrityError
from lawvault.serve.writer.on_ray import WriterArgs, Writers


def test_a_replica_keeps_drafts_in_its_store_and_closes_all_when_serve_takes_it_away(tmp_path):
    url = f"sqlite:///{tmp_path}/store.sqlite"

    async def lived():
        writers = Writers(WriterArgs(store=url, llm=LlmConfig()))
        await writers.check_health()
        page = await writers.drafts("page", "anna", "", 10)
        states = [await writers.ready(), await writers.stats()]
        await writers.__del__()
        with pytest.raises(IntegrityError, match="looked after"):
            await writers.check_health()
        return page, states

    page, states = asyncio.run(lived())

    assert page.data == []
    assert states == ["ok", {"drafts_in_work": 0.0}]


def test_a_store_that_cannot_be_used_is_told(tmp_path):
    url = f"sqlite:///{tmp_path}/store.sqlite"

    async def damaged():
        writers = Writers(WriterArgs(store=url, llm=LlmConfig()))
        with sqlite3.connect(tmp_path / "store.sqlite") as other:
            other.execute("ALTER TABLE drafts RENAME TO gone")
        state = await writers.ready()
        await writers.close()
        return state

    assert asyncio.run(damaged()) == "store_unavailable"
