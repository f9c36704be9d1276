"""content.db: the SQLite file of full texts that the LawVault desktop app reads, too.

`chunks` and `full_texts` are the app's own tables (it drops a row with a NULL anywhere but in
part and chapter); `articles` beside them holds what the app does not know, under our names.
"""

import contextlib
import sqlite3
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from lawvault.errors import UpstreamError
from lawvault.schema import ARTICLES

APP_CATEGORY = {
    "宪法": "法律",
    "修正案": "法律",
    "立法解释": "法律",
    "修改决定": "法律",
    "部门规章": "行政法规",
    "地方性法规": "地方法规",
}
"""Our exact category -> the app's word, where they differ (its filters know four words)."""

_TABLES = """
CREATE TABLE chunks (
    id TEXT PRIMARY KEY, content TEXT NOT NULL, law_name TEXT NOT NULL, category TEXT NOT NULL,
    region TEXT NOT NULL, publish_date TEXT NOT NULL, part TEXT, chapter TEXT,
    article_number TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE full_texts (
    law_name TEXT NOT NULL, region TEXT NOT NULL, category TEXT NOT NULL, full_text TEXT NOT NULL
);
CREATE TABLE articles (
    article_id TEXT PRIMARY KEY, law_id TEXT NOT NULL, law_name TEXT NOT NULL,
    law_alias TEXT NOT NULL, category TEXT NOT NULL, issuer TEXT NOT NULL, region TEXT NOT NULL,
    status TEXT NOT NULL, publish_date TEXT, effective_date TEXT, version_date TEXT, part TEXT,
    chapter TEXT, section TEXT, article_number TEXT NOT NULL, number INTEGER, sub_number INTEGER,
    content TEXT NOT NULL, source TEXT NOT NULL, sha256 TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX chunks_law ON chunks (law_name, article_number);
CREATE INDEX full_texts_law ON full_texts (law_name);
CREATE INDEX articles_law ON articles (law_id, number, sub_number);
"""


def write_content_db(articles: pa.Table, path: Path) -> None:
    """Write content.db at `path` in one transaction; equal articles give equal bytes.

    Raises:
        UpstreamError: the disk is full or fails.
    """
    try:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
            _write(articles.to_pylist(), database)
    except sqlite3.OperationalError as error:
        raise UpstreamError(f"{path}: cannot be written ({error})") from error


def _write(rows: list[dict[str, object]], database: sqlite3.Connection) -> None:
    database.execute("PRAGMA journal_mode = OFF")  # the caller renames the finished file
    database.executescript("BEGIN;" + _TABLES)
    database.executemany("INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", map(_chunk, rows))
    database.executemany("INSERT INTO full_texts VALUES (?, ?, ?, ?)", _full_texts(rows))
    marks = ", ".join("?" * len(ARTICLES.columns))
    database.executemany(f"INSERT INTO articles VALUES ({marks})", map(_own, rows))
    database.execute("COMMIT")


def _chunk(row: dict[str, object]) -> tuple[object, ...]:
    return (
        row["article_id"],
        row["content"],
        row["law_name"],
        _app_category(row),
        row["region"] or "",
        _app_date(row),
        row["part"],
        row["chapter"],
        row["article_number"],
    )


def _app_category(row: dict[str, object]) -> str:
    category = str(row["category"])
    return APP_CATEGORY.get(category, category)


def _app_date(row: dict[str, object]) -> str:
    return str(row["publish_date"] or "").replace("-", "")


def _full_texts(rows: Iterable[dict[str, object]]) -> list[tuple[object, ...]]:
    """Join the articles of each version to its text, headings on lines of their own."""
    texts: dict[object, list[str]] = {}
    heads: dict[object, tuple[object, ...]] = {}
    last: dict[object, tuple[object, ...]] = {}
    for row in rows:
        law = row["law_id"]
        lines = texts.setdefault(law, [str(row["law_name"])])
        heads[law] = (row["law_name"], row["region"] or "", _app_category(row))
        before = last.get(law, (None, None, None))
        now = (row["part"], row["chapter"], row["section"])
        changed = False
        for old, new in zip(before, now, strict=True):
            changed = changed or old != new
            if changed and new:
                lines.append(str(new))
        last[law] = now
        lines.append(f"{row['article_number']}\u3000{row['content']}")
    return [(*heads[law], "\n".join(lines)) for law, lines in texts.items()]


def _own(row: dict[str, object]) -> tuple[object, ...]:
    def plain(name: str) -> object:
        value = row[name]
        if name == "law_alias":
            return "\n".join(value) if isinstance(value, list) else ""
        return value.isoformat() if hasattr(value, "isoformat") else value

    return tuple(plain(name) for name in ARTICLES.columns.names)
