"""A run is its events: read again without an LLM they tell the same, and never another report."""

import dataclasses

import pytest

from lawvault.agent.nouns import Event
from lawvault.agent.replay import replay
from lawvault.errors import IntegrityError
from tests.agent.scripted_run import GOOD, told_by


@pytest.fixture(scope="module")
def told(library, lookup):
    return told_by(GOOD, library, lookup)


def test_a_stored_run_tells_the_same_report_without_an_llm(told):
    again = replay(told.events)

    assert again == told.outcome
    assert again.report.markdown == told.outcome.report.markdown


def test_any_beginning_of_a_run_tells_what_it_had_until_then(told):
    found = 0
    for count in range(len(told.events)):
        outcome = replay(told.events[:count])
        assert outcome.state == "running"
        assert outcome.report is None
        assert outcome.evidence == () or outcome.asked is not None
        assert len(outcome.evidence) >= found
        found = len(outcome.evidence)

    assert found == len(told.outcome.evidence)


def test_a_run_that_was_interrupted_keeps_what_it_found(told):
    place = next(n for n, event in enumerate(told.events) if event.kind == "judge")
    end = Event(
        run_id="r", seq=place + 1, time=0, kind="run.failed", data={"stop_reason": "interrupted"}
    )

    outcome = replay([*told.events[:place], end])

    assert (outcome.state, outcome.stop_reason) == ("failed", "interrupted")
    assert outcome.evidence
    assert outcome.report is None


def test_a_missing_event_is_no_story(told):
    for place in (1, len(told.events) // 2):
        with pytest.raises(IntegrityError, match=f"event {place + 1} is missing"):
            replay([*told.events[:place], *told.events[place + 1 :]])


def test_another_report_than_that_of_the_run_is_refused(told):
    def forged(event):
        if event.kind != "report.delta":
            return event
        return dataclasses.replace(event, data=event.data | {"text": "您一定会赢。"})

    with pytest.raises(IntegrityError, match="report"):
        replay(map(forged, told.events))


def test_events_of_kinds_that_are_not_known_yet_are_passed_over(told):
    extra = Event(run_id="r", seq=len(told.events) + 1, time=0, kind="later.kind", data={})

    assert replay([*told.events, extra]) == told.outcome
