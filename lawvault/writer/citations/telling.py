"""The footnotes on the provisions that a document cites, as manuals of legal citation have them.

A provision is told in full where it comes first, and from then on by 同前注〔N〕.
"""

import itertools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from lawvault.writer.citations.clean import NOTE_ID
from lawvault.writer.citations.flow import notes_in_order
from lawvault.writer.citations.provision import note_of, range_note, short_spoken
from lawvault.writer.document import Document, Footnote, NoteRef, Provenance, Text

MAX_NOTES = 5
"""Of one citation; one of more provisions gets a single note, without their words."""


class Telling:
    """The notes of one document: a provision in full once, then by the number of that note."""

    def __init__(self, taken: Collection[str], *, full_first: bool) -> None:
        """Take the ids that are taken, and whether a provision is told in full only once."""
        self.notes: dict[str, Footnote] = {}
        self._taken, self._full_first = taken, full_first
        self._first: dict[tuple[str, str], str] = {}
        self._again: dict[str, str] = {}  # id of a note -> id of the one that tells it in full

    def told(self, provisions: Sequence[Provenance]) -> Iterator[NoteRef]:
        """Yield the places of the notes on the provisions of one citation."""
        if len(provisions) > MAX_NOTES:
            yield self._add(Footnote(content=range_note(provisions)))
            return
        for provision in provisions:
            key = (provision.law_id, provision.address)
            first = self._first.get(key)
            if first and not provision.address:  # a law as a whole is told once
                continue
            place = self._add(Footnote(content=note_of(provision), provenance=provision))
            if first and self._full_first:
                self._again[place.id] = first
            self._first.setdefault(key, place.id)
            yield place

    def _add(self, note: Footnote) -> NoteRef:
        numbers = itertools.count(len(self.notes) + 1)
        ids = (NOTE_ID.format(number) for number in numbers)
        id_ = next(id_ for id_ in ids if id_ not in self._taken and id_ not in self.notes)
        self.notes[id_] = note
        return NoteRef(id=id_)

    def numbered(self, document: Document) -> Document:
        """Return the document with the numbers of notes in the notes that name others."""
        numbers = {id_: n for n, id_ in enumerate(notes_in_order(document), start=1)}
        notes = dict(document.notes)
        for id_, first in self._again.items():
            provision = notes[id_].provenance
            assert provision is not None
            words = f"同前注〔{numbers[first]}〕，{short_spoken(provision)}。"
            notes[id_] = replace(notes[id_], content=(Text(text=words),))
        return replace(document, notes=notes)
