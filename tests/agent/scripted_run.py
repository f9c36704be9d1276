"""Runs of the agent over the toy corpus with a scripted LLM: what it says, and what was told.

A phase of the LLM is known by the heading of its system prompt; `GOOD` is one that does all right.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from lawvault.agent.budget import Limits
from lawvault.agent.course import Tools
from lawvault.agent.nouns import Asked, Corpus, Event, Kind, Library, Outcome
from lawvault.agent.prompts import load
from lawvault.agent.replay import ENDS, replay
from lawvault.agent.run import run, verifier
from lawvault.law.citations import QuoteLookup
from lawvault.models.llm import OpenAILlm
from tests.agent.conftest import TODAY
from tests.scripted_llm import Lines, Say, Script, ScriptedServer, scripted

PLAN, JUDGE, CLAIMS = "# 拆解问题", "# 判断材料", "# 列出论点"
PROSE, REPAIR, SHORT = "# 撰写报告", "# 修正报告", "# 简短回答"
PHASES = (PLAN, JUDGE, CLAIMS, PROSE, REPAIR)

ASKED = Asked(text="试用期最长多久？拖欠工资能不能立即辞职？", as_of=TODAY)
PROBATION, RESIGNING = "第九条", "第二十二条"
LAW = "中华人民共和国示例劳动法"
PROMPTS = load()
_SHOWN = re.compile(r"(e\d+)｜《([^》]+)》(第[零一二三四五六七八九十百]+条)")


def as_json(value: object) -> Say:
    return Say(json.dumps(value, ensure_ascii=False))


def shown(body: dict[str, Any]) -> dict[str, str]:
    """Return the ids of the articles of 示例劳动法 that a prompt shows, by their numbers."""
    text = "\n".join(turn["content"] for turn in body["messages"])
    return {number: name for name, law, number in _SHOWN.findall(text) if law == LAW}


def part(question: str, **more: list[str]) -> dict[str, Any]:
    """Return one sub-question as the LLM says it."""
    none: dict[str, Any] = {
        name: [] for name in ("everyday", "statute", "keywords", "laws", "citations")
    }
    return none | {"question": question} | more


def planned(*parts: dict[str, Any]) -> Say:
    return as_json({"questions": list(parts)})


def judged(
    status: str = "sufficient", *supports: str, queries: tuple[str, ...] = (), missing: str = ""
) -> Say:
    return as_json(
        {
            "reason": "理由",
            "supports": list(supports),
            "status": status,
            "missing": [missing] if missing else [],
            "queries": list(queries),
            "keywords": [],
        }
    )


def good_judge(body: dict[str, Any]) -> Say:
    about = PROBATION if "试用期最长" in sub_question(body) else RESIGNING
    ids = shown(body)
    return judged("sufficient", ids[about]) if about in ids else judged("insufficient")


def sub_question(body: dict[str, Any]) -> str:
    """Return the sub-question that is judged."""
    return str(body["messages"][1]["content"]).split("：子问题>>\n")[1].split("\n")[0]


def claim(text: str, *evidence: str, quote: str = "") -> dict[str, Any]:
    return {"text": text, "evidence": list(evidence), "quote": quote}


TRUE_CLAIMS = (
    ("劳动合同期限三个月以上不满一年的，试用期不得超过一个月。", PROBATION, "试用期不得超过一个月"),
    ("用人单位未及时足额支付劳动报酬的，劳动者可以立即解除劳动合同。", RESIGNING, ""),
)


def good_claims(body: dict[str, Any]) -> Say:
    ids = shown(body)
    found = [
        claim(text, ids[number], quote=quote)
        for text, number, quote in TRUE_CLAIMS
        if number in ids
    ]
    return as_json({"claims": found})


def prose_of(body: dict[str, Any], more: str = "") -> str:
    ids = shown(body)
    return (
        f"## 核心结论\n{TRUE_CLAIMS[0][0][:-1]}[{ids[PROBATION]}]。"
        f"{TRUE_CLAIMS[1][0][:-1]}[{ids[RESIGNING]}]。\n\n"
        f"## 法律依据分析\n劳动合同期限一年以上不满三年的，试用期不得超过二个月[{ids[PROBATION]}]。"
        f"{more}\n\n"
        "## 实操建议\n建议保留工资条作为证据。\n"
    )


def good_prose(body: dict[str, Any]) -> Say:
    return Say(prose_of(body))


GOOD: dict[str, Lines] = {
    PLAN: planned(
        part("试用期最长多久？"),
        part(
            "拖欠工资能不能立即辞职？",
            statute=["未及时足额支付劳动报酬，劳动者可以立即解除劳动合同"],
        ),
    ),
    JUDGE: good_judge,
    CLAIMS: good_claims,
    PROSE: good_prose,
}


@dataclass
class Told:
    """A run that is over, or was cancelled: its events, as they would be stored."""

    events: list[Event] = field(default_factory=list)
    outcome: Outcome | None = None
    server: ScriptedServer | None = None

    async def emit(self, kind: Kind, data: dict[str, Any]) -> None:
        kept = json.loads(json.dumps(data, ensure_ascii=False, allow_nan=False))
        event = Event(
            run_id="r", seq=len(self.events) + 1, time=float(len(self.events)), kind=kind, data=kept
        )
        self.events.append(event)

    def of(self, kind: Kind) -> list[dict[str, Any]]:
        return [event.data for event in self.events if event.kind == kind]

    @property
    def codes(self) -> set[str]:
        """What was told to be not as planned."""
        notes = [*self.of("warning"), *self.of("degraded")]
        return {str(note["code"]) for note in notes}

    @property
    def ends(self) -> list[Event]:
        return [event for event in self.events if event.kind in ENDS]

    def check(self) -> None:
        """Assert what holds of every run: one end, at the end, and the same story from events."""
        assert [event.seq for event in self.ends] == [len(self.events)]
        told = replay(self.events)
        assert self.outcome in (told, None)
        ids = [one.id for one in told.evidence]
        gone = {name for one in self.of("warning") for name in one.get("gone", ())}
        names = (f"e{number}" for number in range(1, len(ids) + len(gone) + 1))
        assert ids == [name for name in names if name not in gone]
        assert len({one.article_id for one in told.evidence}) == len(ids)


Working = Callable[..., Awaitable[Outcome]]


def tools_over(library: Library, lookup: QuoteLookup, llm: OpenAILlm | None = None) -> Tools:
    catalogue = getattr(lookup, "catalogue", None)
    return Tools(
        library=library,
        verify=verifier(lookup, catalogue),
        llm=llm,
        prompts=PROMPTS if llm else None,
    )


def told_by(
    script: dict[str, Lines] | None,
    library: Library,
    lookup: QuoteLookup,
    *,
    asked: Asked = ASKED,
    limits: Limits | None = None,
    change: Callable[[Tools], Tools] = lambda tools: tools,
    corpus: Corpus | None = None,
    **knobs: Any,
) -> Told:
    """Return a whole run; without a script there is no LLM."""
    about = {"limits": limits or Limits(), "corpus": corpus}
    if script is None:
        return asyncio.run(_run(change(tools_over(library, lookup)), asked, Told(), **about))
    with scripted(Script(phases=script)) as server:
        told = Told(server=server)

        async def work() -> Told:
            llm = OpenAILlm(server.config(**knobs), first_pause_s=0.01)
            try:
                return await _run(change(tools_over(library, lookup, llm)), asked, told, **about)
            finally:
                await llm.close()

        return asyncio.run(work())


async def _run(
    tools: Tools, asked: Asked, told: Told, *, limits: Limits, corpus: Corpus | None
) -> Told:
    told.outcome = await run(asked, tools, limits, told.emit, corpus=corpus)
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert left == set()
    told.check()
    return told


def trace(events: list[Event]) -> str:
    """Return what happened, a line for each event, without texts and numbers that may move."""
    return "\n".join(" ".join(_line(event)) for event in events) + "\n"


def _line(event: Event) -> Iterator[str]:
    yield event.kind
    data = event.data
    for name in (
        "run",
        "by",
        "round",
        "new",
        "evidence",
        "code",
        "stop_reason",
        "draft",
        "replaces",
    ):
        if name in data:
            yield f"{name}={data[name]}"
    yield from (f"{one['id']}:{one['text']}" for one in data.get("questions", ()))
    if "query" in data:
        yield f"{data['question_id']}:{data['query']}"
    yield from _found(data)
    if "judgement" in data:
        one = data["judgement"]
        yield from (one["question_id"], one["status"], *one["supports"])
    if "checked" in data:
        yield from (data["checked"]["of"], data["checked"]["verdict"])
    if data.get("report"):
        yield f"written_by={data['report']['by']} abstained={data['report']['abstained']}"


def _found(data: dict[str, Any]) -> Iterator[str]:
    if "trace" in data:
        yield from (data["id"], data["trace"]["question_id"], data["trace"]["how"])
        yield data.get("article", {}).get("article_id", "(known)")
        yield from filter(None, [data["trace"]["kind"]])
