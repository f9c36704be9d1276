"""History: what somebody asked, searched and drafted, newest first; the oldest are dropped."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from sqlalchemy import Connection, delete, insert, select

from lawvault.store.database import Database
from lawvault.store.owned import Page, new_id, owned_row, paged, reading_as, writing_as
from lawvault.store.shapes import MAX_REFERENCE, line, one_of, words
from lawvault.store.tables import HISTORY

Kind = Literal["ask", "search", "draft"]
MAX_HISTORY = 1000
KIND = one_of(get_args(Kind))
MAX_TEXT = 100_000
TEXT = words(MAX_TEXT)
REFERENCE = line(MAX_REFERENCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that was done; time in seconds since 1970."""

    history_id: str
    kind: Kind
    text: str  # the question, the query, the title
    ref_id: str  # the run or the draft that came of it, "" for none
    created: float


class HistoryStore:
    """The history of all owners; threads may share it."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def add(self, owner: str, kind: Kind, text: str, *, ref_id: str = "") -> Entry:
        """Note what was done; of more than 1,000 the oldest is dropped.

        Raises:
            WrongItemError: a value cannot be kept.
        """
        entry = Entry(
            history_id=new_id("his"),
            kind=KIND(kind, "kind"),
            text=TEXT(text, "text"),
            ref_id=REFERENCE(ref_id, "ref_id"),
            created=self._clock(),
        )
        row = {name: getattr(entry, name) for name in Entry.__slots__}
        with writing_as(self._database, owner) as connection:
            connection.execute(insert(HISTORY), {"owner": owner, **row})
            drop_oldest(connection, owner)
        return entry

    def page(self, owner: str, *, cursor: str = "", limit: int = 50) -> Page[Entry]:
        """Return one page, newest first.

        Raises:
            WrongItemError: `cursor` is none.
        """
        columns = select(*(HISTORY.c[name] for name in Entry.__slots__))
        with reading_as(self._database, owner) as connection:
            return paged(
                connection,
                columns.where(HISTORY.c.owner == owner),
                (HISTORY.c.created, HISTORY.c.history_id),
                lambda row: Entry(**row),
                cursor=cursor,
                limit=limit,
            )

    def delete(self, owner: str, history_id: str) -> None:
        """Remove one entry.

        Raises:
            UnknownItemError: it is not there, or another's.
        """
        this = (HISTORY.c.owner == owner, HISTORY.c.history_id == history_id)
        with writing_as(self._database, owner) as connection:
            query = select(HISTORY.c.history_id).where(*this)
            owned_row(connection, query, "history entry", history_id)
            connection.execute(delete(HISTORY).where(*this))

    def clear(self, owner: str) -> int:
        """Remove all of it; return how many entries there were."""
        with writing_as(self._database, owner) as connection:
            return connection.execute(delete(HISTORY).where(HISTORY.c.owner == owner)).rowcount


def drop_oldest(connection: Connection, owner: str) -> None:
    """Remove what lies beyond the newest 1,000 entries of an owner."""
    newest_first = select(HISTORY.c.history_id).where(HISTORY.c.owner == owner)
    newest_first = newest_first.order_by(HISTORY.c.created.desc(), HISTORY.c.history_id.desc())
    beyond = newest_first.offset(MAX_HISTORY).scalar_subquery()
    old = (HISTORY.c.owner == owner, HISTORY.c.history_id.in_(beyond))
    connection.execute(delete(HISTORY).where(*old))
