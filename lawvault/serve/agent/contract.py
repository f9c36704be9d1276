"""What goes over the wire about the agent's runs: a question and its limits in, a record out.

No field names a server or a key: which LLM is asked is the operator's to say.
"""

import datetime
import secrets
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from lawvault.agent.nouns import Checked, Corpus, Evidence, Judgement, Note, Outcome, Plan, State
from lawvault.serve.contract import INTEGRAL, Day, Text

MAX_ROUNDS, MAX_CALLS, MAX_TOKENS = 100, 200, 2_000_000
MIN_TOKENS, MAX_SECONDS, MAX_EVIDENCE = 1_000, 3600.0, 100
MAX_REGIONS, MAX_PAGE, MAX_EVENTS = 10, 100, 500
"""MAX_EVENTS: how many one call for a run's events returns."""

Kind = Literal["research", "ask"]
SPEAKS = (
    r"[0-9A-Za-z\u00c0-\u167f\u1681-\u1fff\u3040-\u9fff\uac00-\ud7a3"
    r"\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]"
)
"""What a question holds that asks anything: a letter or a digit, as JSON Schema can say it, too."""

Question = Annotated[Text, Field(json_schema_extra={"minLength": 1, "pattern": SPEAKS})]
"""A text with a word in it; that is checked where its message can name it."""


_BOTH_WAYS: JsonDict = {
    "properties": {"stream": {"const": True}, "background": {"const": True}},
    "required": ["stream", "background"],
}


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Scope(_Request):
    """Which law is meant; an empty region: what the question names, and national law.

    as_of: the day on which the law is to hold; without it the day that the question speaks of, or
    the latest that the data pack knows.
    """

    as_of: Day | None = None
    region: Annotated[list[Text], Field(max_length=MAX_REGIONS)] = []


class Bounds(_Request):
    """What a run may spend; what is left out has the agent's own bound, above which nothing goes.

    max_rounds: rounds of searching, 0 for as many as the other bounds allow; as many as you like.
    max_llm_calls, max_tokens: all calls to the LLM together, prompts and answers.
    deadline_s: seconds.  max_evidence: articles.
    """

    max_rounds: Annotated[int, Field(ge=0, le=MAX_ROUNDS), INTEGRAL] | None = None
    max_llm_calls: Annotated[int, Field(ge=1, le=MAX_CALLS), INTEGRAL] | None = None
    max_tokens: Annotated[int, Field(ge=MIN_TOKENS, le=MAX_TOKENS), INTEGRAL] | None = None
    deadline_s: Annotated[float, Field(ge=1, le=MAX_SECONDS, allow_inf_nan=False)] | None = None
    max_evidence: Annotated[int, Field(ge=1, le=MAX_EVIDENCE), INTEGRAL] | None = None


class AskRequest(Scope):
    """A question for one search and one short answer.

    stream: answer with events as they happen (as does `Accept: text/event-stream`).
    """

    question: Question
    stream: bool = False


class RunRequest(AskRequest, Bounds):
    """A question for a whole run.

    background: answer 202 at once; the run is followed by its id.
    """

    model_config = ConfigDict(json_schema_extra={"not": _BOTH_WAYS})
    background: bool = False


class Turn(BaseModel):
    """One turn of a chat."""

    role: Literal["user", "assistant"]
    content: str


class Wanted(BaseModel):
    """What a run was asked for, as it is kept.  `turns`: what was said before, oldest first."""

    kind: Kind = "research"
    question: str
    turns: list[Turn] = []
    as_of: datetime.date | None = None
    region: list[str] = []
    bounds: Bounds = Bounds()

    @classmethod
    def of(cls, request: RunRequest | AskRequest) -> Self:
        """Return what a request asks for."""
        given = request.model_dump(exclude={"stream", "background"})
        bounds = {name: given.pop(name) for name in Bounds.model_fields if name in given}
        kind: Kind = "research" if isinstance(request, RunRequest) else "ask"
        return cls(kind=kind, bounds=Bounds(**bounds), **given)


class RunReport(BaseModel):
    """What a run ended with: its text, every verdict on it, and what it stands on.

    markdown: every fault is flagged in it; null if the run ended before there was a text.
    by: who wrote it; `claims` and `rules`: no LLM.  abstained: it says that what was found does not
    answer, and concludes nothing.
    counts: how many claims, citations and sentences got each verdict; flagged: that do not hold.
    corpus: the law that all of it was checked in; null if the run ended before it was known.
    """

    markdown: str | None
    by: Literal["llm", "claims", "rules"] | None
    abstained: bool
    as_of: datetime.date | None
    question: str
    counts: dict[str, int]
    flagged: int
    checked: list[Checked]
    plan: Plan | None
    judgements: list[Judgement]
    evidence: list[Evidence]
    notes: list[Note]
    rounds: int
    corpus: Corpus | None = None

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        """Return what an outcome holds."""
        report = outcome.report
        return cls(
            markdown=report.markdown if report else None,
            by=report.by if report else None,
            abstained=bool(report and report.abstained),
            as_of=outcome.asked.as_of if outcome.asked else None,
            question=outcome.asked.text if outcome.asked else "",
            counts=report.counts if report else {},
            flagged=report.flagged if report else 0,
            checked=list(report.checked) if report else [],
            plan=outcome.plan,
            judgements=list(outcome.judgements),
            evidence=list(outcome.evidence),
            notes=list(outcome.notes),
            rounds=outcome.rounds,
            corpus=outcome.corpus,
        )


class RunRecord(BaseModel):
    """One run.  Times are seconds since 1970; `report` is null while it runs, or if none came.

    stop_reason: why it ended, empty while it runs.
    usage: calls and tokens that the LLM took.
    law_changed: whether another law is served now than the run stands on; null while it runs, and
    where that is not known.
    """

    object: Literal["agent.run"] = "agent.run"
    id: str
    kind: Kind
    state: State
    stop_reason: str
    created: float
    question: str
    request: dict[str, Any]
    num_events: int
    usage: dict[str, Any]
    report: RunReport | None = None
    law_changed: bool | None = None


class RunPage(BaseModel):
    """Runs, newest first; `next`: the `before` of the page that follows, null at the end."""

    object: Literal["list"] = "list"
    data: list[RunRecord]
    next: str | None = None


class EvidenceAnswer(BaseModel):
    """The articles that a run has found until now, each with why and for which sub-question."""

    object: Literal["list"] = "list"
    run_id: str
    state: State
    data: list[Evidence]


class PageParameters(BaseModel):
    """Which of one's runs: up to `limit`, older than the run `before`."""

    model_config = ConfigDict(extra="forbid")
    before: Annotated[str, Field(max_length=64)] = ""
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 20


class AfterParameters(BaseModel):
    """From where on a run is followed: the number of the last event that is known."""

    model_config = ConfigDict(extra="forbid")
    after: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """The next events of a run, none if nothing happened in time; `is_over`: these are the last.

    Each event is {"seq", "time", "kind", "data"}.
    """

    events: list[dict[str, Any]]
    is_over: bool


def new_run_id() -> str:
    """Return an id that nobody can guess."""
    return f"run-{secrets.token_hex(16)}"
