"""Two systems on the same queries: how ranks moved."""

from collections.abc import Sequence

import numpy as np


def rank_moves(before: Sequence[int], after: Sequence[int]) -> dict[str, float]:
    """Return the shares of queries whose right article rose, stayed and fell.

    >>> rank_moves([5, 1, 2, 3], [1, 1, 4, 2])
    {'better': 0.5, 'same': 0.25, 'worse': 0.25}
    """
    old, new = np.asarray(before), np.asarray(after)
    return {
        "better": float((new < old).mean()),
        "same": float((new == old).mean()),
        "worse": float((new > old).mean()),
    }
