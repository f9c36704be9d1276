"""A draft as the store keeps it: its record, its revisions, and the rules they are changed by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, insert, select, update

from lawvault.store.json_text import parsed
from lawvault.store.owned import ID, owned_row, unknown
from lawvault.store.refusals import BusyError, LimitError, StaleError, UnknownItemError
from lawvault.store.shapes import MAX_NAME, json_object, line, long_text, one_of
from lawvault.store.tables import DRAFTS, REVISIONS

State = Literal["writing", "done", "stopped", "failed"]
End = Literal["done", "stopped", "failed"]
Kind = Literal["draft", "revise", "edit"]
MAX_REVISIONS = 1000
STATE = one_of(get_args(State))
END = one_of(get_args(End))
KIND = one_of(get_args(Kind))
TITLE = line(500)
TEMPLATE_NAME = line(MAX_NAME)
TEMPLATE_VERSION = line(64)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDraft:
    """A draft that is asked for."""

    request: Mapping[str, Any]  # facts, instruction, ids of materials: what it is drafted from
    title: str = ""
    template_name: str = ""
    template_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRevision:
    """A whole text for a draft; `data`: used, dropped, missing, how it was verified."""

    kind: Kind
    markdown: str
    instruction: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is known of a draft beside its request and texts; times in seconds since 1970."""

    draft_id: str
    title: str
    template_name: str
    template_version: str
    state: State  # of its newest revision; writing, too, before the first one
    stop_requested: bool
    revision: int  # the number of the newest, its ETag; 0 before the first
    created: float
    updated: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What is known of a revision beside its text; times in seconds since 1970."""

    number: int
    kind: Kind
    instruction: str
    state: State
    length: int  # of the Markdown, in characters
    created: float
    updated: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A revision with its text."""

    revision: Revision
    markdown: str
    data: dict[str, Any]


FACTS = [DRAFTS.c[name] for name in Draft.__slots__]
REVISION = [REVISIONS.c[name] for name in Revision.__slots__]


def is_draft(owner: str, draft_id: str) -> ColumnElement[bool]:
    """Return the condition that a row is this draft and this owner's.

    Raises:
        UnknownItemError: no draft can have such an id.
    """
    if not ID.fullmatch(draft_id):
        raise unknown("draft", draft_id)
    return and_(DRAFTS.c.owner == owner, DRAFTS.c.draft_id == draft_id)


def is_revision(owner: str, draft_id: str, number: int) -> ColumnElement[bool]:
    """Return the condition that a row is this revision of this owner's draft."""
    return and_(
        REVISIONS.c.owner == owner, REVISIONS.c.draft_id == draft_id, REVISIONS.c.number == number
    )


def owned_draft(connection: Connection, owner: str, draft_id: str) -> Draft:
    """Return a draft of this owner.

    Raises:
        UnknownItemError: it is not there, or another's.
    """
    query = select(*FACTS).where(is_draft(owner, draft_id))
    return Draft(**owned_row(connection, query, "draft", draft_id))


def written(connection: Connection, owner: str, draft: Draft, number: int | None) -> Written:
    """Return a revision of a draft with its text, None the newest.

    Raises:
        UnknownItemError: it is not there.
    """
    wanted = draft.revision if number is None else number
    if not 1 <= wanted <= draft.revision:
        raise UnknownItemError("unknown_revision", number=wanted, id=draft.draft_id)
    columns = select(*REVISION, REVISIONS.c.markdown, REVISIONS.c.data)
    row = connection.execute(columns.where(is_revision(owner, draft.draft_id, wanted)))
    facts = dict(row.mappings().one())
    markdown, data = parsed(facts.pop("markdown")), parsed(facts.pop("data"))
    return Written(revision=revision_of(facts), markdown=markdown, data=data)


def revision_of(facts: Mapping[str, Any] | RowMapping) -> Revision:
    """Return the record that a row holds."""
    return Revision(**{**facts, "instruction": parsed(facts["instruction"])})


def draft_row(new: NewDraft, draft_id: str, now: float) -> dict[str, Any]:
    """Return the columns of a new draft, without its owner.

    Raises:
        WrongItemError, LimitError: a field cannot be kept.
    """
    return {
        "draft_id": draft_id,
        "title": TITLE(new.title, "title"),
        "template_name": TEMPLATE_NAME(new.template_name, "template_name"),
        "template_version": TEMPLATE_VERSION(new.template_version, "template_version"),
        "request": json_object(new.request, "request"),
        "state": "writing",
        "stop_requested": False,
        "revision": 0,
        "created": now,
        "updated": now,
        "heartbeat": now,
    }


def revision_row(new: NewRevision, state: State, now: float) -> dict[str, Any]:
    """Return the columns of a revision, without its draft, number and owner.

    Raises:
        WrongItemError, LimitError: a field cannot be kept.
    """
    return {
        "kind": KIND(new.kind, "kind"),
        "instruction": long_text(new.instruction, "instruction"),
        "state": state,
        **text_columns(new.markdown),
        "data": json_object(new.data, "data"),
        "created": now,
        "updated": now,
    }


def text_columns(markdown: str) -> dict[str, Any]:
    """Return the columns that hold a text.

    Raises:
        WrongItemError, LimitError: it cannot be kept.
    """
    return {"markdown": long_text(markdown, "markdown"), "length": len(markdown)}


def is_open(draft: Draft) -> bool:
    """Return whether the newest revision of a draft is being written."""
    return draft.state == "writing" and draft.revision > 0


def add_row(
    connection: Connection, owner: str, draft: Draft, row: Mapping[str, Any], *, expected: int
) -> Revision:
    """Keep the row of the next revision of a draft, whose state it gives to the draft.

    Raises:
        StaleError: the newest revision is not `expected`.
        BusyError: the newest revision is being written.
        LimitError: there are too many revisions.
    """
    if draft.revision != expected:
        raise StaleError("stale_draft", newest=draft.revision, expected=expected)
    if is_open(draft):
        raise BusyError("being_written", number=draft.revision)
    if draft.revision >= MAX_REVISIONS:
        raise LimitError("revisions", most=MAX_REVISIONS)
    number = draft.revision + 1
    keys = {"draft_id": draft.draft_id, "number": number, "owner": owner}
    connection.execute(insert(REVISIONS), {**keys, **row})
    set_draft(connection, owner, draft, state=row["state"], revision=number, now=row["updated"])
    return revision_of({"number": number, **{name: row[name] for name in Revision.__slots__[1:]}})


def set_draft(
    connection: Connection, owner: str, draft: Draft, *, state: State, revision: int, now: float
) -> None:
    """Change what a draft says of its newest revision; an end takes back the wish to stop."""
    values = {
        "state": state,
        "revision": revision,
        "stop_requested": draft.stop_requested and state == "writing",
        "updated": now,
        "heartbeat": now,
    }
    connection.execute(update(DRAFTS).where(is_draft(owner, draft.draft_id)), values)
