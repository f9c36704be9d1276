"""One pass over the paragraphs of a passage that do not hold; the others stay as they are."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from lawvault.models.budget import Exhausted
from lawvault.models.door import Unusable
from lawvault.models.json_answer import JsonSchema, RejectedAnswer, bounds
from lawvault.models.llm_reply import estimate_tokens
from lawvault.proof.claims import Verified
from lawvault.writer.drafting.desk import Desk
from lawvault.writer.drafting.echoes import own_turn

_MOST = 12  # paragraphs that one pass mends
_MORE = 100  # characters that the shortest may grow by


def _shape(ids: Collection[str], longest: int) -> JsonSchema:
    """Return the shape of a repair of paragraphs of these ids, the longest of so many characters.

    Each may become twice as long: without a bound a small model never ends the first one, and
    takes for an id whatever the prompt shows.
    """

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Paragraph:
        id: Annotated[str, bounds(pattern=f"^({'|'.join(ids)})$")]
        text: Annotated[str, bounds(maxLength=_MORE + 2 * longest)]

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Paragraphs:
        paragraphs: Annotated[list[Paragraph], bounds(minItems=1, maxItems=len(ids))]

    return JsonSchema("paragraphs", Paragraphs)


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
    faulty = {f"p{number}": found for number, found in enumerate(_faulty(before), 1)}
    words = {one: before.text[start:end] for one, (start, end, _) in faulty.items()}
    told = "\n\n".join(
        f"{one}：{words[one]}\n问题：{'；'.join(reasons)}" for one, (*_, reasons) in faulty.items()
    )
    answer = 200 + 2 * sum(map(estimate_tokens, words.values()))
    data = {"facts": desk.asked, "paragraphs": told}
    shape = _shape(words, max(map(len, words.values())))
    speech, short = await desk.speech("repair", data, answer=answer, schema=shape)
    if "paragraphs" in short:
        raise Unusable("repair", "overlong", "the paragraphs do not fit in the model's window")

    def read(said: dict[str, Any]) -> dict[str, str]:
        found = {one["id"]: " ".join(own_turn(one["text"]).split()) for one in said["paragraphs"]}
        kept = {one: text for one, text in found.items() if one in faulty and text}
        if not kept:
            raise RejectedAnswer(f"paragraphs 只能用所给编号 {'、'.join(faulty)}，text 不能为空")
        return kept

    texts = await desk.door.complete(speech, shape, read)
    return _with(before.text, [(*faulty[one][:2], texts[one]) for one in faulty if one in texts])


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


def _with(text: str, others: Sequence[tuple[int, int, str]]) -> str:
    """Return the text with other words in some places, which come in order."""
    pieces, done = list[str](), 0
    for start, end, words in others:
        pieces += [text[done:start], words]
        done = end
    return "".join([*pieces, text[done:]])
