"""The evidence of a run, and what of the hits of its searches becomes that.

Every sub-question has its share of the room, so that none is starved by another; what one cannot
fill goes to the others.  An article is one piece of evidence, however often and for whatever
sub-question it is found: it keeps its id (e1, e2, …), and how it was found is added to it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from lawvault.agent.nouns import Evidence, Found, Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An article that may become evidence, and why."""

    found: Found
    trace: Trace


class Pool:
    """The evidence of a run; it never holds more than `limit` articles.

    It forgets none but those that are `gone` from the law; their ids name nothing else afterwards.
    """

    def __init__(self, limit: int) -> None:
        self.gone = set[str]()
        self._limit = limit
        self._evidence: dict[str, Evidence] = {}

    def __len__(self) -> int:
        return len(self._evidence)

    @property
    def room(self) -> int:
        """How many more articles it may hold."""
        return self._limit - len(self)

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """All of it, in the order of the ids."""
        return tuple(self._evidence.values())

    def of(self, question_id: str) -> tuple[Evidence, ...]:
        """Return what was found for one sub-question."""
        return tuple(one for one in self.evidence if self.holds(one.article_id, question_id))

    def holds(self, article_id: str, question_id: str | None = None) -> bool:
        """Say whether an article is evidence, for a sub-question if one is named."""
        one = self._evidence.get(article_id)
        if one is None or question_id is None:
            return one is not None
        return any(trace.question_id == question_id for trace in one.traces)

    def take(self, hit: Hit) -> Evidence | None:
        """Return the evidence that a hit becomes, or tells more of; None where neither."""
        found, trace = hit.found, hit.trace
        known = self._evidence.get(found.article_id)
        if known and self.holds(found.article_id, trace.question_id):
            return None
        if not known and not self.room:
            return None
        traces = (*known.traces, trace) if known else (trace,)
        one = known or evidence_of(found, f"e{len(self) + len(self.gone) + 1}")
        self._evidence[found.article_id] = replace(one, traces=traces)
        return self._evidence[found.article_id]

    def renew(self, changed: Sequence[Evidence], *, gone: Sequence[Evidence]) -> None:
        """Hold what has `changed` as it is now, and no more what is `gone`."""
        self._evidence |= {one.article_id: one for one in changed}
        for one in gone:
            del self._evidence[one.article_id]
        self.gone |= {one.id for one in gone}


def evidence_of(found: Found, name: str) -> Evidence:
    """Return an article as evidence that nothing led to yet."""
    return Evidence(
        id=name,
        article_id=found.article_id,
        law_id=found.law_id,
        law_name=found.law_name,
        article_number=found.article_number,
        content=found.content,
        status=found.status,
        effective_date=found.effective_date,
        traces=(),
    )


def shared_out(hits: Mapping[str, Sequence[Hit]], pool: Pool, room: int) -> Iterator[Hit]:
    """Yield hits to be taken, every sub-question in turn, until `room` new articles are.

    Whoever iterates takes each into the pool before asking for the next.  What is evidence already
    for another sub-question costs no room, but a turn.
    """
    queues = [list(queue)[::-1] for queue in hits.values()]
    full = len(pool) + min(room, pool.room)
    while any(queues):
        for queue in queues:
            while queue and len(pool) < full:
                hit = queue.pop()
                if not pool.holds(hit.found.article_id, hit.trace.question_id):
                    yield hit
                    break
        if len(pool) >= full:
            return
