"""Reranking for many callers at once: their batches take turns in the one model.

A request hands in its next batch when the last one is done, so a thousand documents do not keep
another request's ten waiting, and what a client has left is not computed.
"""

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from lawvault.errors import IntegrityError
from lawvault.models.reranker import Logits, Pairs, Reranker
from lawvault.serve.contract import ApiError

log = logging.getLogger(__name__)

AT_WORK = 8
"""Requests whose tokens are in memory at once; the others wait as texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A query and the texts to score with it.

    param: what the client calls the texts.
    may_cut: pairs of too many tokens are cut; otherwise they are refused.
    text_tokens: how many tokens of each text are read at most.
    """

    query: str
    texts: list[str]
    param: str = "documents"
    may_cut: bool = False
    text_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A logit per text, in the order of the texts, and what was read for it.

    cut: indices of the texts that were cut, or with which the query was.
    """

    logits: Logits
    cut: list[int]
    tokens_read: int


Rerank = Callable[[Task], Awaitable[Scored]]


class Reranking:
    """A reranker behind one door: limits, turns."""

    def __init__(self, reranker: Reranker, *, max_total_tokens: int) -> None:
        self._reranker = reranker
        self._max_total_tokens = max_total_tokens
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="rerank")
        self._tokenizing = ThreadPoolExecutor(1, thread_name_prefix="tokenize")
        self._room = asyncio.Semaphore(AT_WORK)

    async def rerank(self, task: Task) -> Scored:
        """Return the scores of a task.

        Raises:
            ApiError: a pair is too long, or all together are (400), or the model gives no usable
                score (500).
        """
        async with self._room:
            tokenize = functools.partial(
                self._reranker.tokenize, task.query, task.texts, text_tokens=task.text_tokens
            )
            loop = asyncio.get_running_loop()
            pairs = await loop.run_in_executor(self._tokenizing, tokenize)
            self._check(task, pairs)
            logits = await self._score(pairs)
        return Scored(logits=logits, cut=pairs.cut, tokens_read=pairs.tokens_read)

    async def _score(self, pairs: Pairs) -> Logits:
        logits = np.empty(len(pairs.counts), np.float32)
        loop = asyncio.get_running_loop()
        try:
            for rows in self._reranker.batches(pairs):
                logits[rows] = await loop.run_in_executor(
                    self._thread, self._reranker.score, pairs, rows
                )
        except IntegrityError as error:
            log.error("serve: %s", error)
            raise ApiError(500, "bad_score", "重排模型给不出有效的分数") from error
        return logits

    def _check(self, task: Task, pairs: Pairs) -> None:
        limit = self._reranker.max_tokens
        row = next((row for row, count in enumerate(pairs.counts) if count > limit), None)
        if row is not None and not task.may_cut:
            raise ApiError(
                400,
                "input_too_long",
                f"query 与 {task.param}[{row}] 合计 {pairs.counts[row]} 个 token，模型最多读 "
                f"{limit} 个，请缩短或拆分后再试，或用 truncate=true 允许截断",
                f"{task.param}[{row}]",
            )
        if pairs.tokens_read > self._max_total_tokens:
            raise ApiError(
                400,
                "input_too_long",
                f"query 与所有 {task.param} 合计 {pairs.tokens_read} 个 token，一次最多 "
                f"{self._max_total_tokens} 个，请分几次发送",
                task.param,
            )
