"""Follow references from what was found: which of them, in what order, and no further than bounds.

What the best article found leads to comes first: 48 of the labour contract law says that 87 tells
what is to be paid.  An exception is worth more than what defines words, punishes a breach or
applies, that more than what interprets, and a mere mention the least, which is not followed beyond
the first step; an exception to an article that has no word of the question is none to what is
asked.  Every sub-question has its own share, so that none is starved.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lawvault.agent.links import (
    APPLICATION,
    DEFINITION,
    EXCEPTION,
    INTERPRETS,
    KINDS,
    PENALTY,
    REFERS,
)
from lawvault.agent.nouns import Asked, Evidence, Found, Library, Link, Trace
from lawvault.agent.wording import keywords

_FAR = (EXCEPTION, DEFINITION, APPLICATION)
"""What is followed from an article that was itself reached by a reference."""

_PLACES = {EXCEPTION: 0, DEFINITION: 1, PENALTY: 1, APPLICATION: 1, INTERPRETS: 3, REFERS: 6}
"""How many places further down the list of what was found a reference of a kind counts as."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How far references are followed.

    Raises:
        ValueError: a number is below 0, or `depth` above 2.
    """

    depth: int = 2
    articles: int = 20  # new ones in all
    of_question: int = 8  # for one sub-question
    of_article: int = 3  # from one article, for one sub-question

    def __post_init__(self) -> None:
        if min(self.depth, self.articles, self.of_question, self.of_article) < 0 or self.depth > 2:
            raise ValueError(f"bounds must be at least 0, depth at most 2: {self}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """An article that a reference led to, for one sub-question, and how."""

    found: Found
    trace: Trace
    depth: int  # 1: from the evidence itself
    link: Link


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """One link that may be followed for one sub-question."""

    question_id: str
    link: Link


async def follow(
    library: Library,
    asked: Asked,
    evidence: Sequence[Evidence],
    *,
    round_number: int,
    bounds: Bounds | None = None,
) -> list[Followed]:
    """Return what the references around `evidence` lead to, best first of every step.

    An article comes once for every sub-question it is new to; one that the evidence has for
    another sub-question costs none of `bounds.articles`.

    Raises:
        SearchUnavailable: the library does not answer.
    """
    walk = Walk(evidence, round_number=round_number, bounds=bounds or Bounds())
    words = keywords(asked.text)
    contents = {one.article_id: one.content for one in evidence}
    while walk.frontier:
        links = await library.links(walk.frontier, asked)
        walk.step([one for one in links if _is_about(one, words, contents)])
        contents |= {one.found.article_id: one.found.content for one in links}
    return walk.followed


def _is_about(link: Link, words: Sequence[str], contents: Mapping[str, str]) -> bool:
    """Say whether a link is to be followed: an exception has to be one to what is asked."""
    if link.kind != EXCEPTION:
        return True
    return any(word in contents.get(link.source_id, "") for word in words)


class Walk:
    """One walk along references: ask for the links of `frontier`, give them to `step`, again.

    It ends: nothing is visited twice for a sub-question, and `depth` is bounded.
    """

    def __init__(self, evidence: Sequence[Evidence], *, round_number: int, bounds: Bounds) -> None:
        self.followed: list[Followed] = []
        self._round, self._bounds, self._depth = round_number, bounds, 0
        self._known = {one.article_id for one in evidence}
        self._new: set[str] = set()
        self._taken: dict[str, int] = {}
        self._questions: dict[str, list[str]] = {
            one.article_id: _questions(one) for one in evidence
        }
        self._seen = {(q, a) for a, questions in self._questions.items() for q in questions}
        self.frontier: list[str] = list(self._questions) if self._may_go_on() else []

    def step(self, links: Sequence[Link]) -> None:
        """Take the best of the links from `frontier`; what they lead to is the next frontier."""
        self._depth += 1
        reached: dict[str, list[str]] = {}
        for one in in_turn(self._steps(links)):
            if self._may_take(one):
                self._take(one)
                reached.setdefault(one.link.found.article_id, []).append(one.question_id)
        self._questions = reached
        self.frontier = list(reached) if self._may_go_on() else []

    def _steps(self, links: Sequence[Link]) -> list[_Step]:
        """Return the steps that may be taken, best first, so many from one article."""
        rank = self._ranks()
        kept = [one for one in links if one.source_id in self._questions]
        steps = [
            _Step(question_id=question, link=link)
            for link in kept
            if self._depth == 1 or link.kind in _FAR
            for question in self._questions[link.source_id]
            if (question, link.found.article_id) not in self._seen
        ]
        steps.sort(key=lambda one: _worth(one, rank[one.question_id, one.link.source_id]))
        count = Counter[tuple[str, str]]()
        best = []
        for one in steps:
            key = (one.question_id, one.link.source_id)
            count[key] += 1
            if count[key] <= self._bounds.of_article:
                best.append(one)
        return best

    def _ranks(self) -> dict[tuple[str, str], int]:
        """Return the place of every article of the frontier among those of a sub-question."""
        places = Counter[str]()
        ranks = {}
        for article_id, questions in self._questions.items():
            for question in questions:
                ranks[question, article_id] = places[question]
                places[question] += 1
        return ranks

    def _may_go_on(self) -> bool:
        return self._depth < self._bounds.depth and len(self._new) < self._bounds.articles

    def _may_take(self, one: _Step) -> bool:
        target = one.link.found.article_id
        if (one.question_id, target) in self._seen:
            return False
        if self._taken.get(one.question_id, 0) >= self._bounds.of_question:
            return False
        is_known = target in self._known or target in self._new
        return is_known or len(self._new) < self._bounds.articles

    def _take(self, one: _Step) -> None:
        target, link = one.link.found.article_id, one.link
        self._seen.add((one.question_id, target))
        self._taken[one.question_id] = self._taken.get(one.question_id, 0) + 1
        if target not in self._known:
            self._new.add(target)
        trace = Trace(
            question_id=one.question_id,
            round=self._round,
            how="reference",
            by=link.source_id,
            kind=link.kind,
        )
        self.followed.append(Followed(found=link.found, trace=trace, depth=self._depth, link=link))


def _worth(one: _Step, rank: int) -> tuple[int, int, int]:
    """Return what orders steps, the least first; `rank`: the place of the article it starts at."""
    kind = one.link.kind
    return rank + _PLACES[kind], KINDS.index(kind), rank


def in_turn(steps: Sequence[_Step]) -> Iterator[_Step]:
    """Yield steps so that every sub-question has its turn, the best of each first."""
    queues: dict[str, list[_Step]] = {}
    for one in steps:
        queues.setdefault(one.question_id, []).append(one)
    longest = max(map(len, queues.values()), default=0)
    for place in range(longest):
        yield from (queue[place] for queue in queues.values() if place < len(queue))


def _questions(one: Evidence) -> list[str]:
    return list(dict.fromkeys(trace.question_id for trace in one.traces))
