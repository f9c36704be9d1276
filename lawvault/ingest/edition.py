"""One version of one law, as one text has it: its articles by their place, and what is disputed."""

import collections
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from lawvault.ingest.sources import SourceArticle
from lawvault.law.names import short_name
from lawvault.law.normal import first_difference, normalise
from lawvault.law.numerals import article_address

Articles = dict[str, SourceArticle]
"""Articles by their place in the law: 38, 17-1 for 第十七条之一, 全文, 7~2 where 7 repeats."""

Clash = tuple[str, str, SourceArticle, SourceArticle]
"""Place, kind, and the two texts of a conflict whose law has no final id yet."""

_EXCERPT = 80
_LAST_NUMBER = 99_999
_HEADS = ("part", "chapter", "section")


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """One article on which two texts of one version disagree; the text that was kept comes first.

    `kind` is `text` (the words differ), `missing` (the dropped text lacks it), `extra` (only the
    dropped text has it) or `repeated` (one text has the number twice, with other words; both are
    kept).  Excerpts show the first difference.
    """

    article_id: str
    kind: str
    kept_source: str
    kept_line: int
    dropped_source: str
    dropped_line: int
    kept: str
    dropped: str


@dataclass(slots=True, kw_only=True)
class Edition:
    """One version of one law, as the first source that has it words it."""

    articles: Articles
    clashes: list[Clash] = field(default_factory=list)

    @property
    def head(self) -> SourceArticle:
        """The first article: it speaks for the law."""
        return next(iter(self.articles.values()))

    @property
    def law_id(self) -> str:
        """劳动合同法@2012-12-28."""
        return f"{short_name(self.head.law_name)}@{self.head.version_date or 'undated'}"

    def conflicts(self) -> Iterator[Conflict]:
        """Yield what is disputed, under the ids that the articles have in the end."""
        for place, kind, kept, dropped in self.clashes:
            one, other = excerpts(kept.content, dropped.content)
            yield Conflict(
                article_id=f"{self.law_id}/{place}",
                kind=kind,
                kept_source=kept.source,
                kept_line=kept.line,
                dropped_source=dropped.source,
                dropped_line=dropped.line,
                kept=one,
                dropped=other,
            )


def place_of(article: SourceArticle) -> str:
    """Return 38 for 第三十八条, 17-1 for 第十七条之一, and what is no 条 as it is."""
    address = address_of(article)
    if not address:
        return article.article_number
    return str(address[0]) + (f"-{address[1]}" if address[1] else "")


def address_of(article: SourceArticle) -> tuple[int, int] | None:
    """Return (number, sub_number) of an article, None where it has none that a law can have."""
    address = article_address(article.article_number)
    return address if address and max(address) <= _LAST_NUMBER else None


def placed(articles: Sequence[SourceArticle], tally: collections.Counter[str]) -> Edition:
    """Give every article of one file its place; a number that comes again gets ~2, ~3, …."""
    version = Edition(articles={})
    counts = collections.Counter(map(place_of, articles))
    equals: dict[tuple[str, str], list[SourceArticle]] = {}
    first: dict[str, tuple[SourceArticle, int]] = {}
    used: collections.Counter[str] = collections.Counter()
    for article, run in _runs(articles):
        place = place_of(article)
        if counts[place] > 1:
            before = equals.setdefault((place, normalise(article.content).text), [])
            if any(not _other_heads(article, other) for other in before):
                tally["duplicates"] += 1
                continue
            before.append(article)
        used[place] += 1
        original, begun = first.setdefault(place, (article, run))
        if used[place] > 1:
            place += f"~{used[place]}"
            if run == begun and not _other_heads(article, original) and address_of(article):
                version.clashes.append((place, "repeated", original, article))
                tally["conflicts"] += 1
        version.articles[place] = article
    return version


def _runs(articles: Iterable[SourceArticle]) -> Iterator[tuple[SourceArticle, int]]:
    """Yield each article with the number of times that numbering has begun anew before it."""
    run = last = 0
    for article in articles:
        number = (address_of(article) or (last, 0))[0]
        run += number == 1 and last > 1
        last = number
        yield article, run


def _other_heads(one: SourceArticle, other: SourceArticle) -> bool:
    """Say whether two articles stand under headings that differ, where both name one."""
    return any(
        a and b and a != b for a, b in ((getattr(one, h), getattr(other, h)) for h in _HEADS)
    )


def excerpts(one: str, other: str) -> tuple[str, str]:
    """Return both texts around their first difference, short enough to read side by side.

    >>> excerpts("处三年以下徒刑", "处五年以下徒刑")
    ('处三年以下徒刑', '处五年以下徒刑')
    """
    spans = first_difference(one, other)
    if spans is None:  # `other` holds all of `one`
        spans = (first_difference(other, one) or ((0, 0), (0, 0)))[::-1]
    starts = [max(0, start - _EXCERPT // 4) for start, _ in spans]
    return one[starts[0] :][:_EXCERPT], other[starts[1] :][:_EXCERPT]
