"""What a replica does with one run: reads the question, then has the agent answer it.

Earlier turns of a chat are rewritten into one question first; a fact is only what the user's own
turns tell.  What could not be heeded of the request is told right behind the beginning of the run,
and what the rewriting took is part of what the run spent.
"""

import datetime
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lawvault.agent.ask import Ask, Unusable
from lawvault.agent.budget import Budget, Exhausted, Limits
from lawvault.agent.course import Tools
from lawvault.agent.nouns import Asked, Corpus, Evidence, Kind, Library
from lawvault.agent.places import regions_of
from lawvault.agent.prompts import load
from lawvault.agent.quick import LIMITS, answer
from lawvault.agent.replay import ENDS, plain
from lawvault.agent.run import run
from lawvault.agent.standing import Held
from lawvault.agent.telling import NOTES, Emit
from lawvault.agent.writing import rewrite
from lawvault.config.agent import AgentConfig
from lawvault.config.llm import LlmConfig
from lawvault.models.llm import Llm
from lawvault.models.llm_reply import Message
from lawvault.proof.source import Claim
from lawvault.serve.agent.contract import Bounds, Wanted
from lawvault.serve.agent.library import LawCall, answered
from lawvault.serve.contract import ApiError

OF_REWRITING = Limits(max_llm_calls=6, max_tokens=60_000, deadline_s=60, reserve=0)
NOT_REWRITTEN = "未能结合前文理解提问，只按最后一句检索"


def tools_of(
    agent: AgentConfig, config: LlmConfig, llm: Llm | None, *, library: Library, law: LawCall
) -> Tools:
    """Return what the runs of a replica work with; `config` is that of `llm`.

    Raises:
        ConfigError: there is an LLM, and a prompt cannot be read.
    """

    async def verify(
        markdown: str, claims: Sequence[Claim], evidence: Sequence[Evidence], asked: Asked
    ) -> Held:
        held: Held = await answered(law, "verify", markdown, list(claims), list(evidence), asked)
        return held

    return Tools(
        library=library,
        verify=verify,
        llm=llm,
        prompts=load() if llm else None,
        context_tokens=config.context_tokens,
        output_tokens=config.output_tokens,
        parallel=agent.parallel,
        for_references=agent.for_references,
    )


class Worker:
    """Answers what runs were asked for; many at once.  `Work` of `runs.py`."""

    def __init__(self, tools: Tools, law: LawCall, limits: Limits) -> None:
        """Take the tools, the call to `PackLaw` that reads questions, and a run's own limits."""
        self._tools, self._law, self._limits = tools, law, limits

    async def __call__(self, wanted: Wanted, emit: Emit) -> None:
        """Answer, and tell it as events.

        Raises:
            SearchUnavailable: nobody can read the question now.
        """
        corpus: Corpus = await answered(self._law, "corpus")
        preface = Preface(emit)
        question = await self._question(wanted, preface)
        asked = await self._asked(question, wanted, preface)
        if wanted.kind == "ask":
            limits = bounded(LIMITS, wanted.bounds)
            await answer(asked, self._tools, preface.emit, limits=limits, corpus=corpus)
        else:
            limits = bounded(self._limits, wanted.bounds)
            await run(asked, self._tools, limits, preface.emit, corpus=corpus)

    async def _question(self, wanted: Wanted, preface: "Preface") -> str:
        """Return the question, made of all turns where there are some."""
        if not wanted.turns:
            return wanted.question
        ask = self._tools.ask(Budget(OF_REWRITING))
        if ask is None:
            preface.note("degraded", "not_rewritten", NOT_REWRITTEN)
            return wanted.question
        turns = [Message(role=turn.role, content=turn.content) for turn in wanted.turns]
        try:
            return await rewrite(ask, [*turns, Message(role="user", content=wanted.question)])
        except (Unusable, Exhausted):
            preface.note("degraded", "not_rewritten", NOT_REWRITTEN)
            return wanted.question
        finally:
            preface.spent(ask)

    async def _asked(self, question: str, wanted: Wanted, preface: "Preface") -> Asked:
        today = datetime.date.today()
        asked: Asked = await answered(self._law, "asked", question, today)
        if wanted.as_of:
            asked = replace(asked, as_of=wanted.as_of)
        if wanted.turns:
            own = [turn.content for turn in wanted.turns if turn.role == "user"]
            asked = replace(asked, told="\n".join([*own, wanted.question]))
        if not wanted.region:
            return asked
        known: list[str] = await answered(self._law, "regions")
        for place in wanted.region:
            if not regions_of([place], known):
                about = f"{NOTES['place_without_law']}：{place[:40]}"
                preface.note("warning", "place_without_law", about)
        return replace(asked, regions=regions_of(wanted.region, known))


class Preface:
    """What came before a run, told within its events."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._notes: list[tuple[Kind, dict[str, Any]]] = []
        self._calls: list[Any] = []

    def note(self, kind: Kind, code: str, message: str) -> None:
        """Have something told behind the beginning of the run."""
        self._notes.append((kind, {"code": code, "message": message}))

    def spent(self, ask: Ask) -> None:
        """Add the calls to an LLM to those of the run."""
        self._calls += plain(ask.calls)

    async def emit(self, kind: Kind, data: dict[str, Any]) -> None:
        """Pass an event of the run on, with what belongs to it."""
        if kind in ENDS and self._calls:
            data = {**data, "usage": self._usage(data.get("usage", {}))}
        await self._emit(kind, data)
        if kind == "run.started":
            for note in self._notes:
                await self._emit(*note)

    def _usage(self, of_run: dict[str, Any]) -> dict[str, Any]:
        tokens = sum(call["prompt_tokens"] + call["completion_tokens"] for call in self._calls)
        return {
            **of_run,
            "llm_calls": of_run.get("llm_calls", 0) + len(self._calls),
            "tokens": of_run.get("tokens", 0) + tokens,
            "calls": [*self._calls, *of_run.get("calls", [])],
        }


def bounded(limits: Limits, bounds: Bounds) -> Limits:
    """Return the limits with those in their place that a request names."""
    return replace(limits, **bounds.model_dump(exclude_none=True))


def check_bounds(limits: Limits, bounds: Bounds) -> None:
    """Refuse a request for more than the operator lets one run spend.

    Rounds are free: what they cost, the other limits hold.

    Raises:
        ApiError: naming the field and the most that it may be.
    """
    for name, wanted in bounds.model_dump(exclude={"max_rounds"}, exclude_none=True).items():
        most = getattr(limits, name)
        if wanted > most:
            raise ApiError(400, "above_limit", f"{name} 不能大于本服务的上限 {most:g}", name)
