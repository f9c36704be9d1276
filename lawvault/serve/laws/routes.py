"""The HTTP routes about laws: names, contents, articles, versions, references, citations.

They only translate; `ask(method, request)` calls a method of `Statutes`, wherever that runs.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import FastAPI, Path, Query, Request, Response
from pydantic import BaseModel

from lawvault.errors import IntegrityError
from lawvault.serve.contract import ApiError, LawList
from lawvault.serve.gate.json_body import json_request
from lawvault.serve.laws import contract as wire
from lawvault.serve.laws.document import DOCX

Ask = Callable[..., Awaitable[Any]]
Law = Annotated[str, Path(json_schema_extra=wire.LAW)]
ArticleNumber = Annotated[str, Path(json_schema_extra=wire.NUMBER)]

_VERIFY_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": wire.VerifyRequest.model_json_schema()},
            DOCX: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


def add_laws(app: FastAPI, ask: Ask, *, max_chars: int) -> None:
    """Add all routes about laws; `max_chars` is the limit of one text."""
    _add_names(app, ask)
    _add_texts(app, ask)
    _add_versions(app, ask)
    _add_resolve(app, ask, max_chars)
    _add_verify(app, ask, max_chars)


def _add_names(app: FastAPI, ask: Ask) -> None:
    @app.get("/v1/laws", operation_id="list_laws", response_model=wire.Suggestions | LawList)
    async def laws(query: Annotated[wire.LawsParameters, Query()]) -> Response:
        """Suggest laws by name, alias or part of a name; without `q`, all that can be found."""
        if query.q is None:
            return _json(await ask("laws"))
        if not query.q.strip():
            raise ApiError(400, "empty_text", "q 是空的", "q")
        request = wire.SuggestRequest(q=query.q, limit=query.limit, as_of=query.as_of)
        return _json(await ask("suggest", request))

    @app.get("/v1/laws/{law}", operation_id="get_law", response_model=wire.LawAnswer)
    async def law(law: Law, query: Annotated[wire.DayParameters, Query()]) -> Response:
        """Return a law's table of contents and versions; by law_id or any name."""
        return _json(await ask("law", wire.LawRequest(law=law, as_of=query.as_of)))


def _add_texts(app: FastAPI, ask: Ask) -> None:
    @app.get("/v1/laws/{law}/text", operation_id="get_law_text", response_model=wire.LawTextAnswer)
    async def text(law: Law, query: Annotated[wire.TextParameters, Query()]) -> Response:
        """Return a law's whole text, on demand with the references of its articles."""
        wanted = "references" in query.include
        request = wire.TextRequest(law=law, as_of=query.as_of, with_references=wanted)
        return _json(await ask("text", request))

    @app.get(
        "/v1/laws/{law}/articles/{number}",
        operation_id="get_article",
        response_model=wire.ArticleAnswer,
    )
    async def article(
        law: Law, number: ArticleNumber, query: Annotated[wire.DayParameters, Query()]
    ) -> Response:
        """Return one article: 38, 38-1, 第三十八条 or 第三十八条之一."""
        request = wire.ArticleRequest(law=law, number=number, as_of=query.as_of)
        return _json(await ask("article", request))


def _add_versions(app: FastAPI, ask: Ask) -> None:
    @app.get(
        "/v1/laws/{law}/versions",
        operation_id="list_law_versions",
        response_model=wire.VersionsAnswer,
    )
    async def versions(law: Law, query: Annotated[wire.DayParameters, Query()]) -> Response:
        """Return all versions of a law, oldest first."""
        return _json(await ask("versions", wire.LawRequest(law=law, as_of=query.as_of)))

    @app.get(
        "/v1/laws/{law}/diff", operation_id="compare_law_versions", response_model=wire.DiffAnswer
    )
    async def diff(law: Law, query: Annotated[wire.DiffParameters, Query()]) -> Response:
        """Return what changed between two versions; without `from` and `to` the newest two."""
        request = wire.DiffRequest(law=law, old=query.old, new=query.new, as_of=query.as_of)
        return _json(await ask("diff", request))


def _add_resolve(app: FastAPI, ask: Ask, max_chars: int) -> None:
    @app.post(
        "/v1/references/resolve",
        operation_id="resolve_references",
        response_model=wire.ResolveAnswer,
    )
    async def resolve(request: wire.ResolveRequest) -> Response:
        """Find the references of a text and say where they lead."""
        _check_text(request.text, max_chars)
        return _json(await ask("resolve", request))


def _add_verify(app: FastAPI, ask: Ask, max_chars: int) -> None:
    @app.post(
        "/v1/citations/verify",
        operation_id="verify_citations",
        response_model=wire.VerifyAnswer,
        openapi_extra=_VERIFY_BODY,
    )
    async def verify(request: Request, query: Annotated[wire.DayParameters, Query()]) -> Response:
        """Check the citations of a text, or of a Word document (.docx, as the body itself)."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
        body = await request.body()
        if kind == DOCX:
            document = wire.DocumentRequest(document=body, max_chars=max_chars, as_of=query.as_of)
            return _json(await ask("verify_document", document))
        if kind != "application/json":
            raise ApiError(
                415, "unsupported_media_type", f"只接受 application/json 或 .docx（{DOCX}）"
            )
        wanted = json_request(body, wire.VerifyRequest)
        _check_text(wanted.text, max_chars)
        as_of = wanted.as_of or query.as_of
        return _json(await ask("verify", wanted.model_copy(update={"as_of": as_of})))


def guarded(ask: Ask) -> Ask:
    """Return `ask` that answers 503 where the text of the laws cannot be read any more."""

    async def guarded(method: str, *requests: BaseModel) -> BaseModel:
        try:
            answer: BaseModel = await ask(method, *requests)
        except IntegrityError as error:
            raise ApiError(503, "laws_unavailable", "法律文本库暂不可用，详情见服务日志") from error
        return answer

    return guarded


def _check_text(text: str, max_chars: int) -> None:
    if not text.strip():
        raise ApiError(400, "empty_text", "text 是空的", "text")
    if len(text) > max_chars:
        raise ApiError(
            400, "input_too_long", f"text 有 {len(text)} 个字符，上限 {max_chars}", "text"
        )


def _json(answer: BaseModel) -> Response:
    return Response(answer.model_dump_json(), media_type="application/json")
