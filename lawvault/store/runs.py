"""Runs of the agent and their events, kept so that a run can be read later and replayed.

A run is its events: numbered from 1 without gaps, never changed, added while the run is `running`.
It ends once, as completed, stopped or failed, together with its last events.  One that nobody works
on any more (its replica was killed) shows no heartbeat, and `sweep` ends it as failed with what it
had found.

Whoever asks names the owner and finds nothing of others.  The replica that works on a run made it
and names it by its id alone.  Everything here blocks: call it by `asyncio.to_thread`.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, get_args

from sqlalchemy import and_, delete, insert, select, update
from sqlalchemy import tuple_ as pair
from sqlalchemy.exc import IntegrityError as Duplicate

from lawvault.store.database import Database
from lawvault.store.json_text import json_text, parsed
from lawvault.store.run_rows import (
    FACTS,
    INTERRUPTED,
    MAX_PAGE,
    MAX_SEQ,
    RUN_ID,
    Run,
    RunConflictError,
    State,
    add_events,
    event_of,
    event_rows,
    is_run,
    locked_run,
    only_new,
    owned_run,
    page_size,
    run_of,
    set_run,
    unknown,
)
from lawvault.store.tables import EVENTS, RUNS


class RunStore:
    """The runs of all owners; threads may share it."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def create(self, owner: str, run_id: str, request: Mapping[str, Any]) -> None:
        """Keep a new run, which is `running` from now on.

        Args:
            owner: whose it is, up to 100 characters; "" where no keys are asked for.
            run_id: 32 random hex digits, after a short word if one likes (run-1f…).

        Raises:
            RunConflictError: the id is taken.
            ValueError: owner or id are not of that shape, or `request` is not JSON.
        """
        if not RUN_ID.fullmatch(run_id) or len(owner) > 100:
            raise ValueError("a run needs an id of 32 hex digits and an owner of <= 100 characters")
        now = self._clock()
        values = {
            "run_id": run_id,
            "owner": owner,
            "state": "running",
            "stop_reason": "",
            "created": now,
            "heartbeat": now,
            "num_events": 0,
            "cancel_requested": False,
            "request": json_text(request),
            "usage": "{}",
            "report": "null",
        }
        try:
            with self._database.writing() as connection:
                connection.execute(insert(RUNS), values)
        except Duplicate as error:
            raise RunConflictError(f"there is a run {run_id} already") from error

    def append(self, run_id: str, events: Sequence[Mapping[str, Any]]) -> None:
        """Keep the next events of a run, all or none; that counts as a heartbeat.

        Events that are kept already, equal in all, are passed over, so that a call whose answer was
        lost may be made again.

        Args:
            events: each {"seq", "time", "kind", "data"}; `data` is JSON.

        Raises:
            UnknownRunError: the run is not there (any more).
            RunConflictError: a number is left out or has another event, or the run has ended.
            ValueError: `data` is not JSON.
        """
        rows = event_rows(run_id, events)
        with self._database.writing() as connection:
            run = locked_run(connection, run_id)
            new = only_new(connection, run, rows)
            if not new:
                return
            if run["state"] != "running":
                raise RunConflictError(f"run {run_id} has ended ({run['state']}): nothing is added")
            add_events(connection, run, new)
            set_run(connection, run_id, heartbeat=self._clock())

    def heartbeat(self, *run_ids: str) -> None:
        """Note that the replica which works on these runs is alive; ended ones stay as they are."""
        if not run_ids:
            return
        ours = and_(RUNS.c.run_id.in_(run_ids), RUNS.c.state == "running")
        with self._database.writing() as connection:
            connection.execute(update(RUNS).where(ours), {"heartbeat": self._clock()})

    def cancel_requested(self, *run_ids: str) -> frozenset[str]:
        """Return those of the runs on which work should stop now.

        They are cancelled, have ended (swept after a long silence) or were deleted. One cheap query
        for all runs of a replica, to be asked several times a second.
        """
        if not run_ids:
            return frozenset()
        wanted = and_(
            RUNS.c.run_id.in_(run_ids),
            RUNS.c.state == "running",
            RUNS.c.cancel_requested.is_(False),
        )
        with self._database.reading() as connection:
            going_on = connection.execute(select(RUNS.c.run_id).where(wanted)).scalars()
            return frozenset(run_ids).difference(going_on)

    def finish(
        self,
        run_id: str,
        *,
        state: Literal["completed", "stopped", "failed"],
        stop_reason: str,
        report: Mapping[str, Any] | None = None,
        usage: Mapping[str, Any] | None = None,
        events: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """End a run with its last events, at once; ending it again the same way changes nothing.

        Raises:
            UnknownRunError: the run is not there (any more).
            RunConflictError: it has ended otherwise, or `events` do not follow on.
            ValueError: `report`, `usage` or an event is not JSON, or `state` is no end.
        """
        if state not in get_args(State)[1:]:
            raise ValueError(f"a run cannot end as {state!r}")
        rows = event_rows(run_id, events)
        ended = {"state": state, "stop_reason": stop_reason}
        texts = {"report": json_text(report), "usage": json_text(usage or {})}
        with self._database.writing() as connection:
            run = locked_run(connection, run_id)
            new = only_new(connection, run, rows)
            if run["state"] != "running":
                if new or any(run[name] != value for name, value in ended.items()):
                    raise RunConflictError(f"run {run_id} has ended ({run['state']}) before")
                return
            add_events(connection, run, new)
            set_run(connection, run_id, heartbeat=self._clock(), **ended, **texts)

    def sweep(self, stale_after_s: float) -> list[str]:
        """End running runs without a heartbeat for so long as failed; return their ids.

        What they found stays; a last event `run.failed` with the stop reason `interrupted` tells
        their readers. Any replica may sweep at any time; take at least three heartbeats, and more
        than the clocks of the machines may differ.
        """
        silent = and_(RUNS.c.state == "running", RUNS.c.heartbeat < self._clock() - stale_after_s)
        swept = []
        with self._database.reading() as connection:
            found = connection.execute(select(RUNS.c.run_id).where(silent)).scalars().all()
        for run_id in found:
            with self._database.writing() as connection:
                again = select(RUNS).where(RUNS.c.run_id == run_id, silent).with_for_update()
                run = connection.execute(again).mappings().first()
                if run is None:  # another replica swept it, or it is alive after all
                    continue
                last = {
                    "seq": run["num_events"] + 1,
                    "time": self._clock(),
                    "kind": "run.failed",
                    "data": {"stop_reason": INTERRUPTED},
                }
                add_events(connection, run, event_rows(run_id, [last]))
                set_run(connection, run_id, state="failed", stop_reason=INTERRUPTED)
                swept.append(run_id)
        return swept

    def get(self, owner: str, run_id: str) -> Run:
        """Return a run of this owner.

        Raises:
            UnknownRunError: it is not there, or another's.
        """
        with self._database.reading() as connection:
            return owned_run(connection, owner, run_id)

    def report(self, owner: str, run_id: str) -> dict[str, Any] | None:
        """Return what a run ended with, None while it runs or if it ended without.

        Raises:
            UnknownRunError: it is not there, or another's.
        """
        with self._database.reading() as connection:
            query = select(RUNS.c.report).where(is_run(owner, run_id))
            text = connection.execute(query).scalar_one_or_none()
        if text is None:
            raise unknown(run_id)
        report: dict[str, Any] | None = parsed(text)
        return report

    def events(
        self, owner: str, run_id: str, *, after_seq: int = 0, limit: int = MAX_PAGE
    ) -> list[dict[str, Any]]:
        """Return up to `limit` events after number `after_seq`, in order.

        Each is {"seq", "time", "kind", "data"}. Who follows a run asks `get` first: if that says
        that it has ended, the events read after it are all there will be.

        Raises:
            UnknownRunError: the run is not there, or another's.
        """
        later = and_(EVENTS.c.run_id == run_id, EVENTS.c.seq > min(after_seq, MAX_SEQ))
        query = select(EVENTS).where(later).order_by(EVENTS.c.seq).limit(page_size(limit))
        with self._database.reading() as connection:
            if (
                connection.execute(select(RUNS.c.run_id).where(is_run(owner, run_id))).first()
                is None
            ):
                raise unknown(run_id)
            return [event_of(row) for row in connection.execute(query).mappings()]

    def page(self, owner: str, *, before: str = "", limit: int = 50) -> list[Run]:
        """Return up to `limit` runs of this owner, newest first; `before`: older than this run.

        Raises:
            UnknownRunError: `before` is not there, or another's.
        """
        query = select(*FACTS).where(RUNS.c.owner == owner)
        with self._database.reading() as connection:
            if before:
                last = owned_run(connection, owner, before)
                query = query.where(pair(RUNS.c.created, RUNS.c.run_id) < (last.created, before))
            query = query.order_by(RUNS.c.created.desc(), RUNS.c.run_id.desc())
            rows = connection.execute(query.limit(page_size(limit))).mappings()
            return [run_of(row) for row in rows]

    def request_cancel(self, owner: str, run_id: str) -> None:
        """Ask the replica that works on a run to stop; asking again changes nothing.

        Raises:
            UnknownRunError: the run is not there, or another's.
            RunConflictError: it ended without being asked to.
        """
        with self._database.writing() as connection:
            running = and_(is_run(owner, run_id), RUNS.c.state == "running")
            connection.execute(update(RUNS).where(running), {"cancel_requested": True})
            run = owned_run(connection, owner, run_id)
        if not run.cancel_requested:
            raise RunConflictError(f"run {run_id} has ended ({run.state}) before")

    def delete(self, owner: str, run_id: str) -> None:
        """Remove a run with all it holds; a replica that works on it is told to stop.

        Raises:
            UnknownRunError: it is not there, or another's.
        """
        with self._database.writing() as connection:
            if not connection.execute(delete(RUNS).where(is_run(owner, run_id))).rowcount:
                raise unknown(run_id)

    def export(self, owner: str) -> Iterator[dict[str, Any]]:
        """Yield everything kept of this owner's runs, newest first, one JSON-able dict a run.

        A run that is deleted meanwhile is left out.
        """
        before = ""
        while runs := self.page(owner, before=before):
            before = runs[-1].run_id
            for run in runs:
                yield from self._exported(owner, run.run_id)

    def _exported(self, owner: str, run_id: str) -> Iterator[dict[str, Any]]:
        mine = select(EVENTS).where(EVENTS.c.run_id == run_id).order_by(EVENTS.c.seq)
        with self._database.reading() as connection:
            row = connection.execute(select(RUNS).where(is_run(owner, run_id))).mappings().first()
            if row is None:
                return
            events = [event_of(event) for event in connection.execute(mine).mappings()]
        texts = {name: parsed(row[name]) for name in ("request", "usage", "report")}
        yield {**row, **texts, "events": events}
