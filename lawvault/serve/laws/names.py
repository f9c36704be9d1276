"""From what people call a law to the law, and to the version that counts on a day.

A name that means several laws is answered with all of them, one that means none with those whose
names are nearest; no law is ever chosen for being similar.
"""

import datetime
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lawvault.law.names import comparable, short_name
from lawvault.law.validity import IN_FORCE, PENDING, SUPERSEDED, Standing, standing_on, start_of
from lawvault.retrieve.content import Content
from lawvault.retrieve.laws import ContentLookup, version_of
from lawvault.serve.contract import ApiError
from lawvault.serve.laws.contract import LawRecord, Match, Suggestion, Validity

Row = Mapping[str, object]

MAX_NAME = 200
_MATCHES: tuple[Match, ...] = (
    *("name", "alias"),
    *("prefix", "prefix"),
    *("substring", "substring"),
    "characters",
)
"""How a name fits, by rank; of two alike the first is by the law's own name."""
_NEAR = 5
_LEAST_LIKENESS = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One version of a law, all its versions, oldest first, and how it stands on the day."""

    row: Row
    versions: Sequence[Row]
    validity: Validity
    is_by_id: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One law with the forms of its names that are compared, its own first."""

    short: str
    keys: tuple[str, ...]
    is_in_force: bool

    def rank(self, key: str) -> int | None:
        """Return how well `key` fits, 0 for best; None if it does not."""
        own, others = self.keys[0], self.keys[1:]
        tests = (
            own == key,
            key in others,
            own.startswith(key),
            any(other.startswith(key) for other in others),
            key in own,
            any(key in other for other in others),
            len(key) > 1 and _is_subsequence(key, own),
        )
        return next((rank for rank, fits in enumerate(tests) if fits), None)


class LawNames:
    """The names of all laws of a content.db; safe in any thread."""

    def __init__(self, content: Content, lookup: ContentLookup) -> None:
        self._content, self._lookup = content, lookup
        rows = content.all_laws()
        groups = itertools.groupby(rows, key=lambda row: str(row["name_key"]))
        self._entries = [_entry(key, list(group)) for key, group in groups]

    def suggest(self, text: str, as_of: datetime.date, limit: int) -> tuple[list[Suggestion], int]:
        """Return laws whose names are like `text`, best first, and how many there are in all."""
        ranked = self._ranked(text)
        data = []
        for rank, entry in ranked[:limit]:
            found = self._on(entry.short, as_of)
            record = record_of(found.row).model_dump()
            data.append(Suggestion(**record, match=_MATCHES[rank], validity=found.validity))
        return data, len(ranked)

    def find(self, law: str, as_of: datetime.date) -> Found:
        """Return the version that `law` means: its own id, or a name of it and the day.

        Raises:
            ApiError: no law is called so, several are, or this can be no name.
        """
        law = law.strip()
        if not law or len(law) > MAX_NAME:
            raise ApiError(400, "invalid_value", f"法律名称须有 1 至 {MAX_NAME} 个字符", "law")
        if any("\ud800" <= char <= "\udfff" for char in law):
            raise ApiError(400, "invalid_value", "法律名称含有不合法的字符", "law")
        return self._by_id(law, as_of) or self._on(self._one(law), as_of)

    def _by_id(self, law: str, as_of: datetime.date) -> Found | None:
        name, mark, day = law.rpartition("@")
        if not mark:
            return None
        row = self._content.law(law) or self._content.law(f"{short_name(name)}@{day}")
        if row is None:
            versions = self._content.versions(self._one(name))
            dates = "、".join(str(version["version_date"]) for version in versions)
            raise ApiError(
                404, "law_not_found", f"《{name}》没有 {day} 的版本，已知版本：{dates}", "law"
            )
        versions = self._content.versions(str(row["law_name"]))
        standing = self._standing(versions, as_of)
        return Found(
            row=row, versions=versions, validity=_validity(row, standing, as_of), is_by_id=True
        )

    def _one(self, name: str) -> str:
        """Return the short name of the only law that is called so."""
        laws = self._lookup.laws(name)
        if len(laws) == 1:
            return laws[0]
        if laws:
            raise ApiError(
                409, "ambiguous_law", f"“{name}”可能指：{'、'.join(laws)}；请用其中一个名称", "law"
            )
        near = "、".join(self.near(name))
        hint = f"；相近的有：{near}" if near else ""
        raise ApiError(404, "law_not_found", f"没有名为“{name}”的法律{hint}", "law")

    def near(self, name: str) -> list[str]:
        """Return up to five short names that are like one that is not known."""
        ranked = [entry.short for _, entry in self._ranked(name)[:_NEAR]]
        if ranked:
            return ranked
        pairs = _pairs(comparable(name))
        liked = [(_likeness(pairs, _pairs(entry.keys[0])), entry.short) for entry in self._entries]
        liked.sort(key=lambda one: (-one[0], len(one[1]), one[1]))
        return [short for likeness, short in liked[:_NEAR] if likeness >= _LEAST_LIKENESS]

    def _ranked(self, text: str) -> list[tuple[int, _Entry]]:
        key = comparable(text)
        if not key:
            return []
        ranked = [(rank, e) for e in self._entries if (rank := e.rank(key)) is not None]
        ranked.sort(
            key=lambda one: (one[0], not one[1].is_in_force, len(one[1].keys[0]), one[1].short)
        )
        return ranked

    def _on(self, name: str, as_of: datetime.date) -> Found:
        """Return the version of a law that counts on a day: in force, or the nearest to it."""
        versions = self._content.versions(name)
        standing = self._standing(versions, as_of)
        chosen = standing.version or standing.about
        row = next(row for row in versions if version_of(row) == chosen)
        return Found(
            row=row, versions=versions, validity=_validity(row, standing, as_of), is_by_id=False
        )

    def _standing(self, versions: Iterable[Row], as_of: datetime.date) -> Standing:
        return standing_on(map(version_of, versions), as_of, known_on=self._content.as_of)


def record_of(row: Row) -> LawRecord:
    """Return a row of the table laws as it goes over the wire."""
    aliases = [alias for alias in str(row["aliases"]).split("\n") if alias]
    counts = {"articles": row["num_articles"], "searchable": row["num_in_corpus"]}
    return LawRecord.model_validate({**row, **counts, "aliases": aliases})


def validity_of(standing: Standing) -> Validity:
    """Return how a law stands as it goes over the wire."""
    in_force = standing.version is not None
    return Validity(in_force=in_force, status=standing.status, since=standing.since)


def _validity(row: Row, standing: Standing, as_of: datetime.date) -> Validity:
    version = version_of(row)
    if version in (standing.version, standing.about):
        return validity_of(standing)
    start = start_of(version)
    status = PENDING if start and start > as_of else SUPERSEDED
    return Validity(in_force=False, status=status, since=start if status == PENDING else None)


def _entry(key: str, rows: Sequence[Row]) -> _Entry:
    last = rows[-1]
    aliases = dict.fromkeys(comparable(one) for one in str(last["aliases"]).split("\n") if one)
    return _Entry(
        short=str(last["short_name"]),
        keys=(key, *(alias for alias in aliases if alias != key)),
        is_in_force=any(row["status"] == IN_FORCE for row in rows),
    )


def _is_subsequence(short: str, long: str) -> bool:
    """Say whether all characters of `short` stand in `long`, in order: 劳合法 in 劳动合同法."""
    rest = iter(long)
    return all(char in rest for char in short)


def _pairs(key: str) -> set[str]:
    return {key[i : i + 2] for i in range(max(1, len(key) - 1))}


def _likeness(one: set[str], other: set[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other))
