"""What a library asks of a data pack beside provisions: articles as people name them, laws by id.

It runs inside the search application, where the pack is open; plain, synchronous, in any thread.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lawvault.retrieve.content import Content
from lawvault.retrieve.laws import ContentLookup
from lawvault.serve.contract import ApiError
from lawvault.serve.laws.names import Found, LawNames
from lawvault.serve.laws.pages import labels_for


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """An article as people write it: 劳动合同法, 38 or 第三十八条."""

    law: str
    article: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LawFacts:
    """A version of a law, without its text."""

    law_id: str
    law_name: str
    status: str


class ShelfLaw:
    """The law of one content.db, as a library asks it."""

    def __init__(self, content: Content, lookup: ContentLookup) -> None:
        """Take a content.db and the lookup over it, which a search shares."""
        self._content, self._names = content, LawNames(content, lookup)

    def article_ids(self, named: Sequence[Named]) -> list[str | ApiError]:
        """Return the id of each article in the version in force, or why there is none."""
        return [self._article_id(one) for one in named]

    def laws(self, law_ids: Sequence[str]) -> list[LawFacts | None]:
        """Return what is known of versions of laws, None of those that are not there."""
        return [self._law(law_id) for law_id in law_ids]

    def _article_id(self, named: Named) -> str | ApiError:
        try:
            labels = labels_for(named.article)
            found = self._names.find(named.law, self._content.as_of)
        except ApiError as error:
            return error
        law = found.row
        for label in labels:
            row = self._content.article(str(law["law_id"]), label)
            if row:
                return str(row["article_id"])
        return ApiError(404, "article_not_found", self._lacking(found, labels[0]))

    def _lacking(self, found: Found, label: str) -> str:
        """Return why an article is not there: no such one, or no text of the law."""
        name, status = f"《{found.row['law_name']}》", found.validity.status
        if self._content.article_numbers(str(found.row["law_id"])):
            return f"{name}没有{label}"
        standing = "" if found.validity.in_force else f"{status}，"
        return f"{name}{standing}没有收录其正文"

    def _law(self, law_id: str) -> LawFacts | None:
        row = self._content.law(law_id)
        if row is None:
            return None
        facts = {name: str(row[name]) for name in LawFacts.__slots__}
        return LawFacts(**facts)
