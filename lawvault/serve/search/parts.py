"""What answers of search are made of, beside the articles themselves."""

from typing import Literal

from pydantic import BaseModel

Mode = Literal["hybrid", "vector", "keyword", "exact"]


class Span(BaseModel):
    """Characters (code points) `start` to `end`, without `end`, of a hit's content."""

    start: int
    end: int


class LegScores(BaseModel):
    """What each leg gave; null where it was not asked or did not find the article.

    vector: cosine, -1 to 1.
    keyword: BM25.
    late: how near the article is to the question token by token (late interaction), about 0 to 1.3.
    """

    vector: float | None = None
    keyword: float | None = None
    late: float | None = None


class LegRanks(BaseModel):
    """Rank in each leg, from 1."""

    vector: int | None = None
    keyword: int | None = None
    late: int | None = None


class HitReference(BaseModel):
    """One reference: its words, and the article at its other end, if that is in the data pack."""

    text: str
    article_id: str | None
    law_id: str | None


class HitReferences(BaseModel):
    """What a hit refers to and what refers to it, up to 20 of each; the totals count all."""

    references_out: list[HitReference]
    total_out: int
    references_in: list[HitReference]
    total_in: int


class SimilarArticle(BaseModel):
    """Another article, and the cosine of its vector with the hit's."""

    article_id: str
    law_id: str
    law_name: str
    article_number: str
    score: float


class SearchNote(BaseModel):
    """What is to be said about the query: `problem` for programs, `reason` for people.

    candidates: articles that may be meant; law_ids: versions of laws that may be.
    """

    problem: str
    reason: str
    words: str = ""
    candidates: list[str] = []
    law_ids: list[str] = []


class Explanation(BaseModel):
    """How an answer came about: milliseconds of each step, and what each leg counts for.

    weights: `vector` and `keyword` add up to 1; `late` counts beside the two together.
    found: articles that each leg found; of `late`, those that it compared.
    """

    milliseconds: dict[str, float]
    weights: dict[str, float]
    found: dict[str, int]


Lack = Literal[
    "query_cut",
    "no_match_for_filter",
    "no_match",
    "not_resolved",
    "as_of_incomplete",
    "unknown_filter_value",
]
