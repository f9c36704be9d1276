"""The tables of the user store as they are now; `migrations.py` makes them.

Columns named request, usage, report, data, instruction and markdown hold JSON as text, so that
both databases keep every character of it as it came.
"""

from sqlalchemy import (
    BigInteger,
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

FOLDERS = Table(
    "folders",
    METADATA,
    Column("folder_id", String(64), primary_key=True),
    Column("owner", String(100), nullable=False),
    Column("parent_id", String(64), nullable=False),  # "": the root
    Column("name", String(200), nullable=False),
    Column("created", Double, nullable=False),
    Column("updated", Double, nullable=False),
)

MATERIALS = Table(
    "materials",
    METADATA,
    Column("material_id", String(64), primary_key=True),
    Column("owner", String(100), nullable=False),
    Column("source", String(600), nullable=False),  # what it is a copy of: once an owner
    Column("folder_id", String(64), nullable=False),  # "": the root
    Column("position", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("article_id", String(500), nullable=False),
    Column("law_id", String(500), nullable=False),
    Column("law_name", String(500), nullable=False),
    Column("article_number", String(100), nullable=False),
    Column("span_start", Integer, nullable=True),
    Column("span_end", Integer, nullable=True),
    Column("title", String(500), nullable=False),
    Column("text", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("created", Double, nullable=False),
    Column("updated", Double, nullable=False),
)

FAVOURITES = Table(
    "favourites",
    METADATA,
    Column("owner", String(100), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("ref_id", String(500), primary_key=True),
    Column("created", Double, nullable=False),
)

HISTORY = Table(
    "history",
    METADATA,
    Column("history_id", String(64), primary_key=True),
    Column("owner", String(100), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("ref_id", String(500), nullable=False),
    Column("created", Double, nullable=False),
)

TEMPLATES = Table(
    "templates",
    METADATA,
    Column("template_id", String(64), primary_key=True),
    Column("owner", String(100), nullable=False),
    Column("name", String(200), nullable=False),
    Column("version", Integer, nullable=False),  # the newest
    Column("created", Double, nullable=False),
    Column("updated", Double, nullable=False),
)

TEMPLATE_VERSIONS = Table(
    "template_versions",
    METADATA,
    Column(
        "template_id",
        String(64),
        ForeignKey("templates.template_id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("version", Integer, primary_key=True),
    Column("owner", String(100), nullable=False),
    Column("body", Text, nullable=False),
    Column("created", Double, nullable=False),
)

DRAFTS = Table(
    "drafts",
    METADATA,
    Column("draft_id", String(64), primary_key=True),
    Column("owner", String(100), nullable=False),
    Column("title", String(500), nullable=False),
    Column("template_name", String(200), nullable=False),
    Column("template_version", String(64), nullable=False),
    Column("request", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("stop_requested", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),  # the number of the newest, 0 before the first
    Column("created", Double, nullable=False),
    Column("updated", Double, nullable=False),
    Column("heartbeat", Double, nullable=False),
)

REVISIONS = Table(
    "revisions",
    METADATA,
    Column(
        "draft_id", String(64), ForeignKey("drafts.draft_id", ondelete="CASCADE"), primary_key=True
    ),
    Column("number", Integer, primary_key=True),
    Column("owner", String(100), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("instruction", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("length", Integer, nullable=False),  # of the Markdown, in characters
    Column("markdown", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("created", Double, nullable=False),
    Column("updated", Double, nullable=False),
)
