"""One run of the agent: from a question to a report, told event by event.

    outcome = await run(asked, tools, Limits(), emit)

A run always ends, and with a recorded reason: deadline and budget hold whatever the LLM and the
library do.  It is cancelled by cancelling its task: what was found has been told by then, the last
event says `cancelled`, connections are closed, and `CancelledError` goes on to whoever cancelled.
"""

import asyncio
import time
from collections.abc import Callable, Sequence

from lawvault.agent.budget import Budget, Limits
from lawvault.agent.course import Course, Tools, Verify
from lawvault.agent.nouns import Asked, Corpus, Evidence, Outcome
from lawvault.agent.places import places_in, regions_of
from lawvault.agent.pool import Pool
from lawvault.agent.reporting import finish
from lawvault.agent.rounds import search_until_done
from lawvault.agent.standing import Held
from lawvault.agent.telling import Emit, Telling
from lawvault.config.agent import AgentConfig
from lawvault.law.catalogue import Catalogue
from lawvault.law.citations import QuoteLookup
from lawvault.proof.claims import verify_report
from lawvault.proof.source import Claim


async def run(
    asked: Asked,
    tools: Tools,
    limits: Limits,
    emit: Emit,
    *,
    corpus: Corpus | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Outcome:
    """Search until it suffices, write a report whose citations were checked, and return it.

    Args:
        asked: the question, read by `lawvault.agent.asked.asked`.
        emit: takes the events, one at a time and in order; it is waited for and never cancelled,
            so it must not take long.
        corpus: the law that is served as it begins, where that is known.

    Raises:
        CancelledError: the task was cancelled; its last event was told.
    """
    course = begun(asked, tools, limits, emit, corpus=corpus, clock=clock)
    try:
        await tell_start(course, "research")
        await finish(course, await search_until_done(course))
    except asyncio.CancelledError:
        await course.tell_cancelled()
        raise
    return course.tell.story.outcome()


def begun(
    asked: Asked,
    tools: Tools,
    limits: Limits,
    emit: Emit,
    *,
    corpus: Corpus | None,
    clock: Callable[[], float],
) -> Course:
    """Return a run that has done nothing yet; its time counts from now."""
    budget = Budget(limits, clock)
    return Course(
        asked=asked,
        tools=tools,
        budget=budget,
        tell=Telling(emit),
        pool=Pool(limits.max_evidence),
        ask=tools.ask(budget),
        corpus=corpus,
    )


async def tell_start(course: Course, kind: str) -> None:
    """Tell what is asked, with what limits and prompts, and what of it cannot be heeded."""
    asked, prompts = course.asked, course.tools.prompts
    await course.tell(
        "run.started",
        run=kind,
        asked=asked,
        corpus=course.corpus,
        limits=course.budget.limits,
        has_llm=course.ask is not None,
        prompts=prompts.versions if course.ask and prompts else {},
    )
    if course.corpus and asked.as_of > course.corpus.as_of:
        await course.tell.note("warning", "beyond_corpus", course.corpus.as_of.isoformat())
    places = [place for place in places_in(asked.text) if not regions_of([place], asked.regions)]
    if places and not asked.regions:
        await course.tell.note("warning", "place_without_law", "、".join(places))


def limits_of(config: AgentConfig) -> Limits:
    """Return the limits of a run whose request names none."""
    return Limits(
        max_rounds=config.max_rounds,
        max_llm_calls=config.max_llm_calls,
        max_tokens=config.max_tokens,
        deadline_s=config.deadline_s,
        max_evidence=config.max_evidence,
        reserve=config.reserve,
    )


def verifier(lookup: QuoteLookup, catalogue: Catalogue | None = None) -> Verify:
    """Return what holds reports against a law that does not change, in a thread of its own."""

    async def verify(
        markdown: str, claims: Sequence[Claim], evidence: Sequence[Evidence], asked: Asked
    ) -> Held:
        verified = await asyncio.to_thread(
            verify_report,
            markdown,
            claims,
            evidence,
            lookup,
            asked.as_of,
            catalogue=catalogue,
            asked=asked.facts,
        )
        return Held(verified=verified)

    return verify
