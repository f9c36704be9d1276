"""The nouns of the agent: what a run is made of.

All plain, frozen and JSON-able, so that a run can be stored, read later and replayed without an LLM
to the same report.
"""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from lawvault.errors import UpstreamError

Kind = Literal[
    "run.started",
    "plan",
    "search.started",
    "search.hit",
    "reference.followed",
    "judge",
    "round.completed",
    "report.delta",
    "claim.verified",
    "warning",
    "degraded",
    "run.completed",
    "run.stopped",
    "run.failed",
]
Stop = Literal[
    "all_sufficient",
    "no_new_evidence",
    "repeated_queries",
    "max_rounds",
    "max_llm_calls",
    "max_tokens",
    "deadline",
    "cancelled",
    "llm_error",
    "search_unavailable",
    "no_llm",
    "interrupted",  # whoever worked on it went away
]
Status = Literal["sufficient", "partial", "insufficient", "false_premise"]
State = Literal["running", "completed", "stopped", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question and what it names, found without an LLM.

    `citations` are provisions as the law room spells them (劳动合同法第三十八条), `laws` names of
    laws, `regions` places whose local law counts, `as_of` the day on which the law is to hold.
    `told` are the user's own words where `text` is an LLM's rewriting of a chat.
    """

    text: str
    as_of: datetime.date
    citations: tuple[str, ...] = ()
    laws: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    told: str = ""

    @property
    def facts(self) -> str:
        """What the user told, and nobody else: a report may repeat its figures without a law."""
        return self.told or self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """The law that a run stands on: equal hashes, equal law.

    `as_of` is the day for which the statuses are true, `sha256` that of the pack's content.db.
    """

    pack: str
    as_of: datetime.date
    articles: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubQuestion:
    """One part of the question, and how to look for it. `queries`: the first in everyday words."""

    id: str  # q1 … q5
    text: str
    queries: tuple[str, ...]
    keywords: tuple[str, ...] = ()
    laws: tuple[str, ...] = ()  # filter: only in these
    citations: tuple[str, ...] = ()  # guesses: looked up, never trusted


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Up to five sub-questions, and who made them."""

    questions: tuple[SubQuestion, ...]
    by: Literal["llm", "rules"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Why an article is in the evidence: for which sub-question, in which round, found how."""

    question_id: str
    round: int  # from 1
    how: Literal["search", "citation", "reference"]
    by: str  # the query, the citation, or the article_id that refers to it
    kind: str = (
        ""  # of a reference: exception, definition, penalty, application, interprets, refers
    )
    score: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One article that was found; `id` (e1, e2, …) is what prompts and reports call it."""

    id: str
    article_id: str
    law_id: str
    law_name: str
    article_number: str
    content: str
    status: str
    effective_date: str
    traces: tuple[Trace, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Whether the evidence answers a sub-question, what is missing and where to look next."""

    question_id: str
    status: Status
    supports: tuple[str, ...] = ()  # evidence ids
    missing: tuple[str, ...] = ()
    queries: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One article as the library gives it."""

    article_id: str
    law_id: str
    law_name: str
    article_number: str
    content: str
    status: str
    effective_date: str
    score: float = 0.0


class Hits(list[Found]):
    """Articles as a search gives them, and in what it did not do as asked.

    `degraded` are codes: `dense` or `words`, that half of the search took no part; `as_of`, of some
    law in force on the day asked about it has no text.
    """

    def __init__(self, found: Iterable[Found] = (), *, degraded: Sequence[str] = ()) -> None:
        super().__init__(found)
        self.degraded = tuple(degraded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One reference between two articles, from the side of `source_id`.

    kind: exception (但书, 另有规定), application (准用, 适用, 参照), definition, penalty,
    interprets (another law's article about this one), refers (any other).
    """

    source_id: str
    kind: str
    found: Found
    words: str = ""  # the words that refer
    is_reverse: bool = False  # `found` holds them, and refers to the source


class Library(Protocol):
    """The law that a run can ask, wherever it lies.

    Raises of every method:
        SearchUnavailable: it does not answer; nothing is known about what it would have found.
    """

    async def search(
        self, query: str, asked: Asked, *, k: int, laws: Sequence[str] = (), words: bool = False
    ) -> list[Found]:
        """Return articles that answer `query` by its meaning, or its `words`, best first.

        As `Hits` where something was not as asked.
        """
        ...

    async def cited(self, citation: str, asked: Asked) -> list[Found]:
        """Return the articles that a citation names, none if it names nothing that exists."""
        ...

    async def links(self, article_ids: Sequence[str], asked: Asked) -> list[Link]:
        """Return what these articles refer to, and what refers to them, bounded."""
        ...

    async def closeness(self, query: str, article_ids: Sequence[str]) -> list[float]:
        """Return how near articles are to `query`, token by token, in their order.

        This is late interaction, of the query with what statutes say for its words; an empty list
        where the law has no token vectors.
        """
        ...


class SearchUnavailable(UpstreamError):
    """The library does not answer: that is not the same as finding nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened in a run; `seq` counts from 1 without gaps."""

    run_id: str
    seq: int
    time: float  # seconds since 1970
    kind: Kind
    data: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What was not as planned: a word for programs, a sentence for people.

    A `degraded` run does less than was asked for; a `warning` is what its reader should know.
    """

    kind: Literal["warning", "degraded"]
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A claim, or a citation or sentence of the prose, and the verdict on it."""

    of: Literal["claim", "citation", "sentence"]
    text: str
    verdict: str  # of `lawvault.proof.claims.CLAIM_VERDICTS`
    reason: str = ""  # Chinese; "" where nothing is flagged
    evidence: tuple[str, ...] = ()
    quote: str = ""
    removed: tuple[str, ...] = ()  # evidence ids that named nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a run says at its end, with every fault flagged in the text.

    `by`: who wrote it; `claims` puts together claims that hold, `rules` lists the evidence, both
    without an LLM. `abstained`: it says that what was found does not answer, and concludes nothing.
    """

    markdown: str
    by: Literal["llm", "claims", "rules"]
    abstained: bool = False
    checked: tuple[Checked, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many claims, citations and sentences got each verdict."""
        verdicts = [one.verdict for one in self.checked]
        return {verdict: verdicts.count(verdict) for verdict in sorted(set(verdicts))}

    @property
    def flagged(self) -> int:
        """How many claims do not hold, and places of the prose are flagged."""
        return sum(bool(one.reason) for one in self.checked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a run: all that its events tell; `usage` is what it spent."""

    state: State
    stop_reason: Stop | None = None
    asked: Asked | None = None
    corpus: Corpus | None = None  # where the library told it
    plan: Plan | None = None
    evidence: tuple[Evidence, ...] = ()
    judgements: tuple[Judgement, ...] = ()  # the last of every sub-question
    report: Report | None = None
    rounds: int = 0
    notes: tuple[Note, ...] = ()
    usage: dict[str, Any] = field(default_factory=dict)
