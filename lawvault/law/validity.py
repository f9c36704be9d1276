"""Validity of a version of a law on a day, from the words and dates that sources give.

A source's status word is data to check, not truth.  `CORRECTIONS` holds what we know better, a
reason beside each; the rest follows from the dates.  `statuses` judges every version on the day
for which its source is true; `standing_on` says which of a law's versions was in force on any day.
Of an amended version often only the day of passing is known, and it takes effect up to some months
later: in that time nothing is certain.
"""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lawvault.law.starts import STARTS

IN_FORCE, SUPERSEDED, REPEALED, PENDING = "现行有效", "已被修改", "已废止", "尚未生效"
UNKNOWN = "效力不明"
WORDS = {
    "现行有效": IN_FORCE,
    "有效": IN_FORCE,
    "历史版本": SUPERSEDED,
    "已被修改": SUPERSEDED,
    "已修改": SUPERSEDED,
    "已废止": REPEALED,
    "失效": REPEALED,
    "尚未生效": PENDING,
}
"""Status words of the sources read so far, and what each means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One status word of a source that is wrong, and why."""

    law: str
    version_date: datetime.date
    word: str
    status: str
    reason: str


CORRECTIONS = (
    Correction(
        law="刑法",
        version_date=datetime.date(2020, 12, 26),
        word="已被修改",
        status=IN_FORCE,
        reason="amended by 刑法修正案（十二） in 2023, not replaced; it is the only text of the "
        "law in the source, which does not carry the seven changed articles",
    ),
    Correction(
        law="农村土地承包法",
        version_date=datetime.date(2018, 12, 29),
        word="已废止",
        status=IN_FORCE,
        reason="in force since its revision of 2018; no later law repeals it",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of one law, as a source describes it.  `law` is the short name.

    `repeal_date` is the first day on which it was no longer in force, where that is known.
    """

    law: str
    version_date: datetime.date | None
    effective_date: datetime.date | None
    word: str
    repeal_date: datetime.date | None = None


def statuses(versions: Iterable[Version], as_of: datetime.date) -> dict[Version, str]:
    """Return the status of each version on the day `as_of`.

    A version that has not taken effect is 尚未生效, and the one before it, though a source may
    call it historic, is still 现行有效.  `effective_date` often is that of the first version, so
    it proves only that a version is not yet in effect, never that it is.

    Raises:
        ValueError: a word is not in `WORDS`.
    """
    versions = list(versions)
    corrected = {version: _corrected(version, versions) for version in versions}
    pending = {v for v in versions if _takes_effect_after(v, as_of)}
    result = {}
    for version in versions:
        status = corrected[version]
        if version in pending:
            status = PENDING
        elif status == SUPERSEDED and _waits_for_successor(version, versions, pending):
            status = IN_FORCE
        result[version] = status
    return result


def _takes_effect_after(version: Version, day: datetime.date) -> bool:
    start = _known_start(version) or version.effective_date
    return start is not None and start > day


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Which version of a law was in force on a day, or why none was.

    `version` is the one in force; None if none was, or none that we have.  `status` is `IN_FORCE`,
    `PENDING`, `REPEALED`, `SUPERSEDED` (by a version that we do not have) or `UNKNOWN`.  `since` is
    the day from which that holds (for `PENDING`: from which the law will be in force); None if not
    known.  `about` is the version that this was read from.
    """

    version: Version | None
    status: str
    since: datetime.date | None
    about: Version | None


_LONGEST_WAIT = datetime.timedelta(days=365)
"""From the day of passing; few amendments wait longer than six months, none in `STARTS` a year."""


def start_of(version: Version) -> datetime.date | None:
    """Return the first day of a version: as `STARTS` knows it, or its effective date, or its
    version date if that is later.

    Sources often give to every version the effective date of the first.  A day before the version
    was passed is such a one; then the version's own day is the nearest that is known, and may be
    some months early where an amendment took effect later than it was passed: `is_start_known`.
    """
    known = _known_start(version)
    if known:
        return known
    if version.version_date and version.effective_date:
        return max(version.version_date, version.effective_date)
    return version.effective_date or version.version_date


def is_start_known(version: Version) -> bool:
    """Say whether `start_of` is the first day of a version, and not only that of its passing."""
    return _known_start(version) is not None or _is_of_its_own(version)


def _known_start(version: Version) -> datetime.date | None:
    if version.version_date is None:
        return None
    return STARTS.get((version.law, version.version_date))


def _is_of_its_own(version: Version) -> bool:
    """Say whether the effective date can be that of this version, not of the first."""
    passed, effective = version.version_date, version.effective_date
    return effective is not None and (passed is None or effective >= passed)


def version_on(
    versions: Iterable[Version], day: datetime.date, *, known_on: datetime.date | None = None
) -> Version | None:
    """Return the version in force on `day`; `standing_on` says why there is none."""
    return standing_on(versions, day, known_on=known_on).version


def standing_on(
    versions: Iterable[Version], day: datetime.date, *, known_on: datetime.date | None = None
) -> Standing:
    """Return which of the versions of one law was in force on `day`.

    A version lasts until the next one starts.  The last one lasts on if its word says so; if its
    word says that it was repealed or changed and no day is known, it was so on `known_on` and
    after, and before that day its end is unknown.  If only the day is known on which a version was
    passed, then in the year after it nobody can say whether that one or the one before was in
    force, unless its word says so on `known_on`.

    Args:
        versions: of one law, in any order.
        known_on: the day for which the words of the sources are true; None if not known.

    Raises:
        ValueError: a word is not in `WORDS`, or the versions are of several laws.
    """
    versions = sorted(set(versions), key=_age)
    if len({version.law for version in versions}) > 1:
        raise ValueError(f"versions of several laws: {sorted({v.law for v in versions})}")
    started = [v for v in versions if _has_started(v, day)]
    if not started:
        return _before(versions, day, known_on)
    current = started[-1]
    later = versions[versions.index(current) + 1 :]
    status = _status(current, later, day=day, known_on=known_on)
    if status == IN_FORCE and _may_wait(current, later, day=day, known_on=known_on):
        return Standing(version=None, status=UNKNOWN, since=None, about=current)
    if status == IN_FORCE:
        start = start_of(current) if is_start_known(current) else None
        return Standing(version=current, status=status, since=start, about=current)
    since = current.repeal_date if status == REPEALED else None
    return Standing(version=None, status=status, since=since, about=current)


def _age(version: Version) -> tuple[datetime.date, datetime.date, str, str]:
    start = start_of(version) or datetime.date.min
    return start, version.version_date or start, version.word, str(version.repeal_date)


def _has_started(version: Version, day: datetime.date) -> bool:
    if _corrected(version) == PENDING and not is_start_known(version):
        return False
    start = start_of(version)
    return start is None or start <= day


def _may_wait(
    version: Version,
    later: Sequence[Version],
    *,
    day: datetime.date,
    known_on: datetime.date | None,
) -> bool:
    """Say whether a version that was passed by a day may have taken effect after it."""
    if is_start_known(version) or version.version_date is None:
        return False
    if known_on is not None and known_on <= day and _corrected(version, later) == IN_FORCE:
        return False
    return day < version.version_date + _LONGEST_WAIT


def _before(
    versions: Sequence[Version], day: datetime.date, known_on: datetime.date | None
) -> Standing:
    """Return the standing before any version that we have: not yet law, or under an older text.

    A text that is in force now may have replaced an older one that we lack, so on a day before it
    took effect nothing is known.  One that is still to come, of a law without any other, is new.
    """
    if not versions:
        return Standing(version=None, status=UNKNOWN, since=None, about=None)
    first = versions[0]
    start, own = start_of(first), _is_of_its_own(first)
    if first.effective_date and not own and day < first.effective_date:  # that of the first text
        return Standing(version=None, status=PENDING, since=first.effective_date, about=first)
    is_later = known_on is not None and start is not None and start > known_on
    is_amended = first.effective_date is not None and not own
    is_to_come = _corrected(first) == PENDING or (is_later and not is_amended)
    if is_to_come or (own and known_on is None):
        since = start if is_start_known(first) else None
        return Standing(version=None, status=PENDING, since=since, about=first)
    return Standing(version=None, status=UNKNOWN, since=None, about=first)


def _status(
    current: Version,
    later: Sequence[Version],
    *,
    day: datetime.date,
    known_on: datetime.date | None,
) -> str:
    """Return the status of the last version that has started, on a day before the next starts."""
    if current.repeal_date:
        return REPEALED if current.repeal_date <= day else IN_FORCE
    is_known = known_on is not None and known_on <= day
    word = _corrected(current, later)
    if word not in (REPEALED, SUPERSEDED):
        return IN_FORCE if is_known or start_of(current) else UNKNOWN
    if later and (word == SUPERSEDED or _starts_by(later[0], known_on)):
        return IN_FORCE  # until that one starts: no more than this is what the word says
    return word if is_known else UNKNOWN


def _starts_by(version: Version, known_on: datetime.date | None) -> bool:
    return known_on is None or _has_started(version, known_on)


def _corrected(version: Version, others: Iterable[Version] = ()) -> str:
    """Return the status that a version's word means, corrected where we know better.

    A correction is about a source's last text of a law; beside a later one the word may be right.
    """
    own = (version.law, version.version_date, version.word)
    for row in CORRECTIONS:
        if (row.law, row.version_date, row.word) == own and not _later(version, others):
            return row.status
    if version.word not in WORDS:
        raise ValueError(f"unknown status word {version.word!r} of {version.law}")
    return WORDS[version.word]


def _waits_for_successor(version: Version, versions: list[Version], pending: set[Version]) -> bool:
    """Say whether all later versions of the law are still to come, and there is one."""
    later = _later(version, versions)
    return bool(later) and all(v in pending for v in later)


def _later(version: Version, versions: Iterable[Version]) -> list[Version]:
    own = version.version_date or datetime.date.min
    return [
        v for v in versions if v.law == version.law and (v.version_date or datetime.date.min) > own
    ]
