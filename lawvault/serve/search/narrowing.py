"""From the filters of a request to what hits must match: laws by any name, other values as written.

A value that nothing in the data pack has is told, with those that are like it: left out without a
word it would have other law found than was asked for.
"""

import difflib
import functools
from collections.abc import Sequence
from typing import Final

from lawvault.law.names import comparable
from lawvault.retrieve.content import Content
from lawvault.retrieve.filters import Columns, Filter
from lawvault.retrieve.laws import ContentLookup
from lawvault.serve.contract import SearchFilters
from lawvault.serve.laws.names import MAX_NAME, LawNames
from lawvault.serve.search.course import Course
from lawvault.serve.search.parts import SearchNote

UNKNOWN: Final = "unknown_filter_value"
_LABELS = {"category": "类别", "region": "地区", "status": "效力状态", "issuer": "发布机关"}
_MAX_TOLD, _MAX_NEAR, _MAX_SHOWN = 5, 5, 50


class Narrowing:
    """What a data pack can be filtered by; safe in any thread."""

    def __init__(self, content: Content, lookup: ContentLookup, columns: Columns) -> None:
        self._content, self._lookup = content, lookup
        rows = [row for row in content.all_laws() if row["has_text"] or row["num_in_corpus"]]
        names = [str(row["law_name"]) for row in rows]
        self._names = {comparable(name): name for name in names}
        self._values = {
            column: columns.values(column) | {str(row[column]) for row in rows}
            for column in _LABELS
        }

    def filter(self, filters: SearchFilters, course: Course) -> Filter:
        """Return what hits must match, but for `as_of`; note the values that nothing has.

        If none of some values is known, nothing matches.
        """
        told: list[SearchNote] = []
        laws, ids = self._laws(filters.law_name, told)
        for column in _LABELS:
            self._check(column, getattr(filters, column), told)
        if told:
            course.notes += told[:_MAX_TOLD]
            course.degraded.append(UNKNOWN)
        more = len(told) - _MAX_TOLD
        if more > 0:
            course.notes.append(_told(f"另有 {more} 个筛选值也没有"))
        return Filter(
            law_name=laws, law_id=ids, **filters.model_dump(exclude={"law_name", "as_of"})
        )

    def _laws(
        self, values: Sequence[str], told: list[SearchNote]
    ) -> tuple[Sequence[str], Sequence[str]]:
        """Return official names, or versions where one is asked for by its id."""
        laws: list[str] = []
        ids: list[str] = []
        for value in dict.fromkeys(values):
            named = self._named(value)
            laws += named
            if not named and self._is_version(value):
                ids.append(value)
            elif not named:
                told.append(self._unknown_law(value, len(told)))
        if not ids:
            return laws or values, ()
        return (), [
            *ids,
            *(str(row["law_id"]) for law in laws for row in self._content.versions(law)),
        ]

    def _named(self, value: str) -> list[str]:
        """Return the official names of the laws with a text that a name or alias means."""
        own = self._names.get(comparable(value))
        if own:
            return [own]
        keys = [comparable(law) for law in self._lookup.laws(value)]
        return [self._names[key] for key in keys if key in self._names]

    def _is_version(self, value: str) -> bool:
        row = self._content.law(value)
        return row is not None and bool(row["has_text"] or row["num_in_corpus"])

    def _unknown_law(self, value: str, before: int) -> SearchNote:
        if self._lookup.laws(value) or self._content.law(value):
            return _told(f"库中没有“{_short(value)}”的正文")
        # Names are compared with those of all laws: not for a hundred wrong ones.
        near = self._near.near(value[:MAX_NAME]) if before < _MAX_TOLD and value.strip() else []
        return _told(f"没有名为“{_short(value)}”的法律{_listed('相近', near)}")

    @functools.cached_property
    def _near(self) -> LawNames:
        return LawNames(self._content, self._lookup)

    def _check(self, column: str, values: Sequence[str], told: list[SearchNote]) -> None:
        """Note the values that no article has; an empty one asks for those without a word."""
        known = self._values[column]
        for value in dict.fromkeys(values):
            if value and value not in known:
                reason = f"没有{_LABELS[column]}为“{_short(value)}”的法条"
                told.append(_told(reason + _listed(*_like(value, known, len(told)))))


def _like(value: str, known: set[str], before: int) -> tuple[str, list[str]]:
    """Return values that are like an unknown one, or else some that there are."""
    if before >= _MAX_TOLD:
        return "", []
    words = sorted(word for word in known if word)
    near = difflib.get_close_matches(value[:_MAX_SHOWN], words, _MAX_NEAR, 0.4)
    return ("相近", near) if near else ("有", words[:_MAX_NEAR])


def _listed(label: str, words: Sequence[str]) -> str:
    return f"；{label}：{'、'.join(words)}" if words else ""


def _short(value: str) -> str:
    return value if len(value) <= _MAX_SHOWN else f"{value[:_MAX_SHOWN]}…"


def _told(reason: str) -> SearchNote:
    return SearchNote(problem=UNKNOWN, reason=reason)
