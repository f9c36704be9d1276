"""A running LawVault server as seen from outside: the calls of the tools, over HTTP."""

from collections.abc import Mapping
from typing import Any, Self, TypeVar
from urllib.parse import quote, urlsplit

import httpx2
from pydantic import BaseModel, ValidationError

from lawvault.serve.contract import ApiError, ErrorAnswer, SearchAnswer, SearchRequest
from lawvault.serve.gate.admission import is_loopback
from lawvault.serve.laws.contract import (
    ArticleAnswer,
    ArticleRequest,
    LawAnswer,
    LawRequest,
    ResolveAnswer,
    VerifyAnswer,
)

A = TypeVar("A", bound=BaseModel)

SECONDS = 120.0

POSTS: dict[str, tuple[str, type[BaseModel]]] = {
    "resolve": ("/v1/references/resolve", ResolveAnswer),
    "verify": ("/v1/citations/verify", VerifyAnswer),
}


class Remote:
    """The tools of a server; a context, for it keeps connections."""

    def __init__(self, url: str, key: str = "") -> None:
        self._client = httpx2.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=SECONDS,
            trust_env=not is_loopback(urlsplit(url).hostname or ""),  # no proxy to ourselves
        )

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def search(self, request: SearchRequest) -> SearchAnswer:
        """Return the articles that answer a question."""
        return await self._post("/v1/search", request, SearchAnswer)

    async def ask(self, method: str, request: BaseModel) -> Any:  # noqa: ANN401 - one per method
        """Return what the server's method of that name returns."""
        if method in POSTS:
            path, answer = POSTS[method]
            return await self._post(path, request, answer)
        if isinstance(request, ArticleRequest):
            path = f"/v1/laws/{_segment(request.law)}/articles/{_segment(request.number)}"
            return await self._get(path, request, ArticleAnswer)
        if isinstance(request, LawRequest):
            return await self._get(f"/v1/laws/{_segment(request.law)}", request, LawAnswer)
        raise LookupError(method)

    async def _post(self, path: str, request: BaseModel, answer: type[A]) -> A:
        body = request.model_dump_json(exclude_none=True).encode()
        return await self._send("POST", path, answer, body=body)

    async def _get(self, path: str, request: LawRequest, answer: type[A]) -> A:
        params = {"as_of": request.as_of.isoformat()} if request.as_of else None
        return await self._send("GET", path, answer, params=params)

    async def _send(
        self,
        method: str,
        path: str,
        answer: type[A],
        *,
        body: bytes | None = None,
        params: Mapping[str, str] | None = None,
    ) -> A:
        request = self._client.build_request(
            method,
            path,
            content=body,
            params=params,
            headers={"Content-Type": "application/json"} if body else None,
        )
        try:
            reply = await self._client.send(request)
        except httpx2.TimeoutException:
            raise ApiError(504, "timeout", "LawVault 服务没有按时回答") from None
        except httpx2.HTTPError:
            raise ApiError(
                503, "server_unreachable", f"连不上 LawVault 服务 {self._client.base_url}"
            ) from None
        try:
            if reply.is_success:
                return answer.model_validate_json(reply.content)
            error = ErrorAnswer.model_validate_json(reply.content).error
        except ValidationError:
            raise ApiError(
                502,
                "bad_answer",
                f"{self._client.base_url} 的回答（{reply.status_code}）不是 LawVault 的",
            ) from None
        raise ApiError(reply.status_code, error.code, error.message, error.param)


def _segment(name: str) -> str:
    """Return a name as one part of a path.

    >>> _segment("刑法"), _segment("a/../b")
    ('%E5%88%91%E6%B3%95', 'a%2F..%2Fb')
    """
    if not name.strip("."):
        raise ApiError(404, "not_found", "没有这个名称")
    return quote(name, safe="")
