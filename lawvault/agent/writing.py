"""What an LLM writes of a report: claims first, then prose on them, then its repair; short answers.

Nothing here is trusted: ids that name no evidence shown are dropped and counted, and all that is
written goes through the verifier before anyone may rely on it.
"""

import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated, Any

from lawvault.agent.ask import Ask, Unusable
from lawvault.agent.nouns import Asked, Evidence, Judgement, Plan
from lawvault.agent.packing import most_wanted
from lawvault.agent.prepared import Prepared, Remark
from lawvault.agent.replies import evidence_ids, key, line
from lawvault.models.json_answer import JsonSchema, RejectedAnswer, bounds
from lawvault.models.llm_reply import Message, estimate_tokens
from lawvault.models.replies import unfenced
from lawvault.proof.cited import Finding
from lawvault.proof.marking import citation_of
from lawvault.proof.source import Claim

CLAIMS_TOKENS, PROSE_TOKENS, SHORT_TOKENS, REWRITE_TOKENS = 2500, 3000, 800, 400
MAX_CLAIMS, MAX_CLAIM, MAX_QUOTE, MAX_FAULTS, MAX_QUESTION = 12, 300, 300, 20, 1000
_OURS = "未检索到的内容"  # a section that the run writes itself
_FENCE = re.compile(r"```(?:markdown|md)?")
NOT_ENOUGH = "检索到的法条不足以回答这个问题。"
_STATUS = {
    "sufficient": "法条足以回答",
    "partial": "法条只能回答一部分",
    "insufficient": "法条不足以回答",
    "false_premise": "问题的前提不成立",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    text: Annotated[str, bounds(maxLength=150)]
    evidence: Annotated[
        list[Annotated[str, bounds(pattern="^e[0-9]{1,3}$")]], bounds(minItems=1, maxItems=3)
    ]
    quote: Annotated[str, bounds(maxLength=80)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claims:
    claims: Annotated[list[_Claim], bounds(maxItems=8)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    question: Annotated[str, bounds(maxLength=300)]


CLAIMS = JsonSchema("claims", _Claims)
QUESTION = JsonSchema("question", _Question)


async def claims(
    ask: Ask,
    asked: Asked,
    plan: Plan,
    judgements: Sequence[Judgement],
    evidence: Sequence[Evidence],
) -> list[Claim]:
    """Return what the evidence says on the question, none if it says nothing.

    Every claim names evidence that the LLM was shown; others are left out and remarked.

    Raises:
        Unusable: the LLM gives no claims, or none of them names evidence.
        Exhausted: the budget does not allow it.
    """
    prepared = ask.prepared(
        "claims",
        asked,
        {"sub_questions": _told(plan, judgements)},
        answer=CLAIMS_TOKENS,
        evidence=most_wanted(evidence, judgements),
        schema=CLAIMS,
    )

    def read(said: dict[str, Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = said["claims"]
        if found and not any(key(line(one["text"], MAX_CLAIM)) for one in found):
            raise RejectedAnswer("text 没有内容")
        if found and not any(evidence_ids(one["evidence"], prepared.ids)[0] for one in found):
            raise RejectedAnswer(f"evidence 只能用所给编号：{'、'.join(prepared.ids[:30])}")
        return found

    return _claims(ask, await ask.complete(prepared, CLAIMS, read), prepared)


def _claims(ask: Ask, said: Sequence[dict[str, Any]], prepared: Prepared) -> list[Claim]:
    found, dropped, bare = dict[str, Claim](), list[str](), 0
    for one in said:
        ids, unknown = evidence_ids(one["evidence"], prepared.ids)
        dropped += unknown
        text = line(one["text"], MAX_CLAIM)
        bare += not ids
        if ids and key(text):
            quote = line(one["quote"], MAX_QUOTE).strip('“”「」"')
            claim = Claim(text=text, evidence=tuple(ids), quote=quote)
            found.setdefault(key(text), claim)
    names = tuple(dict.fromkeys(dropped))
    if dropped:
        ask.remark(Remark(phase="claims", kind="unknown_ids", ids=names, count=len(dropped)))
    if bare:
        ask.remark(Remark(phase="claims", kind="without_evidence", count=bare))
    if len(found) > MAX_CLAIMS:
        ask.remark(Remark(phase="claims", kind="trimmed", count=len(found) - MAX_CLAIMS))
    return list(found.values())[:MAX_CLAIMS]


async def prose(
    ask: Ask,
    asked: Asked,
    plan: Plan,
    claims: Sequence[Claim],
    evidence: Sequence[Evidence],
) -> AsyncGenerator[str, None]:
    """Yield the report in Markdown, line by line as it comes, without what was not found.

    Args:
        claims: those that hold; the evidence that they name is shown before any other.

    Raises:
        Unusable: it did not come whole; its `text` is what may be kept of it.
        Exhausted: the budget does not allow it, or its time is over.
    """
    named = {name for claim in claims for name in claim.evidence}
    data = {"sub_questions": _told(plan), "claims": "\n".join(map(_spoken, claims))}
    prepared = ask.prepared(
        "prose",
        asked,
        data,
        answer=PROSE_TOKENS,
        evidence=sorted(evidence, key=lambda one: one.id not in named),
    )
    is_ours = False
    async with aclosing(_rows(_texts(ask, prepared))) as rows:
        async for row in rows:
            if row.startswith("#"):
                is_ours = _OURS in row
            if not is_ours and not _FENCE.fullmatch(row.strip()):
                yield row


async def repair(
    ask: Ask, asked: Asked, text: str, findings: Sequence[Finding], evidence: Sequence[Evidence]
) -> str:
    """Return the report with its faults mended, as the LLM sees it; verify it again.

    Args:
        text, findings: those of a `Verified` report, which has the findings' positions.

    Raises:
        Unusable: the report is too long for the model, or comes back with other headings.
        Exhausted: the budget does not allow it, or its time is over.
    """
    faults = [_fault(text, one) for one in findings if one.reason]
    if len(faults) > MAX_FAULTS:
        ask.remark(Remark(phase="repair", kind="trimmed", count=len(faults) - MAX_FAULTS))
    prepared = ask.prepared(
        "repair",
        asked,
        {"faults": "\n".join(faults[:MAX_FAULTS]), "report": text},
        answer=estimate_tokens(text) * 5 // 4 + 200,
        evidence=sorted(evidence, key=lambda one: citation_of(one) not in text),
    )
    if not prepared.is_whole("report") or prepared.max_tokens < estimate_tokens(text):
        raise Unusable("repair", "overlong", "the report does not fit in the model's window")
    mended = unfenced("".join([piece async for piece in _texts(ask, prepared)]))
    if _headings(mended) != _headings(text):
        raise Unusable("repair", "invalid", "other headings than before", text=mended)
    return mended


async def short_answer(
    ask: Ask, asked: Asked, evidence: Sequence[Evidence]
) -> AsyncGenerator[str, None]:
    """Yield a short answer (简评) as it comes; without evidence no LLM is asked.

    Raises:
        Unusable: it did not come whole; its `text` is what had come.
        Exhausted: the budget does not allow it, or its time is over.
    """
    if not evidence:
        yield NOT_ENOUGH
        return
    prepared = ask.prepared("short", asked, {}, answer=SHORT_TOKENS, evidence=evidence)
    async with aclosing(_texts(ask, prepared)) as texts:
        async for text in texts:
            yield text


async def rewrite(ask: Ask, turns: Sequence[Message]) -> str:
    """Return the last question of a chat as one that is understood without the rest.

    A first question is returned as it is.

    Raises:
        Unusable: the LLM does not rewrite it.
        Exhausted: the budget does not allow it.
        ValueError: the last turn is not the user's.
    """
    spoken = [turn for turn in turns if turn.role != "system"]
    if not spoken or spoken[-1].role != "user":
        raise ValueError("the last turn of a chat must be the user's")
    *before, last = spoken
    if not before:
        return last.content
    names = {"user": "用户", "assistant": "助手"}
    said = [f"{names[turn.role]}：{turn.content[:MAX_QUESTION]}" for turn in reversed(before)]
    told = "\n".join([f"用户最后一次提问：{last.content}", "", "此前的对话，由近到远：", *said])
    prepared = ask.prepared(
        "rewrite", None, {"turns": told}, answer=REWRITE_TOKENS, schema=QUESTION
    )

    def read(said: dict[str, Any]) -> str:
        question = line(said["question"], MAX_QUESTION)
        if not key(question):
            raise RejectedAnswer("question: empty")
        return question

    return await ask.complete(prepared, QUESTION, read)


async def _texts(ask: Ask, prepared: Prepared) -> AsyncGenerator[str, None]:
    async with aclosing(ask.stream(prepared)) as pieces:
        async for piece in pieces:
            if piece.kind == "text":
                yield piece.text


async def _rows(texts: AsyncGenerator[str, None]) -> AsyncGenerator[str, None]:
    """Yield whole lines with their ends."""
    held = ""
    async with aclosing(texts):
        async for text in texts:
            *rows, held = (held + text).split("\n")
            for row in rows:
                yield row + "\n"
    if held:
        yield held


def _told(plan: Plan, judgements: Sequence[Judgement] = ()) -> str:
    status = {one.question_id: f"（{_STATUS[one.status]}）" for one in judgements}
    return "\n".join(f"{one.id}：{one.text}{status.get(one.id, '')}" for one in plan.questions)


def _spoken(claim: Claim) -> str:
    quote = f"“{claim.quote}”" if claim.quote else ""
    return f"- {claim.text}{quote}（依据：{'、'.join(claim.evidence)}）"


_NEAR = 40


def _fault(text: str, finding: Finding) -> str:
    start = max(0, finding.start - _NEAR)
    words = text[start : finding.end + _NEAR // 2].replace("\n", " ")
    return f"- “{words}”中的“{text[finding.start : finding.end]}”：{finding.reason}"


def _headings(text: str) -> list[str]:
    return [row.strip("# ") for row in text.splitlines() if row.startswith("#")]
