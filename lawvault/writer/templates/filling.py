"""A template and what was told become a document.

Values enter as words, all at once, after the Markdown of the template has been read: nothing in a
value is ever Markdown, a slot, or code.  What was not told stays a `Blank`; a paragraph, an item
or a row that names only slots with nothing to say (optional and not told, or not applicable) is
left out, and so is a heading that had nothing but that, or a slot alone, right below it.

A section that is still to be written is a paragraph with one `Blank`: `placeholder(section)`,
in Markdown 【待撰写：事实与理由：　】.  `with_section` puts its blocks there.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lawvault.writer.document import (
    Blank,
    Block,
    Cell,
    Document,
    Heading,
    Inline,
    Items,
    Paragraph,
    Quotation,
    Signature,
    Table,
    Text,
)
from lawvault.writer.flat import words_of
from lawvault.writer.markdown.read import read_markdown
from lawvault.writer.slots.shown import (
    BOXED,
    Line,
    blocks_of,
    boxes_of,
    inline_of,
    joined,
    lines_of,
)
from lawvault.writer.slots.slot import Slot
from lawvault.writer.templates.error import TemplateError
from lawvault.writer.templates.fields import Row, Section, Sheet
from lawvault.writer.templates.forms import Answers, Missing, Problem, holds, values_of
from lawvault.writer.templates.placeholders import pieces
from lawvault.writer.templates.template import Template

TO_WRITE = "待撰写：{}"
"""The label of the blank of a section that is still to be written, by its heading."""
MAX_CHARS = 3_000_000
"""How many characters the values may add to a document."""
REQUIRED = "*"
"""What marks an item of a form that has to be filled in."""
_SHEET_WIDTHS = (1.3, 3.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A template that was filled.

    `told` are the values that were used, by label and in words, for whoever writes the sections
    `to_write`; `notes` say in Chinese what was cleaned or left out.
    """

    document: Document
    missing: tuple[Missing, ...]
    problems: tuple[Problem, ...]
    to_write: tuple[Section, ...]
    told: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def fill(template: Template, values: Mapping[str, Any]) -> Filled:
    """Return the document that a template makes of values (JSON, by slot or section id).

    Raises:
        TemplateError: the template repeats long values so often that the document would have more
            than `MAX_CHARS`.
    """
    answers = values_of(template, values)
    filling = _Filling(template, answers)
    filling.refuse_excess()
    read = read_markdown(template.body)
    body = filling.body(read.document.blocks)
    foot = filling.foot()
    title = filling.line(template.title or read.document.title)
    notes = {
        name: replace(note, content=filling.inline(note.content))
        for name, note in read.document.notes.items()
    }
    document = replace(read.document, blocks=(*body, *foot), title=_title(title), notes=notes)
    to_write = [
        section
        for section in template.sections
        if section.id not in answers.written and section.id not in answers.silent
    ]
    return Filled(
        document=document,
        missing=answers.missing,
        problems=answers.problems,
        to_write=tuple(to_write),
        told=filling.told(),
        notes=(*template.notes, *read.notes, *answers.notes),
    )


def placeholder(section: Section) -> Paragraph:
    """Return the paragraph that stands where a section is to be written."""
    return Paragraph(content=(Blank(label=TO_WRITE.format(section.heading)),))


def with_section(document: Document, section: Section, blocks: Sequence[Block]) -> Document:
    """Return the document with `blocks` in the place of a section that was to be written.

    Raises:
        ValueError: it has no such place.
    """
    place = placeholder(section)
    if place not in document.blocks:
        raise ValueError(f"the document has no place for the section {section.id!r}")
    at = document.blocks.index(place)
    return replace(document, blocks=(*document.blocks[:at], *blocks, *document.blocks[at + 1 :]))


def _title(line: Line) -> str:
    """Return a title, which can hold no `Blank`, in words."""
    told = [Text(text=f"〔{part.label}〕") if isinstance(part, Blank) else part for part in line]
    return words_of(told)


class _Filling:
    """One filling of one template."""

    def __init__(self, template: Template, answers: Answers) -> None:
        self._template = template
        self._answers = answers
        self._slots = {slot.id: slot for slot in template.slots}
        self._sections = {section.id: section for section in template.sections}
        self._sheets = {sheet.id: sheet for sheet in template.sheets}
        self._names = template.names()

    def refuse_excess(self) -> None:
        """Raise TemplateError if the values, as often as they are used, are too much."""
        texts = "\n".join(self._template.texts())
        uses = Counter(piece.slot for piece in pieces(texts, self._names))
        lengths = {name: len(words) for name, words in self._answers.written.items()}
        for name, value in self._answers.values.items():
            lengths[name] = sum(len(words_of(line)) for line in lines_of(self._slots[name], value))
        total = sum(count * lengths.get(name, 0) for name, count in uses.items())
        if total > MAX_CHARS:
            message = f"填写后的内容共 {total} 字，上限为 {MAX_CHARS} 字：请减少填写项重复的次数"
            raise TemplateError(message)

    def body(self, blocks: Sequence[Block]) -> list[Block]:
        """Return the blocks of the body, filled, without headings over nothing."""
        filled = [self.block(block) for block in blocks]
        kept: list[Block] = []
        for number, (block, found) in enumerate(zip(blocks, filled, strict=True)):
            if not isinstance(block, Heading) or not self._is_emptied(blocks, filled, number):
                kept += found
        return kept

    def _is_emptied(
        self, blocks: Sequence[Block], filled: Sequence[tuple[Block, ...]], number: int
    ) -> bool:
        """Say whether the heading at `number` had something below it, of which nothing is left."""
        end = number + 1
        if end < len(blocks) and not filled[end] and self._alone(blocks[end]):
            return True
        while end < len(blocks) and not isinstance(blocks[end], Heading):
            end += 1
        return end > number + 1 and not any(filled[number + 1 : end])

    def foot(self) -> list[Block]:
        """Return who signs, and the lines below."""
        template = self._template
        signed = [self.line(line) for line in template.signature if not self._is_mute(line)]
        foot: list[Block] = [Signature(lines=tuple(signed))] if signed else []
        below = [self.line(line) for line in template.appendix if not self._is_mute(line)]
        return foot + [Paragraph(content=line) for line in below]

    def told(self) -> tuple[tuple[str, str], ...]:
        """Return label and words of every value."""
        values = self._answers.values
        return tuple(
            (slot.label, "\n".join(map(words_of, lines_of(slot, values[slot.id]))))
            for slot in self._template.slots
            if slot.id in values
        )

    def block(self, block: Block) -> tuple[Block, ...]:
        """Return what one block of the template becomes; nothing if it has nothing to say."""
        if isinstance(block, Paragraph):
            return self._paragraph(block)
        if isinstance(block, Heading):
            return (replace(block, content=self.inline(block.content)),)
        if isinstance(block, Quotation):
            below = tuple(found for part in block.blocks for found in self.block(part))
            return (replace(block, blocks=below),) if below else ()
        if isinstance(block, Items):
            items = (
                tuple(new for part in item for new in self.block(part)) for item in block.items
            )
            kept = tuple(item for item in items if item)
            return (replace(block, items=kept),) if kept else ()
        if isinstance(block, Table):
            rows = [row for row in block.rows if not self._is_mute(_words_of_row(row))]
            return (replace(block, rows=tuple(map(self._cells, rows))),) if rows else ()
        if isinstance(block, Signature):
            lines = [line for line in block.lines if not self._is_mute(words_of(line))]
            return (Signature(lines=tuple(map(self.inline, lines))),) if lines else ()
        return (block,)

    def inline(self, content: Iterable[Inline]) -> Line:
        """Return some words with the values in their places."""
        found: list[Inline] = []
        for part in content:
            if isinstance(part, Text) and "{{" in part.text:
                found += self._pieces(part)
            else:
                found.append(part)
        return joined(found)

    def line(self, text: str) -> Line:
        """Return a line of a sheet, a signature or a title, filled."""
        return joined(self._pieces(Text(text=text)))

    def _pieces(self, text: Text, *, is_boxed: bool = False) -> Iterable[Inline]:
        for piece in pieces(text.text, self._names):
            if piece.slot:
                yield from (
                    replace(part, bold=text.bold, italic=text.italic)
                    if isinstance(part, Text)
                    else part
                    for part in self._inline_of(piece.slot, is_boxed=is_boxed)
                )
            elif piece.blank is not None:
                yield Blank(label=piece.blank)
            else:
                yield replace(text, text=piece.text)

    def _inline_of(self, name: str, *, is_boxed: bool) -> Line:
        if name in self._answers.silent:
            return ()
        if name in self._slots:
            show = boxes_of if is_boxed else inline_of
            return show(self._slots[name], self._answers.values.get(name))
        if name in self._sections:
            written = self._answers.written.get(name)
            section = self._sections[name]
            return (
                (Text(text=" ".join(written.split())),) if written else placeholder(section).content
            )
        return (Text(text=self._sheets[name].caption),)

    def _paragraph(self, paragraph: Paragraph) -> tuple[Block, ...]:
        words = words_of(paragraph.content)
        if self._is_mute(words):
            return ()
        alone = self._alone(paragraph)
        if not alone:
            return (replace(paragraph, content=self.inline(paragraph.content)),)
        if alone in self._sheets:
            return (self._sheet(self._sheets[alone]),)
        if alone in self._sections and alone not in self._answers.written:
            return (placeholder(self._sections[alone]),)
        if alone in self._sections:
            written = Slot(id=alone, type="long_text", label=alone)
            return blocks_of(written, self._answers.written[alone])
        return tuple(
            replace(block, align=paragraph.align) if isinstance(block, Paragraph) else block
            for block in blocks_of(self._slots[alone], self._answers.values.get(alone))
        )

    def _alone(self, block: Block) -> str:
        """Return the slot, section or sheet that a paragraph consists of, "" if there is more."""
        if not isinstance(block, Paragraph) or not all(
            isinstance(part, Text) for part in block.content
        ):
            return ""
        return _alone(words_of(block.content), self._names)

    def _is_mute(self, text: str) -> bool:
        """Say whether `text` names slots and none of them has anything to say."""
        named = [piece.slot for piece in pieces(text, self._names) if piece.slot]
        return bool(named) and all(map(self._says_nothing, named))

    def _says_nothing(self, name: str) -> bool:
        if name in self._answers.silent:
            return True
        slot = self._slots.get(name)
        return slot is not None and not slot.required and name not in self._answers.values

    def _cells(self, row: tuple[Cell, ...]) -> tuple[Cell, ...]:
        return tuple(
            replace(cell, paragraphs=tuple(map(self.inline, cell.paragraphs))) for cell in row
        )

    def _sheet(self, sheet: Sheet) -> Table:
        asked = [row for row in sheet.rows if holds(row.when, self._answers.values)]
        rows = tuple(map(self._sheet_row, asked))
        return Table(rows=rows, columns=2, caption=sheet.caption, widths=_SHEET_WIDTHS)

    def _sheet_row(self, row: Row) -> tuple[Cell, ...]:
        if not row.lines:
            return (Cell(paragraphs=((Text(text=row.label),),), columns=2, is_header=True),)
        named = [piece.slot for line in row.lines for piece in pieces(line, self._slots)]
        is_required = any(
            self._slots[name].required and name not in self._answers.silent
            for name in filter(None, named)
        )
        label = f"{row.label} {REQUIRED}" if is_required else row.label
        lines = [found for line in row.lines for found in self._sheet_lines(line)]
        return (Cell(paragraphs=((Text(text=label),),)), Cell(paragraphs=tuple(lines) or ((),)))

    def _sheet_lines(self, line: str) -> Sequence[Line]:
        named = [piece.slot for piece in pieces(line, self._slots) if piece.slot]
        boxes = [name for name in named if self._slots[name].type in BOXED]
        if self._is_mute(line) and self._answers.silent.issuperset(boxes):
            return ()
        alone = _alone(line, self._slots)
        if alone:
            return lines_of(self._slots[alone], self._answers.values.get(alone))
        return (joined(self._pieces(Text(text=line), is_boxed=True)),)


def _alone(text: str, names: Iterable[str]) -> str:
    """Return the slot, section or sheet that `text` consists of, "" if it is more or none."""
    found = list(pieces(text.strip(), frozenset(names)))
    return found[0].slot if len(found) == 1 else ""


def _words_of_row(row: tuple[Cell, ...]) -> str:
    return "".join(words_of(line) for cell in row for line in cell.paragraphs)
