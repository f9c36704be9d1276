"""The HTTP routes of the library: materials, folders, favourites, history, and the library whole.

They only translate; `writer("shelf", method, owner, …)` calls a method of `Shelf`, wherever it is.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response
from starlette.convertors import StringConvertor, register_url_convertor

from lawvault.serve.agent.routes import owner_of
from lawvault.serve.answers import json_answer
from lawvault.serve.writer.naming import disposition
from lawvault.serve.writer.shelf_contract import (
    DeleteFolderParameters,
    FavoriteAnswer,
    FavoritePage,
    FavoriteParameters,
    FavoritesParameters,
    FolderRecord,
    FolderRequest,
    FolderTree,
    HistoryEntry,
    HistoryPage,
    HistoryRequest,
    PatchFolderRequest,
)
from lawvault.serve.writer.shelf_fields import Deleted, PageParameters
from lawvault.serve.writer.shelf_material_contract import (
    AddedMaterials,
    AddRequest,
    IdsRequest,
    MaterialAnswer,
    MaterialPage,
    MaterialParameters,
    MoveRequest,
    PatchMaterialRequest,
)
from lawvault.serve.writer.shelf_template_contract import ImportAnswer, ImportRequest
from lawvault.serve.writer.shelf_template_routes import add_templates

MATERIALS, MATERIAL = "/v1/materials", "/v1/materials/{material_id:material}"
FOLDERS, FOLDER = "/v1/folders", "/v1/folders/{folder_id}"
FAVORITES = "/v1/favorites"
HISTORY, ENTRY = "/v1/history", "/v1/history/{history_id}"
EXPORT_NAME = "lawvault-library.json"
_EXPORT: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {"schema": {"type": "object"}}}}
}

Writer = Callable[..., Awaitable[Any]]
"""Calls a method of the application `writer`."""


class _MaterialId(StringConvertor):
    """A part of a path that is not one of the two words that stand in its place."""

    regex = "(?!(?:move|delete)$)[^/]+"


register_url_convertor("material", _MaterialId())


def add_shelf(app: FastAPI, writer: Writer) -> None:
    """Add all routes of the library."""
    _add_materials(app, writer)
    _add_material(app, writer)
    _add_folders(app, writer)
    _add_favorites(app, writer)
    _add_history(app, writer)
    add_templates(app, writer)
    _add_transfer(app, writer)


def _add_materials(app: FastAPI, writer: Writer) -> None:
    @app.get(MATERIALS, operation_id="list_materials", response_model=MaterialPage)
    async def page(http: Request, query: Annotated[MaterialParameters, Query()]) -> Response:
        """List materials without their whole texts; stale ones are flagged."""
        return json_answer(await writer("shelf", "list_materials", owner_of(http), query))

    @app.post(MATERIALS, operation_id="add_materials", response_model=AddedMaterials)
    async def add(request: AddRequest, http: Request) -> Response:
        """Take up to 1,000 items into the library, all or none; what is there stays as it is."""
        return json_answer(await writer("shelf", "add_materials", owner_of(http), request))

    @app.post(MATERIALS + "/move", operation_id="move_materials", status_code=204)
    async def move(request: MoveRequest, http: Request) -> Response:
        """Put up to 1,000 materials into a folder in that order, all or none."""
        await writer("shelf", "move_materials", owner_of(http), request)
        return Response(status_code=204)

    @app.post(MATERIALS + "/delete", operation_id="delete_materials", response_model=Deleted)
    async def delete(request: IdsRequest, http: Request) -> Response:
        """Remove up to 1,000 materials, all or none."""
        return json_answer(await writer("shelf", "delete_materials", owner_of(http), request))


def _add_material(app: FastAPI, writer: Writer) -> None:
    @app.get(MATERIAL, operation_id="get_material", response_model=MaterialAnswer)
    async def get(material_id: str, http: Request) -> Response:
        """Return a material with its words as kept, and those of today where they differ."""
        return json_answer(await writer("shelf", "get_material", owner_of(http), material_id))

    @app.patch(MATERIAL, operation_id="change_material", response_model=MaterialAnswer)
    async def change(material_id: str, request: PatchMaterialRequest, http: Request) -> Response:
        """Rename a material, rewrite a note, or take the words that the corpus has today."""
        given = (owner_of(http), material_id, request)
        return json_answer(await writer("shelf", "change_material", *given))

    @app.delete(MATERIAL, operation_id="delete_material", status_code=204)
    async def delete(material_id: str, http: Request) -> Response:
        """Remove a material."""
        request = IdsRequest.model_construct(ids=[material_id])
        await writer("shelf", "delete_materials", owner_of(http), request)
        return Response(status_code=204)


def _add_folders(app: FastAPI, writer: Writer) -> None:
    @app.get(FOLDERS, operation_id="list_folders", response_model=FolderTree)
    async def tree(http: Request) -> Response:
        """Return all folders as a tree, with how many materials lie in each."""
        return json_answer(await writer("shelf", "list_folders", owner_of(http)))

    @app.post(FOLDERS, operation_id="create_folder", response_model=FolderRecord, status_code=201)
    async def create(request: FolderRequest, http: Request) -> Response:
        """Make a folder."""
        made: FolderRecord = await writer("shelf", "create_folder", owner_of(http), request)
        return json_answer(made, status=201, headers={"Location": f"{FOLDERS}/{made.id}"})

    @app.patch(FOLDER, operation_id="change_folder", response_model=FolderRecord)
    async def change(folder_id: str, request: PatchFolderRequest, http: Request) -> Response:
        """Rename a folder, move it, or both."""
        return json_answer(
            await writer("shelf", "change_folder", owner_of(http), folder_id, request)
        )

    @app.delete(FOLDER, operation_id="delete_folder", status_code=204)
    async def delete(
        folder_id: str, http: Request, query: Annotated[DeleteFolderParameters, Query()]
    ) -> Response:
        """Remove a folder with all below it; its materials go into the root, or go, too."""
        given = (owner_of(http), folder_id, query.with_materials == "true")
        await writer("shelf", "delete_folder", *given)
        return Response(status_code=204)


def _add_favorites(app: FastAPI, writer: Writer) -> None:
    @app.get(FAVORITES, operation_id="list_favorites", response_model=FavoritePage)
    async def page(http: Request, query: Annotated[FavoritesParameters, Query()]) -> Response:
        """List favourites with what the corpus says of them today, newest first."""
        return json_answer(await writer("shelf", "list_favorites", owner_of(http), query))

    @app.put(FAVORITES, operation_id="add_favorite", response_model=FavoriteAnswer)
    async def add(http: Request, query: Annotated[FavoriteParameters, Query()]) -> Response:
        """Make an article or a law a favourite; again, nothing changes."""
        return json_answer(await writer("shelf", "add_favorite", owner_of(http), query))

    @app.delete(FAVORITES, operation_id="remove_favorite", status_code=204)
    async def remove(http: Request, query: Annotated[FavoriteParameters, Query()]) -> Response:
        """Have it no favourite, whether it was one or not."""
        await writer("shelf", "remove_favorite", owner_of(http), query)
        return Response(status_code=204)


def _add_history(app: FastAPI, writer: Writer) -> None:
    @app.get(HISTORY, operation_id="list_history", response_model=HistoryPage)
    async def page(http: Request, query: Annotated[PageParameters, Query()]) -> Response:
        """List what was asked, searched and drafted, newest first."""
        return json_answer(await writer("shelf", "list_history", owner_of(http), query))

    @app.post(HISTORY, operation_id="add_history", response_model=HistoryEntry)
    async def add(request: HistoryRequest, http: Request) -> Response:
        """Note something that was asked or searched; drafts note themselves."""
        return json_answer(await writer("shelf", "add_history", owner_of(http), request))

    @app.delete(HISTORY, operation_id="clear_history", response_model=Deleted)
    async def clear(http: Request) -> Response:
        """Remove all of one's history."""
        return json_answer(await writer("shelf", "clear_history", owner_of(http)))

    @app.delete(ENTRY, operation_id="delete_history_entry", status_code=204)
    async def delete(history_id: str, http: Request) -> Response:
        """Remove one entry."""
        await writer("shelf", "delete_history_entry", owner_of(http), history_id)
        return Response(status_code=204)


def _add_transfer(app: FastAPI, writer: Writer) -> None:
    @app.get("/v1/library/export", operation_id="export_library", responses=_EXPORT)
    async def export(http: Request) -> Response:
        """Return all that one keeps as one JSON file: a copy, a move to another server."""
        text: str = await writer("shelf", "export_library", owner_of(http))
        headers = {"Content-Disposition": disposition(EXPORT_NAME)}
        return Response(text, media_type="application/json", headers=headers)

    @app.post("/v1/library/import", operation_id="import_library", response_model=ImportAnswer)
    async def import_(request: ImportRequest, http: Request) -> Response:
        """Keep what an export holds, all or nothing."""
        return json_answer(await writer("shelf", "import_library", owner_of(http), request))
