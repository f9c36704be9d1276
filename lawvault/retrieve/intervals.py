"""How sure a number is: 95 % intervals of a difference between two systems, and of a share.

The interval of a difference is a paired bootstrap over groups: queries of one article rise and fall
together, so groups are drawn, not queries (Sakai 2006 for the test, Field and Welsh 2007 for
drawing clusters).  That of a share is Wilson's (1927), which holds for few and for extreme counts.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_Z = 1.959964


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Mean of after minus before, and the 95 % interval of that mean."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """`count` of `total`, and the 95 % interval of that share."""

    count: int
    total: int
    share: float
    low: float
    high: float


def paired_difference(
    before: Sequence[float] | Floats,
    after: Sequence[float] | Floats,
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


def share_of(count: int, total: int) -> Share:
    """Return a share with its interval; nothing of nothing may be anything.

    >>> share_of(0, 0)
    Share(count=0, total=0, share=0.0, low=0.0, high=1.0)
    >>> share = share_of(5, 10)
    >>> round(share.low, 3), round(share.high, 3)
    (0.237, 0.763)
    """
    if not total:
        return Share(count=0, total=0, share=0.0, low=0.0, high=1.0)
    share, squared = count / total, _Z * _Z
    centre = (share + squared / (2 * total)) / (1 + squared / total)
    spread = math.sqrt(share * (1 - share) / total + squared / (4 * total * total))
    reach = _Z * spread / (1 + squared / total)
    return Share(
        count=count,
        total=total,
        share=share,
        low=max(0.0, centre - reach),
        high=min(1.0, centre + reach),
    )
