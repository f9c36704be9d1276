"""Answers about references and citations to language models: bounded, as data and Chinese text.

That citations failed stands in the first line: nobody shall have to look for it.
"""

from lawvault.serve.assistants.answers import (
    HARMLESS,
    Said,
    ToldCitation,
    ToldCitations,
    ToldReference,
    ToldReferences,
    ToldTarget,
    notes_of,
)
from lawvault.serve.laws.contract import (
    Aspect,
    CheckedCitation,
    ResolveAnswer,
    ResolvedReference,
    Targets,
    VerifyAnswer,
)

MAX_LISTED = 50
MAX_TARGETS = 3
MAX_WORDS = 300
MAX_AROUND = 40


def say_references(answer: ResolveAnswer) -> Said:
    """Return the references of a text and where each leads."""
    total = len(answer.references)
    told = ToldReferences(
        as_of=answer.as_of.isoformat(),
        total=total,
        references=[_reference(one) for one in answer.references[:MAX_LISTED]],
        degraded=answer.degraded,
    )
    head = f"找到 {total} 处引用（按 {told.as_of} 的法律）：" if total else "没有找到引用。"
    lines = [*notes_of(told.degraded), head]
    for rank, one in enumerate(told.references, 1):
        problem = f"【{one.reason}】" if one.problem else ""
        lines.append(f"{rank}. “{one.text}”{problem}")
        lines += [f"   → {_words(target)}" for target in one.targets]
        lines += [f"   可能是：{_words(target)}" for target in one.candidates]
    return Said(text="\n".join([*lines, *_rest(total)]), data=told)


def say_citations(answer: VerifyAnswer, text: str) -> Said:
    """Return the verdicts on `text`; that citations failed stands in the first line."""
    total = len(answer.citations)
    kept = sorted(range(total), key=lambda at: answer.citations[at].verdict in HARMLESS)
    told = ToldCitations(
        as_of=answer.as_of.isoformat(),
        passed=answer.passed,
        counts=answer.counts,
        total=total,
        citations=[_citation(answer.citations[at], text) for at in sorted(kept[:MAX_LISTED])],
        degraded=answer.degraded,
    )
    lines = [_judgement(told), *notes_of(told.degraded)]
    for rank, one in enumerate(told.citations, 1):
        lines.append(f"{rank}. “{one.text}”：{_verdict(one)}")
        if one.verdict in HARMLESS:
            continue
        lines += [f"   引文（【错→对】）：“{one.correction}”"] if one.correction else []
        lines += [f"   条文：{_words(target)}" for target in one.targets]
        lines += [f"   见：{_words(target)}" for target in one.found]
    return Said(text="\n".join([*lines, *_rest(total)]), data=told)


def _judgement(told: ToldCitations) -> str:
    if not told.total:
        return "核对未通过：文中没有找到法律引用，无从核对。"
    bad = sum(many for verdict, many in told.counts.items() if verdict not in HARMLESS)
    if bad:
        return f"核对未通过：{told.total} 处引用中有 {bad} 处不能使用（按 {told.as_of} 的法律）。"
    if not told.passed:
        return f"核对未通过：{told.total} 处引用都不是法律条文，无从核对。"
    good = told.counts.get("verified", 0)
    return (
        f"核对通过：{good} 处引用属实（按 {told.as_of} 的法律）。"
        "各处核对了哪些方面见括号；没有引号的转述和结论未核对。"
    )


_ASPECTS: dict[Aspect, str] = {"address": "法律和条款", "quote": "引文", "figures": "数字"}


def _verdict(one: ToldCitation) -> str:
    if one.verdict != "verified":
        return one.reason
    return f"通过（核对了{'、'.join(_ASPECTS[aspect] for aspect in one.checked)}）"


def _reference(one: ResolvedReference) -> ToldReference:
    return ToldReference(
        start=one.start,
        end=one.end,
        text=one.text[:MAX_WORDS],
        law=one.law,
        address=one.address,
        problem=one.problem,
        reason=one.reason,
        targets=_targets(one.targets),
        targets_total=one.targets.total,
        candidates=_targets(one.candidates),
        candidates_total=one.candidates.total,
    )


def _citation(one: CheckedCitation, text: str) -> ToldCitation:
    return ToldCitation(
        start=one.start,
        end=one.end,
        text=one.text[:MAX_WORDS],
        verdict=one.verdict,
        reason=one.reason,
        checked=one.checked,
        correction=_correction(one, text),
        targets=_targets(one.targets),
        found=_targets(one.found),
    )


def _correction(one: CheckedCitation, text: str) -> str:
    """Return the words quoted around what differs, with the law's own words beside that."""
    if one.quote is None or one.difference is None or one.verdict != "quote_mismatch":
        return ""
    (start, end), (wrong, right) = one.quote, one.difference
    before = text[max(start, wrong - MAX_AROUND) : wrong]
    after = text[right : min(end, right + MAX_AROUND)]
    words = f"{text[wrong:right][:MAX_WORDS]}→{one.should_be[:MAX_WORDS]}"
    return f"{before}【{words}】{after}"


def _targets(targets: Targets) -> list[ToldTarget]:
    return [
        ToldTarget(
            law_id=one.law_id,
            article_id=one.article_id,
            article_number=one.article_number,
            address=one.address,
            text=one.text and one.text[:MAX_WORDS],
            text_cut=len(one.text or "") > MAX_WORDS,
        )
        for one in targets.data[:MAX_TARGETS]
    ]


def _words(target: ToldTarget) -> str:
    """Return a target on one line, so that its words cannot look like lines of ours."""
    words = " ".join((target.text or "").split()) + ("……" if target.text_cut else "")
    return f"{target.law_id} {target.address}" + (f"：{words}" if words else "")


def _rest(total: int) -> list[str]:
    return [f"……（共 {total} 处，只列 {MAX_LISTED} 处）"] if total > MAX_LISTED else []
