"""Validity of every version on a day, where its source has a word for it and where not.

Words are judged by `lawvault.law.validity`.  Where a source has none, dates decide: of a law's
versions in effect the newest is in force, those before it were amended, those after it wait; and a
law that a later one says it repeals is repealed.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lawvault.ingest.edition import Edition
from lawvault.ingest.screen import UNKNOWN
from lawvault.law.dates import repeals
from lawvault.law.names import comparable, short_name
from lawvault.law.validity import IN_FORCE, PENDING, REPEALED, SUPERSEDED, Version, statuses

Statuses = dict[str, str]
"""Status word of the source, which may differ between articles of one version -> status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """Statuses of every version by law_id, and the day of repeal of those whose day is known.

    `gone` holds laws that no source has and one says it repeals, by name, with the day.
    """

    statuses: dict[str, Statuses]
    repeal_dates: dict[str, datetime.date]
    gone: dict[str, datetime.date | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Repeal:
    """A law, as the version `by` names it when it says that it is repealed."""

    name: str
    by: Edition

    @property
    def day(self) -> datetime.date | None:
        return self.by.head.effective_date or self.by.head.version_date


def validity_of(versions: Sequence[Edition], as_of: datetime.date) -> Validity:
    """Return how each version stands on the day `as_of`."""
    repeals = _repeals([v for v in versions if not _is_pending(v, as_of)])
    statuses = _statuses(versions, as_of, repeals)
    dates = dict[str, datetime.date]()
    for version in versions:
        repeal = repeals.get(comparable(version.head.law_name))
        is_repealed = REPEALED in statuses[version.law_id].values()
        if repeal and repeal.day and is_repealed and _date(version) < _date(repeal.by):
            dates[version.law_id] = repeal.day
    known = {comparable(version.head.law_name) for version in versions}
    gone = {repeal.name: repeal.day for key, repeal in repeals.items() if key not in known}
    return Validity(statuses=statuses, repeal_dates=dates, gone=gone)


def _statuses(
    versions: Sequence[Edition], as_of: datetime.date, repealed: Mapping[str, _Repeal]
) -> dict[str, Statuses]:
    known = {version.law_id: _words(version) for version in versions}
    judged = statuses({v for words in known.values() for v in words if v.word != UNKNOWN}, as_of)
    laws: dict[str, list[Edition]] = {}
    for version in versions:
        laws.setdefault(comparable(version.head.law_name), []).append(version)
    result: dict[str, Statuses] = {}
    for name, group in laws.items():
        repeal = repealed.get(name)
        by_date = _by_date(group, as_of, _date(repeal.by) if repeal else datetime.date.min)
        for version in group:
            result[version.law_id] = {
                word.word: judged.get(word, by_date[version.law_id])
                for word in known[version.law_id]
            }
        if any(UNKNOWN in result[version.law_id] for version in group):
            _correct_older(result, by_date)
    return result


def _words(version: Edition) -> list[Version]:
    head = version.head
    return [
        Version(
            law=short_name(head.law_name),
            version_date=head.version_date,
            effective_date=head.effective_date,
            word=word,
        )
        for word in sorted({article.status for article in version.articles.values()})
    ]


def _repeals(versions: Iterable[Edition]) -> dict[str, _Repeal]:
    """Return by law how the newest other law in effect repeals it."""
    found: dict[str, _Repeal] = {}
    for version in versions:
        own = comparable(version.head.law_name)
        clauses = (a.content for a in version.articles.values() if "废止" in a.content)
        for name in (name for clause in clauses for name in repeals(clause)):
            key = comparable(name)
            before = found.get(key)
            if key != own and not (before and _date(before.by) > _date(version)):
                found[key] = _Repeal(name=name, by=version)
    return found


def _by_date(
    group: Iterable[Edition], as_of: datetime.date, repealed_on: datetime.date
) -> Statuses:
    """Return the status of each version of one law, by law_id, as far as dates tell."""
    result = {version.law_id: PENDING for version in group}
    begun = [version for version in group if not _is_pending(version, as_of)]
    newest = max(begun, key=_date, default=None)
    for version in begun:
        result[version.law_id] = IN_FORCE if version is newest else SUPERSEDED
        if version is newest and _date(version) < repealed_on:
            result[version.law_id] = REPEALED
    return result


def _is_pending(version: Edition, as_of: datetime.date) -> bool:
    day = version.head.effective_date or version.head.version_date
    return day is not None and day > as_of


def _date(version: Edition) -> datetime.date:
    return version.head.version_date or datetime.date.min


def _correct_older(result: dict[str, Statuses], by_date: dict[str, str]) -> None:
    """Let no source call a version in force of which another source has a newer one in effect."""
    for law_id, status in by_date.items():
        for word, judged in result[law_id].items():
            if status == SUPERSEDED and judged == IN_FORCE:
                result[law_id][word] = SUPERSEDED
