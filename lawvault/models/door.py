"""The budgeted, recorded door of a run to the LLM.

Every call is taken from the run's budget before it is made and stands in its record afterwards,
however it ends.  An answer that cannot be used is asked for once more; then `Unusable` says what
was wrong, and the run goes on without it, visibly.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeVar

from lawvault.errors import UpstreamError
from lawvault.models.budget import Budget, Exhausted
from lawvault.models.json_answer import JsonSchema, RejectedAnswer, read_answer
from lawvault.models.llm import Llm
from lawvault.models.llm_reply import Failure, LlmError, Message, Piece, Reply, estimate_tokens
from lawvault.models.llm_request import TOKENS_PER_MESSAGE
from lawvault.models.prompts import Prompts
from lawvault.models.replies import before_repeats, says_something, without_marks
from lawvault.models.room import size_of

T = TypeVar("T")
Reason = Failure | Literal["invalid", "repeats"]

_MENDABLE: tuple[Reason, ...] = ("invalid", "empty", "cut", "protocol", "refused", "repeats")
_DOWN: tuple[Reason, ...] = ("auth", "quota", "rate", "server", "timeout")
_CHECK_EVERY = 64  # characters of a stream between two looks for repeats
_REJECTED = 600  # characters of a rejected answer that are shown to the LLM again


class Unusable(UpstreamError):
    """An LLM gave no answer that a phase can use, asked again where that could help.

    Attributes:
        reason: that of the `LlmError`; `invalid`, not of the shape asked for; `repeats`, the same
            words over and over.
        text: what had come, verbatim; of a text that repeats itself, the part before that.
    """

    def __init__(self, phase: str, reason: Reason, message: str, *, text: str = "") -> None:
        super().__init__(f"{phase}: {message}")
        self.phase, self.reason, self.text = phase, reason, text

    @property
    def is_down(self) -> bool:
        """True if the LLM itself fails, so that other phases will find it no better."""
        return self.reason in _DOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class LlmCall:
    """One call for a run's record; `rejected` is the answer, verbatim, where it was not used.

    `failure` is empty where it was; `cancelled` where nobody waited for its end.
    """

    phase: str
    prompt: str  # sha256 of the prompt's file
    model: str
    prompt_tokens: int
    completion_tokens: int
    usage_estimated: bool
    seconds: float
    finish: str
    failure: str = ""
    reason: str = ""
    repairs: tuple[str, ...] = ()
    rejected: str = ""


class Speech(Protocol):
    """A prompt that fits the model, and the tokens that its answer may have."""

    @property
    def phase(self) -> str:
        """The name of its file."""
        ...

    @property
    def messages(self) -> tuple[Message, ...]:
        """Its turns."""
        ...

    @property
    def max_tokens(self) -> int:
        """Tokens for the answer."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A `Speech` and nothing more."""

    phase: str
    messages: tuple[Message, ...]
    max_tokens: int


@dataclass(slots=True)
class _Open:
    """A call while it lasts."""

    until: float  # time of the event loop
    reply: Reply | None = None
    paid: bool = True
    failure: str = "cancelled"
    reason: str = ""
    repairs: tuple[str, ...] = ()
    text: list[str] = field(default_factory=list)
    has_begun: bool = False  # a word of its text has come


@dataclass(slots=True, kw_only=True)
class Door:
    """One run's door to an LLM.

    `context_tokens` and `output_tokens` are those of the LLM's config; `of_report` are the phases
    that may spend what the budget keeps for the report; `asked_again` is told of every answer that
    was no use, with the phase and why.
    """

    llm: Llm
    prompts: Prompts
    budget: Budget[Any]
    context_tokens: int
    output_tokens: int
    of_report: Collection[str]
    asked_again: Callable[[str, str], None]
    calls: list[LlmCall] = field(default_factory=list)

    async def complete(
        self, speech: Speech, schema: JsonSchema, read: Callable[[dict[str, Any]], T]
    ) -> T:
        """Return what `read` makes of an answer of the schema's shape.

        `read` may raise `RejectedAnswer`; an answer that cannot be used is asked for once more.

        Raises:
            Unusable: no answer can be used.
            Exhausted: the budget does not allow the call.
        """
        try:
            return await self._completed(speech, schema, read)
        except Unusable as error:
            again = self._again(speech, error)
        return await self._completed(again, schema, read)

    async def stream(self, speech: Speech) -> AsyncGenerator[Piece, None]:
        """Yield the thinking and the text of an answer as they come.

        One that ends before its first word is asked for once more.

        Raises:
            Unusable: it did not come whole; its `text` is what had come.
            Exhausted: the budget does not allow the call, or its time is over.
        """
        asked, has_begun = speech, False
        while True:
            try:
                async with contextlib.aclosing(self._streamed(asked)) as pieces:
                    async for piece in pieces:
                        has_begun = has_begun or piece.kind == "text"
                        yield piece
                return
            except Unusable as error:
                if has_begun or asked is not speech:
                    raise
                asked = self._again(speech, error)

    async def _completed(
        self, speech: Speech, schema: JsonSchema, read: Callable[[dict[str, Any]], T]
    ) -> T:
        with self._charged(speech) as call:
            async with asyncio.timeout_at(call.until):
                call.reply = await self.llm.complete(
                    speech.messages, schema=schema, max_tokens=speech.max_tokens
                )
            answer = read_answer(call.reply.text, schema)
            call.repairs = answer.repairs
            return read(answer.value)

    async def _streamed(self, speech: Speech) -> AsyncGenerator[Piece, None]:
        """Yield the pieces of one call, its text from its first word on."""
        with self._charged(speech) as call:
            async with contextlib.aclosing(self._pieces(speech, call)) as pieces:
                held, unchecked = "", 0
                async for piece in pieces:
                    if piece.kind == "thinking":
                        yield piece
                        continue
                    call.text.append(piece.text)
                    held += piece.text
                    unchecked += len(piece.text)
                    if unchecked >= _CHECK_EVERY:
                        unchecked = 0
                        self._check_repeats(speech.phase, call)
                    if call.has_begun or says_something(held, is_whole=False):
                        said = held if call.has_begun else without_marks(held)
                        call.has_begun, held = True, ""
                        yield Piece(kind="text", text=said)
            if not call.has_begun:
                yield _last(speech.phase, held)

    async def _pieces(self, speech: Speech, call: _Open) -> AsyncGenerator[Piece, None]:
        """Yield what comes before the deadline; keep the reply that ends it."""
        pieces = self.llm.stream(speech.messages, max_tokens=speech.max_tokens)
        async with contextlib.AsyncExitStack() as stack:
            if isinstance(pieces, AsyncGenerator):
                await stack.enter_async_context(contextlib.aclosing(pieces))
            while True:
                async with asyncio.timeout_at(call.until):
                    piece = await anext(pieces, None)
                if piece is None:
                    return
                call.reply = piece.reply
                if piece.text:
                    yield piece

    def _check_repeats(self, phase: str, call: _Open) -> None:
        text = "".join(call.text)
        call.text = [text]
        kept = before_repeats(text)
        if kept is None:
            return
        call.reply = Reply(text=text, finish="", usage_estimated=True)
        raise Unusable(phase, "repeats", "the LLM repeats itself", text=kept)

    @contextlib.contextmanager
    def _charged(self, speech: Speech) -> Iterator[_Open]:
        """Take one call from the budget, and record it however it ends."""
        is_report = speech.phase in self.of_report
        prompt = size_of(speech.messages)
        taken = prompt + speech.max_tokens
        self.budget.take(taken, is_report=is_report)
        now = asyncio.get_running_loop().time()
        call = _Open(until=now + self.budget.left_s(is_report=is_report))
        try:
            yield call
            call.failure = ""
        except LlmError as error:
            call.failure, call.reason, call.reply = error.kind, str(error), error.reply
            call.paid = error.paid
            raise Unusable(
                speech.phase, error.kind, str(error), text=error.reply.text if error.reply else ""
            ) from error
        except RejectedAnswer as error:
            call.failure, call.reason = "invalid", str(error)
            text = call.reply.text if call.reply else ""
            raise Unusable(speech.phase, "invalid", str(error), text=text) from error
        except Unusable as error:
            call.failure = error.reason
            raise
        except TimeoutError:
            call.failure = "deadline"
            raise Exhausted("deadline") from None
        finally:
            self._settle(speech, call, prompt=prompt, seconds=_since(now))

    def _settle(self, speech: Speech, call: _Open, *, prompt: int, seconds: float) -> None:
        reply = call.reply or Reply(text="".join(call.text), finish="", usage_estimated=True)
        read = reply.prompt_tokens or (prompt if call.paid else 0)
        said = reply.completion_tokens or estimate_tokens(reply.text)
        self.budget.settle(prompt + speech.max_tokens, read + said)
        self.calls.append(
            LlmCall(
                phase=speech.phase,
                prompt=self.prompts.files[speech.phase].sha256,
                model=reply.model,
                prompt_tokens=read,
                completion_tokens=said,
                usage_estimated=reply.usage_estimated,
                seconds=seconds,
                finish=reply.finish,
                failure=call.failure,
                reason=call.reason,
                repairs=call.repairs,
                rejected=reply.text if call.failure else "",
            )
        )

    def _again(self, speech: Speech, error: Unusable) -> Spoken:
        """Return the prompt that asks for a usable answer; raise the error where that is no use.

        It shows the beginning of what was said; what was cut off gets twice the room.
        """
        if error.reason not in _MENDABLE:
            raise error
        self.asked_again(speech.phase, error.reason)
        turn = self.prompts.again(str(error))
        room = self.context_tokens - size_of([*speech.messages, turn])
        wanted = speech.max_tokens * (2 if error.reason == "cut" else 1)
        max_tokens = max(1, min(wanted, self.output_tokens, room))
        said = error.text[: max(0, min(_REJECTED, room - max_tokens - TOKENS_PER_MESSAGE))]
        before = [Message(role="assistant", content=said)] if said.strip() else []
        return Spoken(
            phase=speech.phase, messages=(*speech.messages, *before, turn), max_tokens=max_tokens
        )


def _last(phase: str, held: str) -> Piece:
    """Return what was held back to the end because it might have become a mark.

    Raises:
        Unusable: there is no word in it.
    """
    if not says_something(held, is_whole=True):
        said = without_marks(held)
        raise Unusable(phase, "empty", "the LLM's answer has no word", text=said)
    return Piece(kind="text", text=held)


def _since(start: float) -> float:
    return asyncio.get_running_loop().time() - start
