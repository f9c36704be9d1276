"""What is kept of a run comes back as it was, to its owner only, and nothing ends it twice."""

import gc
import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lawvault.store.database import Database
from lawvault.store.run_rows import INTERRUPTED, RunConflictError, UnknownRunError
from lawvault.store.runs import RunStore


def new_id() -> str:
    return secrets.token_hex(16)


def event(seq: int, text: str = "劳动合同法第三十八条", kind: str = "search.hit") -> dict:
    return {"seq": seq, "time": 1.5 + seq, "kind": kind, "data": {"text": text}}


def started(runs: RunStore, owner: str = "a", events: int = 0) -> str:
    run_id = new_id()
    runs.create(owner, run_id, {"question": "公司不发工资怎么办？"})
    runs.append(run_id, [event(seq) for seq in range(1, events + 1)])
    return run_id


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_new_run_is_running_and_holds_what_was_asked(database):
    clock = Clock()
    run_id = started(RunStore(database, clock=clock), "a")

    run = RunStore(database).get("a", run_id)

    assert (run.run_id, run.owner, run.state, run.stop_reason) == (run_id, "a", "running", "")
    assert (run.created, run.heartbeat, run.num_events) == (1000.0, 1000.0, 0)
    assert (run.request, run.usage) == ({"question": "公司不发工资怎么办？"}, {})
    assert not run.cancel_requested


@pytest.mark.parametrize("run_id", ["", "1", "../x", "g" * 32, "a" * 31, "A" * 32, "a" * 32 + "\n"])
def test_an_id_that_nobody_could_have_drawn_is_refused_and_never_found(runs, run_id):
    with pytest.raises(ValueError, match="32 hex digits"):
        runs.create("a", run_id, {})
    with pytest.raises(UnknownRunError):
        runs.get("a", run_id)


@pytest.mark.parametrize("run_id", ["\0" * 32, "\ud800", "1' OR '1'='1", "a" * 100_000])
def test_no_text_in_place_of_an_id_reaches_the_database(runs, run_id):
    for ask in (runs.get, runs.events, runs.report, runs.delete, runs.request_cancel):
        with pytest.raises(UnknownRunError) as told:
            ask("a", run_id)
        assert len(str(told.value)) < 1000


def test_a_word_may_stand_before_the_id(runs):
    run_id = f"run-{new_id()}"
    runs.create("", run_id, {})

    assert runs.get("", run_id).run_id == run_id


def test_an_id_is_taken_once_for_all_owners(runs):
    run_id = started(runs, "a")

    with pytest.raises(RunConflictError):
        runs.create("b", run_id, {})
    assert runs.get("a", run_id).owner == "a"


def test_events_come_back_in_order_from_where_one_left_off(runs):
    run_id = started(runs, events=7)

    assert runs.events("a", run_id) == [event(seq) for seq in range(1, 8)]
    assert [e["seq"] for e in runs.events("a", run_id, after_seq=3, limit=2)] == [4, 5]
    assert runs.events("a", run_id, after_seq=7) == []
    assert runs.events("a", run_id, after_seq=10**30) == []
    assert len(runs.events("a", run_id, after_seq=-(10**9), limit=10**9)) == 7
    assert runs.get("a", run_id).num_events == 7


def test_the_same_events_may_be_added_again(runs):
    run_id = started(runs, events=3)

    runs.append(run_id, [event(2), event(3), event(4)])
    runs.append(run_id, [])

    assert [e["seq"] for e in runs.events("a", run_id)] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "wrong",
    [
        [event(3, "another text")],
        [event(3, kind="plan")],
        [{**event(3), "time": 9.0}],
        [event(4), event(6)],
        [event(5)],
        [event(0)],
        [event(4), event(4, "another text")],
    ],
)
def test_another_event_of_a_number_or_a_gap_is_refused_and_nothing_of_the_call_is_kept(runs, wrong):
    run_id = started(runs, events=3)

    with pytest.raises(RunConflictError):
        runs.append(run_id, wrong)
    assert runs.events("a", run_id) == [event(1), event(2), event(3)]


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, b"x"])
def test_what_is_not_json_is_refused(runs, value):
    run_id = started(runs)

    with pytest.raises(ValueError, match="JSON"):
        runs.append(run_id, [{**event(1), "data": {"value": value}}])
    assert runs.events("a", run_id) == []


texts = st.text(st.characters(codec=None), max_size=20)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.dictionaries(texts, values, max_size=4))
def test_every_value_of_json_comes_back_as_it_was(runs, data):
    run_id = new_id()
    runs.create("a", run_id, data)
    given_event = {"seq": 1, "time": 1.0, "kind": "plan", "data": data}
    runs.append(run_id, [given_event])
    runs.append(run_id, [given_event])
    runs.finish(run_id, state="completed", stop_reason="all_sufficient", report=data, usage=data)

    run = runs.get("a", run_id)
    assert runs.events("a", run_id)[0]["data"] == data
    assert run.request == run.usage == runs.report("a", run_id) == data


def test_a_run_ends_once_with_its_report_and_last_events(runs):
    run_id = started(runs, events=2)
    end = {"state": "completed", "stop_reason": "all_sufficient", "report": {"text": "结论"}}

    runs.finish(run_id, **end, usage={"tokens": 7}, events=[event(3, kind="run.completed")])
    runs.finish(run_id, **end, usage={"tokens": 7}, events=[event(3, kind="run.completed")])

    run = runs.get("a", run_id)
    assert (run.state, run.stop_reason, run.num_events) == ("completed", "all_sufficient", 3)
    assert run.usage == {"tokens": 7}
    assert runs.report("a", run_id) == {"text": "结论"}
    assert runs.events("a", run_id)[-1]["kind"] == "run.completed"


def test_a_run_that_ended_takes_no_more(runs):
    run_id = started(runs, events=1)
    runs.finish(run_id, state="stopped", stop_reason="deadline")

    runs.append(run_id, [event(1)])  # a repeat is no news
    with pytest.raises(RunConflictError, match="stopped"):
        runs.append(run_id, [event(2)])
    with pytest.raises(RunConflictError, match="stopped"):
        runs.finish(run_id, state="completed", stop_reason="all_sufficient")
    with pytest.raises(RunConflictError):
        runs.finish(run_id, state="stopped", stop_reason="deadline", events=[event(2)])
    with pytest.raises(ValueError, match="running"):
        runs.finish(run_id, state="running", stop_reason="")
    assert (runs.get("a", run_id).state, runs.report("a", run_id)) == ("stopped", None)


def test_a_wish_to_cancel_reaches_the_replica_that_works_on_the_run(runs):
    kept, cancelled = started(runs), started(runs)

    assert runs.cancel_requested(kept, cancelled) == frozenset()
    runs.request_cancel("a", cancelled)
    runs.request_cancel("a", cancelled)

    assert runs.cancel_requested(kept, cancelled) == {cancelled}
    assert runs.get("a", cancelled).cancel_requested
    assert runs.get("a", cancelled).state == "running"
    assert runs.cancel_requested() == frozenset()


def test_cancelling_again_after_the_stop_is_fine_and_after_another_end_is_a_conflict(runs):
    stopped, completed = started(runs), started(runs)
    runs.request_cancel("a", stopped)
    runs.finish(stopped, state="stopped", stop_reason="cancelled")
    runs.finish(completed, state="completed", stop_reason="all_sufficient")

    runs.request_cancel("a", stopped)
    with pytest.raises(RunConflictError, match="completed"):
        runs.request_cancel("a", completed)
    assert not runs.get("a", completed).cancel_requested


def test_work_on_a_run_that_ended_or_is_gone_should_stop(runs):
    ended, gone = started(runs), started(runs)
    runs.finish(ended, state="failed", stop_reason="llm_error")
    runs.delete("a", gone)

    assert runs.cancel_requested(ended, gone) == {ended, gone}


def test_runs_without_a_heartbeat_end_as_failed_and_keep_what_they_found(database):
    clock = Clock()
    runs = RunStore(database, clock=clock)
    silent, beating, adding, ended = (started(runs, events=2) for _ in range(4))
    runs.finish(ended, state="completed", stop_reason="all_sufficient")
    clock.now += 100
    runs.heartbeat(beating, ended)
    runs.append(adding, [event(3)])

    assert runs.sweep(90) == [silent]
    assert runs.sweep(90) == []

    run = runs.get("a", silent)
    assert (run.state, run.stop_reason, run.num_events) == ("failed", INTERRUPTED, 3)
    assert runs.events("a", silent)[:2] == [event(1), event(2)]
    assert runs.events("a", silent)[2]["kind"] == "run.failed"
    assert [runs.get("a", run_id).state for run_id in (beating, adding)] == ["running"] * 2
    assert runs.get("a", ended).state == "completed"
    assert runs.cancel_requested(silent) == {silent}


def test_two_replicas_that_sweep_at_once_end_each_run_once(database):
    clock = Clock()
    runs = RunStore(database, clock=clock)
    ids = [started(runs) for _ in range(20)]
    clock.now += 100

    with ThreadPoolExecutor(4) as pool:
        swept = [run_id for found in pool.map(runs.sweep, [90] * 4) for run_id in found]

    assert sorted(swept) == sorted(ids)
    assert {runs.get("a", run_id).num_events for run_id in ids} == {1}


def test_a_page_of_runs_goes_on_where_the_last_one_ended(database):
    clock = Clock()
    runs = RunStore(database, clock=clock)
    ids = []
    for number in range(7):
        clock.now += number % 2  # some are of the same moment
        ids.append(started(runs))

    first = runs.page("a", limit=3)
    second = runs.page("a", before=first[-1].run_id, limit=3)
    third = runs.page("a", before=second[-1].run_id, limit=3)

    seen = [run.run_id for run in first + second + third]
    assert sorted(seen) == sorted(ids)
    assert [run.created for run in first + second + third] == sorted(
        (run.created for run in first + second + third), reverse=True
    )
    with pytest.raises(UnknownRunError):
        runs.page("a", before=new_id())


def test_nothing_of_one_owner_is_found_by_another(runs):
    canary = f"canary {new_id()}"
    theirs = new_id()
    runs.create("a", theirs, {"question": canary})
    runs.append(theirs, [event(1, canary)])
    runs.finish(theirs, state="stopped", stop_reason="deadline", report={"text": canary})
    mine = {owner: started(runs, owner) for owner in ("b", "", "A", "a ")}

    for owner, run_id in mine.items():
        for ask in (runs.get, runs.events, runs.report, runs.request_cancel, runs.delete):
            with pytest.raises(UnknownRunError) as told:
                ask(owner, theirs)
            with pytest.raises(UnknownRunError) as missing:
                ask(owner, "0" * 32)
            assert str(told.value).replace(theirs, "") == str(missing.value).replace("0" * 32, "")
        with pytest.raises(UnknownRunError):
            runs.page(owner, before=theirs)
        assert [run.run_id for run in runs.page(owner)] == [run_id]
        assert canary not in str(list(runs.export(owner)))
    assert canary in str(list(runs.export("a")))
    assert runs.get("a", theirs).state == "stopped"


def test_an_export_holds_everything_and_nothing_deleted(runs):
    old, new = started(runs, events=2), started(runs, events=1)
    runs.finish(old, state="completed", stop_reason="all_sufficient", report={"text": "结论"})

    exported = {run["run_id"]: run for run in runs.export("a")}

    assert set(exported) == {old, new}
    assert exported[old]["events"] == [event(1), event(2)]
    assert exported[old]["report"] == {"text": "结论"}
    assert exported[new]["request"] == {"question": "公司不发工资怎么办？"}
    runs.delete("a", old)
    assert [run["run_id"] for run in runs.export("a")] == [new]


def test_a_deleted_run_is_gone_with_its_events_and_takes_no_more(runs, database):
    run_id = started(runs, events=3)

    runs.delete("a", run_id)

    with pytest.raises(UnknownRunError):
        runs.delete("a", run_id)
    with pytest.raises(UnknownRunError):
        runs.append(run_id, [event(4)])
    with pytest.raises(UnknownRunError):
        runs.finish(run_id, state="completed", stop_reason="all_sufficient")
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT COUNT(*) FROM events").scalar() == 0


def test_the_text_of_a_deleted_run_is_no_longer_in_any_file(file_url):
    database = Database.open(file_url)
    runs = RunStore(database)
    run_id = started(runs)
    runs.append(run_id, [event(1, "canary of the deleted " * 500)])
    folder = Path(file_url.removeprefix("sqlite:///")).parent
    assert any(b"canary of the deleted" in path.read_bytes() for path in folder.iterdir())

    runs.delete("a", run_id)
    database.close()

    assert [p for p in folder.iterdir() if b"canary of the deleted" in p.read_bytes()] == []


def test_threads_that_write_and_read_at_once_lose_nothing(runs):
    ids = [started(runs) for _ in range(8)]

    def work(run_id: str) -> None:
        for seq in range(1, 31):
            runs.append(run_id, [event(seq)])
            assert len(runs.events("a", run_id)) == seq

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, ids))

    assert {run.num_events for run in runs.page("a")} == {30}


@pytest.mark.parametrize("number", [150, pytest.param(1000, marks=pytest.mark.chaos)])
def test_many_runs_leave_no_memory_and_no_open_files_behind(file_url, number):
    database = Database.open(file_url)
    runs = RunStore(database)

    def work(number: int) -> tuple[int, int]:
        for _ in range(number):
            run_id = started(runs, events=5)
            runs.events("a", run_id)
            runs.finish(run_id, state="completed", stop_reason="all_sufficient")
        gc.collect()
        pages = Path("/proc/self/statm").read_text().split()[1]
        return len(list(Path("/proc/self/fd").iterdir())), int(pages) * os.sysconf("SC_PAGE_SIZE")

    files, memory = work(50)
    files_after, memory_after = work(number)

    assert files_after == files
    assert memory_after - memory < 4 << 20
    database.close()
