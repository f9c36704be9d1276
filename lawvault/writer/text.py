"""A document as plain text: for a letter box, a chat, or a screen reader.

Notes are numbered and stand at the end, blanks as 【　】, room to sign as a line, faults as
⚠【…】.  The cells of a column stand below one another on a screen, where a Chinese character is two
columns wide.
"""

from collections.abc import Iterable, Iterator, Sequence

from lawvault.writer.document import (
    Block,
    Document,
    Inline,
    Items,
    NoteRef,
    PageBreak,
    Quotation,
    Signature,
    Table,
    Text,
)
from lawvault.writer.flat import columns_of, places_of_notes, split_at_breaks, words_of
from lawvault.writer.signing import is_room

_ROOM = "_" * 12
_WIDEST = 24
"""A cell whose words are wider is not filled up: the column would leave the screen."""


def to_text(document: Document) -> str:
    """Return a document as plain text that ends with a line break, "" if there is nothing.

    >>> to_text(Document(title="函", blocks=()))
    '函\\n'
    """
    numbers = {name: number for number, name in enumerate(places_of_notes(document), start=1)}
    parts = [document.title] if document.title else []
    parts += ["\n".join(lines) for lines in map(_Lines(numbers).of, document.blocks) if lines]
    if numbers:
        notes = (
            f"[{number}] {' '.join(words_of(document.notes[name].content).split())}"
            for name, number in numbers.items()
        )
        parts.append("\n".join(["注释：", *notes]))
    return "\n\n".join(parts) + "\n" if parts else ""


class _Lines:
    """The lines of blocks, for given numbers of the notes."""

    def __init__(self, numbers: dict[str, int]) -> None:
        self._numbers = numbers

    def of(self, block: Block) -> list[str]:
        """Return the lines of a block."""
        match block:
            case Quotation():
                return [f"　　{line}" if line else "" for line in self._all(block.blocks)]
            case Items():
                return list(self._items(block))
            case Table():
                return self._table(block)
            case Signature():
                return [self._words(map(_with_room, line)) for line in block.lines]
            case PageBreak():
                return []
            case _:
                return [self._words(line) for line in split_at_breaks(block.content)]

    def _all(self, blocks: Iterable[Block]) -> list[str]:
        return [line for block in blocks for line in self.of(block)]

    def _items(self, block: Items) -> Iterator[str]:
        for number, item in enumerate(block.items):
            sign = "· " if block.start is None else f"{block.start + number}. "
            first, *others = self._all(item) or [""]
            yield f"{sign}{first}".rstrip()
            yield from (" " * len(sign) + line for line in others)

    def _table(self, table: Table) -> list[str]:
        rows = [[self._cell(cell.paragraphs) for cell in row] for row in table.rows]
        spans = [[cell.columns for cell in row] for row in table.rows]
        widths = [2] * table.columns
        for row, span in zip(rows, spans, strict=True):
            column = 0
            for words, columns in zip(row, span, strict=True):
                if columns == 1 and column < len(widths):
                    widths[column] = max(widths[column], min(columns_of(words), _WIDEST))
                column += columns
        lines = [_row(row, span, widths) for row, span in zip(rows, spans, strict=True)]
        return [table.caption, *lines] if table.caption else lines

    def _cell(self, paragraphs: Iterable[Iterable[Inline]]) -> str:
        return " / ".join(filter(None, (self._words(line).strip() for line in paragraphs)))

    def _words(self, content: Iterable[Inline]) -> str:
        return words_of(
            Text(text=f"[{self._numbers[item.id]}]")
            if isinstance(item, NoteRef) and item.id in self._numbers
            else item
            for item in content
        )


def _with_room(item: Inline) -> Inline:
    return Text(text=_ROOM) if is_room(item) else item


def _row(cells: Sequence[str], spans: Sequence[int], widths: Sequence[int]) -> str:
    filled, column = [], 0
    for words, columns in zip(cells, spans, strict=True):
        room = sum(widths[column : column + columns]) + 3 * (columns - 1)
        filled.append(words + " " * max(0, room - columns_of(words)))
        column += columns
    return f"| {' | '.join(filled)} |"
