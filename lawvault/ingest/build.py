"""Versions of laws -> rows of the articles table: ids, addresses, validity, what is left out."""

import collections
import datetime
import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from lawvault.errors import ConfigError
from lawvault.ingest.edition import Conflict, Edition, address_of
from lawvault.ingest.merge import Item, Merged, merge
from lawvault.ingest.screen import suspicious
from lawvault.ingest.sources import Notice, Reject, SourceArticle
from lawvault.ingest.status import Statuses, validity_of
from lawvault.law.address import article_label
from lawvault.law.catalogue import aliases
from lawvault.law.digest import digest
from lawvault.law.names import comparable, short_name
from lawvault.law.regions import region_key
from lawvault.law.validity import REPEALED

Row = dict[str, object]

_MAX_RANGES = 10


@dataclass(kw_only=True)
class Corpus:
    """What ingest made of its sources.

    `rows` are the articles of the corpus; `others` those of the same laws, categories and regions
    whose status is not wanted (old versions, repealed law); `laws` every version of every law
    that a source has, whether its text is here or not.  `seen` counts all articles by (category,
    status); `left_out` those that the config's filters left out, by reason; `tallies` what was
    read, dropped and disputed, by source.
    """

    rows: list[Row] = field(default_factory=list)
    others: list[Row] = field(default_factory=list)
    laws: list[Row] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    tallies: dict[str, collections.Counter[str]] = field(default_factory=dict)
    seen: collections.Counter[tuple[str, str]] = field(default_factory=collections.Counter)
    left_out: collections.Counter[str] = field(default_factory=collections.Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which articles stay; an empty list keeps all."""

    status: Sequence[str] = ()
    category: Sequence[str] = ()
    region: Sequence[str] = ()
    law: Sequence[str] = ()


def build_corpus(items: Iterable[Item], filters: Filters, *, as_of: datetime.date) -> Corpus:
    """Return the corpus of one source; see `corpus_of`."""
    return corpus_of(merge([("source", items)]), filters, as_of=as_of)


def corpus_of(merged: Merged, filters: Filters, *, as_of: datetime.date) -> Corpus:
    """Return the corpus: every article once, with its status on the day `as_of`.

    Raises:
        ConfigError: `filters` names a law or a region that no source has.
    """
    corpus = Corpus(
        rejects=merged.rejects,
        notices=merged.notices,
        conflicts=merged.conflicts,
        tallies=merged.tallies,
    )
    heads = [version.head for version in merged.versions]
    laws = _chosen("law", filters.law, [head.law_name for head in heads], comparable)
    regions = _chosen("region", filters.region, [head.region for head in heads], region_key)
    validity = validity_of(merged.versions, as_of)
    checked = {notice.source for notice in merged.notices if notice.kind == "numbering"}
    for version in merged.versions:
        head, reason = version.head, ""
        if filters.category and head.category not in filters.category:
            reason = f"category {head.category}"
        elif regions and region_key(head.region) not in regions:
            reason = f"region {head.region}"
        elif laws and comparable(head.law_name) not in laws:
            reason = "law not chosen"
        words = validity.statuses[version.law_id]
        _add(version, words, corpus, reason=reason, wanted=filters.status)
        corpus.laws[-1]["repeal_date"] = validity.repeal_dates.get(version.law_id)
        if not reason and head.source not in checked:  # readers of texts look for themselves
            corpus.notices += numbering(version)
    corpus.laws += [_gone(name, day) for name, day in sorted(validity.gone.items())]
    return corpus


def _gone(name: str, day: datetime.date | None) -> Row:
    """Return the row of table `laws` for a law of which only its repeal is known."""
    unknown = dict.fromkeys(("publish_date", "effective_date", "version_date"))
    row: Row = {
        **{"law_id": f"{short_name(name)}@repealed", "law_name": name, "status": REPEALED},
        **{"category": "其他", "issuer": "", "region": "", **unknown},
    }
    return law_row(row, num_articles=0, num_in_corpus=0, has_text=False) | {"repeal_date": day}


def law_row(row: Row, *, num_articles: int, num_in_corpus: int, has_text: bool) -> Row:
    """Return the row of table `laws` for the version that an article's row belongs to."""
    name = str(row["law_name"])
    return {
        "law_id": row["law_id"],
        "law_name": name,
        "short_name": short_name(name),
        "name_key": comparable(name),
        "aliases": [alias for alias in aliases(name) if alias != name],
        "category": row["category"],
        "issuer": row["issuer"],
        "region": row["region"],
        "status": row["status"],
        "publish_date": row["publish_date"],
        "effective_date": row["effective_date"],
        "version_date": row["version_date"],
        "repeal_date": None,
        "num_articles": num_articles,
        "num_in_corpus": num_in_corpus,
        "has_text": has_text,
    }


def numbering(version: Edition) -> Iterator[Notice]:
    """Yield a word on articles that a version's numbering leaves out."""
    addresses = (address_of(article) for article in version.articles.values())
    numbers = sorted({address[0] for address in addresses if address})
    gaps = [
        (before + 1, after - 1)
        for before, after in zip([0, *numbers], numbers, strict=False)
        if after > before + 1
    ]
    if not gaps:
        return
    words = [f"{low}-{high}" if high > low else f"{low}" for low, high in gaps[:_MAX_RANGES]]
    more = f" and {len(gaps) - _MAX_RANGES} more" if len(gaps) > _MAX_RANGES else ""
    yield Notice(
        source=version.head.source,
        line=version.head.line,
        kind="numbering",
        detail=f"{version.law_id} lacks articles {', '.join(words)}{more}",
    )


def _chosen(
    knob: str, values: Sequence[str], present: Sequence[str], key: Callable[[str], str]
) -> set[str]:
    """Return the keys of what a filter names, each of which some source must have."""
    names = {key(name): short_name(name) for name in present}
    for value in values:
        if key(value) not in names:
            near = difflib.get_close_matches(key(value), names, n=3, cutoff=0.4)
            hint = f"; nearest: {', '.join(names[name] for name in near)}" if near else ""
            raise ConfigError(f"corpus.{knob} names {value}, which no source has{hint}")
    return {key(value) for value in values}


def _add(
    version: Edition, words: Statuses, corpus: Corpus, *, reason: str, wanted: Sequence[str]
) -> None:
    """Sort the articles of one version into `corpus`; `reason` is why none of them is chosen."""
    law_id = version.law_id
    rows, others = list[Row](), list[Row]()
    for place, article in version.articles.items():
        status = words[article.status]
        corpus.seen[article.category, status] += 1
        is_wanted = not reason and (not wanted or status in wanted)
        (rows if is_wanted else others).append(_row(f"{law_id}/{place}", law_id, article, status))
        if not is_wanted:
            corpus.left_out[reason or f"status {status}"] += 1
        if not reason:
            corpus.notices += _suspicions(f"{law_id}/{place}", article)
    counts = {"num_articles": len(version.articles), "num_in_corpus": len(rows)}
    corpus.laws.append(law_row((rows or others)[0], **counts, has_text=not reason))
    corpus.rows += rows
    corpus.others += [] if reason else others


def _suspicions(article_id: str, article: SourceArticle) -> Iterator[Notice]:
    for name in suspicious(article.content):
        yield Notice(
            source=article.source,
            line=article.line,
            kind="suspicious",
            detail=f"{article_id} holds {name}",
        )


def _row(article_id: str, law_id: str, article: SourceArticle, status: str) -> Row:
    short = short_name(article.law_name)
    address = address_of(article)
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
        "article_number": article_label(*address) if address else article.article_number,
        "number": address[0] if address else None,
        "sub_number": address[1] if address else None,
        "content": article.content,
        "source": article.source,
        "sha256": digest(article.content),
    }
