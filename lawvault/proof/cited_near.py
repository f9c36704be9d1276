"""The citations near a sentence: its own, those in its footnotes, those that it goes on from."""

import bisect
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lawvault.law.citations import Citation
from lawvault.law.normal import Span
from lawvault.proof.prose import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """The citations in a sentence, and those of its paragraph that it may go on from or lead to.

    A heading leads to those of its whole section.
    `same`: one of these stands in the same sentence, behind or before a semicolon.
    """

    own: tuple[Citation, ...]
    around: tuple[Citation, ...]
    same: bool


_MAX_AROUND = 12  # citations on each side; a paragraph may have hundreds


def near_of(unit: Sentence, citations: Sequence[Citation], units: Sequence[Sentence]) -> Near:
    """Return what is near a sentence; `units` and `citations` are in the order of the text."""
    first, last = (
        side(units, unit.block, key=lambda other: other.block)
        for side in (bisect.bisect_left, bisect.bisect_right)
    )
    block = _section(unit, units[first:]) if unit.level else units[first:last]
    begin = bisect.bisect_left(citations, unit.start, key=lambda c: c.start)
    end = bisect.bisect_left(citations, unit.end, key=lambda c: c.start)
    reach = citations[max(0, begin - _MAX_AROUND) : end + _MAX_AROUND]
    around = tuple(c for c in reach if block[0].start <= c.start < block[-1].end)
    whole = bisect.bisect_left(block, unit.whole, key=lambda other: other.whole)
    return Near(
        own=tuple(citations[begin:end]),
        around=around,
        same=any(block[whole].start <= citation.start < unit.whole for citation in around),
    )


def goes_on(citation: Citation, before: Citation, units: Sequence[Sentence]) -> bool:
    """Say whether a citation without a law follows a good one in its paragraph."""
    if citation.verdict != "ambiguous" or before.verdict != "verified":
        return False
    blocks = [_block_at(at, units) for at in (before.start, citation.start)]
    return blocks[0] is not None and blocks[0] == blocks[1]


def _block_at(at: int, units: Sequence[Sentence]) -> int | None:
    """Return the paragraph that a place of the text is in; a heading is in none."""
    index = bisect.bisect_right(units, at, key=lambda unit: unit.start) - 1
    return units[index].block if index >= 0 and at < units[index].end else None


def _section(heading: Sentence, units: Sequence[Sentence]) -> Sequence[Sentence]:
    """Return a heading, which is the first of `units`, with what stands under it."""
    levels = (index for index, one in enumerate(units) if index and 0 < one.level <= heading.level)
    return units[: next(levels, len(units))]


_NOTE = re.compile(r"^[ \t>]*\[\^?(?P<name>[\w-]{1,12})\][^\n]*", re.MULTILINE)
_NOTED = re.compile(r"\[\^?(?P<name>[\w-]{1,12})\]")


def notes(text: str) -> dict[str, Span]:
    """Return where the lines of a text are that begin with [^1] or [1]: its footnotes.

    >>> notes("一年[^1]。\\n\\n[^1]：第三条")
    {'1': (9, 17)}
    """
    return {match["name"]: match.span() for match in _NOTE.finditer(text)}


def with_notes(
    near: Near, words: str, citations: Sequence[Citation], *, found: Mapping[str, Span]
) -> Near:
    """Return what is near a sentence that cites nothing itself, with what its footnotes cite."""
    spans = [found[match["name"]] for match in _NOTED.finditer(words) if match["name"] in found]
    if near.own or not spans:
        return near
    noted = [c for c in citations if any(start <= c.start < end for start, end in spans)]
    return replace(near, own=tuple(noted))
