"""What goes over the wire about folders, favourites and history.  Times are seconds since 1970."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field

from lawvault.serve.writer.shelf_fields import (
    Body,
    ItemId,
    Line,
    Name,
    PageParameters,
    Parameters,
    Reference,
    ShelfRequest,
    facts_of,
)
from lawvault.store.favourites import Favourite
from lawvault.store.favourites import Kind as FavouriteKind
from lawvault.store.folders import Folder
from lawvault.store.history import MAX_TEXT, Entry
from lawvault.store.history import Kind as HistoryKind


class FolderRequest(ShelfRequest):
    """A new folder, in the root or in another."""

    name: Name
    parent_id: ItemId = ""


class PatchFolderRequest(ShelfRequest):
    """Another name, another place ("": the root), or both."""

    name: Name | None = None
    parent_id: ItemId | None = None


class DeleteFolderParameters(Parameters):
    """Whether the materials go, too; else they are put into the root."""

    with_materials: Literal["true", "false"] = "false"


class FolderRecord(BaseModel):
    """A folder; `parent_id` "": it lies in the root."""

    object: Literal["folder"] = "folder"
    id: str
    parent_id: str
    name: str
    created: float
    updated: float

    @classmethod
    def of(cls, folder: Folder, **more: Any) -> Self:  # noqa: ANN401 - its own fields
        """Return a folder as it is shown."""
        return cls(**facts_of(folder, "folder_id"), **more)


class FolderNode(FolderRecord):
    """A folder with those in it; `materials`: how many lie right in it."""

    materials: int
    folders: list["FolderNode"]


class FolderTree(BaseModel):
    """All folders by name; `materials`: how many lie in the root, `total`: in all."""

    object: Literal["folders"] = "folders"
    materials: int
    total: int
    folders: list[FolderNode]


class FavoriteParameters(Parameters):
    """An article or a law, by its id in the corpus."""

    kind: FavouriteKind
    id: Reference


class FavoritesParameters(PageParameters):
    """Favourites of one kind."""

    kind: FavouriteKind = "article"


class Favorite(BaseModel):
    """A favourite, and what the corpus says of it today.

    is_gone: the corpus has it no more; null where it cannot be asked.
    """

    object: Literal["favorite"] = "favorite"
    kind: FavouriteKind
    id: str
    created: float
    law_id: str | None = None
    law_name: str | None = None
    article_number: str | None = None
    status: str | None = None
    is_gone: bool | None

    @classmethod
    def of(cls, kept: Favourite, *, is_gone: bool | None, **more: Any) -> Self:  # noqa: ANN401 - its own fields
        """Return a favourite as it is shown."""
        return cls(**facts_of(kept, "ref_id"), is_gone=is_gone, **more)


class FavoritePage(BaseModel):
    """Favourites, newest first; `next`: the `cursor` of the page that follows, or null."""

    object: Literal["list"] = "list"
    data: list[Favorite]
    next: str | None = None


class FavoriteAnswer(BaseModel):
    """A favourite, and whether it was none before."""

    kind: FavouriteKind
    id: str
    is_new: bool


class HistoryEntry(BaseModel):
    """What was asked, searched or drafted; `ref_id`: the run or draft that came of it, or ""."""

    object: Literal["history.entry"] = "history.entry"
    id: str
    kind: HistoryKind
    text: str
    ref_id: str
    created: float

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """Return an entry as it is shown."""
        return cls(**facts_of(entry, "history_id"))


class HistoryRequest(ShelfRequest):
    """Something that was done and is to be found again; `ref_id`: the run or draft of it."""

    kind: HistoryKind
    text: Annotated[Body, Field(max_length=MAX_TEXT)]
    ref_id: Line = ""


class HistoryPage(BaseModel):
    """History, newest first; `next`: the `cursor` of the page that follows, or null."""

    object: Literal["list"] = "list"
    data: list[HistoryEntry]
    next: str | None = None
