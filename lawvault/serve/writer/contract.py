"""What goes over the wire about drafts and files: what is asked for in, records and verdicts out.

No field names a server, a key or a path: which LLM writes is the operator's to say.
"""

import datetime
from dataclasses import asdict
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from lawvault.serve.contract import INTEGRAL, NOT_BLANK, Day, Text, Words
from lawvault.serve.writer.shelf_fields import Index, ItemId, Line, Parameters, ShelfRequest
from lawvault.store.draft_rows import Draft, Kind, Revision, State, Written
from lawvault.writer.citing import Style
from lawvault.writer.profiles import PROFILES
from lawvault.writer.recheck import ProofState, Recheck, Rechecked

MAX_MATERIALS, MAX_SELECTION = 1000, 2**31 - 1
MAX_DOCUMENT_CHARS = 500_000
"""Of a text that is made into a file, or checked again; twice what a draft can have."""
Format = Literal["docx", "html", "markdown", "text", "pdf"]
Number = Annotated[int, Field(ge=1, le=MAX_SELECTION)]
_WORDS: JsonDict = {"type": "string", "minLength": 1, "pattern": NOT_BLANK}
_ID: JsonDict = {"type": "string", "minLength": 1}
_TEXT: JsonDict = {"type": "string"}
_NONE: JsonDict = {"maxLength": 0}


def _having(**fields: JsonDict) -> JsonDict:
    """Return the schema of an object that has some fields."""
    return {"properties": dict(fields), "required": list[Any](fields)}


def _not(schema: JsonDict) -> JsonDict:
    return {"not": schema}


_TRUE: JsonDict = {"const": True}
_KEEPS_NOTHING_FOUND = _not({**_having(keep_found=_TRUE), **_not(_having(search=_TRUE))})


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


class DraftRequest(_FromMaterials):
    """A draft to be written, by a template, by an instruction, or both.

    template: the id of a shipped template or of one's own.  values: the answers to its form.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [_having(template=_ID), _having(instruction=_WORDS)],
            **_KEEPS_NOTHING_FOUND,
        }
    )
    template: Annotated[Text, Field(max_length=64)] = ""
    values: dict[str, Any] = Field({})
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
            "allOf": [_KEEPS_NOTHING_FOUND, _not(_having(heading=_ID, selection=_SELECTION))]
        }
    )
    instruction: Words
    selection: Selection | None = None
    heading: Text = ""
    revision: Annotated[Number, INTEGRAL] | None = None


class EditRequest(ShelfRequest):
    """The whole text of a draft as somebody typed it, another title, or both."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [_having(markdown=_TEXT), _having(title=_TEXT)]}
    )
    markdown: Text | None = None
    title: Line | None = None


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


def _only(**fields: JsonDict) -> JsonDict:
    """Return the schema of an object with one field, all others left out or empty."""
    required = [name for name, schema in fields.items() if schema is not _NONE]
    return {"properties": dict(fields), "required": list[Any](required)}


_CUSTOM = _having(profile={"const": "custom"})


class ExportRequest(ShelfRequest):
    """A file to be made of a draft, of the report of a run, or of Markdown.

    revision: of the draft; without it the newest.
    citations: provisions in footnotes, in a list at the end, or only marks where one does not hold;
    all citations are checked anew.
    reference: a firm's own .docx in base64, for the profile `custom`.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                _only(draft=_ID, run=_NONE, markdown=_NONE),
                _only(draft=_NONE, run=_ID, markdown=_NONE),
                _only(draft=_NONE, run=_NONE, markdown=_WORDS),
            ],
            "if": _CUSTOM,
            "then": _having(reference=_ID),
            "else": {"properties": {"reference": _NONE}},
        }
    )
    draft: ItemId = ""
    revision: Annotated[Number, INTEGRAL] | None = None
    run: ItemId = ""
    markdown: Text = ""
    title: Annotated[Text, Field(max_length=500)] = ""
    format: Format = "docx"
    profile: Literal[*PROFILES] = "lawfirm"  # type: ignore[valid-type]
    citations: Style = "footnote"
    as_of: Day | None = None
    reference: Annotated[str, Field(json_schema_extra={"contentEncoding": "base64"})] = ""


class File(BaseModel):
    """A file that was made: its bytes, its name, and what its reader should know, in Chinese."""

    data: bytes
    name: str
    media_type: str
    notes: list[str] = []


class FileAnswer(BaseModel):
    """A file inside JSON; `content` is base64."""

    object: Literal["file"] = "file"
    name: str
    media_type: str
    content: str
    notes: list[str]


class RecheckRequest(ShelfRequest):
    """A text whose citations are to be checked again."""

    text: Words
    as_of: Day | None = None


class Document(BaseModel):
    """A document to be checked again, as it came: the bytes of a .docx, or a text."""

    data: bytes | str
    as_of: datetime.date | None = None


class RecheckAnswer(BaseModel):
    """What became of every citation of a document.

    proof: whether it carries our proof: `ok`, `altered` (it counts for nothing), `absent`.
    text: what `start` and `end` of the verdicts count in.  is_good: nothing has to be done.
    """

    object: Literal["recheck"] = "recheck"
    proof: ProofState
    is_good: bool
    as_of: datetime.date
    counts: dict[str, int]
    verdicts: list[Rechecked]
    text: str
    notes: list[str]

    @classmethod
    def of(cls, found: Recheck, *, as_of: datetime.date) -> Self:
        """Return the result of a recheck as it is shown."""
        return cls(
            proof=found.proof_state,
            is_good=all(one.is_good for one in found.verdicts),
            as_of=as_of,
            counts=found.counts,
            verdicts=list(found.verdicts),
            text=found.text,
            notes=list(found.notes),
        )
