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
    (  # 2: what people keep for writing: folders to drafts
        """
        CREATE TABLE folders (
            folder_id VARCHAR(64) NOT NULL PRIMARY KEY,
            owner VARCHAR(100) NOT NULL,
            parent_id VARCHAR(64) NOT NULL,
            name VARCHAR(200) NOT NULL,
            created DOUBLE PRECISION NOT NULL,
            updated DOUBLE PRECISION NOT NULL,
            UNIQUE (owner, parent_id, name)
        )
        """,
        """
        CREATE TABLE materials (
            material_id VARCHAR(64) NOT NULL PRIMARY KEY,
            owner VARCHAR(100) NOT NULL,
            source VARCHAR(600) NOT NULL,
            folder_id VARCHAR(64) NOT NULL,
            position BIGINT NOT NULL,
            kind VARCHAR(16) NOT NULL CHECK (kind IN ('article', 'passage', 'note', 'law')),
            article_id VARCHAR(500) NOT NULL,
            law_id VARCHAR(500) NOT NULL,
            law_name VARCHAR(500) NOT NULL,
            article_number VARCHAR(100) NOT NULL,
            span_start INTEGER,
            span_end INTEGER,
            title VARCHAR(500) NOT NULL,
            text TEXT NOT NULL,
            sha256 VARCHAR(64) NOT NULL,
            created DOUBLE PRECISION NOT NULL,
            updated DOUBLE PRECISION NOT NULL,
            UNIQUE (owner, source)
        )
        """,
        "CREATE INDEX materials_in_folder ON materials (owner, folder_id, position, material_id)",
        "CREATE INDEX materials_of_owner ON materials (owner, created, material_id)",
        """
        CREATE TABLE favourites (
            owner VARCHAR(100) NOT NULL,
            kind VARCHAR(16) NOT NULL CHECK (kind IN ('article', 'law')),
            ref_id VARCHAR(500) NOT NULL,
            created DOUBLE PRECISION NOT NULL,
            PRIMARY KEY (owner, kind, ref_id)
        )
        """,
        """
        CREATE TABLE history (
            history_id VARCHAR(64) NOT NULL PRIMARY KEY,
            owner VARCHAR(100) NOT NULL,
            kind VARCHAR(16) NOT NULL CHECK (kind IN ('ask', 'search', 'draft')),
            text TEXT NOT NULL,
            ref_id VARCHAR(500) NOT NULL,
            created DOUBLE PRECISION NOT NULL
        )
        """,
        "CREATE INDEX history_of_owner ON history (owner, created, history_id)",
        """
        CREATE TABLE templates (
            template_id VARCHAR(64) NOT NULL PRIMARY KEY,
            owner VARCHAR(100) NOT NULL,
            name VARCHAR(200) NOT NULL,
            version INTEGER NOT NULL,
            created DOUBLE PRECISION NOT NULL,
            updated DOUBLE PRECISION NOT NULL,
            UNIQUE (owner, name)
        )
        """,
        """
        CREATE TABLE template_versions (
            template_id VARCHAR(64) NOT NULL REFERENCES templates (template_id) ON DELETE CASCADE,
            version INTEGER NOT NULL,
            owner VARCHAR(100) NOT NULL,
            body TEXT NOT NULL,
            created DOUBLE PRECISION NOT NULL,
            PRIMARY KEY (template_id, version)
        )
        """,
        """
        CREATE TABLE drafts (
            draft_id VARCHAR(64) NOT NULL PRIMARY KEY,
            owner VARCHAR(100) NOT NULL,
            title VARCHAR(500) NOT NULL,
            template_name VARCHAR(200) NOT NULL,
            template_version VARCHAR(64) NOT NULL,
            request TEXT NOT NULL,
            state VARCHAR(16) NOT NULL CHECK (state IN ('writing', 'done', 'stopped', 'failed')),
            stop_requested BOOLEAN NOT NULL,
            revision INTEGER NOT NULL,
            created DOUBLE PRECISION NOT NULL,
            updated DOUBLE PRECISION NOT NULL,
            heartbeat DOUBLE PRECISION NOT NULL
        )
        """,
        "CREATE INDEX drafts_of_owner ON drafts (owner, updated, draft_id)",
        "CREATE INDEX drafts_by_heartbeat ON drafts (state, heartbeat)",
        """
        CREATE TABLE revisions (
            draft_id VARCHAR(64) NOT NULL REFERENCES drafts (draft_id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            owner VARCHAR(100) NOT NULL,
            kind VARCHAR(16) NOT NULL CHECK (kind IN ('draft', 'revise', 'edit')),
            instruction TEXT NOT NULL,
            state VARCHAR(16) NOT NULL CHECK (state IN ('writing', 'done', 'stopped', 'failed')),
            length INTEGER NOT NULL,
            markdown TEXT NOT NULL,
            data TEXT NOT NULL,
            created DOUBLE PRECISION NOT NULL,
            updated DOUBLE PRECISION NOT NULL,
            PRIMARY KEY (draft_id, number)
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
