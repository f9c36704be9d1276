"""Change a part of a draft as a person says; everything else stays as it is, byte by byte.

    outcome = await revise(request, tools, emit)

A revision that does not come whole changes nothing.
"""

import asyncio
import difflib
import re

from lawvault.models.budget import Exhausted
from lawvault.models.door import Spoken, Unusable
from lawvault.models.llm_reply import estimate_tokens
from lawvault.proof.marking import inert
from lawvault.writer.drafting.desk import Desk, answer_room, opened, tell_materials
from lawvault.writer.drafting.passages import bare, passage
from lawvault.writer.drafting.request import (
    Change,
    DraftOutcome,
    Emit,
    ReviseRequest,
    State,
    WriterTools,
)

PART = "revision"
"""What events call the part that is rewritten."""

_AROUND = 600  # characters before and behind the part that the LLM sees
_ROOM = 1.25  # a part may grow by a fourth and still fit into one answer
_MARKS = "#* 　：:"
_HEADING = re.compile(r"^(?P<marks>#{1,6})[ \t]+(?P<words>[^\n]*?)[ \t#]*$", re.MULTILINE)


async def revise(request: ReviseRequest, tools: WriterTools, emit: Emit) -> DraftOutcome:
    """Return the draft with the selected part rewritten and checked, and what changed.

    Cancelling the task stops it: the outcome (`stopped`) with the old draft is returned.

    Args:
        emit: takes the events, one at a time and in order; it must not take long.

    Raises:
        NeedsLlm: there is no LLM.
        ValueError: the selection is not in the draft, is empty or too long for the LLM.
    """
    start, end = selected(request.markdown, request.selection)
    told_texts = [request.instruction, request.facts, request.markdown]
    desk = await opened(
        tools,
        emit,
        day=request.as_of.isoformat(),
        told_texts=[text for text in told_texts if text.strip()],
        wanted=f"{request.instruction}\n{request.facts}\n{request.markdown[start:end]}",
        materials=request.materials,
    )
    speech = await _speech(desk, request, start, end)
    try:
        await desk.tell("draft.started", as_of=desk.day, start=start, end=end)
        await tell_materials(desk, request.materials)
        outside = request.markdown[:start] + request.markdown[end:]
        old = request.markdown[start:end]
        state = await _written(desk, speech, old, _above(request.markdown, start), outside)
    except asyncio.CancelledError:
        desk.stop, state = "cancelled", "stopped"
    markdown = request.markdown
    if state == "done":
        markdown = f"{_apart(markdown[:start])}{desk.done[PART]}{markdown[end:]}"
    outcome = desk.outcome(markdown, state, changes=changes(request.markdown, markdown))
    await desk.tell_end(outcome)
    return outcome


def selected(markdown: str, selection: tuple[int, int] | str | None) -> tuple[int, int]:
    """Return start and end of the part that may change, without blanks around it.

    A heading selects what stands below it and never itself; there may be nothing yet.

    >>> selected("# 甲\\n\\n一\\n\\n# 乙\\n\\n二\\n", "甲")
    (5, 6)

    Raises:
        ValueError: it is not in the text, or empty; a heading stands there more than once.
    """
    if isinstance(selection, str):
        start, end = _below(markdown, selection)
    else:
        start, end = selection or (0, len(markdown))
    if not 0 <= start <= end <= len(markdown):
        raise ValueError(f"选中部分 {start}–{end} 超出文稿（共 {len(markdown)} 字）")
    part = markdown[start:end]
    if start == end and _above(markdown, start):
        return start, end
    if not part.strip():
        raise ValueError("选中部分没有文字，请重新选择")
    return start + len(part) - len(part.lstrip()), end - (len(part) - len(part.rstrip()))


def changes(old: str, new: str) -> tuple[Change, ...]:
    """Return what changed between two texts, line by line and in order."""
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    return tuple(
        Change(
            old_start=a,
            old_end=b,
            new_start=c,
            new_end=d,
            old="".join(before[a:b]),
            new="".join(after[c:d]),
        )
        for tag, a, b, c, d in matcher.get_opcodes()
        if tag != "equal"
    )


def _below(markdown: str, heading: str) -> tuple[int, int]:
    """Return the place of what stands below a heading; just behind it if nothing does."""
    found = list(_HEADING.finditer(markdown))
    wanted = heading.strip("# 　")
    places = [at for at, match in enumerate(found) if match["words"].strip() == wanted]
    if len(places) != 1:
        names = "、".join(match["words"].strip() for match in found[:20]) or "无"
        why = "不止一处，请直接选中文字" if places else f"不在文稿中；文稿的标题有：{names}"
        raise ValueError(f"标题“{wanted[:40]}”{why}")
    match = found[places[0]]
    level = len(match["marks"])
    later = (one.start() for one in found[places[0] + 1 :] if len(one["marks"]) <= level)
    end = next(later, len(markdown))
    return match.end(), end if markdown[match.end() : end].strip() else match.end()


def _above(markdown: str, start: int) -> str:
    """Return the words of the heading right above a place, "" if none stands there."""
    line = markdown[:start].rstrip().rpartition("\n")[2]
    match = _HEADING.fullmatch(line)
    return match["words"].strip() if match else ""


def _apart(before: str) -> str:
    """Return what stands before a part so that the part begins a line of its own."""
    is_heading = bool(_HEADING.fullmatch(before.rpartition("\n")[2]))
    return f"{before}\n\n" if is_heading else before


async def _speech(desk: Desk, request: ReviseRequest, start: int, end: int) -> Spoken:
    """Return the prompt, or raise ValueError where the part does not fit the LLM."""
    part = inert(request.markdown[start:end])
    before, after = request.markdown[:start][-_AROUND:], request.markdown[end:][:_AROUND]
    data = {
        "instruction": request.instruction,
        "facts": request.facts,
        "around": f"{before}【选中部分】{after}",
        "selection": part,
    }
    speech, short = await desk.speech("revise", data, answer=desk.tools.output_tokens)
    most = answer_room(desk.tools, desk.tools.output_tokens)
    if "selection" in short or _ROOM * estimate_tokens(part) > most:
        raise ValueError(
            f"选中部分有 {len(part)} 字，大模型一次约能改写 {int(most / _ROOM)} 字，请分几次选择"
        )
    return speech


def _around(part: str, outside: str) -> str:
    """Return the lines that stand outside of a part alone, whatever their marks."""
    own = {line.strip(_MARKS) for line in part.split("\n")}
    return "\n".join(line for line in outside.split("\n") if line.strip(_MARKS) not in own)


async def _written(desk: Desk, speech: Spoken, old: str, heading: str, outside: str) -> State:
    await desk.tell("section.started", section=PART, heading="")
    try:
        around = _around(old, outside)
        is_own = bare(old, heading) != bare(old, "")  # the part begins with such a line itself
        above = "" if is_own else heading
        await passage(desk, PART, speech, heading=above, around=around, old=old)
    except Unusable as error:
        desk.stop = "llm_error"
        await desk.note("degraded", "llm_error", error.reason)
    except Exhausted as error:
        desk.stop = error.stop
        await desk.note("degraded", "budget", error.stop)
    if desk.stop == "written":
        return "done"
    desk.missing.clear()
    return "failed"
