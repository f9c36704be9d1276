"""What is said to an LLM and what comes back: messages, replies, pieces, and typed failures."""

import functools
from dataclasses import dataclass
from typing import Any, Literal

from lawvault.errors import UpstreamError

Role = Literal["system", "user", "assistant"]
Failure = Literal[
    "auth",  # the key is refused
    "quota",  # no money or no quota is left: waiting does not help
    "rate",  # too many requests: waiting helps
    "refused",  # the model or a filter of the provider will not answer
    "empty",  # an answer without text
    "cut",  # the answer is not whole: out of tokens, or the stream ended early
    "timeout",  # a deadline has passed
    "server",  # it cannot be reached, or fails
    "protocol",  # what came is no answer of an OpenAI-compatible server
    "overlong",  # prompt or answer is larger than it may be
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of what an LLM is given to read."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One whole answer, thinking apart from it.

    `finish` is the server's own word (stop, length, content_filter, …), empty where the answer
    broke off.  `usage_estimated`: the server gave no believable token counts, these are ours.
    `model` is the name that the server answered with.  `seconds` counts waiting and retries, too.
    """

    text: str
    thinking: str = ""
    finish: str = "stop"
    prompt_tokens: int = 0
    completion_tokens: int = 0
    usage_estimated: bool = False
    model: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One part of a streamed answer; the last is of kind `end` and carries the whole reply."""

    kind: Literal["text", "thinking", "end"]
    text: str = ""
    reply: Reply | None = None


class LlmError(UpstreamError):
    """An LLM gave no usable answer.

    Attributes:
        kind: what went wrong.
        paid: tokens may have been billed.
        reply: what had come until then, verbatim, None if nothing had.
        retry_after: seconds that the server asks to wait, None if it does not say.
    """

    def __init__(
        self,
        kind: Failure,
        message: str,
        *,
        paid: bool,
        reply: Reply | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.kind: Failure = kind
        self.paid = paid
        self.reply = reply
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[Any, ...]:
        """Say how it is made again in another process."""
        again = functools.partial(
            type(self), paid=self.paid, reply=self.reply, retry_after=self.retry_after
        )
        return again, (self.kind, str(self))


def estimate_tokens(text: str) -> int:
    """Return about how many tokens a text has, rather too many than too few.

    One for a character beyond ASCII, one for three ASCII characters: vocabularies in use take 0.6
    to 1 for a Chinese character and 0.2 to 0.3 for an English one.

    >>> estimate_tokens("劳动合同 law")
    6
    """
    ascii_only = len(text.encode("ascii", "ignore"))
    return len(text) - ascii_only + -(-ascii_only // 3)
