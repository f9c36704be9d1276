"""The body of a document as paragraphs and tables, one after the other."""

import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace

from lxml import etree

from lawvault.writer.document import (
    Align,
    Block,
    Break,
    Heading,
    Items,
    PageBreak,
    Paragraph,
    Quotation,
    Signature,
    Table,
    Text,
)
from lawvault.writer.docx.inline import Runs
from lawvault.writer.docx.numbering import LEVELS, Numbering
from lawvault.writer.docx.styles import HEADINGS, Kind
from lawvault.writer.docx.tables import table
from lawvault.writer.docx.wml import W, w
from lawvault.writer.flat import words_of
from lawvault.writer.signing import insets
from lawvault.writer.titles import title_lines

_SIGNATURE_GAP = 560
"""Twips above who signs: about one empty line."""
_CODE = re.compile("[0-9A-Za-z-]{10,}")
"""What goes to the next line as a whole (LibreOffice), and would have the one before stretched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where blocks stand: the kind of their paragraphs; in a list, its w:numPr and its level."""

    kind: Kind = "body"
    level: int = -1
    number: "etree._Element | None" = None


@dataclass(slots=True, kw_only=True)
class Body:
    """Writes blocks; `width` is that of the text, in twips.

    `centred`: the lines of a signature stand centred over the last one, the date, which ends so
    many characters from the edge of the text; None where they stand as their style says.
    """

    runs: Runs
    numbering: Numbering
    width: int
    centred: float | None = None
    _breaks: bool = field(default=False, init=False)
    _after_table: bool = field(default=False, init=False)

    def title(self, title: str) -> "etree._Element":
        """Return the title of the document, in lines where the size of its letters is known."""
        look = self.runs.styles.looks.get("title")
        lines = title_lines(title, self.width / 20 / look.size) if look else (title,)
        content = [part for line in lines for part in (Break(), Text(text=line))][1:]
        return self._paragraph("title", self.runs.of(content, "title"))

    def blocks(self, blocks: Sequence[Block]) -> "Iterator[etree._Element]":
        """Yield the paragraphs and tables of the blocks.

        A page break is a property of the paragraph that follows, so that no empty line begins a
        page.  A table at the end gets an empty paragraph, which Word wants.
        """
        yield from self._blocks(blocks, _Place())
        if self._after_table:
            yield self._paragraph("normal", [])

    def _blocks(self, blocks: Sequence[Block], place: _Place) -> "Iterator[etree._Element]":
        for at, block in enumerate(blocks):
            if isinstance(block, PageBreak):
                self._breaks = True
            elif isinstance(block, Table):
                yield from self._table(block)
            elif isinstance(block, Items):
                yield from self._items(block, place)
            elif isinstance(block, Quotation):
                yield from self._blocks(block.blocks, _Place(kind="quotation"))
            elif isinstance(block, Signature):
                yield from self._signature(block)
            else:
                yield self._words(block, place, stays=_is_signed(blocks[at + 1 : at + 3]))
                place = replace(place, number=None)

    def _words(
        self, block: Heading | Paragraph, place: _Place, *, stays: bool = False
    ) -> "etree._Element":
        if isinstance(block, Heading):
            kind = HEADINGS[block.level - 1]
            return self._paragraph(kind, self.runs.of(block.content, kind))
        more = [place.number, *(_aligned(block.align) or [self._inset(place)])]
        if not block.align and _CODE.search(words_of(block.content)):
            more.append(w("jc", val="left"))
        stay = w("keepNext") if stays else None
        return self._paragraph(place.kind, self.runs.of(block.content, place.kind), stay, *more)

    def _inset(self, place: _Place) -> "etree._Element | None":
        """Return the indent of an item's second paragraph, which has no number to set it."""
        if place.level < 1 or place.number is not None:
            return None
        return self.numbering.inset(min(place.level, LEVELS - 1))

    def _items(self, block: Items, place: _Place) -> "Iterator[etree._Element]":
        level = place.level + 1
        number = self.numbering.new(level, block.start)
        for item in block.items:
            inside = _Place(kind=place.kind, level=level, number=deepcopy(number))
            if not item or not isinstance(item[0], Paragraph):
                yield self._words(Paragraph(content=()), inside)
                inside = replace(inside, number=None)
            yield from self._blocks(item, inside)

    def _signature(self, block: Signature) -> "Iterator[etree._Element]":
        for at, line in enumerate(block.lines):
            stays = w("keepNext") if at < len(block.lines) - 1 else None
            gap = w("spacing", before=_SIGNATURE_GAP) if at == 0 else None
            runs = self.runs.of(line, "signature")
            yield self._paragraph("signature", runs, stays, gap, *self._centred(block))

    def _centred(self, block: Signature) -> "tuple[etree._Element, ...]":
        if self.centred is None:
            return ()
        wide = self.numbering.character * 20
        left, right = insets(block.lines, room=self.width / wide, right=self.centred)
        indents = {"leftChars": round(left * 100), "left": round(left * wide)}
        indents |= {"rightChars": round(right * 100), "right": round(right * wide)}
        return w("ind", **indents, firstLineChars=0, firstLine=0), w("jc", val="center")

    def _table(self, block: Table) -> "Iterator[etree._Element]":
        if block.caption:
            caption = [self.runs.text(block.caption, "caption")]
            yield self._paragraph("caption", caption, w("keepNext"))
        elif self._breaks or self._after_table:
            yield self._paragraph("normal", [])
        yield table(block, self.runs, width=self.width)
        self._after_table = True

    def _paragraph(
        self, kind: Kind, runs: "list[etree._Element]", *more: "etree._Element | None"
    ) -> "etree._Element":
        """Return w:p; `more` are properties in the order of the schema."""
        properties = [element for element in more if element is not None]
        head = [w("pStyle", val=self.runs.styles.ids[kind])]
        if properties and properties[0].tag == f"{{{W}}}keepNext":
            head.append(properties.pop(0))
        if self._breaks:
            head.append(w("pageBreakBefore"))
        self._breaks = self._after_table = False
        return w("p", w("pPr", *head, *properties), *runs)


def _is_signed(after: Sequence[Block]) -> bool:
    """Say whether a paragraph is one of the last two above who signs; no page begins with that."""
    return any(
        isinstance(block, Signature) and all(isinstance(one, Paragraph) for one in after[:at])
        for at, block in enumerate(after)
    )


def _aligned(align: Align) -> "tuple[etree._Element, ...]":
    """Return the properties of a paragraph with a place of its own: no first line stands out."""
    if not align:
        return ()
    return w("ind", firstLineChars=0, firstLine=0), w("jc", val=align)
