"""What goes over the wire about files: what one is to be made of, and verdicts on one."""

import datetime
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from lawvault.serve.contract import INTEGRAL, Day, Text, Words
from lawvault.serve.writer.contract import ID, WORDS, Number, having
from lawvault.serve.writer.shelf_fields import ItemId, ShelfRequest
from lawvault.writer.citations.citing import Style
from lawvault.writer.citations.rechecked import ProofState, Recheck, Rechecked
from lawvault.writer.profiles import PROFILES

MAX_DOCUMENT_CHARS = 500_000
"""Of a text that is made into a file, or checked again; twice what a draft can have."""
Format = Literal["docx", "html", "markdown", "text", "pdf"]
_NONE: JsonDict = {"maxLength": 0}


def _only(**fields: JsonDict) -> JsonDict:
    """Return the schema of an object with one field, all others left out or empty."""
    required = [name for name, schema in fields.items() if schema is not _NONE]
    return {"properties": dict(fields), "required": list[Any](required)}


_CUSTOM = having(profile={"const": "custom"})


class ExportRequest(ShelfRequest):
    """A file to be made of a draft, of the report of a run, or of Markdown.

    revision: of the draft; without it the newest.
    citations: provisions in footnotes, in a list at the end, or only marks where one does not hold;
    all citations are checked anew.
    annex, comments: whether a Word file ends with the table of its citations, and whether what does
    not hold is marked in any file; `notes` name what no mark says.
    reference: a firm's own .docx in base64, for the profile `custom`.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                _only(draft=ID, run=_NONE, markdown=_NONE),
                _only(draft=_NONE, run=ID, markdown=_NONE),
                _only(draft=_NONE, run=_NONE, markdown=WORDS),
            ],
            "if": _CUSTOM,
            "then": having(reference=ID),
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
    annex: Annotated[bool, Field(description="文末附“引用法条核验表”；只用于 docx")] = True
    comments: Annotated[
        bool, Field(description="标出未通过核验的引用和语句（Word 中为批注）；不标出的见 notes")
    ] = True
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
    text: what `start` and `end` of the verdicts count in.  is_good: nothing has to be done, and no
    proof was altered.
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
    def of(cls, found: Recheck, *, as_of: datetime.date, notes: Sequence[str] = ()) -> Self:
        """Return the result of a recheck as it is shown, with notes on the law."""
        return cls(
            proof=found.proof_state,
            is_good=found.is_good,
            as_of=as_of,
            counts=found.counts,
            verdicts=list(found.verdicts),
            text=found.text,
            notes=[*notes, *found.notes],
        )
