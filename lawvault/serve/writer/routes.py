"""The HTTP routes of drafts: to write, to stop, to read, to change, to take away.

They only translate; `writer` calls a method of `Writers`, wherever those are.  A draft is for the
client that takes its events, or waits: leaving stops it, and what is written stays.
"""

import contextlib
import re
from collections.abc import AsyncGenerator
from typing import Annotated, Any, Protocol

from fastapi import FastAPI, Header, Query, Request, Response
from pydantic import BaseModel
from starlette.convertors import StringConvertor, register_url_convertor

from lawvault.config.serve import ServeConfig
from lawvault.serve.agent.routes import owner_of
from lawvault.serve.agent.sse import MEDIA_TYPE, PING, EventStream, error_bytes
from lawvault.serve.answers import json_answer, json_bytes
from lawvault.serve.contract import ApiError
from lawvault.serve.embed.inputs import check_text
from lawvault.serve.writer.contract import (
    DraftPage,
    DraftRecord,
    DraftRequest,
    EditRequest,
    ImportDraftRequest,
    RestoreRequest,
    ReviseRequest,
    RevisionList,
    RevisionParameters,
)
from lawvault.serve.writer.file_routes import add_files
from lawvault.serve.writer.shelf_fields import PageParameters
from lawvault.serve.writer.writing import SILENCE, Event

DRAFTS, DRAFT = "/v1/drafts", "/v1/drafts/{draft_id:draft}"
DRAFT_HEADER = "X-LawVault-Draft"
IfMatch = Annotated[str, Header(include_in_schema=False)]
NAMES_A_REVISION: dict[str, Any] = {
    "parameters": [
        {
            "name": "If-Match",
            "in": "header",
            "required": True,
            "description": "The `ETag` of the revision that is changed.",
            "schema": {"type": "string", "pattern": '^(W/)?"[0-9]{1,9}"$'},
        }
    ]
}
"""How the header is described: as required, but its lack has a status of its own."""
EVENTS: dict[int | str, dict[str, Any]] = {
    200: {"content": {MEDIA_TYPE: {"schema": {"type": "object"}}}}
}


class _DraftId(StringConvertor):
    """A part of a path that is not the word that stands in its place."""

    regex = "(?!import$)[^/]+"


register_url_convertor("draft", _DraftId())


class Writer(Protocol):
    """The application, wherever it is: methods of `Writers` by name."""

    async def call(self, method: str, *given: object) -> Any:  # noqa: ANN401 - one per method
        """Return what the method returns."""
        ...

    def stream(self, method: str, *given: object) -> AsyncGenerator[Event, None]:
        """Yield what the method yields."""
        ...


def add_writer(app: FastAPI, writer: Writer, config: ServeConfig) -> None:
    """Add all routes about drafts and files."""
    _add_writing(app, writer, config)
    _add_records(app, writer)
    _add_changes(app, writer)
    add_files(app, writer.call)


def _add_writing(app: FastAPI, writer: Writer, config: ServeConfig) -> None:
    @app.post(DRAFTS, operation_id="write_draft", response_model=DraftRecord, responses=EVENTS)
    async def write(request: DraftRequest, http: Request) -> Response:
        """Write a draft from a template, an instruction, facts and materials; needs an LLM."""
        _check(request, config)
        if not request.template and not request.instruction.strip():
            raise ApiError(400, "invalid_request", "请给出 template 或 instruction", "instruction")
        events = writer.stream("draft", owner_of(http), request)
        return await _answered(writer, events, http, stream=request.stream)

    @app.post(
        DRAFT + "/revise",
        operation_id="revise_draft",
        response_model=DraftRecord,
        responses=EVENTS,
    )
    async def revise(draft_id: str, request: ReviseRequest, http: Request) -> Response:
        """Change a draft, or a part of it, as an instruction says; the rest stays as it is."""
        _check(request, config)
        check_text(request.instruction, "instruction", config)
        if request.selection and request.heading:
            raise ApiError(400, "invalid_request", "selection 和 heading 只能给一个", "heading")
        events = writer.stream("revise", owner_of(http), draft_id, request)
        return await _answered(writer, events, http, stream=request.stream)

    @app.post(DRAFT + "/stop", operation_id="stop_draft", response_model=DraftRecord)
    async def stop(draft_id: str, http: Request) -> Response:
        """Stop writing within a second; what is written is kept.  Again, nothing changes."""
        return _json(await writer.call("drafts", "stop", owner_of(http), draft_id))


def _add_records(app: FastAPI, writer: Writer) -> None:
    @app.get(DRAFTS, operation_id="list_drafts", response_model=DraftPage)
    async def page(http: Request, query: Annotated[PageParameters, Query()]) -> Response:
        """List one's drafts without their texts, those changed last first."""
        given = (owner_of(http), query.cursor, query.limit)
        return _json(await writer.call("drafts", "page", *given))

    @app.get(DRAFT, operation_id="get_draft", response_model=DraftRecord)
    async def get(
        draft_id: str, http: Request, query: Annotated[RevisionParameters, Query()]
    ) -> Response:
        """Return a draft with the text of its newest revision, or of another."""
        given = (owner_of(http), draft_id, query.revision)
        return _json(await writer.call("drafts", "get", *given))

    @app.get(DRAFT + "/revisions", operation_id="list_revisions", response_model=RevisionList)
    async def revisions(draft_id: str, http: Request) -> Response:
        """List all revisions of a draft without their texts, oldest first."""
        return _json(await writer.call("drafts", "revisions", owner_of(http), draft_id))


def _add_changes(app: FastAPI, writer: Writer) -> None:
    @app.post(DRAFTS + "/import", operation_id="import_draft", response_model=DraftRecord)
    async def keep(request: ImportDraftRequest, http: Request) -> Response:
        """Keep a text that is there already as a new draft; needs no LLM."""
        return _json(await writer.call("drafts", "keep", owner_of(http), request))

    @app.put(
        DRAFT,
        operation_id="edit_draft",
        response_model=DraftRecord,
        openapi_extra=NAMES_A_REVISION,
    )
    async def edit(
        draft_id: str, request: EditRequest, http: Request, if_match: IfMatch = ""
    ) -> Response:
        """Keep a text that was typed as the next revision; `If-Match` names the one it changes."""
        if request.markdown is None and request.title is None:
            raise ApiError(400, "invalid_request", "请给出 markdown 或 title", "markdown")
        given = (owner_of(http), draft_id, request, _revision_of(if_match))
        return _json(await writer.call("drafts", "edit", *given))

    @app.post(
        DRAFT + "/restore",
        operation_id="restore_draft",
        response_model=DraftRecord,
        openapi_extra=NAMES_A_REVISION,
    )
    async def restore(
        draft_id: str, request: RestoreRequest, http: Request, if_match: IfMatch = ""
    ) -> Response:
        """Make an old revision the newest again; `If-Match` names the newest until now."""
        given = (owner_of(http), draft_id, request.revision, _revision_of(if_match))
        return _json(await writer.call("drafts", "restore", *given))

    @app.delete(DRAFT, operation_id="delete_draft", status_code=204)
    async def delete(draft_id: str, http: Request) -> Response:
        """Remove a draft with all its revisions; one that is being written is stopped."""
        await writer.call("drafts", "delete", owner_of(http), draft_id)
        return Response(status_code=204)


async def _answered(
    writer: Writer, events: AsyncGenerator[Event, None], http: Request, *, stream: bool
) -> Response:
    """Answer with the events of a draft as they come, or with the draft when it is written.

    Raises:
        ApiError: it cannot be begun.
    """
    first = await anext(events)
    draft_id = str(first["draft_id"])
    headers = {DRAFT_HEADER: draft_id}
    if stream or MEDIA_TYPE in http.headers.get("accept", ""):
        return EventStream(_stream(first, events), headers)
    async with contextlib.aclosing(events):
        async for _ in events:
            pass
    record = await writer.call("drafts", "get", owner_of(http), draft_id, None)
    return _json(record, headers)


async def _stream(first: Event, events: AsyncGenerator[Event, None]) -> AsyncGenerator[bytes, None]:
    async with contextlib.aclosing(events):
        yield _event_bytes(first)
        try:
            async for event in events:
                yield _event_bytes(event)
        except ApiError as error:
            yield error_bytes(error)


def _event_bytes(event: Event) -> bytes:
    if event["kind"] == SILENCE:
        return PING
    return f"event: {event['kind']}\ndata: ".encode() + json_bytes(event) + b"\n\n"


def _check(request: DraftRequest | ReviseRequest, config: ServeConfig) -> None:
    for name, text in (("instruction", request.instruction), ("facts", request.facts)):
        if text.strip():
            check_text(text, name, config)
    if request.keep_found and not request.search:
        raise ApiError(400, "invalid_request", "keep_found 须与 search 同用", "keep_found")
    if isinstance(request, DraftRequest) and request.values and not request.template:
        message = "values 是对模板填写项的回答，须与 template 同用"
        raise ApiError(400, "invalid_request", message, "values")


def _revision_of(if_match: str) -> int:
    """Return the revision that a change builds on.

    Raises:
        ApiError: none is named (428), or it is no number of one (400).
    """
    if not if_match:
        message = "请用 If-Match 写明所依据的版本（读取时的 ETag），以免覆盖别处的修改"
        raise ApiError(428, "precondition_required", message)
    found = re.fullmatch(r'(?:W/)?"([0-9]{1,9})"', if_match)
    if not found:
        raise ApiError(400, "invalid_etag", "If-Match 不是本服务的 ETag")
    return int(found[1])


def _json(answer: BaseModel, headers: dict[str, str] | None = None) -> Response:
    more = dict(headers or {})
    if isinstance(answer, DraftRecord):
        more["ETag"] = f'"{answer.revision}"'
    return json_answer(answer, more)
