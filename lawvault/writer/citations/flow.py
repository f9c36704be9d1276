"""The words of a document as one text, and the way back from a place in it to the document.

What is held against the law is a text; what is marked is a document of runs, cells and items.  The
text reads as Markdown does: a heading begins with #, an empty line parts paragraphs, the items of a
list and the cells of a row follow each other line by line.  Footnotes and marks are not in it.
"""

import bisect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from lawvault.writer.document import (
    Blank,
    Block,
    Break,
    Cell,
    Document,
    Heading,
    Inline,
    Items,
    Mark,
    NoteRef,
    PageBreak,
    Paragraph,
    Quotation,
    Signature,
    Table,
    Text,
)

Line = tuple[Inline, ...]
Visit = Callable[[Line, str], Line]
"""Takes a line of a document and what parts it from the one before; returns what it becomes."""

_APART, _NEXT, _TITLE = "\n\n", "\n", "\n\n# "


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """The text of some lines; line i is text[starts[i]:ends[i]]."""

    text: str
    lines: tuple[Line, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def line_at(self, offset: int) -> int:
        """Return the line in which, or at whose end, a place of the text lies."""
        return max(0, bisect.bisect_right(self.starts, offset) - 1)

    def put(self, added: Iterable[tuple[int, Inline]]) -> list[Line]:
        """Return the lines with inlines put in at places of the text, in the order given.

        A run is cut there and keeps its looks on both sides; nothing is put inside a blank but
        behind it, and nothing beyond the line that the place is in.
        """
        by_line = dict[int, list[tuple[int, Inline]]]()
        for offset, inline in added:
            index = self.line_at(offset)
            place = min(offset, self.ends[index]) - self.starts[index]
            by_line.setdefault(index, []).append((place, inline))
        lines = list(self.lines)
        for index, places in by_line.items():
            lines[index] = _put(lines[index], sorted(places, key=lambda place: place[0]))
        return lines


def spoken(inline: Inline) -> str:
    """Return the characters of the text that an inline stands for."""
    match inline:
        case Text(text=text):
            return text
        case Break():
            return "\n"
        case Blank(label=label):
            return f"【{label}：　】" if label else "【　】"
        case NoteRef() | Mark():
            return ""
        case _:
            assert_never(inline)


def flow_of(blocks: Sequence[Block]) -> Flow:
    """Return the text of some blocks."""
    lines, parts, starts, ends, length = list[Line](), list[str](), list[int](), list[int](), 0

    def take(line: Line, lead: str) -> Line:
        nonlocal length
        words = "".join(map(spoken, line))
        lead = lead if lines else lead.lstrip("\n")
        starts.append(length + len(lead))
        length += len(lead) + len(words)
        ends.append(length)
        lines.append(line)
        parts.extend((lead, words))
        return line

    mapped(blocks, take)
    return Flow(text="".join(parts), lines=tuple(lines), starts=tuple(starts), ends=tuple(ends))


def with_lines(blocks: Sequence[Block], lines: Iterable[Line]) -> tuple[Block, ...]:
    """Return the blocks with other lines in place of theirs, in the order of the flow."""
    following = iter(lines)
    return mapped(blocks, lambda line, lead: next(following))


def mapped(blocks: Sequence[Block], visit: Visit, lead: str = _APART) -> tuple[Block, ...]:
    """Return the blocks with every line replaced by what `visit` returns, from first to last."""
    return tuple(_mapped(block, visit, lead) for block in blocks)


def _mapped(block: Block, visit: Visit, lead: str) -> Block:
    match block:
        case Heading():
            return replace(block, content=visit(block.content, _TITLE))
        case Paragraph():
            return replace(block, content=visit(block.content, lead))
        case Quotation():
            return replace(block, blocks=mapped(block.blocks, visit, lead))
        case Items():
            return replace(block, items=_items(block.items, visit, lead))
        case Table():
            return replace(block, rows=tuple(_row(row, visit) for row in block.rows))
        case Signature():
            lines = enumerate(block.lines)
            return replace(
                block, lines=tuple(visit(line, _NEXT if i else _APART) for i, line in lines)
            )
        case PageBreak():
            return block
        case _:
            assert_never(block)


_MAX_TOGETHER = 20  # items; what a sentence may go on from must not grow with the document


def _items(
    items: tuple[tuple[Block, ...], ...], visit: Visit, lead: str
) -> tuple[tuple[Block, ...], ...]:
    """Return the items; they go on from line to line as one paragraph does, a long list as some."""
    return tuple(
        mapped(item, visit, _NEXT if index % _MAX_TOGETHER else _APART if index else lead)
        for index, item in enumerate(items)
    )


def _row(row: tuple[Cell, ...], visit: Visit) -> tuple[Cell, ...]:
    cells, lead = list[Cell](), _APART
    for cell in row:
        paragraphs = list[Line]()
        for paragraph in cell.paragraphs:
            paragraphs.append(visit(paragraph, lead))
            lead = _NEXT
        cells.append(replace(cell, paragraphs=tuple(paragraphs)))
    return tuple(cells)


def _put(line: Line, places: Sequence[tuple[int, Inline]]) -> Line:
    """Return a line with inlines put in at places of its words, given in order."""
    done, at, waiting = list[Inline](), 0, list(places)
    for inline in line:
        end = at + len(spoken(inline))
        while waiting and waiting[0][0] <= at and not _stays(inline):
            done.append(waiting.pop(0)[1])
        while isinstance(inline, Text) and waiting and at < waiting[0][0] < end:
            cut = waiting[0][0] - at
            done.append(replace(inline, text=inline.text[:cut]))
            inline, at = replace(inline, text=inline.text[cut:]), at + cut
            while waiting and waiting[0][0] <= at:
                done.append(waiting.pop(0)[1])
        done.append(inline)
        at = end
    return (*done, *(inline for _, inline in waiting))


def _stays(inline: Inline) -> bool:
    """Say whether an inline belongs to the words before it."""
    return isinstance(inline, NoteRef | Mark)


def notes_in_order(document: Document) -> list[str]:
    """Return the ids of the footnotes that the document calls, in the order of their places."""
    called = dict[str, None]()

    def take(line: Line, lead: str) -> Line:
        called.update((one.id, None) for one in line if isinstance(one, NoteRef))
        return line

    mapped(document.blocks, take)
    return [id_ for id_ in called if id_ in document.notes]


def without(blocks: Sequence[Block], is_dropped: Callable[[Inline], bool]) -> tuple[Block, ...]:
    """Return the blocks without some of their inlines; runs that then meet are joined."""
    return mapped(blocks, lambda line, lead: joined([i for i in line if not is_dropped(i)]))


def joined(line: Sequence[Inline]) -> Line:
    """Return a line in which runs that look alike and meet are one."""
    done = list[Inline]()
    for inline in line:
        last = done[-1] if done else None
        if isinstance(inline, Text) and isinstance(last, Text) and _alike(inline, last):
            done[-1] = replace(last, text=last.text + inline.text)
        else:
            done.append(inline)
    return tuple(done)


def _alike(one: Text, other: Text) -> bool:
    return (one.bold, one.italic, one.link) == (other.bold, other.italic, other.link)


def spoken_words(line: Sequence[Inline]) -> str:
    """Return the words of a line as citations are counted in them: without marks and notes."""
    return "".join(map(spoken, line))
