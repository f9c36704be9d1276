"""What goes over the wire about drafts: what is asked for in, records out.

No field names a server, a key or a path: which LLM writes is the operator's to say.
"""

from dataclasses import asdict
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from lawvault.serve.contract import INTEGRAL, NOT_BLANK, Day, Text, Words
from lawvault.serve.writer.shelf_fields import (
    Body,
    Index,
    ItemId,
    KeptId,
    Line,
    Parameters,
    ShelfRequest,
)
from lawvault.store.draft_rows import Draft, Kind, Revision, State, Written

MAX_MATERIALS, MAX_SELECTION, MAX_DEPTH = 1000, 2**31 - 1, 32
Number = Annotated[int, Field(ge=1, le=MAX_SELECTION)]
WORDS: JsonDict = {"type": "string", "minLength": 1, "pattern": NOT_BLANK}
ID: JsonDict = {"type": "string", "minLength": 1}
_TEXT: JsonDict = {"type": "string"}


def having(**fields: JsonDict) -> JsonDict:
    """Return the schema of an object that has some fields."""
    return {"properties": dict(fields), "required": list[Any](fields)}


def _not(schema: JsonDict) -> JsonDict:
    return {"not": schema}


_TRUE: JsonDict = {"const": True}
_KEEPS_NOTHING_FOUND = _not({**having(keep_found=_TRUE), **_not(having(search=_TRUE))})
_ANSWERS_NOTHING = _not({**having(values={"minProperties": 1}), **_not(having(template=ID))})


class _FromMaterials(ShelfRequest):
    """What a draft is written from beside its instruction.

    facts: what happened, in free words.  materials: ids, the weightiest first.
    as_of: the day on which the law is to hold; without it the latest that the data pack knows.
    search: have the agent look for law first.  keep_found: then take what it finds into the
    library, too.
    stream: answer with events as they happen (as does `Accept: text/event-stream`).
    """

    facts: Text = ""
    materials: list[ItemId] = Field([], max_length=MAX_MATERIALS)
    as_of: Day | None = None
    search: bool = False
    keep_found: bool = False
    stream: bool = False


def shallow(values: dict[str, Any]) -> dict[str, Any]:
    """Refuse what is nested deeper than any form, and than can be kept."""
    inner: list[Any] = [values]
    for _ in range(MAX_DEPTH):
        inner = [
            one
            for outer in inner
            if isinstance(outer, dict | list)
            for one in (outer.values() if isinstance(outer, dict) else outer)
        ]
    if inner:
        raise PydanticCustomError("too_deep", "nested too deeply")
    return values


class DraftRequest(_FromMaterials):
    """A draft to be written, by a template, by an instruction, or both.

    template: the id of a shipped template or of one's own.  values: the answers to its form.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [having(template=ID), having(instruction=WORDS)],
            "allOf": [_KEEPS_NOTHING_FOUND, _ANSWERS_NOTHING],
        }
    )
    template: Annotated[Text, Field(max_length=64)] = ""
    values: Annotated[dict[str, Any], AfterValidator(shallow)] = Field({})
    instruction: Text = ""
    title: Line = ""


class Selection(ShelfRequest):
    """A part of the Markdown, in characters: [start, end)."""

    start: Index
    end: Index


_SELECTION: JsonDict = {"type": "object"}


class ReviseRequest(_FromMaterials):
    """A change to a draft; only the selection, or what stands below the heading, is written anew.

    revision: the number of the revision that is meant; without it the newest.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "allOf": [_KEEPS_NOTHING_FOUND, _not(having(heading=ID, selection=_SELECTION))]
        }
    )
    instruction: Words
    selection: Selection | None = None
    heading: Text = ""
    revision: Annotated[Number, INTEGRAL] | None = None


class EditRequest(ShelfRequest):
    """The whole text of a draft as somebody typed it, another title, or both."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [having(markdown=_TEXT), having(title=_TEXT)]}
    )
    markdown: Text | None = None
    title: Line | None = None


class ImportDraftRequest(ShelfRequest):
    """A text that is there already, to be kept as a draft: a template filled in, or one's own.

    template: the id of the one it was made by; values: the answers to its form.
    """

    markdown: Body
    title: Line = ""
    template: KeptId = ""
    values: Annotated[dict[str, Any], AfterValidator(shallow)] = Field({})


class RestoreRequest(ShelfRequest):
    """The number of the revision that is wanted back."""

    revision: Annotated[Number, INTEGRAL]


class DraftRecord(BaseModel):
    """One draft.  Times are seconds since 1970; `markdown` and `data` are of `revision`.

    data: what the writer says of its text: `missing` (what nobody told), `used` and `dropped`
    materials, `counts` of verdicts, `notes`, `usage`.
    """

    object: Literal["draft"] = "draft"
    id: str
    title: str
    template: str
    template_version: str
    state: State
    revision: int
    created: float
    updated: float
    markdown: str | None = None
    data: dict[str, Any] | None = None

    @classmethod
    def of(cls, draft: Draft, written: Written | None = None) -> Self:
        """Return a draft as it is shown, with the text of a revision or without."""
        return cls(
            id=draft.draft_id,
            title=draft.title,
            template=draft.template_name,
            template_version=draft.template_version,
            state=draft.state,
            revision=written.revision.number if written else draft.revision,
            created=draft.created,
            updated=draft.updated,
            markdown=written.markdown if written else None,
            data=written.data if written else None,
        )


class RevisionRecord(BaseModel):
    """One revision, without its text; `length` in characters."""

    number: int
    kind: Kind
    instruction: str
    state: State
    length: int
    created: float
    updated: float

    @classmethod
    def of(cls, revision: Revision) -> Self:
        """Return a revision as it is shown."""
        return cls(**asdict(revision))


class DraftPage(BaseModel):
    """Drafts, those changed last first; `next`: the `cursor` of the page that follows, or null."""

    object: Literal["list"] = "list"
    data: list[DraftRecord]
    next: str | None = None


class RevisionList(BaseModel):
    """All revisions of a draft, oldest first."""

    object: Literal["list"] = "list"
    data: list[RevisionRecord]


class RevisionParameters(Parameters):
    """Which revision; without it the newest."""

    revision: Number | None = None
