"""STARD's corpus: one object a line, {"id", "name", "content"}; `name` joins law and number.

Source: oneal2000/STARD.  It says nothing about status and dates, so the defaults of
`SourceArticle` stand: national law, in force, undated.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from lawvault.ingest.readers.json_lines import parse_object, read_objects, shown, words
from lawvault.ingest.sources import Reject, SourceArticle
from lawvault.law.numerals import article_address

_FIELDS = {"id", "name", "content"}
_NAME = re.compile(r"(.*[^\s])\s*(第[^第条]+条(?:之[^第条之]+)?)")
_HEAD_BYTES = 1 << 20


def read_stard(path: Path, source: str) -> Iterator[SourceArticle | Reject]:
    """Yield the articles of STARD's corpus.jsonl."""
    return read_objects(path, source, _article_of)


def is_stard(path: Path) -> bool:
    """Say whether a JSON Lines file begins as STARD's corpus does."""
    with path.open("rb") as file:
        first = file.readline(_HEAD_BYTES)
    try:
        return parse_object(first.decode("utf-8-sig")).keys() == _FIELDS
    except (ValueError, RecursionError):
        return False


def split_name(name: str) -> tuple[str, str]:
    """Return law and article number of a name that joins them.

    Raises:
        ValueError: it does not end in the number of an article, or has no law before it.

    >>> split_name("农村土地承包经营纠纷调解仲裁法第十八条")
    ('农村土地承包经营纠纷调解仲裁法', '第十八条')
    """
    match = _NAME.fullmatch(name.strip())
    if not match or not article_address(match[2]):
        raise ValueError(f"name is no law with an article number: {shown(name)}")
    return match[1], match[2]


def _article_of(row: dict[str, object], source: str, line: int) -> SourceArticle:
    for name in row:
        if name not in _FIELDS:
            raise ValueError(f"unknown field {shown(name)}")
    law, number = split_name(words(row, "name"))
    return SourceArticle(
        source=source,
        line=line,
        law_name=law,
        article_number=number,
        content=words(row, "content").rstrip("\r\n"),
    )
