"""The addresses at which clients look for a reranker, whether there is one or not.

A client that meets 404 or 422 there goes on without reranking and tells nobody; so both dialects
are understood at each address, and without a model the answer says so, in so many words.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
import pydantic_core
from fastapi import FastAPI, Response

from lawvault.config.serve import ServeConfig
from lawvault.models.reranker import scores_of
from lawvault.serve.contract import ApiError
from lawvault.serve.embed.inputs import check_count, check_text, inputs_of
from lawvault.serve.rerank.contract import RerankAnswer, RerankRequest, TextRank
from lawvault.serve.rerank.reranking import Rerank, Scored, Task

PATHS = ("/v1/rerank", "/rerank", "/v2/rerank")


def add_rerank(app: FastAPI, rerank: Rerank | None, config: ServeConfig) -> None:
    """Add the routes that rerank; without `rerank` they say that there is no model."""
    if rerank is None:
        _add(app, absent, status_code=501)
        return

    async def reranked(request: RerankRequest) -> Response:
        """Return texts by how well they fit a query, best first."""
        name = _name(request, config)
        task, shortened = _task(request, config)
        scored = await rerank(task)
        cut = sorted({*shortened, *scored.cut})
        return await asyncio.to_thread(_answer, request, name, scored, cut)

    _add(app, reranked, response_model=RerankAnswer | list[TextRank])


def _add(app: FastAPI, route: Callable[..., Awaitable[Response | None]], **options: Any) -> None:  # noqa: ANN401
    for path in PATHS:
        described = path == PATHS[0]
        app.add_api_route(path, route, methods=["POST"], include_in_schema=described, **options)


async def absent() -> None:
    """Say that there is no reranker, whatever was sent."""
    raise ApiError(
        501,
        "not_configured",
        "没有配置重排模型，无法重排。请用 serve.reranker.model=模型文件夹 启动服务；"
        "或在客户端关闭重排：/v1/search 的结果已按相关度排好，可直接使用",
    )


def _name(request: RerankRequest, config: ServeConfig) -> str:
    if request.model in (None, config.reranker.name):
        return config.reranker.name
    raise ApiError(
        404,
        "model_not_found",
        f"没有名为 {request.model[:80]} 的重排模型，可用的是 {config.reranker.name}",
        "model",
    )


def _task(request: RerankRequest, config: ServeConfig) -> tuple[Task, list[int]]:
    """Return what is to be scored, and indices of texts that lost characters on the way.

    Raises:
        ApiError: texts or query are missing, empty, too many or too long.
    """
    param, texts = _texts(request)
    check_count(len(texts), config.reranker.max_documents, param=param)
    check_text(request.query, "query", config)
    may_cut = _may_cut(request, param)
    inputs = inputs_of(texts, config, may_cut=may_cut, param=param)
    task = Task(
        query=request.query,
        texts=inputs.texts,
        param=param,
        may_cut=may_cut,
        text_tokens=request.max_tokens_per_doc,
    )
    return task, inputs.shortened


def _texts(request: RerankRequest) -> tuple[str, list[str]]:
    """Return what the client calls its texts, and the texts.

    Raises:
        ApiError: they have both names, or none.
    """
    given = request.model_fields_set & {"documents", "texts"}
    if len(given) == 2:
        raise ApiError(400, "invalid_value", "documents 与 texts 只能给一个", "texts")
    if not given:
        raise ApiError(400, "missing_parameter", "缺少参数 documents（或 texts）", "documents")
    return ("texts", request.texts) if "texts" in given else ("documents", request.documents)


def _may_cut(request: RerankRequest, param: str) -> bool:
    """Return whether long texts are cut: as the client says, else as its dialect does."""
    wishes = {request.truncate, request.truncation} - {None}
    if len(wishes) == 2:
        raise ApiError(400, "invalid_value", "truncate 与 truncation 互相矛盾", "truncation")
    return wishes.pop() is True if wishes else param == "documents"


def _answer(request: RerankRequest, name: str, scored: Scored, cut: list[int]) -> Response:
    # by logit: sigmoids of good texts can be equal where logits are not
    order = np.argsort(-scored.logits, kind="stable")[: request.top_n].tolist()
    values = scored.logits if request.raw_scores else scores_of(scored.logits)
    ranked = [(row, float(values[row])) for row in order]
    body: object
    if "texts" in request.model_fields_set:
        told = set(cut)
        body = [_text_rank(request, row, score, cut=row in told) for row, score in ranked]
    else:
        body = _document_ranks(request, name, ranked, cut, scored.tokens_read)
    return Response(pydantic_core.to_json(body), media_type="application/json")


def _text_rank(request: RerankRequest, row: int, score: float, *, cut: bool) -> dict[str, object]:
    rank: dict[str, object] = {"index": row, "score": score}
    if request.return_text or request.return_documents:
        rank["text"] = request.texts[row]
    if cut:
        rank["truncated"] = True
    return rank


def _document_ranks(
    request: RerankRequest, name: str, ranked: list[tuple[int, float]], cut: list[int], tokens: int
) -> dict[str, object]:
    results: list[dict[str, object]] = [
        {"index": row, "relevance_score": score} for row, score in ranked
    ]
    if request.return_documents or request.return_text:
        for result, (row, _) in zip(results, ranked, strict=True):
            result["document"] = {"text": request.documents[row]}
    meta: dict[str, object] = {
        "api_version": {"version": "2"},
        "tokens": {"input_tokens": tokens, "output_tokens": 0},
    }
    if cut:
        meta["warnings"] = [
            f"{len(cut)} 条文档（或与之一起读的 query）太长，末尾没有读：见 truncated"
        ]
    return {
        "id": f"rerank-{uuid.uuid4().hex}",
        "object": "list",
        "model": name,
        "results": results,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        "meta": meta,
        "truncated": cut,
    }
