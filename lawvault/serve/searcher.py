"""Search over a data pack: a question's vector in, whole articles out.

A pack is opened only together with the model that made its vectors: those of another model of
equal dimension would be searched without any error and find wrong law.
"""

import asyncio
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Protocol

from lawvault.errors import IntegrityError
from lawvault.law.names import comparable
from lawvault.models.encoder import Vectors
from lawvault.models.fingerprint import check_same, fingerprint_id, read_fingerprint
from lawvault.retrieve.content import Content
from lawvault.retrieve.dense import DenseIndex, Filter
from lawvault.serve.contract import (
    ApiError,
    Law,
    SearchAnswer,
    SearchFilters,
    SearchHit,
    SearchRequest,
    Side,
)
from lawvault.serve.embedder import Embedded


class Embed(Protocol):
    """What turns texts into vectors, wherever it runs."""

    def __call__(
        self, texts: list[str], side: Side, *, may_cut: bool = False
    ) -> Awaitable[Embedded]:
        """Return the vectors of `texts`; see `Embedder.embed`."""
        ...


class Searcher:
    """An open data pack, read only."""

    def __init__(self, model: Path, pack: Path) -> None:
        check_same(model, pack)
        self._dense, self._content = DenseIndex(pack), Content(pack)
        if self._dense.size != self._content.size:
            raise IntegrityError(
                f"{pack}: {self._dense.size} vectors but {self._content.size} articles"
            )
        self.fingerprint = fingerprint_id(read_fingerprint(pack))
        self._laws = [Law.model_validate(row) for row in self._content.laws()]
        self._names = {comparable(law.law_name): law.law_name for law in self._laws}

    def laws(self) -> list[Law]:
        """Return all laws of the pack, by name."""
        return self._laws

    def search(self, vector: Vectors, k: int, filters: SearchFilters) -> list[SearchHit]:
        """Return up to `k` articles that match `filters`, best first.

        Raises:
            ApiError: the vector is not finite or of length 0.
        """
        only = Filter(
            law_name=[self._names.get(comparable(name), name) for name in filters.law_name],
            category=filters.category,
            region=filters.region,
            status=filters.status,
        )
        try:
            hits = self._dense.search(vector, k, only)
        except ValueError as error:
            raise ApiError(500, "bad_vector", "问题的向量无效，无法检索") from error
        rows = self._content.rows([hit.article_id for hit in hits])
        return [
            SearchHit.model_validate({**row, "score": hit.score, "rank": hit.rank})
            for hit, row in zip(hits, rows, strict=True)
        ]


async def answer(searcher: Searcher, embed: Embed, request: SearchRequest) -> SearchAnswer:
    """Return the answer to one question; the vector comes from `embed`."""
    start = time.perf_counter()
    embedded = await embed([request.query], "query", may_cut=True)
    hits = await asyncio.to_thread(searcher.search, embedded.vectors[0], request.k, request.filters)
    found = SearchAnswer(
        hits=hits,
        fingerprint=searcher.fingerprint,
        milliseconds=round(1000 * (time.perf_counter() - start), 1),
        degraded=[],
    )
    if embedded.is_cut(0):
        found.degraded.append("query_cut")
    if not hits:  # a pack is never empty, so the filters left nothing
        found.degraded.append("no_match_for_filter")
    return found
