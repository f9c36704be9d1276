"""Write a draft: a template's frame and facts first, then its sections, each checked as it comes.

    outcome = await draft(request, tools, emit)

The text is Markdown.  What nobody told is a blank, what the law does not say is flagged, and what
had no room is named.  A draft always ends, and says how.
"""

import asyncio
from dataclasses import asdict

from lawvault.models.budget import Exhausted
from lawvault.models.door import Unusable
from lawvault.writer.drafting.chatter import without_chatter
from lawvault.writer.drafting.desk import Desk, opened, tell_materials
from lawvault.writer.drafting.frames import FREE, Frame, frame_of, shown
from lawvault.writer.drafting.passages import bare, passage
from lawvault.writer.drafting.request import (
    DraftOutcome,
    DraftRequest,
    Emit,
    Missing,
    State,
    WriterTools,
)
from lawvault.writer.templates.fields import Section

RESCUE_S = 0.5
"""Seconds in which what was written when a draft is stopped is held against the law."""

_BEFORE = 1200  # characters of what stands before a section that the LLM sees


async def draft(request: DraftRequest, tools: WriterTools, emit: Emit) -> DraftOutcome:
    """Return a draft, written as far as LLM and budget allow, its citations checked.

    Cancelling the task is how a user stops it: what was written is kept and checked for at most
    `RESCUE_S` more, and the outcome (`stopped`) is returned, not `CancelledError`.  A second
    cancellation goes through, and so does one before anything was told.

    Args:
        emit: takes the events, one at a time and in order; it must not take long.

    Raises:
        NeedsLlm: there is no LLM.
        TemplateError: the template is broken.
    """
    frame = frame_of(request.template, request.values) if request.template else FREE
    fixed = [piece for piece in frame.pieces if isinstance(piece, str)]
    texts = [request.instruction, request.facts, frame.told, *fixed]
    desk = await opened(
        tools,
        emit,
        day=request.as_of.isoformat(),
        told_texts=[text for text in texts if text.strip()],
        wanted="\n".join([*texts, *(one.heading + one.guidance for one in frame.sections)]),
        materials=request.materials,
    )
    desk.missing += [
        Missing(label=one.label, reason="required", context=one.help) for one in frame.missing
    ]
    try:
        await _begun(desk, request, frame)
        state = await _written(desk, request, frame)
    except asyncio.CancelledError:
        desk.stop, state = "cancelled", "stopped"
        await rescue(desk, _open(desk, frame))
    return await _ended(desk, frame, state)


async def rescue(desk: Desk, section: str) -> None:
    """Settle what has come of a passage when its draft is stopped."""
    if desk.raw.strip() and section:
        said, _ = without_chatter(desk.raw)
        await desk.keep(section, await desk.verified(bare(said, ""), RESCUE_S))


async def _begun(desk: Desk, request: DraftRequest, frame: Frame) -> None:
    """Tell what is to be written, from what, and what of the template's values cannot be used."""
    await desk.tell(
        "draft.started",
        template=request.template.id if request.template else "",
        as_of=desk.day,
        sections=[{"id": one.id, "heading": one.heading} for one in frame.sections],
        missing=[asdict(one) for one in desk.missing],
        prompts=desk.tools.prompts.versions,
    )
    await tell_materials(desk, request.materials)
    for problem in frame.problems:
        await desk.note("warning", "value", f"{problem.label}：{problem.message}")
    for note in frame.notes:
        await desk.note("warning", "template", note)


async def _written(desk: Desk, request: DraftRequest, frame: Frame) -> State:
    """Have the sections written in order; stop where the LLM or the budget does."""
    for number, piece in enumerate(frame.pieces):
        if isinstance(piece, str):
            await desk.tell("draft.delta", section="", text=piece)
            continue
        await desk.tell("section.started", section=piece.id, heading=piece.heading)
        try:
            await _section(desk, request, frame, number)
        except Unusable as error:
            desk.stop = "llm_error"
            await desk.note("degraded", "llm_error", error.reason)
            return "failed"
        except Exhausted as error:
            desk.stop = error.stop
            await desk.note("degraded", "budget", error.stop)
            return "done" if desk.done else "failed"
    return "done"


async def _section(desk: Desk, request: DraftRequest, frame: Frame, number: int) -> None:
    section = frame.pieces[number]
    assert isinstance(section, Section)
    data, told = {"instruction": request.instruction, "facts": request.facts}, _told(section)
    if section.heading:
        before = _joined(desk, frame.pieces[:number])
        data |= {
            "values": frame.told,
            "outline": frame.outline,
            "before": before[-_BEFORE:],
            "section": told,
        }
    speech, _ = await desk.speech(
        "section" if section.heading else "draft", data, answer=desk.tools.output_tokens
    )
    around = f"{frame.outline}\n{told}" if section.heading else ""
    await passage(desk, section.id, speech, heading=section.heading, around=around)


def _told(section: Section) -> str:
    lines = [f"标题：{section.heading}", f"要求：{section.guidance}"]
    return "\n".join([*lines, f"依据：{section.citations}" if section.citations else ""])


def _open(desk: Desk, frame: Frame) -> str:
    """Return the section that is being written, "" if none is."""
    return next((one.id for one in frame.sections if one.id not in desk.done), "")


def _joined(desk: Desk, pieces: tuple[str | Section, ...]) -> str:
    return "".join(
        piece if isinstance(piece, str) else desk.done.get(piece.id, shown(piece))
        for piece in pieces
    )


async def _ended(desk: Desk, frame: Frame, state: State) -> DraftOutcome:
    unwritten = [one for one in frame.sections if one.id not in desk.done]
    desk.missing += [Missing(label=one.heading or "全文", reason="unwritten") for one in unwritten]
    is_empty = frame is FREE and bool(unwritten)
    markdown = "" if is_empty else _joined(desk, frame.pieces)
    outcome = desk.outcome(markdown, state)
    await desk.tell_end(outcome)
    return outcome
