"""The articles of all sources -> every version of every law once, and what the sources dispute.

Two sources have the same version of a law if name and version date are equal, or if one of them
knows no date and nearly all their articles are.  The source that is named first wins as a whole:
mixing two editions of one text would make a third that nobody published.  What the later one knows
beside the text (issuer, 编, dates, status) fills what the first leaves open.
"""

import collections
import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from lawvault.ingest.edition import Articles, Clash, Conflict, Edition, address_of, placed
from lawvault.ingest.screen import notice_of_removed, screen
from lawvault.ingest.sources import Notice, Reject, SourceArticle
from lawvault.law.names import comparable
from lawvault.law.normal import same_text

Item = SourceArticle | Reject | Notice

SAME_SHARE = 0.95
"""Share of equal articles from which an undated text is taken for a version of known date."""

_OF_LAW = ("issuer", "status", "publish_date", "effective_date", "version_date")

Dated = dict[datetime.date | None, Edition]
"""The versions of one law by version date."""


@dataclass(kw_only=True)
class Merged:
    """All versions in the order of the sources; what could not be used; counts by source."""

    versions: list[Edition] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    tallies: dict[str, collections.Counter[str]] = field(default_factory=dict)


def merge(sources: Iterable[tuple[str, Iterable[Item]]]) -> Merged:
    """Return every version of every law once; `sources` are (name, items), the strongest first."""
    merged = Merged()
    known: dict[str, Dated] = {}
    for name, items in sources:
        tally = merged.tallies.setdefault(name, collections.Counter())
        for version in _assembled(_files(items, merged, tally), tally):
            versions = known.setdefault(comparable(version.head.law_name), {})
            kept = _twin(version, versions)
            if not kept:
                merged.versions.append(version)
                versions[version.head.version_date] = version
                continue
            _absorb(kept, version.articles, tally)
            kept.clashes += version.clashes
            if versions.get(None) is kept and kept.head.version_date:
                versions[kept.head.version_date] = versions.pop(None)
    for version in merged.versions:
        merged.conflicts += version.conflicts()
    return merged


def _files(
    items: Iterable[Item], merged: Merged, tally: collections.Counter[str]
) -> list[list[SourceArticle]]:
    """Group one source's usable articles by file, law and date; set aside and count the rest."""
    groups: dict[tuple[str, str, datetime.date | None], list[SourceArticle]] = {}
    files = set()
    for item in items:
        files.add(item.source)
        if isinstance(item, Notice):
            merged.notices.append(item)
            tally[item.kind] += 1
            continue
        screened = screen(item) if isinstance(item, SourceArticle) else item
        if isinstance(screened, Reject):
            merged.rejects.append(screened)
            tally["rejected"] += 1
            continue
        if isinstance(item, SourceArticle):
            _note_removed(item, merged, tally)
        key = (screened.source, comparable(screened.law_name), screened.version_date)
        groups.setdefault(key, []).append(screened)
        tally["articles"] += 1
    tally["files"] += len(files)
    return list(groups.values())


def _note_removed(article: SourceArticle, merged: Merged, tally: collections.Counter[str]) -> None:
    number, notice = notice_of_removed(article)
    if notice:
        merged.notices.append(notice)
        tally["characters"] += number


def _assembled(
    files: Sequence[list[SourceArticle]], tally: collections.Counter[str]
) -> list[Edition]:
    """Return one source's versions: files that complete each other are joined, others compared."""
    groups: dict[tuple[str, datetime.date | None], list[Edition]] = {}
    for articles in files:
        head = articles[0]
        key = (comparable(head.law_name), head.version_date)
        groups.setdefault(key, []).append(placed(articles, tally))
    return [_joined(group, tally) for group in groups.values()]


def _joined(group: Sequence[Edition], tally: collections.Counter[str]) -> Edition:
    """Join files that have no article in common, in the order of their numbers."""
    parts, doubles = [group[0]], list[Edition]()
    for version in group[1:]:
        shared = any(version.articles.keys() & part.articles.keys() for part in parts)
        (doubles if shared else parts).append(version)
    if len(parts) > 1:
        parts.sort(key=lambda part: _first_address(part.articles))
    whole = parts[0]
    for part in parts[1:]:
        whole.articles |= part.articles
        whole.clashes += part.clashes
    for double in doubles:
        _absorb(whole, double.articles, tally)
    return whole


def _first_address(articles: Articles) -> tuple[int, int]:
    addresses = (address_of(article) for article in articles.values())
    return next((address for address in addresses if address), (0, 0))


def _twin(version: Edition, known: Dated) -> Edition | None:
    """Return the version that `version` is another text of, if there is one."""
    date = version.head.version_date
    if date in known:
        return known[date]
    undated = [known[None]] if None in known else []
    candidates = undated if date else known.values()
    shares = [(_share(version.articles, other.articles), other) for other in candidates]
    best, twin = max(shares, key=lambda pair: pair[0], default=(0.0, None))
    return twin if best >= SAME_SHARE else None


def _share(one: Articles, other: Articles) -> float:
    """Return the share of articles that two texts have in common, word for word."""
    equal = sum(
        place in other and same_text(article.content, other[place].content)
        for place, article in one.items()
    )
    return equal / max(len(one), len(other))


def _absorb(kept: Edition, dropped: Articles, tally: collections.Counter[str]) -> None:
    """Drop a second text of a version: fill what the first leaves open, list where they differ."""
    tally["duplicates"] += len(dropped)
    for name in _fill(kept, dropped):
        tally[f"filled {name}"] += 1
    clashes = list(_clashes(kept.articles, dropped))
    if clashes:
        tally["conflicts"] += len(clashes)
        kept.clashes += clashes


def _fill(kept: Edition, dropped: Articles) -> set[str]:
    """Fill empty fields from the dropped text; return the names of those that were filled."""
    head, filled = next(iter(dropped.values())), set[str]()
    for place, article in kept.articles.items():
        news = {n: getattr(head, n) for n in _OF_LAW if not getattr(article, n)}
        if place in dropped and not article.part:
            news["part"] = dropped[place].part
        news = {name: value for name, value in news.items() if value}
        if news:
            kept.articles[place] = replace(article, **news)
            filled |= news.keys()
    return filled


def _clashes(kept: Articles, dropped: Articles) -> Iterator[Clash]:
    first = next(iter(kept.values())), next(iter(dropped.values()))
    for place, article in kept.items():
        other = dropped.get(place)
        if not other:
            yield place, "missing", article, replace(first[1], line=0, content="")
        elif not same_text(article.content, other.content):
            yield place, "text", article, other
    for place, other in dropped.items():
        if place not in kept:
            yield place, "extra", replace(first[0], line=0, content=""), other
