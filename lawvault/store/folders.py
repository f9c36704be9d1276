"""Folders of materials: a tree an owner, in which the children of one folder differ by name."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from lawvault.store.database import Database
from lawvault.store.owned import ID, check_room, new_id, reading_as, unknown, writing_as
from lawvault.store.refusals import LimitError, NameTakenError, WrongItemError
from lawvault.store.shapes import MAX_NAME, line
from lawvault.store.tables import FOLDERS, MATERIALS

MAX_FOLDERS = 1000
MAX_DEPTH = 8
"""How many folders may lie in each other."""
ROOT = ""
NAME = line(MAX_NAME, least=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder; times in seconds since 1970."""

    folder_id: str
    parent_id: str  # "": it lies in the root
    name: str
    created: float
    updated: float


Tree = dict[str, Folder]
"""All folders of an owner by id."""


class FolderStore:
    """The folders of all owners; threads may share it."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def create(self, owner: str, name: str, *, parent_id: str = ROOT) -> Folder:
        """Return a new folder.

        Raises:
            UnknownItemError: the parent is not there, or another's.
            NameTakenError: the parent has a folder of this name.
            LimitError: there are too many folders, or too many in each other.
            WrongItemError: `name` is no name.
        """
        now = self._clock()
        folder = Folder(
            folder_id=new_id("fld"),
            parent_id=parent_id,
            name=NAME(name, "name"),
            created=now,
            updated=now,
        )
        with writing_as(self._database, owner) as connection:
            check_room(connection, FOLDERS, owner, new=1, most=MAX_FOLDERS)
            check_place(tree_of(connection, owner), folder, height=1)
            connection.execute(insert(FOLDERS), {"owner": owner, **row_of(folder)})
        return folder

    def all(self, owner: str) -> list[Folder]:
        """Return all folders of this owner, by name."""
        with reading_as(self._database, owner) as connection:
            return sorted(tree_of(connection, owner).values(), key=lambda folder: folder.name)

    def counts(self, owner: str) -> dict[str, int]:
        """Return how many materials lie in each folder that has any, the root as ""."""
        query = (
            select(MATERIALS.c.folder_id, func.count())
            .where(MATERIALS.c.owner == owner)
            .group_by(MATERIALS.c.folder_id)
        )
        with reading_as(self._database, owner) as connection:
            return dict(connection.execute(query).all())

    def change(
        self, owner: str, folder_id: str, *, name: str | None = None, parent_id: str | None = None
    ) -> Folder:
        """Rename a folder, move it, or both; None leaves the one as it is.

        Raises:
            UnknownItemError: the folder or the new parent is not there, or another's.
            NameTakenError: the parent has another folder of this name.
            LimitError: too many would lie in each other.
            WrongItemError: `name` is no name, or the folder would lie in itself.
        """
        with writing_as(self._database, owner) as connection:
            tree = tree_of(connection, owner)
            old = found(tree, folder_id)
            new = Folder(
                folder_id=folder_id,
                parent_id=old.parent_id if parent_id is None else parent_id,
                name=old.name if name is None else NAME(name, "name"),
                created=old.created,
                updated=self._clock(),
            )
            below = under(tree, folder_id)
            if new.parent_id in below:
                raise WrongItemError("in_itself")
            height = max(depth(tree, inner) for inner in below) - depth(tree, folder_id) + 1
            check_place(tree, new, height=height)
            mine = (FOLDERS.c.owner == owner, FOLDERS.c.folder_id == folder_id)
            connection.execute(update(FOLDERS).where(*mine), row_of(new))
        return new

    def delete(self, owner: str, folder_id: str, *, with_materials: bool) -> None:
        """Remove a folder with all folders below it.

        Args:
            with_materials: remove what lies in them, too; else it goes to the root, at its end.

        Raises:
            UnknownItemError: it is not there, or another's.
        """
        with writing_as(self._database, owner) as connection:
            tree = tree_of(connection, owner)
            found(tree, folder_id)
            below = under(tree, folder_id)
            inside = (MATERIALS.c.owner == owner, MATERIALS.c.folder_id.in_(below))
            if with_materials:
                connection.execute(delete(MATERIALS).where(*inside))
            else:
                end = next_position(connection, owner, ROOT)
                moved = {"folder_id": ROOT, "position": MATERIALS.c.position + end}
                connection.execute(update(MATERIALS).where(*inside).values(moved))
            gone = (FOLDERS.c.owner == owner, FOLDERS.c.folder_id.in_(below))
            connection.execute(delete(FOLDERS).where(*gone))


def row_of(folder: Folder) -> dict[str, object]:
    """Return the columns of a folder, without its owner."""
    return {name: getattr(folder, name) for name in Folder.__slots__}


def tree_of(connection: Connection, owner: str) -> Tree:
    """Return all folders of an owner by id."""
    columns = [FOLDERS.c[name] for name in Folder.__slots__]
    rows = connection.execute(select(*columns).where(FOLDERS.c.owner == owner)).mappings()
    return {row["folder_id"]: Folder(**row) for row in rows}


def found(tree: Tree, folder_id: str) -> Folder:
    """Return a folder of a tree.

    Raises:
        UnknownItemError: it is not there.
    """
    if folder_id not in tree:
        raise unknown("folder", folder_id)
    return tree[folder_id]


def check_folder(connection: Connection, owner: str, folder_id: str) -> None:
    """Do nothing if this owner has that folder, or it is the root.

    Raises:
        UnknownItemError: it is not there, or another's.
    """
    if folder_id == ROOT:
        return
    mine = (FOLDERS.c.owner == owner, FOLDERS.c.folder_id == folder_id)
    is_id = ID.fullmatch(folder_id) is not None
    if not is_id or connection.execute(select(FOLDERS.c.name).where(*mine)).first() is None:
        raise unknown("folder", folder_id)


def next_position(connection: Connection, owner: str, folder_id: str) -> int:
    """Return the position after the last material of a folder."""
    inside = (MATERIALS.c.owner == owner, MATERIALS.c.folder_id == folder_id)
    last = connection.execute(select(func.max(MATERIALS.c.position)).where(*inside)).scalar()
    return 0 if last is None else int(last) + 1


def depth(tree: Tree, folder_id: str) -> int:
    """Return how many folders one passes from the root to this one, itself included."""
    passed = 0
    while folder_id != ROOT:
        folder_id = tree[folder_id].parent_id
        passed += 1
    return passed


def under(tree: Tree, folder_id: str) -> set[str]:
    """Return the ids of a folder and of all folders below it."""
    children: dict[str, list[str]] = {}
    for folder in tree.values():
        children.setdefault(folder.parent_id, []).append(folder.folder_id)
    seen, todo = set(), [folder_id]
    while todo:
        seen.add(here := todo.pop())
        todo += children.get(here, [])
    return seen


def names_in(tree: Iterable[Folder], parent_id: str) -> dict[str, str]:
    """Return the ids of the folders right below a folder by their names."""
    return {folder.name: folder.folder_id for folder in tree if folder.parent_id == parent_id}


def check_place(tree: Tree, folder: Folder, *, height: int) -> None:
    """Do nothing if a folder, with what lies below it `height` levels high, may lie there.

    Raises:
        UnknownItemError: its parent is not there.
        NameTakenError: another folder there has its name.
        LimitError: too many would lie in each other.
    """
    if folder.parent_id != ROOT:
        found(tree, folder.parent_id)
    if names_in(tree.values(), folder.parent_id).get(folder.name, "") not in {
        "",
        folder.folder_id,
    }:
        raise NameTakenError("folder_name", name=folder.name)
    if depth(tree, folder.parent_id) + height > MAX_DEPTH:
        raise LimitError("folders_deep", most=MAX_DEPTH)
