"""What is noted while one question is answered."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from lawvault.law.resolve import NO_LAW_NAMED
from lawvault.retrieve.exact import MORE, NO_CITATION, NOT_IN_FORCE, Named, Note
from lawvault.serve.search.parts import Lack, SearchNote

_NOTHING_NAMED = SearchNote(problem=NO_CITATION, reason="问题中没有法律名称或条文号")


@dataclass(kw_only=True)
class Course:
    """What one answer lacks and leaves open, how long its steps took, what each leg found.

    `statute_words`: see `SearchAnswer`.
    """

    degraded: list[Lack] = field(default_factory=list)
    notes: list[SearchNote] = field(default_factory=list)
    milliseconds: dict[str, float] = field(default_factory=dict)
    found: dict[str, int] = field(default_factory=dict)
    statute_words: list[str] = field(default_factory=list)

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        """Note how long the block takes."""
        start = time.perf_counter()
        yield
        self.milliseconds[step] = milliseconds_since(start)

    def tell_exact(self, named: Named) -> None:
        """Note all that is to be said about a query that is read as nothing but a citation."""
        self.notes += [_note(note) for note in named.notes]
        if not named.found and not named.notes:
            self.notes.append(_NOTHING_NAMED)
        if named.notes or not named.found:
            self.degraded.append("not_resolved" if named.notes else "no_match")

    def tell(self, named: Named) -> None:
        """Note what a question names that is not here, not clear, or not in force.

        A law without an address, and an address without a law, are words like others when more
        stands beside them: it may be of a contract.
        """
        notes = named.notes
        if not named.is_all:
            notes = [note for note in notes if named.by_address and note.problem != NO_LAW_NAMED]
        self.notes += [_note(note) for note in notes]
        if any(note.problem not in (NOT_IN_FORCE, MORE) for note in notes):
            self.degraded.append("not_resolved")
        elif named.is_all and not named.found:
            self.notes.append(_NOTHING_NAMED)
            self.degraded.append("no_match")


def _note(note: Note) -> SearchNote:
    return SearchNote(
        problem=note.problem,
        reason=note.reason,
        words=note.words,
        candidates=list(note.candidates),
        law_ids=list(note.laws),
    )


def milliseconds_since(start: float) -> float:
    """Return the milliseconds since a moment of `time.perf_counter`."""
    return round(1000 * (time.perf_counter() - start), 1)
