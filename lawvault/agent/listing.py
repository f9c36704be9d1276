"""What a run says in words of its own, without an LLM: its evidence listed, or that none answers.

Every sentence is true of the run whatever was found; the law stands in it verbatim, made harmless
as Markdown.  Plans and judgements come with their texts checked already, on one line each.
"""

from collections.abc import Mapping, Sequence

from lawvault.agent.nouns import Asked, Evidence, Judgement, Plan, Stop, SubQuestion
from lawvault.proof.marking import citation_of, inert
from lawvault.proof.source import Claim

IN_FORCE = "现行有效"
STOPS: Mapping[Stop, str] = {
    "all_sufficient": "各子问题的依据均已充分",
    "no_new_evidence": "继续检索没有新的发现",
    "repeated_queries": "没有新的检索方向",
    "max_rounds": "已达检索轮数上限",
    "max_llm_calls": "已达大模型调用次数上限",
    "max_tokens": "已达大模型用量上限",
    "deadline": "已达时间上限",
    "cancelled": "已手动停止",
    "llm_error": "大模型不可用",
    "search_unavailable": "检索服务不可用",
    "no_llm": "未配置大模型",
    "interrupted": "运行中断",
}
"""Why searching stopped, for people."""

_HOW = {
    "exception": "例外规定",
    "definition": "定义",
    "penalty": "法律责任",
    "application": "适用、准用",
    "interprets": "解释、细化",
    "refers": "相关条文",
}


def listing(asked: Asked, plan: Plan, evidence: Sequence[Evidence], stop: Stop) -> str:
    """Return the evidence grouped by sub-question, each article once, in Markdown."""
    why = STOPS[stop]
    parts = [
        f"# 检索到的法条\n\n以下由程序列出，未经大模型撰写或判断（{why}）。"
        f"时效以 {asked.as_of.isoformat()} 为准。"
    ]
    if evidence and all(one.status != IN_FORCE for one in evidence):
        parts.append("注意：以下法条均非现行有效。")
    shown = set[str]()
    for question in plan.questions:
        own = [one for one in evidence if _is_of(one, question)]
        parts += [f"## {question.text}", *_articles(asked, own, question, shown)]
    return "\n\n".join(parts) + "\n"


def _articles(
    asked: Asked, own: Sequence[Evidence], question: SubQuestion, shown: set[str]
) -> list[str]:
    if not own:
        return ["未检索到相关法条。"]
    lines = list[str]()
    for one in sorted(own, key=lambda one: _is_led_to(one, question)):
        if one.id in shown:
            lines.append(f"- {citation_of(one)}（见上文）")
            continue
        shown.add(one.id)
        words = inert(one.content).strip().replace("\n", "\n  > ")
        lines.append(f"- **{citation_of(one)}**{_remarks(one, question, asked)}\n  > {words}")
    return ["\n".join(lines)]


def _is_led_to(one: Evidence, question: SubQuestion) -> bool:
    return all(t.how == "reference" for t in one.traces if t.question_id == question.id)


def _remarks(one: Evidence, question: SubQuestion, asked: Asked) -> str:
    kinds = (t.kind for t in one.traces if t.question_id == question.id and t.how == "reference")
    remarks = [_HOW[kind] for kind in dict.fromkeys(kinds) if kind in _HOW]
    if one.effective_date > asked.as_of.isoformat():
        remarks.append(f"{asked.as_of.isoformat()}尚未施行")
    if one.status and one.status != IN_FORCE:
        remarks.append(inert(one.status))
    return f"（{'；'.join(remarks)}）" if remarks else ""


def from_claims(asked: Asked, claims: Sequence[Claim], evidence: Sequence[Evidence]) -> str:
    """Return a report put together of claims that hold, in Markdown."""
    known = {one.id: one for one in evidence}
    lines = [f"- {claim.text}{_sources(claim, known)}" for claim in claims]
    begin = f"以下由程序用已核实的结论组成，时效以 {asked.as_of.isoformat()} 为准。"
    return "\n\n".join(["# 核心结论", begin, "\n".join(lines)]) + "\n"


def _sources(claim: Claim, known: Mapping[str, Evidence]) -> str:
    names = dict.fromkeys(citation_of(known[marker]) for marker in claim.evidence)
    return f"（{'、'.join(names)}）"


def abstention(
    asked: Asked,
    plan: Plan,
    evidence: Sequence[Evidence],
    judgements: Mapping[str, Judgement],
    stop: Stop,
) -> str:
    """Return why there is no answer, what was searched for and what was found, in Markdown."""
    if stop == "search_unavailable" and not evidence:
        begin = "检索服务不可用，未能完成检索；这不表示没有相关法条。"
    elif not evidence:
        begin = "没有检索到相关法条，无法作答。"
    else:
        begin = "检索到的法条不足以回答所问，因此不下结论。"
    parts = [f"# 依据不足\n\n{begin}（{STOPS[stop]}；时效以 {asked.as_of.isoformat()} 为准）"]
    missing = [text for one in judgements.values() for text in one.missing]
    parts += _list("## 未检索到的内容", missing)
    parts += _list("## 检索过的问题", [one.text for one in plan.questions])
    text = "\n\n".join(parts) + "\n"
    return f"{text}\n{listing(asked, plan, evidence, stop)}" if evidence else text


def missing(plan: Plan, judgements: Mapping[str, Judgement], stop: Stop) -> str:
    """Return what no law was found for, by sub-question, and why searching ended, in Markdown."""
    lines = list[str]()
    for question in plan.questions:
        one = judgements.get(question.id)
        if one is None:
            lines.append(f"{question.text}：未能判断依据是否充分")
        elif one.status in ("partial", "insufficient"):
            what = "；".join(one.missing) or "依据不充分"
            lines.append(f"{question.text}：{what}")
    lines = lines or ["各子问题均已检索到依据。"]
    return (
        "\n\n".join([*_list("## 未检索到的内容", lines), f"检索停止的原因：{STOPS[stop]}。"]) + "\n"
    )


def _list(heading: str, texts: Sequence[str]) -> list[str]:
    lines = [f"- {text}" for text in dict.fromkeys(texts)]
    return [heading, "\n".join(lines)] if lines else []


def _is_of(one: Evidence, question: SubQuestion) -> bool:
    return any(trace.question_id == question.id for trace in one.traces)
