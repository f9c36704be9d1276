"""The whole HTTP surface, built from plain callables: no Ray, no model, no SQL.

Routes translate: a checked request into a call, what comes back into the contract.  Everything that
goes wrong leaves in one shape, with a Chinese message for people and an English code for programs.
"""

import importlib.resources
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel

from lawvault.config.serve import ServeConfig
from lawvault.serve.agent.chat import add_chat
from lawvault.serve.agent.chat_contract import MODELS
from lawvault.serve.agent.following import Agent
from lawvault.serve.agent.routes import add_agent
from lawvault.serve.assistants.dify import add_dify
from lawvault.serve.contract import ApiError, ErrorAnswer, SearchAnswer, SearchRequest
from lawvault.serve.embed.embedder import Embed
from lawvault.serve.embed.embeddings import add_embeddings, add_models
from lawvault.serve.embed.inputs import check_text
from lawvault.serve.embed.names import Names
from lawvault.serve.embed.ollama import add_ollama, add_ollama_models
from lawvault.serve.gate.admission import Admission, is_loopback
from lawvault.serve.gate.metrics import Stats, add_metrics
from lawvault.serve.gate.refusals import add_refusals
from lawvault.serve.keys import KeyRing
from lawvault.serve.laws.routes import Ask, add_laws, guarded
from lawvault.serve.mcp import add_mcp
from lawvault.serve.openapi import describe
from lawvault.serve.rerank.reranking import Rerank
from lawvault.serve.rerank.routes import add_rerank
from lawvault.serve.writer.routes import Writer, add_writer
from lawvault.serve.writer.shelf_routes import add_shelf

SCRIPTS = (
    *("about", "adding", "address", "agent", "blanks", "card", "compose", "controls", "diff"),
    *("drafting", "editor", "evidence", "exports", "forms", "keep", "law", "lawbox", "lawdiff"),
    *("lawfind", "lawhead", "laws", "lawtext", "library", "markdown", "page", "passage", "past"),
    *("peek", "recheck", "record", "relations", "revisions", "runview", "service", "shelf"),
    *("signs", "verdicts", "views", "writer"),
)
ASSETS = {"page.css": "text/css"} | {f"{name}.js": "text/javascript" for name in SCRIPTS}
ERRORS: dict[int | str, dict[str, object]] = {
    "4XX": {"model": ErrorAnswer},
    "5XX": {"model": ErrorAnswer},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """What the routes stand on.

    `ask` calls a method of `Statutes` by name, `agent` one of `Runs`; `readiness` gives a word per
    dependency, `ok` if it answers (`ok, word`: not as wanted, but it answers); `stats` gives the
    numbers of each application that /metrics shows beside the gateway's own.  `rerank`, `agent`
    and `writer` are None where there is none.
    """

    embed: Embed
    search: Callable[[SearchRequest], Awaitable[SearchAnswer]]
    ask: Ask
    readiness: Callable[[], Awaitable[Mapping[str, str]]]
    rerank: Rerank | None = None
    agent: Agent | None = None
    writer: Writer | None = None
    stats: Stats | None = None


class _Tools:
    """The calls that assistants make, as MCP's tools know them."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def search(self, request: SearchRequest) -> SearchAnswer:
        """Return the articles that answer a question."""
        return await self._calls.search(request)

    async def ask(self, method: str, request: BaseModel) -> Any:  # noqa: ANN401 - one per method
        """Return what the method of `Statutes` of that name returns."""
        return await self._calls.ask(method, request)


def build_app(
    calls: Calls,
    config: ServeConfig,
    *,
    dimension: int,
    created: int = 0,
    echo_request_id: bool = True,
) -> FastAPI:
    """Return the gateway's app.

    Args:
        dimension: of the model's vectors.
        created: when the model was made, in seconds since 1970.
        echo_request_id: answers carry X-Request-Id; False where a proxy before us adds it.
    """
    app = FastAPI(
        title="LawVault",
        version="1",
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        responses=ERRORS,
    )
    app.add_middleware(Admission, config=config)
    add_refusals(app)
    names = Names(config)
    add_embeddings(app, calls.embed, names, config, dimension=dimension)
    others = [config.reranker.name] if calls.rerank else []
    others += MODELS if calls.agent else ()
    add_models(app, names, created=created, others=others)
    add_ollama(app, calls.embed, names, config, dimension=dimension)
    add_ollama_models(app, names, dimension=dimension, created=created)
    add_rerank(app, calls.rerank, config)
    calls = replace(calls, ask=guarded(calls.ask))
    _add_search(app, calls, config)
    add_laws(app, calls.ask, max_chars=config.max_chars)
    if calls.agent:
        add_agent(app, calls.agent, config)
        add_chat(app, calls.agent, config)
    if calls.writer:
        add_writer(app, calls.writer, config)
        add_shelf(app, calls.writer.call)
    add_dify(app, calls.search, config)
    add_mcp(app, _Tools(calls), loopback=is_loopback(config.host))
    _add_health(app, calls)
    _add_heads(app)
    _add_page(app, has="writer" if calls.writer else "")
    keyed = KeyRing.load(config.keys, os.environ).required
    describe(app, keyed=keyed, model_names=names, dimension=dimension)
    add_metrics(app, echo=echo_request_id, stats=calls.stats)  # last: it wraps all the rest
    return app


def _add_search(app: FastAPI, calls: Calls, config: ServeConfig) -> None:
    @app.post("/v1/search", operation_id="search_articles")
    async def search(request: SearchRequest) -> SearchAnswer:
        """Return the articles that answer a question, best first."""
        check_text(request.query, "query", config)
        return await calls.search(request)


def _add_health(app: FastAPI, calls: Calls) -> None:
    @app.get("/health/live", operation_id="health_live")
    async def live() -> dict[str, str]:
        """Say that this process answers."""
        return {"status": "ok"}

    @app.get("/health/ready", operation_id="health_ready")
    async def ready() -> JSONResponse:
        """Say whether every dependency answers, and which does not (503)."""
        states = dict(await calls.readiness())
        down = [name for name, state in states.items() if state.partition(",")[0] != "ok"]
        if not down:
            return JSONResponse({"status": "ready", "dependencies": states})
        error = ApiError(503, "not_ready", f"尚未就绪：{'、'.join(down)}")
        return JSONResponse({**error.body(), "dependencies": states}, status_code=503)


HEADS = ("/health/live", "/health/ready", "/v1/models")


def _add_heads(app: FastAPI) -> None:
    """Let what only asks whether we are there, a load balancer, ask by HEAD, too."""
    for route in [one for one in app.routes if isinstance(one, APIRoute) and one.path in HEADS]:
        app.add_api_route(route.path, route.endpoint, methods=["HEAD"], include_in_schema=False)


def _add_page(app: FastAPI, *, has: str) -> None:
    """Add the page; `has` tells it which assistants are there, so that it offers no others."""
    room = importlib.resources.files("lawvault.serve")
    page = room.joinpath("page.html").read_bytes()
    page = page.replace(b"<html ", f'<html data-has="{has}" '.encode(), 1)
    assets = {name: room.joinpath(name).read_bytes() for name in ASSETS}

    @app.get("/", include_in_schema=False)
    async def home() -> Response:
        return Response(page, media_type="text/html; charset=utf-8")

    @app.get("/assets/{name}", include_in_schema=False)
    async def asset(name: str) -> Response:
        if name not in assets:
            raise ApiError(404, "not_found", "没有这个地址")
        return Response(assets[name], media_type=f"{ASSETS[name]}; charset=utf-8")
