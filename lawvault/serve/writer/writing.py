"""Drafts while they are written: an event for whatever happens, the text kept as it grows.

Whoever asked for a draft takes its events as they come; leaving stops it.  However a draft ends,
its text so far stays in the store, and its last event is sent when the store has it.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from lawvault.errors import LawVaultError, UpstreamError
from lawvault.serve.agent.sse import PING_SECONDS
from lawvault.serve.contract import ApiError
from lawvault.serve.writer.troubles import told
from lawvault.store.draft_rows import End
from lawvault.store.drafts import DraftStore
from lawvault.store.refusals import BusyError, UnknownItemError
from lawvault.writer.drafting.request import DraftOutcome, Emit

log = logging.getLogger(__name__)

LOOK_SECONDS, KEEP_SECONDS = 0.4, 2.0
"""How often a writer asks whether it should stop, and how often its text so far is kept."""
STALE_SECONDS, SWEEP_SECONDS = 30.0, 10.0
CLOSE_SECONDS = 5.0
ENDS = {"done": "draft.completed", "stopped": "draft.stopped", "failed": "draft.failed"}
SILENCE = "silence"
"""The kind of an event that says nothing but that the work goes on."""

Event = dict[str, Any]
Work = Callable[[Emit], Awaitable[DraftOutcome]]
"""Writes a draft, telling what happens, and returns it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a draft ended, with what is kept of it."""

    state: End
    markdown: str
    data: dict[str, Any]


@dataclass(slots=True, kw_only=True, eq=False)
class Writing:
    """One revision that is being written.

    before: the text that stands until the new one is whole; None where there is none, so that its
    parts stand as they come.  trouble: why its end is not in the store.
    """

    owner: str
    draft_id: str
    number: int
    before: str | None = None
    events: asyncio.Queue[Event | None] = field(default_factory=asyncio.Queue)
    parts: list[tuple[str, str]] = field(default_factory=list)
    last: Event | None = None
    seq: int = 0
    task: asyncio.Task[None] | None = None
    is_stopped: bool = False
    trouble: ApiError | None = None

    @property
    def text(self) -> str:
        """The draft so far."""
        return "".join(text for _, text in self.parts) if self.before is None else self.before

    async def emit(self, kind: str, data: dict[str, Any]) -> None:
        """Send an event on; the last one waits until the store has the text."""
        self.seq += 1
        event = self.event(kind, data)
        if kind == "draft.delta":
            self._grow(data)
        if kind in ENDS.values():
            self.last = event
        else:
            self.events.put_nowait(event)

    def event(self, kind: str, data: dict[str, Any]) -> Event:
        """Return an event as it is sent."""
        about = {"draft_id": self.draft_id, "seq": self.seq, "time": time.time()}
        return {**about, "kind": kind, "data": data}

    def stop(self) -> None:
        """Cancel the work, but not what it does to end well."""
        if self.task and not self.is_stopped:
            self.is_stopped = True
            self.task.cancel()

    def _grow(self, data: dict[str, Any]) -> None:
        """Add some text, which may stand for all of its section until now, or of the draft."""
        section = str(data["section"])
        if data.get("replaces"):
            self.parts = [part for part in self.parts if section and part[0] != section]
        self.parts.append((section, str(data["text"])))


class Writings:
    """All that a replica writes at once; made inside its event loop."""

    def __init__(self, drafts: DraftStore, *, most: int) -> None:
        """Keep texts in `drafts`; write up to `most` at once, of one owner three quarters."""
        self._drafts, self._most = drafts, most
        self._live: set[Writing] = set()
        self._is_closing = False
        self._sweeping = asyncio.get_running_loop().create_task(self._sweep())

    @property
    def in_work(self) -> int:
        """How many drafts are being written."""
        return len(self._live)

    @property
    def is_tended(self) -> bool:
        """Whether drafts whose writer died are looked after."""
        return not self._sweeping.done()

    def check_room(self, owner: str) -> None:
        """Refuse a draft for which there is no room.

        Raises:
            ApiError: 429.
        """
        share = max(1, self._most - self._most // 4)
        of_owner = sum(writing.owner == owner for writing in self._live)
        if len(self._live) >= self._most or (owner and of_owner >= share):
            raise ApiError(429, "too_many_drafts", "同时起草的文稿太多，请稍后重试")

    async def events(self, writing: Writing, work: Work) -> AsyncGenerator[Event, None]:
        """Do the work and yield what happens; closing this stops it, with its text so far kept.

        Raises:
            ApiError: its end could not be kept.
        """
        writing.task = task = asyncio.create_task(self._write(writing, work))
        self._live.add(writing)
        task.add_done_callback(lambda _: self._live.discard(writing))
        try:
            while (event := await _next(writing)) is not None:
                yield event
            if writing.trouble:
                raise writing.trouble
        finally:
            writing.stop()

    async def close(self) -> None:
        """End all drafts as failed, with what was written kept."""
        self._is_closing = True
        self._sweeping.cancel()
        tasks = [writing.task for writing in self._live if writing.task]
        for writing in self._live:
            writing.stop()
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSE_SECONDS)

    async def _write(self, writing: Writing, work: Work) -> None:
        tending = asyncio.create_task(self._tend(writing))
        try:
            ended = await self._worked(writing, work)
            with told():
                await self._keep(writing, ended)
            if writing.last:
                writing.last["data"] |= {"revision": writing.number}
                writing.events.put_nowait(writing.last)
        except ApiError as error:
            log.warning("writer: the end of %s is not kept: %s", writing.draft_id, error)
            writing.trouble = error
        finally:
            tending.cancel()
            writing.events.put_nowait(None)

    async def _worked(self, writing: Writing, work: Work) -> Ended:
        """Return how the work ended, which it or we have told."""
        try:
            with told():
                outcome = await work(writing.emit)
        except asyncio.CancelledError:  # before the writer could see to it
            return await self._ended(writing, "stopped", {"stop_reason": "cancelled"})
        except ApiError as error:
            return await self._ended(writing, "failed", error.body())
        except ValueError as error:
            refused = ApiError(400, "invalid_request", str(error))
            return await self._ended(writing, "failed", refused.body())
        except Exception:  # the boundary of a draft: nobody else would see it fail
            log.exception("writer: draft %s broke", writing.draft_id)
            broke = ApiError(500, "internal_error", "起草时出错，已写的部分已保留")
            return await self._ended(writing, "failed", broke.body())
        if outcome.state == "stopped" and self._is_closing:
            return await self._ended(writing, "stopped", data_of(outcome))
        return Ended(state=outcome.state, markdown=outcome.markdown, data=data_of(outcome))

    async def _ended(self, writing: Writing, state: End, data: dict[str, Any]) -> Ended:
        """Tell an end that the writer did not; one that we ourselves brought about is a failure."""
        if self._is_closing and state == "stopped":
            error = ApiError(503, "interrupted", "服务正在停止或更新，已写的部分已保留")
            state, data = "failed", data | error.body()
        await writing.emit(ENDS[state], dict(data))
        return Ended(state=state, markdown=writing.text, data=data)

    async def _keep(self, writing: Writing, ended: Ended) -> None:
        """Keep how a draft ended, even if nobody waits for it any more."""
        keeping = asyncio.to_thread(
            self._drafts.end_revision,
            writing.owner,
            writing.draft_id,
            writing.number,
            state=ended.state,
            markdown=ended.markdown,
            data=ended.data,
        )
        await asyncio.shield(keeping)

    async def _tend(self, writing: Writing) -> None:
        """Keep the text so far, and stop the work where somebody asked for that."""
        kept, length = time.monotonic(), 0
        place = (writing.owner, writing.draft_id)
        goes_on = True
        while goes_on:
            await asyncio.sleep(LOOK_SECONDS)
            text = writing.text
            try:
                if len(text) != length and time.monotonic() - kept >= KEEP_SECONDS:
                    grow = self._drafts.grow_revision
                    goes_on = await asyncio.to_thread(grow, *place, writing.number, text)
                    kept, length = time.monotonic(), len(text)
                else:
                    goes_on = await asyncio.to_thread(self._drafts.heartbeat, *place)
            except (UnknownItemError, BusyError):
                goes_on = False
            except LawVaultError as error:
                log.warning("writer: %s is not looked after: %s", writing.draft_id, error)
        writing.stop()

    async def _sweep(self) -> None:
        while True:
            with contextlib.suppress(UpstreamError):  # whoever asks for a draft is told
                for draft_id in await asyncio.to_thread(self._drafts.sweep, STALE_SECONDS):
                    log.warning("writer: %s has lost its replica and is ended", draft_id)
            await asyncio.sleep(SWEEP_SECONDS)


async def _next(writing: Writing) -> Event | None:
    """Return what happens next, None at the end; nothing is an event, too, after a while."""
    try:
        async with asyncio.timeout(PING_SECONDS):
            return await writing.events.get()
    except TimeoutError:
        return writing.event(SILENCE, {})


def data_of(outcome: DraftOutcome) -> dict[str, Any]:
    """Return what is kept of an outcome beside its text."""
    lists = ("missing", "used", "dropped", "notes", "changes")
    return {name: [asdict(one) for one in getattr(outcome, name)] for name in lists} | {
        "stop_reason": outcome.stop_reason,
        "counts": dict(outcome.counts),
        "usage": dict(outcome.usage),
        "prompts": dict(outcome.prompts),
    }
