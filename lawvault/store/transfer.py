"""All that somebody keeps as one JSON value, out and in again: a copy, a move to another server.

Folders, materials, favourites, history, templates and drafts with all their versions and revisions;
not the runs of the agent, which `RunStore.export` gives.  What is exported and imported into an
empty store is equal, but that a draft that was being written comes in as failed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Column, Connection, Select, select

from lawvault.store.arrival import Arrival, clear
from lawvault.store.database import Database
from lawvault.store.json_text import parsed
from lawvault.store.owned import reading_as, writing_as
from lawvault.store.refusals import WrongItemError
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
from lawvault.store.transfer_check import (
    DRAFT,
    ENTRY,
    FAVOURITE,
    FOLDER,
    FORMAT,
    MATERIAL,
    REVISION,
    TEMPLATE,
    TEMPLATE_VERSION,
    VERSION,
    checked,
)

JSON_COLUMNS = ("request", "instruction", "markdown", "data")


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What came of an import: how many of each section were added, how many were there before."""

    added: dict[str, int]
    present: dict[str, int]


class Transfer:
    """Export and import for all owners; threads may share it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def export(self, owner: str) -> dict[str, Any]:
        """Return all that this owner keeps, as of one moment, JSON-able."""
        with reading_as(self._database, owner) as connection:
            return {
                "format": FORMAT,
                "version": VERSION,
                "folders": _listed(connection, _mine(owner, FOLDERS.c.folder_id, FOLDER)),
                "materials": _listed(connection, _mine(owner, MATERIALS.c.material_id, MATERIAL)),
                "favourites": _listed(connection, _mine(owner, FAVOURITES.c.ref_id, FAVOURITE)),
                "history": _listed(connection, _mine(owner, HISTORY.c.history_id, ENTRY)),
                "templates": _templates(connection, owner),
                "drafts": _drafts(connection, owner),
            }

    def import_(
        self, owner: str, document: Mapping[str, Any], *, mode: Literal["merge", "replace"]
    ) -> Imported:
        """Keep what an export holds, all or nothing.

        Args:
            mode: "merge" adds what this owner has not: what has an id of theirs, an article that
                is in the library, or a folder of that name in that place, stays as it is, and a
                template whose name is taken gets a number; "replace" removes all first.

        Raises:
            WrongItemError: the document is not whole; begins with the path of what is wrong.
            LimitError: something is too long, or this owner would have too many.
        """
        if mode not in {"merge", "replace"}:
            raise WrongItemError("mode", got=mode)
        content = checked(document)
        with writing_as(self._database, owner) as connection:
            if mode == "replace":
                clear(connection, owner)
            arrival = Arrival(connection, owner)
            arrival.take(content)
        return Imported(added=dict(arrival.added), present=dict(arrival.present))


def _mine(owner: str, key: Column[Any], fields: Mapping[str, Any]) -> Select[Any]:
    """Return the query for the rows of an owner, with those of the fields that are columns."""
    columns = [key.table.c[name] for name in fields if name in key.table.c]
    query = select(*columns).where(key.table.c.owner == owner)
    return query.order_by(key.table.c.created, key)


def _listed(connection: Connection, query: Select[Any]) -> list[dict[str, Any]]:
    """Return rows as an export has them."""
    return [
        {name: parsed(value) if name in JSON_COLUMNS else value for name, value in row.items()}
        for row in connection.execute(query).mappings()
    ]


def _templates(connection: Connection, owner: str) -> list[dict[str, Any]]:
    key, number = TEMPLATE_VERSIONS.c.template_id, TEMPLATE_VERSIONS.c.version
    children = _children(connection, owner, (key, number), TEMPLATE_VERSION)
    rows = _listed(connection, _mine(owner, TEMPLATES.c.template_id, TEMPLATE))
    return [{**row, "versions": children.get(row["template_id"], [])} for row in rows]


def _drafts(connection: Connection, owner: str) -> list[dict[str, Any]]:
    children = _children(connection, owner, (REVISIONS.c.draft_id, REVISIONS.c.number), REVISION)
    rows = _listed(connection, _mine(owner, DRAFTS.c.draft_id, DRAFT))
    return [{**row, "revisions": children.get(row["draft_id"], [])} for row in rows]


def _children(
    connection: Connection,
    owner: str,
    key: tuple[Column[Any], Column[Any]],
    fields: Mapping[str, Any],
) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of versions or revisions, by what they are of, in their order."""
    parent, number = key
    columns = [parent, *(parent.table.c[name] for name in fields)]
    query = select(*columns).where(parent.table.c.owner == owner).order_by(parent, number)
    found: dict[str, list[dict[str, Any]]] = {}
    for row in _listed(connection, query):
        found.setdefault(row.pop(parent.name), []).append(row)
    return found
