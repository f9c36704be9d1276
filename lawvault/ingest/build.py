"""Rows of sources -> rows of the articles table: ids, addresses, validity, what is left out."""

import collections
import datetime
import difflib
import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from lawvault.errors import ConfigError
from lawvault.ingest.sources import Reject, SourceArticle
from lawvault.law.names import comparable, short_name
from lawvault.law.numerals import article_address
from lawvault.law.validity import WORDS, Version, statuses


@dataclass(kw_only=True)
class Corpus:
    """What ingest made of its sources.

    `seen` counts all articles of the sources by (category, status); `left_out` those that the
    config's filters left out, by reason.
    """

    rows: list[dict[str, object]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    seen: collections.Counter[tuple[str, str]] = field(default_factory=collections.Counter)
    left_out: collections.Counter[str] = field(default_factory=collections.Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which articles stay; an empty list keeps all."""

    statuses: Sequence[str] = ()
    categories: Sequence[str] = ()
    laws: Sequence[str] = ()


def build_corpus(
    items: Iterable[SourceArticle | Reject], filters: Filters, *, as_of: datetime.date
) -> Corpus:
    """Return the corpus: every article once, with its status on the day `as_of`.

    Raises:
        ConfigError: `filters` names a law that no source has.
    """
    corpus, articles = Corpus(), list[SourceArticle]()
    for item in items:
        reject = item if isinstance(item, Reject) else _fault(item)
        if reject:
            corpus.rejects.append(reject)
        elif isinstance(item, SourceArticle):
            articles.append(item)
    status_of = statuses({_version(article) for article in articles}, as_of)
    _check_laws(filters.laws, {article.law_name for article in articles})
    wanted = {comparable(name) for name in filters.laws}
    used: collections.Counter[str] = collections.Counter()
    for article in articles:
        status = status_of[_version(article)]
        corpus.seen[article.category, status] += 1
        reason = _left_out(article, status, filters, wanted)
        if reason:
            corpus.left_out[reason] += 1
            continue
        corpus.rows.append(_row(article, status, used))
    return corpus


def clean(text: str) -> str:
    """Return `text` without control and zero-width characters, lines trimmed, no empty lines."""
    kept = "".join(
        char for char in text if char == "\n" or unicodedata.category(char) not in ("Cc", "Cf")
    )
    return "\n".join(line.strip() for line in kept.split("\n") if line.strip())


def _fault(article: SourceArticle) -> Reject | None:
    reason = ""
    if not clean(article.content):
        reason = "no text"
    elif not clean(short_name(article.law_name)) or not clean(article.article_number):
        reason = "no law or no number"
    elif article.status not in WORDS:
        reason = f"unknown status word {article.status!r}"
    if not reason:
        return None
    return Reject(
        source=article.source,
        line=article.line,
        reason=reason,
        row=f"{article.law_name}{article.article_number}",
    )


def _version(article: SourceArticle) -> Version:
    return Version(
        law=short_name(article.law_name),
        version_date=article.version_date,
        effective_date=article.effective_date,
        word=article.status,
    )


def _check_laws(laws: Sequence[str], present: set[str]) -> None:
    names = {comparable(name): short_name(name) for name in present}
    for law in laws:
        if comparable(law) in names:
            continue
        near = difflib.get_close_matches(comparable(law), names, n=3, cutoff=0.4)
        hint = f"; nearest: {', '.join(names[key] for key in near)}" if near else ""
        raise ConfigError(f"corpus.laws names {law}, which no source has{hint}")


def _left_out(
    article: SourceArticle, status: str, filters: Filters, wanted: set[str]
) -> str | None:
    if filters.statuses and status not in filters.statuses:
        return f"status {status}"
    if filters.categories and article.category not in filters.categories:
        return f"category {article.category}"
    if wanted and comparable(article.law_name) not in wanted:
        return "law not chosen"
    return None


def _row(article: SourceArticle, status: str, used: collections.Counter[str]) -> dict[str, object]:
    short = short_name(article.law_name)
    address = article_address(article.article_number)
    law_id = f"{short}@{article.version_date or 'undated'}"
    place = article.article_number
    if address:
        place = str(address[0]) + (f"-{address[1]}" if address[1] else "")
    article_id = f"{law_id}/{place}"
    used[article_id] += 1
    if used[article_id] > 1:  # numbering repeats inside some old decisions
        article_id += f"~{used[article_id]}"
    content = clean(article.content)
    return {
        "article_id": article_id,
        "law_id": law_id,
        "law_name": article.law_name,
        "law_alias": [short] if short != article.law_name else [],
        "category": article.category,
        "issuer": article.issuer,
        "region": article.region,
        "status": status,
        "publish_date": article.publish_date,
        "effective_date": article.effective_date,
        "version_date": article.version_date,
        "part": article.part,
        "chapter": article.chapter,
        "section": article.section,
        "article_number": article.article_number,
        "number": address[0] if address else None,
        "sub_number": address[1] if address else None,
        "content": content,
        "source": article.source,
        "sha256": hashlib.sha256(content.encode()).hexdigest(),
    }
