"""Search over a data pack: a question in, whole articles out; by address, by meaning, by words.

A pack is opened only together with the model that made its vectors: those of another model of
equal dimension would be searched without any error and find wrong law.
"""

import asyncio
import datetime
import time
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from lawvault.errors import IntegrityError
from lawvault.law.names import comparable
from lawvault.models.encoder import Vectors
from lawvault.models.fingerprint import check_same, fingerprint_id, read_fingerprint
from lawvault.retrieve.calibration import read_calibration
from lawvault.retrieve.content import Content
from lawvault.retrieve.dense import DenseIndex
from lawvault.retrieve.editions import Editions
from lawvault.retrieve.exact import (
    LONGEST_NAMED,
    MORE,
    NO_CITATION,
    NOT_IN_FORCE,
    Exact,
    Named,
    Note,
)
from lawvault.retrieve.filters import Filter
from lawvault.retrieve.fused import Leg, Ranked, alone, fuse
from lawvault.retrieve.laws import ContentLookup
from lawvault.schema import Hit
from lawvault.serve.contract import (
    MAX_REACH,
    ApiError,
    SearchAnswer,
    SearchFilters,
    SearchRequest,
    Side,
)
from lawvault.serve.embed.embedder import Embedded
from lawvault.serve.search.hits import hits_of, page_of, show_similar
from lawvault.serve.search.keywords import open_keywords
from lawvault.serve.search.parts import Explanation, Lack, Mode, SearchNote

VECTOR, KEYWORD = "vector", "keyword"


class Embed(Protocol):
    """What turns texts into vectors, wherever it runs."""

    def __call__(
        self, texts: list[str], side: Side, *, may_cut: bool = False
    ) -> Awaitable[Embedded]:
        """Return the vectors of `texts`; see `Embedder.embed`."""
        ...


@dataclass(kw_only=True)
class Course:
    """What is noted while one question is answered."""

    degraded: list[Lack] = field(default_factory=list)
    notes: list[SearchNote] = field(default_factory=list)
    milliseconds: dict[str, float] = field(default_factory=dict)
    found: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        """Note how long the block takes."""
        start = time.perf_counter()
        yield
        self.milliseconds[step] = _milliseconds_since(start)


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
        names = [str(row["law_name"]) for row in self.content.laws()]
        self._names = {comparable(name): name for name in names}
        self.lookup = ContentLookup(self.content)
        self._exact = Exact(self.content, self.lookup)
        self._editions = Editions(self.content)
        self._columns = self._dense.filterable
        self._words = open_keywords(pack, self._columns.article_ids)

    def named(self, request: SearchRequest) -> Named:
        """Return the provisions and laws that a query names."""
        return self._exact.find(request.query, request.filters.as_of or self.content.as_of)

    def exact(self, named: Named, request: SearchRequest, course: Course) -> SearchAnswer:
        """Answer with what the query names, in its order."""
        found = named.found
        only = self._filter(request.filters, versions=None)
        if next(only.conditions(), None):
            rows = self.content.rows([one.article_id for one in found])
            found = [one for one, row in zip(found, rows, strict=True) if only.allows(row)]
        course.notes += [_note(named_note) for named_note in named.notes]
        if not named.found and not named.notes:
            course.notes.append(
                SearchNote(problem=NO_CITATION, reason="问题中没有法律名称或条文号")
            )
        if named.notes or not named.found:
            course.degraded.append("not_resolved" if named.notes else "no_match")
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
        self, mode: Mode, request: SearchRequest, vector: Vectors | None, course: Course
    ) -> SearchAnswer:
        """Answer with articles ranked by meaning, by words, or by both."""
        versions = self._versions(request.filters.as_of, course)
        only = self._filter(request.filters, versions)
        reach = request.offset + request.k
        if request.group_by_law or mode == "hybrid":
            reach = MAX_REACH
        legs: dict[str, Sequence[Hit]] = {}
        if vector is not None:
            legs[VECTOR] = self._by_meaning(vector, reach, only, course)
        if mode != "vector":
            legs[KEYWORD] = self._by_words(request.query, reach, only, course)
        course.found = {name: len(hits) for name, hits in legs.items()}
        if not any(legs.values()):
            course.degraded.append(self._why_nothing(only))
        answer = self._answer(self._merged(legs), request, course)
        answer.mode = mode
        answer.no_confident_match = self._is_doubtful(legs)
        return answer

    def _merged(self, legs: dict[str, Sequence[Hit]]) -> list[Ranked]:
        if len(legs) == 1:
            return [one for name, hits in legs.items() for one in alone(name, hits)]
        return fuse(
            Leg(name=name, weight=self.weights[name], hits=hits) for name, hits in legs.items()
        )

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
        with course.timed(KEYWORD):
            return self._words.search(query, k, self._columns.mask(only))

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

    def _filter(self, filters: SearchFilters, versions: Sequence[str] | None) -> Filter:
        return Filter(
            law_name=[self._names.get(comparable(name), name) for name in filters.law_name],
            versions=versions,
            **filters.model_dump(exclude={"law_name", "as_of"}),
        )

    def _answer(
        self,
        ranking: Sequence[Ranked],
        request: SearchRequest,
        course: Course,
        spans: dict[str, list[tuple[int, int]]] | None = None,
    ) -> SearchAnswer:
        laws: list[str] = []
        if request.group_by_law:
            rows = self.content.rows([one.article_id for one in ranking])
            laws = [str(row["law_id"]) for row in rows]
        with course.timed("texts"):
            hits = hits_of(page_of(ranking, request, laws), request, self.content, spans)
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
        )


def _tell(named: Named, course: Course) -> None:
    """Note what a query names that is not here, not clear, or not in force."""
    course.notes += [_note(note) for note in named.notes]
    if any(note.problem not in (NOT_IN_FORCE, MORE) for note in named.notes):
        course.degraded.append("not_resolved")
    elif not named.found:
        course.notes.append(SearchNote(problem=NO_CITATION, reason="问题中没有法律名称或条文号"))
        course.degraded.append("no_match")


def _note(note: Note) -> SearchNote:
    return SearchNote(
        problem=note.problem,
        reason=note.reason,
        words=note.words,
        candidates=list(note.candidates),
        law_ids=list(note.laws),
    )


def _milliseconds_since(start: float) -> float:
    return round(1000 * (time.perf_counter() - start), 1)


async def answer(searcher: Searcher, embed: Embed, request: SearchRequest) -> SearchAnswer:
    """Return the answer to one question; vectors come from `embed`, which words do not need."""
    start, course = time.perf_counter(), Course()
    found = await _exactly(searcher, request, course)
    if found is None:
        found = await _ranked(searcher, embed, request, course)
    found.milliseconds = _milliseconds_since(start)
    if request.explain:
        weights = {n: searcher.weights[n] for n in course.found if found.mode == "hybrid"}
        found.explain = Explanation(
            milliseconds=course.milliseconds, weights=weights, found=course.found
        )
    return found


async def _exactly(
    searcher: Searcher, request: SearchRequest, course: Course
) -> SearchAnswer | None:
    """Answer a query that is a citation, or is to be read as one; None: it is a question."""
    is_long = len(request.query) > LONGEST_NAMED
    if request.mode not in ("auto", "exact") or (request.mode == "auto" and is_long):
        return None
    with course.timed("exact"):
        named = await asyncio.to_thread(searcher.named, request)
    if request.mode == "exact" or (named.is_all and named.found):
        return await asyncio.to_thread(searcher.exact, named, request, course)
    if named.is_all:
        _tell(named, course)
    return None


async def _ranked(
    searcher: Searcher, embed: Embed, request: SearchRequest, course: Course
) -> SearchAnswer:
    mode: Mode = searcher.calibration.default_mode
    if request.mode != "auto":
        mode = request.mode
    vector = None
    if mode != "keyword":
        with course.timed("embed"):
            embedded = await embed([request.query], "query", may_cut=True)
        vector = embedded.vectors[0]
        if embedded.is_cut(0):
            course.degraded.append("query_cut")
    return await asyncio.to_thread(searcher.ranked, mode, request, vector, course)
