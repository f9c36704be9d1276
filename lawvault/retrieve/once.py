"""What a content.db knows of laws, read at most once: for one query, in one thread.

A query that names many articles of one version has that version read whole: every reading opens the
file anew, which is nothing for one article and seconds for thousands.
"""

import functools

from lawvault.law.address import Address
from lawvault.law.kept import KeptLookup
from lawvault.retrieve.content import Content, Row
from lawvault.retrieve.laws import ContentLookup

_MANY = 8
"""Articles of one version after which all the others are read at once."""


class OnceRead:
    """A `Lookup` over another that also tells the ids of articles."""

    def __init__(self, content: Content, lookup: ContentLookup) -> None:
        self._content, self._lookup = content, lookup
        kept = KeptLookup(lookup)
        self.laws, self.versions, self.articles = kept.laws, kept.versions, kept.articles
        self.known_on = kept.known_on
        self._rows: dict[str, dict[str, Row | None]] = {}
        self.labels = functools.cache(content.labels)

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
