"""SQLite files from elsewhere, opened so that they are only read.

A file by itself is opened as immutable, so that nothing appears beside it.  If a log of changes
lies beside it (-wal, -journal), part of the data is in there, and SQLite must take it into account.
"""

import contextlib
import datetime
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from lawvault.errors import SourceError
from lawvault.ingest.readers.decode import binary_kind
from lawvault.ingest.readers.json_lines import check_characters, day_of

_HEADER_BYTES = 100
_LOGS = ("-wal", "-journal")
_LARGEST_PAGE = 65_536  # the header's two bytes hold a 1 for it


@contextlib.contextmanager
def open_read_only(path: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection whose texts come as bytes: SQLite does not promise that they are UTF-8.

    Raises:
        SourceError: the file is no SQLite database, cut off, or damaged; so does what fails inside.
    """
    has_log = any(_size(path.with_name(path.name + log)) for log in _LOGS)
    _check_header(path, has_log=has_log)
    place = f"{path.absolute().as_uri()}?mode=ro" + ("" if has_log else "&immutable=1")
    try:
        with contextlib.closing(sqlite3.connect(place, uri=True)) as database:
            database.text_factory = bytes
            database.execute("PRAGMA query_only = ON")
            yield database
    except sqlite3.DatabaseError as error:
        cure = "; its folder holds a log of changes, which cannot be read" if has_log else ""
        raise SourceError(f"{path}: the database cannot be read ({error}){cure}") from error


def columns(database: sqlite3.Connection, table: str) -> tuple[str, ...]:
    """Return the names of a table's columns, none if there is no such table."""
    rows = database.execute("SELECT name FROM pragma_table_info(?)", (table,))
    return tuple(name.decode() for (name,) in rows)


def value_of(value: object, name: str) -> object:
    """Return a value of column `name` with its text decoded.

    Raises:
        ValueError: its bytes are no UTF-8 text, or a character was lost in it before.
    """
    if not isinstance(value, bytes):
        return value
    try:
        text = value.decode()
    except UnicodeDecodeError as error:
        byte = f"0x{value[error.start]:02x} at byte {error.start}"
        raise ValueError(f"column {name} is not UTF-8: {byte} ({error.reason})") from error
    check_characters(text, f"column {name}")
    return text


def row_of(values: tuple[object, ...], names: tuple[str, ...]) -> dict[str, object]:
    """Return a row by its columns' names; ValueError as `value_of`."""
    return {name: value_of(value, name) for name, value in zip(names, values, strict=True)}


def words(row: dict[str, object], name: str) -> str:
    """Return the text of a column that must have one; ValueError if it is NULL or no text."""
    value = row[name]
    if value is None:
        raise ValueError(f"column {name} is NULL")
    if not isinstance(value, str):
        raise ValueError(f"column {name} is not text: {value!r}")
    return value


def words_or_none(row: dict[str, object], name: str) -> str | None:
    """Return the text of a column that may be NULL or missing; None for empty text."""
    return words(row, name) or None if row.get(name) is not None else None


def day(row: dict[str, object], name: str) -> datetime.date | None:
    """Return the day of a column that may be NULL; ValueError if it holds something else."""
    try:
        return day_of(row[name])
    except ValueError as error:
        raise ValueError(f"column {name}: {error}") from error


def as_kept(values: tuple[object, ...]) -> str:
    """Return a row as a reject keeps it: text as text, whatever its bytes."""
    shown = (v.decode(errors="backslashreplace") if isinstance(v, bytes) else v for v in values)
    return repr(tuple(shown))


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _check_header(path: Path, *, has_log: bool) -> None:
    """Refuse what is no SQLite file, and one that has fewer pages than its header says."""
    with path.open("rb") as file:
        head = file.read(_HEADER_BYTES)
    if binary_kind(head) != "a SQLite database":
        raise SourceError(f"{path}: no SQLite database but {binary_kind(head) or 'something else'}")
    size, wanted = _size(path), max(_HEADER_BYTES, _stated_size(head))
    if size < wanted and not has_log:
        raise SourceError(f"{path}: the file is cut off: {size} of {wanted} bytes; get it again")


def _stated_size(head: bytes) -> int:
    """Return how many bytes a header says that its file has, 0 if it does not say."""
    page = int.from_bytes(head[16:18])
    page = _LARGEST_PAGE if page == 1 else page
    is_counted = head[24:28] == head[92:96]  # else a very old program wrote last
    is_sane = page.bit_count() == 1
    return page * int.from_bytes(head[28:32]) if is_counted and is_sane else 0
