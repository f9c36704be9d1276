"""One pass over the paragraphs of a passage that do not hold; the others stay as they are."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from lawvault.models.budget import Exhausted
from lawvault.models.door import Unusable
from lawvault.models.json_answer import JsonSchema, RejectedAnswer, bounds
from lawvault.models.llm_reply import estimate_tokens
from lawvault.proof.claims import Verified
from lawvault.writer.desk import Desk

_MOST = 12  # paragraphs that one pass mends


@dataclass(frozen=True, slots=True, kw_only=True)
class _Paragraph:
    id: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Paragraphs:
    paragraphs: Annotated[list[_Paragraph], bounds(maxItems=_MOST)]


PARAGRAPHS = JsonSchema("paragraphs", _Paragraphs)


async def mended(desk: Desk, before: Verified) -> Verified:
    """Return a passage after one pass of repair, if that made it better."""
    try:
        text = await _repaired(desk, before)
    except (Unusable, Exhausted) as error:
        reason = error.stop if isinstance(error, Exhausted) else error.reason
        await desk.note("degraded", "repair_failed", reason)
        return before
    finally:
        await desk.tell_again()
    after = await desk.verified(text)
    if is_better(after, before):
        return after
    await desk.note("degraded", "repair_failed", "no better")
    return before


def is_better(after: Verified, before: Verified) -> bool:
    """Say whether a repair has fewer faults and did not just throw the passage away."""
    is_whole = 2 * len(after.text) >= len(before.text) and 2 * after.verified >= before.verified
    return after.flagged < before.flagged and is_whole


async def _repaired(desk: Desk, before: Verified) -> str:
    faulty = _faulty(before)
    told = "\n\n".join(
        f"{number}：{before.text[start:end]}\n问题：{'；'.join(reasons)}"
        for number, (start, end, reasons) in enumerate(faulty, 1)
    )
    answer = 200 + 2 * sum(estimate_tokens(before.text[start:end]) for start, end, _ in faulty)
    data = {"facts": desk.asked, "paragraphs": told}
    speech, short = await desk.speech("repair", data, answer=answer, schema=PARAGRAPHS)
    if "paragraphs" in short:
        raise Unusable("repair", "overlong", "the paragraphs do not fit in the model's window")

    def read(said: dict[str, Any]) -> dict[int, str]:
        found = {one["id"]: " ".join(one["text"].split()) for one in said["paragraphs"]}
        kept = {number: text for number, text in found.items() if 1 <= number <= len(faulty)}
        if not any(kept.values()):
            raise RejectedAnswer(f"paragraphs 只能用所给编号 1 至 {len(faulty)}，text 不能为空")
        return kept

    texts = await desk.door.complete(speech, PARAGRAPHS, read)
    return _with(before.text, faulty, texts)


def _faulty(verified: Verified) -> list[tuple[int, int, list[str]]]:
    """Return start and end of every line with faults, and these."""
    found = list[tuple[int, int, list[str]]]()
    for line in re.finditer(r"[^\n]+", verified.text):
        reasons = [
            f"“{verified.text[f.start : f.end][:40]}”{f.reason}"
            for f in verified.findings
            if f.reason and line.start() <= f.start < line.end()
        ]
        if reasons:
            found.append((*line.span(), reasons))
    return found[:_MOST]


def _with(text: str, faulty: Sequence[tuple[int, int, list[str]]], texts: dict[int, str]) -> str:
    pieces, done = list[str](), 0
    for number, (start, end, _) in enumerate(faulty, 1):
        pieces += [text[done:start], texts.get(number) or text[start:end]]
        done = end
    return "".join([*pieces, text[done:]])
