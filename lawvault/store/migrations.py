"""How the tables of the user store came to be: numbered steps that only go forward.

A step that was released is never changed; a change of the tables is a new step at the end, and
`lawvault/store/tables.py` says what comes out of all of them.  Each step is one transaction, with
its number written in the same one.  The SQL is what SQLite and PostgreSQL both understand.
"""

import time

from sqlalchemy import Connection, inspect, text

from lawvault.errors import IntegrityError

Migration = tuple[str, ...]

MIGRATIONS: tuple[Migration, ...] = (
    (  # 1: runs of the agent and their events
        """
        CREATE TABLE runs (
            run_id VARCHAR(64) NOT NULL PRIMARY KEY,
            owner VARCHAR(100) NOT NULL,
            state VARCHAR(16) NOT NULL
                CHECK (state IN ('running', 'completed', 'stopped', 'failed')),
            stop_reason VARCHAR(64) NOT NULL,
            created DOUBLE PRECISION NOT NULL,
            heartbeat DOUBLE PRECISION NOT NULL,
            num_events INTEGER NOT NULL,
            cancel_requested BOOLEAN NOT NULL,
            request TEXT NOT NULL,
            usage TEXT NOT NULL,
            report TEXT NOT NULL
        )
        """,
        "CREATE INDEX runs_of_owner ON runs (owner, created, run_id)",
        "CREATE INDEX runs_by_heartbeat ON runs (state, heartbeat)",
        """
        CREATE TABLE events (
            run_id VARCHAR(64) NOT NULL REFERENCES runs (run_id) ON DELETE CASCADE,
            seq INTEGER NOT NULL,
            time DOUBLE PRECISION NOT NULL,
            kind VARCHAR(64) NOT NULL,
            data TEXT NOT NULL,
            PRIMARY KEY (run_id, seq)
        )
        """,
    ),
)
LOCK = 0x1A3  # any number, the same in every process: PostgreSQL lets one of them migrate at a time


def migrate(connection: Connection, version: int, migration: Migration, *, newest: int) -> None:
    """Take the step to `version` unless it was taken, inside the caller's writing transaction.

    Raises:
        IntegrityError: the store is of a version that this LawVault, which knows `newest`, does
            not know, or it is a SQLite file of something else.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    elif "schema_version" not in (names := inspect(connection).get_table_names()) and names:
        raise IntegrityError("the store is a database of something else; nothing was changed")
    connection.execute(
        text(
            "CREATE TABLE IF NOT EXISTS schema_version "
            "(version INTEGER NOT NULL PRIMARY KEY, applied DOUBLE PRECISION NOT NULL)"
        )
    )
    found = connection.execute(text("SELECT MAX(version) FROM schema_version")).scalar() or 0
    if found > newest:
        raise IntegrityError(
            f"the store is of version {found}, written by a newer LawVault; this one knows "
            f"version {newest}: update it. Nothing was changed"
        )
    if found >= version:
        return
    for statement in migration:
        connection.execute(text(statement))
    connection.execute(
        text("INSERT INTO schema_version (version, applied) VALUES (:version, :applied)"),
        {"version": version, "applied": time.time()},
    )
