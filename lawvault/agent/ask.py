"""The budgeted, recorded door of a run to the LLM.

Every call is taken from the run's budget before it is made and stands in its record afterwards,
however it ends.  An answer that cannot be used is asked for once more; then `Unusable` says what
was wrong, and the run goes on without it, visibly.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from lawvault.agent.budget import Budget, Exhausted
from lawvault.agent.nouns import Asked, Evidence
from lawvault.agent.prepared import Prepared, Remark, Window, size_of
from lawvault.agent.prompts import Phase, Prompts
from lawvault.agent.replies import before_repeats
from lawvault.errors import UpstreamError
from lawvault.models.json_answer import JsonSchema, RejectedAnswer, read_answer
from lawvault.models.llm import Llm
from lawvault.models.llm_reply import Failure, LlmError, Piece, Reply, estimate_tokens

T = TypeVar("T")
Reason = Failure | Literal["invalid", "repeats"]
OF_REPORT: tuple[Phase, ...] = ("claims", "prose", "repair", "short")
"""Phases that may spend the part of a budget that is kept for the report."""

_MENDABLE: tuple[Reason, ...] = ("invalid", "empty", "cut", "protocol", "refused", "repeats")
_DOWN: tuple[Reason, ...] = ("auth", "quota", "rate", "server", "timeout")
_CHECK_EVERY = 64  # characters of a stream between two looks for repeats


class Unusable(UpstreamError):
    """An LLM gave no answer that a phase can use, asked again where that could help.

    Attributes:
        reason: that of the `LlmError`; `invalid`, not of the shape asked for; `repeats`, the same
            words over and over.
        text: what had come, verbatim; of a text that repeats itself, the part before that.
    """

    def __init__(self, phase: Phase, reason: Reason, message: str, *, text: str = "") -> None:
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

    phase: Phase
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


class Ask:
    """One run's door to an LLM.

    Args:
        context_tokens, output_tokens: those of the LLM's config.
        fence: the word of the fences around data; a random one unless a test wants to know it.
    """

    def __init__(
        self,
        llm: Llm,
        prompts: Prompts,
        budget: Budget,
        *,
        context_tokens: int,
        output_tokens: int,
        fence: str = "",
    ) -> None:
        self.prompts = prompts
        self.calls: list[LlmCall] = []
        self._llm = llm
        self._budget = budget
        self._window = Window(
            prompts=prompts,
            context_tokens=context_tokens,
            output_tokens=output_tokens,
            fence=fence or secrets.token_hex(4),
        )
        self._remarks: list[Remark] = []

    def remark(self, remark: Remark) -> None:
        """Keep a remark until the run takes it."""
        self._remarks.append(remark)

    def take_remarks(self) -> list[Remark]:
        """Return the remarks since the last time, in order."""
        taken, self._remarks = self._remarks, []
        return taken

    def prepared(
        self,
        phase: Phase,
        asked: Asked | None,
        data: Mapping[str, str],
        *,
        answer: int,
        evidence: Sequence[Evidence] = (),
        schema: JsonSchema | None = None,
    ) -> Prepared:
        """Return the prompt of a phase, cut to what the model can read; see `Window.prepared`."""
        prepared, remarks = self._window.prepared(
            phase, asked, data, answer=answer, evidence=evidence, schema=schema
        )
        self._remarks += remarks
        return prepared

    async def complete(
        self, prepared: Prepared, schema: JsonSchema, read: Callable[[dict[str, Any]], T]
    ) -> T:
        """Return what `read` makes of an answer of the schema's shape.

        `read` may raise `RejectedAnswer`; an answer that cannot be used is asked for once more.

        Raises:
            Unusable: no answer can be used.
            Exhausted: the budget does not allow the call.
        """
        try:
            return await self._completed(prepared, schema, read)
        except Unusable as error:
            again = self._again(prepared, error)
        return await self._completed(again, schema, read)

    async def stream(self, prepared: Prepared) -> AsyncGenerator[Piece, None]:
        """Yield the thinking and the text of an answer as they come.

        One that ends before its first word is asked for once more.

        Raises:
            Unusable: it did not come whole; its `text` is what had come.
            Exhausted: the budget does not allow the call, or its time is over.
        """
        asked, has_begun = prepared, False
        while True:
            try:
                async with contextlib.aclosing(self._streamed(asked)) as pieces:
                    async for piece in pieces:
                        has_begun = has_begun or piece.kind == "text"
                        yield piece
                return
            except Unusable as error:
                if has_begun or asked is not prepared:
                    raise
                asked = self._again(prepared, error)

    async def _completed(
        self, prepared: Prepared, schema: JsonSchema, read: Callable[[dict[str, Any]], T]
    ) -> T:
        with self._charged(prepared) as call:
            async with asyncio.timeout_at(call.until):
                call.reply = await self._llm.complete(
                    prepared.messages, schema=schema, max_tokens=prepared.max_tokens
                )
            answer = read_answer(call.reply.text, schema)
            call.repairs = answer.repairs
            return read(answer.value)

    async def _streamed(self, prepared: Prepared) -> AsyncGenerator[Piece, None]:
        """Yield the pieces of one call, its text from its first word on."""
        with self._charged(prepared) as call:
            async with contextlib.aclosing(self._pieces(prepared, call)) as pieces:
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
                        self._check_repeats(prepared.phase, call)
                    if call.has_begun or any(map(str.isalnum, held)):
                        call.has_begun = True
                        yield Piece(kind="text", text=held)
                        held = ""
            if not call.has_begun:
                raise Unusable(prepared.phase, "empty", "the LLM's answer has no word", text=held)

    async def _pieces(self, prepared: Prepared, call: _Open) -> AsyncGenerator[Piece, None]:
        """Yield what comes before the deadline; keep the reply that ends it."""
        pieces = self._llm.stream(prepared.messages, max_tokens=prepared.max_tokens)
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

    def _check_repeats(self, phase: Phase, call: _Open) -> None:
        text = "".join(call.text)
        call.text = [text]
        kept = before_repeats(text)
        if kept is None:
            return
        call.reply = Reply(text=text, finish="", usage_estimated=True)
        raise Unusable(phase, "repeats", "the LLM repeats itself", text=kept)

    @contextlib.contextmanager
    def _charged(self, prepared: Prepared) -> Iterator[_Open]:
        """Take one call from the budget, and record it however it ends."""
        is_report = prepared.phase in OF_REPORT
        prompt = size_of(prepared.messages)
        taken = prompt + prepared.max_tokens
        self._budget.take(taken, is_report=is_report)
        now = asyncio.get_running_loop().time()
        call = _Open(until=now + self._budget.left_s(is_report=is_report))
        try:
            yield call
            call.failure = ""
        except LlmError as error:
            call.failure, call.reason, call.reply = error.kind, str(error), error.reply
            call.paid = error.paid
            raise Unusable(
                prepared.phase, error.kind, str(error), text=error.reply.text if error.reply else ""
            ) from error
        except RejectedAnswer as error:
            call.failure, call.reason = "invalid", str(error)
            text = call.reply.text if call.reply else ""
            raise Unusable(prepared.phase, "invalid", str(error), text=text) from error
        except Unusable as error:
            call.failure = error.reason
            raise
        except TimeoutError:
            call.failure = "deadline"
            raise Exhausted("deadline") from None
        finally:
            self._settle(prepared, call, prompt=prompt, seconds=_since(now))

    def _settle(self, prepared: Prepared, call: _Open, *, prompt: int, seconds: float) -> None:
        reply = call.reply or Reply(text="".join(call.text), finish="", usage_estimated=True)
        read = reply.prompt_tokens or (prompt if call.paid else 0)
        said = reply.completion_tokens or estimate_tokens(reply.text)
        self._budget.settle(prompt + prepared.max_tokens, read + said)
        self.calls.append(
            LlmCall(
                phase=prepared.phase,
                prompt=self.prompts.files[prepared.phase].sha256,
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

    def _again(self, prepared: Prepared, error: Unusable) -> Prepared:
        """Return the prompt that asks for a usable answer; raise the error where that is no use.

        What was cut off gets twice the room.
        """
        if error.reason not in _MENDABLE:
            raise error
        self.remark(Remark(phase=prepared.phase, kind="asked_again", detail=error.reason))
        wanted = prepared.max_tokens * (2 if error.reason == "cut" else 1)
        return self._window.again(prepared, str(error), said=error.text, answer=wanted)


def _since(start: float) -> float:
    return asyncio.get_running_loop().time() - start
