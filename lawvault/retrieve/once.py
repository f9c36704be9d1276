"""What a content.db knows of laws, read at most once: for one query, in one thread."""

import functools

from lawvault.law.address import Address
from lawvault.law.kept import KeptLookup
from lawvault.retrieve.content import Content
from lawvault.retrieve.laws import ContentLookup


class OnceRead:
    """A `Lookup` over another that also tells the ids of articles."""

    def __init__(self, content: Content, lookup: ContentLookup) -> None:
        kept = KeptLookup(lookup)
        self.laws, self.versions, self.articles = kept.laws, kept.versions, kept.articles
        self.known_on = kept.known_on
        self._article = functools.cache(content.article)
        self.labels = functools.cache(content.labels)

    def content(self, law_id: str, address: Address) -> str | None:
        """Return the text of an article, None if the version has no such article."""
        row = self._article(law_id, address.article or "")
        return str(row["content"]) if row else None

    def article_id(self, law_id: str, address: Address) -> str:
        """Return the id of the article that an address lies in, "" if there is none."""
        row = self._article(law_id, address.article or "")
        return str(row["article_id"]) if row else ""
