"""What a data pack's own dev questions say about searching it: calibration.json.

Chosen on dev questions, whose answers are known and which nobody trained on: how much vectors count
for beside words, whether the two together are the default, and the cosine below which even the
best article is no confident match.  Two folds of articles keep this honest: what is chosen on one
is measured on the other.  With too few questions nothing is chosen, and the file says so.

A good best hit is told from a bad one by its cosine alone.  On the demo (246 dev questions, 120
that no law answers, at 2 % of the former flagged) it flags .88 of the latter, the mean of ten
cosines .91, the best BM25 .53, the gap to the query's mean cosine .23, its z-score 0.

The file also holds probes: questions with the ten articles they found when the pack was made, which
`guard` asks again of every other numeric path.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from lawvault.errors import IntegrityError
from lawvault.retrieve.filters import Mask
from lawvault.retrieve.fused import DEPTH, LATE_WEIGHT, VECTOR_WEIGHT, scaled, shares_of
from lawvault.retrieve.intervals import Floats, paired_difference, share_of
from lawvault.retrieve.metrics import Judged, ndcg
from lawvault.schema import Hit

FILE = "calibration.json"
MIN_QUESTIONS = 100
MAX_FLAGGED = 0.02
MIN_CAUGHT = 0.5
"""Share of off-topic questions; a flag that misses more of them says nothing by its absence."""
NUM_PROBES, PROBE_HITS = 200, 10
WEIGHTS = tuple(round(0.05 * step, 2) for step in range(21))
LATE_WEIGHTS = (0.0, 0.5, 1.0, 1.5, 2.0)
RESAMPLES = 2000

DefaultMode = Literal["hybrid", "vector"]
VECTOR, KEYWORD = "vector", "keyword"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A question and the ids of the articles it finds by meaning, best first."""

    query: str
    found: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How to search one pack.

    late_weight: what late interaction counts for in a hybrid search; 0 where it is not used.
    confident_from: the least cosine of a confident best hit; None if none could be chosen.
    path: numeric path of the queries that all this was measured with.
    """

    default_mode: DefaultMode
    vector_weight: float
    late_weight: float
    confident_from: float | None
    path: str
    probes: tuple[Probe, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One dev question: the article it was written for, the judgments, and what each leg finds.

    closeness: that of every article found (`retrieve.late`); None where the pack has no states.
    """

    query: str
    article_id: str
    judged: Judged
    vector: Sequence[Hit]
    keyword: Sequence[Hit]
    closeness: Mapping[str, float] | None = None


def read_calibration(pack: Path) -> Calibration:
    """Return what calibration.json of a pack says.

    Raises:
        IntegrityError: there is none that can be read, or it makes no sense.
    """
    path = pack / FILE
    try:
        read = _read(json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise IntegrityError(
            f"{path}: cannot be read ({error!r}); run `python -m jobs.index`"
        ) from error
    weight, least = read.vector_weight, read.confident_from or 0.0
    is_sane = 0 <= weight <= 1 and -1 <= least <= 1  # false for NaN
    if read.default_mode not in get_args(DefaultMode) or not is_sane or not read.late_weight >= 0:
        raise IntegrityError(
            f"{path}: no way to search: {read.default_mode}, {weight}, {read.late_weight}, {least}"
        )
    return read


def _read(content: dict[str, Any]) -> Calibration:
    fusion, below = content["fusion"], content["no_confident_match"]["below"]
    return Calibration(
        default_mode=fusion["default_mode"],
        vector_weight=float(fusion["vector_weight"]),
        late_weight=float(fusion.get("late_weight", 0.0)),  # none in packs made before it
        confident_from=None if below is None else float(below),
        path=str(content["path"]),
        probes=tuple(
            Probe(query=str(one["query"]), found=tuple(one["found"])) for one in content["probes"]
        ),
    )


def calibrate(
    asked: Sequence[Asked],
    off_topic: Sequence[float],
    probes: Sequence[Probe],
    *,
    path: str,
    seed: int,
) -> dict[str, Any]:
    """Return calibration.json as JSON-able data.

    Args:
        off_topic: best cosine of each question that nothing answers; every other one, from the
            first, decides whether the threshold is of use, the rest are reported.
        path: numeric path of the encoder that made the query vectors.
    """
    groups = [one.article_id for one in asked]
    if len(asked) >= MIN_QUESTIONS and len(set(groups)) > 1:
        best = np.array([one.vector[0].score for one in asked])
        fusion = _fusion(asked, groups, seed)
        confidence = _confidence(best, groups, np.asarray(off_topic, float))
    else:
        why = f"{len(asked)} dev questions, {MIN_QUESTIONS} are needed: raise generate.dev_share"
        fusion = {
            "default_mode": VECTOR,
            "vector_weight": VECTOR_WEIGHT,
            "late_weight": LATE_WEIGHT if all(one.closeness for one in asked) else 0.0,
            "why": why,
        }
        confidence = {"below": None, "why": why}
    return {
        "path": path,
        "dev_questions": len(asked),
        "dev_articles": len(set(groups)),
        "fusion": fusion,
        "no_confident_match": confidence,
        "probes": [{"query": one.query, "found": list(one.found)} for one in probes],
    }


def _fusion(asked: Sequence[Asked], groups: Sequence[str], seed: int) -> dict[str, Any]:
    """Choose the weights on all questions; their gain is that of weights chosen on the other fold.

    It is told beside each leg alone, and beside the two without late interaction.
    """
    every = np.stack([gains_by_weight(one) for one in asked], axis=-1)
    grid, plain = every.reshape(-1, len(asked)), every[:, 0]
    alone = {
        VECTOR: np.array([_gain(one.vector, one.judged) for one in asked]),
        KEYWORD: np.array([_gain(one.keyword, one.judged) for one in asked]),
    }
    if every.shape[1] > 1:
        alone["without_late"] = _honest(plain, groups)
    gains = {
        name: paired_difference(leg, _honest(grid, groups), groups, resamples=RESAMPLES, seed=seed)
        for name, leg in alone.items()
    }
    wins = all(gains[leg].low > 0 for leg in (VECTOR, KEYWORD))
    chosen = _best(grid)
    means = {name: leg.mean() for name, leg in alone.items()} | {"hybrid": grid[chosen].mean()}
    by_weight = dict(zip(map(str, WEIGHTS), plain.mean(axis=1), strict=True))
    return {
        "default_mode": "hybrid" if wins else VECTOR,
        "vector_weight": WEIGHTS[chosen // every.shape[1]],
        "late_weight": LATE_WEIGHTS[chosen % every.shape[1]],
        "why": f"hybrid {'beats' if wins else 'does not surely beat'} each of its legs",
        "ndcg@10": _rounded(means),
        "hybrid_minus": {name: _rounded(asdict(gain)) for name, gain in gains.items()},
        "ndcg@10_by_weight": _rounded(by_weight),
    }


def _gain(hits: Sequence[Hit], judged: Judged) -> float:
    return ndcg([hit.article_id for hit in hits], judged, k=10)


def _honest(grid: Floats, groups: Sequence[str]) -> Floats:
    """Return the gain of each question with the weights that are best on the other fold."""
    found = np.empty(grid.shape[1])
    for here in _folds(groups):
        found[here] = grid[_best(grid[:, ~here]), here]
    return found


def gains_by_weight(asked: Asked) -> Floats:
    """Return nDCG@10 of a question for each of `WEIGHTS` and each of `LATE_WEIGHTS`, [21, 5].

    They are those of `fuse` and `with_late`.  Without closeness the second is 0 alone: [21, 1].
    """
    by_meaning, by_words = (
        dict(zip([hit.article_id for hit in hits], scaled(hits), strict=True))
        for hits in (asked.vector, asked.keyword)
    )
    ids = sorted({*by_meaning, *by_words})
    meaning = np.array([by_meaning.get(one, 0.0) for one in ids])
    words = np.array([by_words.get(one, 0.0) for one in ids])
    weights = np.array(WEIGHTS)[:, None]
    scores = weights * meaning + (1 - weights) * words
    orders = np.argsort(-scores, axis=1, kind="stable")[:, :DEPTH]
    return np.array(
        [
            _gains_late(asked, ids, order, own[order])
            for order, own in zip(orders, scores, strict=True)
        ]
    )


def _gains_late(
    asked: Asked, ids: Sequence[str], order: NDArray[np.intp], scores: Floats
) -> list[float]:
    """Return nDCG@10 of one fused ranking for each weight of late interaction."""
    totals = [scores]
    if asked.closeness is not None:
        best = scores.max(initial=0.0) or 1.0
        shares = np.array(shares_of([asked.closeness[ids[place]] for place in order]))
        totals = [scores / best + weight * shares for weight in LATE_WEIGHTS]
    rows = [order[np.lexsort((order, -total))[:10]] for total in totals]
    return [ndcg([ids[place] for place in row], asked.judged, k=10) for row in rows]


def _best(grid: Floats) -> int:
    """Return the row with the best mean; of equal ones the last, which trusts vectors most."""
    means = grid.mean(axis=1)
    return int(np.flatnonzero(means == means.max())[-1])


def _folds(groups: Sequence[str]) -> Iterator[Mask]:
    """Yield which questions are in each of two folds; those of one article are in the same."""
    _, place = np.unique(np.asarray(groups), return_inverse=True)
    yield place % 2 == 0
    yield place % 2 == 1


def _confidence(best: Floats, groups: Sequence[str], off_topic: Floats) -> dict[str, Any]:
    """Choose the threshold on all questions; what it flags is counted on the other fold's."""
    below = round(threshold_of(best), 4)
    flagged = sum(int((best[here] < threshold_of(best[~here])).sum()) for here in _folds(groups))
    deciding, reported = off_topic[::2], off_topic[1::2]
    caught = share_of(int((deciding < below).sum()), len(deciding))
    of_use = caught.share >= MIN_CAUGHT
    return {
        "below": below if of_use else None,
        "why": f"it flags {caught.count} of {caught.total} off-topic questions kept for this choice"
        + ("" if of_use else f", {MIN_CAUGHT:.0%} are needed"),
        "statistic": "cosine of the best hit",
        "threshold": below,
        "dev_flagged": _rounded(asdict(share_of(flagged, len(best)))),
        "off_topic_flagged": _rounded(
            asdict(share_of(int((reported < below).sum()), len(reported)))
        ),
    }


def threshold_of(best: Floats) -> float:
    """Return the largest value that at most `MAX_FLAGGED` of `best` are below.

    >>> threshold_of(np.arange(100, 0, -1))
    3.0
    """
    return float(np.sort(best)[int(MAX_FLAGGED * len(best))])


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    """Return numbers as JSON can hold them, counts as they are."""
    return {
        name: value if isinstance(value, int) else round(float(value), 4)
        for name, value in values.items()
    }
