"""Favourites: articles and laws that somebody wants to find again, by their ids."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from sqlalchemy import delete, insert, select

from lawvault.store.database import Database
from lawvault.store.owned import Page, check_room, paged, reading_as, writing_as
from lawvault.store.shapes import MAX_REFERENCE, line, one_of
from lawvault.store.tables import FAVOURITES

Kind = Literal["article", "law"]
MAX_FAVOURITES = 10_000
KIND = one_of(get_args(Kind))
REFERENCE = line(MAX_REFERENCE, least=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Favourite:
    """An article or a law, and since when, in seconds since 1970."""

    kind: Kind
    ref_id: str  # article_id or law_id
    created: float


class FavouriteStore:
    """The favourites of all owners; threads may share it."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def add(self, owner: str, kind: Kind, ref_id: str) -> bool:
        """Add a favourite; return whether it is new.

        Raises:
            WrongItemError: `kind` or `ref_id` is none.
            LimitError: there are too many.
        """
        row = {"owner": owner, "kind": KIND(kind, "kind"), "ref_id": REFERENCE(ref_id, "ref_id")}
        this = (
            FAVOURITES.c.owner == owner,
            FAVOURITES.c.kind == row["kind"],
            FAVOURITES.c.ref_id == row["ref_id"],
        )
        with writing_as(self._database, owner) as connection:
            if connection.execute(select(FAVOURITES.c.created).where(*this)).first() is not None:
                return False
            check_room(connection, FAVOURITES, owner, new=1, most=MAX_FAVOURITES)
            connection.execute(insert(FAVOURITES), {**row, "created": self._clock()})
        return True

    def remove(self, owner: str, kind: Kind, ref_id: str) -> bool:
        """Remove a favourite; return whether it was one."""
        this = (
            FAVOURITES.c.owner == owner,
            FAVOURITES.c.kind == KIND(kind, "kind"),
            FAVOURITES.c.ref_id == REFERENCE(ref_id, "ref_id"),
        )
        with writing_as(self._database, owner) as connection:
            return bool(connection.execute(delete(FAVOURITES).where(*this)).rowcount)

    def among(self, owner: str, kind: Kind, ref_ids: Sequence[str]) -> frozenset[str]:
        """Return those of up to 1,000 ids that are favourites: the stars of a page of hits."""
        wanted = [REFERENCE(ref_id, "ref_id") for ref_id in ref_ids[:1000]]
        columns = select(FAVOURITES.c.ref_id)
        these = (
            FAVOURITES.c.owner == owner,
            FAVOURITES.c.kind == KIND(kind, "kind"),
            FAVOURITES.c.ref_id.in_(wanted),
        )
        with reading_as(self._database, owner) as connection:
            return frozenset(connection.execute(columns.where(*these)).scalars())

    def page(self, owner: str, kind: Kind, *, cursor: str = "", limit: int = 50) -> Page[Favourite]:
        """Return one page of the favourites of a kind, newest first.

        Raises:
            WrongItemError: `kind` or `cursor` is none.
        """
        columns = select(FAVOURITES.c.kind, FAVOURITES.c.ref_id, FAVOURITES.c.created)
        query = columns.where(FAVOURITES.c.owner == owner, FAVOURITES.c.kind == KIND(kind, "kind"))
        with reading_as(self._database, owner) as connection:
            return paged(
                connection,
                query,
                (FAVOURITES.c.created, FAVOURITES.c.ref_id),
                lambda row: Favourite(**row),
                cursor=cursor,
                limit=limit,
            )
