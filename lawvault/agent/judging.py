"""Whether the evidence answers a sub-question, by an LLM, and where to look next.

An article can tell the LLM to be content; so a verdict counts only with evidence that it was shown,
and the search of the question itself has been made before anything is judged.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from lawvault.agent.ask import Ask
from lawvault.agent.nouns import Asked, Evidence, Judgement, Status, SubQuestion
from lawvault.agent.prepared import Prepared, Remark
from lawvault.agent.replies import evidence_ids, line, lines
from lawvault.agent.rules import MAX_QUERY
from lawvault.models.json_answer import JsonSchema, bounds

ANSWER_TOKENS = 800
MAX_SUPPORTS, MAX_MISSING, MAX_QUERIES, MAX_KEYWORDS = 20, 5, 3, 6
_Words = Annotated[str, bounds(maxLength=60)]
_Id = Annotated[str, bounds(pattern="^e[0-9]{1,3}$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    reason: Annotated[str, bounds(maxLength=150)] = ""
    supports: Annotated[list[_Id], bounds(maxItems=MAX_SUPPORTS)] = field(default_factory=list)
    status: Status
    missing: Annotated[list[_Words], bounds(maxItems=3)] = field(default_factory=list)
    queries: Annotated[list[_Words], bounds(maxItems=MAX_QUERIES)] = field(default_factory=list)
    keywords: Annotated[list[Annotated[str, bounds(maxLength=12)]], bounds(maxItems=6)] = field(
        default_factory=list
    )


SCHEMA = JsonSchema("judgement", _Verdict)


async def judge(
    ask: Ask, asked: Asked, question: SubQuestion, evidence: Sequence[Evidence]
) -> Judgement:
    """Return the judgement on the evidence of a sub-question.

    Args:
        question: with all queries and keywords that were searched for; they are not said again.
        evidence: what was found for it, the best first.

    Raises:
        Unusable: the LLM gives no judgement.
        Exhausted: the budget does not allow it.
    """
    tried = [*question.queries, *question.keywords]
    data = {"sub_question": question.text, "tried": "\n".join(tried)}
    prepared = ask.prepared(
        "judge",
        asked,
        data,
        answer=ANSWER_TOKENS,
        evidence=evidence,
        schema=SCHEMA,
    )
    said = await ask.complete(prepared, SCHEMA, dict)
    supports, unknown = evidence_ids(said["supports"], prepared.ids)
    if unknown:
        ids = tuple(dict.fromkeys(unknown))
        ask.remark(Remark(phase="judge", kind="unknown_ids", ids=ids, count=len(unknown)))
    return Judgement(
        question_id=question.id,
        status=_carried(ask, said, supports, prepared),
        supports=tuple(supports[:MAX_SUPPORTS]),
        missing=tuple(lines(said["missing"], 200, MAX_MISSING)),
        queries=tuple(lines(said["queries"], MAX_QUERY, MAX_QUERIES, but=tried)),
        keywords=tuple(lines(said["keywords"], 30, MAX_KEYWORDS, but=tried)),
        reason=line(said["reason"], 500),
    )


def _carried(ask: Ask, said: dict[str, Any], supports: Sequence[str], prepared: Prepared) -> Status:
    """Return the status as far as evidence carries it: none without any, no answer without ids."""
    status: Status = said["status"]
    if supports or status == "insufficient":
        return status
    carried: Status = "partial" if prepared.shown and status != "false_premise" else "insufficient"
    if status != carried:
        ask.remark(Remark(phase="judge", kind="corrected", detail=f"{status} -> {carried}"))
    return carried
