"""Ollama's dialect, for clients that speak nothing else: embeddings, and what model pickers ask.

Its rules hold here: a text that is too long is cut unless the client forbids it (our answer says
which, in `truncated`), `name:latest` is `name`, and an error is one sentence.  Its settings of
memory and sampling (`keep_alive`, `options`) are taken and have nothing to act on.
"""

import asyncio
import datetime
import time
from collections.abc import Sequence
from typing import Annotated, Any

import pydantic_core
from fastapi import FastAPI, Response
from pydantic import BaseModel, ConfigDict, Field

from lawvault.config.serve import ServeConfig
from lawvault.serve.contract import INTEGRAL, Text, TextList, Words
from lawvault.serve.embed.embedder import Embed, Embedded
from lawvault.serve.embed.embeddings import shortened
from lawvault.serve.embed.inputs import Inputs, check_count, check_dimensions, check_text, inputs_of
from lawvault.serve.embed.names import Names

FOLLOWED = "0.12.6"  # the version of Ollama whose API this is; clients compare it
LATEST = ":latest"
KeepAlive = Text | int | float | None
Options = dict[str, Any] | None


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class EmbedRequest(_Request):
    """What /api/embed takes."""

    model: Text
    input: Words | TextList
    truncate: bool = True
    dimensions: Annotated[int, Field(ge=0), INTEGRAL] | None = None  # 0 means all, as in Ollama
    keep_alive: KeepAlive = None
    options: Options = None


class EmbedAnswer(BaseModel):
    """One vector per text; times in nanoseconds.  `truncated`, ours, is there if a text was cut."""

    model: str
    embeddings: list[list[float]]
    total_duration: int
    load_duration: int
    prompt_eval_count: int
    truncated: list[int] | None = None


class PromptRequest(_Request):
    """What /api/embeddings takes, which Ollama keeps for old clients."""

    model: Text
    prompt: Words
    keep_alive: KeepAlive = None
    options: Options = None


class PromptAnswer(BaseModel):
    """The vector of one text."""

    embedding: list[float]
    truncated: list[int] | None = None


class ShowRequest(_Request):
    """Which model is asked about; old clients say `name`."""

    model: Text | None = None
    name: Text | None = None
    verbose: bool | None = None


class OllamaError(BaseModel):
    """The body of every answer under /api/ that is not a success."""

    error: str


def add_ollama(
    app: FastAPI, embed: Embed, names: Names, config: ServeConfig, *, dimension: int
) -> None:
    """Add the routes that embed as Ollama does."""

    @app.post(
        "/api/embed", operation_id="ollama_embed", response_model=EmbedAnswer, responses=ERRORS
    )
    async def ollama_embed(request: EmbedRequest) -> Response:
        """Return unit vectors of texts."""
        start = time.perf_counter_ns()
        side = names.side(_name(request.model, names))
        check_dimensions(request.dimensions, dimension)
        texts = [request.input] if isinstance(request.input, str) else request.input
        check_count(len(texts), config.max_inputs)
        inputs = inputs_of(texts, config, may_cut=request.truncate)
        embedded = await embed(inputs.texts, side, may_cut=request.truncate)
        return await asyncio.to_thread(_answer, request, inputs, embedded, start)

    @app.post(
        "/api/embeddings",
        operation_id="ollama_embeddings",
        response_model=PromptAnswer,
        responses=ERRORS,
    )
    async def ollama_embeddings(request: PromptRequest) -> Response:
        """Return the unit vector of one text."""
        side = names.side(_name(request.model, names))
        text = request.prompt[: config.max_chars]
        check_text(text, "prompt", config)
        embedded = await embed([text], side, may_cut=True)
        body: dict[str, object] = {"embedding": embedded.vectors[0].tolist()}
        if len(text) < len(request.prompt) or embedded.is_cut(0):
            body["truncated"] = [0]
        return _json(body)


def add_ollama_models(app: FastAPI, names: Names, *, dimension: int, created: int) -> None:
    """Add the routes by which model pickers look around."""
    made = datetime.datetime.fromtimestamp(created, datetime.UTC).isoformat()

    @app.get("/api/version", operation_id="ollama_version", responses=ERRORS)
    async def ollama_version() -> dict[str, str]:
        """Return the version of Ollama that these routes follow."""
        return {"version": FOLLOWED}

    @app.get("/api/tags", operation_id="ollama_tags", responses=ERRORS)
    async def ollama_tags() -> dict[str, list[dict[str, object]]]:
        """Return the names that requests may use."""
        return {"models": [_tag(name, made) for name in names]}

    @app.post("/api/show", operation_id="ollama_show", responses=ERRORS)
    async def ollama_show(request: ShowRequest) -> dict[str, object]:
        """Return what is known of one model."""
        names.check(_name(request.model or request.name or "", names))
        return {
            "modified_at": made,
            "template": "{{ .Prompt }}",
            "parameters": "",
            "details": DETAILS,
            "model_info": {
                "general.architecture": "lawvault",
                "lawvault.embedding_length": dimension,
            },
            "capabilities": ["embedding"],
        }


ERRORS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": OllamaError},
    "5XX": {"model": OllamaError},
}
DETAILS: dict[str, object] = {
    "parent_model": "",
    "format": "",
    "family": "lawvault",
    "families": ["lawvault"],
    "parameter_size": "",
    "quantization_level": "",
}


def _name(given: str, names: Names) -> str:
    """Return the name that is meant: Ollama's clients put `:latest` after one without a tag."""
    return given if given in names else given.removesuffix(LATEST)


def _tag(name: str, made: str) -> dict[str, object]:
    """Return one entry of the list; size and digest, which clients demand, are not known here."""
    return {
        "name": name,
        "model": name,
        "modified_at": made,
        "size": 0,
        "digest": "",
        "details": DETAILS,
    }


def _answer(request: EmbedRequest, inputs: Inputs, embedded: Embedded, start: int) -> Response:
    vectors: Sequence[Sequence[float]] = shortened(embedded.vectors, request.dimensions).tolist()
    body: dict[str, object] = {
        "model": request.model,
        "embeddings": vectors,
        "total_duration": time.perf_counter_ns() - start,
        "load_duration": 0,  # the model was there already
        "prompt_eval_count": embedded.tokens_read,
    }
    if cut := inputs.cut(embedded):
        body["truncated"] = cut
    return _json(body)


def _json(body: dict[str, object]) -> Response:
    return Response(pydantic_core.to_json(body), media_type="application/json")
