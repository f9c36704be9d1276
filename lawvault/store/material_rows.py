"""A material as the store keeps it: what it is a copy of, its text as kept, where it lies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import RowMapping, func

from lawvault.law.digest import digest
from lawvault.store.owned import new_id
from lawvault.store.refusals import WrongItemError
from lawvault.store.shapes import Check, body, line, one_of, whole
from lawvault.store.tables import MATERIALS

Kind = Literal["article", "passage", "note", "law"]
HEAD_CHARACTERS = 200
MAX_INT = 2**31 - 1

CHECKS: Mapping[str, Check] = {
    "kind": one_of(get_args(Kind)),
    "article_id": line(500),
    "law_id": line(500),
    "law_name": line(500),
    "article_number": line(100),
    "span_start": whole(0, MAX_INT, or_none=True),
    "span_end": whole(0, MAX_INT, or_none=True),
    "title": line(500),
    "text": body,
}
"""What each field of a material that is given may hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMaterial:
    """What is taken into the library: from the corpus by its ids, or somebody's own note.

    An article needs `article_id` and `law_id`, a law `law_id`; a passage needs its span
    [span_start, span_end) in characters of the text of `article_id`, or where that is empty of
    `law_id`; a note may name what it is about.  `law_id` names the version.
    """

    kind: Kind
    text: str
    title: str = ""
    article_id: str = ""
    law_id: str = ""
    law_name: str = ""
    article_number: str = ""
    span_start: int | None = None
    span_end: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What is known of a material beside its whole text; times in seconds since 1970."""

    material_id: str
    folder_id: str  # "": the root
    position: int  # materials of a folder stand in the order of these
    kind: Kind
    article_id: str
    law_id: str
    law_name: str
    article_number: str
    span_start: int | None
    span_end: int | None
    title: str
    sha256: str  # of the text as kept, UTF-8: another one in the corpus means that it changed
    created: float
    updated: float
    head: str  # the first 200 characters of the text
    length: int  # of the text, in characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A material of the library, and whether this call brought it there."""

    material: Material
    is_new: bool


FACTS = [
    *(MATERIALS.c[name] for name in Material.__slots__ if name not in {"head", "length"}),
    func.substr(MATERIALS.c.text, 1, HEAD_CHARACTERS).label("head"),
    func.length(MATERIALS.c.text).label("length"),
]


def material_of(row: Mapping[str, Any] | RowMapping) -> Material:
    """Return the record that a row of FACTS holds."""
    return Material(**row)


def checked_fields(given: Mapping[str, object], path: str) -> dict[str, Any]:
    """Return the fields of a material as they are kept.

    Raises:
        WrongItemError: one is not what its kind needs; `path` comes before its name.
        LimitError: the text is too long.
    """
    fields = {name: check(given[name], f"{path}{name}") for name, check in CHECKS.items()}
    _check_ids(fields, path)
    _check_span(fields, path)
    return fields


def source_of(fields: Mapping[str, Any], material_id: str) -> str:
    """Return what a material is a copy of, the same for the same: an owner has each once.

    >>> source_of({"kind": "law", "law_id": "劳动法@2018-12-29"}, "mat-1")
    'law:劳动法@2018-12-29'
    """
    match fields["kind"]:
        case "note":
            return f"note:{material_id}"
        case "passage":
            of = fields["article_id"] or fields["law_id"]
            return f"passage:{of}:{fields['span_start']}-{fields['span_end']}"
        case "article":
            return f"article:{fields['article_id']}"
        case _:
            return f"law:{fields['law_id']}"


def new_rows(
    given: Sequence[NewMaterial], owner: str, *, folder_id: str, now: float
) -> list[dict[str, Any]]:
    """Return the rows of new materials, still without their positions.

    Raises:
        WrongItemError, LimitError: as `checked_fields`; the path is `materials[n].`.
    """
    rows = []
    for number, new in enumerate(given):
        path = f"materials[{number}]."
        fields = checked_fields({name: getattr(new, name) for name in CHECKS}, path)
        material_id = new_id("mat")
        kept = {"source": source_of(fields, material_id), "sha256": digest(fields["text"])}
        place = {"owner": owner, "material_id": material_id, "folder_id": folder_id}
        rows.append({**place, **fields, **kept, "created": now, "updated": now})
    return rows


def record_of(row: Mapping[str, Any]) -> Material:
    """Return the record of a row that was just written, as reading it back would."""
    shown = {"head": row["text"][:HEAD_CHARACTERS], "length": len(row["text"])}
    return material_of({name: {**row, **shown}[name] for name in Material.__slots__})


def _check_ids(fields: Mapping[str, Any], path: str) -> None:
    needs = {"article": ("article_id", "law_id"), "law": ("law_id",), "passage": ("law_id",)}
    for name in needs.get(fields["kind"], ()):
        if not fields[name]:
            raise WrongItemError("needed", what=f"{path}{name}", kind=fields["kind"])
    if fields["kind"] == "law" and fields["article_id"]:
        raise WrongItemError("article_of_law", what=f"{path}article_id")


def _check_span(fields: Mapping[str, Any], path: str) -> None:
    start, end = fields["span_start"], fields["span_end"]
    if fields["kind"] != "passage":
        if start is not None or end is not None:
            raise WrongItemError("span_of_other", path=path)
        return
    if start is None or end is None or start >= end:
        raise WrongItemError("span", path=path, start=start, end=end)
