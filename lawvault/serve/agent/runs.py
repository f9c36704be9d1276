"""The runs of one replica: started, followed, cancelled, and never forgotten in the store.

A run goes on without whoever started it, and is followed from any replica: by the one that works on
it from its memory, by others from the store.  The replica shows that it is alive by a heartbeat;
every replica ends the runs whose replica shows none any more.
"""

import asyncio
import functools
import logging
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NoReturn

from lawvault.agent.budget import Limits
from lawvault.agent.nouns import Corpus, Event, Outcome, SearchUnavailable
from lawvault.agent.replay import replay
from lawvault.agent.telling import Emit
from lawvault.errors import LawVaultError
from lawvault.serve.agent.contract import (
    MAX_EVENTS,
    EvidenceAnswer,
    RunPage,
    RunRecord,
    RunReport,
    Tail,
    Wanted,
)
from lawvault.serve.agent.recorder import End, Recorder
from lawvault.serve.agent.records import record_of, told
from lawvault.serve.agent.work import check_bounds
from lawvault.serve.contract import ApiError
from lawvault.store.run_rows import INTERRUPTED, Run, RunConflictError, UnknownRunError
from lawvault.store.runs import RunStore

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.25
"""Between two looks for runs that somebody cancelled, and for events of runs elsewhere."""
BEAT_SECONDS = 5.0
STALE_SECONDS = 30.0
"""After so much silence of its replica a run is ended by another."""
THREADS = 8
CANCELLED = "cancelled"
CLOSING_SECONDS = 5.0

Work = Callable[[Wanted, Emit], Awaitable[object]]
"""Does what a run was asked for, and tells all of it as events; cancelled, it tells that, too."""


@dataclass(kw_only=True)
class Live:
    """A run that this replica works on."""

    owner: str
    recorder: Recorder
    work: asyncio.Task[str]
    is_stopped: bool = False

    def stop(self) -> None:
        """Cancel the work, but not its tidying up."""
        if not self.is_stopped:
            self.is_stopped = True
            self.work.cancel()


class Runs:
    """All runs of a replica; made inside its event loop.

    Raises of all methods about one run:
        ApiError: it is not there, or another owner's (404); the store cannot be used now (503).
    """

    def __init__(
        self,
        store: RunStore,
        work: Work,
        *,
        max_runs: int = 100,
        limits: Limits | None = None,
        corpus: Callable[[], Awaitable[Corpus]] | None = None,
    ) -> None:
        """Work on up to `max_runs` at once, of one owner three quarters of them.

        Args:
            limits: the most that a run may ask for.
            corpus: says which law is served now.
        """
        self._limits, self._corpus = limits or Limits(), corpus
        self._store, self._work, self._max_runs = store, work, max_runs
        self._threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="store")
        self._live: dict[str, Live] = {}
        self._carried: set[asyncio.Task[None]] = set()
        self._is_closing = False
        self._tending = asyncio.get_running_loop().create_task(self._tend())

    @property
    def in_work(self) -> int:
        """How many runs this replica works on."""
        return len(self._live)

    async def state(self) -> str:
        """Return `ok`, or a word for why runs cannot be kept."""
        try:
            await self._stored(self._store.cancel_requested, "")
        except ApiError as error:
            return error.code
        return "ok"

    @property
    def is_tended(self) -> bool:
        """Whether heartbeats and cancellations are still looked after."""
        return not self._tending.done()

    async def start(self, owner: str, run_id: str, wanted: Wanted) -> None:
        """Begin a run; of one that was begun already, nothing changes.

        Raises:
            ApiError: too many are in work (429), or it asks for more than it may spend (400).
        """
        check_bounds(self._limits, wanted.bounds)
        self._check_room(owner)
        try:
            await self._stored(self._store.create, owner, run_id, wanted.model_dump(mode="json"))
        except ApiError as error:
            if error.status != 409:
                raise
            await self.get(owner, run_id)  # the same call, made again
            return
        recorder = Recorder(
            run_id, self._store, self._in_thread, lost=functools.partial(self._stop, run_id)
        )
        work = asyncio.create_task(_worked(self._work, wanted, recorder))
        live = self._live[run_id] = Live(owner=owner, recorder=recorder, work=work)
        carried = asyncio.create_task(self._carry(run_id, live))
        self._carried.add(carried)
        carried.add_done_callback(self._carried.discard)

    async def follow(self, owner: str, run_id: str, after: int, wait_s: float) -> Tail:
        """Return what happened after event `after`, at the latest after `wait_s` seconds.

        Raises:
            ApiError: `after` is more than has happened (404).
        """
        until = time.monotonic() + wait_s
        while True:
            tail = self._at_hand(owner, run_id, after) or await self._read(owner, run_id, after)
            left = until - time.monotonic()
            if tail.events or tail.is_over or left <= 0:
                return tail
            live = self._live.get(run_id)
            if live is None:
                await asyncio.sleep(min(left, LOOK_SECONDS))
            elif len(live.recorder.kept) <= after:
                await live.recorder.news(left)

    async def get(self, owner: str, run_id: str) -> RunRecord:
        """Return a run, with its report once it has ended."""
        run: Run = await self._stored(self._store.get, owner, run_id)
        if run.state == "running":
            return record_of(run)
        kept = await self._stored(self._store.report, owner, run_id)
        if kept is not None:
            report = RunReport.model_validate(kept)
        else:  # it was swept
            report = RunReport.of(await self._replayed(owner, run_id))
        return record_of(run, report, law_changed=await self._has_changed(report.corpus))

    async def page(self, owner: str, before: str, limit: int) -> RunPage:
        """Return runs without their reports, newest first."""
        found: list[Run] = await self._stored(
            self._store.page, owner, before=before, limit=limit + 1
        )
        shown = [record_of(run) for run in found[:limit]]
        return RunPage(data=shown, next=shown[-1].id if len(found) > limit else None)

    async def events(self, owner: str, run_id: str) -> list[dict[str, Any]]:
        """Return all events that are kept of a run."""
        events: list[dict[str, Any]] = []
        while True:
            more = await self._stored(self._store.events, owner, run_id, after_seq=len(events))
            if not more:
                return events
            events += more

    async def evidence(self, owner: str, run_id: str) -> EvidenceAnswer:
        """Return what a run has found until now, whether or not it ended well."""
        run: Run = await self._stored(self._store.get, owner, run_id)
        found = await self._replayed(owner, run_id)
        return EvidenceAnswer(run_id=run_id, state=run.state, data=list(found.evidence))

    async def cancel(self, owner: str, run_id: str) -> None:
        """Stop a run, keeping what it has found; again, nothing changes.

        Raises:
            ApiError: it ended by itself before (409).
        """
        await self._stored(self._store.request_cancel, owner, run_id)
        self._stop(run_id)

    async def delete(self, owner: str, run_id: str) -> None:
        """Remove a run and all it holds; work on it stops."""
        await self._stored(self._store.delete, owner, run_id)
        self._stop(run_id)

    async def close(self) -> None:
        """End all runs as interrupted, with what they have found."""
        self._is_closing = True
        self._tending.cancel()
        for live in list(self._live.values()):
            live.stop()
        if self._carried:
            await asyncio.wait(self._carried, timeout=CLOSING_SECONDS)
        self._threads.shutdown(wait=False)

    async def _has_changed(self, corpus: Corpus | None) -> bool | None:
        """Return whether another law is served now; None where nobody can say."""
        if corpus is None or self._corpus is None:
            return None
        try:
            now = await self._corpus()
        except ApiError:
            return None
        return now.sha256 != corpus.sha256

    async def _replayed(self, owner: str, run_id: str) -> Outcome:
        events = await self.events(owner, run_id)
        return replay(Event(run_id=run_id, **event) for event in events)

    def _check_room(self, owner: str) -> None:
        share = max(1, self._max_runs - self._max_runs // 4)
        of_owner = sum(live.owner == owner for live in self._live.values())
        if len(self._live) >= self._max_runs or (owner and of_owner >= share):
            raise ApiError(429, "too_many_runs", "正在进行的任务太多，请稍后重试")

    def _stop(self, run_id: str) -> None:
        if run_id in self._live:
            self._live[run_id].stop()

    def _at_hand(self, owner: str, run_id: str, after: int) -> Tail | None:
        """Return what is in memory; None where only the store can say."""
        live = self._live.get(run_id)
        if live is None or live.owner != owner or after > len(live.recorder.kept):
            return None
        return Tail(events=live.recorder.kept[after : after + MAX_EVENTS], is_over=False)

    async def _read(self, owner: str, run_id: str, after: int) -> Tail:
        run: Run = await self._stored(self._store.get, owner, run_id)
        if after > run.num_events:
            raise ApiError(404, "event_not_found", f"此任务没有第 {after} 号事件")
        events = await self._stored(
            self._store.events, owner, run_id, after_seq=after, limit=MAX_EVENTS
        )
        is_whole = run.state != "running" and after + len(events) >= run.num_events
        return Tail(events=events, is_over=is_whole)

    async def _carry(self, run_id: str, live: Live) -> None:
        """See a run to its end."""
        await asyncio.wait({live.work})
        try:
            await live.recorder.finish(*self._end_of(live))
        except (UnknownRunError, RunConflictError) as error:
            log.info("agent: %s", error)
        except LawVaultError as error:  # the sweep of a replica that can ends it
            log.error("agent: the end of %s is not kept: %s", run_id, error)
        finally:
            del self._live[run_id]
            live.recorder.wake()

    def _end_of(self, live: Live) -> tuple[End, str]:
        """Return how a run ended, and why: as it told itself, if it did."""
        if self._is_closing:
            return "failed", INTERRUPTED
        outcome = live.recorder.story.outcome()
        if outcome.state != "running":
            return outcome.state, outcome.stop_reason or ""
        if live.work.cancelled():  # before it had begun
            return "stopped", CANCELLED
        reason = live.work.result()
        return ("stopped" if reason == CANCELLED else "failed"), reason

    async def _tend(self) -> NoReturn:
        beaten = float("-inf")
        while True:
            try:
                ids = list(self._live)
                for run_id in await self._in_thread(self._store.cancel_requested, *ids):
                    self._stop(run_id)
                if time.monotonic() - beaten > BEAT_SECONDS:
                    beaten = time.monotonic()
                    await self._in_thread(self._store.heartbeat, *ids)
                    await self._sweep()
            except LawVaultError as error:
                log.warning("agent: the runs are not looked after: %s", error)
            await asyncio.sleep(LOOK_SECONDS)

    async def _sweep(self) -> None:
        for run_id in await self._in_thread(self._store.sweep, STALE_SECONDS):
            log.warning("agent: %s has lost its replica and is ended", run_id)

    async def _stored(self, work: Callable[..., Any], *given: object, **named: object) -> Any:  # noqa: ANN401 - as `work` does
        with told():
            return await self._in_thread(work, *given, **named)

    async def _in_thread(self, work: Callable[..., Any], *given: object, **named: object) -> Any:  # noqa: ANN401 - as `work` does
        asked = functools.partial(work, *given, **named)
        return await asyncio.get_running_loop().run_in_executor(self._threads, asked)


async def _worked(work: Work, wanted: Wanted, recorder: Recorder) -> str:
    """Work, and return why that ended if the run has not told so itself."""
    try:
        await work(wanted, recorder.emit)
    except asyncio.CancelledError:
        return CANCELLED
    except ApiError as error:
        return error.code
    except SearchUnavailable as error:
        log.warning("agent: %s", error)
        return "search_unavailable"
    except Exception:  # the boundary of a run: nobody else would see it fail
        log.exception("agent: a run failed")
    return "internal_error"
