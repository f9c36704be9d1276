"""An import under way: which ids stay, what is there already, and the rows that are new.

An id stays if it is free or the owner's own; if it is another's, the row gets a new one, and what
refers to it follows.  What the owner has already stays as it is.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Table, delete, insert, select

from lawvault.store.drafts import MAX_DRAFTS
from lawvault.store.favourites import MAX_FAVOURITES
from lawvault.store.folders import MAX_FOLDERS, Folder, check_place, names_in, row_of, tree_of
from lawvault.store.history import drop_oldest
from lawvault.store.json_text import parsed
from lawvault.store.material_rows import source_of
from lawvault.store.materials import MAX_MATERIALS
from lawvault.store.owned import MAX_AT_ONCE, check_room, new_id, owned_ids
from lawvault.store.shapes import MAX_NAME
from lawvault.store.tables import (
    DRAFTS,
    FAVOURITES,
    FOLDERS,
    HISTORY,
    MATERIALS,
    REVISIONS,
    TEMPLATE_VERSIONS,
    TEMPLATES,
)
from lawvault.store.templates import MAX_TEMPLATES
from lawvault.store.transfer_check import Row

OWNED = (FOLDERS, MATERIALS, FAVOURITES, HISTORY, TEMPLATES, DRAFTS)
"""The tables that hold all of an owner's; versions and revisions go with theirs."""
ID_TEXT = re.compile(r'"([a-z]{3}-[0-9a-f]{32})"')


def clear(connection: Connection, owner: str) -> None:
    """Remove all that an owner keeps, runs aside."""
    for table in OWNED:
        connection.execute(delete(table).where(table.c.owner == owner))


class Arrival:
    """What comes in for one owner, in one transaction of the caller's."""

    def __init__(self, connection: Connection, owner: str) -> None:
        self._connection = connection
        self._owner = owner
        self._new_ids: dict[str, str] = {}
        self.added: Counter[str] = Counter()
        self.present: Counter[str] = Counter()

    def take(self, content: Mapping[str, list[Row]]) -> None:
        """Keep the rows of a checked file.

        Raises:
            LimitError: the owner would have too many of something.
        """
        self._folders(self._missing(content["folders"], FOLDERS.c.folder_id))
        self._materials(self._missing(content["materials"], MATERIALS.c.material_id))
        self._favourites(content["favourites"])
        self._templates(self._missing(content["templates"], TEMPLATES.c.template_id))
        self._drafts(self._missing(content["drafts"], DRAFTS.c.draft_id))
        self._history(self._missing(content["history"], HISTORY.c.history_id))

    def _missing(self, rows: Sequence[Row], key: Column[Any]) -> list[Row]:
        """Return the rows that the owner has not; those with another's id get a new one."""
        ids = [row[key.name] for row in rows]
        own = owned_ids(self._connection, self._owner, key, ids)
        for item_id in self._taken(key, ids):
            self._new_ids[item_id] = new_id(item_id[:3])
        self.present[key.table.name] += len(own)
        missing = [row for row in rows if row[key.name] not in own]
        return [{**row, key.name: self._id(row[key.name])} for row in missing]

    def _taken(self, key: Column[Any], ids: Sequence[str]) -> set[str]:
        found: set[str] = set()
        for first in range(0, len(ids), MAX_AT_ONCE):
            some = ids[first : first + MAX_AT_ONCE]
            query = select(key).where(key.table.c.owner != self._owner, key.in_(some))
            found.update(self._connection.execute(query).scalars())
        return found

    def _id(self, item_id: str) -> str:
        """Return the id that is kept for one of the file: a new one, or that of its twin here."""
        while item_id in self._new_ids:
            item_id = self._new_ids[item_id]
        return item_id

    def _referring(self, text: str) -> str:
        """Return a JSON text whose ids are those that are kept."""
        if not self._new_ids:
            return text
        return ID_TEXT.sub(lambda found: f'"{self._id(found[1])}"', text)

    def _add(self, table: Table, rows: Sequence[Row], *, most: int) -> None:
        check_room(self._connection, table, self._owner, new=len(rows), most=most)
        self.added[table.name] += len(rows)
        self._insert(table, rows)

    def _insert(self, table: Table, rows: Sequence[Row]) -> None:
        if rows:
            self._connection.execute(insert(table), [{**row, "owner": self._owner} for row in rows])

    def _folders(self, rows: Sequence[Row]) -> None:
        tree = tree_of(self._connection, self._owner)
        waiting = {row["folder_id"] for row in rows}
        todo, new = list(rows), []
        while todo:
            row = todo.pop(0)
            parent_id = self._id(row["parent_id"])
            if parent_id in waiting:
                todo.append(row)
                continue
            waiting.discard(row["folder_id"])
            folder = Folder(**{**row, "parent_id": parent_id})
            there = names_in(tree.values(), parent_id).get(folder.name)
            if there is not None:
                self._new_ids[folder.folder_id] = there
                self.present["folders"] += 1
                continue
            check_place(tree, folder, height=1)
            tree[folder.folder_id] = folder
            new.append(row_of(folder))
        self._add(FOLDERS, new, most=MAX_FOLDERS)

    def _materials(self, rows: Sequence[Row]) -> None:
        columns = select(MATERIALS.c.source, MATERIALS.c.material_id)
        query = columns.where(MATERIALS.c.owner == self._owner)
        kept = dict(self._connection.execute(query).all())
        new = []
        for row in rows:
            source = source_of(row, row["material_id"])
            if source in kept:
                self._new_ids[row["material_id"]] = kept[source]
                self.present["materials"] += 1
                continue
            new.append({**row, "source": source, "folder_id": self._id(row["folder_id"])})
        self._add(MATERIALS, new, most=MAX_MATERIALS)

    def _favourites(self, rows: Sequence[Row]) -> None:
        columns = select(FAVOURITES.c.kind, FAVOURITES.c.ref_id)
        query = columns.where(FAVOURITES.c.owner == self._owner)
        kept = {(kind, ref_id) for kind, ref_id in self._connection.execute(query)}
        new = [row for row in rows if (row["kind"], row["ref_id"]) not in kept]
        self.present["favourites"] += len(rows) - len(new)
        self._add(FAVOURITES, new, most=MAX_FAVOURITES)

    def _templates(self, rows: Sequence[Row]) -> None:
        query = select(TEMPLATES.c.name).where(TEMPLATES.c.owner == self._owner)
        taken = set(self._connection.execute(query).scalars())
        new, versions = [], []
        for row in rows:
            facts = {name: value for name, value in row.items() if name != "versions"}
            name = free_name(row["name"], taken)
            taken.add(name)
            new.append({**facts, "name": name, "version": len(row["versions"])})
            template_id = {"template_id": row["template_id"]}
            versions += [{**template_id, **version} for version in row["versions"]]
        self._add(TEMPLATES, new, most=MAX_TEMPLATES)
        self._insert(TEMPLATE_VERSIONS, versions)

    def _drafts(self, rows: Sequence[Row]) -> None:
        new, revisions = [], []
        for row in rows:
            facts = {name: value for name, value in row.items() if name != "revisions"}
            new.append(
                {
                    **facts,
                    "request": self._referring(row["request"]),
                    "state": ended(row["state"]),
                    "stop_requested": False,
                    "revision": len(row["revisions"]),
                    "heartbeat": row["updated"],
                }
            )
            for revision in row["revisions"]:
                kept = {
                    "draft_id": row["draft_id"],
                    "state": ended(revision["state"]),
                    "length": len(parsed(revision["markdown"])),
                    "data": self._referring(revision["data"]),
                }
                revisions.append({**revision, **kept})
        self._add(DRAFTS, new, most=MAX_DRAFTS)
        self._insert(REVISIONS, revisions)

    def _history(self, rows: Sequence[Row]) -> None:
        new = [{**row, "ref_id": self._id(row["ref_id"])} for row in rows]
        self.added["history"] += len(new)
        self._insert(HISTORY, new)
        drop_oldest(self._connection, self._owner)


def ended(state: str) -> str:
    """Return the state of what comes in: nobody here writes what was being written there."""
    return "failed" if state == "writing" else state


def free_name(name: str, taken: set[str]) -> str:
    """Return a name that is not taken, the given one or with a number behind it.

    >>> free_name("律师函", {"律师函", "律师函（2）"})
    '律师函（3）'
    """
    number, free = 2, name
    while free in taken:
        ending = f"（{number}）"
        free = f"{name[: MAX_NAME - len(ending)]}{ending}"
        number += 1
    return free
