"""The material library: articles, passages, whole laws and notes that people draft from.

An article, a passage or a law is there once an owner, however often it is added.  Materials of a
folder have an order, which their owner may change.
"""

import time
from collections.abc import Callable, Sequence

from sqlalchemy import Column, Connection, and_, delete, insert, select, update

from lawvault.law.digest import digest
from lawvault.store.database import Database
from lawvault.store.folders import ROOT, check_folder, next_position
from lawvault.store.material_rows import (
    CHECKS,
    FACTS,
    Added,
    Material,
    NewMaterial,
    material_of,
    new_rows,
    record_of,
)
from lawvault.store.owned import (
    MAX_AT_ONCE,
    Page,
    check_room,
    named,
    owned_ids,
    owned_row,
    paged,
    reading_as,
    unknown,
    writing_as,
)
from lawvault.store.refusals import LimitError, WrongItemError
from lawvault.store.shapes import words
from lawvault.store.tables import MATERIALS

MAX_MATERIALS = 10_000
SOUGHT = words(200)


class MaterialStore:
    """The materials of all owners; threads may share it."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def add(
        self, owner: str, materials: Sequence[NewMaterial], *, folder_id: str = ROOT
    ) -> list[Added]:
        """Take up to 1,000 materials into the library, all or none.

        What is there already stays where and as it is.

        Returns:
            one a given material, in their order.

        Raises:
            WrongItemError: one cannot be kept; the message begins with `materials[n]`.
            LimitError: one is too long, or there are too many.
            UnknownItemError: the folder is not there, or another's.
        """
        if len(materials) > MAX_AT_ONCE:
            raise LimitError("at_once", got=len(materials), most=MAX_AT_ONCE)
        rows = new_rows(materials, owner, folder_id=folder_id, now=self._clock())
        with writing_as(self._database, owner) as connection:
            check_folder(connection, owner, folder_id)
            kept = _by_source(connection, owner, [row["source"] for row in rows])
            first_of = {row["source"]: row for row in reversed(rows)}
            new = [
                row for row in rows if row["source"] not in kept and first_of[row["source"]] is row
            ]
            check_room(connection, MATERIALS, owner, new=len(new), most=MAX_MATERIALS)
            for position, row in enumerate(new, start=next_position(connection, owner, folder_id)):
                row["position"] = position
            if new:
                connection.execute(insert(MATERIALS), new)
        records = kept | {row["source"]: record_of(row) for row in new}
        fresh = {row["material_id"] for row in new}
        return [
            Added(material=records[row["source"]], is_new=row["material_id"] in fresh)
            for row in rows
        ]

    def get(self, owner: str, material_id: str) -> Material:
        """Return a material of this owner.

        Raises:
            UnknownItemError: it is not there, or another's.
        """
        with reading_as(self._database, owner) as connection:
            return _material(connection, owner, material_id)

    def texts(self, owner: str, material_ids: Sequence[str]) -> dict[str, str]:
        """Return the texts of materials as they were kept, by id, in the order asked.

        Raises:
            UnknownItemError: one is not there, or another's.
            LimitError: they are more than 1,000.
        """
        wanted = named(material_ids, "material")
        columns = select(MATERIALS.c.material_id, MATERIALS.c.text)
        query = columns.where(MATERIALS.c.owner == owner, MATERIALS.c.material_id.in_(wanted))
        with reading_as(self._database, owner) as connection:
            found = dict(connection.execute(query).all())
        _check_all_there(wanted, found)
        return {material_id: found[material_id] for material_id in wanted}

    def many(self, owner: str, material_ids: Sequence[str]) -> list[Material]:
        """Return materials without their texts, each once, in the order asked.

        Raises:
            UnknownItemError: one is not there, or another's.
            LimitError: they are more than 1,000.
        """
        wanted = named(material_ids, "material")
        mine = (MATERIALS.c.owner == owner, MATERIALS.c.material_id.in_(wanted))
        with reading_as(self._database, owner) as connection:
            rows = connection.execute(select(*FACTS).where(*mine)).mappings()
            found = {row["material_id"]: material_of(row) for row in rows}
        _check_all_there(wanted, found)
        return [found[material_id] for material_id in wanted]

    def page(
        self,
        owner: str,
        *,
        folder_id: str | None = None,
        query: str = "",
        cursor: str = "",
        limit: int = 50,
    ) -> Page[Material]:
        """Return one page of a folder in its order, or of the whole library newest first.

        Args:
            folder_id: "" for the root, None for the whole library.
            query: words that must all stand in title or text, upper or lower case.
            cursor: `next` of the page before.

        Raises:
            UnknownItemError: the folder is not there, or another's.
            WrongItemError: `query` or `cursor` is none.
        """
        chosen = select(*FACTS).where(MATERIALS.c.owner == owner)
        for word in SOUGHT(query, "query").split():
            in_title = MATERIALS.c.title.icontains(word, autoescape=True)
            chosen = chosen.where(in_title | MATERIALS.c.text.icontains(word, autoescape=True))
        order: Column[float] | Column[int] = MATERIALS.c.created
        with reading_as(self._database, owner) as connection:
            if folder_id is not None:
                check_folder(connection, owner, folder_id)
                chosen = chosen.where(MATERIALS.c.folder_id == folder_id)
                order = MATERIALS.c.position
            return paged(
                connection,
                chosen,
                (order, MATERIALS.c.material_id),
                material_of,
                cursor=cursor,
                limit=limit,
                newest_first=folder_id is None,
            )

    def change(
        self, owner: str, material_id: str, *, title: str | None = None, text: str | None = None
    ) -> Material:
        """Rename a material, or keep another text of it: a note's, or the corpus's of today.

        Raises:
            UnknownItemError: it is not there, or another's.
            WrongItemError, LimitError: `title` or `text` cannot be kept.
        """
        values: dict[str, object] = {"updated": self._clock()}
        if title is not None:
            values["title"] = CHECKS["title"](title, "title")
        if text is not None:
            values["text"] = CHECKS["text"](text, "text")
            values["sha256"] = digest(text)
        with writing_as(self._database, owner) as connection:
            _material(connection, owner, material_id)
            mine = (MATERIALS.c.owner == owner, MATERIALS.c.material_id == material_id)
            connection.execute(update(MATERIALS).where(*mine), values)
            return _material(connection, owner, material_id)

    def move(
        self, owner: str, material_ids: Sequence[str], *, folder_id: str, before: str = ""
    ) -> None:
        """Put up to 1,000 materials into a folder in the order given, all or none.

        Args:
            before: the material of that folder that they stand before; "" puts them at the end.

        Raises:
            UnknownItemError: a material or the folder is not there, or another's.
            WrongItemError: `before` is one of those that move, or in another folder.
            LimitError: they are more than 1,000.
        """
        moving = named(material_ids, "material")
        with writing_as(self._database, owner) as connection:
            _check_owned(connection, owner, moving)
            check_folder(connection, owner, folder_id)
            if before in moving:
                raise WrongItemError("before_itself")
            first = _made_room(connection, owner, folder_id, before=before, num=len(moving))
            for position, material_id in enumerate(moving, start=first):
                mine = (MATERIALS.c.owner == owner, MATERIALS.c.material_id == material_id)
                place = {"folder_id": folder_id, "position": position, "updated": self._clock()}
                connection.execute(update(MATERIALS).where(*mine), place)

    def delete(self, owner: str, material_ids: Sequence[str]) -> None:
        """Remove up to 1,000 materials, all or none.

        Raises:
            UnknownItemError: one is not there, or another's.
            LimitError: they are more than 1,000.
        """
        gone = named(material_ids, "material")
        with writing_as(self._database, owner) as connection:
            _check_owned(connection, owner, gone)
            mine = and_(MATERIALS.c.owner == owner, MATERIALS.c.material_id.in_(gone))
            connection.execute(delete(MATERIALS).where(mine))


def _material(connection: Connection, owner: str, material_id: str) -> Material:
    mine = (MATERIALS.c.owner == owner, MATERIALS.c.material_id == material_id)
    return material_of(owned_row(connection, select(*FACTS).where(*mine), "material", material_id))


def _by_source(connection: Connection, owner: str, sources: Sequence[str]) -> dict[str, Material]:
    """Return what the library has of those, by what it is a copy of."""
    columns = select(MATERIALS.c.source, *FACTS)
    query = columns.where(MATERIALS.c.owner == owner, MATERIALS.c.source.in_(sources))
    found = {}
    for row in connection.execute(query).mappings():
        facts = {name: row[name] for name in Material.__slots__}
        found[row["source"]] = material_of(facts)
    return found


def _check_owned(connection: Connection, owner: str, material_ids: Sequence[str]) -> None:
    _check_all_there(
        material_ids, owned_ids(connection, owner, MATERIALS.c.material_id, material_ids)
    )


def _check_all_there(
    wanted: Sequence[str], found: "dict[str, str] | dict[str, Material] | set[str]"
) -> None:
    for material_id in wanted:
        if material_id not in found:
            raise unknown("material", material_id)


def _made_room(connection: Connection, owner: str, folder_id: str, *, before: str, num: int) -> int:
    """Return the first of `num` free positions, those after it moved on."""
    if not before:
        return next_position(connection, owner, folder_id)
    other = _material(connection, owner, before)
    if other.folder_id != folder_id:
        raise WrongItemError("before_elsewhere")
    later = and_(
        MATERIALS.c.owner == owner,
        MATERIALS.c.folder_id == folder_id,
        MATERIALS.c.position >= other.position,
    )
    moved = {"position": MATERIALS.c.position + num}
    connection.execute(update(MATERIALS).where(later).values(moved))
    return other.position
