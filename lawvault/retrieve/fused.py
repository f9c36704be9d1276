"""Two rankings -> one: each leg's scores scaled to 0 … 1 over its first hits, weighted, added.

The scale runs from a leg's 100th hit to its best, so a leg that is sure of its first hits counts
for more there than one that finds all alike; what a leg finds later, or not at all, counts 0.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lawvault.schema import Hit

DEPTH = 100
VECTOR_WEIGHT = 0.7
"""Where a data pack has too few dev questions to choose its own (`retrieve.calibration`).

No measured gain is claimed for it: formula, depth and this number were chosen on generated *test*
questions, with a public question set seen at the time, so neither can measure them any more.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One way of searching: its hits, best first, and its weight beside the others'."""

    name: str
    weight: float
    hits: Sequence[Hit]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """One article with what it is ranked by, and what each leg that found it gave."""

    article_id: str
    score: float
    legs: dict[str, Hit]


def fuse(legs: Iterable[Leg]) -> list[Ranked]:
    """Return the hits of all legs, best first; the order of legs and of equal scores is no matter.

    >>> hits = [Hit(article_id=name, score=score, rank=0) for name, score in (("a", 3), ("b", 1))]
    >>> [(one.article_id, one.score) for one in fuse([Leg(name="x", weight=1, hits=hits)])]
    [('a', 1.0), ('b', 0.0)]
    """
    shares: dict[str, list[float]] = {}
    found: dict[str, dict[str, Hit]] = {}
    for leg in legs:
        for hit, share in zip(leg.hits, scaled(leg.hits), strict=True):
            shares.setdefault(hit.article_id, []).append(leg.weight * share)
            found.setdefault(hit.article_id, {})[leg.name] = hit
    ranked = [
        Ranked(article_id=article_id, score=sum(sorted(parts)), legs=found[article_id])
        for article_id, parts in shares.items()
    ]
    return sorted(ranked, key=lambda one: (-one.score, one.article_id))


def alone(name: str, hits: Iterable[Hit]) -> list[Ranked]:
    """Return one leg's own ranking, its scores as they are."""
    return [Ranked(article_id=hit.article_id, score=hit.score, legs={name: hit}) for hit in hits]


def scaled(hits: Sequence[Hit]) -> list[float]:
    """Return what each hit of a leg counts for, 0 to 1, before the leg is weighted."""
    scores = [hit.score for hit in hits]
    low, high = min(scores[:DEPTH], default=0.0), max(scores, default=0.0)
    if low == high:
        return [float(score == high) for score in scores]
    return [max(0.0, (score - low) / (high - low)) for score in scores]
