"""One question, one search, one short answer (简评) whose citations were checked."""

import asyncio
import time
from collections.abc import Callable

from lawvault.agent.ask import Ask, Unusable
from lawvault.agent.budget import Limits
from lawvault.agent.course import Course, Tools
from lawvault.agent.draft import Draft
from lawvault.agent.nouns import Asked, Corpus, Outcome, Plan, Stop, SubQuestion
from lawvault.agent.replies import key
from lawvault.agent.reporting import finish, told_text, verified_text
from lawvault.agent.rounds import first_round
from lawvault.agent.rules import MAX_QUERY
from lawvault.agent.run import begun, tell_start
from lawvault.agent.telling import Emit
from lawvault.agent.writing import NOT_ENOUGH, short_answer

LIMITS = Limits(max_rounds=1, max_llm_calls=2, max_tokens=30_000, deadline_s=60, max_evidence=8)
"""What a short answer may spend."""


async def answer(
    asked: Asked,
    tools: Tools,
    emit: Emit,
    *,
    limits: Limits = LIMITS,
    corpus: Corpus | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Outcome:
    """Search once and answer from what was found; told and cancelled as `lawvault.agent.run.run`.

    Raises:
        CancelledError: the task was cancelled; its last event was told.
    """
    course = begun(asked, tools, limits, emit, corpus=corpus, clock=clock)
    try:
        await tell_start(course, "ask")
        await finish(course, await _searched(course), _write)
    except asyncio.CancelledError:
        await course.tell_cancelled()
        raise
    return course.tell.story.outcome()


async def _searched(course: Course) -> Stop:
    text = course.asked.text
    question = SubQuestion(id="q1", text=text, queries=(text[:MAX_QUERY],))
    course.plan = Plan(questions=(question,), by="rules")
    try:
        async with asyncio.timeout(course.budget.left_s()):
            if not await first_round(course, references=False):
                return "search_unavailable"
    except TimeoutError:
        return "deadline"
    return "max_rounds" if course.ask else "no_llm"


async def _write(course: Course, draft: Draft, ask: Ask) -> None:
    text = await told_text(course, short_answer(ask, course.asked, course.pool.evidence))
    verified = await verified_text(course, text)
    if not verified.verified and key(text).startswith(key(NOT_ENOUGH)):
        draft.abstained = True
        return
    if not verified.verified:
        raise Unusable("short", "invalid", "the answer cites nothing that holds")
    draft.prose, draft.is_short = verified, True
