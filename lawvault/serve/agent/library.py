"""The library of a run that is served: the search application, asked by its name.

What it says in errors becomes what a run knows: it does not answer, which is not the same as
finding nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from lawvault.agent.local import NATIONAL
from lawvault.agent.nouns import Asked, Found, Hits, Link, SearchUnavailable
from lawvault.errors import LawVaultError
from lawvault.serve.contract import ApiError, SearchAnswer, SearchFilters, SearchHit, SearchRequest
from lawvault.serve.search.parts import Mode

BUSY_ATTEMPTS, BUSY_SECONDS = 4, 0.2
"""How often a search that is full is asked, and after how long first; it doubles each time."""

NO_VECTOR = ("embedding_", "model_unavailable", "bad_vector")
"""Codes of errors after which words can still be searched for."""

SearchCall = Callable[[SearchRequest], Awaitable[SearchAnswer]]
LawCall = Callable[..., Awaitable[Any]]
"""Calls a method of `PackLaw` by its name."""

ClosenessCall = Callable[[str, list[str]], Awaitable[list[float]]]
"""Says how near articles are to a query, in their order; nothing if there are no token vectors."""


class ServedLibrary:
    """The law that the search application has open; safe for many runs at once.  A `Library`."""

    def __init__(self, search: SearchCall, law: LawCall, closeness: ClosenessCall) -> None:
        """Take the three calls of the application."""
        self._search, self._law, self._closeness = search, law, closeness

    async def search(
        self, query: str, asked: Asked, *, k: int, laws: Sequence[str] = (), words: bool = False
    ) -> Hits:
        """Return articles that answer `query` by its meaning, or its `words`, best first."""
        if not query.strip():
            return Hits()
        filters = SearchFilters(
            law_name=list(laws),
            region=[*NATIONAL, *asked.regions] if asked.regions else [],
            as_of=asked.as_of,
        )
        mode: Mode = "keyword" if words else "vector"
        request = SearchRequest(query=query, k=k, filters=filters, mode=mode)
        lacks = []
        try:
            answer: SearchAnswer = await answered(self._search, request)
        except SearchUnavailable as error:
            if words or not str(error).startswith(NO_VECTOR):
                raise
            lacks.append("dense")
            by_words = request.model_copy(update={"mode": "keyword"})
            answer = await answered(self._search, by_words)
        if "as_of_incomplete" in answer.degraded:
            lacks.append("as_of")
        return Hits(map(_found, answer.hits), degraded=lacks)

    async def cited(self, citation: str, asked: Asked) -> list[Found]:
        """Return the articles that a citation names."""
        found: list[Found] = await answered(self._law, "cited", citation, asked.as_of)
        return found

    async def links(self, article_ids: Sequence[str], asked: Asked) -> list[Link]:
        """Return the links of some articles to law in force on the day that is asked about."""
        found: list[Link] = await answered(self._law, "links", list(article_ids), asked.as_of)
        return found

    async def closeness(self, query: str, article_ids: Sequence[str]) -> list[float]:
        """Return how near articles are to `query`, in their order, or an empty list."""
        near: list[float] = await answered(self._closeness, query, list(article_ids))
        return near


async def answered(call: Callable[..., Awaitable[Any]], *given: object) -> Any:  # noqa: ANN401 - as `call` does
    """Return what a call returns; one for which there is no room now is made again.

    Raises:
        SearchUnavailable: it has no answer.
    """
    for attempt in range(BUSY_ATTEMPTS):
        try:
            return await call(*given)
        except ApiError as error:
            if error.status != 429 or attempt == BUSY_ATTEMPTS - 1:
                raise SearchUnavailable(f"{error.code}: {error.message}") from error
        except LawVaultError as error:  # of a data pack that is damaged
            raise SearchUnavailable(str(error)) from error
        await asyncio.sleep(BUSY_SECONDS * 2**attempt)
    raise AssertionError("the last attempt returns or raises")


def _found(hit: SearchHit) -> Found:
    return Found(
        article_id=hit.article_id,
        law_id=hit.law_id,
        law_name=hit.law_name,
        article_number=hit.article_number,
        content=hit.content,
        status=hit.status,
        effective_date=hit.effective_date or "",
        score=hit.score,
    )
