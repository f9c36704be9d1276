"""Which texts go through the model together, when many callers wait at once.

While one batch is in the model, whatever arrives waits, and the next batch begins at once: nobody
waits for a timer.  A batch belongs to one request, and texts of others that are about as long fill
it up to a budget of padded tokens (rows x longest), which bounds how long it takes.

Small requests come first, since they are done soonest; but half of the work goes to the request
that has waited longest, so every request becomes the oldest and ends.  A question thus waits for
what is in the model and at most one batch more, behind however many articles.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from lawvault.errors import IntegrityError
from lawvault.serve.contract import ApiError

Made = TypeVar("Made")
"""What the model makes of one text."""

PASS_TOKENS = 64
"""A pass through the model takes about as long as this many tokens more than it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text as the model reads it; equal keys mean equal ids."""

    key: bytes
    ids: list[int]
    tokens: int  # before it was cut


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchStats:
    """What waits now, and what went through the model since the start."""

    waiting_texts: int
    waiting_tokens: int
    batches: int
    tokens: int
    padded_tokens: int


@dataclass(slots=True, kw_only=True, eq=False)
class _Request(Generic[Made]):
    """What one caller still waits for, and the part of it that is in no batch, longest first."""

    done: asyncio.Future[None]
    missing: dict[bytes, "_Waiting[Made]"] = field(default_factory=dict)
    queue: dict[bytes, "_Waiting[Made]"] = field(default_factory=dict)
    queued_tokens: int = 0
    made: dict[bytes, Made] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True, eq=False)
class _Waiting(Generic[Made]):
    """A text and all who want it."""

    text: Text
    askers: dict[_Request[Made], None] = field(default_factory=dict)
    is_taken: bool = False

    @property
    def length(self) -> int:
        return len(self.text.ids)


class Batcher(Generic[Made]):
    """Calls `encode` in a thread of its own, one batch at a time."""

    def __init__(
        self,
        encode: Callable[[list[list[int]]], Collection[Made]],
        *,
        batch_tokens: int,
        max_waiting_tokens: int,
        keep: Callable[[Text, Made], None] | None = None,
    ) -> None:
        """Encode by `encode`, from token ids to what is made of each, in their order.

        Args:
            batch_tokens: padded tokens of a batch; a longer text makes a batch of its own.
            max_waiting_tokens: beyond it requests are refused, unless nothing waits.  To one that
                fits into a batch, each that waits counts for a batch at most, since it goes first:
                or one client's articles would turn everybody's questions away.
            keep: is given all that was made, whoever is still there for it.
        """
        self._encode = encode
        self._batch_tokens = batch_tokens
        self._max_waiting_tokens = max_waiting_tokens
        self._keep = keep
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="encode")
        self._worker: asyncio.Task[None] | None = None
        self._waiting: dict[bytes, _Waiting[Made]] = {}
        self._waiting_tokens = self._in_model = 0
        self._queued: dict[_Request[Made], None] = {}  # oldest first
        self._credit = 0  # tokens that small requests may take before the oldest has its turn
        self._batches = self._tokens = self._padded_tokens = 0

    async def encode(self, texts: Sequence[Text]) -> list[Made]:
        """Return what `encode` makes of each of `texts`.

        Who is cancelled leaves at once, and what nobody else wants is never encoded.

        Raises:
            ApiError: too much waits already (429).
        """
        if not texts:
            return []
        self._check_room(texts)
        request = _Request[Made](done=asyncio.get_running_loop().create_future())
        for text in sorted(texts, key=lambda text: -len(text.ids)):
            self._add(text, request)
        if request.queue:
            self._queued[request] = None
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        try:
            await request.done
        finally:
            self._leave(request)
        return [request.made[text.key] for text in texts]

    def stats(self) -> BatchStats:
        """Return counts for the metrics."""
        return BatchStats(
            waiting_texts=len(self._waiting),
            waiting_tokens=self._waiting_tokens,
            batches=self._batches,
            tokens=self._tokens,
            padded_tokens=self._padded_tokens,
        )

    def _check_room(self, texts: Sequence[Text]) -> None:
        new = sum(len(text.ids) for text in texts if text.key not in self._waiting)
        ahead = self._ahead_of(new)
        if self._waiting and ahead + new > self._max_waiting_tokens:
            raise ApiError(
                429,
                "too_many_tokens_waiting",
                f"等待编码的文本太多（{ahead} 个 token，本次 {new} 个，上限 "
                f"{self._max_waiting_tokens}），请稍后重试，或减少每次的文本",
            )

    def _ahead_of(self, new: int) -> int:
        if new > self._batch_tokens:
            return self._waiting_tokens
        queued = sum(min(one.queued_tokens, self._batch_tokens) for one in self._queued)
        return min(self._waiting_tokens, self._in_model + queued)

    def _add(self, text: Text, request: _Request[Made]) -> None:
        waiting = self._waiting.get(text.key)
        if waiting is None:
            waiting = self._waiting[text.key] = _Waiting(text=text)
            self._waiting_tokens += waiting.length
        waiting.askers[request] = None
        request.missing[text.key] = waiting
        if not waiting.is_taken and text.key not in request.queue:
            request.queue[text.key] = waiting
            request.queued_tokens += waiting.length

    def _leave(self, request: _Request[Made]) -> None:
        self._queued.pop(request, None)
        for waiting in request.missing.values():
            del waiting.askers[request]
            if not waiting.askers:
                self._forget(waiting)
        request.missing.clear()

    def _forget(self, waiting: _Waiting[Made]) -> None:
        """Stop counting a text as waiting, unless that was done and it came again since."""
        if self._waiting.get(waiting.text.key) is waiting:
            del self._waiting[waiting.text.key]
            self._waiting_tokens -= waiting.length

    async def _work(self) -> None:
        while batch := self._take():
            await self._run(batch)

    def _take(self) -> list[_Waiting[Made]]:
        """Take the texts of the next batch out of the queues; none if nothing waits."""
        if not self._queued:
            return []
        oldest = next(iter(self._queued))
        by_size = sorted(self._queued, key=lambda request: request.queued_tokens)
        owner = by_size[0] if self._credit > 0 else oldest
        is_large = owner.queued_tokens > self._batch_tokens
        batch = _Batch[Made](self._batch_tokens, next(iter(owner.queue.values())).length)
        batch.fill(owner.queue.values())
        for other in by_size:
            if other.queued_tokens > self._batch_tokens and not is_large:
                break  # a small request does not pay for filling up its batch from a large one
            batch.fill(other.queue.values())
        for waiting in batch.texts:
            self._dequeue(waiting)
        cost = PASS_TOKENS + batch.padded_tokens
        self._credit = cost if owner is oldest else self._credit - cost
        return batch.texts

    def _dequeue(self, waiting: _Waiting[Made]) -> None:
        waiting.is_taken = True
        for asker in waiting.askers:
            del asker.queue[waiting.text.key]
            asker.queued_tokens -= waiting.length
            if not asker.queue:
                del self._queued[asker]

    async def _run(self, batch: Sequence[_Waiting[Made]]) -> None:
        """Encode a batch and hand out what was made; halve it until a bad text is alone."""
        batch = [waiting for waiting in batch if waiting.askers]
        if not batch:
            return
        ids = [waiting.text.ids for waiting in batch]
        self._batches += 1
        self._in_model = sum(map(len, ids))
        self._tokens += self._in_model
        self._padded_tokens += len(ids) * max(map(len, ids))
        made = asyncio.get_running_loop().run_in_executor(self._thread, self._encoded, ids)
        await asyncio.wait([made])
        self._in_model = 0
        error = made.exception()
        if error is None:
            for waiting, one in zip(batch, made.result(), strict=True):
                self._deliver(waiting, one)
        elif len(batch) == 1:
            self._fail(batch[0], error)
        else:
            middle = len(batch) // 2
            await self._run(batch[:middle])
            await self._run(batch[middle:])

    def _encoded(self, ids: list[list[int]]) -> Collection[Made]:
        made = self._encode(ids)
        if len(made) != len(ids):
            raise IntegrityError(f"the model gives {len(made)} vectors for {len(ids)} texts")
        return made

    def _deliver(self, waiting: _Waiting[Made], made: Made) -> None:
        if self._keep:
            self._keep(waiting.text, made)
        self._forget(waiting)
        for request in waiting.askers:
            request.made[waiting.text.key] = made
            del request.missing[waiting.text.key]
            if not request.missing and not request.done.done():
                request.done.set_result(None)

    def _fail(self, waiting: _Waiting[Made], error: BaseException) -> None:
        for request in list(waiting.askers):
            self._leave(request)
            if not request.done.done():
                request.done.set_exception(error)


class _Batch(Generic[Made]):
    """Texts about as long as the first, so that little of the batch is padding."""

    def __init__(self, budget: int, length: int) -> None:
        slack = max(16, length // 8)
        self._budget, self._lengths = budget, range(length - slack, length + slack + 1)
        self._longest = 0
        self._keys: set[bytes] = set()
        self.texts: list[_Waiting[Made]] = []

    @property
    def padded_tokens(self) -> int:
        """Return the tokens that the model will read, padding included."""
        return len(self.texts) * self._longest

    def fill(self, queue: Iterable[_Waiting[Made]]) -> None:
        """Take from `queue`, longest first, what is alike and has room."""
        for waiting in queue:
            if waiting.length < self._lengths.start:
                return
            if not self._fits(self._longest):
                return
            if waiting.length not in self._lengths or waiting.text.key in self._keys:
                continue
            if self._fits(max(self._longest, waiting.length)):
                self._longest = max(self._longest, waiting.length)
                self._keys.add(waiting.text.key)
                self.texts.append(waiting)

    def _fits(self, longest: int) -> bool:
        return not self.texts or (len(self.texts) + 1) * longest <= self._budget
