"""② generate: take the questions of every article from the journal, split them, draw a sample."""

import collections
import logging
from pathlib import Path

from lawvault.artifacts import Counts, read_table, write_table
from lawvault.config.pipeline import GenerateConfig
from lawvault.config.tree import Config
from lawvault.errors import SourceError
from lawvault.generate.build import build_queries, sample_training, split_of
from lawvault.generate.journal import Journal, read_journal
from lawvault.job import Inputs
from lawvault.schema import ARTICLES, QRELS, QUERIES, REJECTS, table_of
from lawvault.stages import locate

log = logging.getLogger(__name__)


def generate(config: Config, inputs: Inputs, folder: Path) -> Counts:
    """Write queries/ and qrels/ into `folder`.

    Raises:
        SourceError: too many journal lines are broken, or no article has a question.
    """
    knobs = config.generate
    articles = read_table(inputs["ingest"], ARTICLES).to_pylist()
    journal = read_journal(locate(config.llm.journal))
    _refuse_poor(journal, knobs, config.llm.journal)
    shares = {"dev_share": knobs.dev_share, "test_share": knobs.test_share}
    splits = {
        row["sha256"]: split_of(row["sha256"], seed=config.seed, **shares) for row in articles
    }
    queries, qrels = build_queries(articles, journal.questions, knobs.tones, splits)
    if not queries:
        raise SourceError(
            f"no article of the corpus has a question in {config.llm.journal} in the tones "
            f"{', '.join(knobs.tones)}: choose another corpus, journal or generate.tones"
        )
    if knobs.questions != "all":
        sample_training(queries, int(knobs.questions), config.seed)
    write_table(table_of(queries, QUERIES), QUERIES, folder)
    write_table(table_of(qrels, QRELS), QRELS, folder)
    broken = [
        {"source": config.llm.journal, "line": line, "reason": reason, "row": row}
        for line, reason, row in journal.broken
    ]
    write_table(table_of(broken, REJECTS), REJECTS, folder)
    kept = collections.Counter(str(query["split"]) for query in queries if query["kept"])
    asked = len({query["article_id"] for query in queries})
    log.info("generate: questions for %d of %d articles; kept %s", asked, len(articles), dict(kept))
    return Counts(
        rows_in=len(articles),
        rows_out=sum(kept.values()),
        rejected=len(journal.broken),
        metrics={"kept": dict(sorted(kept.items())), "articles_with_questions": asked},
    )


def _refuse_poor(journal: Journal, knobs: GenerateConfig, name: str) -> None:
    for line, reason, _ in journal.broken[:20]:
        log.warning("generate: %s line %d is skipped: %s", name, line, reason)
    if len(journal.broken) > knobs.max_reject_share * max(journal.lines, 1):
        line, reason, _ = journal.broken[0]
        raise SourceError(
            f"{name}: {len(journal.broken)} of {journal.lines} lines are broken, more than "
            f"generate.max_reject_share={knobs.max_reject_share:g}; first: line {line}: {reason}"
        )
