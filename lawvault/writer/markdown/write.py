"""Write a document as Markdown, in one way only, so that reading it back gives the same document.

What a text has in common with a sign of Markdown is escaped; nothing is read into words that they
do not say.  The signs that Markdown has not are those of `spelling`.
"""

import re
from collections.abc import Callable, Sequence
from itertools import groupby

from lawvault.writer.document import (
    Align,
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
from lawvault.writer.markdown.spelling import (
    ALIGNED,
    BLANK,
    CAPTION,
    NEW_PAGE,
    SIGNATURE,
    WIDTHS,
    is_note_id,
)

_NAMES: dict[Align, str] = {align: name for name, align in ALIGNED.items()}
_SIGN = re.compile(r"[\\`*_\[\]]|&(?=[#A-Za-z])|<(?=[A-Za-z/!?])|!$|【|⚠(?=\ufe0f?(?:【|$))")
_LINE_START = re.compile(r"(\[\^[^\]]*\])(?=:)|(\d{1,9})(?=[.)](?:\s|$))|(?=[#>+=~:|{-])")


def to_markdown(document: Document) -> str:
    """Return a document as Markdown; what it writes, it would write again after reading.

    `read_markdown(to_markdown(document)).document == document` for whatever Markdown can express.
    It cannot express, and this leaves out: `checked`, `properties`, the provenance of footnotes;
    empty texts, paragraphs, headings, quotations, tables and lines of signatures; control and
    unseen characters.  It cannot keep apart: texts side by side that look alike (they become one),
    a footnote's place within a footnote (text).  Lists and quotations more than `MAX_NESTING`
    deep are flattened; tables have `MAX_COLUMNS` at most, widths six decimals, addresses 2,000
    characters.

    Raises:
        ValueError: an id of a footnote is no word of letters, digits and `_.:-`.

    >>> to_markdown(Document(title="函", blocks=(Paragraph(content=(Text(text="1. 甲*"),)),)))
    '# 函\\n\\n1\\\\. 甲\\\\*\\n'
    """
    parts = [f"# {_heading((Text(text=document.title),))}"] if document.title else []
    parts += _blocks(document.blocks)
    for name, note in document.notes.items():
        body = _words(note.content).replace("\n", "\n    ")
        parts.append(f"{_reference(name)}: {body}".rstrip())
    return "\n\n".join(parts) + "\n" if parts else ""


def _blocks(blocks: Sequence[Block], *, depth: int = 0) -> list[str]:
    parts: list[str] = []
    is_second = False  # of two lists side by side, which other signs keep apart
    before: Block | None = None
    for align, group in groupby(blocks, _align):
        if align:
            aligned = [part for block in group for part in _block(block, depth, is_second=False)]
            before, inner = None, "\n\n".join(aligned)
            parts.append(f"::: {_NAMES[align]}\n{inner}\n:::")
            continue
        for block in group:
            is_second = _is_like(before, block) and not is_second
            parts += _block(block, depth, is_second=is_second)
            before = block
    return parts


def _align(block: Block) -> Align:
    return block.align if isinstance(block, Paragraph) else ""


def _is_like(before: Block | None, block: Block) -> bool:
    if not isinstance(before, Items) or not isinstance(block, Items):
        return False
    return (before.start is None) == (block.start is None)


def _block(block: Block, depth: int, *, is_second: bool) -> list[str]:
    """Return what a block is written as; nothing for one that is empty."""
    match block:
        case Heading():
            source = f"{'#' * (block.level + 1)} {_heading(block.content)}"
        case Paragraph():
            source = _words(block.content)
        case Quotation():
            inner = "\n\n".join(_blocks(block.blocks, depth=depth))
            source = _prefixed(inner, "> ", "> ") if inner else ""
        case Items():
            source = _items(block, depth, is_second=is_second)
        case Table():
            source = _table(block)
        case Signature():
            lines = "\n".join(filter(None, map(_words, block.lines)))
            source = f"::: {SIGNATURE}\n{lines}\n:::" if lines else ""
        case PageBreak():
            source = f"::: {NEW_PAGE}"
    return [source] if source else []


def _prefixed(source: str, first: str, others: str) -> str:
    lines = source.split("\n")
    written = [first + lines[0], *(others + line if line else others for line in lines[1:])]
    return "\n".join(line.rstrip(" ") for line in written)


def _items(block: Items, depth: int, *, is_second: bool) -> str:
    written = []
    for number, item in enumerate(block.items):
        if block.start is None:
            sign = "*" if is_second else "-+"[depth % 2]
        else:
            sign = f"{block.start + number}{')' if is_second else '.'}"
        inner = "\n\n".join(_blocks(item, depth=depth + 1))
        written.append(_prefixed(inner, f"{sign} ", " " * (len(sign) + 1)))
    is_tight = all(len(item) == 1 for item in block.items)
    return ("\n" if is_tight else "\n\n").join(written)


def _table(table: Table) -> str:
    lines = [f"::: {CAPTION} {_one_line((Text(text=table.caption),))}"] if table.caption else []
    if table.widths:
        lines.append(f"::: {WIDTHS} {' '.join(map(_decimal, table.widths))}")
    ruler = "|" + " --- |" * table.columns
    has_head = bool(table.rows) and all(cell.is_header for cell in table.rows[0])
    if not has_head:
        lines += ["|" + "  |" * table.columns, ruler]
    for number, row in enumerate(table.rows):
        is_head = has_head and number == 0
        lines.append("| " + " | ".join(_cell(cell, is_head=is_head) for cell in row) + " |")
        if is_head:
            lines.append(ruler)
    return "\n".join(lines) if table.rows else ""


def _decimal(width: float) -> str:
    return f"{width:f}".rstrip("0").rstrip(".")


def _cell(cell: Cell, *, is_head: bool) -> str:
    words = "<p>".join(map(_one_line, cell.paragraphs)).replace("|", "&#124;")
    is_bare_head = is_head and not words and cell.columns == 1
    kinds = ["表头"] if is_bare_head or (cell.is_header and not is_head) else []
    kinds += [f"跨{cell.columns}列"] if cell.columns > 1 else []
    if kinds:
        return f"{{{' '.join(kinds)}}} {words}".rstrip()
    return f"\\{words}" if words.startswith("{") else words


def _heading(content: tuple[Inline, ...]) -> str:
    """Return the words of a heading; a `#` at their end is no end of a heading."""
    return re.sub(r"#+$", lambda found: f"\\{found[0]}", _one_line(content))


def _one_line(content: tuple[Inline, ...]) -> str:
    return _source(content, lambda _number: "<br>")


def _words(content: tuple[Inline, ...]) -> str:
    """Return the words of a paragraph; no line of them begins as a block does."""

    def line_break(number: int) -> str:
        around = content[max(number - 1, 0) : number + 2]
        is_inside = len(around) == 3 and sum(isinstance(one, Break) for one in around) == 1
        return "\\\n" if is_inside else "<br>"

    lines = _source(content, line_break).split("\n")
    return "\n".join(
        _LINE_START.sub(_as_text, line, count=1) if _LINE_START.match(line) else line
        for line in lines
    )


def _as_text(start: re.Match[str]) -> str:
    return f"{start[1] or start[2] or ''}\\"


def _source(content: tuple[Inline, ...], line_break: Callable[[int], str]) -> str:
    pieces, look = list[str](), (False, False)
    for number, item in enumerate(content):
        now = (item.bold, item.italic) if isinstance(item, Text) else (False, False)
        pieces.append(_turn(look, now))
        look = now
        if isinstance(item, Text):
            pieces.append(
                _text(
                    item, content[number - 1] if number else None, content[number + 1 : number + 2]
                )
            )
        else:
            pieces.append(line_break(number) if isinstance(item, Break) else _sign(item))
    return "".join([*pieces, _turn(look, (False, False))])


def _turn(look: tuple[bool, bool], now: tuple[bool, bool]) -> str:
    return ("**" if look[0] != now[0] else "") + ("*" if look[1] != now[1] else "")


def _sign(item: Blank | NoteRef | Mark) -> str:
    match item:
        case Blank():
            return f"【{_inside(item.label)}：　】" if item.label else "【　】"
        case Mark():
            return f"⚠【{_inside(item.reason)}】"
        case NoteRef():
            return _reference(item.id)


def _reference(name: str) -> str:
    if not is_note_id(name):
        raise ValueError(f"the id of a footnote must be letters, digits and _.:-, got {name!r}")
    return f"[^{name}]"


def _inside(words: str) -> str:
    """Return words as they stand between 【 and 】."""
    return re.sub("[【】]", _entity, _edged(escaped(words), left=True, right=True))


def _text(item: Text, before: Inline | None, after: Sequence[Inline]) -> str:
    words = escaped(item.text)
    if item.link:
        address = re.sub(r"[\\()<>&]", _backslashed, item.link)
        return f"[{words}]({address})"
    is_styled = item.bold or item.italic
    left = is_styled or before is None or isinstance(before, Break)
    right = is_styled or not after or isinstance(after[0], Break)
    return _edged(words, left=left, right=right)


def _edged(words: str, *, left: bool, right: bool) -> str:
    """Return words whose spaces at an edge are not taken for space around them."""
    if left:
        words = re.sub(r"^\s", _entity, words)
    return re.sub(r"\s$", _entity, words) if right else words


def escaped(words: str) -> str:
    """Return words as a source that says them and nothing else.

    >>> escaped("*甲*_【　】【乙】&amp;")
    '\\\\*甲\\\\*\\\\_&#12304;　】【乙】\\\\&amp;'
    """
    return _SIGN.sub(_escape, words)


def _escape(found: re.Match[str]) -> str:
    char = found[0]
    if char == "【":
        return char if _stays(found.string, found.start()) else _entity(found)
    return _entity(found) if char == "⚠" else _backslashed(found)


_CLOSED = re.compile("【[^【】]*】")


def _stays(words: str, at: int) -> bool:
    """Say whether 【 begins no blank, whatever follows these words."""
    return bool(_CLOSED.match(words, at)) and not BLANK.match(words, at)


def _entity(found: re.Match[str]) -> str:
    return f"&#{ord(found[0])};"


def _backslashed(found: re.Match[str]) -> str:
    return f"\\{found[0]}"
