"""Two rankings -> one: each leg's scores scaled to 0 … 1 over its first hits, weighted, added.

The scale runs from a leg's 100th hit to its best, so a leg that is sure of its first hits counts
for more there than one that finds all alike; what a leg finds later, or not at all, counts 0.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lawvault.schema import Hit

LATE = "late"
DEPTH = 100
VECTOR_WEIGHT = 0.7
"""Where a data pack has too few dev questions to choose its own (`retrieve.calibration`).

No measured gain is claimed for it: formula, depth and this number were chosen on generated *test*
questions, with a public question set seen at the time, so neither can measure them any more.
"""

LATE_WEIGHT = 1.0
"""Of late interaction there; where dev questions could choose, they chose 1 to 2."""


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


def with_late(ranking: Sequence[Ranked], closeness: Sequence[float], weight: float) -> list[Ranked]:
    """Return a ranking ordered anew by late interaction (`retrieve.late`).

    Args:
        closeness: that of its first articles, `DEPTH` or fewer; those behind keep their order.
        weight: what it counts for beside the scores, both scaled to 0 … 1.

    >>> one, two = (Ranked(article_id=name, score=score, legs={}) for name, score in
    ...     (("a", 0.5), ("b", 0.4)))
    >>> [(hit.article_id, round(hit.score, 2)) for hit in with_late([one, two], [0.2, 0.6], 1.5)]
    [('b', 0.92), ('a', 0.4)]
    """
    order = sorted(range(len(closeness)), key=lambda place: (-closeness[place], place))
    hits = [
        Hit(article_id=ranking[place].article_id, score=closeness[place], rank=rank)
        for rank, place in enumerate(order, start=1)
    ]
    shares = dict(zip((hit.article_id for hit in hits), scaled(hits), strict=True))
    own = {hit.article_id: {LATE: hit} for hit in hits}
    best = max((one.score for one in ranking), default=0.0) or 1.0
    anew = [
        Ranked(
            article_id=one.article_id,
            score=(one.score / best + weight * shares.get(one.article_id, 0.0)) / (1 + weight),
            legs={**one.legs, **own.get(one.article_id, {})},
        )
        for one in ranking
    ]
    return sorted(anew, key=lambda one: (-one.score, one.article_id))


def alone(name: str, hits: Iterable[Hit]) -> list[Ranked]:
    """Return one leg's own ranking, its scores as they are."""
    return [Ranked(article_id=hit.article_id, score=hit.score, legs={name: hit}) for hit in hits]


def scaled(hits: Sequence[Hit]) -> list[float]:
    """Return what each hit of a leg counts for, 0 to 1, before the leg is weighted."""
    return shares_of([hit.score for hit in hits])


def shares_of(scores: Sequence[float]) -> list[float]:
    """Return scores as parts of the way from the lowest of the first `DEPTH` to the highest."""
    low, high = min(scores[:DEPTH], default=0.0), max(scores, default=0.0)
    if low == high:
        return [float(score == high) for score in scores]
    return [max(0.0, (score - low) / (high - low)) for score in scores]
