"""What all that people keep has in common: an owner, an id, a page, and one writer at a time.

Whoever asks names the owner, and every query does.  The writers of one owner take turns, also on
PostgreSQL, so that what a transaction has looked at (names, counts, revisions) still holds when it
writes.
"""

import contextlib
import hashlib
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Column, Connection, RowMapping, Select, Table, func, select
from sqlalchemy import tuple_ as pair

from lawvault.store.database import Database
from lawvault.store.refusals import LimitError, UnknownItemError, WrongItemError
from lawvault.store.shapes import words

Item = TypeVar("Item")

OWNER = words(100)
ID = re.compile(r"[a-z]{3}-[0-9a-f]{32}")
CURSOR = re.compile(r"([0-9.e+-]{1,32})~([^\0\ud800-\udfff]{1,600})")
MAX_PAGE = 1000
MAX_AT_ONCE = 1000
"""How many ids one call may name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Item]):
    """Some of a list, and the cursor of what comes after, "" if nothing does."""

    items: tuple[Item, ...]
    next: str


@contextlib.contextmanager
def reading_as(database: Database, owner: str) -> Iterator[Connection]:
    """Give a connection to look at what is this owner's, as of one moment.

    Raises:
        WrongItemError: nobody can have such a name.
        UpstreamError, IntegrityError: as `Database.reading`.
    """
    OWNER(owner, "owner")
    with database.reading() as connection:
        yield connection


@contextlib.contextmanager
def writing_as(database: Database, owner: str) -> Iterator[Connection]:
    """Give a connection on which nobody else changes what is this owner's meanwhile.

    Raises:
        WrongItemError: nobody can have such a name.
        UpstreamError, IntegrityError: as `Database.writing`.
    """
    digest = hashlib.sha256(OWNER(owner, "owner").encode()).digest()
    with database.writing() as connection:
        if connection.dialect.name == "postgresql":  # SQLite has one writer anyway
            turn = int.from_bytes(digest[:8], "big", signed=True)
            connection.execute(select(func.pg_advisory_xact_lock(turn)))
        yield connection


def new_id(word: str) -> str:
    """Return an id that nobody has drawn or will guess: `word` and 128 random bits."""
    return f"{word}-{secrets.token_hex(16)}"


def unknown(what: str, item_id: str) -> UnknownItemError:
    """Return the error that says so, and only so."""
    return UnknownItemError("unknown", what=what, id=item_id[:64])


def owned_row(connection: Connection, query: Select[Any], what: str, item_id: str) -> RowMapping:
    """Return the one row of a query that names its owner and `item_id`.

    Raises:
        UnknownItemError: there is none.
    """
    if not ID.fullmatch(item_id):
        raise unknown(what, item_id)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise unknown(what, item_id)
    return row


def named(ids: Sequence[str], what: str) -> list[str]:
    """Return the ids that one call names, each once, in their order.

    Raises:
        LimitError: they are more than `MAX_AT_ONCE`.
        UnknownItemError: one is no id.
    """
    if len(ids) > MAX_AT_ONCE:
        raise LimitError("at_once", got=len(ids), most=MAX_AT_ONCE)
    for item_id in ids:
        if not ID.fullmatch(item_id):
            raise unknown(what, item_id)
    return list(dict.fromkeys(ids))


def owned_ids(connection: Connection, owner: str, key: Column[Any], ids: Sequence[str]) -> set[str]:
    """Return those of the ids that are this owner's; `key`: the column of ids."""
    found: set[str] = set()
    for first in range(0, len(ids), MAX_AT_ONCE):
        some = ids[first : first + MAX_AT_ONCE]
        query = select(key).where(key.table.c.owner == owner, key.in_(some))
        found.update(connection.execute(query).scalars())
    return found


def check_room(connection: Connection, table: Table, owner: str, *, new: int, most: int) -> None:
    """Do nothing if the owner may keep `new` more rows of a table.

    Raises:
        LimitError: they would be more than `most`.
    """
    query = select(func.count()).select_from(table).where(table.c.owner == owner)
    kept = connection.execute(query).scalar_one()
    if kept + new > most:
        raise LimitError("room", table=table.name, kept=kept, new=new, most=most)


def paged(
    connection: Connection,
    query: Select[Any],
    order: tuple[Column[Any], Column[Any]],
    record: Callable[[RowMapping], Item],
    *,
    cursor: str,
    limit: int,
    newest_first: bool = True,
) -> Page[Item]:
    """Return one page of a query.

    Args:
        order: a column of numbers and the key, both selected.
        cursor: `next` of the page before, "" for the first.

    Raises:
        WrongItemError: `cursor` is none of ours.
    """
    keys = pair(*order)
    if cursor:
        last = pair(*_place(cursor))
        query = query.where(keys < last if newest_first else keys > last)
    size = max(1, min(limit, MAX_PAGE))
    by = [column.desc() for column in order] if newest_first else order
    rows = connection.execute(query.order_by(*by).limit(size + 1)).mappings().all()
    items = tuple(record(row) for row in rows[:size])
    if len(rows) <= size:
        return Page(items=items, next="")
    last_row = rows[size - 1]
    return Page(items=items, next=f"{last_row[order[0].name]!r}~{last_row[order[1].name]}")


def _place(cursor: str) -> tuple[float, str]:
    found = CURSOR.fullmatch(cursor)
    try:
        if found is not None:
            return float(found[1]), found[2]
    except ValueError:
        pass
    raise WrongItemError("cursor", got=cursor[:64])
