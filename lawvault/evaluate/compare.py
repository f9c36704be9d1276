"""Two systems on the same queries: difference, its interval, and how ranks moved.

The interval is a paired bootstrap over groups: queries of one article rise and fall together, so
groups are drawn, not queries (Sakai 2006 for the test, Field and Welsh 2007 for drawing clusters).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Mean of after minus before, and the 95 % interval of that mean."""

    mean: float
    low: float
    high: float


def paired_difference(
    before: Sequence[float],
    after: Sequence[float],
    groups: Sequence[str],
    *,
    resamples: int,
    seed: int,
) -> Difference:
    """Return the mean difference over queries with its bootstrap interval.

    >>> paired_difference([0, 0], [1, 1], ["a", "b"], resamples=100, seed=0)
    Difference(mean=1.0, low=1.0, high=1.0)
    """
    deltas = np.asarray(after, float) - np.asarray(before, float)
    sums, sizes = _by_group(deltas, groups)
    draw = np.random.default_rng(seed)
    means = np.empty(resamples)
    for nth in range(resamples):
        drawn = draw.integers(0, len(sums), len(sums))
        means[nth] = sums[drawn].sum() / sizes[drawn].sum()
    low, high = np.percentile(means, [2.5, 97.5])
    return Difference(mean=float(deltas.mean()), low=float(low), high=float(high))


def _by_group(deltas: Floats, groups: Sequence[str]) -> tuple[Floats, Floats]:
    _, place = np.unique(np.asarray(groups), return_inverse=True)
    return np.bincount(place, deltas).astype(float), np.bincount(place).astype(float)


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
