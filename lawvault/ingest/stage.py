"""① ingest: read the sources, say what is in them, write `articles` and `content.db`."""

import datetime
import itertools
import logging
from dataclasses import asdict
from pathlib import Path

from lawvault.artifacts import Counts, aside, write_table
from lawvault.config import Config
from lawvault.errors import SourceError
from lawvault.ingest.build import Corpus, Filters, build_corpus
from lawvault.ingest.content_db import write_content_db
from lawvault.ingest.sources import read_source
from lawvault.job import Inputs
from lawvault.schema import ARTICLES, REJECTS, table_of
from lawvault.stages import locate

log = logging.getLogger(__name__)


def ingest(config: Config, inputs: Inputs, folder: Path) -> Counts:
    """Write the corpus that `config.corpus` describes into `folder`.

    Raises:
        SourceError: a source cannot be read, too many rows are broken, or no article is left.
    """
    del inputs  # the first stage reads none
    paths = [locate(source) for source in config.corpus.sources]
    corpus = build_corpus(
        itertools.chain.from_iterable(read_source(path) for path in paths),
        Filters(
            statuses=config.corpus.statuses,
            categories=config.corpus.categories,
            laws=config.corpus.laws,
        ),
        as_of=datetime.date.fromisoformat(config.corpus.as_of),
    )
    _report(corpus)
    _refuse_poor(corpus, config.ingest.max_reject_share)
    articles = table_of(corpus.rows, ARTICLES)
    write_table(articles, ARTICLES, folder)
    write_table(table_of([asdict(row) for row in corpus.rejects], REJECTS), REJECTS, folder)
    with aside(folder / "content.db") as path:
        write_content_db(articles, path)
    return Counts(
        rows_in=sum(corpus.seen.values()) + len(corpus.rejects),
        rows_out=articles.num_rows,
        rejected=len(corpus.rejects),
        metrics={
            "seen": {" ".join(key): count for key, count in sorted(corpus.seen.items())},
            "left_out": dict(sorted(corpus.left_out.items())),
            "laws": len(set(articles["law_id"].to_pylist())),
        },
    )


def _report(corpus: Corpus) -> None:
    log.info("ingest: articles by category and status")
    for (category, status), count in sorted(corpus.seen.items(), key=lambda item: -item[1]):
        log.info("  %7d  %s %s", count, category, status)
    for reason, count in sorted(corpus.left_out.items()):
        log.info("  %7d  left out: %s", count, reason)
    for reject in corpus.rejects[:20]:
        log.warning("  rejected %s:%d: %s", reject.source, reject.line, reject.reason)


def _refuse_poor(corpus: Corpus, max_share: float) -> None:
    total = sum(corpus.seen.values()) + len(corpus.rejects)
    if len(corpus.rejects) > max_share * total:
        first = corpus.rejects[0]
        raise SourceError(
            f"{len(corpus.rejects)} of {total} rows cannot be read, more than "
            f"ingest.max_reject_share={max_share:g}; first: {first.source} line {first.line}: "
            f"{first.reason}"
        )
    if not corpus.rows:
        raise SourceError(
            f"no article is left of {total}: corpus.statuses, corpus.categories and corpus.laws "
            f"left out {dict(corpus.left_out)}"
        )
