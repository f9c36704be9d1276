"""One round of searching: what each sub-question is looked for with, and its hits, best first."""

import asyncio
import unicodedata
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from lawvault.agent.follow import Followed
from lawvault.agent.merging import (
    COMMON_TEXT,
    COMMON_WORDS,
    HITS,
    KEYWORDS,
    REWRITTEN,
    WORDS,
    Ranking,
    merged,
)
from lawvault.agent.nouns import (
    Asked,
    Found,
    Hits,
    Library,
    SearchUnavailable,
    SubQuestion,
    Trace,
)
from lawvault.agent.pool import Hit
from lawvault.agent.wording import meant, words_in_common
from lawvault.retrieve.everyday import with_statute_words

MAX_QUERIES, MAX_GUESSES = 6, 8
"""Queries and looked-up citations of one sub-question in one round."""

A = TypeVar("A")
B = TypeVar("B")


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One thing that the library is asked for one sub-question."""

    question_id: str
    query: str  # or a citation
    laws: tuple[str, ...] = ()
    words: bool = False
    is_citation: bool = False
    weight: float = 1.0

    @property
    def key(self) -> str:
        """What it asks: two searches of one key find the same."""
        laws = sorted(map(normal, self.laws))
        if self.is_citation:
            return "|".join(("citation", normal(self.query), *laws))
        return "|".join(("words" if self.words else "text", meant(self.query), *laws))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a search found; `failed`: the library did not answer, and nothing is known."""

    search: Search
    found: tuple[Found, ...] = ()
    degraded: tuple[str, ...] = ()
    failed: str = ""


def normal(query: str) -> str:
    """Return what a query asks, whatever its marks, widths and blanks.

    >>> normal("经济补偿，怎么算？") == normal(" 经济补偿 怎么算?")
    True
    """
    text = unicodedata.normalize("NFKC", query).casefold()
    return "".join(char for char in text if char.isalnum())


def first_searches(question: SubQuestion, asked: Asked) -> list[Search]:
    """Return how a planned sub-question is looked for.

    Laws that are named never keep others out: what is found in them alone comes on top.
    """
    queries = [query for query in question.queries if normal(query)] or [question.text]
    laws = question.laws or asked.laws
    searches = cited_searches(question.id, question.citations[:MAX_GUESSES])
    searches += _queries(question.id, queries, weight=1.0)
    own = with_statute_words(queries[0])
    searches.append(Search(question_id=question.id, query=own, words=True, weight=WORDS))
    if laws:
        searches.append(
            Search(question_id=question.id, query=queries[0], laws=laws, weight=REWRITTEN)
        )
    return [*searches, *_keywords(question.id, question.keywords)]


def next_searches(
    question_id: str, queries: Sequence[str], keywords: Sequence[str]
) -> list[Search]:
    """Return how a sub-question is looked for again."""
    return [*_queries(question_id, queries, weight=REWRITTEN), *_keywords(question_id, keywords)]


def further_searches(answers: Sequence[Answer]) -> list[Search]:
    """Return how each sub-question is looked for with the words that its best hits share.

    So the words of statutes are found for what was asked in everyday ones.
    """
    searches = []
    for question_id, hits in ranked(answers, 0).items():
        asked = first_text(answers, question_id)
        best = [hit.found.content for hit in hits if hit.trace.how == "search"]
        words = words_in_common(best)
        if asked and words:
            query = " ".join([asked, *words])
            searches += [
                Search(question_id=question_id, query=query, weight=COMMON_TEXT),
                Search(question_id=question_id, query=query, words=True, weight=COMMON_WORDS),
            ]
    return searches


def first_text(answers: Sequence[Answer], question_id: str) -> str:
    """Return what was first asked by meaning for a sub-question, "" if nothing was."""
    texts = (one.search.query for one in answers if _is_text(one.search, question_id))
    return next(texts, "")


def _is_text(search: Search, question_id: str) -> bool:
    return search.question_id == question_id and not search.words and not search.is_citation


def fresh(searches: Sequence[Search], seen: Collection[str]) -> list[Search]:
    """Return the searches that nobody has made before, each once for its sub-question."""
    kept: dict[tuple[str, str], Search] = {}
    for one in searches:
        if normal(one.query) and one.key not in seen:
            kept.setdefault((one.question_id, one.key), one)
    return list(kept.values())


def cited_searches(question_id: str, citations: Sequence[str]) -> list[Search]:
    """Return how citations are looked up."""
    return [Search(question_id=question_id, query=one, is_citation=True) for one in citations]


def _queries(question_id: str, queries: Sequence[str], *, weight: float) -> list[Search]:
    return [
        Search(question_id=question_id, query=query, weight=REWRITTEN if number else weight)
        for number, query in enumerate(queries[:MAX_QUERIES])
    ]


def _keywords(question_id: str, keywords: Sequence[str]) -> list[Search]:
    if not keywords:
        return []
    words = " ".join(keywords)
    return [Search(question_id=question_id, query=words, words=True, weight=KEYWORDS)]


async def search_all(
    library: Library, asked: Asked, searches: Sequence[Search], *, parallel: int
) -> list[Answer]:
    """Return the answer to every search, in their order, `parallel` of them asked at once."""
    return await side_by_side(lambda one: _answer(library, asked, one), searches, parallel=parallel)


async def side_by_side(
    work: Callable[[A], Awaitable[B]], items: Sequence[A], *, parallel: int
) -> list[B]:
    """Return what `work` makes of every item, in their order, `parallel` of them at once."""
    turns = asyncio.Semaphore(parallel)

    async def one(item: A) -> B:
        async with turns:
            return await work(item)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(item)) for item in items]
    return [task.result() for task in tasks]


async def _answer(library: Library, asked: Asked, search: Search) -> Answer:
    try:
        if search.is_citation:
            found = await library.cited(search.query, asked)
        else:
            found = await library.search(
                search.query, asked, k=HITS, laws=search.laws, words=search.words
            )
    except SearchUnavailable as error:
        return Answer(search=search, failed=str(error) or "the library does not answer")
    degraded = found.degraded if isinstance(found, Hits) else ()
    return Answer(search=search, found=tuple(found), degraded=degraded)


def ranked(answers: Sequence[Answer], round_number: int) -> dict[str, list[Hit]]:
    """Return for every sub-question what was found for it: what it cites first, then the best."""
    of_question: dict[str, list[Answer]] = {}
    for one in answers:
        of_question.setdefault(one.search.question_id, []).append(one)
    return {name: list(_ranked(own, round_number)) for name, own in of_question.items()}


def _ranked(answers: Sequence[Answer], round_number: int) -> Iterator[Hit]:
    for answer in answers:
        if answer.search.is_citation:
            for found in answer.found:
                yield _hit(answer.search.question_id, found, answer.search.query, round_number)
    searches = [one for one in answers if not one.search.is_citation]
    rankings = [
        Ranking(by=one.search.query, found=one.found, weight=one.search.weight) for one in searches
    ]
    for best in merged(rankings, HITS):
        yield _hit(
            searches[0].search.question_id, best.found, best.by, round_number, is_search=True
        )


def _hit(
    question_id: str, found: Found, by: str, round_number: int, *, is_search: bool = False
) -> Hit:
    trace = Trace(
        question_id=question_id,
        round=round_number,
        how="search" if is_search else "citation",
        by=by,
        score=found.score,
    )
    return Hit(found=found, trace=trace)


def hits_of(followed: Sequence[Followed]) -> list[Hit]:
    """Return what references led to, best first."""
    return [Hit(found=one.found, trace=one.trace) for one in followed]
