"""Read the body of an LLM server's answer within deadlines and a limit of bytes."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any

import httpx2
import openai

from lawvault.models.llm_answer import Answer
from lawvault.models.llm_events import Events

DONE = "[DONE]"
GRACE_S = 1.0
"""For what follows the end of the text: the count of tokens, and the end of the stream."""


async def payloads(
    response: openai.AsyncAPIResponse[Any],
    answer: Answer,
    *,
    first_until: float,
    idle_s: float,
    until: float,
) -> AsyncGenerator[str, None]:
    """Yield the JSON of each chunk, or of the one whole answer of a server that does not stream.

    Ends with the stream, or a second after the answer said why it ends: that is whole, even if
    `[DONE]` never comes.

    Args:
        answer: what the caller feeds with the chunks, asked for how far it has come.
        first_until, until: when the first byte must have come and when all ends, in loop time.
        idle_s: seconds between two bytes.

    Raises:
        LlmError: a deadline passes, it is too long, or it is neither events nor JSON.
    """
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("text/event-stream", "application/json", ""):
        raise answer.failure("protocol", "the LLM's server answers with neither events nor JSON")
    chunks = _bytes(response, answer, first_until=first_until, idle_s=idle_s, until=until)
    async with contextlib.aclosing(chunks):
        if kind == "application/json":
            yield b"".join([chunk async for chunk in chunks]).decode("utf-8", "replace")
            return
        events, done = Events(), False
        async for chunk in chunks:
            try:
                texts = list(events.feed(chunk))
            except UnicodeDecodeError:
                raise answer.failure("protocol", "the LLM's answer is not UTF-8") from None
            for text in texts:
                done = done or text.strip() == DONE
                if not done:
                    yield text
            if done and not answer.finish:
                return


async def _bytes(
    response: openai.AsyncAPIResponse[Any],
    answer: Answer,
    *,
    first_until: float,
    idle_s: float,
    until: float,
) -> AsyncGenerator[bytes, None]:
    """Yield the body, as long as it comes in time and is not too long."""
    loop = asyncio.get_running_loop()
    source, size, deadline = response.iter_bytes(), 0, min(first_until, until)
    end: float | None = None
    while True:
        try:
            async with asyncio.timeout_at(deadline):
                chunk = await anext(source, None)
        except TimeoutError:
            if answer.finish:
                return
            raise answer.failure("timeout", "the LLM's answer does not come in time") from None
        except httpx2.HTTPError:
            return  # whether the answer is whole is seen by whether it said why it ends
        if chunk is None:
            return
        size += len(chunk)
        if size > answer.byte_limit:
            raise answer.failure("overlong", f"the LLM's answer has more than {size} bytes")
        yield chunk
        if answer.finish and end is None:
            end = loop.time() + GRACE_S
        deadline = min(end or until, until, loop.time() + idle_s)
