"""One call to an LLM before it is sent: what the server is asked for, and how long it may take."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lawvault.config.llm import LlmConfig
from lawvault.models.json_answer import JsonSchema
from lawvault.models.llm_reply import LlmError, Message, estimate_tokens

TOKENS_PER_MESSAGE = 8  # role and marks around each


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call: the fields of its request, and until when it may take (times of the event loop).

    `prompt_tokens` is our own estimate.
    """

    body: dict[str, Any]
    max_tokens: int
    prompt_tokens: int
    structured: bool
    started: float
    until: float

    def seconds(self) -> float:
        """Return how long it has taken."""
        return asyncio.get_running_loop().time() - self.started

    def left(self) -> float:
        """Return the seconds that it may still take."""
        return self.until - asyncio.get_running_loop().time()


def call_of(
    config: LlmConfig,
    messages: Sequence[Message],
    *,
    schema: JsonSchema | None,
    max_tokens: int,
    temperature: float | None,
) -> Call:
    """Return the call that asks for an answer to `messages`; its time begins now.

    Raises:
        LlmError: `overlong`, prompt and answer do not fit in the model's window.
        ValueError: `max_tokens` or `temperature` cannot be.
    """
    max_tokens = min(max_tokens, config.output_tokens)
    temperature = config.temperature if temperature is None else temperature
    if max_tokens < 1 or not 0 <= temperature <= 2:  # NaN, too
        raise ValueError(f"max_tokens={max_tokens}, temperature={temperature}")
    prompt = sum(estimate_tokens(turn.content) + TOKENS_PER_MESSAGE for turn in messages)
    if prompt + max_tokens > config.context_tokens:
        raise LlmError(
            "overlong",
            f"about {prompt} tokens of prompt and {max_tokens} of answer are more than "
            f"llm.context_tokens={config.context_tokens}",
            paid=False,
        )
    body = {
        "stream_options": {"include_usage": True},
        config.token_field: max_tokens,
        "temperature": temperature,
        **_response_format(schema, config.structured),
        **config.extra(),
        "messages": [{"role": turn.role, "content": turn.content} for turn in messages],
    }
    now = asyncio.get_running_loop().time()
    return Call(
        body={name: value for name, value in body.items() if value is not None},
        max_tokens=max_tokens,
        prompt_tokens=prompt,
        structured=schema is not None,
        started=now,
        until=now + config.timeout_s,
    )


def _response_format(schema: JsonSchema | None, structured: str) -> dict[str, Any]:
    """Return the field that asks for JSON, as OpenAI, vLLM, Ollama and llama.cpp take it."""
    if schema is None or structured == "text":
        return {}
    if structured == "object":
        return {"response_format": {"type": "json_object"}}
    shape = schema.bounded if structured == "bounded" else schema.strict
    named = {"name": schema.name, "strict": True, "schema": shape}
    return {"response_format": {"type": "json_schema", "json_schema": named}}
