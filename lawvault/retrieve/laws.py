"""What content.db knows of laws, as references and citations are resolved with it.

A `QuoteLookup` of `lawvault.law.citations`: every answer comes from the file, and a failure of the
file is raised.
"""

import datetime
import re
from collections.abc import Mapping, Sequence

from lawvault.law.address import Address
from lawvault.law.catalogue import Catalogue
from lawvault.law.mentions.relative import Numbers
from lawvault.law.names import short_name
from lawvault.law.normal import normalise
from lawvault.law.resolve import LawVersion, Target
from lawvault.law.validity import Version
from lawvault.retrieve.content import Content

Row = Mapping[str, object]

_RUN = re.compile(r"[\u4e00-\u9fff]{2,}")
_MAX_FOUND = 5
_MAX_CANDIDATES = 200


class ContentLookup:
    """Laws, versions and articles of one content.db; safe in any thread."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self.known_on = content.as_of
        self.catalogue = Catalogue()
        for law in content.law_names():
            self.catalogue.add_law(law)

    def laws(self, name: str) -> Sequence[str]:
        """Return the short names of the laws that a name means."""
        return self.catalogue.laws(name)

    def versions(self, law: str) -> Sequence[LawVersion]:
        """Return every version that any source had, whether its text is here or not."""
        return [
            LawVersion(law_id=str(row["law_id"]), version=version_of(row))
            for row in self._content.versions(law)
        ]

    def articles(self, law_id: str) -> Sequence[Numbers]:
        """Return the articles of a version in order; (0, 0) stands for what is no 条."""
        return self._content.article_numbers(law_id)

    def content(self, law_id: str, address: Address) -> str | None:
        """Return the text of an article, None if the version has no such article."""
        row = self._content.article(law_id, address.article or "")
        return str(row["content"]) if row else None

    def holding(self, quote: str, law_id: str) -> Sequence[Target]:
        """Return up to five articles that hold a quotation, those of `law_id` first.

        Articles of the corpus are looked through by the quotation's longest run of Chinese
        characters; normalisation never changes these.
        """
        plain = normalise(quote).text.rstrip("。;；,，:：")
        run = max(_RUN.findall(quote), key=len, default="")
        if not run:
            return []
        rows = self._content.articles_with(run, law_id, limit=_MAX_CANDIDATES)
        holding = [row for row in rows if plain in normalise(str(row["content"])).text]
        return [_target(row) for row in holding[:_MAX_FOUND]]


def _target(row: Row) -> Target:
    content = str(row["content"])
    number, sub = row["number"], row["sub_number"]
    address = Address()
    if isinstance(number, int):
        address = Address(number=number, sub=sub if isinstance(sub, int) else 0)
    return Target(
        law=short_name(str(row["law_name"])),
        law_id=str(row["law_id"]),
        address=address,
        end=len(content),
    )


def version_of(row: Row) -> Version:
    """Return a row of the table laws as the version that validity is judged by."""
    return Version(
        law=short_name(str(row["law_name"])),
        version_date=_day(row["version_date"]),
        effective_date=_day(row["effective_date"]),
        repeal_date=_day(row["repeal_date"]),
        word=str(row["status"]),
    )


def _day(value: object) -> datetime.date | None:
    if isinstance(value, datetime.date):
        return value
    return datetime.date.fromisoformat(value) if isinstance(value, str) else None
