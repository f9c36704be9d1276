"""What goes over the wire about materials.

What is taken from the corpus is named by its id, or as people write it; its words are never sent
in.  Times are seconds since 1970.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Discriminator, Field, Tag

from lawvault.serve.contract import Text
from lawvault.serve.laws.contract import LAW, NUMBER
from lawvault.serve.writer.shelf_fields import (
    Body,
    Ids,
    Index,
    ItemId,
    Line,
    PageParameters,
    Reference,
    ShelfRequest,
    Sought,
    facts_of,
)
from lawvault.store.material_rows import Kind, Material
from lawvault.store.owned import MAX_AT_ONCE


class ArticleItem(ShelfRequest):
    """An article of the corpus."""

    article_id: Reference


class PassageItem(ArticleItem):
    """A part of an article: [start, end) in characters of its content."""

    start: Index
    end: Index


class NamedItem(ShelfRequest):
    """An article as people write it, in the version that the data pack has in force."""

    law: Annotated[Text, Field(json_schema_extra=LAW)]
    article: Annotated[Text, Field(json_schema_extra=NUMBER)]


class LawItem(ShelfRequest):
    """A whole version of a law."""

    law_id: Reference


class NoteItem(ShelfRequest):
    """Somebody's own words."""

    text: Body
    title: Line = ""


_KINDS = {"text": "note", "start": "passage", "article_id": "article", "law_id": "law"}


def _kind_of(item: object) -> str:
    """Return what an item means to be, by the names that it has."""
    has = item.__contains__ if isinstance(item, Mapping) else lambda name: hasattr(item, name)
    return next((kind for name, kind in _KINDS.items() if has(name)), "named")


Item = Annotated[
    Annotated[ArticleItem, Tag("article")]
    | Annotated[PassageItem, Tag("passage")]
    | Annotated[NamedItem, Tag("named")]
    | Annotated[LawItem, Tag("law")]
    | Annotated[NoteItem, Tag("note")],
    Discriminator(_kind_of),
]


class AddRequest(ShelfRequest):
    """Materials for a folder, "" for the root; all are taken or none."""

    items: Annotated[list[Item], Field(min_length=1, max_length=MAX_AT_ONCE)]
    folder_id: ItemId = ""


class MaterialParameters(PageParameters):
    """Materials of a folder in their order ("": of the root), else of all, newest first.

    q: words that all stand in title or text.
    """

    folder_id: Annotated[str, Field(max_length=64)] | None = None
    q: Sought = ""


class PatchMaterialRequest(ShelfRequest):
    """Another title; for a note another text; `refresh` takes the words that the corpus has now."""

    title: Line | None = None
    text: Body | None = None
    refresh: bool = False


class MoveRequest(ShelfRequest):
    """Materials for a folder, "" for the root, in that order; at its end, or `before` one there."""

    ids: Ids
    folder_id: ItemId = ""
    before: ItemId = ""


class IdsRequest(ShelfRequest):
    """Materials by their ids."""

    ids: Ids


class MaterialRecord(BaseModel):
    """A material of the library.

    start, end: of a passage, in characters of the article.  head: the first 200 characters of the
    text; length: of all of it; sha256: of its UTF-8.
    is_stale: whether the corpus has other words by now, or none; null where it cannot be asked.
    status: of the law in the corpus today; null for a note, and where the corpus has it no more.
    """

    object: Literal["material"] = "material"
    id: str
    folder_id: str
    kind: Kind
    title: str
    article_id: str
    law_id: str
    law_name: str
    article_number: str
    start: int | None
    end: int | None
    head: str
    length: int
    sha256: str
    created: float
    updated: float
    is_stale: bool | None
    status: str | None

    @classmethod
    def of(cls, kept: Material, **more: Any) -> Self:  # noqa: ANN401 - its own fields
        """Return a material as it is shown; `more`: what the corpus says of it."""
        facts = facts_of(kept, "material_id")
        return cls(**facts, start=kept.span_start, end=kept.span_end, **more)


class MaterialAnswer(MaterialRecord):
    """A material with its words as kept; `text_now`: those of the corpus where they differ."""

    text: str
    text_now: str | None = None


class MaterialPage(BaseModel):
    """Materials; `next`: the `cursor` of the page that follows, or null."""

    object: Literal["list"] = "list"
    data: list[MaterialRecord]
    next: str | None = None


class AddedMaterial(BaseModel):
    """A material, and whether this request brought it into the library."""

    material: MaterialRecord
    is_new: bool


class AddedMaterials(BaseModel):
    """One for each item, in their order."""

    object: Literal["list"] = "list"
    data: list[AddedMaterial]
