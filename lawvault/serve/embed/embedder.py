"""Encoding for many callers at once: prefixes and limits, a cache, and one queue for the model.

A text that was embedded before costs neither the tokenizer nor the model; one that several callers
want at once goes through the model once.  `batcher.py` says whose turn it is.

A question that is compared token by token has a queue of its own: its vector and its states come
out of one pass, and documents, which need no states, do not wait for copies of theirs.
"""

import asyncio
import functools
import logging
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lawvault.config.serve import ServeConfig
from lawvault.errors import IntegrityError
from lawvault.models.encoder import Encoder, Prefixes, Vectors
from lawvault.models.states import own_rows
from lawvault.models.tokens import Tokens
from lawvault.serve.contract import ApiError, Side
from lawvault.serve.embed.batcher import Batcher, BatchStats, Made, Text
from lawvault.serve.embed.cache import Cache, CacheStats, Known

log = logging.getLogger(__name__)

TOKENIZED_TEXTS = 64
"""Texts that are tokenized in one go, so that a question waits for no more than these."""

SHORT = 512
"""Characters in all that are tokenized at once, for it takes longer to wake a thread.

A lone question had its vector in 6.1 ms, and in 8.0 with the thread (p50, e5-small, two cores).
"""

UNIT_TOLERANCE = 1e-2


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A question as the model read it: its vector, and the states that it is compared by."""

    embedded: Embedded
    states: Vectors


class Embed(Protocol):
    """What turns texts into vectors, wherever it runs."""

    def __call__(
        self, texts: list[str], side: Side, *, may_cut: bool = False
    ) -> Awaitable[Embedded]:
        """Return the vectors of `texts`; see `Embedder.embed`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedderStats:
    """What the metrics show of an embedder."""

    cache: CacheStats
    batches: BatchStats
    questions: BatchStats


class Embedder:
    """An encoder behind one door: prefixes, limits, cache, batching."""

    def __init__(
        self,
        encoder: Encoder,
        prefixes: Prefixes,
        *,
        max_tokens: int,
        config: ServeConfig | None = None,
    ) -> None:
        """Embed with `encoder`, which reads `max_tokens` of a text."""
        config = config or ServeConfig()
        self._encoder = encoder
        self._prefix = {"query": prefixes.query, "document": prefixes.document, "raw": ""}
        self._max_tokens = max_tokens
        self._cache = Cache(config.embedding_cache_mb << 20)
        self._tokenizing = ThreadPoolExecutor(1, thread_name_prefix="tokenize")
        self._batcher = Batcher[Vectors](
            encoder.encode_ids,
            batch_tokens=config.batch_tokens,
            max_waiting_tokens=config.max_waiting_tokens,
            keep=self._keep,
        )
        self._questions = Batcher[tuple[Vectors, Vectors]](
            lambda ids: list(zip(*encoder.encode_states(ids), strict=True)),
            batch_tokens=config.batch_tokens,
            max_waiting_tokens=config.max_waiting_tokens,
        )

    async def embed(self, texts: Sequence[str], side: Side, *, may_cut: bool = False) -> Embedded:
        """Return the vectors of `texts`, in their order.

        Args:
            may_cut: a text of too many tokens is cut; otherwise it is refused.

        Raises:
            ApiError: a text is too long (400), too much waits already (429), or the model gives no
                usable vector (500).
        """
        prefixed = [self._prefix[side] + text for text in texts]
        keys = [self._cache.key(text) for text in prefixed]
        wanted = dict(zip(keys, prefixed, strict=True))
        known = {key: entry for key in wanted if (entry := self._cache.get(key))}
        new = await self._tokenized({k: text for k, text in wanted.items() if k not in known})
        counts = {key: entry.tokens for key, entry in known.items()}
        counts |= {text.key: text.tokens for text in new}
        tokens = [counts[key] for key in keys]
        if not may_cut:
            self._refuse_long(tokens)
        found = {key: entry.made for key, entry in known.items()} | await self._encoded(new)
        vectors = np.empty((len(texts), self._encoder.dimension), np.float32)
        for row, key in enumerate(keys):
            vectors[row] = found[key]
        _check_unit(vectors)
        return Embedded(vectors=vectors, tokens=tokens, max_tokens=self._max_tokens)

    async def read(self, question: str, compared: str) -> Read:
        """Return the vector of a question, and the states of the text that it is compared as.

        Both texts are cut to what the model reads, and go through it in one pass; one that is known
        does not, nor the second if it is the same.

        Raises:
            ApiError: too much waits already (429), or the model gives nothing usable (500).
        """
        asked, held = (self._prefix["query"] + text for text in (question, compared))
        asked_key, held_key = self._cache.key(asked), self._cache.key(held)
        states_key = self._cache.key(held, "states")
        vector, states = self._cache.get(asked_key), self._cache.get(states_key)
        missing = ({} if vector else {asked_key: asked}) | ({} if states else {held_key: held})
        texts = await self._tokenized(missing)
        made = await self._made(self._questions, texts)
        new = {text.key: (text, *one) for text, one in zip(texts, made, strict=True)}
        if not vector:
            text, own, _ = new[asked_key]
            self._keep(text, own)
            vector = Known(made=own, tokens=text.tokens)
        if not states:
            text, _, every = new[held_key]
            states = Known(made=every[own_rows(text.ids, self._before)], tokens=text.tokens)
            self._cache.put(states_key, states.made, states.tokens)
        embedded = Embedded(
            vectors=vector.made[np.newaxis], tokens=[vector.tokens], max_tokens=self._max_tokens
        )
        _check_unit(embedded.vectors)
        return Read(embedded=embedded, states=states.made)

    @functools.cached_property
    def _before(self) -> list[int]:
        """Return the ids of the query prefix alone, which is the same for every question."""
        [ids] = self._encoder.tokenize([self._prefix["query"]]).ids
        return ids

    def stats(self) -> EmbedderStats:
        """Return counts for the metrics."""
        return EmbedderStats(
            cache=self._cache.stats(),
            batches=self._batcher.stats(),
            questions=self._questions.stats(),
        )

    async def _tokenized(self, texts: Mapping[bytes, str]) -> list[Text]:
        """Return the texts as token ids, in their order; callers of many take turns."""
        if sum(map(len, texts.values())) <= SHORT:
            return _texts(texts, self._encoder.tokenize(list(texts.values())))
        tokenize, loop = self._encoder.tokenize, asyncio.get_running_loop()
        items, read = list(texts.items()), list[Text]()
        for begin in range(0, len(items), TOKENIZED_TEXTS):
            part = dict(items[begin : begin + TOKENIZED_TEXTS])
            tokens = await loop.run_in_executor(self._tokenizing, tokenize, list(part.values()))
            read += _texts(part, tokens)
        return read

    async def _encoded(self, texts: Sequence[Text]) -> dict[bytes, Vectors]:
        # While these were tokenized, others may have had some of them encoded.
        known = {text.key: self._cache.get(text.key) for text in texts if text.key in self._cache}
        found = {key: entry.made for key, entry in known.items() if entry}
        new = [text for text in texts if text.key not in found]
        made = await self._made(self._batcher, new)
        return found | {text.key: vector for text, vector in zip(new, made, strict=True)}

    async def _made(self, batcher: Batcher[Made], texts: Sequence[Text]) -> list[Made]:
        try:
            return await batcher.encode(texts)
        except IntegrityError:  # it quotes the text, which no log of ours may hold
            log.error("serve: the model gives no usable vector for one of %d texts", len(texts))
            raise ApiError(500, "bad_vector", "模型对一条文本给不出有效的向量") from None

    def _refuse_long(self, tokens: Sequence[int]) -> None:
        for row, count in enumerate(tokens):
            if count > self._max_tokens:
                raise ApiError(
                    400,
                    "input_too_long",
                    f"第 {row} 条文本有 {count} 个 token，模型最多读 {self._max_tokens} 个，"
                    "请缩短或拆分后再试，或用 truncate=true 允许截断",
                    f"input[{row}]",
                )

    def _keep(self, text: Text, vector: Vectors) -> None:
        if _is_unit(vector[np.newaxis]).all():
            self._cache.put(text.key, vector, text.tokens)


def _texts(keys: Iterable[bytes], tokens: Tokens) -> list[Text]:
    return [
        Text(key=key, ids=ids, tokens=count)
        for key, ids, count in zip(keys, tokens.ids, tokens.counts, strict=True)
    ]


def _is_unit(vectors: Vectors) -> NDArray[np.bool_]:
    lengths = np.linalg.norm(vectors, axis=1)
    unit: NDArray[np.bool_] = np.abs(lengths - 1) < UNIT_TOLERANCE  # false for NaN
    return unit


def _check_unit(vectors: Vectors) -> None:
    """Refuse what would be searched without any error and find nothing, or anything."""
    bad = np.flatnonzero(~_is_unit(vectors))
    if len(bad):
        raise ApiError(
            500, "bad_vector", f"模型对第 {bad[0]} 条文本给不出有效的向量", f"input[{bad[0]}]"
        )
