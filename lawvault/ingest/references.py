"""The reference index: what every article refers to, resolved over the laws that were read."""

import collections
import datetime
import functools
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from lawvault.ingest.content_db import ReferenceRow, rows_in
from lawvault.law.address import Address
from lawvault.law.catalogue import Catalogue
from lawvault.law.mentions.amendments import amended_by
from lawvault.law.mentions.named import definitions
from lawvault.law.mentions.relative import Numbers
from lawvault.law.names import comparable, short_name
from lawvault.law.numerals import int_or_none
from lawvault.law.reference import Place
from lawvault.law.references import find_references
from lawvault.law.resolve import LawVersion, Resolution, Target, resolve
from lawvault.retrieve.laws import version_of

Row = Mapping[str, object]


@dataclass(slots=True)
class _Text:
    """One version of a law: its articles by label, in order, and the names it defines."""

    articles: dict[str, tuple[str, str]] = field(default_factory=dict)  # label -> id, content
    order: list[Numbers] = field(default_factory=list)
    abbreviations: dict[str, str] = field(default_factory=dict)


class CorpusLookup:
    """A `Lookup` over rows of the tables articles and laws."""

    def __init__(
        self, articles: Iterable[Row], laws: Iterable[Row], known_on: datetime.date
    ) -> None:
        self.known_on = known_on
        self.catalogue = Catalogue()
        self.texts: dict[str, _Text] = collections.defaultdict(_Text)
        self._versions: dict[str, list[LawVersion]] = collections.defaultdict(list)
        for law in laws:
            self._add_law(law)
        for article in articles:
            self._add_article(article)

    def _add_law(self, law: Row) -> None:
        name = short_name(str(law["law_name"]))
        self.catalogue.add_law(str(law["law_name"]))
        self._versions[comparable(name)].append(
            LawVersion(law_id=str(law["law_id"]), version=version_of(law))
        )

    def _add_article(self, article: Row) -> None:
        text = self.texts[str(article["law_id"])]
        content, label = str(article["content"]), str(article["article_number"])
        text.articles.setdefault(label, (str(article["article_id"]), content))
        if isinstance(article["number"], int):
            text.order.append((article["number"], int(str(article["sub_number"] or 0))))
        if "称" in content:
            text.abbreviations.update(definitions(content))

    def laws(self, name: str) -> Sequence[str]:
        """Return the laws that a name means."""
        return self.catalogue.laws(name)

    def versions(self, law: str) -> Sequence[LawVersion]:
        """Return every version that a source has."""
        return self._versions.get(comparable(law), [])

    def articles(self, law_id: str) -> Sequence[Numbers]:
        """Return the articles of a version in order; a text without 条 is one article 全文."""
        text = self.texts.get(law_id)
        if text is None:
            return []
        return text.order or [(0, 0)]

    def content(self, law_id: str, address: Address) -> str | None:
        """Return the text of an article."""
        found = self._article(law_id, address)
        return found[1] if found else None

    def article_id(self, target: Target) -> str | None:
        """Return the id of the article that a target lies in; None for a law as a whole."""
        found = self._article(target.law_id, target.address)
        return found[0] if found else None

    def place(self, article: Row) -> Place:
        """Return where the text of an article stands."""
        text, name = self.texts[str(article["law_id"])], str(article["law_name"])
        label, number, sub, unit = str(article["article_number"]), 0, 0, "条"
        if isinstance(article["number"], int):
            number, sub = article["number"], int(str(article["sub_number"] or 0))
        elif label.startswith("条目"):
            number, unit = int_or_none(label.removeprefix("条目")) or 0, "条目"
        return Place(
            law=short_name(name),
            number=number,
            sub=sub,
            unit=unit,
            order=text.order,
            abbreviations=text.abbreviations,
            amends=_amended_by(name),
        )

    def _article(self, law_id: str, address: Address) -> tuple[str, str] | None:
        text = self.texts.get(law_id)
        return text.articles.get(address.article or "") if text else None


@functools.lru_cache(maxsize=4096)
def _amended_by(law_name: str) -> str:
    return short_name(amended_by(law_name))


class ReferenceIndex:
    """The references of all articles in `tables`, resolved over them and `laws` on `as_of`.

    `counts` tells, once `rows` is used up, what became of them: resolved, or the problem.
    """

    def __init__(self, tables: Sequence[pa.Table], laws: pa.Table, as_of: datetime.date) -> None:
        self._tables, self._as_of = [table.select(_NEEDED) for table in tables], as_of
        self._lookup = CorpusLookup(self._articles(), rows_in(laws), as_of)
        self.counts: collections.Counter[str] = collections.Counter()

    def rows(self) -> Iterator[ReferenceRow]:
        """Yield every reference of every article, in the order of the articles."""
        for article in self._articles():
            law_id, content = str(article["law_id"]), str(article["content"])
            place = self._lookup.place(article)
            for reference in find_references(content, place, self._lookup.catalogue):
                resolution = resolve(
                    reference,
                    self._lookup,
                    self._as_of,
                    own_law_id=law_id,
                    written_on=_day(article["version_date"]),
                )
                self.counts[resolution.problem or "resolved"] += 1
                yield from _rows(str(article["article_id"]), content, resolution, self._lookup)

    def _articles(self) -> Iterator[Row]:
        return itertools.chain.from_iterable(map(rows_in, self._tables))


_NEEDED = (
    *("article_id", "law_id", "law_name", "version_date"),
    *("article_number", "number", "sub_number", "content"),
)


def _day(value: object) -> datetime.date | None:
    return value if isinstance(value, datetime.date) else None


def _rows(
    article_id: str, content: str, resolution: Resolution, lookup: CorpusLookup
) -> Iterator[ReferenceRow]:
    reference = resolution.reference
    words = content[reference.start : reference.end]
    head = (article_id, reference.start, reference.end, words)
    if not resolution.targets:
        reason = f"{resolution.problem}: {resolution.reason}"
        yield ReferenceRow(*head, *(None,) * 6, None, None, reference.kind, reason)
        return
    for target in resolution.targets:
        at = target.address
        yield ReferenceRow(
            *head,
            target.law_id,
            lookup.article_id(target),
            at.number or None,
            at.sub if at.number else None,
            at.paragraph,
            at.item,
            target.start,
            target.end,
            reference.kind,
            resolution.reason,
        )
