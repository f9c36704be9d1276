"""The ids of a data pack's articles, sorted: what every store of a pack finds its rows by."""

import bisect
import hashlib
from collections.abc import Iterable, Sequence


def row_among(article_ids: Sequence[str], article_id: str) -> int | None:
    """Return the row of an id among sorted ones, None if it is not there.

    >>> row_among(["a", "c"], "c"), row_among(["a", "c"], "b")
    (1, None)
    """
    row = bisect.bisect_left(article_ids, article_id)
    return row if row < len(article_ids) and article_ids[row] == article_id else None


def hash_of(article_ids: Iterable[str]) -> str:
    """Return what tells whether two stores were made over the same articles."""
    return hashlib.sha256("\n".join(article_ids).encode()).hexdigest()
