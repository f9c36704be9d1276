"""The user's library over HTTP: what somebody keeps for writing, and what the corpus says of it.

Every method takes the owner and what was asked for, and sees only what is that owner's; nobody is
told whether an id that is not his is another's.
"""

from collections.abc import Sequence

from lawvault.serve.agent.library import LawCall
from lawvault.serve.contract import ApiError
from lawvault.serve.writer.law import Place, Provision
from lawvault.serve.writer.shelf_calls import kept, known
from lawvault.serve.writer.shelf_contract import (
    Favorite,
    FavoriteAnswer,
    FavoritePage,
    FavoriteParameters,
    FavoritesParameters,
    FolderNode,
    FolderRecord,
    FolderRequest,
    FolderTree,
    HistoryEntry,
    HistoryPage,
    HistoryRequest,
    PatchFolderRequest,
)
from lawvault.serve.writer.shelf_fields import Deleted, PageParameters
from lawvault.serve.writer.shelf_law import LawFacts
from lawvault.serve.writer.shelf_materials import MaterialShelf
from lawvault.serve.writer.shelf_template_contract import (
    ImportAnswer,
    ImportRequest,
)
from lawvault.serve.writer.shelf_templates import TemplateShelf
from lawvault.store.favourites import Favourite
from lawvault.store.favourites import Kind as FavouriteKind
from lawvault.store.folders import Folder
from lawvault.store.json_text import json_text
from lawvault.store.user import UserStore


class Shelf:
    """The library of all owners.

    Raises:
        ApiError: from every method: 404 it is not there, or another's; 503 the store is out; and
            what the method says.
    """

    def __init__(self, user: UserStore, law: LawCall) -> None:
        """Keep in `user`; `law` calls a method of `WritingLaw` by its name."""
        self._user, self._law = user, law
        self._materials = MaterialShelf(user.materials, law)
        self._templates = TemplateShelf(user)
        self.add_materials = self._materials.add
        self.list_materials = self._materials.page
        self.get_material = self._materials.get
        self.change_material = self._materials.change
        self.move_materials = self._materials.move
        self.delete_materials = self._materials.delete
        self.list_templates = self._templates.all
        self.get_template = self._templates.get
        self.create_template = self._templates.create
        self.update_template = self._templates.update
        self.delete_template = self._templates.delete
        self.list_template_versions = self._templates.versions
        self.fill_template = self._templates.fill

    async def list_folders(self, owner: str) -> FolderTree:
        """Return all folders as a tree, with how many materials lie in each."""
        folders = await kept(self._user.folders.all, owner)
        counts = await kept(self._user.folders.counts, owner)
        return FolderTree(
            materials=counts.get("", 0),
            total=sum(counts.values()),
            folders=_nodes(folders, "", counts),
        )

    async def create_folder(self, owner: str, request: FolderRequest) -> FolderRecord:
        """Return a new folder.

        Raises:
            ApiError: 409 the name is taken there; 413 too many, or too many in each other.
        """
        made = await kept(
            self._user.folders.create, owner, request.name, parent_id=request.parent_id
        )
        return FolderRecord.of(made)

    async def change_folder(
        self, owner: str, folder_id: str, request: PatchFolderRequest
    ) -> FolderRecord:
        """Rename a folder, move it, or both.

        Raises:
            ApiError: as `create_folder`; 400 it would lie in itself.
        """
        to = {"name": request.name, "parent_id": request.parent_id}
        return FolderRecord.of(await kept(self._user.folders.change, owner, folder_id, **to))

    async def delete_folder(self, owner: str, folder_id: str, with_materials: bool) -> None:
        """Remove a folder with all below it; its materials go, too, or into the root."""
        await kept(self._user.folders.delete, owner, folder_id, with_materials=with_materials)

    async def list_favorites(self, owner: str, request: FavoritesParameters) -> FavoritePage:
        """Return one page of favourites, newest first, with what the corpus says of them."""
        page = await kept(
            self._user.favourites.page,
            owner,
            request.kind,
            cursor=request.cursor,
            limit=request.limit,
        )
        found = await known(self._facts(request.kind, [one.ref_id for one in page.items]))
        facts = found if found is not None else [None] * len(page.items)
        data = [
            _favorite(one, fact, is_known=found is not None)
            for one, fact in zip(page.items, facts, strict=True)
        ]
        return FavoritePage(data=data, next=page.next or None)

    async def add_favorite(self, owner: str, request: FavoriteParameters) -> FavoriteAnswer:
        """Add a favourite; again, nothing changes.

        Raises:
            ApiError: 404 the corpus has no such article or law; 413 too many.
        """
        (fact,) = await self._facts(request.kind, [request.id])
        if fact is None:
            raise ApiError(404, "not_in_corpus", f"法规库中没有：{request.id}", "id")
        is_new = await kept(self._user.favourites.add, owner, request.kind, request.id)
        return FavoriteAnswer(kind=request.kind, id=request.id, is_new=is_new)

    async def remove_favorite(self, owner: str, request: FavoriteParameters) -> None:
        """Remove a favourite; what is none stays none."""
        await kept(self._user.favourites.remove, owner, request.kind, request.id)

    async def list_history(self, owner: str, request: PageParameters) -> HistoryPage:
        """Return one page of what was asked, searched and drafted, newest first."""
        page = await kept(
            self._user.history.page, owner, cursor=request.cursor, limit=request.limit
        )
        return HistoryPage(data=list(map(HistoryEntry.of, page.items)), next=page.next or None)

    async def add_history(self, owner: str, request: HistoryRequest) -> HistoryEntry:
        """Note something that was done; of more than 1,000 entries the oldest is dropped."""
        add = self._user.history.add
        entry = await kept(add, owner, request.kind, request.text, ref_id=request.ref_id)
        return HistoryEntry.of(entry)

    async def delete_history_entry(self, owner: str, history_id: str) -> None:
        """Remove one entry."""
        await kept(self._user.history.delete, owner, history_id)

    async def clear_history(self, owner: str) -> Deleted:
        """Remove all entries."""
        return Deleted(deleted=await kept(self._user.history.clear, owner))

    async def export_library(self, owner: str) -> str:
        """Return all that an owner keeps, as JSON in which every character survives."""
        return await kept(lambda: json_text(self._user.transfer.export(owner)))

    async def import_library(self, owner: str, request: ImportRequest) -> ImportAnswer:
        """Keep what an export holds, all or nothing.

        Raises:
            ApiError: 400 it is not whole; 413 something is too long, or there would be too much.
        """
        done = await kept(self._user.transfer.import_, owner, request.document, mode=request.mode)
        return ImportAnswer(added=done.added, present=done.present)

    async def _facts(
        self, kind: FavouriteKind, ids: Sequence[str]
    ) -> list[Provision | LawFacts | None]:
        """Return what the corpus has under each id."""
        if not ids:
            return []
        if kind == "law":
            laws: list[Provision | LawFacts | None] = await self._law("laws", list(ids))
            return laws
        places = [Place(law_id="", article_id=one) for one in ids]
        articles: list[Provision | LawFacts | None] = await self._law("provisions", places)
        return articles


def _nodes(folders: Sequence[Folder], parent_id: str, counts: dict[str, int]) -> list[FolderNode]:
    return [
        FolderNode.of(
            folder,
            materials=counts.get(folder.folder_id, 0),
            folders=_nodes(folders, folder.folder_id, counts),
        )
        for folder in folders
        if folder.parent_id == parent_id
    ]


def _favorite(
    favourite: Favourite, fact: Provision | LawFacts | None, *, is_known: bool
) -> Favorite:
    if fact is None:
        return Favorite.of(favourite, is_gone=True if is_known else None)
    number = fact.article_number if isinstance(fact, Provision) else None
    return Favorite.of(
        favourite,
        is_gone=False,
        law_id=fact.law_id,
        law_name=fact.law_name,
        article_number=number,
        status=fact.status,
    )
