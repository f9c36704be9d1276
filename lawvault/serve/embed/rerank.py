"""Reranking, which this service does not do: its usual addresses say so, in so many words.

A client that meets 404 or 422 there goes on without reranking and tells nobody.
"""

from fastapi import FastAPI

from lawvault.serve.contract import ApiError

PATHS = ("/v1/rerank", "/rerank", "/v2/rerank")


def add_rerank(app: FastAPI) -> None:
    """Add the addresses at which clients look for a reranker."""
    for path in PATHS:
        app.add_api_route(
            path, rerank, methods=["POST"], status_code=501, include_in_schema=path == PATHS[0]
        )


async def rerank() -> None:
    """Say that there is no reranker, whatever was sent."""
    raise ApiError(
        501,
        "not_configured",
        "没有配置重排模型，无法重排。/v1/search 的结果已按相关度排好，可直接使用；"
        "请在客户端关闭重排，或把重排地址改为另一个提供 rerank 接口的服务",
    )
