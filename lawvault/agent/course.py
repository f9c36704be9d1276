"""What one run works with, and what it has until now."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from lawvault.agent.ask import Ask
from lawvault.agent.budget import Budget
from lawvault.agent.nouns import Asked, Corpus, Evidence, Judgement, Library, Plan, SubQuestion
from lawvault.agent.pool import Pool
from lawvault.agent.replay import facts_of, plain
from lawvault.agent.standing import Held, told
from lawvault.agent.telling import NOTES, Telling
from lawvault.models.llm import Llm
from lawvault.models.prompts import Prompts
from lawvault.proof.claims import Verified
from lawvault.proof.source import Claim

Verify = Callable[[str, Sequence[Claim], Sequence[Evidence], Asked], Awaitable[Held]]
"""Holds prose and claims against the law: `lawvault.proof.claims.verify_report`, out of the way.

The evidence is read again in that law first; see `Held`.
"""

BEHIND_ATTEMPTS, BEHIND_SECONDS = 10, 0.2
"""How often a law that the run has left is asked again: another replica has gone over by now."""

SETTLED = ("sufficient", "false_premise")
"""Verdicts on a sub-question after which nobody searches for it any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What runs work with; many runs share it.

    `llm`: None, if there is none; then no prompt is read either.  `context_tokens` and
    `output_tokens` are those of the LLM's config.  `parallel` searches of one run are asked at
    once; `for_references` is the part of a round's new evidence that references may take, which is
    one article at least.
    """

    library: Library
    verify: Verify
    llm: Llm | None = None
    prompts: Prompts | None = None
    context_tokens: int = 32_768
    output_tokens: int = 4096
    parallel: int = 8
    for_references: float = 0.1

    def ask(self, budget: Budget) -> Ask | None:
        """Return the door of one run to the LLM, None if there is no LLM.

        Raises:
            ValueError: there is an LLM and nothing to say to it.
        """
        if self.llm is None:
            return None
        if self.prompts is None:
            raise ValueError("an LLM needs prompts")
        return Ask(
            self.llm,
            self.prompts,
            budget,
            context_tokens=self.context_tokens,
            output_tokens=self.output_tokens,
        )


@dataclass(slots=True, kw_only=True)
class Course:
    """One run as it goes.

    `is_lost`: the LLM fails, and is not asked any more.  `corpus`: the law that it stands on, None
    where nobody tells; `changes`: how often that has changed since it began.
    """

    asked: Asked
    tools: Tools
    budget: Budget
    tell: Telling
    pool: Pool
    ask: Ask | None
    plan: Plan | None = None
    rounds: int = 0
    is_lost: bool = False
    corpus: Corpus | None = None
    changes: int = 0
    left: set[str] = field(default_factory=set)  # hashes of the laws that it stood on before
    judgements: dict[str, Judgement] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)  # keys of the searches that were made
    tried: dict[str, list[str]] = field(default_factory=dict)  # their words, by sub-question

    @property
    def open_questions(self) -> tuple[SubQuestion, ...]:
        """The sub-questions that are searched for."""
        questions = self.plan.questions if self.plan else ()
        return tuple(one for one in questions if not self.is_settled(one.id))

    @property
    def searched(self) -> list[str]:
        """What was searched for, in words."""
        return [query for queries in self.tried.values() for query in queries]

    def is_settled(self, question_id: str) -> bool:
        """Say whether a sub-question needs no more searching."""
        one = self.judgements.get(question_id)
        return one is not None and one.status in SETTLED

    def llm(self) -> Ask | None:
        """Return the door to the LLM while it is worth asking."""
        return None if self.is_lost else self.ask

    async def tell_remarks(self) -> None:
        """Tell what the last steps of the LLM left out, mended or dropped."""
        for one in self.ask.take_remarks() if self.ask else ():
            about = "、".join(one.ids) or one.detail
            await self.tell.note(
                "warning", one.kind, about, phase=one.phase, ids=one.ids, count=one.count
            )

    async def verify(self, text: str, claims: Sequence[Claim] = ()) -> Verified:
        """Return a text and claims held against the law that is served now, and stand on that.

        Where it is not the one that the run stood on, that is told, and every verdict that was told
        before is void; the evidence is what it says by now.

        Raises:
            SearchUnavailable: it does not answer.
        """
        held = await self._held(text, claims)
        if self.corpus is None:
            self.corpus = held.corpus
        if _hash(held.corpus) != _hash(self.corpus) or held.changed or held.gone:
            await self._go_over(held)
        return held.verified

    async def _held(self, text: str, claims: Sequence[Claim]) -> Held:
        """Return what a law says that the run has not left: replicas do not all go over at once."""
        for _ in range(BEHIND_ATTEMPTS):
            held = await self.tools.verify(text, claims, self.pool.evidence, self.asked)
            if _hash(held.corpus) not in self.left:
                break
            await asyncio.sleep(BEHIND_SECONDS)
        return held

    async def _go_over(self, held: Held) -> None:
        before, self.corpus = self.corpus, held.corpus
        self.changes += 1
        self.left = (self.left | {_hash(before)}) - {_hash(held.corpus)}
        self.pool.renew(held.changed, gone=held.gone)
        await self.tell(
            "warning",
            code="law_changed",
            message=f"{NOTES['law_changed']}：{told(before, held)}",
            before=before,
            corpus=held.corpus,
            changed=[{"id": one.id, "article": facts_of(one)} for one in held.changed],
            gone=[one.id for one in held.gone],
        )

    async def tell_cancelled(self) -> None:
        """Tell that the run was cancelled, unless it was over by then."""
        if not self.tell.story.is_over:
            await self.tell("run.stopped", stop_reason="cancelled", usage=self.usage)

    @property
    def usage(self) -> dict[str, Any]:
        """What was spent, and every call to the LLM."""
        calls = self.ask.calls if self.ask else []
        seconds = self.budget.limits.deadline_s - self.budget.left_s(is_report=True)
        return {
            "llm_calls": self.budget.calls,
            "tokens": self.budget.tokens,
            "seconds": round(seconds, 3),
            "calls": plain(calls),
        }


def _hash(corpus: Corpus | None) -> str:
    """Return what two laws are the same by, whatever data packs hold them."""
    return corpus.sha256 if corpus else ""
