"""What goes over the wire about drafts and files: what is asked for in, records and verdicts out.

No field names a server, a key or a path: which LLM writes is the operator's to say.
"""

import datetime
from dataclasses import asdict
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from lawvault.serve.contract import INTEGRAL, NOT_BLANK, Day, Text, Words
from lawvault.serve.writer.shelf_contract import Line
from lawvault.store.draft_rows import Draft, Kind, Revision, State, Written
from lawvault.store.material_rows import MAX_INT
from lawvault.writer.citing import Style
from lawvault.writer.profiles import PROFILES
from lawvault.writer.recheck import ProofState, Recheck, Rechecked

MAX_MATERIALS = 1000
MAX_DOCUMENT_CHARS = 500_000
"""Of a text that is made into a file, or checked again; twice what a draft can have."""
Format = Literal["docx", "html", "markdown", "text", "pdf"]
Id = Annotated[Text, Field(max_length=64)]
Number = Annotated[int, Field(ge=1, le=MAX_INT)]
_GIVEN: JsonDict = {"minLength": 1, "pattern": NOT_BLANK}
_NOT_BLANK: JsonDict = {"type": "string", **_GIVEN}
_ID: JsonDict = {"type": "string", "minLength": 1}
_TRUE: JsonDict = {"const": True}


def _any_of(**fields: JsonDict) -> JsonDict:
    """Return the schema of an object that has at least one of some fields."""
    each = ({"properties": {name: one}, "required": [name]} for name, one in fields.items())
    return {"anyOf": list[Any](each)}


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _FromMaterials(_Request):
    """What a draft is written from beside its instruction.

    facts: what happened, in free words.  materials: ids, the weightiest first.
    as_of: the day on which the law is to hold; without it the latest that the data pack knows.
    search: have the agent look for law first.  keep_found: take what it finds into the library.
    stream: answer with events as they happen (as does `Accept: text/event-stream`).
    """

    facts: Text = ""
    materials: Annotated[list[Id], Field(max_length=MAX_MATERIALS)] = []
    as_of: Day | None = None
    search: bool = False
    keep_found: bool = False
    stream: bool = False

    @model_validator(mode="after")
    def _keeps_what_it_finds(self) -> Self:
        if self.keep_found and not self.search:
            raise PydanticCustomError("keep_found", "keep_found needs search")
        return self


class DraftRequest(_FromMaterials):
    """A draft to be written, by a template, by an instruction, or both.

    template: the id of a shipped template or of one's own.  values: the answers to its form.
    """

    template: Id = ""
    values: dict[str, Any] = {}
    instruction: Text = ""
    title: Line = ""

    model_config = ConfigDict(json_schema_extra=_any_of(template=_ID, instruction=_NOT_BLANK))

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if not self.template and not self.instruction.strip():
            raise PydanticCustomError("nothing_asked", "give a template, an instruction, or both")
        return self


class Selection(_Request):
    """A part of the Markdown, in characters: [start, end)."""

    start: Annotated[int, Field(ge=0, le=MAX_INT), INTEGRAL]
    end: Annotated[int, Field(ge=0, le=MAX_INT), INTEGRAL]


class ReviseRequest(_FromMaterials):
    """A change to a draft; only the selection, or what stands below the heading, is written anew.

    revision: the number of the revision that is meant; without it the newest.
    """

    instruction: Words
    selection: Selection | None = None
    heading: Text = ""
    revision: Annotated[Number, INTEGRAL] | None = None


class EditRequest(_Request):
    """The whole text of a draft as somebody typed it, another title, or both."""

    model_config = ConfigDict(json_schema_extra=_any_of(markdown={"type": "string"}, title=_LINE))

    markdown: Text | None = None
    title: Line | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.markdown is None and self.title is None:
            raise PydanticCustomError("nothing_changed", "give markdown, title, or both")
        return self


class RestoreRequest(_Request):
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


class RevisionParameters(BaseModel):
    """Which revision; without it the newest."""

    model_config = ConfigDict(extra="forbid")
    revision: Number | None = None


_SOURCES = ("draft", "run", "markdown")


def _one_source() -> JsonDict:
    one_of: list[Any] = []
    for source in _SOURCES:
        others = {name: {"maxLength": 0} for name in _SOURCES if name != source}
        given = _NOT_BLANK if source == "markdown" else _ID
        one_of.append({"properties": {source: given, **others}, "required": [source]})
    custom = {"profile": {"const": "custom"}}
    return {
        "oneOf": one_of,
        "if": {"properties": custom, "required": ["profile"]},
        "then": {"properties": {"reference": {"minLength": 1}}, "required": ["reference"]},
        "else": {"properties": {"reference": {"maxLength": 0}}},
    }


class ExportRequest(_Request):
    """A file to be made of a draft, of the report of a run, or of Markdown.

    revision: of the draft; without it the newest.
    citations: provisions in footnotes, in a list at the end, or only marks where one does not hold;
    all citations are checked anew.
    reference: a firm's own .docx in base64, for the profile `custom`.
    """

    draft: Id = ""
    revision: Annotated[Number, INTEGRAL] | None = None
    run: Id = ""
    markdown: Text = ""
    title: Annotated[Text, Field(max_length=500)] = ""
    format: Format = "docx"
    profile: Literal[*PROFILES] = "lawfirm"  # type: ignore[valid-type]
    citations: Style = "footnote"
    as_of: Day | None = None
    reference: str = ""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if sum(map(bool, (self.draft, self.run, self.markdown))) != 1:
            raise PydanticCustomError("one_source", "give one of draft, run, markdown")
        return self


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


class RecheckRequest(_Request):
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
    def of(cls, found: Recheck, as_of: datetime.date) -> Self:
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
