"""`POST /v1/chat/completions`: a run, spoken in OpenAI's dialect, for any chat client.

What the run does comes as thinking while it works; the answer is its report, said when every
citation in it was checked.  A client that leaves ends the run.
"""

import contextlib
import json
import time
from collections.abc import AsyncGenerator, Iterator, Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from lawvault.config.serve import ServeConfig
from lawvault.serve.agent.chat_contract import ChatRequest
from lawvault.serve.agent.contract import RunRecord, new_run_id
from lawvault.serve.agent.following import Agent, attended, batches, begin
from lawvault.serve.agent.routes import EVENTS, RUN_HEADER, check_question, owner_of
from lawvault.serve.agent.sse import PING, EventStream
from lawvault.serve.agent.thinking import Thoughts, reason_for
from lawvault.serve.contract import ApiError
from lawvault.serve.embed.inputs import check_text

PATH = "/v1/chat/completions"
OPENING, CLOSING = "<think>\n", "</think>\n\n"
PIECE = 40
"""Characters of an answer in one chunk."""
DONE = b"data: [DONE]\n\n"


def add_chat(app: FastAPI, agent: Agent, config: ServeConfig) -> None:
    """Add the route."""

    @app.post(PATH, operation_id="create_chat_completion", responses=EVENTS)
    async def chat(request: ChatRequest, http: Request) -> Response:
        """Answer the last turn of a chat from the law; models lawvault-ask and lawvault-agent."""
        wanted = request.wanted()
        for turn in wanted.turns:
            check_text(turn.content, "messages", config)
        check_question(wanted.question, "messages", config)
        owner, run_id = owner_of(http), new_run_id()
        await begin(agent, owner, run_id, wanted)
        told = Completion(request, run_id, wanted.question)
        spoken = _spoken(agent, owner, told)
        headers = {RUN_HEADER: run_id}
        if request.stream:
            return EventStream(_chunks(spoken, told), headers)
        return JSONResponse(await _whole(spoken, told), headers=headers)


class Completion:
    """One answer as it is spoken: which words are thinking, which the answer, and how many."""

    def __init__(self, request: ChatRequest, run_id: str, question: str) -> None:
        """Begin; `question` is the last turn, as it was asked."""
        self.run_id = run_id
        self.has_usage = request.has_usage
        self.usage: dict[str, int] = {}
        self._thinking, self._model = request.thinking, request.model
        self._question = question.strip()
        self._common = {
            "id": f"chatcmpl-{run_id.partition('-')[2]}",
            "created": int(time.time()),
            "model": self._model,
        }
        self._is_open = False

    def thought(self, lines: list[str]) -> Iterator[dict[str, str]]:
        """Yield the deltas that say lines of thinking."""
        if self._thinking == "hidden" or not lines:
            return
        text = "".join(f"{line}\n" for line in lines)
        if self._thinking == "parsed":
            yield {"reasoning_content": text}
            return
        yield {"content": text if self._is_open else OPENING + text}
        self._is_open = True

    def answer(self, record: RunRecord) -> Iterator[dict[str, str]]:
        """Yield the deltas that say the answer.

        Raises:
            ApiError: the run has failed and has none.
        """
        text = self._shown_question(record) + answer_of(record)
        if self._is_open:
            yield {"content": CLOSING}
            self._is_open = False
        for start in range(0, len(text), PIECE):
            yield {"content": text[start : start + PIECE]}

    def take_usage(self, record: RunRecord) -> None:
        """Note what the LLM took."""
        calls = record.usage.get("calls", [])
        prompt = sum(call["prompt_tokens"] for call in calls)
        said = sum(call["completion_tokens"] for call in calls)
        self.usage = {
            "prompt_tokens": prompt,
            "completion_tokens": said,
            "total_tokens": prompt + said,
        }

    def chunk(self, delta: Mapping[str, str], finish: str | None = None) -> bytes:
        """Return one event of a stream."""
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return self._event({"choices": [choice], **({"usage": None} if self.has_usage else {})})

    def usage_chunk(self) -> bytes:
        """Return the event that tells the tokens."""
        return self._event({"choices": [], "usage": self.usage})

    def body(self, message: Mapping[str, str]) -> dict[str, Any]:
        """Return the whole answer of a request that is not streamed."""
        choice = {
            "index": 0,
            "message": {"role": "assistant", **message},
            "finish_reason": "stop",
            "logprobs": None,
        }
        common = {**self._common, "object": "chat.completion"}
        return {**common, "choices": [choice], "usage": self.usage}

    def _event(self, more: Mapping[str, Any]) -> bytes:
        data = {**self._common, "object": "chat.completion.chunk", **more}
        return b"data: " + json.dumps(data).encode() + b"\n\n"

    def _shown_question(self, record: RunRecord) -> str:
        """Return the question that earlier turns made of the last, if they changed it."""
        question = record.report.question if record.report else ""
        if not question or question.strip() == self._question:
            return ""
        return f"> 问题：{' '.join(question.split()).replace('<', '&lt;')}\n\n"


def answer_of(record: RunRecord) -> str:
    """Return what a run says in the end.

    Raises:
        ApiError: it ended before there was anything to say (500; 503, if search did not answer).
    """
    if record.report and record.report.markdown:
        return record.report.markdown
    why = reason_for(record.stop_reason)
    if record.stop_reason == "search_unavailable":
        raise ApiError(503, record.stop_reason, f"未能作答：{why}")
    raise ApiError(500, record.stop_reason or "run_failed", f"未能作答：{why}")


async def _spoken(
    agent: Agent, owner: str, told: Completion
) -> AsyncGenerator[dict[str, str] | None, None]:
    """Yield the deltas of an answer as they come, None after each silence."""
    async with attended(agent, owner, told.run_id):
        thoughts = Thoughts()
        async with contextlib.aclosing(batches(agent, owner, told.run_id)) as found:
            async for events in found:
                if not events:
                    yield None
                for delta in told.thought([line for one in events for line in thoughts.of(one)]):
                    yield delta
        record: RunRecord = await agent("get", owner, told.run_id)
        told.take_usage(record)
        for delta in told.answer(record):
            yield delta


async def _chunks(
    spoken: AsyncGenerator[dict[str, str] | None, None], told: Completion
) -> AsyncGenerator[bytes, None]:
    """Yield the events of a stream; an error that comes late is the last of them."""
    async with contextlib.aclosing(spoken) as deltas:
        yield told.chunk({"role": "assistant", "content": ""})
        try:
            async for delta in deltas:
                yield PING if delta is None else told.chunk(delta)
        except ApiError as error:
            yield b"data: " + json.dumps(error.body()).encode() + b"\n\n"
            return
        yield told.chunk({}, "stop")
        if told.has_usage:
            yield told.usage_chunk()
        yield DONE


async def _whole(
    spoken: AsyncGenerator[dict[str, str] | None, None], told: Completion
) -> dict[str, Any]:
    message = {"content": ""}
    async with contextlib.aclosing(spoken) as deltas:
        async for delta in deltas:
            for name, words in (delta or {}).items():
                message[name] = message.get(name, "") + words
    return told.body(message)
