"""What readers of law sources yield: articles, rows that could not be used, and notices.

A reader never guesses: a row it cannot read becomes a `Reject` with its place and reason.
"""

import datetime
from dataclasses import dataclass


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something about a source that a reader of the report should know; nothing is lost by it.

    `kind` is one of numbering, encoding, left_out, moved, joined, suspicious,
    characters.
    """

    source: str
    line: int
    kind: str
    detail: str
