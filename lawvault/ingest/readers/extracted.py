"""The plain text of a document with markup, and how a table becomes lines."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """A document's text, one paragraph a line, and notes on what is odd or was left out."""

    text: str
    notes: list[str] = field(default_factory=list)


MAX_TEXT_CHARS = 20_000_000
"""Above it a document is refused: the largest codes have less than a million characters."""

_MAX_CELL_LINES = 8


def row_lines(cells: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of one table row, whose cells are lists of lines.

    A row is one line, its cells separated by tabs.  Where a table only places text on a page (one
    cell in the row, or a cell of many lines) the lines of its cells stay lines.

    >>> row_lines([["罚款", "（元）"], ["500"]]), row_lines([["第一条", "第二条"]])
    (['罚款 （元）\\t500'], ['第一条', '第二条'])
    """
    if len(cells) == 1 or any(len(cell) > _MAX_CELL_LINES for cell in cells):
        return [line for cell in cells for line in cell]
    words = [" ".join(" ".join(cell).split("\t")) for cell in cells]
    return ["\t".join(words)] if any(words) else []


def counted(number: int, thing: str) -> str:
    """Return `1 picture` or `3 pictures`.

    >>> counted(1, "picture"), counted(3, "picture")
    ('1 picture', '3 pictures')
    """
    return f"{number} {thing}" + ("" if number == 1 else "s")
