"""Put one answer together from the chunks of an OpenAI-compatible server, and say when it is none.

A chunk is one object of a stream, or the one object of an answer that was not streamed.  Thinking
comes in fields of its own (`reasoning_content`; `reasoning` of Ollama and vLLM) or inside the text.
"""

import json
import math
from collections.abc import Callable, Iterator
from typing import Any

from lawvault.models.llm_reply import Failure, LlmError, Piece, Reply
from lawvault.models.thinking import Separator, separate

MAX_BYTES = 1 << 20
BYTES_PER_TOKEN = 2048  # a chunk of one token has 200 to 400 bytes
THINKING_FIELDS = ("reasoning_content", "reasoning")


class Answer:
    """One answer while it comes; `whole()` is the reply, once the server has said why it ended.

    Args:
        max_tokens: tokens that the answer may have.
        context_tokens: tokens of the model's whole window; a count far beyond it is not believed.
        prompt_tokens: our own estimate, for servers that do not count.
        seconds: tells how long the caller has been waiting.
    """

    def __init__(
        self,
        *,
        max_tokens: int,
        context_tokens: int,
        prompt_tokens: int,
        seconds: Callable[[], float],
    ) -> None:
        self.finish = ""
        self._prompt_tokens = prompt_tokens
        self._seconds = seconds
        self._max_tokens = max_tokens
        self._context_tokens = context_tokens
        self._separator = Separator()
        self._raw: list[str] = []  # the text as it came, marks of thinking included
        self._thought: list[str] = []
        self._tokens = 0.0  # our own estimate
        self._model = ""
        self._refusal = ""
        self._usage: dict[str, Any] = {}

    @property
    def byte_limit(self) -> int:
        """Return how many bytes the server may take for so many tokens."""
        return MAX_BYTES + BYTES_PER_TOKEN * self._max_tokens

    def take(self, data: str) -> Iterator[Piece]:
        """Yield what one chunk adds.

        Raises:
            LlmError: it is no chunk, an error of the server, or more than was asked for.
        """
        chunk = self._read(data)
        if chunk.get("error"):
            raise self._upstream_error(chunk["error"])
        self._model = self._model or _text(chunk.get("model"))
        if isinstance(chunk.get("usage"), dict):
            self._usage = chunk["usage"]
        choices = chunk.get("choices") or []
        if not isinstance(choices, list) or not all(isinstance(choice, dict) for choice in choices):
            raise self.failure("protocol", "the choices of the LLM's answer are no list of objects")
        for choice in choices[:1]:
            yield from self._choice(choice)

    def rest(self) -> Iterator[Piece]:
        """Yield what was held back because a mark of thinking might have begun."""
        for kind, text in self._separator.finish():
            yield Piece(kind=kind, text=text)

    def whole(self, *, structured: bool) -> Reply:
        """Return the reply.

        Raises:
            LlmError: it was refused, is empty or not whole, or its thinking never ends.
        """
        if self._refusal or self.finish == "content_filter":
            raise self.failure("refused", "the LLM or its filter refuses to answer")
        if not self.finish:
            raise self.failure("cut", "the LLM's answer broke off before its end")
        if self.finish == "length":
            raise self.failure("cut", f"the LLM's answer did not fit in {self._max_tokens} tokens")
        if structured and self._separator.is_open:
            raise self.failure("protocol", "the LLM's thinking never ends")
        reply = self.so_far()
        if not reply.text.strip():
            raise self.failure("empty", "the LLM's answer has no text")
        return reply

    def so_far(self) -> Reply:
        """Return all that has come, whether whole or not."""
        text, inline, _ = separate("".join(self._raw))
        counted = self._counted()
        return Reply(
            text=text or self._refusal,
            thinking="".join(self._thought) + inline,
            finish=self.finish,
            prompt_tokens=counted[0] if counted else self._prompt_tokens,
            completion_tokens=counted[1] if counted else math.ceil(self._tokens),
            usage_estimated=counted is None,
            model=self._model,
            seconds=self._seconds(),
        )

    def failure(self, kind: Failure, message: str) -> LlmError:
        """Return an error that keeps what has come."""
        return LlmError(kind, message, paid=True, reply=self.so_far())

    def _read(self, data: str) -> dict[str, Any]:
        try:
            chunk = json.loads(data)
        except (ValueError, RecursionError):
            raise self.failure("protocol", "the LLM's answer is not JSON") from None
        if not isinstance(chunk, dict):
            raise self.failure("protocol", "the LLM's answer is not a JSON object")
        return chunk

    def _choice(self, choice: dict[str, Any]) -> Iterator[Piece]:
        delta = choice.get("delta") or choice.get("message") or {}
        if not isinstance(delta, dict):
            raise self.failure("protocol", "the LLM's answer is not an object")
        self._refusal += _text(delta.get("refusal"))
        for field in THINKING_FIELDS:
            if _text(delta.get(field)):
                thought = self._counting(_text(delta[field]))
                self._thought.append(thought)
                yield Piece(kind="thinking", text=thought)
                break  # some servers send the same words in both
        content = delta.get("content")
        if content is not None and not isinstance(content, str):
            raise self.failure("protocol", "the LLM's answer is not a text")
        if content:
            content = self._counting(_text(content))
            self._raw.append(content)
            for kind, text in self._separator.feed(content):
                yield Piece(kind=kind, text=text)
        self.finish = _text(choice.get("finish_reason")) or self.finish

    def _counting(self, text: str) -> str:
        """Return `text`, unless it is more than what was asked for: a server may ignore that."""
        narrow = len(text.encode("ascii", "ignore"))
        self._tokens += len(text) - narrow + narrow / 3  # `estimate_tokens`, of a text in pieces
        if self._tokens > 3 * self._max_tokens + 256:
            raise self.failure(
                "overlong", f"the LLM goes on beyond the {self._max_tokens} tokens it was given"
            )
        return text

    def _counted(self) -> tuple[int, int] | None:
        """Return the server's counts of tokens, None where they cannot be."""
        counts = self._usage.get("prompt_tokens"), self._usage.get("completion_tokens")
        if not all(
            type(count) is int and 0 < count <= 2 * self._context_tokens for count in counts
        ):
            return None
        return counts  # type: ignore[return-value]

    def _upstream_error(self, error: object) -> LlmError:
        words = json.dumps(error).lower()
        if "insufficient_quota" in words:
            return self.failure("quota", "the LLM's server says that the quota is used up")
        if "rate_limit" in words:
            return self.failure("rate", "the LLM's server broke off: too many requests")
        return self.failure("server", "the LLM's server broke off with an error")


def _text(value: object) -> str:
    """Return a text, "" of anything else; half a character, which no wire takes, becomes `?`."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""
