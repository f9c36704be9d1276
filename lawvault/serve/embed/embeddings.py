"""Embeddings as OpenAI gives them, and the list of models that goes with them."""

import asyncio
import base64
from collections.abc import Iterable, Sequence

import numpy as np
import pydantic_core
from fastapi import FastAPI, Response

from lawvault.config.serve import ServeConfig
from lawvault.models.encoder import Vectors
from lawvault.serve.contract import (
    ApiError,
    EmbeddingAnswer,
    EmbeddingRequest,
    ModelCard,
    ModelList,
)
from lawvault.serve.embed.embedder import Embed, Embedded
from lawvault.serve.embed.inputs import Inputs, check_count, check_dimensions, inputs_of
from lawvault.serve.embed.names import Names
from lawvault.serve.embed.tokens import texts_of

FEW = 8
"""Vectors that are written sooner than a thread is woken for it."""


def add_embeddings(
    app: FastAPI, embed: Embed, names: Names, config: ServeConfig, *, dimension: int
) -> None:
    """Add the route that embeds texts."""

    @app.post("/v1/embeddings", operation_id="create_embeddings", response_model=EmbeddingAnswer)
    async def embeddings(request: EmbeddingRequest) -> Response:
        """Return unit vectors of texts, as OpenAI does."""
        side = names.side(request.model, request.input_type)
        check_dimensions(request.dimensions, dimension)
        texts = await _texts(request.input, config)
        inputs = inputs_of(texts, config, may_cut=request.truncate)
        embedded = await embed(inputs.texts, side, may_cut=request.truncate)
        if len(inputs.texts) <= FEW:
            return _answer(request, inputs, embedded)
        return await asyncio.to_thread(_answer, request, inputs, embedded)


def add_models(app: FastAPI, names: Names, *, created: int, others: Iterable[str] = ()) -> None:
    """Add the routes that tell the model's names, and those of `others`, which do not embed."""
    cards = {name: ModelCard(id=name, created=created) for name in (*names, *others)}

    @app.get("/v1/models", operation_id="list_models")
    async def models() -> ModelList:
        """Return the names that requests may use."""
        return ModelList(data=list(cards.values()))

    @app.get("/v1/models/{name:path}", operation_id="get_model")  # an alias may hold a slash
    async def model(name: str) -> ModelCard:
        """Return one model."""
        if name not in cards:
            names.check(name)
        return cards[name]


async def _texts(
    given: str | Sequence[str] | Sequence[int] | Sequence[Sequence[int]], config: ServeConfig
) -> list[str]:
    """Return the texts of a request, whichever of OpenAI's four ways they came in.

    Raises:
        ApiError: there are none or too many, or they are tokens that cannot be read.
    """
    if isinstance(given, str):
        return [given]
    check_count(len(given) and (1 if isinstance(given[0], int) else len(given)), config.max_inputs)
    texts = [part for part in given if isinstance(part, str)]
    if texts:
        return texts
    tokens = [part for part in given if isinstance(part, int)]
    arrays = [part for part in given if not isinstance(part, (int, str))]
    return await asyncio.to_thread(texts_of, [tokens] if tokens else arrays)


def _answer(request: EmbeddingRequest, inputs: Inputs, embedded: Embedded) -> Response:
    vectors = shortened(embedded.vectors, request.dimensions)
    tokens = embedded.tokens_read
    body: dict[str, object] = {
        "object": "list",
        "data": [
            {"object": "embedding", "index": index, "embedding": vector}
            for index, vector in enumerate(_written(vectors, request.encoding_format))
        ],
        "model": request.model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }
    if request.truncate:
        body["truncated"] = inputs.cut(embedded)
    return Response(pydantic_core.to_json(body), media_type="application/json")


def shortened(vectors: Vectors, dimensions: int | None) -> Vectors:
    """Return the first `dimensions` of every vector, of length 1 again.

    Raises:
        ApiError: nothing is left of a vector (400).
    """
    if not dimensions or dimensions == vectors.shape[1]:
        return vectors
    short = vectors[:, :dimensions]
    lengths = np.linalg.norm(short, axis=1, keepdims=True)
    if not lengths.all():
        raise ApiError(
            400,
            "invalid_value",
            f"截到 {dimensions} 维后向量为零，请用更大的 dimensions",
            "dimensions",
        )
    return np.asarray(short / lengths, np.float32)


def _written(vectors: Vectors, encoding: str) -> Sequence[list[float] | str]:
    if encoding == "float":
        numbers: list[list[float]] = vectors.tolist()
        return numbers
    return [base64.b64encode(vector.astype("<f4").tobytes()).decode() for vector in vectors]
