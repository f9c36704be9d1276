"""One run's door to the LLM, with prompts cut to what the model can read and remarks on that."""

import secrets
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any, TypeVar

from lawvault.agent.budget import Budget
from lawvault.agent.nouns import Asked, Evidence
from lawvault.agent.prepared import Prepared, Remark, Window
from lawvault.agent.prompts import Phase
from lawvault.models.door import Door, LlmCall, Unusable
from lawvault.models.json_answer import JsonSchema
from lawvault.models.llm import Llm
from lawvault.models.llm_reply import Piece
from lawvault.models.prompts import Prompts

__all__ = ["OF_REPORT", "Ask", "Unusable"]

T = TypeVar("T")
OF_REPORT: tuple[Phase, ...] = ("claims", "prose", "repair", "short")
"""Phases that may spend the part of a budget that is kept for the report."""


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
        self._window = Window(
            prompts=prompts,
            context_tokens=context_tokens,
            output_tokens=output_tokens,
            fence=fence or secrets.token_hex(4),
        )
        self._remarks: list[Remark] = []
        self._door = Door(
            llm=llm,
            prompts=prompts,
            budget=budget,
            context_tokens=context_tokens,
            output_tokens=output_tokens,
            of_report=OF_REPORT,
            asked_again=self._asked_again,
        )

    @property
    def calls(self) -> list[LlmCall]:
        """Every call that was made, in order of its end."""
        return self._door.calls

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
        """Return what `read` makes of an answer of the schema's shape; see `Door.complete`."""
        return await self._door.complete(prepared, schema, read)

    def stream(self, prepared: Prepared) -> AsyncGenerator[Piece, None]:
        """Yield the thinking and the text of an answer as they come; see `Door.stream`."""
        return self._door.stream(prepared)

    def _asked_again(self, phase: str, reason: str) -> None:
        self.remark(Remark(phase=phase, kind="asked_again", detail=reason))
