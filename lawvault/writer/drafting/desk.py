"""One draft while it is worked on: its door to the LLM, its materials, what it has and tells."""

import asyncio
import logging
import re
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

from lawvault.errors import UpstreamError
from lawvault.models.budget import Budget
from lawvault.models.door import Door, Spoken
from lawvault.models.json_answer import JsonSchema
from lawvault.models.llm_reply import estimate_tokens
from lawvault.models.room import KEPT_FOR_AGAIN, cut, size_of
from lawvault.proof.claims import Verified
from lawvault.proof.marking import Flag
from lawvault.writer.drafting.checking import lawful, unverified
from lawvault.writer.drafting.notes import Note, message_of
from lawvault.writer.drafting.prompts import PHASES, Phase
from lawvault.writer.drafting.request import (
    Change,
    DraftOutcome,
    Emit,
    Kind,
    Limits,
    Missing,
    NeedsLlm,
    State,
    StopReason,
    WriterTools,
)
from lawvault.writer.grounds.facts import Told, Untold, blanked, blanks, told, untold
from lawvault.writer.grounds.materials import Material, Packed, packed

log = logging.getLogger(__name__)

_VERIFY_S = 30.0  # seconds that the law may take for one passage
_LEAST_FOR_MATERIALS = 2  # materials get at least one part in so many of the room
_KEPT_FOR_BEFORE = 1500  # tokens kept for what was written before
_MARKERS = {
    letters: re.compile(
        rf"[\[［【] ?[{letters}]\d{{1,4}}(?: ?[,，、;；] ?[{letters}]\d{{1,4}})* ?[\]］】]",
        re.IGNORECASE,
    )
    for letters in ("e", "em")
}
"""[e3] names nothing in a draft; nor does [m3] where there are no materials."""


@dataclass(slots=True, kw_only=True)
class Desk:
    """A draft while it is worked on.

    `asked` is all that the user told, `known` that and what the LLM sees of the materials.  `raw`
    is what has come of the passage that is being written; `done` are passages that are settled.
    """

    tools: WriterTools
    emit: Emit
    door: Door
    budget: Budget[Limits]
    day: str
    asked: str
    known: Told
    materials: Packed
    fence: str
    raw: str = ""
    done: dict[str, str] = field(default_factory=dict)
    stop: StopReason = "written"
    counts: Counter[str] = field(default_factory=Counter)
    missing: list[Missing] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    again: list[tuple[str, str]] = field(default_factory=list)

    async def tell(self, kind: Kind, **data: object) -> None:
        """Tell one event."""
        await self.emit(kind, data)

    async def note(self, kind: Literal["warning", "degraded"], code: str, about: str = "") -> None:
        """Tell what is not as planned, each once a draft."""
        note = Note(kind=kind, code=code, message=message_of(code, about))
        if note not in self.notes:
            self.notes.append(note)
            await self.tell(kind, code=code, message=note.message)

    async def tell_again(self) -> None:
        """Tell which answers of the LLM were no use."""
        taken, self.again[:] = list(self.again), []
        for _, reason in taken:
            await self.note("warning", "asked_again", reason)

    async def speech(
        self,
        phase: Phase,
        data: Mapping[str, str],
        *,
        answer: int,
        schema: JsonSchema | None = None,
    ) -> tuple[Spoken, list[str]]:
        """Return the prompt of a phase that fits the model, and the data that had to be cut."""
        shape = schema.text if schema else ""
        tools = self.tools
        max_tokens = answer_room(tools, answer)
        shown = {"materials": self.materials.text}
        bare = tools.prompts.messages(phase, shown, fence=self.fence, day=self.day, schema=shape)
        texts, short = cut(data, tools.context_tokens - max_tokens - KEPT_FOR_AGAIN - size_of(bare))
        labels = [tools.prompts.labels[slot] for slot in short]
        if labels:
            await self.note("warning", "left_out", "、".join(labels))
        messages = tools.prompts.messages(
            phase, texts | shown, fence=self.fence, day=self.day, schema=shape
        )
        return Spoken(phase=phase, messages=tuple(messages), max_tokens=max_tokens), short

    async def verified(self, text: str, seconds: float = _VERIFY_S) -> Verified:
        """Return a text held against the law; where that fails, every citation is flagged."""
        text = await self._without_markers(text, "e" if self.materials.sources else "em")
        try:
            async with asyncio.timeout(seconds):
                found = await self.tools.verify(text, self.materials.sources, self.asked)
        except (UpstreamError, TimeoutError) as error:
            log.warning("writer: citations were not verified: %s", error)
            reason = "law_slow" if isinstance(error, TimeoutError) else "law_out"
            await self.note("degraded", "verify_failed", reason)
            return unverified(text, self.materials.sources)
        if found.removed:
            await self.note("warning", "unknown_ids", "、".join(dict.fromkeys(found.removed))[:200])
        return found

    async def _without_markers(self, text: str, letters: str) -> str:
        """Return a text without markers of these letters: nothing could be called so."""
        found = _MARKERS[letters].findall(text)
        if found:
            await self.note("warning", "unknown_ids", "、".join(dict.fromkeys(found))[:200])
        return _MARKERS[letters].sub("", text)

    async def keep(self, section: str, verified: Verified) -> str:
        """Settle a passage: blanks for what nobody told, flags for what does not hold."""
        text = verified.text
        wrong = untold(text, self.known, lawful=lawful(verified))
        flags = [
            Flag(start=f.start, end=f.end, reason=f.reason) for f in verified.findings if f.reason
        ]
        markdown, put = blanked(text, wrong, flags)
        self.missing += [
            Missing(label=one.label, reason="left_blank", context=one.context)
            for one in blanks(text)
        ]
        self.missing += [
            Missing(label=one.label, reason="not_told", context=one.context) for one in put
        ]
        self.counts.update(finding.verdict for finding in verified.findings)
        self.done[section], self.raw = markdown, ""
        await self._tell_kept(section, verified, wrong)
        return markdown

    async def _tell_kept(self, section: str, verified: Verified, wrong: Sequence[Untold]) -> None:
        for one in verified.findings:
            await self.tell(
                "citation.verified",
                section=section,
                of=one.kind,
                text=verified.text[one.start : one.end],
                verdict=one.verdict,
                reason=one.reason,
            )
        kinds = dict.fromkeys(one.kind for one in wrong)
        if kinds:
            await self.note("warning", "not_told", "、".join(kinds))
        await self.tell("draft.delta", section=section, text=self.done[section], replaces=True)

    def outcome(
        self, markdown: str, state: State, changes: tuple[Change, ...] = ()
    ) -> DraftOutcome:
        """Return the draft as it is now."""
        seconds = self.budget.limits.deadline_s - self.budget.left_s(is_report=True)
        return DraftOutcome(
            markdown=markdown,
            state=state,
            stop_reason=self.stop,
            missing=tuple(dict.fromkeys(self.missing)),
            used=self.materials.used,
            dropped=self.materials.dropped,
            counts=dict(self.counts),
            notes=tuple(self.notes),
            usage={
                "llm_calls": self.budget.calls,
                "tokens": self.budget.tokens,
                "seconds": round(seconds, 3),
            },
            calls=tuple(self.door.calls),
            prompts=self.tools.prompts.versions,
            changes=changes,
        )

    async def tell_end(self, outcome: DraftOutcome) -> None:
        """Tell the whole draft and how it ended."""
        kinds: dict[State, Kind] = {
            "done": "draft.completed",
            "stopped": "draft.stopped",
            "failed": "draft.failed",
        }
        await self.tell("draft.delta", section="", text=outcome.markdown, replaces=True)
        told = {name: value for name, value in asdict(outcome).items() if name != "markdown"}
        await self.tell(kinds[outcome.state], **told)


async def opened(
    tools: WriterTools,
    emit: Emit,
    *,
    day: str,
    told_texts: Sequence[str],
    wanted: str,
    materials: Sequence[Material],
) -> Desk:
    """Return a desk with the materials packed, and tell what became of them.

    Args:
        told_texts: all that the user told.
        wanted: what is to be written; it chooses the articles of whole laws.

    Raises:
        NeedsLlm: there is no LLM.
    """
    if tools.llm is None:
        raise NeedsLlm
    budget, again = Budget(tools.limits), list[tuple[str, str]]()
    door = Door(
        llm=tools.llm,
        prompts=tools.prompts,
        budget=budget,
        context_tokens=tools.context_tokens,
        output_tokens=tools.output_tokens,
        of_report=PHASES,
        asked_again=lambda phase, reason: again.append((phase, reason)),
    )
    room = room_for_materials(tools, told_texts)
    shown = await asyncio.to_thread(packed, materials, room, wanted)
    known = told(*told_texts, day)
    known.add([shown.text])
    desk = Desk(
        tools=tools,
        emit=emit,
        door=door,
        budget=budget,
        day=day,
        asked="\n".join(told_texts),
        known=known,
        materials=shown,
        fence=secrets.token_hex(4),
        again=again,
    )
    return desk


async def tell_materials(desk: Desk, materials: Sequence[Material]) -> None:
    """Tell what became of every material, and which the corpus contradicts by now."""
    used, dropped = desk.materials.used, desk.materials.dropped
    await desk.tell(
        "materials",
        used=[asdict(one) for one in used],
        dropped=[asdict(one) for one in dropped],
    )
    stale = [f"《{one.law_name}》{one.article_number}" for one in materials if one.is_stale]
    if stale:
        await desk.note("warning", "stale", "、".join(stale)[:200])


def answer_room(tools: WriterTools, wanted: int) -> int:
    """Return the tokens that an answer may have: at most a third of the window."""
    return max(1, min(wanted, tools.output_tokens, tools.context_tokens // 3))


def room_for_materials(tools: WriterTools, told_texts: Sequence[str]) -> int:
    """Return the tokens that materials may have in every prompt of a draft."""
    bare = max(size_of(tools.prompts.messages(phase, {}, fence="k" * 8)) for phase in PHASES)
    answer = answer_room(tools, tools.output_tokens)
    room = tools.context_tokens - answer - KEPT_FOR_AGAIN - bare
    others = sum(map(estimate_tokens, told_texts)) + _KEPT_FOR_BEFORE
    return max(0, room - others, room // _LEAST_FOR_MATERIALS)
