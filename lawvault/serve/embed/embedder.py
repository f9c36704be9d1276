"""Encoding for many callers at once: texts of waiting requests share batches and take turns.

While one batch is in the model, whatever arrives waits and makes up the next one, so nobody waits
for a timer, and a request of a thousand texts does not keep a single question waiting.
"""

import asyncio
import collections
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from lawvault.models.encoder import Encoder, Prefixes, Vectors
from lawvault.serve.contract import ApiError, Side

BATCH_TEXTS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """Vectors [n, dimension] of n texts, and how many tokens each had before it was cut."""

    vectors: Vectors
    tokens: list[int]
    max_tokens: int

    def is_cut(self, row: int) -> bool:
        """Say whether the end of text `row` was not read."""
        return self.tokens[row] > self.max_tokens

    @property
    def tokens_read(self) -> int:
        """Return how many tokens the model read in all, what was cut not counted."""
        return sum(min(tokens, self.max_tokens) for tokens in self.tokens)


class Embedder:
    """An encoder behind one door: prefixes, limits, batching."""

    def __init__(self, encoder: Encoder, prefixes: Prefixes, *, max_tokens: int) -> None:
        self._encoder = encoder
        self._prefix = {"query": prefixes.query, "document": prefixes.document, "raw": ""}
        self._max_tokens = max_tokens
        self._batcher = Batcher(encoder.encode_raw, BATCH_TEXTS)

    async def embed(self, texts: Sequence[str], side: Side, *, may_cut: bool = False) -> Embedded:
        """Return the vectors of `texts`, in their order.

        Args:
            may_cut: a text of too many tokens is cut; otherwise it is refused.

        Raises:
            ApiError: a text is too long (400), or the model gives no usable vector (500).
        """
        prefixed = [self._prefix[side] + text for text in texts]
        tokens = await asyncio.to_thread(self._encoder.count_tokens, prefixed)
        embedded = Embedded(
            vectors=np.empty((0, self._encoder.dimension), np.float32),
            tokens=tokens,
            max_tokens=self._max_tokens,
        )
        long = [row for row in range(len(texts)) if embedded.is_cut(row)]
        if long and not may_cut:
            raise ApiError(
                400,
                "input_too_long",
                f"第 {long[0]} 条文本有 {tokens[long[0]]} 个 token，模型最多读 "
                f"{self._max_tokens} 个，请缩短或拆分后再试，或用 truncate=true 允许截断",
                f"input[{long[0]}]",
            )
        vectors = await self._batcher.encode(prefixed)
        _check_unit(vectors)
        return Embedded(vectors=vectors, tokens=tokens, max_tokens=self._max_tokens)


def _check_unit(vectors: Vectors) -> None:
    """Refuse what would be searched without any error and find nothing, or anything."""
    lengths = np.linalg.norm(vectors, axis=1)
    bad = np.flatnonzero(~(np.abs(lengths - 1) < 1e-2))  # also true for NaN
    if len(bad):
        raise ApiError(
            500, "bad_vector", f"模型对第 {bad[0]} 条文本给不出有效的向量", f"input[{bad[0]}]"
        )


@dataclass(kw_only=True, eq=False)
class _Job:
    """The texts of one request, and how far they are."""

    texts: Sequence[str]
    done: asyncio.Future[Vectors]
    taken: int = 0
    pieces: list[Vectors] = field(default_factory=list)


Piece = tuple[_Job, list[str]]


class Batcher:
    """Calls `encode` in a thread, one batch at a time, each with texts of all waiting requests."""

    def __init__(self, encode: Callable[[Sequence[str]], Vectors], max_texts: int) -> None:
        self._encode = encode
        self._max_texts = max_texts
        self._jobs: collections.deque[_Job] = collections.deque()
        self._worker: asyncio.Task[None] | None = None

    async def encode(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of `texts`; if the caller is cancelled, what is left is dropped."""
        job = _Job(texts=texts, done=asyncio.get_running_loop().create_future())
        self._jobs.append(job)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await job.done

    async def _work(self) -> None:
        while pieces := self._take():
            if not await self._encode_pieces(pieces) and len(pieces) > 1:
                for piece in pieces:  # only the request with the bad text shall fail
                    await self._encode_pieces([piece])

    def _take(self) -> list[Piece]:
        """Return the next batch: an equal share of every waiting request, oldest turn first."""
        self._jobs = collections.deque(job for job in self._jobs if not job.done.done())
        share = max(1, self._max_texts // max(len(self._jobs), 1))
        pieces: list[Piece] = []
        for _ in range(min(len(self._jobs), self._max_texts)):
            job = self._jobs.popleft()
            texts = list(job.texts[job.taken : job.taken + share])
            job.taken += len(texts)
            pieces.append((job, texts))
            if job.taken < len(job.texts):
                self._jobs.append(job)
        return pieces

    async def _encode_pieces(self, pieces: list[Piece]) -> bool:
        """Encode one batch and hand the vectors out; say whether that worked."""
        texts = [text for _, part in pieces for text in part]
        encoding = asyncio.to_thread(self._encode, texts)
        result = (await asyncio.gather(encoding, return_exceptions=True))[0]
        if isinstance(result, BaseException):
            if len(pieces) == 1:
                _fail(pieces[0][0], result)
            return False
        begin = 0
        for job, part in pieces:
            _deliver(job, result[begin : begin + len(part)])
            begin += len(part)
        return True


def _deliver(job: _Job, vectors: Vectors) -> None:
    job.pieces.append(vectors)
    if sum(map(len, job.pieces)) == len(job.texts) and not job.done.done():
        job.done.set_result(np.concatenate(job.pieces))


def _fail(job: _Job, error: BaseException) -> None:
    if not job.done.done():
        job.done.set_exception(error)
