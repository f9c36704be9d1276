"""What became of a run, read from its events alone: no LLM, no search, the same report.

A live run reads its own outcome here, too, so what is replayed later cannot differ from it.
"""

import dataclasses
import datetime
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lawvault.agent.nouns import (
    Asked,
    Checked,
    Corpus,
    Event,
    Evidence,
    Judgement,
    Note,
    Outcome,
    Plan,
    Report,
    SubQuestion,
    Trace,
)
from lawvault.errors import IntegrityError
from lawvault.law.digest import digest

ENDS = {"run.completed": "completed", "run.stopped": "stopped", "run.failed": "failed"}
"""The kinds of a run's last event, and the state that each leaves it in."""

Data = Mapping[str, Any]


def replay(events: Iterable[Event]) -> Outcome:
    """Return the outcome of a run; of one that goes on, what it has until now.

    Raises:
        IntegrityError: an event is missing, or the report is not the one that the run ended with.
    """
    story = Story()
    for number, event in enumerate(events, start=1):
        if event.seq != number:
            raise IntegrityError(f"run {event.run_id}: event {number} is missing")
        story.take(event.kind, event.data)
    return story.outcome()


def plain(noun: object) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """Return a noun as JSON has it: objects, lists, a day as 2026-03-02."""
    if dataclasses.is_dataclass(noun) and not isinstance(noun, type):
        fields = dataclasses.fields(noun)
        return {field.name: plain(getattr(noun, field.name)) for field in fields}
    if isinstance(noun, tuple | list):
        return [plain(one) for one in noun]
    if isinstance(noun, Mapping):
        return {name: plain(value) for name, value in noun.items()}
    return noun.isoformat() if isinstance(noun, datetime.date) else noun


def facts_of(one: Evidence) -> dict[str, str]:
    """Return what an event tells of an article that is new: all but its id and traces."""
    names = (field.name for field in dataclasses.fields(one))
    return {name: getattr(one, name) for name in names if name not in ("id", "traces")}


class Story:
    """The outcome of a run as far as its events were told."""

    def __init__(self) -> None:
        self._facts: dict[str, Any] = {"state": "running"}
        self._evidence: dict[str, Evidence] = {}
        self._judgements: dict[str, Judgement] = {}
        self._notes: list[Note] = []
        self._text = ""
        self._checked: list[Checked] = []
        self._readers: dict[str, Callable[[Data], None]] = {
            "run.started": self._started,
            "plan": self._planned,
            "search.hit": self._found,
            "reference.followed": self._found,
            "judge": self._judged,
            "round.completed": self._rounded,
            "report.delta": self._written,
            "claim.verified": self._verified,
            "warning": self._warned,
            "degraded": lambda data: self._noted("degraded", data),
        }

    def take(self, kind: str, data: Data) -> None:
        """Go on by one event; a kind that says nothing of the outcome is passed over.

        Raises:
            IntegrityError: it ends with another report than the events before it tell.
        """
        if kind in ENDS:
            self._ended(ENDS[kind], data)
        elif kind in self._readers:
            self._readers[kind](data)

    @property
    def checked(self) -> tuple[Checked, ...]:
        """The verdicts that were told and count."""
        return tuple(self._checked)

    @property
    def is_over(self) -> bool:
        """Whether the last event was told."""
        return bool(self._facts["state"] != "running")

    def outcome(self) -> Outcome:
        """Return what the run has."""
        return Outcome(
            **self._facts,
            evidence=tuple(self._evidence.values()),
            judgements=tuple(self._judgements.values()),
            notes=tuple(self._notes),
        )

    def _started(self, data: Data) -> None:
        asked = _tuples(data["asked"])
        as_of = datetime.date.fromisoformat(data["asked"]["as_of"])
        self._facts["asked"] = Asked(**asked | {"as_of": as_of})
        self._stand_on(data)

    def _stand_on(self, data: Data) -> None:
        if corpus := data.get("corpus"):
            as_of = datetime.date.fromisoformat(corpus["as_of"])
            self._facts["corpus"] = Corpus(**corpus | {"as_of": as_of})

    def _planned(self, data: Data) -> None:
        questions = tuple(SubQuestion(**_tuples(one)) for one in data["questions"])
        self._facts["plan"] = Plan(questions=questions, by=data["by"])

    def _found(self, data: Data) -> None:
        trace = Trace(**data["trace"])
        known = self._evidence.get(data["id"])
        traces = (*known.traces, trace) if known else (trace,)
        facts = known or Evidence(id=data["id"], **data["article"], traces=())
        self._evidence[data["id"]] = dataclasses.replace(facts, traces=traces)

    def _judged(self, data: Data) -> None:
        one = Judgement(**_tuples(data["judgement"]))
        self._judgements[one.question_id] = one

    def _rounded(self, data: Data) -> None:
        self._facts["rounds"] = data["round"]

    def _written(self, data: Data) -> None:
        """Take a part of the report; one that `replaces` stands for all before it."""
        self._text = data["text"] if data.get("replaces") else self._text + data["text"]

    def _verified(self, data: Data) -> None:
        self._checked.append(Checked(**_tuples(data["checked"])))

    def _warned(self, data: Data) -> None:
        """Take a warning; verdicts that were told of another law than the one of now are void."""
        self._noted("warning", data)
        if data["code"] != "law_changed":
            return
        self._stand_on(data)
        self._checked.clear()
        for one in data["changed"]:
            known = self._evidence[one["id"]]
            self._evidence[one["id"]] = dataclasses.replace(known, **one["article"])
        for name in data["gone"]:
            del self._evidence[name]

    def _noted(self, kind: Any, data: Data) -> None:  # noqa: ANN401 - a Literal
        self._notes.append(Note(kind=kind, code=data["code"], message=data["message"]))

    def _ended(self, state: str, data: Data) -> None:
        self._facts |= {"state": state, "stop_reason": data["stop_reason"]}
        self._facts["usage"] = data.get("usage", {})
        said = data.get("report")
        if not said:
            return
        if said["sha256"] != digest(self._text):
            raise IntegrityError("the events of this run do not tell the report it ended with")
        self._facts["report"] = Report(
            markdown=self._text,
            by=said["by"],
            abstained=said["abstained"],
            checked=tuple(self._checked),
        )


def _tuples(data: Data) -> dict[str, Any]:
    """Return fields as nouns hold them."""
    return {name: tuple(v) if isinstance(v, list) else v for name, v in data.items()}
