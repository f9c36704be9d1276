"""The frame of a draft: a filled template as Markdown, cut where sections are to be written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lawvault.proof.prose import sentences
from lawvault.writer.citations.flow import flow_of
from lawvault.writer.markdown.read import read_markdown
from lawvault.writer.markdown.write import to_markdown
from lawvault.writer.templates.fields import Section
from lawvault.writer.templates.filling import TO_WRITE, fill
from lawvault.writer.templates.forms import Missing, Problem
from lawvault.writer.templates.template import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Markdown and, between its pieces, sections that are to be written.

    `told` are the values of the template in words, a line each.
    """

    pieces: tuple[str | Section, ...]
    told: str = ""
    missing: tuple[Missing, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def sections(self) -> tuple[Section, ...]:
        """What is to be written, in order."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Section))

    @property
    def outline(self) -> str:
        """The whole frame, with blanks for the sections."""
        return "".join(map(shown, self.pieces))


_ENDS = "。；;！!？?"

FREE = Frame(pieces=(Section(id="draft", heading="", guidance=""),))
"""No template: all of it is to be written."""


def shown(piece: str | Section) -> str:
    """Return a piece as Markdown, a section as the blank that stands in its place."""
    return piece if isinstance(piece, str) else f"【{TO_WRITE.format(piece.heading)}：　】"


def frame_of(template: Template, values: Mapping[str, Any]) -> Frame:
    """Return the frame that a template makes of the answers to its form."""
    filled = fill(template, values)
    text, pieces, done = to_markdown(filled.document), list[str | Section](), 0
    places = [(text.find(shown(section)), section) for section in filled.to_write]
    for place, section in sorted(places, key=lambda found: found[0]):
        if place >= done:
            pieces += [text[done:place], section]
            done = place + len(shown(section))
    return Frame(
        pieces=(*pieces, text[done:]),
        told="\n".join(f"{label}：{words}" for label, words in filled.told),
        missing=filled.missing,
        problems=filled.problems,
        notes=filled.notes,
    )


def own_sentences(template: Template) -> frozenset[str]:
    """Return the sentences that are the template's alone: no slot or section is in them.

    They are as they stand in `flow_of` a document, without what ends them.
    """
    text = flow_of(read_markdown("\n\n".join(template.texts())).document.blocks).text
    found = (text[one.start : one.end] for one in sentences(text))
    return frozenset(words.rstrip(_ENDS) for words in found if "{{" not in words)
