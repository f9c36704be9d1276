"""Rounds of a run: search, follow references, judge what was found, decide whether to go on."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from lawvault.agent.ask import Ask, Unusable
from lawvault.agent.budget import Exhausted
from lawvault.agent.comparing import compared
from lawvault.agent.course import Course
from lawvault.agent.follow import Bounds, follow
from lawvault.agent.gather import (
    Answer,
    Search,
    cited_searches,
    first_searches,
    fresh,
    further_searches,
    hits_of,
    next_searches,
    search_all,
)
from lawvault.agent.judging import judge
from lawvault.agent.nouns import (
    Judgement,
    Kind,
    Plan,
    SearchUnavailable,
    Stop,
    SubQuestion,
)
from lawvault.agent.planning import plan
from lawvault.agent.pool import Hit, shared_out
from lawvault.agent.replay import facts_of
from lawvault.agent.rules import plan_by_rules

Verdict = Judgement | Unusable | Exhausted


async def search_until_done(course: Course) -> Stop:
    """Plan, search round by round, and return why it ended; the evidence is in the course."""
    try:
        async with asyncio.timeout(course.budget.left_s()):
            return await _rounds(course)
    except TimeoutError:
        return "deadline"


async def _rounds(course: Course) -> Stop:
    course.plan = await _planned(course)
    await course.tell_remarks()
    if not await first_round(course):
        return "search_unavailable"
    before = 0
    while True:
        new = len(course.pool) - before
        before += new
        stop = await _judged(course) if course.ask else "no_llm"
        searches = _next(course)
        stop = stop or _stop(course, new, searches)
        await _tell_round(course, new)
        if stop:
            return stop
        course.rounds += 1
        if not await gather(course, searches):
            return "search_unavailable"


async def first_round(course: Course, *, references: bool = True) -> bool:
    """Tell the plan and search for it; return False if no search was answered."""
    if course.plan is None:
        raise ValueError("there is no plan")
    await course.tell("plan", by=course.plan.by, questions=course.plan.questions)
    course.rounds = 1
    searches = _first(course.plan, course)
    return await gather(course, searches, references=references)


async def _tell_round(course: Course, new: int) -> None:
    await course.tell(
        "round.completed",
        round=course.rounds,
        new=new,
        evidence=len(course.pool),
        open=[one.id for one in course.open_questions],
        llm_calls=course.budget.calls,
        tokens=course.budget.tokens,
    )


def _stop(course: Course, new: int, searches: Sequence[Search]) -> Stop | None:
    """Return why there is no further round, None if there is one."""
    if not course.open_questions:
        return "all_sufficient"
    if not new:
        return "no_new_evidence"
    if not searches:
        return "repeated_queries"
    if course.rounds == course.budget.limits.max_rounds:
        return "max_rounds"
    return course.budget.stop_reason()


async def _planned(course: Course) -> Plan:
    """Return the LLM's plan, or that of the rules where there is none."""
    ask = course.llm()
    if ask is None:
        return plan_by_rules(course.asked)
    try:
        return await plan(ask, course.asked)
    except Unusable as error:
        await course.tell.note("degraded", "plan_failed", reason=error.reason)
        await lose(course, error)
    except Exhausted as error:
        await course.tell.note("degraded", "budget", phase="plan", reason=error.stop)
    return plan_by_rules(course.asked)


async def lose(course: Course, error: Unusable) -> None:
    """Ask the LLM no more if it is the LLM itself that fails."""
    if error.is_down and not course.is_lost:
        course.is_lost = True
        await course.tell.note("degraded", "llm_error", reason=error.reason)


def _first(made: Plan, course: Course) -> list[Search]:
    """Return the searches of the first round: what the question cites itself is among them."""
    named = cited_searches(made.questions[0].id, course.asked.citations)
    planned = [one for question in made.questions for one in first_searches(question, course.asked)]
    return fresh([*named, *planned], course.seen)


def _next(course: Course) -> list[Search]:
    """Return what the judgements ask for and nobody has searched for."""
    said = [course.judgements.get(question.id) for question in course.open_questions]
    searches = [
        search
        for one in said
        if one is not None
        for search in next_searches(one.question_id, one.queries, one.keywords)
    ]
    return fresh(searches, course.seen)


async def gather(course: Course, searches: Sequence[Search], *, references: bool = True) -> bool:
    """Search, once more with the words found, and take what becomes evidence.

    Returns False if no search was answered.
    """
    answers = await _searched(course, searches)
    answers += await _searched(course, fresh(further_searches(answers), course.seen))
    await _take(course, await _ranked(course, answers), references=references)
    return not answers or not all(answer.failed for answer in answers)


async def _searched(course: Course, searches: Sequence[Search]) -> list[Answer]:
    """Return the answers to some searches, and tell of both."""
    for one in searches:
        await course.tell(
            "search.started",
            round=course.rounds,
            question_id=one.question_id,
            query=one.query,
            laws=one.laws,
            by="citation" if one.is_citation else "words" if one.words else "text",
        )
    course.seen |= {one.key for one in searches}
    for one in searches:
        course.tried.setdefault(one.question_id, []).append(one.query)
    answers = await search_all(
        course.tools.library,
        course.asked,
        searches,
        parallel=course.tools.parallel,
    )
    await _tell_faults(course, answers)
    return answers


async def _tell_faults(course: Course, answers: Sequence[Answer]) -> None:
    for answer in answers:
        if answer.failed:
            await course.tell.note("degraded", "search", reason=answer.failed)
        for code in answer.degraded:
            await course.tell.note("warning" if code == "as_of" else "degraded", code)
        is_own = answer.search.query in course.asked.citations
        if answer.search.is_citation and is_own and not answer.found and not answer.failed:
            await course.tell.note("warning", "citation_not_found", answer.search.query)


async def _ranked(course: Course, answers: Sequence[Answer]) -> dict[str, list[Hit]]:
    """Return the hits of a round by sub-question, best first; tell if some were not compared."""
    found = await compared(
        course.tools.library,
        answers,
        round_number=course.rounds,
        parallel=course.tools.parallel,
    )
    for reason in found.failures:
        await course.tell.note("degraded", "late", reason=reason)
    return found.hits


async def _take(course: Course, hits: dict[str, list[Hit]], *, references: bool) -> None:
    """Take a round's share of evidence: the best hits, what they refer to, and more hits.

    What the question itself cites is taken before anything is shared out.
    """
    pool = course.pool
    cited = [hit for own in hits.values() for hit in own if _is_cited(course, hit)]
    for hit in cited:
        await _tell(course, hit)
    is_last = course.llm() is None or course.rounds == course.budget.limits.max_rounds
    share = pool.room if is_last else -(-pool.room // 2)
    full = len(pool) + share
    wanted = max(1, int(share * course.tools.for_references)) if references else 0
    kept_free = max(0, min(share - 1, wanted))
    best = shared_out(hits, pool, share - kept_free)
    taken = [*cited, *[hit for hit in best if await _tell(course, hit)]]
    if kept_free and taken:
        await _follow(course, {hit.found.article_id for hit in taken}, kept_free)
        for hit in shared_out(hits, pool, full - len(pool)):
            await _tell(course, hit)


def _is_cited(course: Course, hit: Hit) -> bool:
    return hit.trace.how == "citation" and hit.trace.by in course.asked.citations


async def _tell(course: Course, hit: Hit) -> bool:
    """Take a hit into the evidence and tell so; return whether it told anything new."""
    is_known = course.pool.holds(hit.found.article_id)
    one = course.pool.take(hit)
    if one is None:
        return False
    article = {} if is_known else {"article": facts_of(one)}
    kind: Kind = "reference.followed" if hit.trace.how == "reference" else "search.hit"
    await course.tell(kind, id=one.id, trace=hit.trace, **article)
    return True


async def _follow(course: Course, article_ids: set[str], limit: int) -> None:
    """Take what the articles that are new in this round refer to."""
    new = [one for one in course.pool.evidence if one.article_id in article_ids]
    try:
        followed = await follow(
            course.tools.library,
            course.asked,
            new,
            round_number=course.rounds,
            bounds=Bounds(articles=limit),
        )
    except SearchUnavailable as error:
        await course.tell.note("degraded", "references", reason=str(error))
        return
    before = len(course.pool)
    for hit in hits_of(followed):
        if course.pool.holds(hit.found.article_id) or len(course.pool) - before < limit:
            await _tell(course, hit)


async def _judged(course: Course) -> Stop | None:
    """Judge every open sub-question at once; return why the LLM cannot go on, if so."""
    ask = course.llm()
    if ask is None:
        return "llm_error"
    questions = course.open_questions
    stop: Stop | None = None
    count = 0
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_verdict(course, ask, one)) for one in questions]
        for question, task in zip(questions, tasks, strict=True):
            verdict = await task
            await course.tell_remarks()
            if isinstance(verdict, Judgement):
                count += 1
                await _tell_judgement(course, verdict)
            elif isinstance(verdict, Exhausted):
                stop = stop or verdict.stop
            else:
                await course.tell.note("degraded", "judge_failed", f"子问题{question.id[1:]}")
                await lose(course, verdict)
    if course.is_lost or (questions and not count and not stop):
        return "llm_error"
    return stop


async def _verdict(course: Course, ask: Ask, question: SubQuestion) -> Verdict:
    tried = replace(question, queries=tuple(course.tried.get(question.id, ())), keywords=())
    try:
        return await judge(ask, course.asked, tried, course.pool.of(question.id))
    except (Unusable, Exhausted) as error:
        return error


async def _tell_judgement(course: Course, judgement: Judgement) -> None:
    course.judgements[judgement.question_id] = judgement
    await course.tell("judge", round=course.rounds, judgement=judgement)
