"""Drafts over HTTP: written, changed, stopped, kept whatever happens, and nobody else's."""

import contextlib
import json
import socket
import time

import pytest

from lawvault.serve.writer import writing
from lawvault.serve.writer.records import told_for
from lawvault.store.draft_rows import NewDraft
from lawvault.store.drafts import DraftStore
from lawvault.store.material_rows import NewMaterial
from tests.scripted_llm import Fault, Say
from tests.serve.wire import until
from tests.serve.writer.writer_site import DRAFTS, writer

ASKED = {"instruction": "写一份关于试用期的律师函", "facts": "张三2025年3月5日入职明月公司。"}
TEXT = "# 律师函\n\n张三已入职。\n\n合同期限三个月以上不满一年的，试用期不得超过一个月[m1]。"
LAW = "示例劳动法@2018-10-01"
NINTH, GONE = f"{LAW}/9", "mat-" + "0" * 32


def article(content, number="第九条", **others):
    row = content.article(LAW, number)
    given = {"text": row["content"], "law_name": row["law_name"]} | others
    return NewMaterial(
        kind="article", article_id=row["article_id"], law_id=LAW, article_number=number, **given
    )


def kept(bench, *new):
    return [one.material.material_id for one in bench.user.materials.add(bench.me, list(new))]


def test_the_events_come_in_order_and_the_last_when_the_store_has_the_text(bench, content):
    bench.says(draft=Say(TEXT))
    body = {**ASKED, "materials": kept(bench, article(content))}
    told, state = [], ""
    with bench.streamed(DRAFTS, body) as answer:
        draft_id = answer.headers["x-lawvault-draft"]
        for line in answer.iter_lines():
            told += [line[7:]] if line.startswith("event: ") else []
            if line == "event: draft.completed":
                state = bench.user.drafts.get(bench.me, draft_id).state
    record = bench.told("GET", f"{DRAFTS}/{draft_id}")

    assert state == "done"
    assert told[:3] == ["draft.started", "materials", "section.started"]
    assert told.index("citation.verified") > told.index("draft.delta")
    assert told[-1] == "draft.completed"
    assert "试用期不得超过一个月《中华人民共和国示例劳动法》第九条" in record["markdown"].replace(
        "（", ""
    )
    assert (record["state"], record["revision"]) == ("done", 1)


def test_a_draft_as_json_tells_what_was_used_and_dropped_and_what_nobody_told(bench, content):
    bench.says(section=Say("试用期不得超过一个月[m1]。"))
    values = {"recipient": "明月公司", "client": "张三", "amount": "9000"}
    stale = article(content, "第十条", text="从前的文字。")
    huge = [NewMaterial(kind="note", text="长" * 40_000, title=str(n)) for n in range(2)]
    materials = kept(bench, article(content), stale, *huge)
    body = {"template": "lawyer_letter", "values": values, "materials": materials}
    answer = bench.ask("POST", DRAFTS, json=body)
    seen = bench.user.history.page(bench.me).items

    record = answer.json()
    data = record["data"]
    assert (answer.status_code, answer.headers["etag"]) == (200, '"1"')
    assert record["title"] == "律师函"
    assert "致：明月公司" in record["markdown"]
    assert "《中华人民共和国示例劳动法》第九条" in record["markdown"]
    used, dropped = ({one["id"] for one in data[name]} for name in ("used", "dropped"))
    assert used >= set(materials[:2])
    assert dropped
    assert dropped <= set(materials[2:])
    assert used | dropped == set(materials)
    assert {"required"} <= {one["reason"] for one in data["missing"]}
    assert "stale" in {one["code"] for one in data["notes"]}
    assert [(one.kind, one.ref_id) for one in seen] == [("draft", record["id"])]


def test_without_an_llm_the_answer_says_what_works_all_the_same(tmp_path, content, library):
    with writer(tmp_path, content, library, has_llm=False) as bench:
        answer = bench.ask("POST", DRAFTS, json=ASKED)
        events = bench.ask("POST", DRAFTS, json={**ASKED, "stream": True})
        drafts = bench.told("GET", DRAFTS)["data"]

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (501, "llm_not_configured")
    assert events.status_code == 501
    assert all(word in error["message"] for word in ("大模型", "模板", "导出", "核验"))
    assert drafts == []


@pytest.mark.parametrize("is_kept", [False, True])
def test_what_the_agent_finds_is_material_and_kept_only_if_asked(bench, is_kept):
    bench.says(draft=Say("# 函\n\n见[m1]。"))
    body = {**ASKED, "instruction": "试用期最长多久？", "search": True, "keep_found": is_kept}
    told = bench.events(DRAFTS, body)
    prompt = bench.server.ledger[-1].user
    library = bench.user.materials.page(bench.me).items

    kinds = [one["kind"] for one in told]
    assert kinds[:2] == ["search.started", "search.completed"]
    assert NINTH in {one["article_id"] for one in told[1]["data"]["articles"]}
    assert "同一用人单位与同一劳动者只能约定一次试用期" in prompt
    assert len(library) == len(told[1]["data"]["kept"])
    assert bool(library) == is_kept


def test_an_amount_counts_as_told_however_the_form_was_answered(bench):
    bench.says(draft=Say("贵方欠付货款。"))
    body = {"template": "lawyer_letter", "values": {"amount": "3万"}}
    draft = bench.told("POST", DRAFTS, json=body)

    assert "30,000" in told_for(bench.user.drafts, bench.me, draft["id"]).replace("30000", "30,000")


def leave(bench, body):
    """Ask for a draft and close the connection once some of it has come; return when."""
    sent = bench.http.build_request("POST", DRAFTS, json=body, headers=bench.headers())
    head = "".join(f"{name}: {value}\r\n" for name, value in sent.headers.items())
    with socket.create_connection(("127.0.0.1", bench.port)) as client:
        client.sendall(f"POST {DRAFTS} HTTP/1.1\r\n{head}\r\n".encode() + sent.content)
        bench.server.wait_asked(1)
        if body.get("stream"):
            while "draft.delta" not in client.recv(65536).decode(errors="ignore"):
                pass
    return time.monotonic()


ENDLESS = Say("# 函\n\n第一段。\n", endless=True, pause_s=0.02)


@pytest.mark.parametrize("body", [{}, {"stream": True}], ids=["json", "events"])
def test_who_leaves_ends_the_writing_within_a_second_and_finds_the_part_written(bench, body):
    bench.says(draft=ENDLESS)
    left = leave(bench, {**ASKED, **body})
    closed = bench.server.wait_closed() - left
    until(lambda: bench.told("GET", DRAFTS)["data"][0]["state"] != "writing")
    draft = bench.told("GET", DRAFTS)["data"][0]
    text = bench.told("GET", f"{DRAFTS}/{draft['id']}")["markdown"]

    assert closed < 1
    assert draft["state"] == "stopped"
    assert not body or "第一段" in text


def test_a_draft_is_stopped_within_a_second_from_elsewhere_and_can_be_gone_on_with(bench):
    bench.says(draft=ENDLESS, revise=Say("第一段，改过。"))
    with bench.streamed(DRAFTS, ASKED) as answer:
        path = f"{DRAFTS}/{answer.headers['x-lawvault-draft']}"
        lines = answer.iter_lines()
        next(line for line in lines if "第一段" in line)
        busy = bench.refused("PUT", path, json={"markdown": "x"}, headers={"If-Match": '"1"'})
        begin = time.monotonic()
        stops = [bench.ask("POST", f"{path}/stop") for _ in range(2)]
        closed = bench.server.wait_closed() - begin
        last = [line for line in lines if line.startswith("event: ")][-1]
    record = bench.told("GET", path)
    revised = bench.told("POST", f"{path}/revise", json={"instruction": "改第一段"})

    assert busy == (409, "draft_busy")
    assert [answer.status_code for answer in stops] == [200, 200]
    assert closed < 1
    assert last == "event: draft.stopped"
    assert record["state"] == "stopped"
    assert "第一段" in record["markdown"]
    assert (revised["state"], revised["markdown"], revised["revision"]) == (
        "done",
        "第一段，改过。",
        2,
    )


def test_a_draft_whose_replica_died_is_ended_as_failed_with_its_text(bench):
    bench.says(draft=Say(TEXT))
    long_ago = DraftStore(bench.user.drafts._database, clock=lambda: time.time() - 100)
    draft_id = long_ago.create(bench.me, NewDraft(request={}, title="函")).draft_id
    long_ago.begin_revision(bench.me, draft_id, "draft", expected=0)
    long_ago.grow_revision(bench.me, draft_id, 1, "写了一半")
    bench.applications.close()
    bench.told("GET", DRAFTS)  # opens another replica, which sweeps first
    until(lambda: bench.told("GET", f"{DRAFTS}/{draft_id}")["state"] != "writing")
    record = bench.told("GET", f"{DRAFTS}/{draft_id}")

    assert (record["state"], record["markdown"]) == ("failed", "写了一半")


def test_an_llm_that_fails_leaves_a_failed_draft_that_says_why(bench):
    faults = [Fault.status(500), Fault.page()]
    bench.says(draft=faults)
    records = [bench.told("POST", DRAFTS, json=ASKED) for _ in faults]

    for record in records:
        assert record["state"] == "failed"
        assert record["data"]["stop_reason"] == "llm_error"
        assert "llm_error" in {note["code"] for note in record["data"]["notes"]}


def test_a_draft_deleted_while_it_is_written_stops_and_its_reader_is_told(bench):
    bench.says(draft=ENDLESS)
    with bench.streamed(DRAFTS, ASKED) as answer:
        draft_id = answer.headers["x-lawvault-draft"]
        lines = answer.iter_lines()
        next(line for line in lines if "第一段" in line)
        deleted = bench.ask("DELETE", f"{DRAFTS}/{draft_id}")
        last = [line for line in lines if line.startswith("event: ")][-1]
    gone = bench.refused("GET", f"{DRAFTS}/{draft_id}")

    assert deleted.status_code == 204
    assert last == "event: error"
    assert gone == (404, "not_found")


def test_a_replica_that_closes_keeps_what_was_written_as_failed(bench):
    bench.says(draft=ENDLESS)
    with bench.streamed(DRAFTS, ASKED) as answer:
        draft_id = answer.headers["x-lawvault-draft"]
        lines = answer.iter_lines()
        next(line for line in lines if "第一段" in line)
        bench.applications.close()
        last = [line for line in lines if line.startswith("event: ")][-1]
    kept = bench.user.drafts.read(bench.me, draft_id)

    assert last == "event: draft.failed"
    assert (kept.revision.state, kept.data["error"]["code"]) == ("failed", "interrupted")
    assert "第一段" in kept.markdown


def draft_of(bench, markdown):
    """Return the address of a draft that lies in the store."""
    return f"{DRAFTS}/{bench.draft(markdown, **ASKED)}"


def test_in_two_tabs_nothing_is_lost(bench):
    path = draft_of(bench, "一")
    etag = bench.ask("GET", path).headers["etag"]
    first = bench.ask("PUT", path, json={"markdown": "甲"}, headers={"If-Match": etag})
    late = bench.refused("PUT", path, json={"markdown": "乙"}, headers={"If-Match": etag})
    title = bench.refused("PUT", path, json={"title": "乙"}, headers={"If-Match": etag})
    blind = bench.refused("PUT", path, json={"markdown": "丙"})
    odd = bench.refused("PUT", path, json={"markdown": "丙"}, headers={"If-Match": "*"})
    empty = bench.refused("PUT", path, json={}, headers={"If-Match": '"2"'})
    back = bench.ask("POST", f"{path}/restore", json={"revision": 1}, headers={"If-Match": '"2"'})
    texts = [
        bench.told("GET", path, params={"revision": number})["markdown"] for number in range(1, 4)
    ]
    listed = bench.told("GET", f"{path}/revisions")["data"]

    assert (first.status_code, first.headers["etag"]) == (200, '"2"')
    assert late == title == (412, "stale")
    assert blind == (428, "precondition_required")
    assert odd == (400, "invalid_etag")
    assert empty == (400, "invalid_request")
    assert back.headers["etag"] == '"3"'
    assert texts == ["一", "甲", "一"]
    assert [one["kind"] for one in listed] == ["draft", "edit", "edit"]


OLD = "# 函\n\n开头\t不动。\n\n## 事实\n\n旧的一段。\n\n## 请求\n\n* 不动\n\n\n尾"


def test_only_what_stands_below_the_heading_is_rewritten(bench):
    bench.says(revise=Say("## 事实\n\n新的一段。"))
    path = draft_of(bench, OLD)
    body = {"instruction": "写短些", "heading": "事实", "revision": 1}
    told = bench.events(f"{path}/revise", body)
    record = bench.told("GET", path)

    assert record["markdown"] == OLD.replace("旧的一段", "新的一段")
    assert told[-1]["kind"] == "draft.completed"
    assert told[-1]["data"]["revision"] == record["revision"] == 2


REFUSED_CHANGES = [
    ({"heading": "没有"}, 400, "invalid_selection"),
    ({"selection": {"start": 9, "end": 9}}, 400, "invalid_selection"),
    ({"selection": {"start": 0, "end": 9999}}, 400, "invalid_selection"),
    ({"revision": 7}, 412, "stale"),
    ({"materials": [GONE]}, 404, "not_found"),
    ({"heading": "事实", "selection": {"start": 0, "end": 3}}, 400, "invalid_request"),
    ({"keep_found": True}, 400, "invalid_request"),
    ({"instruction": " "}, 400, "empty_text"),
]


def test_a_change_that_cannot_be_leaves_the_draft_as_it_is(bench):
    path = draft_of(bench, OLD)
    for more, status, code in REFUSED_CHANGES:
        body = {"instruction": "改", **more}
        assert bench.refused("POST", f"{path}/revise", json=body) == (status, code), more
    record = bench.told("GET", path)

    assert (record["revision"], record["markdown"], record["state"]) == (1, OLD, "done")


def test_a_change_that_does_not_come_whole_leaves_the_text_as_it_was(bench):
    faults = [Fault.status(500), Fault.cut(30, "改到一半" * 9)]
    bench.says(revise=faults)
    path = draft_of(bench, OLD)
    body = {"instruction": "改", "heading": "事实"}
    records = [bench.told("POST", f"{path}/revise", json=body) for _ in faults]

    assert [(one["state"], one["markdown"]) for one in records] == [("failed", OLD)] * 2


REFUSED = [
    ({}, 400),
    ({"instruction": " \n"}, 400),
    ({"instruction": "长" * 40_000}, 400),
    ({**ASKED, "materials": [GONE]}, 404),
    ({**ASKED, "materials": ["../../etc/passwd"]}, 404),
    ({**ASKED, "materials": [GONE] * 1001}, 400),
    ({**ASKED, "template": "no_such"}, 404),
    ({**ASKED, "as_of": "2019-02-30"}, 400),
    ({**ASKED, "title": "两\n行"}, 400),
    ({**ASKED, "base_url": "http://169.254.169.254/"}, 400),
    ({**ASKED, "keep_found": True}, 400),
    ({**ASKED, "values": []}, 400),
    ({**ASKED, "values": {"a": "甲"}}, 400),
    ({**ASKED, "values": json.loads('{"a":' * 300 + "1" + "}" * 300)}, 400),
    ({**ASKED, "values": {"a": "长" * 1_400_000}}, 413),
]


def test_a_request_that_cannot_be_is_refused_and_nothing_is_kept(bench):
    for wrong, status in REFUSED:
        answer = bench.ask("POST", DRAFTS, json=wrong)
        assert answer.status_code == status, (str(wrong)[:80], answer.text)
    drafts = bench.told("GET", DRAFTS)["data"]

    assert drafts == []


def test_the_draft_of_another_key_is_not_there(bench, content):
    path = draft_of(bench, "甲的文稿")
    mine = kept(bench, article(content))
    etag = {"If-Match": '"1"'}
    asked = [
        ("GET", path, {}),
        ("GET", f"{path}/revisions", {}),
        ("PUT", path, {"json": {"markdown": "x"}, "headers": etag}),
        ("POST", f"{path}/revise", {"json": {"instruction": "x"}}),
        ("POST", f"{path}/stop", {}),
        ("POST", f"{path}/restore", {"json": {"revision": 1}, "headers": etag}),
        ("DELETE", path, {}),
        ("POST", "/v1/export", {"json": {"draft": path.rpartition("/")[2]}}),
        ("POST", DRAFTS, {"json": {**ASKED, "materials": mine}}),
    ]
    refusals = [bench.refused(how, at, by=bench.other, **more) for how, at, more in asked]
    theirs = bench.told("GET", DRAFTS, by=bench.other)["data"]
    still = bench.told("GET", path)

    assert set(refusals) == {(404, "not_found")}
    assert theirs == []
    assert still["markdown"] == "甲的文稿"


def test_drafts_are_listed_page_by_page_those_changed_last_first(bench):
    paths = [draft_of(bench, str(number)) for number in range(3)]
    first = bench.told("GET", DRAFTS, params={"limit": 2})
    second = bench.told("GET", DRAFTS, params={"limit": 2, "cursor": first["next"]})
    odd = bench.refused("GET", DRAFTS, params={"cursor": "' OR 1=1"})

    assert [one["id"] for one in [*first["data"], *second["data"]]] == [
        path.rpartition("/")[2] for path in reversed(paths)
    ]
    assert second["next"] is None
    assert odd[0] == 400


def test_a_person_may_have_three_quarters_of_the_drafts_written_at_once(bench):
    bench.says(draft=ENDLESS)
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(bench.streamed(DRAFTS, ASKED))
        refusal = bench.refused("POST", DRAFTS, json=ASKED)
        drafts = bench.told("GET", DRAFTS)["data"]
    until(lambda: all(one["state"] == "stopped" for one in bench.told("GET", DRAFTS)["data"]))

    assert refusal == (429, "too_many_drafts")
    assert len(drafts) == 3


def test_while_the_llm_thinks_the_line_is_kept_open(bench, monkeypatch):
    monkeypatch.setattr(writing, "PING_SECONDS", 0.02)
    bench.says(draft=Say(TEXT, wait_s=0.1))
    with bench.streamed(DRAFTS, ASKED) as answer:
        lines = list(answer.iter_lines())

    assert ": ping" in lines
    assert "event: draft.completed" in lines
    assert "event: silence" not in lines


def test_where_the_law_does_not_answer_a_draft_is_written_and_every_citation_flagged(bench):
    bench.says(draft=Say("# 函\n\n根据《示例劳动法》第九条，应当遵守。"))
    bench.law.cannot = {"verify"}
    record = bench.told("POST", DRAFTS, json=ASKED)
    bench.law.cannot = {"known_on"}
    refusal = bench.refused("POST", DRAFTS, json=ASKED)
    bench.law.cannot = set()

    assert record["state"] == "done"
    assert "⚠" in record["markdown"]
    assert "verify_failed" in {note["code"] for note in record["data"]["notes"]}
    assert refusal == (503, "search_unavailable")


def test_a_form_alone_is_enough_for_the_agent_to_look_for_law(bench):
    bench.says(section=Say("见[m1]。"))
    values = {"background": "试用期约定了六个月。"}
    body = {"template": "lawyer_letter", "values": values, "search": True}
    told = bench.events(DRAFTS, body)

    assert told[0]["data"]["question"] == "律师函\n试用期约定了六个月。"
    assert told[1]["data"]["articles"]
