"""A lookup that keeps what it was told: one report asks for the same articles many times.

What was kept can be read without asking again, so it cannot fail.
"""

import datetime
from collections.abc import Sequence

from lawvault.law.address import Address
from lawvault.law.citations import QuoteLookup
from lawvault.law.mentions.relative import Numbers
from lawvault.law.provisions import paragraphs
from lawvault.law.resolve import LawVersion, Target


class KeptLookup:
    """A `QuoteLookup` over another, for one report and one thread."""

    def __init__(self, lookup: QuoteLookup) -> None:
        self._lookup = lookup
        self._contents: dict[tuple[str, str], str | None] = {}
        self._versions: dict[str, Sequence[LawVersion]] = {}
        self._articles: dict[str, Sequence[Numbers]] = {}

    @property
    def known_on(self) -> datetime.date | None:
        """The day for which the status words are true."""
        return self._lookup.known_on

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
        """Return the text of an article, None if there is none."""
        key = (law_id, address.article or "")
        if key not in self._contents:
            self._contents[key] = self._lookup.content(law_id, address)
        return self._contents[key]

    def holding(self, quote: str, law_id: str) -> Sequence[Target]:
        """Return articles whose text holds a quotation."""
        return self._lookup.holding(quote, law_id)

    def text_of(self, target: Target, *, whole: bool = False) -> str:
        """Return the words of a provision that was looked at before, "" if it never was.

        A 项 comes with the words that lead to it; `whole` gives the whole article.
        """
        content = self._contents.get((target.law_id, target.address.article or "")) or ""
        if whole:
            return content
        words = content[target.start : target.end]
        if not target.address.item:
            return words
        for paragraph in paragraphs(content):
            if paragraph.start <= target.start < paragraph.end and paragraph.parts:
                return f"{content[paragraph.start : paragraph.parts[0].start]}\n{words}"
        return words
