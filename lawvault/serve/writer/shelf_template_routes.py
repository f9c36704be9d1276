"""The HTTP routes of templates: those that ship, one's own, their forms, filling without an LLM."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response
from pydantic import BaseModel

from lawvault.serve.agent.routes import owner_of
from lawvault.serve.answers import json_answer
from lawvault.serve.writer.routes import NAMES_A_REVISION, IfMatch
from lawvault.serve.writer.shelf_template_contract import (
    FillAnswer,
    FillRequest,
    PutTemplateRequest,
    TemplateAnswer,
    TemplateList,
    TemplateParameters,
    TemplateRequest,
    VersionList,
)

TEMPLATES, TEMPLATE = "/v1/templates", "/v1/templates/{template_id}"


def add_templates(app: FastAPI, writer: Callable[..., Awaitable[Any]]) -> None:
    """Add all routes of templates; `writer` calls a method of the application."""

    @app.get(TEMPLATES, operation_id="list_templates", response_model=TemplateList)
    async def all_(http: Request) -> Response:
        """List the templates that ship, and one's own."""
        return _json(await writer("shelf", "list_templates", owner_of(http)))

    @app.post(
        TEMPLATES, operation_id="create_template", response_model=TemplateAnswer, status_code=201
    )
    async def create(request: TemplateRequest, http: Request) -> Response:
        """Keep a template; what is wrong with its text is told by line and column."""
        made = await writer("shelf", "create_template", owner_of(http), request)
        return _json(made, status=201)

    @app.get(TEMPLATE, operation_id="get_template", response_model=TemplateAnswer)
    async def get(
        template_id: str, http: Request, query: Annotated[TemplateParameters, Query()]
    ) -> Response:
        """Return a template with its form, and if it is one's own with its text."""
        return _json(await writer("shelf", "get_template", owner_of(http), template_id, query))

    @app.put(
        TEMPLATE,
        operation_id="update_template",
        response_model=TemplateAnswer,
        openapi_extra=NAMES_A_REVISION,
    )
    async def update(
        template_id: str, request: PutTemplateRequest, http: Request, if_match: IfMatch = ""
    ) -> Response:
        """Keep the next version of one's template; `If-Match` names the one that it changes."""
        given = (owner_of(http), template_id, if_match, request)
        return _json(await writer("shelf", "update_template", *given))

    @app.delete(TEMPLATE, operation_id="delete_template", status_code=204)
    async def delete(template_id: str, http: Request) -> Response:
        """Remove one's template with all its versions."""
        await writer("shelf", "delete_template", owner_of(http), template_id)
        return Response(status_code=204)

    @app.get(
        TEMPLATE + "/versions", operation_id="list_template_versions", response_model=VersionList
    )
    async def versions(template_id: str, http: Request) -> Response:
        """List the versions of one's template, oldest first; one that ships has no others."""
        given = (owner_of(http), template_id)
        return _json(await writer("shelf", "list_template_versions", *given))

    @app.post(TEMPLATE + "/fill", operation_id="fill_template", response_model=FillAnswer)
    async def fill(template_id: str, request: FillRequest, http: Request) -> Response:
        """Fill a template with the answers to its form; needs no LLM."""
        return _json(await writer("shelf", "fill_template", owner_of(http), template_id, request))


def _json(answer: BaseModel, *, status: int = 200) -> Response:
    headers = {}
    if isinstance(answer, TemplateAnswer):
        headers["ETag"] = f'"{answer.version}"'
    if status == 201 and isinstance(answer, TemplateAnswer):
        headers["Location"] = f"{TEMPLATES}/{answer.id}"
    return json_answer(answer, headers, status=status)
