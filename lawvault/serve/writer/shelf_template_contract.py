"""What goes over the wire about templates, and about a library that is carried as one file."""

from dataclasses import replace
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, Field

from lawvault.serve.contract import Text
from lawvault.serve.writer.contract import MAX_SELECTION, shallow
from lawvault.serve.writer.shelf_fields import Body, ItemId, Name, Parameters, ShelfRequest
from lawvault.store.templates import UserTemplate
from lawvault.writer.templates.filling import Filled
from lawvault.writer.templates.forms import Missing, Problem
from lawvault.writer.templates.template import Template

Origin = Literal["shipped", "own"]


class TemplateRequest(ShelfRequest):
    """A template: a text with `{{slots}}`, or YAML front matter and Markdown."""

    name: Name
    text: Body


class PutTemplateRequest(ShelfRequest):
    """The next version of a template, and another name if one is given."""

    text: Body
    name: Name | None = None


class TemplateParameters(Parameters):
    """Which version of one's own template; without it the newest."""

    version: Annotated[int, Field(ge=1, le=MAX_SELECTION)] | None = None


class FillRequest(ShelfRequest):
    """The answers to the form of a template, by slot or section."""

    values: Annotated[dict[Text, Any], AfterValidator(shallow)] = Field(default_factory=dict)


class TemplateRecord(BaseModel):
    """A template; `kind` and `description` are told of those that ship, times of one's own."""

    object: Literal["template"] = "template"
    id: ItemId
    name: str
    origin: Origin
    version: str
    kind: str = ""
    description: str = ""
    created: float | None = None
    updated: float | None = None

    @classmethod
    def of_shipped(cls, template: Template, **more: Any) -> Self:  # noqa: ANN401 - its own fields
        """Return a template that ships as it is shown."""
        names = ("id", "name", "version", "kind", "description")
        facts = {name: getattr(template, name) for name in names}
        return cls(origin="shipped", **facts, **more)

    @classmethod
    def of_own(cls, kept: UserTemplate, **more: Any) -> Self:  # noqa: ANN401 - its own fields
        """Return somebody's template as it is shown."""
        return cls(
            id=kept.template_id,
            name=kept.name,
            origin="own",
            created=kept.created,
            updated=kept.updated,
            **{"version": str(kept.version), **more},
        )


class TemplateAnswer(TemplateRecord):
    """A template with its form.

    text: as it was typed; null of one that ships.  form: what a page asks for; null where the text
    is no template (it came in by an import), and `problem` says why.
    """

    text: str | None
    form: dict[str, Any] | None
    problem: str | None = None


class TemplateList(BaseModel):
    """Those that ship by id, then one's own by name."""

    object: Literal["list"] = "list"
    data: list[TemplateRecord]


class VersionRecord(BaseModel):
    """One version of a template."""

    version: int
    created: float


class VersionList(BaseModel):
    """All versions of a template, oldest first."""

    object: Literal["list"] = "list"
    data: list[VersionRecord]


class SectionToWrite(BaseModel):
    """A section that an LLM writes, or a person under its id."""

    id: str
    heading: str
    guidance: str


class FillAnswer(BaseModel):
    """A template that was filled.

    markdown: what was not told is 【　】 with its label, and so is a section that is to be written.
    missing: what is required and was not told.  problems: values that cannot be used, left out.
    notes: what was cleaned or left out.  profile: the .docx profile that the template is made for.
    """

    object: Literal["filled_template"] = "filled_template"
    title: str
    markdown: str
    missing: list[Missing]
    problems: list[Problem]
    to_write: list[SectionToWrite]
    notes: list[str]
    profile: str

    @classmethod
    def of(cls, filled: Filled, markdown: str, profile: str) -> Self:
        """Return a filled template as it is shown."""
        return cls(
            title=filled.document.title,
            markdown=markdown,
            missing=list(filled.missing),
            problems=[replace(one, message=_whole(one.message)) for one in filled.problems],
            to_write=[
                SectionToWrite(id=one.id, heading=one.heading, guidance=one.guidance)
                for one in filled.to_write
            ],
            notes=list(filled.notes),
            profile=profile,
        )


class ImportRequest(ShelfRequest):
    """An export, to be added to one's library (`merge`) or to be it (`replace`)."""

    mode: Literal["merge", "replace"]
    document: dict[str, Any]


class ImportAnswer(BaseModel):
    """How many of each section were added, and how many were there before."""

    added: dict[str, int]
    present: dict[str, int]


def _whole(message: str) -> str:
    """Spell half characters, which a message may repeat from a value and no answer can hold."""
    return message.encode(errors="backslashreplace").decode()
