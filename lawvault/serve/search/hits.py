"""Ranked articles -> hits: whole articles with highlights, legs, references, grouped by law."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lawvault.retrieve.content import Content
from lawvault.retrieve.dense import DenseIndex
from lawvault.retrieve.fused import Ranked
from lawvault.retrieve.ids import row_among
from lawvault.retrieve.lexical import Span as Stretch
from lawvault.retrieve.lexical import spans_of, words_of
from lawvault.serve.contract import SearchHit, SearchRequest
from lawvault.serve.search.parts import (
    HitReference,
    HitReferences,
    LegRanks,
    LegScores,
    SimilarArticle,
    Span,
)

MAX_HIGHLIGHTS = 50
MAX_READ, MAX_SHOWN_WORDS = 4000, 500
"""Characters of a query whose words are looked for, and how many words are highlighted."""
MAX_HIT_REFERENCES = 20
MAX_SIMILAR = 5
Row = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """One article of a ranking and how many of its law's are in the ranking, where it is asked."""

    ranked: Ranked
    rank: int
    in_law: int | None = None


def page_of(ranking: Sequence[Ranked], request: SearchRequest, laws: Sequence[str]) -> list[Placed]:
    """Return the part of a ranking that a request asks for.

    Args:
        laws: the law_id of every article of the ranking, if it is to be grouped by law.
    """
    best, counts = list(ranking), Counter[str]()
    if request.group_by_law:
        counts = Counter(laws)
        first = dict(zip(reversed(laws), reversed(ranking), strict=True))
        best = [first[law] for law in dict.fromkeys(laws)]
    law_of = {one.article_id: law for one, law in zip(ranking, laws, strict=False)}
    shown = enumerate(best[request.offset : request.offset + request.k], start=request.offset + 1)
    return [
        Placed(
            ranked=one,
            rank=rank,
            in_law=counts[law_of[one.article_id]] if request.group_by_law else None,
        )
        for rank, one in shown
    ]


def hits_of(
    page: Sequence[Placed],
    request: SearchRequest,
    content: Content,
    spans: Mapping[str, Sequence[Stretch]],
    also: Sequence[str] = (),
) -> list[SearchHit]:
    """Return the articles of a page.

    Args:
        spans: what the query names of an article; of the others the query's words are shown.
        also: words that are shown beside those of the query.
    """
    rows = content.rows([one.ranked.article_id for one in page])
    is_named = all(one.ranked.article_id in spans for one in page)
    words = [] if is_named else _telling([*words_of(request.query[:MAX_READ]), *also])
    hits = []
    for one, row in zip(page, rows, strict=True):
        hit = _hit(one, row, request)
        stretches = (
            spans[hit.article_id][:MAX_HIGHLIGHTS]
            if hit.article_id in spans
            else spans_of(words, hit.content, limit=MAX_HIGHLIGHTS)
        )
        hit.highlights = [Span(start=start, end=end) for start, end in stretches]
        if "references" in request.include:
            hit.references = _references(hit.article_id, content)
        hits.append(hit)
    return hits


def show_similar(hits: Sequence[SearchHit], index: DenseIndex, content: Content) -> None:
    """Give each hit the other articles whose vectors are nearest to its own, best first.

    Texts of versions that search cannot find have no vector, and stay without.
    """
    known = index.filterable.article_ids
    hits = [hit for hit in hits if row_among(known, hit.article_id) is not None]
    vectors = index.vectors([hit.article_id for hit in hits])
    near = [
        [one for one in found if one.article_id != hit.article_id][:MAX_SIMILAR]
        for hit, found in zip(hits, index.search_many(vectors, MAX_SIMILAR + 1), strict=True)
    ]
    wanted = sorted({one.article_id for found in near for one in found})
    rows = dict(zip(wanted, content.rows(wanted), strict=True))
    for hit, found in zip(hits, near, strict=True):
        hit.similar = [
            SimilarArticle.model_validate({**rows[one.article_id], "score": one.score})
            for one in found
        ]


def _hit(one: Placed, row: Row, request: SearchRequest) -> SearchHit:
    legs = one.ranked.legs
    return SearchHit.model_validate(
        {
            **row,
            "score": one.ranked.score,
            "rank": one.rank,
            "scores": LegScores(**{name: hit.score for name, hit in legs.items()}),
            "ranks": LegRanks(**{name: hit.rank for name, hit in legs.items()})
            if request.explain
            else None,
            "hits_in_law": one.in_law,
        }
    )


def _telling(words: Iterable[str]) -> list[str]:
    """Return the words of two characters or more, or all if there is none such."""
    words = list(dict.fromkeys(words))
    return ([word for word in words if len(word) > 1] or words)[:MAX_SHOWN_WORDS]


def _references(article_id: str, content: Content) -> HitReferences:
    out = content.references_from(article_id)
    into = content.referring(article_id, limit=MAX_HIT_REFERENCES)
    return HitReferences(
        references_out=[
            _reference(row, "target_article_id", "target_law_id")
            for row in out[:MAX_HIT_REFERENCES]
        ],
        total_out=len(out),
        references_in=[_reference(row, "source_article_id", "law_id") for row in into],
        total_in=content.count_referring(article_id),
    )


def _reference(row: Row, article: str, law: str) -> HitReference:
    return HitReference.model_validate(
        {"text": row["text"], "article_id": row[article], "law_id": row[law]}
    )
