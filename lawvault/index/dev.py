"""The dev questions asked of a new data pack: what its calibration is chosen on.

They are asked by the very model and the very legs that search will use, so what is chosen is what
will be served.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from lawvault.artifacts import read_table
from lawvault.config.tree import Config
from lawvault.errors import SourceError
from lawvault.job import Inputs
from lawvault.models.encoder import Encoder
from lawvault.models.fingerprint import CANARIES
from lawvault.models.states import question_states
from lawvault.retrieve.calibration import NUM_PROBES, Asked, calibrate
from lawvault.retrieve.dense import DenseIndex
from lawvault.retrieve.everyday import with_statute_words
from lawvault.retrieve.fused import DEPTH
from lawvault.retrieve.guard import probes_of
from lawvault.retrieve.late import TokenIndex, open_tokens
from lawvault.retrieve.lexical import FOLDER, KeywordIndex
from lawvault.retrieve.metrics import judged_by_query
from lawvault.schema import QRELS, QUERIES, Hit
from lawvault.stages import locate

MAX_QUESTIONS = 2000

Row = dict[str, Any]


def calibration_of(config: Config, inputs: Inputs, encoder: Encoder, pack: Path) -> dict[str, Any]:
    """Return calibration.json of a pack that has its vectors and words.

    Raises:
        SourceError: the file of off-topic questions cannot be read.
    """
    off_topic = off_topic_questions(config.index.off_topic)
    by_meaning = DenseIndex(pack)
    by_words = KeywordIndex.open(pack / FOLDER, by_meaning.filterable.article_ids)
    rows = dev_questions(read_table(inputs["generate"], QUERIES))
    queries = [str(row["text"]) for row in rows]
    judged = judged_by_query(read_table(inputs["generate"], QRELS).to_pylist())
    vectors = encoder.encode_queries(queries)
    tokens = open_tokens(pack, by_meaning.filterable.article_ids)
    asked = []
    for row, hits in zip(rows, by_meaning.search_many(vectors, DEPTH), strict=True):
        words = with_statute_words(row["text"])
        keyword = by_words.search(words, DEPTH)
        asked.append(
            Asked(
                query=row["text"],
                article_id=row["article_id"],
                judged=judged.get(row["query_id"], {}),
                vector=hits,
                keyword=keyword,
                closeness=_closeness(tokens, encoder, words, [*hits, *keyword]),
            )
        )
    best = [hits[0].score for hits in by_meaning.search_many(encoder.encode_queries(off_topic), 1)]
    some = spread(range(len(rows)), NUM_PROBES)
    probes = probes_of(by_meaning, [queries[row] for row in some], vectors[list(some)])
    if not probes:
        texts = list(CANARIES)
        probes = probes_of(by_meaning, texts, encoder.encode_queries(texts))
    return calibrate(asked, best, probes, path=encoder.path, seed=config.seed)


def _closeness(
    tokens: TokenIndex | None, encoder: Encoder, question: str, hits: Sequence[Hit]
) -> dict[str, float] | None:
    """Return how near the articles found are to a question, token by token, as search does."""
    if tokens is None:
        return None
    ids = sorted({hit.article_id for hit in hits})
    return dict(zip(ids, tokens.closeness(question_states(encoder, question), ids), strict=True))


def dev_questions(queries: pa.Table) -> list[Row]:
    """Return up to `MAX_QUESTIONS` rows of the dev split that are kept, evenly over the table."""
    rows = [row for row in queries.to_pylist() if row["kept"] and row["split"] == "dev"]
    return [rows[row] for row in spread(range(len(rows)), MAX_QUESTIONS)]


def spread(rows: range, limit: int) -> Sequence[int]:
    """Return up to `limit` of some rows, evenly over all.

    >>> spread(range(10), 4)
    [0, 2, 5, 7]
    """
    if len(rows) <= limit:
        return rows
    return [rows[place * len(rows) // limit] for place in range(limit)]


def off_topic_questions(source: str) -> list[str]:
    """Return the questions of a text file, one a line, that no law answers.

    Raises:
        SourceError: there is no such file, or it is not UTF-8.
    """
    try:
        lines = locate(source).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"index.off_topic={source} cannot be read: {error}") from error
    return [line.strip() for line in lines if line.strip()]
