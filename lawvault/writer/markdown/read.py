"""Read Markdown into the document model: any text gives a document, and what it lost is said.

The words come from people, LLMs and what they copied.  Nothing of it can load, link elsewhere than
to http(s), or run: HTML, scripts, field codes and formulas are words like others.  What cannot be
kept (images, characters that nobody sees, nesting without end, links to elsewhere) is left out and
noted, in Chinese, for whoever reads the draft.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from markdown_it.token import Token

from lawvault.writer.document import (
    Block,
    Break,
    Cell,
    Document,
    Footnote,
    Heading,
    Inline,
    Items,
    PageBreak,
    Paragraph,
    Quotation,
    Signature,
    Table,
    Text,
)
from lawvault.writer.flat import joined_lines, lines_of, words_of
from lawvault.writer.markdown.blocks import block_tokens
from lawvault.writer.markdown.inline import Seen, read_inline
from lawvault.writer.markdown.spelling import ALIGNED, SIGNATURE, cleaned

_WRAPPED = re.compile(r"\s*```(?:markdown|md)[ \t]*\n(.*)\n```\s*", re.DOTALL | re.IGNORECASE)
_PARAGRAPH_IN_CELL = re.compile(r"\\.|(<p>)")
_WIDTH = re.compile(r"\d{1,9}(?:\.\d{1,20})?")
_KIND = re.compile(r"\{(?=表头|跨)(表头)?[ ]?(?:跨(\d{1,2})列)?\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A document, and what was left out or mended to get it, in Chinese."""

    document: Document
    notes: tuple[str, ...] = ()


def read_markdown(text: str) -> Read:
    """Return the document that a Markdown text stands for; no text is refused.

    The first `# ` heading is the title and `##` a heading of level 1; where there is no title
    that is so, too.  A line break is one in the document, as drafts mean it.  Signs that Markdown
    has not: see `spelling`.

    >>> read_markdown("# 起诉状\\n\\n原告：【　】").document.title
    '起诉状'
    """
    remarks: Counter[str] = Counter()
    source = cleaned(text, remarks)
    wrapped = _WRAPPED.fullmatch(source)
    tokens, defined = block_tokens(wrapped[1] if wrapped else source, remarks)
    seen = Seen(defined=defined, remarks=remarks)
    reader = _Reader(tokens, seen)
    blocks = tuple(reader.blocks())
    if seen.undefined:
        remarks[f"脚注{_named(seen.undefined)}没有注文，已作为文字保留"] += 1
    document = Document(blocks=blocks, title=reader.title or "", notes=reader.notes)
    counted = ((words, count) for words, count in remarks.items())
    return Read(
        document=document,
        notes=tuple(f"{words}（{count} 处）" if count > 1 else words for words, count in counted),
    )


def _named(names: Sequence[str], most: int = 5) -> str:
    """Return names, and of many the first ones."""
    each = list(dict.fromkeys(names))
    shown = "、".join(f"“{name}”" for name in each[:most])
    return shown if len(each) <= most else f"{shown}等 {len(each)} 个"


class _Reader:
    """Goes once through the tokens of a text."""

    def __init__(self, tokens: Sequence[Token], seen: Seen) -> None:
        self._tokens = tokens
        self._at = 0
        self._seen = seen
        self._in_note = False
        self._above: dict[str, str] = {}  # caption and widths of the table that may follow
        self.title: str | None = None
        self.notes: dict[str, Footnote] = {}

    def blocks(self, until: str = "") -> list[Block]:
        """Return the blocks up to the token of that type, which is passed."""
        found: list[Block] = []
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            self._at += 1
            if token.type == until:
                break
            if self._above and token.type not in ("table", "widths_open", "caption_open"):
                found += self._left_over()
            found += self._block(token)
        return found + self._left_over() if self._above else found

    def _block(self, token: Token) -> Iterable[Block]:
        if token.type.endswith("_list_open"):
            return self._items(token)
        read = {
            "paragraph_open": self._paragraph,
            "heading_open": self._heading,
            "blockquote_open": self._quotation,
            "fence": self._fence,
            "hr": self._line,
            "table": self._table,
            "div_open": self._div,
            "caption_open": self._above_table,
            "widths_open": self._above_table,
            "new_page": lambda _token: (PageBreak(),),
            "footnote_reference_open": self._note,
        }
        return read[token.type](token)

    def _words(self) -> str:
        """Return the source of the words of a block that was just opened, and pass its end."""
        words = self._tokens[self._at].content
        self._at += 2
        return words

    def _inline(self, source: str) -> tuple[Inline, ...]:
        return read_inline(source, self._seen, in_note=self._in_note)

    def _paragraph(self, _token: Token) -> Iterable[Block]:
        content = self._inline(self._words())
        return (Paragraph(content=content),) if content else ()

    def _heading(self, token: Token) -> Iterable[Block]:
        content = self._inline(self._words())
        depth = int(token.tag[1])
        if depth == 1 and self.title is None and token.level == 0 and content:
            self.title = words_of(content)
            return ()
        return (Heading(level=max(1, depth - 1), content=content),) if content else ()

    def _quotation(self, _token: Token) -> Iterable[Block]:
        blocks = tuple(self.blocks("blockquote_close"))
        return (Quotation(blocks=blocks),) if blocks else ()

    def _items(self, token: Token) -> Iterable[Block]:
        is_numbered = token.type == "ordered_list_open"
        items: list[tuple[Block, ...]] = []
        while self._tokens[self._at].type == "list_item_open":
            self._at += 1
            items.append(tuple(self.blocks("list_item_close")))
        self._at += 1
        start = int(token.attrGet("start") or 0) if "start" in token.attrs else 1
        return (Items(items=tuple(items), start=start if is_numbered else None),)

    def _fence(self, token: Token) -> Iterable[Block]:
        content: list[Inline] = []
        for line in token.content.strip("\n").split("\n"):
            words = line.replace("\t", "    ")
            content += [Break(), Text(text=words)] if words else [Break()]
        return (Paragraph(content=tuple(content[1:])),) if content[1:] else ()

    def _line(self, token: Token) -> Iterable[Block]:
        if token.markup.startswith("_"):
            return (Paragraph(content=self._inline("___")),)
        self._seen.remarks["分隔线已略"] += 1
        return ()

    def _div(self, token: Token) -> Iterable[Block]:
        name = token.meta["name"]
        blocks = self.blocks("div_close")
        if name == SIGNATURE:
            lines = tuple(line for line in lines_of(blocks) if line)
            return (Signature(lines=lines),) if lines else ()
        align = ALIGNED[name]
        return (
            replace(block, align=align) if isinstance(block, Paragraph) else block
            for block in blocks
        )

    def _note(self, token: Token) -> Iterable[Block]:
        was_in_note, self._in_note = self._in_note, True
        blocks = self.blocks("footnote_reference_close")
        self._in_note = was_in_note
        if any(not isinstance(block, Paragraph) for block in blocks):
            self._seen.remarks["脚注中的列表、表格等已改为文字"] += 1
        self.notes[token.meta["label"]] = Footnote(content=joined_lines(lines_of(blocks)))
        return ()

    def _above_table(self, token: Token) -> Iterable[Block]:
        left_over = self._left_over() if token.type in self._above else []
        self._above[token.type] = self._words()
        return left_over

    def _left_over(self) -> list[Block]:
        """Return the caption of a table that did not come."""
        caption = self._inline(self._above.pop("caption_open", ""))
        if self._above.pop("widths_open", ""):
            self._seen.remarks["“::: 列宽”之后没有表格，已略"] += 1
        return [Paragraph(content=caption)] if caption else []

    def _table(self, token: Token) -> Iterable[Block]:
        sources: list[list[str]] = token.meta["rows"]
        has_head = any(sources[0])
        rows = [
            [self._cell(cell, is_header=number == 0) for cell in row]
            for number, row in enumerate(sources)
            if number or has_head
        ]
        spans = [sum(cell.columns for cell in row) for row in rows]
        columns = max(token.meta["columns"], *spans, 1)
        if any(span != columns for span in spans):
            self._seen.remarks["表格各行的格数不同，已补齐"] += 1
        caption = words_of(self._inline(self._above.pop("caption_open", "")))
        widths = self._widths(self._above.pop("widths_open", ""), columns)
        full = tuple(map(_filled_up, rows, (columns - span for span in spans)))
        return (Table(rows=full, columns=columns, caption=caption, widths=widths),) if full else ()

    def _cell(self, source: str, *, is_header: bool) -> Cell:
        kind = _KIND.match(source)
        words = source[kind.end() :] if kind else source
        parted = _PARAGRAPH_IN_CELL.sub(lambda found: "\n" if found[1] else found[0], words)
        return Cell(
            paragraphs=tuple(map(self._inline, parted.split("\n"))),
            columns=max(1, int(kind[2] or 1)) if kind else 1,
            is_header=is_header or bool(kind and kind[1]),
        )

    def _widths(self, words: str, columns: int) -> tuple[float, ...]:
        parts = words.split()
        if not parts:
            return ()
        if len(parts) != columns or not all(map(_WIDTH.fullmatch, parts)):
            self._seen.remarks["表格的列宽与列数不符，已略"] += 1
            return ()
        return tuple(map(float, parts))


def _filled_up(row: list[Cell], missing: int) -> tuple[Cell, ...]:
    """Return a row with an empty cell in place of those that are missing."""
    if not missing:
        return tuple(row)
    is_header = bool(row) and row[-1].is_header
    return (*row, Cell(paragraphs=((),), columns=missing, is_header=is_header))
