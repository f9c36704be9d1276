"""A document without what checks have told in it: their notes and lists, or every mark.

Markdown keeps the words of a note and not what it stands for.  So a note of ours is known by its
id and by the form of its words; anybody else's is never taken for one.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from lawvault.proof.cited import REASONS
from lawvault.writer.citations.flow import spoken_words, without
from lawvault.writer.citations.provision import is_note
from lawvault.writer.document import (
    Block,
    Document,
    Footnote,
    Heading,
    Inline,
    Items,
    Mark,
    NoteRef,
    Paragraph,
)

APPENDIX = "附：引用法条"
NOTE_ID = "law{}"

_NOTE_ID = re.compile(NOTE_ID.format(r"\d+"))
_OURS = re.compile(
    rf"(?:{'|'.join(map(re.escape, REASONS.values()))})(?:，(?:应为“.*”|原文见《.*))?"
    r"|(?:引文|此内容)见《.*|法条为“.*|“.*”(?:不见于所引法条|是推算所得.*)"
)
"""The reasons of marks that a check puts in; another check finds anew what still is at fault."""


def plain(document: Document) -> Document:
    """Return a document without the notes and marks that an earlier check told."""
    told = {id_ for id_, note in document.notes.items() if _is_told(id_, note)}

    def is_dropped(inline: Inline) -> bool:
        if isinstance(inline, Mark):
            return bool(_OURS.fullmatch(inline.reason))
        return isinstance(inline, NoteRef) and inline.id in told

    kept = {id_: note for id_, note in document.notes.items() if id_ not in told}
    shorter = replace(document, blocks=_without_appendix(document.blocks), notes=kept, checked=())
    return _without(shorter, is_dropped)


def unmarked(document: Document) -> Document:
    """Return a document without any mark, whoever put it in."""
    return _without(document, lambda inline: isinstance(inline, Mark))


def _without(document: Document, is_dropped: Callable[[Inline], bool]) -> Document:
    notes = {
        id_: replace(note, content=tuple(i for i in note.content if not is_dropped(i)))
        for id_, note in document.notes.items()
    }
    return replace(document, blocks=without(document.blocks, is_dropped), notes=notes)


def _is_told(id_: str, note: Footnote) -> bool:
    if note.provenance:
        return True
    return bool(_NOTE_ID.fullmatch(id_)) and is_note(spoken_words(note.content))


def _without_appendix(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    match blocks[-2:]:
        case (Heading(content=heading), Items(items=items)) if spoken_words(heading) == APPENDIX:
            lines = [block for item in items for block in item]
            if all(isinstance(b, Paragraph) and is_note(spoken_words(b.content)) for b in lines):
                return blocks[:-2]
    return blocks
