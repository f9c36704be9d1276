"""A run as the store keeps it: its record, its rows, and the rules they are changed by."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, insert, select, update

from lawvault.errors import LawVaultError
from lawvault.store.json_text import json_text, parsed
from lawvault.store.tables import EVENTS, RUNS

State = Literal["running", "completed", "stopped", "failed"]
INTERRUPTED = "interrupted"
"""Stop reason of a run whose replica went away."""
RUN_ID = re.compile(r"(?:[a-z]{1,12}[-_])?[0-9a-f]{32}")
FACTS = [column for column in RUNS.columns if column.name != "report"]
MAX_PAGE = 1000
MAX_SEQ = 2**31 - 1


class UnknownRunError(LawVaultError):
    """There is no such run, or it is another owner's; nobody is told which."""


class RunConflictError(LawVaultError):
    """What is asked contradicts what is kept: another event of that number, a run that ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What is known of a run beside its events and its report; times in seconds since 1970."""

    run_id: str
    owner: str
    state: State
    stop_reason: str  # empty while running
    created: float
    heartbeat: float  # when its replica was last heard of
    num_events: int
    cancel_requested: bool
    request: dict[str, Any]
    usage: dict[str, Any]


def is_run(owner: str, run_id: str) -> ColumnElement[bool]:
    """Return the condition that a row is this run and this owner's.

    Raises:
        UnknownRunError: no run can have such an id.
    """
    if not RUN_ID.fullmatch(run_id):
        raise unknown(run_id)
    return and_(RUNS.c.owner == owner, RUNS.c.run_id == run_id)


def unknown(run_id: str) -> UnknownRunError:
    """Return the error that says so, and only so."""
    return UnknownRunError(f"there is no run {run_id[:64]!a}")


def owned_run(connection: Connection, owner: str, run_id: str) -> Run:
    """Return a run of this owner.

    Raises:
        UnknownRunError: it is not there, or another's.
    """
    row = connection.execute(select(*FACTS).where(is_run(owner, run_id))).mappings().first()
    if row is None:
        raise unknown(run_id)
    return run_of(row)


def locked_run(connection: Connection, run_id: str) -> RowMapping:
    """Return a run that nobody else changes before this transaction ends.

    Raises:
        UnknownRunError: it is not there.
    """
    query = select(*FACTS).where(RUNS.c.run_id == run_id).with_for_update()
    row = connection.execute(query).mappings().first()
    if row is None:
        raise unknown(run_id)
    return row


def run_of(row: RowMapping) -> Run:
    """Return the record that a row holds."""
    return Run(**{**row, "request": parsed(row["request"]), "usage": parsed(row["usage"])})


def event_of(row: RowMapping) -> dict[str, Any]:
    """Return the event that a row holds, as it was given."""
    facts = {name: row[name] for name in ("seq", "time", "kind")}
    return {**facts, "data": parsed(row["data"])}


def event_rows(run_id: str, events: Sequence[Mapping[str, Any]]) -> Sequence[dict[str, Any]]:
    """Return the rows of events.

    Raises:
        ValueError: `data` is not JSON.
    """
    return [
        {
            "run_id": run_id,
            "seq": event["seq"],
            "time": float(event["time"]),
            "kind": event["kind"],
            "data": json_text(event["data"]),
        }
        for event in events
    ]


def only_new(
    connection: Connection, run: RowMapping, rows: Sequence[dict[str, Any]]
) -> Sequence[dict[str, Any]]:
    """Return the rows that are not kept yet, after comparing the others with what is kept.

    Raises:
        RunConflictError: a number has another event already, or one before it is left out.
    """
    kept = [row for row in rows if row["seq"] <= run["num_events"]]
    new = [row for row in rows if row["seq"] > run["num_events"]]
    if kept:
        seqs = [row["seq"] for row in kept]
        query = select(EVENTS).where(EVENTS.c.run_id == run["run_id"], EVENTS.c.seq.in_(seqs))
        found = {row["seq"]: dict(row) for row in connection.execute(query).mappings()}
        if wrong := [row["seq"] for row in kept if found.get(row["seq"]) != row]:
            raise RunConflictError(f"run {run['run_id']} has another event {wrong[0]}")
    for expected, row in enumerate(new, start=run["num_events"] + 1):
        if row["seq"] != expected:
            raise RunConflictError(
                f"run {run['run_id']}: event {expected} must come before event {row['seq']}"
            )
    return new


def add_events(connection: Connection, run: RowMapping, rows: Sequence[dict[str, Any]]) -> None:
    """Keep rows that `only_new` let through."""
    if not rows:
        return
    connection.execute(insert(EVENTS), list(rows))
    set_run(connection, run["run_id"], num_events=run["num_events"] + len(rows))


def page_size(limit: int) -> int:
    """Return how many rows are read for a caller who wants `limit`."""
    return max(1, min(limit, MAX_PAGE))


def set_run(connection: Connection, run_id: str, **values: object) -> None:
    """Change columns of a run."""
    connection.execute(update(RUNS).where(RUNS.c.run_id == run_id), values)
