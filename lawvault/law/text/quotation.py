"""Quotations: the stretches of a text between quotation marks, “ ”, 「 」, 『 』 or straight ones.

A quotation of several paragraphs opens each of them and is closed after the last.  A mark that was
never closed ends with its paragraph, so that one slip does not swallow the rest of a text.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """text[start:end], with its quotation marks."""

    start: int
    end: int


_CLOSING = {"“": "”", "「": "」", "『": "』", '"': '"'}
_OPENING = re.compile('[“"「『]')
_MARKS = {mark: re.compile(f"[{mark}{closing}]") for mark, closing in _CLOSING.items()}
_NUMBERED = re.compile(
    r"\n\s*(?:第[零〇一二三四五六七八九十百千万0-9]+条|[一二三四五六七八九十百]+、)"
)


def quotes(text: str) -> list[Quote]:
    """Return the outermost quotations, in order.

    >>> [(q.start, q.end) for q in quotes("作为：“甲。\\n“乙。”称“丙”")]
    [(3, 11), (12, 15)]
    """
    found, at = list[Quote](), 0
    while opening := _OPENING.search(text, at):
        at = _end(text, opening.start())
        found.append(Quote(start=opening.start(), end=at))
    return found


def _end(text: str, start: int) -> int:
    """Return where the quotation that opens at `start` ends."""
    opening, paragraph, depth = text[start], start, 1
    line = _line_end(text, start)  # of the paragraph that was opened last
    for match in _MARKS[opening].finditer(text, start + 1):
        here = match.start()
        if match[0] == opening and _begins_paragraph(text, here):
            if _NUMBERED.search(text, paragraph, here):
                break  # this quotation repeats its marks, but the paragraph before has none
            paragraph, depth, line = here, 1, _line_end(text, here)
        elif match[0] == _CLOSING[opening]:
            depth -= 1
            if not depth:
                return match.end()
        elif here > line:
            break  # opened anew inside another paragraph: the one before was not closed
        else:
            depth += 1
    return line


def _line_end(text: str, start: int) -> int:
    line = text.find("\n", start)
    return len(text) if line < 0 else line


def _begins_paragraph(text: str, offset: int) -> bool:
    while offset and text[offset - 1] != "\n":
        offset -= 1
        if not text[offset].isspace():
            return False
    return True
