"""What a content.db knows of laws, read at most once: for one query, in one thread.

A query that names many articles of one version has that version read whole: every reading opens the
file anew, which is nothing for one article and seconds for thousands.
"""

import datetime
import functools
from collections.abc import Sequence

from lawvault.law.address import Address
from lawvault.law.mentions.relative import Numbers
from lawvault.law.resolve import LawVersion
from lawvault.retrieve.content import Content, Row
from lawvault.retrieve.laws import ContentLookup

_MANY = 8
"""Articles of one version after which all the others are read at once."""


class OnceRead:
    """A `Lookup` over another that also tells the ids of articles."""

    def __init__(self, content: Content, lookup: ContentLookup) -> None:
        self._content, self._lookup = content, lookup
        self.known_on: datetime.date | None = lookup.known_on
        self._versions: dict[str, Sequence[LawVersion]] = {}
        self._articles: dict[str, Sequence[Numbers]] = {}
        self._rows: dict[str, dict[str, Row | None]] = {}
        self.labels = functools.cache(content.labels)

    def laws(self, name: str) -> Sequence[str]:
        """Return the short names of the laws that a name means."""
        return self._lookup.laws(name)

    def versions(self, law: str) -> Sequence[LawVersion]:
        """Return the known versions of a law."""
        if law not in self._versions:
            self._versions[law] = self._lookup.versions(law)
        return self._versions[law]

    def articles(self, law_id: str) -> Sequence[Numbers]:
        """Return the articles of a version, in order."""
        if law_id not in self._articles:
            self._articles[law_id] = self._lookup.articles(law_id)
        return self._articles[law_id]

    def content(self, law_id: str, address: Address) -> str | None:
        """Return the text of an article, None if the version has no such article."""
        row = self._row(law_id, address)
        return str(row["content"]) if row else None

    def article_id(self, law_id: str, address: Address) -> str:
        """Return the id of the article that an address lies in, "" if there is none."""
        row = self._row(law_id, address)
        return str(row["article_id"]) if row else ""

    def _row(self, law_id: str, address: Address) -> Row | None:
        label, rows = address.article or "", self._rows.setdefault(law_id, {})
        if label in rows:
            return rows[label]
        if len(rows) == _MANY:
            self._read_all(law_id, rows)
        if label not in rows:
            rows[label] = None if len(rows) > _MANY else self._content.article(law_id, label)
        return rows[label]

    def _read_all(self, law_id: str, rows: dict[str, Row | None]) -> None:
        """Keep every article of a version; of equal labels the one that `Content.article` takes."""
        every = self._content.articles(law_id)
        every.sort(key=lambda row: (len(str(row["article_id"])), str(row["article_id"])))
        for row in every:
            rows.setdefault(str(row["article_number"]), row)
