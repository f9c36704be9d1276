"""Search over a data pack: a question in, whole articles out; by address, by meaning, by words.

A pack is opened only together with the model that made its vectors: those of another model of
equal dimension would be searched without any error and find wrong law.
"""

import asyncio
import datetime
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from lawvault.errors import IntegrityError
from lawvault.models.encoder import Vectors
from lawvault.models.fingerprint import check_same, fingerprint_id, read_fingerprint
from lawvault.retrieve.calibration import read_calibration
from lawvault.retrieve.content import Content
from lawvault.retrieve.dense import DenseIndex
from lawvault.retrieve.editions import Editions
from lawvault.retrieve.everyday import statute_words
from lawvault.retrieve.exact import LONGEST_READ, Exact, Found, Named
from lawvault.retrieve.filters import Filter
from lawvault.retrieve.fused import DEPTH, LATE, Leg, Ranked, alone, fuse, with_late
from lawvault.retrieve.late import open_tokens
from lawvault.retrieve.laws import ContentLookup
from lawvault.retrieve.lexical import Span
from lawvault.schema import Hit
from lawvault.serve.contract import MAX_REACH, ApiError, SearchAnswer, SearchRequest
from lawvault.serve.search.course import Course, milliseconds_since
from lawvault.serve.search.hits import MAX_READ, hits_of, page_of, show_similar
from lawvault.serve.search.keywords import open_keywords
from lawvault.serve.search.named import allowed, first_of, named_first
from lawvault.serve.search.narrowing import Narrowing
from lawvault.serve.search.parts import Explanation, Lack, Mode, SearchNote
from lawvault.serve.search.questions import QuestionEncoder, read

VECTOR, KEYWORD = "vector", "keyword"


class Searcher:
    """An open data pack, read only."""

    def __init__(self, model: Path, pack: Path) -> None:
        check_same(model, pack)
        self._dense, self.content = DenseIndex(pack), Content(pack)
        if self._dense.size != self.content.size:
            raise IntegrityError(
                f"{pack}: {self._dense.size} vectors but {self.content.size} articles"
            )
        self.fingerprint = fingerprint_id(read_fingerprint(pack))
        self.calibration = read_calibration(pack)
        weight = self.calibration.vector_weight
        self.weights = {VECTOR: weight, KEYWORD: round(1 - weight, 6)}
        self.lookup = ContentLookup(self.content)
        self._exact = Exact(self.content, self.lookup)
        self._editions = Editions(self.content)
        self._columns = self._dense.filterable
        self._narrowing = Narrowing(self.content, self.lookup, self._columns)
        self._words = open_keywords(pack, self._columns.article_ids)
        self.tokens = open_tokens(pack, self._columns.article_ids)
        if self.tokens and self.calibration.late_weight > 0:
            self.weights[LATE] = self.calibration.late_weight

    def named(self, request: SearchRequest) -> Named:
        """Return the provisions and laws that a query names."""
        return self._exact.find(request.query, request.filters.as_of or self.content.as_of)

    def exact(self, named: Named, request: SearchRequest, course: Course) -> SearchAnswer:
        """Answer with what the query names, in its order."""
        only = self._narrowing.filter(request.filters, course)
        found = allowed(named.found, only, request, self.content)
        course.tell_exact(named)
        if named.found and not found:
            course.degraded.append("no_match_for_filter")
        ranking = [Ranked(article_id=one.article_id, score=1.0, legs={}) for one in found]
        answer = self._answer(
            ranking, request, course, {one.article_id: one.spans for one in found}
        )
        answer.mode, answer.total = "exact", len(found)
        answer.no_confident_match = not found
        return answer

    def ranked(
        self,
        mode: Mode,
        request: SearchRequest,
        vector: Vectors | None,
        course: Course,
        named: Sequence[Found] = (),
        states: Vectors | None = None,
    ) -> SearchAnswer:
        """Answer with articles ranked by meaning, by words, or by both, after those `named`.

        Args:
            states: of the question, by which the first articles are ordered anew.
        """
        versions = self._versions(request.filters.as_of, course)
        only = self._narrowing.filter(request.filters, course)
        if mode != "keyword":
            course.statute_words += statute_words(request.query[:MAX_READ])
        first = first_of(allowed(named, only, request, self.content), course)
        only = replace(only, versions=versions)
        reach = request.offset + request.k
        if request.group_by_law or mode == "hybrid":
            reach = MAX_REACH
        legs: dict[str, Sequence[Hit]] = {}
        if vector is not None:
            legs[VECTOR] = self._by_meaning(vector, reach, only, course)
        if mode != "vector":
            legs[KEYWORD] = self._by_words(request.query, reach, only, course)
        course.found |= {name: len(hits) for name, hits in legs.items()}
        if not first and not any(legs.values()):
            course.degraded.append(self._why_nothing(only))
        merged = self._ordered_anew(self._merged(legs), states, course)
        ranking = named_first([one.article_id for one in first], merged)
        spans = {one.article_id: one.spans for one in first if one.spans}
        answer = self._answer(ranking, request, course, spans)
        answer.mode = mode
        answer.no_confident_match = False if first else self._is_doubtful(legs)
        return answer

    def _merged(self, legs: dict[str, Sequence[Hit]]) -> list[Ranked]:
        if len(legs) == 1:
            return [one for name, hits in legs.items() for one in alone(name, hits)]
        return fuse(
            Leg(name=name, weight=self.weights[name], hits=hits) for name, hits in legs.items()
        )

    def _ordered_anew(
        self, ranking: list[Ranked], states: Vectors | None, course: Course
    ) -> list[Ranked]:
        """Return a ranking whose first articles were compared with a question token by token."""
        if self.tokens is None or states is None or not ranking:
            return ranking
        with course.timed(LATE):
            ids = [one.article_id for one in ranking[:DEPTH]]
            closeness = self.tokens.closeness(states, ids)
            course.found[LATE] = len(closeness)
            return with_late(ranking, closeness, self.weights[LATE])

    def _is_doubtful(self, legs: dict[str, Sequence[Hit]]) -> bool | None:
        """Say whether probably no article answers; None if nobody can say."""
        least = self.calibration.confident_from
        if not any(legs.values()):
            return True
        if least is None or not legs.get(VECTOR):
            return None
        return legs[VECTOR][0].score < least

    def _by_meaning(self, vector: Vectors, k: int, only: Filter, course: Course) -> list[Hit]:
        try:
            with course.timed(VECTOR):
                return self._dense.search(vector, k, only)
        except ValueError as error:
            raise ApiError(500, "bad_vector", "问题的向量无效，无法检索") from error

    def _by_words(self, query: str, k: int, only: Filter, course: Course) -> list[Hit]:
        if len(query) > MAX_READ and "query_cut" not in course.degraded:
            course.degraded.append("query_cut")
        words = " ".join([query[:MAX_READ], *course.statute_words])
        with course.timed(KEYWORD):
            return self._words.search(words, k, self._columns.mask(only))

    def _why_nothing(self, only: Filter) -> Lack:
        mask = self._columns.mask(only)
        return "no_match" if mask is None or mask.any() else "no_match_for_filter"

    def _versions(self, as_of: datetime.date | None, course: Course) -> Sequence[str] | None:
        if as_of is None:
            return None
        in_force = self._editions.on(as_of)
        if in_force.missing:
            course.degraded.append("as_of_incomplete")
            reason = f"{in_force.missing} 部法律在 {as_of} 的文本不在检索库中，或无法确定"
            course.notes.append(SearchNote(problem="as_of_incomplete", reason=reason))
        return in_force.law_ids

    def _answer(
        self,
        ranking: Sequence[Ranked],
        request: SearchRequest,
        course: Course,
        spans: Mapping[str, Sequence[Span]],
    ) -> SearchAnswer:
        laws: list[str] = []
        if request.group_by_law:
            rows = self.content.rows([one.article_id for one in ranking])
            laws = [str(row["law_id"]) for row in rows]
        with course.timed("texts"):
            page = page_of(ranking, request, laws)
            hits = hits_of(page, request, self.content, spans, course.statute_words)
        if "similar" in request.include:
            with course.timed("similar"):
                show_similar(hits, self._dense, self.content)
        return SearchAnswer(
            hits=hits,
            fingerprint=self.fingerprint,
            milliseconds=0,
            degraded=course.degraded,
            as_of=self.content.as_of.isoformat(),
            notes=course.notes,
            statute_words=course.statute_words,
        )


async def answer(
    searcher: Searcher, encoder: QuestionEncoder, request: SearchRequest
) -> SearchAnswer:
    """Return the answer to one question; `encoder` reads it, which words do not need.

    Raises:
        ApiError: there is no vector, or an exact query is too long.
    """
    start, course = time.perf_counter(), Course()
    named = await _named(searcher, request, course)
    if named and _is_exact(named, request):
        found = await asyncio.to_thread(searcher.exact, named, request, course)
    else:
        found = await _ranked(searcher, encoder, request, named, course)
    found.milliseconds = milliseconds_since(start)
    if request.explain:
        legs = searcher.weights if found.mode == "hybrid" else {}
        found.explain = Explanation(
            milliseconds=course.milliseconds,
            weights={name: weight for name, weight in legs.items() if name in course.found},
            found=course.found,
        )
    return found


async def closeness(
    searcher: Searcher, encoder: QuestionEncoder, query: str, article_ids: Sequence[str]
) -> list[float]:
    """Return how near articles are to a question, token by token, in their order.

    An article that search cannot find has 0.  The list is empty where the pack has no states.

    Raises:
        ApiError: there are no states of the question.
    """
    if searcher.tokens is None or not article_ids:
        return []
    states = (await read(encoder, query)).states
    return await asyncio.to_thread(searcher.tokens.closeness, states, article_ids)


async def _named(searcher: Searcher, request: SearchRequest, course: Course) -> Named | None:
    """Return what a query names; None where that is not asked, or nobody reads so far."""
    if request.mode in (VECTOR, KEYWORD):
        return None
    length = len(request.query)
    if length > LONGEST_READ and request.mode == "exact":
        message = f"query 有 {length} 个字符，按条文号检索（exact）上限 {LONGEST_READ}"
        raise ApiError(400, "input_too_long", message, "query")
    if length > LONGEST_READ:
        return None
    with course.timed("exact"):
        return await asyncio.to_thread(searcher.named, request)


def _is_exact(named: Named, request: SearchRequest) -> bool:
    """Say whether a query is a citation, or to be read as one, and not a question."""
    is_citation = named.is_all and bool(named.found)
    return request.mode == "exact" or (request.mode == "auto" and is_citation)


async def _ranked(
    searcher: Searcher,
    encoder: QuestionEncoder,
    request: SearchRequest,
    named: Named | None,
    course: Course,
) -> SearchAnswer:
    mode: Mode = searcher.calibration.default_mode
    if request.mode != "auto":
        mode = request.mode
    if named and (named.by_address or (named.is_all and request.mode == "auto")):
        course.tell(named)
    first = named.found if named and named.by_address else []
    vector = states = None
    if mode != "keyword":
        with course.timed("embed"):
            if mode == "hybrid" and LATE in searcher.weights:
                found = await read(encoder, request.query)
                embedded, states = found.embedded, found.states
            else:
                embedded = await encoder.embed([request.query], "query", may_cut=True)
        vector = embedded.vectors[0]
        if embedded.is_cut(0):
            course.degraded.append("query_cut")
    return await asyncio.to_thread(searcher.ranked, mode, request, vector, course, first, states)
