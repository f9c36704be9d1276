"""The end of a run: claims, prose on those that hold, every citation checked, one repair pass.

Only claims that hold reach the prose, and what the prose says is held against the law once more;
so what was planted anywhere can at worst be flagged.  Where the LLM fails, what holds is put
together without it.  All that a report says was checked in one law, the one served at its end,
however often that changed since the run began.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace

from lawvault.agent.ask import Ask, Unusable
from lawvault.agent.budget import Exhausted
from lawvault.agent.course import Course
from lawvault.agent.draft import Draft, begun, forget, put_together, with_texts
from lawvault.agent.nouns import Checked, Kind, SearchUnavailable, Stop
from lawvault.agent.writing import claims as claims_of
from lawvault.agent.writing import prose, repair
from lawvault.law.digest import digest
from lawvault.proof.claims import CheckedClaim, Verified
from lawvault.proof.marking import inert

SETTLING = 3
"""How often a report is checked anew because the law changed meanwhile."""

_PAUSES = ("\n", "。", "；")
Write = Callable[[Course, Draft, Ask], Awaitable[None]]
"""Fills a draft with the help of an LLM."""


async def finish(course: Course, stop: Stop, write: Write | None = None) -> None:
    """Write the report, and tell it and the end of the run; `write` fills the draft."""
    draft = begun(course, stop)
    try:
        async with asyncio.timeout(max(0.0, course.budget.left_s(is_report=True))):
            await _written(course, draft, write or write_report)
    except TimeoutError:
        await course.tell.note("degraded", "budget", reason="deadline")
        draft.stop, draft.prose = "deadline", None
        if draft.checked_in != course.changes:
            forget(course, draft)
    put_together(course, draft)
    await _tell_findings(course, draft)
    await course.tell("report.delta", text=draft.markdown, replaces=True)
    await course.tell_remarks()
    await _tell_end(course, draft)


async def _written(course: Course, draft: Draft, write: Write) -> None:
    """Write the best report that evidence, budget and LLM allow, and that can be checked."""
    await _reread(course)
    draft.checked_in = course.changes
    try:
        await _check_words(course, draft)
        await _best(course, draft, write)
    except Unusable as error:
        code = "prose_failed" if draft.holding else "claims_failed"
        await course.tell.note("degraded", code, reason=error.reason)
        draft.stop = "llm_error"
    except Exhausted as error:
        await course.tell.note("degraded", "budget", reason=error.stop)
        draft.stop = error.stop
    except SearchUnavailable as error:
        await _tell_unverified(course, draft, error)
    try:
        await _settle(course, draft)
    except SearchUnavailable as error:
        await _tell_unverified(course, draft, error)
        forget(course, draft)


async def _tell_unverified(course: Course, draft: Draft, error: SearchUnavailable) -> None:
    await course.tell.note("degraded", "verify_failed", reason=str(error))
    draft.stop = "search_unavailable"


async def _reread(course: Course) -> None:
    """Have the evidence read again in the law served now, so that the report is written from it."""
    if not course.pool.evidence:
        return
    try:
        await course.verify("")
    except SearchUnavailable as error:
        await course.tell.note("degraded", "reread_failed", reason=str(error))


async def _best(course: Course, draft: Draft, write: Write) -> None:
    ask = course.llm()
    if not course.pool.evidence or _is_unanswered(course):
        draft.abstained = True
    elif ask is not None:
        await write(course, draft, ask)


async def _check_words(course: Course, draft: Draft) -> None:
    """Have what the LLM wrote of sub-questions and of what is missing checked, so as to show it."""
    if course.plan and course.plan.by == "llm":
        texts = [(await course.verify(one.text)).markdown for one in course.plan.questions]
        draft.plan = with_texts(course.plan, texts)
    for one in course.judgements.values():
        lacks = [(await course.verify(text)).markdown for text in one.missing]
        draft.judgements[one.question_id] = replace(one, missing=tuple(lacks))


async def _settle(course: Course, draft: Draft) -> None:
    """Have all that is to be shown checked in one law, if that changed since it was checked.

    Raises:
        SearchUnavailable: it changes faster than that, or does not answer.
    """
    for _ in range(SETTLING):
        if draft.checked_in == course.changes:
            return
        draft.checked_in = course.changes
        await _check_words(course, draft)
        text = draft.prose.text if draft.prose else ""
        verified = await course.verify(text, [one.claim for one in draft.claims])
        if draft.checked_in == course.changes:
            draft.prose = draft.prose and replace(verified, claims=())
            await _take_claims(course, draft, verified.claims)
    if draft.checked_in != course.changes:
        raise SearchUnavailable("the law changes again and again")


def _is_unanswered(course: Course) -> bool:
    """Say whether every sub-question was judged, and none has an answer in the evidence."""
    questions = course.plan.questions if course.plan else ()
    said = [course.judgements.get(one.id) for one in questions]
    return all(one is not None and one.status == "insufficient" for one in said)


async def write_report(course: Course, draft: Draft, ask: Ask) -> None:
    """Have claims made, and prose of those that hold.

    Raises:
        Unusable, Exhausted: the LLM or the budget does not let it.
    """
    await _claim(course, draft, ask)
    if draft.holding:
        await _compose(course, draft, ask)
    else:
        draft.abstained = True


async def _claim(course: Course, draft: Draft, ask: Ask) -> None:
    """Have claims made, and tell which of them hold."""
    plan, evidence = course.plan or draft.plan, course.pool.evidence
    said = await claims_of(ask, course.asked, plan, tuple(course.judgements.values()), evidence)
    await course.tell_remarks()
    verified = await course.verify("", said)
    await _tell_unknown(course, verified)
    await _take_claims(course, draft, verified.claims)


async def _take_claims(course: Course, draft: Draft, claims: tuple[CheckedClaim, ...]) -> None:
    """Keep claims with their verdicts, and tell these unless they were told of this law."""
    draft.claims = claims
    if draft.told_in == course.changes:
        return
    draft.told_in = course.changes
    for one in claims:
        await _tell_checked(course, _checked_claim(one))


async def _compose(course: Course, draft: Draft, ask: Ask) -> None:
    """Have prose written on the claims that hold, check it, and have it mended once."""
    plan, evidence = course.plan or draft.plan, course.pool.evidence
    text = await told_text(course, prose(ask, course.asked, plan, draft.holding, evidence))
    verified = await verified_text(course, text)
    if any(finding.reason for finding in verified.findings):
        verified = await _mended(course, ask, verified)
    if not verified.verified:
        raise Unusable("prose", "invalid", "the prose cites nothing that holds")
    draft.prose = verified


async def told_text(course: Course, written: AsyncGenerator[str, None]) -> str:
    """Return what is written, telling it as it comes: not yet checked, but harmless."""
    told, held = "", ""
    async with contextlib.aclosing(written) as coming:
        async for part in coming:
            held += part
            if held.rstrip(" ").endswith(_PAUSES):
                await course.tell("report.delta", text=inert(held), draft=True)
                told, held = told + held, ""
    await course.tell_remarks()
    return told + held


async def _tell_findings(course: Course, draft: Draft) -> None:
    """Tell the verdict on every citation and every faulty sentence of the prose that is shown."""
    for one in draft.prose.findings if draft.prose else ():
        words = draft.prose.text[one.start : one.end] if draft.prose else ""
        checked = Checked(of=one.kind, text=words, verdict=one.verdict, reason=one.reason)
        await _tell_checked(course, checked)


async def _mended(course: Course, ask: Ask, before: Verified) -> Verified:
    """Return the prose after one pass of repair, if that made it better."""
    wrong = tuple(finding for finding in before.findings if finding.reason)
    try:
        text = await repair(ask, course.asked, before.text, wrong, course.pool.evidence)
    except (Unusable, Exhausted) as error:
        reason = error.stop if isinstance(error, Exhausted) else error.reason
        await course.tell.note("degraded", "repair_failed", reason=reason)
        return before
    after = await verified_text(course, text)
    if _is_better(after, before):
        return after
    await course.tell.note("degraded", "repair_failed", reason="no better")
    return before


def _is_better(after: Verified, before: Verified) -> bool:
    """Say whether a repair has fewer faults and did not just throw the report away."""
    is_whole = 2 * len(after.text) >= len(before.text) and 2 * after.verified >= before.verified
    return after.flagged < before.flagged and is_whole


async def verified_text(course: Course, text: str) -> Verified:
    """Return a text checked against the law; markers that name nothing are told."""
    verified = await course.verify(text)
    await _tell_unknown(course, verified)
    return verified


async def _tell_unknown(course: Course, verified: Verified) -> None:
    ids = tuple(one for one in dict.fromkeys(verified.removed) if one not in course.pool.gone)
    if ids:
        await course.tell.note("warning", "unknown_ids", "、".join(ids)[:200], ids=ids)


async def _tell_checked(course: Course, checked: Checked) -> None:
    await course.tell("claim.verified", checked=checked)


def _checked_claim(one: CheckedClaim) -> Checked:
    return Checked(
        of="claim",
        text=one.claim.text,
        verdict=one.verdict,
        reason=one.reason,
        evidence=one.claim.evidence,
        quote=one.claim.quote,
        removed=one.removed,
    )


async def _tell_end(course: Course, draft: Draft) -> None:
    is_gone = draft.stop in ("llm_error", "search_unavailable") and draft.by != "llm"
    kind: Kind = "run.failed" if is_gone else "run.completed"
    report = {
        "by": draft.by,
        "abstained": draft.abstained,
        "sha256": digest(draft.markdown),
        "counts": Counter(one.verdict for one in course.tell.story.checked),
    }
    await course.tell(kind, stop_reason=draft.stop, report=report, usage=course.usage)
