"""The HTTP routes of files: made of drafts, reports and Markdown, and checked once more."""

import base64
import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import FastAPI, Query, Request, Response

from lawvault.serve.agent.routes import owner_of
from lawvault.serve.answers import json_answer, json_bytes
from lawvault.serve.contract import ApiError
from lawvault.serve.gate.json_body import json_request
from lawvault.serve.laws.contract import DayParameters
from lawvault.serve.writer.file_contract import (
    Document,
    ExportRequest,
    File,
    FileAnswer,
    RecheckAnswer,
    RecheckRequest,
)
from lawvault.serve.writer.files import DOCX, MEDIA_TYPES, check_length
from lawvault.serve.writer.naming import disposition

NOTES_HEADER = "X-LawVault-Notes"
VERDICTS_HEADER = "X-LawVault-Verdicts"
_BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}

Call = Callable[..., Awaitable[Any]]
"""Calls a method of the application `writer`."""


def add_files(app: FastAPI, writer: Call) -> None:
    """Add all routes about files."""
    _add_export(app, writer)
    _add_recheck(app, writer)


def _add_export(app: FastAPI, writer: Call) -> None:
    @app.post(
        "/v1/export",
        operation_id="export",
        response_model=FileAnswer,
        responses=_files(*MEDIA_TYPES.values()),
    )
    async def export(request: ExportRequest, http: Request) -> Response:
        """Make a file of a draft, a report or Markdown; as JSON with `Accept: application/json`."""
        file: File = await writer("export", owner_of(http), request)
        if "application/json" in http.headers.get("accept", ""):
            return json_answer(
                FileAnswer(
                    name=file.name,
                    media_type=file.media_type,
                    content=base64.b64encode(file.data).decode(),
                    notes=file.notes,
                )
            )
        headers = {"Content-Disposition": disposition(file.name), NOTES_HEADER: _header(file.notes)}
        return Response(file.data, media_type=file.media_type, headers=headers)


def _add_recheck(app: FastAPI, writer: Call) -> None:
    body = {
        "application/json": {"schema": RecheckRequest.model_json_schema()},
        DOCX: _BINARY,
    }

    @app.post(
        "/v1/recheck",
        operation_id="recheck",
        response_model=RecheckAnswer,
        responses=_files(DOCX),
        openapi_extra={"requestBody": {"required": True, "content": body}},
    )
    async def recheck(http: Request, query: Annotated[DayParameters, Query()]) -> Response:
        """Check the citations of a .docx (ours with its proof, or any) or of a text once more.

        With `Accept` of .docx the answer is a copy with a comment wherever one does not hold.
        """
        document = await _document(http, query)
        answer, copy = await writer("recheck", document)
        if DOCX not in http.headers.get("accept", ""):
            return json_answer(answer)
        if isinstance(document.data, str):
            raise ApiError(400, "no_document", "只有 .docx 才能返回加批注的副本")
        headers = {
            "Content-Disposition": disposition("复核.docx"),
            VERDICTS_HEADER: json.dumps(answer.counts),
            NOTES_HEADER: _header(answer.notes),
        }
        return Response(copy or document.data, media_type=DOCX, headers=headers)


async def _document(http: Request, query: DayParameters) -> Document:
    """Return the document that a body holds.

    Raises:
        ApiError: it is neither JSON nor .docx (415), an empty text (400), or too long (413).
        RequestValidationError, HTTPException: as `json_request`.
    """
    kind = http.headers.get("content-type", "").partition(";")[0].strip().casefold()
    body = await http.body()
    if kind == DOCX:
        return Document(data=body, as_of=query.as_of)
    if kind != "application/json":
        raise ApiError(415, "unsupported_media_type", f"只接受 application/json 或 .docx（{DOCX}）")
    request = json_request(body, RecheckRequest)
    check_length(len(request.text), "text")
    if not request.text.strip():
        raise ApiError(400, "empty_text", "text 是空的", "text")
    return Document(data=request.text, as_of=request.as_of or query.as_of)


def _header(notes: list[str]) -> str:
    """Return Chinese notes as a header can hold them: percent-encoded JSON, cut to 4,000 bytes."""
    kept = list(notes)
    while len(encoded := quote(json_bytes(kept), safe="")) > 4000:
        kept.pop()
    return encoded


def _files(*media_types: str) -> dict[int | str, dict[str, Any]]:
    """Return how an answer is described that may be a file."""
    kinds = (kind.partition(";")[0] for kind in media_types)
    return {200: {"content": dict.fromkeys(kinds, _BINARY)}}
