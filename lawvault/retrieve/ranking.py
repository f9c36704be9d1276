"""Exact ranking of documents by dot product: the reference that every index is held against.

Ties break by row, so a ranking depends on nothing but its scores.  Numpy only.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lawvault.models.encoder import Vectors

Scores = NDArray[np.float32]
Rows = NDArray[np.int64]

BLOCK_QUERIES = 256


def score_blocks(queries: Vectors, documents: Vectors) -> Iterator[tuple[int, Scores]]:
    """Yield (first query's row, scores [b, n]) block by block, so that memory stays bounded."""
    matrix = np.ascontiguousarray(np.asarray(documents).T)
    for begin in range(0, len(queries), BLOCK_QUERIES):
        yield begin, np.asarray(queries[begin : begin + BLOCK_QUERIES]) @ matrix


def top_rows(scores: Scores, k: int) -> Rows:
    """Return the rows of the `k` best of `scores` [n], best first, fewer if there are fewer.

    >>> top_rows(np.array([0.1, 0.9, 0.5, 0.9], np.float32), 3).tolist()
    [1, 3, 2]
    """
    k = min(k, len(scores))
    if k == 0:
        return np.empty(0, np.int64)
    threshold = np.partition(scores, len(scores) - k)[len(scores) - k]
    above = np.flatnonzero(scores > threshold)
    level = np.flatnonzero(scores == threshold)[: k - len(above)]
    rows = np.concatenate([above, level])
    return rows[np.lexsort((rows, -scores[rows]))]


def rank_of(scores: Scores, row: int) -> int:
    """Return the rank, from 1, that `row` has among `scores` [n].

    >>> rank_of(np.array([0.1, 0.9, 0.5, 0.9], np.float32), 3)
    2
    """
    better = int((scores > scores[row]).sum())
    return better + int((scores[:row] == scores[row]).sum()) + 1


def nearest(
    query: Vectors, documents: Vectors, k: int, mask: NDArray[np.bool_] | None = None
) -> tuple[Rows, Scores]:
    """Return the `k` rows of the largest dot product with `query`, and those, best first.

    Each row is multiplied by itself, not all as one matrix: as fast for one query, equal rows get
    equal scores, and many threads may ask at once (OpenBLAS starts threads for a matrix times a
    vector, which then wait for each other: 8 callers were 20 times slower than one).

    Args:
        query: [d].
        documents: [n, d].
        mask: [n], which documents may be found; all if None.
    """
    scores: Scores = np.vecdot(documents, query)
    if mask is None:
        best = top_rows(scores, k)
    else:
        rows = np.flatnonzero(mask)
        best = rows[top_rows(scores[rows], k)]
    return best, scores[best]
