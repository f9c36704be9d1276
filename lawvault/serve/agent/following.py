"""Following a run from the gateway: its events in order, whichever replica works on it.

The agent's application is asked again and again for what is new, and answers as soon as there is
something: so no connection between replicas has to last as long as a run.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Any

from lawvault.serve.agent.contract import RunRecord, Tail, Wanted
from lawvault.serve.agent.sse import PING, PING_SECONDS, error_bytes, event_bytes
from lawvault.serve.contract import ApiError

Agent = Callable[..., Awaitable[Any]]
"""Calls a method of `Runs`, wherever they are, by its name."""

AGAIN_ATTEMPTS, AGAIN_SECONDS = 10, 1.0
"""How often an agent that does not answer is asked again before its follower is told."""
_cancelling: set[asyncio.Task[None]] = set()


async def batches(
    agent: Agent, owner: str, run_id: str, *, after: int = 0
) -> AsyncGenerator[list[dict[str, Any]], None]:
    """Yield what happens in a run to its end, in order; an empty list after each silence.

    Raises:
        ApiError: the run is not there, or the agent does not answer for a while.
    """
    failures = 0
    while True:
        try:
            tail: Tail = await agent("follow", owner, run_id, after, PING_SECONDS)
        except ApiError as error:
            failures += 1
            if error.status not in (429, 503) or failures > AGAIN_ATTEMPTS:
                raise
            await asyncio.sleep(AGAIN_SECONDS)
            continue
        failures = 0
        after += len(tail.events)
        yield tail.events
        if tail.is_over:
            return


async def event_stream(
    agent: Agent, owner: str, run_id: str, *, after: int = 0
) -> AsyncGenerator[bytes, None]:
    """Yield the events of a run as they are sent; what goes wrong is the last of them."""
    try:
        async with contextlib.aclosing(batches(agent, owner, run_id, after=after)) as found:
            async for events in found:
                yield b"".join(event_bytes(run_id, event) for event in events) or PING
    except ApiError as error:
        yield error_bytes(error)


@contextlib.asynccontextmanager
async def attended(agent: Agent, owner: str, run_id: str) -> AsyncIterator[None]:
    """Stop a run if the block, in which somebody waits for it, is left early."""
    is_whole = False
    try:
        yield
        is_whole = True
    finally:
        if not is_whole:
            task = asyncio.create_task(_cancel(agent, owner, run_id))
            _cancelling.add(task)
            task.add_done_callback(_cancelling.discard)


async def begin(agent: Agent, owner: str, run_id: str, wanted: Wanted) -> None:
    """Start a run for a client that waits.

    Raises:
        ApiError: it cannot be started.
    """
    async with attended(agent, owner, run_id):
        await agent("start", owner, run_id, wanted)


async def waited_for(agent: Agent, owner: str, run_id: str) -> RunRecord:
    """Return a run at its end; it is stopped if nobody waits for it any more."""
    async with attended(agent, owner, run_id):
        async with contextlib.aclosing(batches(agent, owner, run_id)) as found:
            async for _ in found:
                pass
        record: RunRecord = await agent("get", owner, run_id)
        return record


async def attended_stream(agent: Agent, owner: str, run_id: str) -> AsyncGenerator[bytes, None]:
    """Yield the events of a run as they are sent; it is stopped if nobody takes them any more."""
    stream = event_stream(agent, owner, run_id)
    async with attended(agent, owner, run_id), contextlib.aclosing(stream) as pieces:
        async for piece in pieces:
            yield piece


async def _cancel(agent: Agent, owner: str, run_id: str) -> None:
    """Stop a run whose client has left; one that ended or never began needs nothing."""
    with contextlib.suppress(ApiError):
        await agent("cancel", owner, run_id)
