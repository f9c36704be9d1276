"""Validity of a version of a law on a day, from the words and dates that sources give.

A source's status word is data to check, not truth.  `CORRECTIONS` holds what we know better, a
reason beside each; the rest follows from the dates.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

IN_FORCE, SUPERSEDED, REPEALED, PENDING = "现行有效", "已被修改", "已废止", "尚未生效"
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
    """One version of one law, as a source describes it.  `law` is the short name."""

    law: str
    version_date: datetime.date | None
    effective_date: datetime.date | None
    word: str


def statuses(versions: Iterable[Version], as_of: datetime.date) -> dict[Version, str]:
    """Return the status of each version on the day `as_of`.

    A version that has not taken effect is 尚未生效, and the one before it, though a source may
    call it historic, is still 现行有效.  `effective_date` often is that of the first version, so
    it proves only that a version is not yet in effect, never that it is.

    Raises:
        ValueError: a word is not in `WORDS`.
    """
    versions = list(versions)
    corrected = {version: _corrected(version) for version in versions}
    pending = {v for v in versions if v.effective_date and v.effective_date > as_of}
    result = {}
    for version in versions:
        status = corrected[version]
        if version in pending:
            status = PENDING
        elif status == SUPERSEDED and _waits_for_successor(version, versions, pending):
            status = IN_FORCE
        result[version] = status
    return result


def _corrected(version: Version) -> str:
    for row in CORRECTIONS:
        if (row.law, row.version_date, row.word) == (
            version.law,
            version.version_date,
            version.word,
        ):
            return row.status
    if version.word not in WORDS:
        raise ValueError(f"unknown status word {version.word!r} of {version.law}")
    return WORDS[version.word]


def _waits_for_successor(version: Version, versions: list[Version], pending: set[Version]) -> bool:
    """Say whether all later versions of the law are still to come, and there is one."""
    own = version.version_date or datetime.date.min
    later = [
        v for v in versions if v.law == version.law and (v.version_date or datetime.date.min) > own
    ]
    return bool(later) and all(v in pending for v in later)
