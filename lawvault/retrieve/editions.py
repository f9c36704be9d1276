"""Which versions of laws were in force on a day: what search may find for `as_of`."""

import datetime
import functools
import threading
from dataclasses import dataclass

from lawvault.law.names import short_name
from lawvault.law.resolve import LawVersion
from lawvault.law.validity import UNKNOWN, standing_on
from lawvault.retrieve.content import Content
from lawvault.retrieve.laws import version_of

_MAX_DAYS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """The versions in force on a day that search can find, and how many laws it cannot answer for.

    `missing` counts laws that were in force, or may have been, and whose text of that day search
    does not have.
    """

    law_ids: tuple[str, ...]
    missing: int


class Editions:
    """All versions of all laws of one content.db, read at the first question."""

    def __init__(self, content: Content) -> None:
        self._content, self._lock = content, threading.Lock()
        self._laws: list[list[LawVersion]] | None = None
        self._findable: set[str] = set()
        self.on = functools.lru_cache(_MAX_DAYS)(self._on)

    def _on(self, day: datetime.date) -> InForce:
        found, missing = [], 0
        for versions in self._read():
            standing = standing_on(
                [one.version for one in versions], day, known_on=self._content.as_of
            )
            ids = [one.law_id for one in versions if one.version == standing.version]
            here = [law_id for law_id in ids if law_id in self._findable]
            found += here
            missing += not here and (standing.version is not None or standing.status == UNKNOWN)
        return InForce(law_ids=tuple(found), missing=missing)

    def _read(self) -> list[list[LawVersion]]:
        with self._lock:
            if self._laws is None:
                self._laws = self._grouped()
            return self._laws

    def _grouped(self) -> list[list[LawVersion]]:
        laws: dict[str, list[LawVersion]] = {}
        for row in self._content.all_laws():
            name = short_name(str(row["law_name"]))
            one = LawVersion(law_id=str(row["law_id"]), version=version_of(row))
            laws.setdefault(name, []).append(one)
            if row["num_in_corpus"]:
                self._findable.add(one.law_id)
        return list(laws.values())
