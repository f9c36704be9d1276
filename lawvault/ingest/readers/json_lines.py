"""Articles as JSON Lines: one object a line, with the fields of `SourceArticle`.

A line is read only if it has one meaning: UTF-8, no key twice, no NaN, no half characters, days
that exist.  Any other becomes a reject with its line and reason; the lines after it are read on.
"""

import datetime
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from lawvault.ingest.sources import Reject, SourceArticle

_NEEDED = ("law_name", "article_number", "content")
_DEFAULTED = ("category", "region", "status")
_OPTIONAL = ("issuer", "part", "chapter", "section")
_DATES = ("publish_date", "effective_date", "version_date")
_FIELDS = frozenset((*_NEEDED, *_DEFAULTED, *_OPTIONAL, *_DATES))

_MAX_LINE_BYTES = 8 << 20
_KEPT_OF_LONG_LINE = 1000
_SHOWN_CHARS = 80
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_json_lines(path: Path, source: str) -> Iterator[SourceArticle | Reject]:
    """Yield the articles of a file: law_name, article_number, content, and any other field."""
    return read_objects(path, source, _article_of)


def read_objects(
    path: Path,
    source: str,
    article_of: Callable[[dict[str, object], str, int], SourceArticle],
) -> Iterator[SourceArticle | Reject]:
    """Yield what `article_of` makes of each line's object, given source and line.

    A line that is no JSON object, or of which `article_of` raises ValueError, becomes a reject;
    blank lines are passed over.
    """
    with path.open("rb") as file:
        for line, raw in _lines(file):
            if not raw.strip():
                continue
            try:
                yield article_of(parse_object(_text(raw, line)), source, line)
            except (ValueError, RecursionError) as error:
                yield Reject(source=source, line=line, reason=_reason(error, raw), row=_row(raw))


def parse_object(text: str) -> dict[str, object]:
    """Return the JSON object that `text` is.

    Raises:
        ValueError: it is anything else, has a key twice, or a number that JSON does not know.
        RecursionError: it is nested too deep.

    >>> parse_object('{"id": 1}')
    {'id': 1}
    """
    value = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_unique)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def words(row: dict[str, object], name: str) -> str:
    """Return the text of a field that must be there.

    Raises:
        ValueError: it is missing, empty, no text, or damaged.
    """
    value = row.get(name)
    if value is None or value == "":
        raise ValueError(f"field {name} is missing or empty")
    if not isinstance(value, str):
        raise ValueError(f"field {name} is not text: {shown(value)}")
    if not value.strip():
        raise ValueError(f"field {name} is missing or empty")
    check_characters(value, f"field {name}")
    return value


def check_characters(text: str, name: str) -> None:
    """Raise ValueError if a character of the text called `name` was lost or is half of one."""
    if "\ufffd" in text:
        raise ValueError(f"{name} holds U+FFFD: a character was lost before")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{name} holds half a character ({error.reason})") from error


_DAY = re.compile(r"([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})")


def day_of(value: object) -> datetime.date | None:
    """Return the day written as YYYY-MM-DD or YYYYMMDD, None for nothing.

    Raises:
        ValueError: it is something else, or no day of the calendar.

    >>> day_of("2021-01-01") == day_of(20210101) == datetime.date(2021, 1, 1)
    True
    """
    if value is None or value == "":
        return None
    match = _DAY.fullmatch(str(value)) if isinstance(value, str | int) else None
    try:
        if match:
            return datetime.date(int(match[1]), int(match[3]), int(match[4]))
    except ValueError as error:
        raise ValueError(f"not a day: {shown(value)}") from error
    raise ValueError(f"not a day: {shown(value)}; write YYYY-MM-DD")


def shown(value: object) -> str:
    """Return a value as a message quotes it: at most 80 characters, half ones escaped.

    >>> shown("九月一日")
    "'九月一日'"
    """
    text = repr(value).encode(errors="backslashreplace").decode()
    return text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 1] + "…"


def _article_of(row: dict[str, object], source: str, line: int) -> SourceArticle:
    for name in row:
        if name not in _FIELDS:
            raise ValueError(f"unknown field {shown(name)}")
    fields: dict[str, Any] = {name: words(row, name) for name in _NEEDED}
    for name in (*_DEFAULTED, *_OPTIONAL):
        if name in row and (name in _DEFAULTED or row[name] not in (None, "")):
            fields[name] = words(row, name)
    for name in _DATES:
        fields[name] = _named_day(row, name)
    return SourceArticle(source=source, line=line, **fields)


def _named_day(row: dict[str, object], name: str) -> datetime.date | None:
    try:
        return day_of(row.get(name))
    except ValueError as error:
        raise ValueError(f"field {name}: {error}") from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    row = dict(pairs)
    if len(row) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"field {shown(twice)} stands twice")
    return row


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield lines with their numbers; of one that is too long, just more than may be."""
    line = 0
    while raw := file.readline(_MAX_LINE_BYTES + 1):
        line += 1
        yield line, raw
        while len(raw) > _MAX_LINE_BYTES and not raw.endswith(b"\n"):
            raw = file.readline(_MAX_LINE_BYTES + 1)


def _text(raw: bytes, line: int) -> str:
    if len(raw) > _MAX_LINE_BYTES:
        raise ValueError(f"more than {_MAX_LINE_BYTES} bytes in one line")
    mark = len(_UTF8_MARK) if line == 1 and raw.startswith(_UTF8_MARK) else 0
    try:
        return raw[mark:].decode()
    except UnicodeDecodeError as error:
        at = mark + error.start
        is_utf16 = line == 1 and raw.startswith(_UTF16_MARKS)
        cure = "the file is UTF-16; save it as UTF-8" if is_utf16 else "JSON Lines are UTF-8"
        raise ValueError(
            f"can't decode byte 0x{raw[at]:02x} at byte {at} of the line ({error.reason}); {cure}"
        ) from error


def _reason(error: ValueError | RecursionError, raw: bytes) -> str:
    if isinstance(error, RecursionError):
        return "nested too deep (recursion)"
    if isinstance(error, json.JSONDecodeError) and not raw.endswith(b"\n"):
        return f"the file ends inside this line: {error}"
    return str(error)


def _row(raw: bytes) -> str:
    kept = raw if len(raw) <= _MAX_LINE_BYTES else raw[:_KEPT_OF_LONG_LINE]
    return kept.decode(errors="backslashreplace").strip()
