"""Measures of a ranking: linear gain, log2 discount, larger is better, each in [0, 1].

A ranking is a list of article ids, best first; judgments are grades by article id, relevant when
above 0.  A query that nothing is ranked for scores 0, it does not vanish.
Source: Järvelin and Kekäläinen 2002 (nDCG); names and cut-offs as trec_eval's.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Judged = Mapping[str, int]


def judged_by_query(qrels: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """Return the grades of the articles of each query that rows of qrels judge.

    >>> judged_by_query([{"query_id": "q", "article_id": "a", "grade": 1}])
    {'q': {'a': 1}}
    """
    judged: dict[str, dict[str, int]] = {}
    for row in qrels:
        judged.setdefault(row["query_id"], {})[row["article_id"]] = row["grade"]
    return judged


def ndcg(ranking: Sequence[str], judged: Judged, *, k: int) -> float:
    """Return nDCG@k.

    >>> round(ndcg(["x", "a"], {"a": 1}, k=10), 4)
    0.6309
    """
    gains = [judged.get(article_id, 0) for article_id in ranking[:k]]
    ideal = sorted((grade for grade in judged.values() if grade > 0), reverse=True)[:k]
    best = _discounted(ideal)
    return _discounted(gains) / best if best else 0.0


def _discounted(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(place + 2) for place, gain in enumerate(gains))


def reciprocal_rank(ranking: Sequence[str], judged: Judged, *, k: int) -> float:
    """Return 1 / rank of the first relevant article within k, else 0: MRR@k is its mean.

    >>> reciprocal_rank(["x", "a"], {"a": 1}, k=10)
    0.5
    """
    for place, article_id in enumerate(ranking[:k]):
        if judged.get(article_id, 0) > 0:
            return 1 / (place + 1)
    return 0.0


def recall(ranking: Sequence[str], judged: Judged, *, k: int) -> float:
    """Return the share of the relevant articles that are within k.

    >>> recall(["x", "a"], {"a": 1, "b": 1}, k=2)
    0.5
    """
    relevant = {article_id for article_id, grade in judged.items() if grade > 0}
    return len(relevant & set(ranking[:k])) / len(relevant) if relevant else 0.0


def hit(ranking: Sequence[str], judged: Judged, *, k: int) -> float:
    """Return 1 if a relevant article is within k, else 0.

    >>> hit(["x", "a"], {"a": 1}, k=1)
    0.0
    """
    return float(any(judged.get(article_id, 0) > 0 for article_id in ranking[:k]))


MEASURES = {
    "hit@1": (hit, 1),
    "recall@5": (recall, 5),
    "recall@10": (recall, 10),
    "recall@100": (recall, 100),
    "mrr@10": (reciprocal_rank, 10),
    "ndcg@10": (ndcg, 10),
}
"""The measures of every report, in the order they are shown."""


def measure_all(ranking: Sequence[str], judged: Judged) -> dict[str, float]:
    """Return every measure of `MEASURES` for one query."""
    return {name: function(ranking, judged, k=k) for name, (function, k) in MEASURES.items()}
