"""The end of a run: claims, prose on those that hold, every citation checked, one repair pass.

Only claims that hold reach the prose, and what the prose says is held against the law once more;
so what was planted anywhere can at worst be flagged.  Where the LLM fails, what holds is put
together without it.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from lawvault.agent.ask import Ask, Unusable
from lawvault.agent.budget import Exhausted
from lawvault.agent.course import Course
from lawvault.agent.listing import abstention, from_claims, listing, missing
from lawvault.agent.nouns import Checked, Judgement, Kind, Plan, SearchUnavailable, Stop
from lawvault.agent.replay import digest
from lawvault.agent.writing import claims as claims_of
from lawvault.agent.writing import prose, repair
from lawvault.proof.claims import CheckedClaim, Verified
from lawvault.proof.marking import inert
from lawvault.proof.source import Claim


@dataclass(slots=True, kw_only=True)
class Draft:
    """A report on its way, why searching stopped, and why the run did.

    `plan` and `judgements` are those of the run as they may be shown: with what the LLM wrote in
    them checked as the report is.
    """

    searched_until: Stop
    stop: Stop
    plan: Plan
    judgements: dict[str, Judgement] = field(default_factory=dict)
    markdown: str = ""
    by: str = "llm"
    abstained: bool = False
    holding: tuple[Claim, ...] = ()
    checked: list[Checked] = field(default_factory=list)


_PAUSES = ("\n", "。", "；")
Write = Callable[[Course, Draft, Ask], Awaitable[None]]
"""Fills a draft with the help of an LLM."""


async def finish(course: Course, stop: Stop, write: Write | None = None) -> None:
    """Write the report, and tell it and the end of the run; `write` fills the draft."""
    draft = Draft(searched_until=stop, stop=stop, plan=_unspoken(course.plan))
    try:
        async with asyncio.timeout(max(0.0, course.budget.left_s(is_report=True))):
            await _written(course, draft, write or write_report)
    except TimeoutError:
        await course.tell.note("degraded", "budget", reason="deadline")
        draft.stop = "deadline"
        fall_back(course, draft)
    await course.tell("report.delta", text=draft.markdown, replaces=True)
    await course.tell_remarks()
    await _tell_end(course, draft)


async def _written(course: Course, draft: Draft, write: Write) -> None:
    """Write the best report that evidence, budget and LLM allow, and that can be checked."""
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
        await course.tell.note("degraded", "verify_failed", reason=str(error))
        draft.stop = "search_unavailable"
    if not draft.markdown:
        fall_back(course, draft)


async def _best(course: Course, draft: Draft, write: Write) -> None:
    ask = course.llm()
    if not course.pool.evidence or _is_unanswered(course):
        abstain(course, draft)
    elif ask is not None:
        await write(course, draft, ask)


def _unspoken(plan: Plan | None) -> Plan:
    """Return a plan without what an LLM wrote in it, what the user wrote made harmless."""
    if plan is None:
        return Plan(questions=(), by="rules")
    is_ours = plan.by == "rules"
    texts = [
        " ".join(inert(one.text).split()) if is_ours else f"子问题{number}"
        for number, one in enumerate(plan.questions, start=1)
    ]
    return _with_texts(plan, texts)


def _with_texts(plan: Plan, texts: Sequence[str]) -> Plan:
    questions = zip(plan.questions, texts, strict=True)
    return replace(plan, questions=tuple(replace(one, text=text) for one, text in questions))


async def _check_words(course: Course, draft: Draft) -> None:
    """Have what the LLM wrote of sub-questions and of what is missing checked, so as to show it."""

    async def checked(text: str) -> str:
        verified = await course.tools.verify(text, (), course.pool.evidence, course.asked)
        return verified.markdown

    if course.plan and course.plan.by == "llm":
        texts = [await checked(one.text) for one in course.plan.questions]
        draft.plan = _with_texts(course.plan, texts)
    for one in course.judgements.values():
        lacks = [await checked(text) for text in one.missing]
        draft.judgements[one.question_id] = replace(one, missing=tuple(lacks))


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
        abstain(course, draft)


def abstain(course: Course, draft: Draft) -> None:
    """Say that what was found does not answer."""
    draft.abstained, draft.by = True, "rules"
    draft.markdown = abstention(
        course.asked,
        draft.plan,
        course.pool.evidence,
        draft.judgements,
        draft.stop,
    )


def fall_back(course: Course, draft: Draft) -> None:
    """Put together what there is without an LLM."""
    evidence = course.pool.evidence
    if not evidence:
        abstain(course, draft)
    elif draft.holding:
        draft.by, text = "claims", from_claims(course.asked, draft.holding, evidence)
        draft.markdown = f"{text}\n{missing(draft.plan, draft.judgements, draft.searched_until)}"
    else:
        draft.by = "rules"
        draft.markdown = listing(course.asked, draft.plan, evidence, draft.stop)


async def _claim(course: Course, draft: Draft, ask: Ask) -> None:
    """Have claims made, and keep those that hold."""
    plan, evidence = course.plan or draft.plan, course.pool.evidence
    said = await claims_of(ask, course.asked, plan, tuple(course.judgements.values()), evidence)
    await course.tell_remarks()
    verified = await course.tools.verify("", said, evidence, course.asked)
    await _tell_unknown(course, verified)
    for one in verified.claims:
        await _tell_checked(course, draft, _checked_claim(one))
    draft.holding = tuple(one.claim for one in verified.claims if one.verdict == "verified")


async def _compose(course: Course, draft: Draft, ask: Ask) -> None:
    """Have prose written on the claims that hold, check it, and have it mended once."""
    plan, evidence = course.plan or draft.plan, course.pool.evidence
    text = await told_text(course, prose(ask, course.asked, plan, draft.holding, evidence))
    verified = await verified_text(course, text)
    if any(finding.reason for finding in verified.findings):
        verified = await _mended(course, ask, verified)
    if not verified.verified:
        raise Unusable("prose", "invalid", "the prose cites nothing that holds")
    await tell_findings(course, draft, verified)
    tail = missing(draft.plan, draft.judgements, draft.searched_until)
    draft.markdown = f"{verified.markdown.rstrip()}\n\n{tail}"


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


async def tell_findings(course: Course, draft: Draft, verified: Verified) -> None:
    """Tell the verdict on every citation and every faulty sentence."""
    for one in verified.findings:
        words = verified.text[one.start : one.end]
        checked = Checked(of=one.kind, text=words, verdict=one.verdict, reason=one.reason)
        await _tell_checked(course, draft, checked)


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
    verified = await course.tools.verify(text, (), course.pool.evidence, course.asked)
    await _tell_unknown(course, verified)
    return verified


async def _tell_unknown(course: Course, verified: Verified) -> None:
    if verified.removed:
        ids = tuple(dict.fromkeys(verified.removed))
        await course.tell.note("warning", "unknown_ids", "、".join(ids)[:200], ids=ids)


async def _tell_checked(course: Course, draft: Draft, checked: Checked) -> None:
    draft.checked.append(checked)
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
        "counts": Counter(one.verdict for one in draft.checked),
    }
    await course.tell(kind, stop_reason=draft.stop, report=report, usage=course.usage)
