"""The tables of the user store as they are now; `migrations.py` makes them.

Columns named request, usage, report and data hold JSON as text, so that both databases keep every
character of it as it came.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

METADATA = MetaData()

RUNS = Table(
    "runs",
    METADATA,
    Column("run_id", String(64), primary_key=True),
    Column("owner", String(100), nullable=False),
    Column("state", String(16), nullable=False),
    Column("stop_reason", String(64), nullable=False),
    Column("created", Double, nullable=False),  # seconds since 1970, as all times
    Column("heartbeat", Double, nullable=False),
    Column("num_events", Integer, nullable=False),
    Column("cancel_requested", Boolean, nullable=False),
    Column("request", Text, nullable=False),
    Column("usage", Text, nullable=False),
    Column("report", Text, nullable=False),
)

EVENTS = Table(
    "events",
    METADATA,
    Column("run_id", String(64), ForeignKey("runs.run_id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("time", Double, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("data", Text, nullable=False),
)
