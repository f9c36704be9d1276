"""What a round found, compared with its sub-questions token by token, and ordered by that, too.

Late interaction over the token vectors of the served law (`lawvault.retrieve.late`): how near an
article is to a sub-question is added to what all its searches say of the article, so the order is
no longer that of searches alone.  What a question cites stays first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lawvault.agent.gather import Answer, first_text, ranked, side_by_side
from lawvault.agent.merging import CLOSENESS
from lawvault.agent.nouns import Library, SearchUnavailable
from lawvault.agent.pool import Hit
from lawvault.retrieve.fused import Ranked, with_late


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Hits by sub-question, best first; `failures`: why some are ordered by searches alone."""

    hits: dict[str, list[Hit]]
    failures: tuple[str, ...] = ()


async def compared(
    library: Library,
    answers: Sequence[Answer],
    *,
    round_number: int,
    parallel: int,
) -> Compared:
    """Return what a round found, ordered by closeness, too; `parallel` questions are asked at once.

    Each sub-question's hits are compared with what the round first asked by meaning for it; where
    it was searched for by words alone, they keep their order.
    """
    hits = ranked(answers, round_number)

    async def near(question_id: str) -> Sequence[float] | SearchUnavailable:
        query = first_text(answers, question_id)
        ids = [hit.found.article_id for hit in hits[question_id] if _is_found(hit)]
        if not query or not ids:
            return ()
        try:
            return await library.closeness(query, ids)
        except SearchUnavailable as error:
            return error

    told = dict(zip(hits, await side_by_side(near, [*hits], parallel=parallel), strict=True))
    failures = [str(one) for one in told.values() if isinstance(one, SearchUnavailable)]
    known = {name: one for name, one in told.items() if not isinstance(one, SearchUnavailable)}
    return Compared(
        hits={name: by_closeness(own, known.get(name, ())) for name, own in hits.items()},
        failures=tuple(failures),
    )


def by_closeness(hits: Sequence[Hit], closeness: Sequence[float]) -> list[Hit]:
    """Return the hits of one sub-question, those that searches found ordered and scored anew.

    Args:
        closeness: of what searches found, in its order; empty where nobody knows it.
    """
    if not closeness:
        return [*hits]
    found = {hit.found.article_id: hit for hit in hits if _is_found(hit)}
    ranking = [
        Ranked(article_id=name, score=hit.found.score, legs={}) for name, hit in found.items()
    ]
    best = with_late(ranking, closeness, CLOSENESS)
    cited = [hit for hit in hits if not _is_found(hit)]
    return [*cited, *(_scored(found[one.article_id], one.score) for one in best)]


def _is_found(hit: Hit) -> bool:
    return hit.trace.how == "search"


def _scored(hit: Hit, score: float) -> Hit:
    return Hit(found=replace(hit.found, score=score), trace=replace(hit.trace, score=score))
