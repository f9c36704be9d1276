"""Many runs on a replica, and runs whose replica is another, or gone."""

import asyncio
import contextlib
import gc
import resource
import time

import pytest

from lawvault.errors import UpstreamError
from lawvault.serve.agent import runs as module
from lawvault.serve.agent.contract import Wanted, new_run_id
from lawvault.serve.agent.following import batches
from lawvault.serve.agent.runs import Runs
from lawvault.serve.contract import ApiError
from tests.serve.agent.conftest import QUESTION

WANTED = Wanted(question=QUESTION)
HIT = {
    "id": "e1",
    "trace": {"question_id": "q1", "round": 1, "how": "search", "by": "甲"},
    "article": {
        "article_id": "甲法@2020-01-01/1",
        "law_id": "甲法@2020-01-01",
        "law_name": "甲法",
        "article_number": "第一条",
        "content": "甲。",
        "status": "现行有效",
        "effective_date": "2020-01-01",
    },
}


async def finds_and_waits(wanted, emit):
    await emit("search.hit", HIT)
    await asyncio.Event().wait()


async def finds(wanted, emit):
    await emit("search.hit", HIT)
    await emit("run.completed", {"stop_reason": "no_llm"})


@contextlib.asynccontextmanager
async def replica(store, work=finds, **more):
    runs = Runs(store, work, **more)
    try:
        yield runs
    finally:
        await runs.close()


async def followed(runs, run_id, owner="anna"):
    async def agent(method, *given):
        return await getattr(runs, method)(*given)

    return [event async for events in batches(agent, owner, run_id) for event in events]


async def ended(runs, run_id, owner="anna"):
    await followed(runs, run_id, owner)
    return await runs.get(owner, run_id)


def test_a_run_is_followed_to_its_end_on_a_replica_that_does_not_work_on_it(store):
    async def both():
        run_id = new_run_id()
        async with replica(store) as here, replica(store) as there:
            await here.start("anna", run_id, WANTED)
            return await asyncio.gather(followed(here, run_id), followed(there, run_id))

    here, there = asyncio.run(both())

    assert here == there
    assert [event["seq"] for event in here] == [1, 2]


def test_a_run_is_cancelled_within_a_second_through_another_replica(store):
    async def both():
        run_id = new_run_id()
        async with replica(store, finds_and_waits) as here, replica(store) as there:
            await here.start("anna", run_id, WANTED)
            await asyncio.sleep(0.1)
            begin = time.monotonic()
            await there.cancel("anna", run_id)
            record = await ended(here, run_id)
            return record, time.monotonic() - begin

    record, seconds = asyncio.run(both())

    assert (record.state, record.stop_reason) == ("stopped", "cancelled")
    assert [one.id for one in record.report.evidence] == ["e1"]
    assert seconds < 1


def test_a_run_whose_replica_was_killed_is_ended_by_another_with_what_it_had_found(
    store, monkeypatch
):
    monkeypatch.setattr(module, "STALE_SECONDS", 0.3)
    monkeypatch.setattr(module, "BEAT_SECONDS", 0.1)

    async def killed():
        run_id = new_run_id()
        store.create("anna", run_id, WANTED.model_dump(mode="json"))
        store.append(run_id, [{"seq": 1, "time": 0.0, "kind": "search.hit", "data": HIT}])
        async with replica(store) as other:
            begin = time.monotonic()
            told = await followed(other, run_id)
            seconds = time.monotonic() - begin
            return told, await other.get("anna", run_id), seconds

    told, record, seconds = asyncio.run(killed())

    assert told[-1]["kind"] == "run.failed"
    assert (record.state, record.stop_reason) == ("failed", "interrupted")
    assert [one.id for one in record.report.evidence] == ["e1"]
    assert seconds < 2


def test_a_run_that_only_thinks_for_long_is_not_taken_for_dead(store, monkeypatch):
    monkeypatch.setattr(module, "STALE_SECONDS", 0.5)
    monkeypatch.setattr(module, "BEAT_SECONDS", 0.1)

    async def slow():
        run_id = new_run_id()
        async with replica(store, finds_and_waits) as runs, replica(store):
            await runs.start("anna", run_id, WANTED)
            await asyncio.sleep(1.2)
            return await runs.get("anna", run_id)

    assert asyncio.run(slow()).state == "running"


def test_a_replica_that_is_taken_away_ends_its_runs_at_once(store):
    async def taken_away():
        run_id = new_run_id()
        async with replica(store, finds_and_waits) as runs:
            await runs.start("anna", run_id, WANTED)
            await asyncio.sleep(0.1)
        return store.get("anna", run_id)

    run = asyncio.run(taken_away())

    assert (run.state, run.stop_reason, run.num_events) == ("failed", "interrupted", 2)


def test_starting_a_run_again_under_its_id_starts_nothing(store):
    count = 0

    async def counted(wanted, emit):
        nonlocal count
        count += 1
        await finds(wanted, emit)

    async def twice():
        run_id = new_run_id()
        async with replica(store, counted) as runs:
            await runs.start("anna", run_id, WANTED)
            await runs.start("anna", run_id, WANTED)
            with pytest.raises(ApiError, match="run_not_found"):
                await runs.start("bert", run_id, WANTED)
            await followed(runs, run_id)

    asyncio.run(twice())

    assert count == 1


def test_a_replica_that_is_full_refuses_and_leaves_room_for_other_owners(store):
    async def full():
        async with replica(store, finds_and_waits, max_runs=4) as runs:
            for _ in range(3):
                await runs.start("anna", new_run_id(), WANTED)
            with pytest.raises(ApiError, match="too_many_runs"):
                await runs.start("anna", new_run_id(), WANTED)
            await runs.start("bert", new_run_id(), WANTED)
            with pytest.raises(ApiError, match="too_many_runs"):
                await runs.start("carl", new_run_id(), WANTED)

    asyncio.run(full())


def test_events_are_kept_in_order_before_anybody_sees_them(store):
    async def many(wanted, emit):
        for number in range(300):
            await emit("report.delta", {"text": str(number)})
            if number % 50 == 0:
                await asyncio.sleep(0.01)
        await emit("run.completed", {"stop_reason": "no_llm"})

    async def watched():
        run_id, seen = new_run_id(), 0
        async with replica(store, many) as runs:
            await runs.start("anna", run_id, WANTED)
            while True:
                tail = await runs.follow("anna", run_id, seen, 5.0)
                kept = store.events("anna", run_id, after_seq=seen)
                assert kept[: len(tail.events)] == tail.events
                seen += len(tail.events)
                if tail.is_over:
                    return [event["data"].get("text") for event in store.events("anna", run_id)]

    texts = asyncio.run(watched())

    assert texts[:-1] == [str(number) for number in range(300)]


def test_a_store_that_fails_for_a_moment_loses_nothing(store, monkeypatch):
    monkeypatch.setattr("lawvault.serve.agent.recorder.AGAIN_SECONDS", 0.01)
    failures = iter([True, True, False, True, False])

    class Shaky:
        def __getattr__(self, name):
            return getattr(store, name)

        def append(self, *given):
            if next(failures, False):
                raise UpstreamError("busy")
            store.append(*given)

    async def shaken():
        run_id = new_run_id()
        async with replica(Shaky()) as runs:
            await runs.start("anna", run_id, WANTED)
            return await followed(runs, run_id)

    assert [event["kind"] for event in asyncio.run(shaken())] == ["search.hit", "run.completed"]


def test_a_run_that_was_swept_by_mistake_stops_and_changes_nothing_any_more(store):
    async def swept():
        run_id = new_run_id()
        go_on = asyncio.Event()

        async def late(wanted, emit):
            await emit("search.hit", HIT)
            await go_on.wait()
            await emit("search.hit", {**HIT, "id": "e2"})
            await asyncio.Event().wait()

        async with replica(store, late) as runs:
            await runs.start("anna", run_id, WANTED)
            while not store.get("anna", run_id).num_events:
                await asyncio.sleep(0.01)
            assert store.sweep(-1000.0) == [run_id]
            go_on.set()
            while runs.in_work:
                await asyncio.sleep(0.01)
        return store.get("anna", run_id)

    run = asyncio.run(swept())

    assert (run.state, run.stop_reason, run.num_events) == ("failed", "interrupted", 2)


async def talks_for_a_second(wanted, emit):
    for number in range(100):
        await emit("report.delta", {"text": str(number)})
        await asyncio.sleep(0.01)
    await emit("run.completed", {"stop_reason": "no_llm"})


def test_fifty_runs_at_once_are_kept_and_followed_in_less_than_twice_the_time_of_one(store):
    async def seconds_of(runs, count):
        begin = time.monotonic()
        ids = [new_run_id() for _ in range(count)]
        for run_id in ids:
            await runs.start("", run_id, WANTED)
        told = await asyncio.gather(*(followed(runs, run_id, "") for run_id in ids))
        assert {len(events) for events in told} == {101}
        return time.monotonic() - begin

    async def compared():
        async with replica(store, talks_for_a_second) as runs:
            return await seconds_of(runs, 1), await seconds_of(runs, 50)

    one, many = asyncio.run(compared())

    assert many < 2 * one


def test_hundreds_of_runs_leave_nothing_behind(store):
    async def hundreds():
        async with replica(store) as runs:
            for _ in range(15):
                await asyncio.gather(*(once(runs) for _ in range(10)))
            tasks, before = len(asyncio.all_tasks()), resource.getrusage(resource.RUSAGE_SELF)
            for _ in range(15):
                await asyncio.gather(*(once(runs) for _ in range(10)))
            after = resource.getrusage(resource.RUSAGE_SELF)
            assert runs.in_work == 0
            assert len(asyncio.all_tasks()) == tasks
            return (after.ru_maxrss - before.ru_maxrss) / 1024

    async def once(runs):
        run_id = new_run_id()
        await runs.start("", run_id, WANTED)
        await followed(runs, run_id, "")

    gc.collect()
    assert asyncio.run(hundreds()) < 10
