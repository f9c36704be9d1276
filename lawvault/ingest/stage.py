"""① ingest: read the sources, say what is in them, write `articles` and `content.db`.

Beside them lies what a careful reader wants to know: `rejects` (what could not be used),
`conflicts` (where two sources disagree), `notices` (gaps in numbering, characters taken out,
suspicious words), and the counts of all that by source in `report.json`.
"""

import collections
import datetime
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lawvault.artifacts import Counts, aside, write_json, write_table
from lawvault.config.pipeline import IngestConfig
from lawvault.config.tree import Config
from lawvault.errors import SourceError
from lawvault.ingest.build import Corpus, Filters, corpus_of
from lawvault.ingest.content_db import write_content_db
from lawvault.ingest.edition import Conflict
from lawvault.ingest.files import read_source
from lawvault.ingest.merge import Item, merge
from lawvault.ingest.references import ReferenceIndex
from lawvault.ingest.sources import Notice, Reject
from lawvault.job import Inputs
from lawvault.schema import ARTICLES, CONFLICTS, LAWS, NOTICES, REJECTS, Contract, table_of
from lawvault.stages import locate

log = logging.getLogger(__name__)

REPORT = "report.json"
_SHOWN = 4
_KINDS = 50
_TOLD = ("files", "articles", "rejected", "duplicates", "conflicts", "characters", "numbering")


def ingest(config: Config, inputs: Inputs, folder: Path) -> Counts:
    """Write the corpus that `config.corpus` describes into `folder`.

    Raises:
        SourceError: a source cannot be read, too many rows are broken, no article is left, or
            `ingest.strict` and anything is wrong at all.
    """
    del inputs  # the first stage reads none
    as_of = datetime.date.fromisoformat(config.corpus.as_of)
    corpus = corpus_of(
        merge(_named_sources(config.corpus.sources)),
        Filters(
            status=config.corpus.status,
            category=config.corpus.category,
            region=config.corpus.region,
            law=config.corpus.law,
        ),
        as_of=as_of,
    )
    _tell(corpus)
    _refuse_poor(corpus, config.ingest)
    report = report_of(corpus)
    report["references"] = _write(corpus, folder, as_of)
    write_json(report, folder / REPORT)
    return Counts(
        rows_in=_total(corpus),
        rows_out=report["articles"],
        rejected=len(corpus.rejects),
        metrics={
            name: report[name] for name in ("seen", "left_out", "laws", "sources", "references")
        },
    )


def report_of(corpus: Corpus) -> dict[str, Any]:
    """Return the counts of a corpus by source, category, status and kind of trouble."""
    in_corpus = [law for law in corpus.laws if law["num_in_corpus"]]
    suspicious = [notice.detail for notice in corpus.notices if notice.kind == "suspicious"]
    return {
        "sources": {name: dict(sorted(tally.items())) for name, tally in corpus.tallies.items()},
        "seen": {" ".join(key): count for key, count in sorted(corpus.seen.items())},
        "left_out": dict(sorted(corpus.left_out.items())),
        "articles": len(corpus.rows),
        "laws": len(in_corpus),
        "laws_seen": sum(bool(law["num_articles"]) for law in corpus.laws),
        "rejects": _by(reject.reason for reject in corpus.rejects),
        "conflicts": _by(conflict.kind for conflict in corpus.conflicts),
        "notices": _by(notice.kind for notice in corpus.notices),
        "suspicious": suspicious,
    }


def _by(words: Iterable[str]) -> dict[str, int]:
    """Count words, the most frequent first."""
    return dict(collections.Counter(words).most_common(_KINDS))


def _named_sources(sources: Sequence[str]) -> Iterator[tuple[str, Iterator[Item]]]:
    """Yield each source with a name that says which it is and not where this machine has it."""
    names = set[str]()
    for number, source in enumerate(sources, start=1):
        path = locate(source)
        name = source if source.startswith("package:") else path.absolute().name
        name += f" ({number})" if name in names else ""
        names.add(name)
        yield name, read_source(path)


def _tell(corpus: Corpus) -> None:
    """Log the report in a screenful; the tables hold the rest."""
    for name, tally in list(corpus.tallies.items())[:_SHOWN]:
        counts = ", ".join(f"{tally[kind]} {kind}" for kind in _TOLD if tally[kind])
        log.info("ingest: %s: %s", name, counts)
    log.info("ingest: articles by category and status")
    for (category, status), count in corpus.seen.most_common(_SHOWN):
        log.info("  %7d  %s %s", count, category, status)
    for reason, count in corpus.left_out.most_common(_SHOWN):
        log.info("  %7d  left out: %s", count, reason)
    for reject in corpus.rejects[:_SHOWN]:
        log.warning("  rejected %s:%d: %s", reject.source, reject.line, reject.reason)
    for conflict in corpus.conflicts[:1]:
        log.warning(
            "  %d conflicts; first: %s (%s), %s and %s",
            *(len(corpus.conflicts), conflict.article_id, conflict.kind),
            *(conflict.kept_source, conflict.dropped_source),
        )


def _total(corpus: Corpus) -> int:
    return sum(tally["articles"] + tally["rejected"] for tally in corpus.tallies.values())


def _refuse_poor(corpus: Corpus, knobs: IngestConfig) -> None:
    total, rejected = _total(corpus), len(corpus.rejects)
    first = ""
    if corpus.rejects:
        reject = corpus.rejects[0]
        first = f"; first: {reject.source} line {reject.line}: {reject.reason}"
    elif corpus.conflicts:
        first = f"; first: {corpus.conflicts[0].article_id} ({corpus.conflicts[0].kind})"
    if rejected > knobs.max_reject_share * total:
        raise SourceError(
            f"{rejected} of {total} rows cannot be read, more than "
            f"ingest.max_reject_share={knobs.max_reject_share:g}{first}"
        )
    if knobs.strict and first:
        raise SourceError(
            f"ingest.strict=true, but {rejected} rows or files are rejected and "
            f"{len(corpus.conflicts)} articles in conflict{first}"
        )
    if not corpus.rows:
        raise SourceError(
            f"no article is left of {total}: corpus.category, corpus.region, corpus.status and "
            f"corpus.law left out {dict(corpus.left_out)}"
        )


def _write(corpus: Corpus, folder: Path, as_of: datetime.date) -> dict[str, int]:
    """Write all tables; return how many references resolve, by what became of them."""
    articles, laws = table_of(corpus.rows, ARTICLES), table_of(corpus.laws, LAWS)
    others = table_of(corpus.others, ARTICLES)
    corpus.rows.clear()  # the tables hold them now, in a fraction of the memory
    corpus.others.clear()
    write_table(articles, ARTICLES, folder)
    _write_distinct(corpus.rejects, REJECTS, folder)
    _write_distinct(corpus.conflicts, CONFLICTS, folder)
    _write_distinct(corpus.notices, NOTICES, folder)
    index = ReferenceIndex([articles, others], laws, as_of)
    with aside(folder / "content.db") as path:
        write_content_db(
            articles, path, as_of=as_of, others=others, laws=laws, references=index.rows()
        )
    return dict(sorted(index.counts.items()))


def _write_distinct(
    records: Sequence[Reject | Conflict | Notice], contract: Contract, folder: Path
) -> None:
    """Write records as a table; a source that is read twice says everything twice."""
    rows = [asdict(record) for record in dict.fromkeys(records)]
    write_table(table_of(rows, contract), contract, folder)
