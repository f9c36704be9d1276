"""③ mine: rank all articles for every training query with the base model, choose negatives.

Exact ranking by blocked matrix products: 72,000 queries x 24,000 articles are 3 TFLOP, a minute or
two on a laptop, so no approximate index stands between a query and its true neighbours.
"""

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from tqdm import tqdm

from lawvault.artifacts import Counts, read_table, write_table
from lawvault.config.tree import Config
from lawvault.errors import SourceError
from lawvault.job import Inputs
from lawvault.mine.select import depth, draw_for, select_negatives
from lawvault.models.on_ray import Texts, vectors_of
from lawvault.models.texts import article_texts, rows_of
from lawvault.retrieve.metrics import judged_by_query
from lawvault.retrieve.ranking import Scores, score_blocks, top_rows
from lawvault.schema import ARTICLES, QRELS, QUERIES, REJECTS, TRIPLETS, table_of

log = logging.getLogger(__name__)

Row = dict[str, Any]


def mine(config: Config, inputs: Inputs, folder: Path) -> Counts:
    """Write triplets/ into `folder`.

    Raises:
        SourceError: there is nothing to train on, or the corpus is too small for the ranks.
    """
    articles = read_table(inputs["ingest"], ARTICLES)
    queries = training_queries(read_table(inputs["generate"], QUERIES))
    _refuse_poor(config, articles, queries)
    texts = article_texts(articles, config.encoder.title_separator)
    documents = vectors_of(
        config, None, Texts(name=inputs["ingest"].name, side="documents", texts=texts)
    )
    name = f"{inputs['generate'].name}/train"
    asked = vectors_of(
        config, None, Texts(name=name, side="queries", texts=queries["text"].to_pylist())
    )
    qrels = read_table(inputs["generate"], QRELS)
    candidates = _Candidates(articles["article_id"].to_pylist(), texts, queries, qrels)
    triplets, lonely = _choose(config, candidates, score_blocks(asked, documents))
    if not triplets:
        raise SourceError(
            f"no question keeps a negative: fewer than mine.rank_from={config.mine.rank_from} "
            "articles are no answer; lower it or take a larger corpus"
        )
    write_table(table_of(triplets, TRIPLETS), TRIPLETS, folder)
    rejects = [
        {"source": query["query_id"], "line": 0, "reason": "no negative", "row": query["text"]}
        for query in lonely
    ]
    write_table(table_of(rejects, REJECTS), REJECTS, folder)
    harder = np.mean([row["negative_scores"][0] > row["positive_score"] for row in triplets])
    return Counts(
        rows_in=queries.num_rows,
        rows_out=len(triplets),
        rejected=len(lonely),
        metrics={"share_of_negatives_above_their_positive": round(float(harder), 4)},
    )


class _Candidates:
    """Articles and training queries side by side: rows, texts, and who answers what."""

    def __init__(
        self, ids: list[str], texts: list[str], queries: pa.Table, qrels: pa.Table
    ) -> None:
        self.ids, self.texts = ids, texts
        self.row_of = rows_of(ids)
        self.queries: list[Row] = queries.select(["query_id", "article_id", "text"]).to_pylist()
        judged = judged_by_query(qrels.to_pylist())
        self.answers = [
            {self.row_of[article_id] for article_id in judged[query["query_id"]]}
            for query in self.queries
        ]

    def triplet(self, query: Row, negatives: list[int], scores: Scores) -> Row:
        """Return one row of the triplets table."""
        positive = self.row_of[query["article_id"]]
        return {
            "query_id": query["query_id"],
            "query": query["text"],
            "positive_id": self.ids[positive],
            "positive": self.texts[positive],
            "negative_ids": [self.ids[row] for row in negatives],
            "negatives": [self.texts[row] for row in negatives],
            "positive_score": float(scores[positive]),
            "negative_scores": [float(scores[row]) for row in negatives],
        }


def _choose(
    config: Config, candidates: _Candidates, blocks: Iterable[tuple[int, Scores]]
) -> tuple[list[Row], list[Row]]:
    """Return the triplets, and the queries that no negative is left for."""
    ranks = (config.mine.rank_from, config.mine.rank_to)
    k = depth(ranks, candidates.answers)
    triplets, lonely = list[Row](), list[Row]()
    rows = (row for _, block in blocks for row in block)
    progress = tqdm(candidates.queries, desc="mine negatives", mininterval=5)
    for query, scores, answers in zip(progress, rows, candidates.answers, strict=True):
        negatives = select_negatives(
            top_rows(scores, k),
            excluded=answers,
            ranks=ranks,
            num_negatives=config.mine.num_negatives,
            draw=draw_for(query["query_id"], config.seed),
        )
        if negatives:
            triplets.append(candidates.triplet(query, negatives, scores))
        else:
            lonely.append(query)
    return triplets, lonely


def training_queries(queries: pa.Table) -> pa.Table:
    """Return the queries that are kept and in the train split, in their order."""
    return queries.filter(pc.and_(queries["kept"], pc.equal(queries["split"], "train")))


def _refuse_poor(config: Config, articles: pa.Table, queries: pa.Table) -> None:
    if not queries.num_rows:
        raise SourceError("no question is left to train on: raise generate.questions")
    if articles.num_rows <= config.mine.rank_from:
        raise SourceError(
            f"the corpus has {articles.num_rows} articles, mine.rank_from={config.mine.rank_from} "
            "asks for more: lower it or take a larger corpus"
        )
