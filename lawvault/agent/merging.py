"""Several searches for one sub-question become one list: what many of them agree on comes first.

Each search's scores are scaled over its first hundred hits and added by weight, just as search
itself adds meaning and words (`lawvault.retrieve.fused`), so a search that is sure of its first
hits counts for more there.

The weights were chosen on the 1,082 dev questions over national law, for a model trained on such
questions and for its base: dev questions avoid the words of statutes, so what words find counts for
more with real ones.  Ranks instead of scores (RRF), counting for whole laws or for neighbours, and
texts of articles found as queries gained less or nothing there; nor did searches by meaning and
words at once (`mode=hybrid`) in place of those by meaning.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lawvault.agent.nouns import Found
from lawvault.retrieve.fused import DEPTH, Leg, fuse
from lawvault.schema import Hit

REWRITTEN, WORDS, KEYWORDS, COMMON_TEXT, COMMON_WORDS = 0.5, 0.4, 0.2, 0.5, 0.4
"""Weights beside 1 for the question as asked, by meaning: for it with statutes' words, by meaning;
for these by words; the keywords of the plan; and the question with the words that its best hits
share, by meaning and by words."""

CLOSENESS = 1.5
"""Weight of the closeness to a sub-question beside what its searches say together, which is 1; that
of search (`Calibration.late_weight`) is each pack's own."""

HITS = DEPTH
"""Articles that a search is asked for; with fewer, its scale says less (measured: 30 lose all)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """What one search found, best first, and how much it counts beside the others."""

    by: str  # what was searched for
    found: Sequence[Found]
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """One article with its score over all rankings, and the search in which it stands highest."""

    found: Found
    by: str


def merged(rankings: Sequence[Ranking], n: int) -> list[Merged]:
    """Return the `n` best articles of some rankings; their order is no matter.

    >>> one, two = (Found(article_id=a, law_id="", law_name="", article_number="", content="",
    ...     status="", effective_date="", score=1.0) for a in "ab")
    >>> [hit.found.article_id for hit in merged([Ranking(by="x", found=[one]),
    ...     Ranking(by="y", found=[two]), Ranking(by="z", found=[two])], 5)]
    ['b', 'a']
    """
    articles = {found.article_id: found for one in rankings for found in one.found}
    return [
        Merged(
            found=replace(articles[hit.article_id], score=hit.score),
            by=rankings[_highest(hit.legs)].by,
        )
        for hit in fuse(_leg(place, one) for place, one in enumerate(rankings))[:n]
    ]


def _leg(place: int, ranking: Ranking) -> Leg:
    hits = [
        Hit(article_id=found.article_id, score=found.score, rank=rank)
        for rank, found in enumerate(ranking.found, start=1)
    ]
    return Leg(name=str(place), weight=ranking.weight, hits=hits)


def _highest(legs: dict[str, Hit]) -> int:
    return min((hit.rank, int(name)) for name, hit in legs.items())[1]
