"""Ask an LLM, behind one interface: any server that speaks OpenAI's chat completions.

Every answer is streamed from the server, also where the caller wants it whole: so a server that
says nothing is noticed, and a caller that goes away closes the connection.  A call ends within its
deadline, whatever the server does, with a whole reply or an `LlmError` that keeps what had come.
"""

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Sequence
from typing import Any, Protocol, TypeVar

import httpx2
import openai

from lawvault.config.llm import LlmConfig
from lawvault.errors import ConfigError
from lawvault.models.json_answer import JsonSchema
from lawvault.models.llm_answer import Answer
from lawvault.models.llm_patience import Circuit, pause
from lawvault.models.llm_refusal import refusal
from lawvault.models.llm_reply import LlmError, Message, Piece, Reply
from lawvault.models.llm_request import Call, call_of
from lawvault.models.llm_wire import payloads

log = logging.getLogger(__name__)
T = TypeVar("T")
CONNECT_S = 10.0


class Llm(Protocol):
    """Messages in, an answer out, thinking apart.

    Raises of both methods:
        LlmError: there is no usable answer; `kind` says why, `paid` whether it may have cost.
    """

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: JsonSchema | None = None,
        max_tokens: int,
        temperature: float | None = None,
    ) -> Reply:
        """Return the whole answer.

        With a `schema` it is asked to be JSON of that shape, which `json_answer.parse_answer`
        reads; the prompt must describe the shape, too, since not every server enforces it.
        """
        ...

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int, temperature: float | None = None
    ) -> AsyncIterator[Piece]:
        """Yield the answer as it comes; the last piece is of kind `end` and carries the reply.

        Nothing is asked before the first piece is.  Who stops early closes the iterator
        (`contextlib.aclosing`), which closes the connection.
        """
        ...


def available(config: LlmConfig) -> bool:
    """Say whether there is an LLM to ask."""
    return bool(config.base_url)


def build_llm(config: LlmConfig) -> "OpenAILlm | None":
    """Return the LLM that is configured, None if there is none.

    Raises:
        ConfigError: its key is not in the environment.
    """
    return OpenAILlm(config) if available(config) else None


class OpenAILlm:
    """A client of one OpenAI-compatible server, for one event loop.

    Args:
        first_pause_s: bound of the first pause between attempts; it doubles each time.
        circuit: when to stop trying to connect; by default after 5 failures in a row, for 10 s.

    Raises:
        ConfigError: the key is not in the environment.
    """

    def __init__(
        self, config: LlmConfig, *, first_pause_s: float = 0.5, circuit: Circuit | None = None
    ) -> None:
        self._config = config
        self._key = _key(config.key_env)
        self._first_pause_s = first_pause_s
        self._circuit = circuit or Circuit(limit=5, seconds=10.0)
        self._slots = asyncio.Semaphore(config.concurrency)
        self._warned = False
        self._client = openai.AsyncOpenAI(
            api_key=self._key or "none",  # never OPENAI_API_KEY, which the library would take
            base_url=config.base_url,
            max_retries=0,
            http_client=openai.DefaultAsyncHttpxClient(
                follow_redirects=False,
                timeout=openai.Timeout(None, connect=CONNECT_S),  # the other deadlines are ours
                event_hooks={"response": [self._refuse]},
            ),
            timeout=openai.Timeout(None, connect=CONNECT_S),
        )

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: JsonSchema | None = None,
        max_tokens: int,
        temperature: float | None = None,
    ) -> Reply:
        """Return the whole answer; see `Llm`."""
        call = call_of(
            self._config, messages, schema=schema, max_tokens=max_tokens, temperature=temperature
        )
        async with contextlib.aclosing(self._pieces(call)) as pieces:
            async for piece in pieces:
                if piece.reply:
                    return piece.reply
        raise AssertionError("a stream ends with a reply or an error")

    async def stream(
        self, messages: Sequence[Message], *, max_tokens: int, temperature: float | None = None
    ) -> AsyncGenerator[Piece, None]:
        """Yield the answer as it comes; see `Llm`."""
        call = call_of(
            self._config, messages, schema=None, max_tokens=max_tokens, temperature=temperature
        )
        async with contextlib.aclosing(self._pieces(call)) as pieces:
            async for piece in pieces:
                yield piece

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    async def _pieces(self, call: Call) -> AsyncGenerator[Piece, None]:
        """Yield what the first attempt gives that does not fail for nothing."""
        await _within(
            call.left(), self._slots.acquire(), "no other call to the LLM ended in time", paid=False
        )
        try:
            for attempt in range(1, self._config.retries + 2):
                try:
                    async with contextlib.aclosing(self._attempt(call)) as pieces:
                        async for piece in pieces:
                            yield piece
                    return
                except LlmError as error:
                    await asyncio.sleep(self._pause(error, attempt, call))
        finally:
            self._slots.release()

    def _pause(self, error: LlmError, attempt: int, call: Call) -> float:
        """Return how long to wait before the next attempt; raise the error if there is none.

        What was paid for is not asked again: that also holds for every answer that had begun.
        """
        if error.kind not in ("rate", "server") or error.paid or attempt > self._config.retries:
            raise error
        seconds = pause(attempt, error.retry_after, first=self._first_pause_s)
        if seconds >= call.left():
            raise error
        log.info("LLM: %s; again in %.1f s", error, seconds)
        return seconds

    async def _attempt(self, call: Call) -> AsyncGenerator[Piece, None]:
        answer = Answer(
            max_tokens=call.max_tokens,
            context_tokens=self._config.context_tokens,
            prompt_tokens=call.prompt_tokens,
            seconds=call.seconds,
        )
        first_until = asyncio.get_running_loop().time() + self._config.first_byte_s
        async with contextlib.AsyncExitStack() as stack:
            response = await self._opened(stack, call)
            chunks = payloads(
                response,
                answer,
                first_until=first_until,
                idle_s=self._config.idle_s,
                until=call.until,
            )
            async with contextlib.aclosing(chunks):
                async for chunk in chunks:
                    for piece in answer.take(chunk):
                        yield piece
        for piece in answer.rest():
            yield piece
        reply = answer.whole(structured=call.structured)
        self._check_model(reply)
        yield Piece(kind="end", reply=reply)

    async def _opened(
        self, stack: contextlib.AsyncExitStack, call: Call
    ) -> openai.AsyncAPIResponse[Any]:
        """Return the response once its headers are there."""
        if not self._circuit.may_try():
            raise LlmError("server", "the LLM's server was not there just now", paid=False)
        manager = self._client.chat.completions.with_streaming_response.create(
            model=self._config.model,
            messages=[],  # `extra_body` has them
            stream=True,
            extra_body=call.body,
            extra_headers={
                "Accept": "text/event-stream",
                "Accept-Encoding": "identity",  # so that few bytes cannot become many
                "OpenAI-Organization": openai.omit,  # the library takes both from the environment
                "OpenAI-Project": openai.omit,
            },
        )
        seconds = min(self._config.first_byte_s, call.left())
        try:
            return await _within(
                seconds, stack.enter_async_context(manager), "the LLM's server does not answer"
            )
        except openai.APIConnectionError:
            self._circuit.failed()
            raise LlmError("server", "the LLM's server cannot be reached", paid=False) from None

    async def _refuse(self, response: httpx2.Response) -> None:
        """Raise for any answer but 200 before its body is read."""
        self._circuit.connected()
        if response.status_code != 200:
            raise await refusal(response, self._key)

    def _check_model(self, reply: Reply) -> None:
        if reply.model == self._config.model or not reply.model or self._warned:
            return
        self._warned = True
        log.warning("LLM: %s answers where %s was asked", reply.model, self._config.model)


def _key(variable: str) -> str:
    """Return the key in an environment variable, empty if none is named."""
    if not variable:
        return ""
    key = os.environ.get(variable, "").strip()
    if not key:
        raise ConfigError(f"llm.key_env names the environment variable {variable}: it is not set")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigError(f"the environment variable {variable} does not hold a key")
    return key


async def _within(seconds: float, work: Awaitable[T], message: str, *, paid: bool = True) -> T:
    try:
        async with asyncio.timeout(seconds):
            return await work
    except TimeoutError:
        raise LlmError("timeout", message, paid=paid) from None
