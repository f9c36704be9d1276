"""A document without its shape: the words of a paragraph, the lines of blocks."""

import unicodedata
from collections.abc import Iterable, Iterator

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


def words_of(content: Iterable[Inline]) -> str:
    """Return the words of a paragraph on one line, without the places of notes.

    >>> words_of((Text(text="原告："), Blank(label="姓名"), Mark(reason="缺")))
    '原告：【姓名：　】⚠【缺】'
    """
    return "".join(map(_words, content))


def _words(item: Inline) -> str:
    match item:
        case Text():
            return item.text
        case Break():
            return " "
        case Blank():
            return f"【{item.label}：　】" if item.label else "【　】"
        case Mark():
            return f"⚠【{item.reason}】"
        case NoteRef():
            return ""


def columns_of(words: str) -> int:
    """Return how wide words are: two for a Chinese character, one for a Latin one.

    >>> columns_of("甲a")
    3
    """
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in words)


def lines_of(blocks: Iterable[Block]) -> list[tuple[Inline, ...]]:
    """Return the lines of blocks, with what stands in them; items of lists with their numbers."""
    return [line for block in blocks for line in _lines(block)]


def _lines(block: Block) -> Iterator[tuple[Inline, ...]]:
    match block:
        case Heading() | Paragraph():
            yield from split_at_breaks(block.content)
        case Quotation():
            yield from lines_of(block.blocks)
        case Signature():
            yield from block.lines
        case PageBreak():
            return
        case Items():
            yield from _item_lines(block)
        case Table():
            if block.caption:
                yield (Text(text=block.caption),)
            yield from (_row(row) for row in block.rows)


def _item_lines(block: Items) -> Iterator[tuple[Inline, ...]]:
    for number, item in enumerate(block.items):
        sign = "- " if block.start is None else f"{block.start + number}. "
        first, *others = lines_of(item) or [()]
        yield _after(sign, first)
        yield from others


def _row(row: tuple[Cell, ...]) -> tuple[Inline, ...]:
    cells = (" ".join(map(words_of, cell.paragraphs)) for cell in row)
    return (Text(text=" | ".join(cells)),)


def _after(sign: str, line: tuple[Inline, ...]) -> tuple[Inline, ...]:
    """Return a line with a sign before it, as one run with the words that look like it."""
    if line and isinstance(line[0], Text) and line[0] == Text(text=line[0].text):
        return (Text(text=sign + line[0].text), *line[1:])
    return (Text(text=sign), *line)


def split_at_breaks(content: tuple[Inline, ...]) -> Iterator[tuple[Inline, ...]]:
    """Yield the lines of a paragraph; always one at least."""
    line: list[Inline] = []
    for item in content:
        if isinstance(item, Break):
            yield tuple(line)
            line = []
        else:
            line.append(item)
    yield tuple(line)


def joined_lines(lines: Iterable[tuple[Inline, ...]]) -> tuple[Inline, ...]:
    """Return lines as one content with a break between each two."""
    content: list[Inline] = []
    for line in lines:
        content += [Break(), *line]
    return tuple(content[1:])


def places_of_notes(document: Document) -> list[str]:
    """Return the ids of the footnotes as their places come, each once; those without are not."""
    found = (item.id for item in _inlines(document.blocks) if isinstance(item, NoteRef))
    return [name for name in dict.fromkeys(found) if name in document.notes]


def _inlines(blocks: Iterable[Block]) -> Iterator[Inline]:
    for block in blocks:
        match block:
            case Heading() | Paragraph():
                yield from block.content
            case Quotation():
                yield from _inlines(block.blocks)
            case Items():
                yield from (one for item in block.items for one in _inlines(item))
            case Table():
                cells = (cell for row in block.rows for cell in row)
                yield from (one for cell in cells for line in cell.paragraphs for one in line)
            case Signature():
                yield from (one for line in block.lines for one in line)
            case PageBreak():
                continue
