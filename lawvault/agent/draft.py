"""A report on its way: what it may say by now, and how that becomes one text."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from lawvault.agent.course import Course
from lawvault.agent.listing import abstention, from_claims, listing, missing
from lawvault.agent.nouns import Judgement, Plan, Stop
from lawvault.proof.claims import CheckedClaim, Verified
from lawvault.proof.marking import inert
from lawvault.proof.source import Claim


@dataclass(slots=True, kw_only=True)
class Draft:
    """A report on its way, why searching stopped, and why the run did.

    `plan` and `judgements` are those of the run as they may be shown: with what the LLM wrote in
    them checked as the report is.  `prose` is what the LLM wrote, checked; `is_short`: it is all
    that is said.  `checked_in` is how often the law had changed when all of this was checked,
    `told_in` when the verdicts on the claims were told.
    """

    searched_until: Stop
    stop: Stop
    plan: Plan
    judgements: dict[str, Judgement] = field(default_factory=dict)
    claims: tuple[CheckedClaim, ...] = ()
    prose: Verified | None = None
    is_short: bool = False
    abstained: bool = False
    by: str = "llm"
    markdown: str = ""
    checked_in: int = 0
    told_in: int = -1

    @property
    def holding(self) -> tuple[Claim, ...]:
        """The claims that hold."""
        return tuple(one.claim for one in self.claims if one.verdict == "verified")


def begun(course: Course, stop: Stop) -> Draft:
    """Return a report that says nothing yet."""
    return Draft(searched_until=stop, stop=stop, plan=unspoken(course.plan))


def forget(course: Course, draft: Draft) -> None:
    """Leave out all that an LLM wrote: it could not be checked."""
    draft.plan, draft.judgements = unspoken(course.plan), {}
    draft.claims, draft.prose = (), None


def put_together(course: Course, draft: Draft) -> None:
    """Make the text of a report: the LLM's prose, else the claims that hold, else the evidence."""
    evidence = course.pool.evidence
    tail = missing(draft.plan, draft.judgements, draft.searched_until)
    if draft.abstained or not evidence:
        draft.abstained, draft.by, draft.prose = True, "rules", None
        draft.markdown = abstention(
            course.asked, draft.plan, evidence, draft.judgements, draft.stop
        )
    elif draft.prose:
        draft.by, text = "llm", draft.prose.markdown.rstrip()
        draft.markdown = f"{text}\n" if draft.is_short else f"{text}\n\n{tail}"
    elif draft.holding:
        draft.by = "claims"
        draft.markdown = f"{from_claims(course.asked, draft.holding, evidence)}\n{tail}"
    else:
        draft.by = "rules"
        draft.markdown = listing(course.asked, draft.plan, evidence, draft.stop)


def unspoken(plan: Plan | None) -> Plan:
    """Return a plan without what an LLM wrote in it, what the user wrote made harmless."""
    if plan is None:
        return Plan(questions=(), by="rules")
    is_ours = plan.by == "rules"
    texts = [
        " ".join(inert(one.text).split()) if is_ours else f"子问题{number}"
        for number, one in enumerate(plan.questions, start=1)
    ]
    return with_texts(plan, texts)


def with_texts(plan: Plan, texts: Sequence[str]) -> Plan:
    """Return a plan whose sub-questions are worded so."""
    questions = zip(plan.questions, texts, strict=True)
    return replace(plan, questions=tuple(replace(one, text=text) for one, text in questions))
