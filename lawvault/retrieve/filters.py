"""What hits must match: typed conditions on columns, the same for every way of searching.

`Columns` holds the columns of a pack in memory, so that a ranking by words can be filtered before
it ranks, as LanceDB filters before it searches.  A date that is not known matches no range.
"""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
COLUMNS = ("law_id", "law_name", "category", "region", "status", "issuer")
DATES = ("publish_date", "effective_date")


class Condition(NamedTuple):
    """One column and what it must be: one of some values, or not before or after a day."""

    column: str
    kind: Literal["in", "from", "to"]
    values: Sequence[str] = ()
    day: datetime.date = datetime.date.min


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What hits must match; an empty list and None match all.

    `versions` is a list of law_ids, for which empty means that nothing matches.
    """

    law_name: Sequence[str] = ()
    law_id: Sequence[str] = ()
    category: Sequence[str] = ()
    region: Sequence[str] = ()
    status: Sequence[str] = ()
    issuer: Sequence[str] = ()
    versions: Sequence[str] | None = None
    published_from: datetime.date | None = None
    published_to: datetime.date | None = None
    effective_from: datetime.date | None = None
    effective_to: datetime.date | None = None

    def conditions(self) -> Iterator[Condition]:
        """Yield what must hold, all of it."""
        if self.versions is not None:
            yield Condition("law_id", "in", self.versions)
        for column in COLUMNS:
            values: Sequence[str] = getattr(self, column)
            if values:
                yield Condition(column, "in", values)
        if self.published_from:
            yield Condition("publish_date", "from", day=self.published_from)
        if self.published_to:
            yield Condition("publish_date", "to", day=self.published_to)
        if self.effective_from:
            yield Condition("effective_date", "from", day=self.effective_from)
        if self.effective_to:
            yield Condition("effective_date", "to", day=self.effective_to)

    def allows(self, row: Mapping[str, object]) -> bool:
        """Say whether one row of content.db matches; its dates are ISO."""
        return all(_holds(condition, row[condition.column]) for condition in self.conditions())


def _holds(condition: Condition, value: object) -> bool:
    if condition.kind == "in":
        return value in condition.values
    if not isinstance(value, str):
        return False
    day = datetime.date.fromisoformat(value)
    return day >= condition.day if condition.kind == "from" else day <= condition.day


class Columns:
    """What a pack can be filtered by, one row per article, by article_id."""

    def __init__(self, table: pa.Table) -> None:
        """Take the columns `chunk_id`, `COLUMNS` and `DATES`, in any order of rows."""
        order = pc.sort_indices(table, sort_keys=[("chunk_id", "ascending")])
        ordered = table.take(order).combine_chunks()
        self.article_ids: list[str] = ordered["chunk_id"].to_pylist()
        self.places: NDArray[np.int64] = order.to_numpy().astype(np.int64)
        """[n], where in `table` each article stands."""
        self._words = {name: _Words(ordered[name]) for name in COLUMNS}
        self._days = {name: ordered[name] for name in DATES}

    def values(self, column: str) -> set[str]:
        """Return the different words of one of `COLUMNS`."""
        return self._words[column].words

    def mask(self, only: Filter) -> Mask | None:
        """Return which rows match; None if the filter asks for nothing."""
        found: Mask | None = None
        for condition in only.conditions():
            if condition.kind == "in":
                part = self._words[condition.column].among(condition.values)
            else:
                part = _in_range(condition, self._days[condition.column])
            found = part if found is None else found & part
        return found


class _Words:
    """A column of few different words: looked up once each, not once a row."""

    def __init__(self, column: pa.ChunkedArray) -> None:
        encoded = pc.dictionary_encode(column.combine_chunks())
        self._number = {word: n for n, word in enumerate(encoded.dictionary.to_pylist())}
        self.words = {word for word in self._number if word is not None}
        unknown = len(self._number)  # a number of its own, which no word has
        self._numbers = pc.fill_null(encoded.indices, unknown).to_numpy()

    def among(self, values: Sequence[str]) -> Mask:
        """Return which rows hold one of `values`; a row without a word holds none."""
        wanted = np.zeros(len(self._number) + 1, np.bool_)
        wanted[[self._number[value] for value in values if value in self._number]] = True
        mask: Mask = wanted[self._numbers]
        return mask


def _in_range(condition: Condition, column: pa.ChunkedArray) -> Mask:
    compare = pc.greater_equal if condition.kind == "from" else pc.less_equal
    known = pc.fill_null(compare(column, pa.scalar(condition.day, pa.date32())), False)
    mask: Mask = known.to_numpy()
    return mask
