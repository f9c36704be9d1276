"""Follow references from what was found: which of them, in what order, and no further than bounds.

What makes an exception to an article that was found is worth most, then what defines its words,
punishes its breach, applies in its place, interprets it; a mere mention comes last and is not
followed beyond the first step.  Every sub-question has its own share, so that none is starved.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lawvault.agent.links import APPLICATION, DEFINITION, EXCEPTION, KINDS
from lawvault.agent.nouns import Asked, Evidence, Found, Library, Link, Trace

_FAR = (EXCEPTION, DEFINITION, APPLICATION)
"""What is followed from an article that was itself reached by a reference."""


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
    while walk.frontier:
        walk.step(await library.links(walk.frontier, asked))
    return walk.followed


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
        rank = {article_id: number for number, article_id in enumerate(self.frontier)}
        kept = [one for one in links if one.source_id in rank]
        kept = [one for one in kept if self._depth == 1 or one.kind in _FAR]
        kept.sort(key=lambda one: (KINDS.index(one.kind), rank[one.source_id]))
        count: dict[tuple[str, str], int] = {}
        steps = []
        for link in kept:
            for question in self._questions[link.source_id]:
                key = (question, link.source_id)
                if (question, link.found.article_id) in self._seen:
                    continue
                count[key] = count.get(key, 0) + 1
                if count[key] <= self._bounds.of_article:
                    steps.append(_Step(question_id=question, link=link))
        return steps

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
