"""Runs over HTTP: started, followed, resumed, cancelled, read again, and nobody else's."""

import json
import time
from dataclasses import replace

import pytest

from lawvault.agent.budget import Limits
from lawvault.config.serve import ServeConfig
from lawvault.serve.agent.contract import new_run_id
from lawvault.serve.agent.routes import check_question
from lawvault.serve.contract import ApiError
from lawvault.serve.gate.key_file import Bunch, Key, digest_of
from lawvault.serve.keys import KeyRing
from tests.agent.scripted_run import (
    GOOD,
    JUDGE,
    PLAN,
    PROBATION,
    PROSE,
    SHORT,
    part,
    planned,
    shown,
)
from tests.scripted_llm import Fault, Say, Script, scripted
from tests.serve.agent.conftest import QUESTION, RUNS, events_of, leave_early, refused
from tests.serve.wire import until

MODEL_SAYS = Script(phases=GOOD)


def key_ring(*names: str) -> KeyRing:
    keys = [
        Key(
            name=name,
            scopes=frozenset({"agent"}),
            rate=0,
            created="",
            digest=digest_of(f"{name}-secret-0123456789", b""),
        )
        for name in names
    ]
    return KeyRing(None, Bunch(pepper=b"", keys=tuple(keys)))


def as_owner(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {name}-secret-0123456789"}


def test_a_run_without_an_llm_finds_the_law_and_says_who_wrote(serving):
    with serving() as site:
        record = site.ask()

    report = record["report"]
    assert (record["state"], record["stop_reason"]) == ("completed", "no_llm")
    assert report["by"] == "rules"
    assert "未经大模型" in report["markdown"]
    assert any(one["article_number"] == "第九条" for one in report["evidence"])
    assert {one["id"] for one in report["plan"]["questions"]} == {
        trace["question_id"] for one in report["evidence"] for trace in one["traces"]
    }


def test_a_run_with_an_llm_ends_with_a_verified_report_and_tells_what_it_took(serving):
    with scripted(MODEL_SAYS) as server, serving(server.config()) as site:
        record = site.ask(as_of="2026-03-02")

    report = record["report"]
    assert (record["state"], record["stop_reason"]) == ("completed", "all_sufficient")
    assert report["by"] == "llm"
    assert report["flagged"] == 0
    assert report["counts"]["verified"] > 3
    assert report["as_of"] == "2026-03-02"
    assert record["usage"]["llm_calls"] == len(server.ledger)


def test_half_a_character_of_an_llm_is_shown_in_the_record(serving):
    script = Script(phases={**GOOD, PLAN: planned(part("试用期\ud800最长多久"))})
    with scripted(script) as server, serving(server.config()) as site:
        record = site.ask(as_of="2026-03-02")
        again = site.http.get(f"{RUNS}/{record['id']}")

    assert again.status_code == 200
    assert record["report"]["plan"]["questions"][0]["text"].startswith("试用期")


def test_a_stream_tells_every_event_in_order_and_they_can_be_read_again(serving):
    with serving() as site:
        body = {"question": QUESTION, "stream": True}
        with site.http.stream("POST", RUNS, json=body) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            run_id = answer.headers["x-lawvault-run"]
            told = events_of(answer.iter_lines())
        again = site.events(f"{RUNS}/{run_id}/events")

    assert told == again
    assert [one["seq"] for one in told] == list(range(1, len(told) + 1))
    assert {one["run_id"] for one in told} == {run_id}
    assert (told[0]["kind"], told[-1]["kind"]) == ("run.started", "run.completed")


def test_accepting_events_is_enough_to_get_them(serving):
    with serving() as site:
        headers = {"Accept": "text/event-stream"}
        answer = site.http.post(RUNS, json={"question": QUESTION}, headers=headers)

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "event: run.completed\n" in answer.text


def test_a_run_in_the_background_is_answered_at_once_and_followed_by_its_id(serving):
    with serving() as site:
        answer = site.http.post(RUNS, json={"question": QUESTION, "background": True})
        record = answer.json()
        told = site.events(f"{answer.headers['location']}/events")
        after = site.http.get(answer.headers["location"]).json()

    assert answer.status_code == 202
    assert record["id"] in answer.headers["location"]
    assert told[-1]["kind"] == "run.completed"
    assert after["state"] == "completed"
    assert after["num_events"] == len(told)


@pytest.mark.parametrize("known", [1, 7])
def test_who_comes_back_goes_on_after_the_event_that_he_knows(serving, known):
    with serving() as site:
        record = site.ask()
        path = f"{RUNS}/{record['id']}/events"
        headers = {"Last-Event-ID": f"{record['id']}:{known}"}
        by_header = site.events(path, headers=headers)
        by_number = site.events(path, params={"after": known})

    assert by_header == by_number
    assert [one["seq"] for one in by_header] == list(range(known + 1, record["num_events"] + 1))


def test_a_client_that_leaves_a_stream_finds_the_run_gone_on_and_no_llm_asked_twice(serving):
    script = Script(phases={**GOOD, PLAN: Say(GOOD[PLAN].text, wait_s=0.3)})
    with scripted(script) as server, serving(server.config()) as site:
        with site.http.stream("POST", RUNS, json={"question": QUESTION, "stream": True}) as answer:
            run_id = answer.headers["x-lawvault-run"]
            first = next(line for line in answer.iter_lines() if line.startswith("id: "))
        rest = site.events(f"{RUNS}/{run_id}/events", headers={"Last-Event-ID": first[4:]})

    assert first == f"id: {run_id}:1"
    assert [one["seq"] for one in rest] == list(range(2, 2 + len(rest)))
    assert rest[-1]["kind"] == "run.completed"
    assert sum(asked.phase == PLAN for asked in server.ledger) == 1


@pytest.mark.parametrize(
    ("event_id", "status", "code"),
    [
        ("{run}:99999", 404, "event_not_found"),
        ("{run}:-1", 400, "invalid_event_id"),
        ("7", 400, "invalid_event_id"),
        ("' OR 1=1", 400, "invalid_event_id"),
        ("run-00000000000000000000000000000000:1", 404, "event_of_another_run"),
    ],
)
def test_a_forged_event_id_is_refused(serving, event_id, status, code):
    with serving() as site:
        run_id = site.ask()["id"]
        headers = {"Last-Event-ID": event_id.format(run=run_id)}
        answer = site.http.get(f"{RUNS}/{run_id}/events", headers=headers)

    assert answer.status_code == status
    assert answer.json()["error"]["code"] == code


def test_a_browser_that_knows_the_last_event_is_told_not_to_come_back(serving):
    with serving() as site:
        record = site.ask()
        headers = {"Last-Event-ID": f"{record['id']}:{record['num_events']}"}
        answer = site.http.get(f"{RUNS}/{record['id']}/events", headers=headers)

    assert answer.status_code == 204


def test_cancelling_stops_the_llm_within_a_second_and_keeps_what_was_found(serving):
    script = Script(phases={**GOOD, JUDGE: Fault.silence()})
    with scripted(script) as server, serving(server.config()) as site:
        run_id = site.http.post(RUNS, json={"question": QUESTION, "background": True}).json()["id"]
        until(lambda: any(asked.phase == JUDGE for asked in server.ledger))
        begin = time.monotonic()
        answers = [site.http.post(f"{RUNS}/{run_id}/cancel") for _ in range(2)]
        closed = server.wait_closed() - begin
        told = site.events(f"{RUNS}/{run_id}/events")
        record = site.http.get(f"{RUNS}/{run_id}").json()
        again = site.http.post(f"{RUNS}/{run_id}/cancel")
        evidence = site.http.get(f"{RUNS}/{run_id}/evidence").json()

    assert closed < 1
    assert [answer.status_code for answer in answers] == [200, 200]
    assert again.status_code == 200
    assert told[-1]["kind"] == "run.stopped"
    assert (record["state"], record["stop_reason"]) == ("stopped", "cancelled")
    assert len(evidence["data"]) == len(record["report"]["evidence"]) > 5


def test_a_run_that_is_over_cannot_be_cancelled(serving):
    with serving() as site:
        run_id = site.ask()["id"]
        answer = site.http.post(f"{RUNS}/{run_id}/cancel")

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "run_ended")


def test_a_deleted_run_is_gone_and_its_work_stops(serving):
    script = Script(phases={**GOOD, JUDGE: Fault.silence()})
    with scripted(script) as server, serving(server.config()) as site:
        run_id = site.http.post(RUNS, json={"question": QUESTION, "background": True}).json()["id"]
        until(lambda: any(asked.phase == JUDGE for asked in server.ledger))
        begin = time.monotonic()
        answer = site.http.delete(f"{RUNS}/{run_id}")
        closed = server.wait_closed() - begin
        until(lambda: site.replica.runs.in_work == 0)
        gone = site.http.get(f"{RUNS}/{run_id}")

    assert (answer.status_code, answer.content) == (204, b"")
    assert closed < 1
    assert gone.status_code == 404


def test_runs_are_listed_newest_first_page_by_page(serving):
    with serving() as site:
        ids = [site.ask()["id"] for _ in range(3)]
        first = site.http.get(RUNS, params={"limit": 2}).json()
        second = site.http.get(RUNS, params={"limit": 2, "before": first["next"]}).json()

    shown = [one["id"] for one in [*first["data"], *second["data"]]]
    assert shown == ids[::-1]
    assert second["next"] is None
    assert first["data"][0]["question"] == QUESTION


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("GET", "/events"),
        ("GET", "/evidence"),
        ("POST", "/cancel"),
        ("DELETE", ""),
    ],
)
def test_the_run_of_another_key_is_not_there(serving, method, path):
    with serving(keys=key_ring("anna", "bert")) as site:
        mine = site.http.post(RUNS, json={"question": QUESTION}, headers=as_owner("anna")).json()
        address = f"{RUNS}/{mine['id']}{path}"
        theirs = site.http.request(method, address, headers=as_owner("bert"))
        unknown = site.http.request(
            method, address.replace(mine["id"], new_run_id()), headers=as_owner("bert")
        )
        listed = site.http.get(RUNS, headers=as_owner("bert")).json()
        still = site.http.get(f"{RUNS}/{mine['id']}", headers=as_owner("anna"))

    assert theirs.status_code == 404
    assert theirs.json() == unknown.json()
    assert listed["data"] == []
    assert still.status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_rounds": -1},
        {"max_rounds": 101},
        {"max_rounds": 999},
        {"max_llm_calls": 0},
        {"max_tokens": 0},
        {"deadline_s": 0},
        {"max_evidence": 0},
        {"temperature": 0.1},
        {"base_url": "http://169.254.169.254/"},
        {"api_key": "sk-123"},
        {"model": "gpt"},
        {"question": ""},
        {"question": " \n"},
        {"question": "\u200b"},
        {"question": "？"},
        {"question": "长" * 50_000},
        {"question": ["a"]},
        {"as_of": "2019-02-30"},
        {"stream": True, "background": True},
        {"region": ["北京"] * 11},
    ],
    ids=str,
)
def test_a_request_that_cannot_be_is_refused_before_a_run_begins(wrong):
    answer = refused(RUNS, json={"question": QUESTION, **wrong})

    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("wrong", "code", "words"),
    [
        ({"stream": True, "background": True}, "invalid_value", "stream 与 background 只能选一个"),
        ({"question": "？"}, "empty_text", "question 里没有文字"),
    ],
)
def test_a_refusal_says_what_is_wrong(wrong, code, words):
    error = refused(RUNS, json={"question": QUESTION, **wrong}).json()["error"]

    assert error["code"] == code
    assert words in error["message"]


@pytest.mark.parametrize("question", ["离婚", "Tibet？", "ཁྲིམས", "２"])
def test_a_question_in_any_script_is_one(question):
    check_question(question, "question", ServeConfig())


def test_a_request_for_more_than_a_run_may_spend_names_the_field_and_the_most(serving):
    with serving(limits=Limits(max_evidence=9)) as site:
        answer = site.http.post(RUNS, json={"question": QUESTION, "max_evidence": 10})
        runs = site.http.get(RUNS).json()["data"]

    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (
        400,
        "above_limit",
        "max_evidence",
    )
    assert "9" in error["message"]
    assert runs == []


def test_a_run_that_is_read_later_says_whether_the_law_has_changed(serving, law):
    now = [law.pack.corpus()]

    async def corpus():
        return now[0]

    with serving(corpus=corpus) as site:
        before = site.ask()
        now[0] = replace(now[0], sha256="0" * 64)
        after = site.http.get(f"{RUNS}/{before['id']}").json()

    assert before["report"]["corpus"]["sha256"] == law.pack.corpus().sha256
    assert before["report"]["corpus"]["as_of"] == "2026-03-02"
    assert (before["law_changed"], after["law_changed"]) == (False, True)
    assert after["report"] == before["report"]


def test_where_nobody_can_say_whether_the_law_has_changed_a_run_does_not(serving):
    async def corpus():
        raise ApiError(503, "search_unavailable", "…")

    with serving(corpus=corpus) as site:
        assert site.ask()["law_changed"] is None


def test_a_deadline_that_is_no_number_is_refused():
    body = json.dumps({"question": QUESTION, "deadline_s": float("nan")})

    answer = refused(RUNS, content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 400


def answered_shortly(body):
    marker = shown(body)[PROBATION]
    return Say(f"劳动合同期限三个月以上不满一年的，试用期不得超过一个月[{marker}]。")


def test_a_short_answer_stands_on_one_search_and_its_citations_hold(serving):
    script = Script(phases={SHORT: answered_shortly})
    with scripted(script) as server, serving(server.config()) as site:
        record = site.http.post("/v1/ask", json={"question": "试用期最长多久？"}).json()

    report = record["report"]
    assert (record["kind"], record["state"], len(server.ledger)) == ("ask", "completed", 1)
    assert (report["by"], report["flagged"]) == ("llm", 0)
    assert "《中华人民共和国示例劳动法》第九条" in report["markdown"]
    assert {trace["how"] for one in report["evidence"] for trace in one["traces"]} == {"search"}


def test_a_short_answer_without_an_llm_lists_what_was_found_and_says_so(serving):
    with serving() as site:
        record = site.http.post("/v1/ask", json={"question": QUESTION}).json()

    assert (record["state"], record["stop_reason"]) == ("completed", "no_llm")
    assert record["report"]["by"] == "rules"
    assert "未经大模型" in record["report"]["markdown"]


def test_a_short_answer_comes_as_events_if_they_are_wanted(serving):
    with serving() as site:
        answer = site.http.post("/v1/ask", json={"question": QUESTION, "stream": True})

    told = events_of(iter(answer.text.splitlines()))
    assert told[0]["data"]["run"] == "ask"
    assert told[-1]["kind"] == "run.completed"


@pytest.mark.parametrize("body", [{}, {"stream": True}], ids=["json", "events"])
def test_who_leaves_before_a_short_answer_ends_it_within_a_second(serving, body):
    silent = Script(phases={SHORT: Fault.silence()})
    with scripted(silent) as server, serving(server.config()) as site:
        left = leave_early(site, "/v1/ask", {"question": QUESTION, **body}, server)
        closed = server.wait_closed() - left
        until(lambda: site.replica.runs.in_work == 0)
        record = site.http.get(RUNS).json()["data"][0]

    assert closed < 1
    assert (record["state"], record["stop_reason"]) == ("stopped", "cancelled")


@pytest.mark.parametrize("phase", [PLAN, JUDGE, PROSE])
def test_an_llm_that_is_down_leaves_the_evidence_and_says_why(serving, phase):
    script = Script(phases={**GOOD, phase: Fault.status(500)})
    with scripted(script) as server, serving(server.config(retries=0)) as site:
        record = site.ask()

    assert record["stop_reason"] == "llm_error"
    assert record["report"]["evidence"]
    assert "degraded" in {note["kind"] for note in record["report"]["notes"]}
