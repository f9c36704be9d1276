"""A document from the JSON of an LLM.

The shape is small and flat, so that a server can hold a small LLM to it: every block has the same
four keys.  Its words are Markdown of one paragraph: **bold**, 【　】, [^1], ⚠【reason】.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from lawvault.models.json_answer import JsonSchema, RejectedAnswer
from lawvault.writer.document import (
    MAX_LEVEL,
    Block,
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
)
from lawvault.writer.flat import joined_lines, split_at_breaks, words_of
from lawvault.writer.markdown.inline import Seen, read_inline
from lawvault.writer.markdown.spelling import MAX_COLUMNS, cleaned, is_note_id

Kind = Literal[
    "heading", "paragraph", "quotation", "bullets", "numbers", "table", "signature", "page_break"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockAnswer:
    """One block: `lines` are its lines, paragraphs or items, `rows` those of a table."""

    kind: Kind
    level: int  # of a heading, 1 to MAX_LEVEL; 0 for the others
    lines: list[str]
    rows: list[list[str]]  # the first is the head


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteAnswer:
    """One footnote, whose place in the words is [^id]."""

    id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentAnswer:
    """A whole document."""

    title: str
    blocks: list[BlockAnswer]
    notes: list[NoteAnswer]


DOCUMENT_SCHEMA = JsonSchema("document", DocumentAnswer)
"""What an LLM is asked for; `DOCUMENT_SCHEMA.strict` is the JSON schema for its server."""


def document_of(answer: Mapping[str, Any]) -> Document:
    """Return the document that an answer stands for; keys that the shape has not are left out.

    Raises:
        RejectedAnswer: it has another shape, or says what no document can be; names the place.
    """
    try:
        value, _ = DOCUMENT_SCHEMA.check(dict(answer))
    except (TypeError, RecursionError) as error:
        raise RejectedAnswer(f"not JSON: {error}") from None
    notes = value["notes"]
    ids = [note["id"] for note in notes]
    for number, name in enumerate(ids):
        if not is_note_id(name) or name in ids[:number]:
            raise RejectedAnswer(
                f"notes[{number}].id must be letters and digits and stand once, got {name!r}"
            )
    words = _Words(frozenset(ids))
    blocks = (
        words.block(block, f"blocks[{number}]") for number, block in enumerate(value["blocks"])
    )
    return Document(
        title=words_of(words.line(value["title"], "title")),
        blocks=tuple(blocks),
        notes={
            note["id"]: Footnote(content=words.note(note["text"], f"notes[{number}].text"))
            for number, note in enumerate(notes)
        },
    )


class _Words:
    """Reads the words and blocks of one answer, whose footnotes are known."""

    def __init__(self, ids: frozenset[str]) -> None:
        self._ids = ids

    def line(self, text: str, where: str) -> tuple[Inline, ...]:
        """Return what words say; a footnote that is not there is rejected."""
        seen = Seen(defined=self._ids)
        content = read_inline(cleaned(text, Counter()), seen)
        if seen.undefined:
            raise RejectedAnswer(f"{where}: notes have no id {seen.undefined[0]!r}")
        return content

    def note(self, text: str, where: str) -> tuple[Inline, ...]:
        """Return the words of a footnote, in which there is no other."""
        content = read_inline(cleaned(text, Counter()), Seen(defined=self._ids), in_note=True)
        if not content:
            raise RejectedAnswer(f"{where} is empty")
        return content

    def block(self, block: Mapping[str, Any], where: str) -> Block:
        """Return a block."""
        if block["kind"] == "page_break":
            return PageBreak()
        if block["kind"] == "table":
            return self._table(block["rows"], f"{where}.rows")
        read = (
            self.line(line, f"{where}.lines[{number}]")
            for number, line in enumerate(block["lines"])
        )
        lines = [line for line in read if line]
        if not lines:
            raise RejectedAnswer(f"{where}.lines must hold the words of a {block['kind']}")
        return _from_lines(block, lines, where)

    def _table(self, rows: list[list[str]], where: str) -> Table:
        columns = len(rows[0]) if rows else 0
        if not 1 <= columns <= MAX_COLUMNS:
            raise RejectedAnswer(f"{where} must have 1 to {MAX_COLUMNS} cells a row, got {columns}")
        for number, row in enumerate(rows):
            if len(row) != columns:
                raise RejectedAnswer(
                    f"{where}[{number}] must have {columns} cells like the first, got {len(row)}"
                )
        return Table(
            columns=columns,
            rows=tuple(
                tuple(
                    Cell(
                        paragraphs=(self.line(cell, f"{where}[{number}]"),),
                        is_header=number == 0,
                    )
                    for cell in row
                )
                for number, row in enumerate(rows)
            ),
        )


def _from_lines(block: Mapping[str, Any], lines: list[tuple[Inline, ...]], where: str) -> Block:
    match block["kind"]:
        case "heading":
            if not 1 <= block["level"] <= MAX_LEVEL:
                raise RejectedAnswer(
                    f"{where}.level must be 1 to {MAX_LEVEL}, got {block['level']}"
                )
            return Heading(level=block["level"], content=joined_lines(lines))
        case "quotation":
            return Quotation(blocks=tuple(Paragraph(content=line) for line in lines))
        case "bullets" | "numbers":
            items = tuple((Paragraph(content=line),) for line in lines)
            return Items(items=items, start=1 if block["kind"] == "numbers" else None)
        case "signature":
            parts = (part for line in lines for part in split_at_breaks(line) if part)
            return Signature(lines=tuple(parts))
        case _:
            return Paragraph(content=joined_lines(lines))
