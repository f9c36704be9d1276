"""One passage of a draft: written by the LLM, told as it comes, gone on with where it was cut."""

import contextlib
import re
from typing import Literal

from lawvault.models.budget import Exhausted
from lawvault.models.door import Spoken, Unusable
from lawvault.models.replies import before_repeats, unfenced
from lawvault.proof.marking import inert
from lawvault.writer.drafting.chatter import without_chatter, without_lead
from lawvault.writer.drafting.checking import is_mendable
from lawvault.writer.drafting.desk import Desk
from lawvault.writer.drafting.echoes import own_turn, without_copies, without_fences
from lawvault.writer.drafting.mending import mended
from lawvault.writer.drafting.request import StopReason

_SPENT: dict[str, StopReason] = {
    "deadline": "deadline",
    "max_llm_calls": "max_llm_calls",
    "max_tokens": "max_tokens",
}
_PAUSES = ("\n", "。", "；")
_TAIL = 1200  # characters of what was written that the LLM sees to go on from
_OVERLAP = 200
_LEAST_OVERLAP = 6
_REFUSES = re.compile(
    r"\s*(?:很?抱歉|对不起|不好意思|(?:作为|我是)(?:一个|一名)?(?:AI|人工智能|大?语言模型)|"
    r"我(?:无法|不能)|I(?:'m| am) sorry|I can(?:no|')t)"
)
_MAX_REFUSAL = 200
_SHOWN = 100  # characters of chatter that a note shows
_HEADINGS = re.compile(r"^#+ .*$", re.MULTILINE)
_OPENED = re.compile(r"\A\s*```[a-zA-Z]*\n")


async def passage(
    desk: Desk,
    section: str,
    speech: Spoken,
    *,
    heading: str = "",
    around: str = "",
    old: str = "",
) -> str:
    """Return a passage, written, checked and settled.

    Args:
        heading: that of the section; the passage does not repeat it.
        around: what stands around it in the draft; lines of that are taken out of it.
        old: what it takes the place of.

    Raises:
        Unusable: not a word of it came.
        Exhausted: the budget is used up before its first word.
    """
    desk.raw = ""
    await _written(desk, section, speech)
    said = bare(await _document(desk, old), heading)
    text = await _own_words(desk, speech.phase, said, around)
    if not _has_words(text if speech.phase == "revise" else _HEADINGS.sub("", text)):
        desk.raw = ""
        raise Unusable(speech.phase, "empty", "the LLM's answer has no word")
    return await settled(desk, section, text)


async def _document(desk: Desk, old: str) -> str:
    """Return what came without what was said around it, unless the old text ended so, too."""
    document, said = without_chatter(desk.raw)
    if not said:
        return document
    if without_chatter(old)[1]:
        return desk.raw
    await desk.note("warning", "chatter", said if len(said) <= _SHOWN else f"{said[:_SHOWN]}…")
    return document


async def _own_words(desk: Desk, phase: str, said: str, around: str) -> str:
    """Return a passage without what it copies of the prompt and of the text around it."""
    prompt = desk.tools.prompts.files[phase]
    text = without_fences(said, desk.fence)
    text = without_copies(text, prompt=f"{prompt.system}\n{prompt.user}", around=around)
    if len(text) < len(said.strip()):
        await desk.note("warning", "copied")
    return text


async def settled(desk: Desk, section: str, text: str) -> str:
    """Return a passage that was written, held against the law, mended once and settled."""
    verified = await desk.verified(text)
    if is_mendable(verified):
        verified = await mended(desk, verified)
    return await desk.keep(section, verified)


async def _written(desk: Desk, section: str, speech: Spoken) -> None:
    """Have a passage written into `desk.raw`; go on once where it was cut."""
    reason = await _streamed(desk, section, speech)
    if reason == "cut":
        before = desk.raw
        data = {"instruction": desk.asked, "before": before[-_TAIL:]}
        go_on, _ = await desk.speech("go_on", data, answer=speech.max_tokens)
        reason = await _gone_on(desk, section, go_on, before)
    if reason:
        await _tell_cut(desk, reason)


async def _gone_on(desk: Desk, section: str, speech: Spoken, before: str) -> str:
    await desk.note("warning", "continued")
    try:
        reason = await _streamed(desk, section, speech, before=before)
    except (Unusable, Exhausted) as error:
        desk.raw = before
        return error.stop if isinstance(error, Exhausted) else error.reason
    desk.raw = joined(before, desk.raw[len(before) :])
    kept = before_repeats(desk.raw)
    desk.raw = desk.raw if kept is None else kept
    return reason


async def _tell_cut(desk: Desk, reason: str) -> None:
    desk.stop = _SPENT.get(reason, "cut")
    await desk.note("degraded", "repeats" if reason == "repeats" else "cut", reason)


async def _streamed(desk: Desk, section: str, speech: Spoken, *, before: str = "") -> str:
    """Add what comes to `desk.raw`; return why it is not whole, "" if it is.

    Raises:
        Unusable: not a word of it came, or a refusal.
        Exhausted: the budget is used up before its first word.
    """
    try:
        await _coming(desk, section, speech)
    except Unusable as error:
        if desk.raw == before:
            raise
        if error.reason == "repeats":
            desk.raw = before + own_turn(error.text)
        return error.reason
    except Exhausted as error:
        if desk.raw == before:
            raise
        return error.stop
    finally:
        await desk.tell_again()
    said = desk.raw[len(before) :]
    reason = _no_answer(said)
    if reason:
        desk.raw = before
        raise Unusable(speech.phase, reason, f"the LLM's answer is none: {reason}", text=said)
    return ""


def _no_answer(said: str) -> Literal["", "empty", "refused"]:
    """Say why what an LLM said is no passage, "" if it may be one."""
    if not _has_words(said):
        return "empty"
    return "refused" if len(said) < _MAX_REFUSAL and _REFUSES.match(said) else ""


def _has_words(text: str) -> bool:
    return any(map(str.isalnum, text))


async def _coming(desk: Desk, section: str, speech: Spoken) -> None:
    """Add what comes to `desk.raw`, telling it: not yet checked, but harmless.

    Who goes on into the next turn of a chat is listened to no longer.
    """
    held = ""
    async with contextlib.aclosing(desk.door.stream(speech)) as pieces:
        async for piece in pieces:
            if piece.kind != "text":
                continue
            known = len(desk.raw)
            desk.raw += piece.text
            held += piece.text
            own = own_turn(desk.raw, since=known)
            if own != desk.raw:
                desk.raw = own
                return
            if held.rstrip(" ").endswith(_PAUSES):
                await desk.tell("draft.delta", section=section, text=inert(held), draft=True)
                held = ""


def joined(before: str, after: str) -> str:
    """Return two halves of a text as one; what the second repeats of the first is there once.

    >>> joined("原告请求判令被告支付", "判令被告支付工资。")
    '原告请求判令被告支付工资。'
    """
    after = without_lead(unfenced(after))
    lead = after.lstrip()
    for size in range(min(_OVERLAP, len(before), len(lead)), _LEAST_OVERLAP - 1, -1):
        if before.endswith(lead[:size]):
            return before + lead[size:]
    return before + after


def bare(text: str, heading: str) -> str:
    """Return a text without the fence around it and the heading that stands above it anyhow.

    >>> bare("```markdown\\n## 事实与理由\\n\\n甲", "事实与理由")
    '甲'
    """
    text = _OPENED.sub("", unfenced(text)).strip()
    first, _, rest = text.partition("\n")
    words = first.strip("#* 　：:")
    return rest.strip() if heading and words == heading else text
