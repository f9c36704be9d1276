"""Both ends of the references around some articles: what they refer to and what refers to them.

The pack's table of references is the only source: nothing is parsed anew.  A reference of an
article to itself (前款), to a law as a whole, and one that leads nowhere is no link.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from lawvault.retrieve.content import Content, Row

MAX_OF_MENTION = 10
"""Articles of one range (第五十条至第九十条) that are links, its first ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRow:
    """One reference seen from `article`; `other` is the article at its other end.

    The words that refer are characters `start` to `end` of the content of `article`, or of `other`
    if `is_reverse`.
    """

    article: Row
    other: Row
    start: int
    end: int
    is_reverse: bool

    @property
    def words_in(self) -> Row:
        """The article that holds the words."""
        return self.other if self.is_reverse else self.article

    @property
    def leads_to(self) -> Row:
        """The article that the words name."""
        return self.article if self.is_reverse else self.other


def links_of(
    content: Content,
    article_ids: Sequence[str],
    *,
    limit: int,
    versions: Collection[str] | None = None,
) -> list[LinkRow]:
    """Return the links of some articles, for each those from it in its order, then those to it.

    Args:
        limit: references read for each article and direction; those from law in force come first.
        versions: law_ids in which the other end must stand; None allows all.

    Raises:
        IntegrityError: there is no article of such an id.
    """
    found = [ends for asked in article_ids for ends in _ends(content, asked, limit)]
    ids = dict.fromkeys([*article_ids, *(ends.other for ends in found)])
    rows = dict(zip(ids, content.rows(list(ids)), strict=True)) if ids else {}
    links = [
        LinkRow(
            article=rows[ends.asked],
            other=rows[ends.other],
            start=ends.start,
            end=ends.end,
            is_reverse=ends.is_reverse,
        )
        for ends in found
    ]
    return [one for one in links if versions is None or one.other["law_id"] in versions]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ends:
    asked: str
    other: str
    start: int
    end: int
    is_reverse: bool


def _ends(content: Content, asked: str, limit: int) -> Iterator[_Ends]:
    """Yield the references from and to one article, by ids."""
    of_mention: dict[object, int] = {}
    for row in content.references_from(asked)[:limit]:
        of_mention[row["start"]] = of_mention.get(row["start"], 0) + 1
        if of_mention[row["start"]] <= MAX_OF_MENTION:
            yield from _between(asked, row["target_article_id"], row, is_reverse=False)
    for row in content.referring(asked, limit=limit):
        yield from _between(asked, row["source_article_id"], row, is_reverse=True)


def _between(asked: str, other: object, row: Row, *, is_reverse: bool) -> Iterator[_Ends]:
    if not isinstance(other, str) or other == asked:
        return
    start, end = int(str(row["start"])), int(str(row["end"]))
    yield _Ends(asked=asked, other=other, start=start, end=end, is_reverse=is_reverse)
