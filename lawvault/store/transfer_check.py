"""The file that a user store is carried in: its fields, and whether one is whole.

Everything is looked at before anything is kept.  What is wrong is named by its path, like
`drafts[3].revisions[0].markdown`.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from lawvault.law.digest import digest
from lawvault.store import draft_rows, favourites, history, templates
from lawvault.store.drafts import MAX_DRAFTS
from lawvault.store.folders import MAX_DEPTH, MAX_FOLDERS, NAME
from lawvault.store.material_rows import CHECKS, checked_fields, source_of
from lawvault.store.materials import MAX_MATERIALS
from lawvault.store.refusals import LimitError, WrongItemError
from lawvault.store.shapes import (
    Check,
    body,
    ident,
    json_object,
    long_text,
    moment,
    plain,
    whole,
)

FORMAT = "lawvault-user-store"
VERSION = 1
MAX_POSITION = 2**53

Row = dict[str, Any]
Checks = Mapping[str, Check]


def _rows(value: object, _: str) -> object:
    """Return a list as it is: its rows are looked at one by one."""
    return value


TIMES: Checks = {"created": moment, "updated": moment}
FOLDER: Checks = {
    "folder_id": ident("fld"),
    "parent_id": ident("fld", or_none=True),
    "name": NAME,
    **TIMES,
}
MATERIAL: Checks = {
    "material_id": ident("mat"),
    "folder_id": ident("fld", or_none=True),
    "position": whole(0, MAX_POSITION),
    **CHECKS,
    "sha256": plain,
    **TIMES,
}
FAVOURITE: Checks = {
    "kind": favourites.KIND,
    "ref_id": favourites.REFERENCE,
    "created": moment,
}
ENTRY: Checks = {
    "history_id": ident("his"),
    "kind": history.KIND,
    "text": history.TEXT,
    "ref_id": history.REFERENCE,
    "created": moment,
}
TEMPLATE: Checks = {
    "template_id": ident("tpl"),
    "name": templates.NAME,
    "versions": _rows,
    **TIMES,
}
TEMPLATE_VERSION: Checks = {
    "version": whole(1, templates.MAX_VERSIONS),
    "body": body,
    "created": moment,
}
DRAFT: Checks = {
    "draft_id": ident("drf"),
    "title": draft_rows.TITLE,
    "template_name": draft_rows.TEMPLATE_NAME,
    "template_version": draft_rows.TEMPLATE_VERSION,
    "request": json_object,
    "state": draft_rows.STATE,
    "revisions": _rows,
    **TIMES,
}
REVISION: Checks = {
    "number": whole(1, draft_rows.MAX_REVISIONS),
    "kind": draft_rows.KIND,
    "instruction": long_text,
    "state": draft_rows.STATE,
    "markdown": long_text,
    "data": json_object,
    **TIMES,
}


def checked(document: object) -> dict[str, list[Row]]:
    """Return the rows of each section of a file, as they are kept but for owner and new ids.

    Raises:
        WrongItemError: a field, a reference or the format is wrong; says where.
        LimitError: something is longer or more than an owner may keep.
    """
    content = _sections(document)
    folder_ids = _folders(content["folders"])
    _materials(content["materials"], folder_ids)
    _unlike(content["favourites"], "favourites", lambda row: (row["kind"], row["ref_id"]))
    _unlike(content["history"], "history", lambda row: row["history_id"])
    _templates(content["templates"])
    _drafts(content["drafts"])
    return content


SECTIONS: Mapping[str, tuple[Checks, int]] = {
    "folders": (FOLDER, MAX_FOLDERS),
    "materials": (MATERIAL, MAX_MATERIALS),
    "favourites": (FAVOURITE, favourites.MAX_FAVOURITES),
    "history": (ENTRY, history.MAX_HISTORY),
    "templates": (TEMPLATE, templates.MAX_TEMPLATES),
    "drafts": (DRAFT, MAX_DRAFTS),
}
"""The sections of a file, the fields of a row of each, and how many rows it may have."""


def _sections(document: object) -> dict[str, list[Row]]:
    if not isinstance(document, Mapping) or document.get("format") != FORMAT:
        raise WrongItemError("format", format=FORMAT)
    if document.get("version") != VERSION or isinstance(document["version"], bool):
        raise WrongItemError("other_version", version=VERSION, got=document.get("version"))
    _check_keys(document, ["format", "version", *SECTIONS], "")
    return {
        name: _read_rows(document[name], name, checks, most=most)
        for name, (checks, most) in SECTIONS.items()
    }


def _read_rows(value: object, path: str, checks: Checks, *, most: int) -> list[Row]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise WrongItemError("not_list", what=path, got=type(value).__name__)
    if len(value) > most:
        raise LimitError("entries", what=path, got=len(value), most=most)
    return [_read_row(row, f"{path}[{number}]", checks) for number, row in enumerate(value)]


def _read_row(value: object, path: str, checks: Checks) -> Row:
    if not isinstance(value, Mapping):
        raise WrongItemError("not_object", what=path, got=type(value).__name__)
    _check_keys(value, checks, f"{path}.")
    return {name: check(value[name], f"{path}.{name}") for name, check in checks.items()}


def _check_keys(value: Mapping[Any, Any], expected: Collection[str], path: str) -> None:
    for name in expected:
        if name not in value:
            raise WrongItemError("missing", what=f"{path}{name}")
    for name in value:
        if name not in expected:
            raise WrongItemError("unknown_field", path=path, name=name)


def _unlike(rows: Sequence[Row], path: str, key: Callable[[Row], object]) -> set[object]:
    """Return the keys of rows, which must all differ."""
    seen: set[object] = set()
    for number, row in enumerate(rows):
        if (own := key(row)) in seen:
            raise WrongItemError("twice", what=f"{path}[{number}]", got=own)
        seen.add(own)
    return seen


def _folders(rows: Sequence[Row]) -> set[object]:
    ids = _unlike(rows, "folders", lambda row: row["folder_id"])
    _unlike(rows, "folders", lambda row: (row["parent_id"], row["name"]))
    parents = {row["folder_id"]: row["parent_id"] for row in rows}
    for number, row in enumerate(rows):
        here, passed = row["folder_id"], 0
        while here:
            if here not in ids:
                raise WrongItemError("no_folder", what=f"folders[{number}].parent_id")
            here, passed = parents[here], passed + 1
            if passed > MAX_DEPTH:
                raise WrongItemError("folder_loop", what=f"folders[{number}]", most=MAX_DEPTH - 1)
    return ids


def _materials(rows: Sequence[Row], folder_ids: set[object]) -> None:
    for number, row in enumerate(rows):
        path = f"materials[{number}]."
        row.update(checked_fields(row, path))
        if row["folder_id"] and row["folder_id"] not in folder_ids:
            raise WrongItemError("no_folder", what=f"{path}folder_id")
        if row["sha256"] != digest(row["text"]):
            raise WrongItemError("changed", what=f"{path}sha256")
    _unlike(rows, "materials", lambda row: row["material_id"])
    _unlike(rows, "materials", lambda row: source_of(row, row["material_id"]))


def _templates(rows: Sequence[Row]) -> None:
    _unlike(rows, "templates", lambda row: row["template_id"])
    _unlike(rows, "templates", lambda row: row["name"])
    for number, row in enumerate(rows):
        path = f"templates[{number}].versions"
        most = templates.MAX_VERSIONS
        row["versions"] = _read_rows(row["versions"], path, TEMPLATE_VERSION, most=most)
        _check_counted(row["versions"], path, "version")
        if not row["versions"]:
            raise WrongItemError("none", what=path)


def _drafts(rows: Sequence[Row]) -> None:
    _unlike(rows, "drafts", lambda row: row["draft_id"])
    for number, row in enumerate(rows):
        path = f"drafts[{number}].revisions"
        found = _read_rows(row["revisions"], path, REVISION, most=draft_rows.MAX_REVISIONS)
        _check_counted(found, path, "number")
        for at, revision in enumerate(found[:-1]):
            if revision["state"] == "writing":
                raise WrongItemError("writing_before", what=f"{path}[{at}].state")
        if found and found[-1]["state"] != row["state"]:
            raise WrongItemError("other_state", what=f"drafts[{number}].state")
        row["revisions"] = found


def _check_counted(rows: Sequence[Row], path: str, name: str) -> None:
    for number, row in enumerate(rows):
        if row[name] != number + 1:
            what = f"{path}[{number}].{name}"
            raise WrongItemError("count", what=what, expected=number + 1, got=row[name])
