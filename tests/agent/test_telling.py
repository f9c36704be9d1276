"""What is told is told whole and in order, and in words for people."""

import asyncio
from typing import get_args, get_type_hints

import pytest

from lawvault.agent.prepared import Remark
from lawvault.agent.telling import NOTES, Telling


def test_every_remark_of_a_step_has_words_for_people():
    assert set(get_args(get_type_hints(Remark)["kind"])) <= set(NOTES)


def test_what_was_begun_is_told_to_its_end_also_when_cancelled_again_and_again():
    told = []

    async def emit(kind, data):
        told.append(f"{kind} begun")
        for _ in range(5):
            await asyncio.sleep(0.005)
        told.append(f"{kind} told")

    async def work():
        tell = Telling(emit)
        await tell("plan", by="rules", questions=[])
        raise AssertionError("it was cancelled")

    async def cancelled():
        task = asyncio.create_task(work())
        for _ in range(3):
            await asyncio.sleep(0.004)
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(cancelled())

    assert told == ["plan begun", "plan told"]


def test_an_event_that_cannot_be_told_ends_the_run():
    async def emit(kind, data):
        raise OSError("the disk is full")

    async def work():
        await Telling(emit)("plan", by="rules", questions=[])

    with pytest.raises(OSError, match="full"):
        asyncio.run(work())


def test_a_note_is_told_once():
    told = []

    async def emit(kind, data):
        told.append((kind, data["message"]))

    async def work():
        tell = Telling(emit)
        for about in ("甲法第九百条", "甲法第九百条", "乙法第一条"):
            await tell.note("warning", "citation_not_found", about)

    asyncio.run(work())

    assert told == [
        ("warning", "库中没有所引条文：甲法第九百条"),
        ("warning", "库中没有所引条文：乙法第一条"),
    ]
