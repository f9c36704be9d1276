"""The events of one run on their way into the store: in order, in batches, kept before shown.

So whoever has seen an event can come back and go on from it, on any replica.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal, TypeVar

from lawvault.agent.nouns import Kind
from lawvault.agent.replay import ENDS, Story
from lawvault.errors import LawVaultError, UpstreamError
from lawvault.serve.agent.contract import RunReport
from lawvault.store.run_rows import RunConflictError, UnknownRunError
from lawvault.store.runs import RunStore

log = logging.getLogger(__name__)
T = TypeVar("T")

BATCH_SECONDS = 0.03
MAX_WAITING = 1000
"""Events that wait for the store; the run waits while there are as many."""
PATIENCE_SECONDS, AGAIN_SECONDS = 60.0, 1.0
End = Literal["completed", "stopped", "failed"]
InThread = Callable[..., Awaitable[Any]]
"""Calls a function of the store in a thread."""


class Recorder:
    """Keeps the events of one run; `kept` are those that may be shown, `story` is of all."""

    def __init__(
        self,
        run_id: str,
        store: RunStore,
        in_thread: InThread,
        *,
        lost: Callable[[], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Begin with no events; `lost` is called if the store takes no more of this run."""
        self.kept: list[dict[str, Any]] = []
        self.story = Story()
        self._run_id, self._store, self._in_thread = run_id, store, in_thread
        self._lost, self._clock = lost, clock
        self._seq = 0
        self._waiting: list[dict[str, Any]] = []
        self._last: list[dict[str, Any]] = []
        self._writing: asyncio.Task[None] | None = None
        self._failure: LawVaultError | None = None
        self._news = asyncio.Event()

    async def emit(self, kind: Kind, data: dict[str, Any]) -> None:
        """Take the next event; the last of a run waits for `finish`."""
        if self._last:
            raise ValueError(f"{kind} after {self._last[0]['kind']}")
        self.story.take(kind, data)
        self._seq += 1
        event = {"seq": self._seq, "time": self._clock(), "kind": kind, "data": data}
        if kind in ENDS:
            self._last = [event]
            return
        self._waiting.append(event)
        if self._writing is None and self._failure is None:
            self._writing = asyncio.create_task(self._write())
        while len(self._waiting) >= MAX_WAITING and self._writing is not None:
            await asyncio.shield(self._writing)

    async def finish(self, state: End, stop_reason: str) -> None:
        """Keep what still waits, and how the run ended, together with its last event.

        Raises:
            UnknownRunError, RunConflictError: the run was deleted, or swept after a long silence.
            UpstreamError: the store cannot be used.
        """
        if self._writing is not None:
            await self._writing
        if self._failure is not None:
            raise self._failure
        outcome = self.story.outcome()
        await self._patiently(
            self._store.finish,
            self._run_id,
            state=state,
            stop_reason=stop_reason,
            report=RunReport.of(outcome).model_dump(mode="json"),
            usage=outcome.usage,
            events=[self._last_event(state, stop_reason)],
        )

    def _last_event(self, state: End, stop_reason: str) -> dict[str, Any]:
        """Return the event that the run ended with, or one that says how it was ended."""
        kind = f"run.{state}"
        if self._last and self._last[0]["kind"] == kind:
            return self._last[0]
        seq = self._last[0]["seq"] if self._last else self._seq + 1
        data = {"stop_reason": stop_reason}
        return {"seq": seq, "time": self._clock(), "kind": kind, "data": data}

    async def news(self, seconds: float) -> None:
        """Return when there are more events, or the run is over, or after so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return

    def wake(self) -> None:
        """Have everybody who waits for news look again."""
        self._news.set()
        self._news = asyncio.Event()

    async def _write(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(BATCH_SECONDS)
                batch, self._waiting = self._waiting, []
                await self._patiently(self._store.append, self._run_id, batch)
                self._show(batch)
        except LawVaultError as error:
            log.warning("agent: %s is kept no more: %s", self._run_id, error)
            self._failure = error
            self._lost()
        finally:
            self._writing = None

    def _show(self, batch: Sequence[dict[str, Any]]) -> None:
        self.kept += batch
        self.wake()

    async def _patiently(self, work: Callable[..., T], *arguments: object, **named: object) -> None:
        """Do what the store is asked for; one that cannot be used now is asked again for a while.

        That is safe: the store knows what it has kept.
        """
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                await self._in_thread(work, *arguments, **named)
                return
            except (UnknownRunError, RunConflictError):
                raise
            except UpstreamError as error:
                if time.monotonic() > until:
                    raise
                log.warning("agent: %s is not kept yet: %s", self._run_id, error)
                await asyncio.sleep(AGAIN_SECONDS)
