"""深度检索 in a real browser: what a run shows, how it is stopped, resumed and copied."""

import asyncio
import dataclasses
import importlib.resources
import json
import re
import urllib.parse
from typing import Any, get_args

import pytest

from lawvault.agent.listing import STOPS
from lawvault.agent.nouns import Corpus, Status, Stop
from lawvault.law.digest import digest
from lawvault.serve.contract import ApiError
from tests.agent.scripted_run import GOOD, JUDGE, PROSE, prose_of
from tests.browser.chromium import CHROMIUM, look_at
from tests.browser.conftest import ASK, part, run_of, text_of
from tests.scripted_llm import Fault, Say, Script, scripted
from tests.serve.agent.conftest import QUESTION, RUNS

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs chromium: apt-get install chromium")
KEY = "a-key-of-a-test-0123456789"


def test_a_run_shows_plan_steps_report_verdicts_and_evidence_by_sub_question(deep, tmp_path):
    with scripted(Script(phases=GOOD)) as server, deep(llm=server.config()) as (url, _):
        seen = look_at(url, tmp_path)

    shown = text_of(run_of(seen))
    assert "已完成：各子问题的依据均已充分" in shown
    plan = part(seen, "section", "panel")
    assert text_of(plan).count("依据充分") == 2
    assert "试用期最长多久？" in text_of(plan)
    assert "第 1 轮结束" in shown
    assert "检索：试用期最长多久？" in shown
    report = part(seen, "section", "panel report")
    assert "<h4>核心结论</h4>" in report
    assert "《中华人民共和国示例劳动法》第九条" in text_of(report)
    assert re.search("已核实 [1-9] 处", text_of(report))
    assert "标出问题" not in text_of(report)
    assert "下载 Word" in seen.dom
    checks = part(seen, "details", "panel checks")
    assert checks.count('class="chip good">已核实') == 2
    assert 'href="#law-e' in checks
    groups = re.findall(r'<div class="group"><h2>(.*?)</h2>', run_of(seen))
    assert groups == ["试用期最长多久？", "拖欠工资能不能立即辞职？"]
    assert '<li id="law-e1"' in run_of(seen)
    assert seen.console == ""


def test_a_fault_of_the_report_is_flagged_for_its_reader(deep, tmp_path):
    wrong = "根据《示例劳动法》第九百条，可以要求三倍赔偿。"
    script = GOOD | {PROSE: lambda body: Say(prose_of(body, wrong))}
    with scripted(Script(phases=script)) as server, deep(llm=server.config()) as (url, _):
        seen = look_at(url, tmp_path)

    report = part(seen, "section", "panel report")
    assert re.search(r'<span class="flag">⚠ .*?</span>', report)
    assert re.search("标出问题 [1-9] 处", text_of(report))
    assert "正文修订未成功" in text_of(part(seen, "ul", "notes"))
    assert "该法无此条" in text_of(part(seen, "details", "panel checks"))


def test_without_an_llm_the_page_says_so_and_shows_the_evidence(deep, tmp_path):
    with deep() as (url, _):
        seen = look_at(url, tmp_path)

    assert "没有配置大模型" in text_of(part(seen, "ul", "notes"))
    assert "已完成：没有配置大模型，仅列出检索到的法条" in text_of(run_of(seen))
    assert '<li id="law-e1"' in run_of(seen)
    report = part(seen, "section", "panel report")
    assert re.search(r"<details class=\"listing\"><summary>程序列出的法条清单</summary>", report)
    assert "检索中" not in text_of(run_of(seen))


MARKDOWN = """# 甲
第一行
第二行 **重** `码` &lt;b&gt; ⚠【该法无此条】

1. 一
   - 内
2. 二
- **《法》**（例外）
  > 首款
  > 次款
- 末

|列|值|
|---|---|
|子|丑|
---
<尾>
"""
RENDERED = (
    "<h3>甲</h3><p>第一行<br>第二行 <strong>重</strong> <code>码</code> &lt;b&gt; "
    '<span class="flag">⚠ 该法无此条</span></p>'
    '<ol start="1"><li><p>一</p><ul><li><p>内</p></li></ul></li><li><p>二</p></li></ol>'
    "<ul><li><p><strong>《法》</strong>（例外）</p><blockquote><p>首款<br>次款</p></blockquote></li>"
    "<li><p>末</p></li></ul>"
    '<div class="table"><table><tr><th>列</th><th>值</th></tr><tr><td>子</td><td>丑</td></tr>'
    "</table></div><hr><p>&lt;尾&gt;</p>"
)


async def _writes(wanted: Any, emit: Any) -> None:
    """A run that writes all of Markdown that reports may have."""
    asked = {"text": wanted.question, "as_of": "2026-03-02"}
    await emit("run.started", {"asked": asked, "has_llm": True})
    await emit("report.delta", {"text": MARKDOWN, "replaces": True})
    report = {"by": "llm", "abstained": False, "sha256": digest(MARKDOWN)}
    await emit("run.completed", {"stop_reason": "all_sufficient", "report": report})


def test_an_article_says_how_it_was_found_and_serves_other_sub_questions_by_a_link(deep, tmp_path):
    article = {"law_name": "中华人民共和国示例法", "content": "条文", "status": "已废止"}

    async def work(wanted: Any, emit: Any) -> None:
        await emit("run.started", {"asked": {"text": "", "as_of": "2026-03-02"}, "has_llm": True})
        questions = [{"id": "q1", "text": "甲", "queries": []}]
        questions.append({"id": "q2", "text": "乙", "queries": []})
        await emit("plan", {"by": "llm", "questions": questions})
        for id, question, how, kind in (
            ("e1", "q1", "search", ""),
            ("e2", "q1", "reference", "exception"),
            ("e2", "q2", "citation", ""),
        ):
            trace = {"question_id": question, "round": 1, "how": how, "by": "词", "kind": kind}
            facts = {**article, "article_id": id, "law_id": "l", "article_number": f"第{id}条"}
            facts["effective_date"] = "2020-01-01"
            new = {} if question == "q2" else {"article": facts}
            await emit("search.hit", {"id": id, "trace": trace, **new})
        await emit("run.completed", {"stop_reason": "max_rounds"})

    with deep(work=work) as (url, _):
        seen = look_at(url, tmp_path)

    cards = re.findall(r'<li id="law-(e\d)">.*?<div class="facts"><span>(.*?)</span>', run_of(seen))
    assert cards == [("e1", "检索“词”"), ("e2", "沿引用找到：例外规定")]
    assert '<span class="badge">已废止</span>' in run_of(seen)
    (also,) = re.findall(r'<p class="also">(<a.*?)</p>', run_of(seen))
    assert also == '<a class="source" href="#law-e2">《示例法》第e2条</a>'


def test_the_markdown_of_a_report_keeps_its_structure(deep, tmp_path):
    with deep(work=_writes) as (url, _):
        seen = look_at(url, tmp_path)

    (prose,) = re.findall(r'<div class="prose">(.*?)</div></section>', run_of(seen))
    assert prose == RENDERED


def test_a_report_is_copied_as_text_with_its_flags(deep, tmp_path):
    copy = """
    navigator.clipboard.writeText = async (text) => { document.body.dataset.copied = text; };
    const watch = new MutationObserver(() => {
      const button = document.querySelector(".stop[hidden]") && document.querySelector(".copy");
      if (!button) return;
      watch.disconnect();
      button.click();
    });
    watch.observe(document.body, { subtree: true, childList: true, attributes: true });
    """
    with deep(copy + ASK, work=_writes) as (url, _):
        seen = look_at(url, tmp_path)

    (copied,) = seen.part(r'data-copied="(.*?)"')
    assert copied.startswith(f"问题：{QUESTION}\n时效以 2026-03-02 为准\n\n甲\n第一行\n")
    assert "第二行 重 `码` <b> ⚠【该法无此条】" in copied
    assert copied.endswith("不构成法律意见。\n")


def test_another_question_stops_the_run_that_nobody_looks_at_any_more(deep, tmp_path):
    async def work(wanted, emit):
        await emit("run.started", {"asked": {"text": "", "as_of": "2026-03-02"}, "has_llm": True})
        if wanted.question == QUESTION:
            await asyncio.Event().wait()

    another = """
    const watch = new MutationObserver(() => {
      if (!location.search.includes("run=run-")) return;
      watch.disconnect();
      document.getElementById("query").value = "别的";
      document.getElementById("deep").click();
    });
    watch.observe(document.body, { subtree: true, childList: true, characterData: true });
    """
    with deep(another + ASK, work=work) as (url, front):
        look_at(url, tmp_path)

    assert len([path for _, path, _ in front.asked if path == RUNS]) == 2
    assert len([path for _, path, _ in front.asked if path.endswith("/cancel")]) == 1


def test_a_reader_stops_a_run_and_keeps_what_was_found(deep, tmp_path):
    stop = """
    const watch = new MutationObserver(() => {
      if (!document.querySelector(".evidence .hits > li")) return;
      watch.disconnect();
      document.querySelector(".stop").click();
    });
    watch.observe(document.body, { subtree: true, childList: true });
    """
    phases = GOOD | {JUDGE: Fault.silence()}
    with (
        scripted(Script(phases=phases)) as server,
        deep(stop + ASK, llm=server.config(first_byte_s=60.0)) as (url, front),
    ):
        seen = look_at(url, tmp_path)

    assert any(path.endswith("/cancel") for _, path, _ in front.asked)
    assert "已停止：已手动停止，找到的法条保留在下" in text_of(run_of(seen))
    assert '<li id="law-e1"' in run_of(seen)
    assert re.search(r'<button class="stop"[^>]*hidden', run_of(seen))


@pytest.mark.parametrize("pieces", [1, 2])
def test_a_run_whose_connection_breaks_is_taken_up_where_it_was(deep, tmp_path, pieces):
    with (
        scripted(Script(phases=GOOD)) as server,
        deep(llm=server.config(), cut=pieces) as (url, front),
    ):
        seen = look_at(url, tmp_path)

    again = [headers for _, path, headers in front.asked if path.endswith("/events")]
    assert len(again) >= 1
    assert re.fullmatch(r"run-[0-9a-f]{32}:\d+", again[0]["last-event-id"])
    assert "已完成：各子问题的依据均已充分" in text_of(run_of(seen))
    assert run_of(seen).count('id="law-e1"') == 1
    assert len([phase for phase in front.asked if phase[:2] == ("POST", RUNS)]) == 1


def test_the_address_of_a_run_shows_it_again_without_an_llm(deep, tmp_path):
    keep = """
    const watch = new MutationObserver(() => {
      if (document.querySelector(".now")?.textContent.startsWith("已完成")) {
        document.title = location.search;
      }
    });
    watch.observe(document.body, { subtree: true, childList: true, characterData: true });
    """
    with scripted(Script(phases=GOOD)) as server, deep(keep + ASK, llm=server.config()) as (url, f):
        first = look_at(url, tmp_path / "first")
        (address,) = first.part("<title>(.*?)</title>")
        calls = len(server.ledger)
        f.script = ""
        second = look_at(f"{url}/{address}", tmp_path / "second")
        assert len(server.ledger) == calls

    assert "run=run-" in address
    report = part(first, "section", "panel report")
    assert part(second, "section", "panel report") == report
    assert part(second, "details", "panel checks") == part(first, "details", "panel checks")


OPEN_PAST = """
document.getElementById("past").open = true;
new MutationObserver((_, watch) => {
  const first = document.querySelector("#past .again");
  if (!first) return;
  watch.disconnect();
  %s
}).observe(document.getElementById("past"), { subtree: true, childList: true });
"""


def test_the_list_of_past_runs_opens_one_and_says_that_the_law_has_changed(deep, law, tmp_path):
    now = [law.pack.corpus()]

    async def corpus() -> Corpus:
        return now[0]

    day = "document.getElementById('day').value = '2026-01-31';"
    with (
        scripted(Script(phases=GOOD)) as server,
        deep(day + ASK, llm=server.config(), corpus=corpus) as (url, front),
    ):
        first = look_at(url, tmp_path / "first")
        calls = len(server.ledger)
        now[0] = dataclasses.replace(now[0], sha256="0" * 64)
        front.script = OPEN_PAST % "first.click();"
        second = look_at(url, tmp_path / "second")
        assert len(server.ledger) == calls

    assert "时效以 2026-01-31 为准；法律数据截至 2026-03-02" in text_of(run_of(first))
    assert "时效以 2026-01-31 为准" in text_of(run_of(second))
    assert part(second, "section", "panel report") == part(first, "section", "panel report")
    assert second.part('<button class="again"[^>]*>(.*?)</button>') == [QUESTION]
    assert "库中的法律在这次检索之后有更新" in text_of(part(second, "ul", "notes"))
    assert second.console == ""


def test_a_past_run_is_removed_by_pressing_twice(deep, tmp_path):
    with deep() as (url, front):
        look_at(url, tmp_path / "first")
        twice = "const press = first.parentElement.querySelector('.copy'); press.click();"
        gone = """
        press.click();
        const list = first.closest("ul");
        new MutationObserver(() => fetch("/loaded")).observe(list, { childList: true });
        """
        front.script = OPEN_PAST % (twice + gone)
        second = look_at(url, tmp_path / "second")

    assert 'class="again"' not in second.dom
    assert [path for method, path, _ in front.asked if method == "DELETE"]


def test_a_run_that_is_not_there_any_more_is_said_to_be_so(deep, tmp_path):
    gone = urllib.parse.urlencode({"q": QUESTION, "run": "run-" + "0" * 32})
    with deep("") as (url, _):
        seen = look_at(f"{url}/?{gone}", tmp_path)

    assert "没有找到这次深度检索的记录" in seen.part(r'<div id="error"[^>]*>(.*?)</div>')[0]


def test_a_service_without_the_agent_says_so_and_offers_the_search(deep, tmp_path):
    with deep(is_there=False) as (url, _):
        seen = look_at(url, tmp_path)

    (error,) = seen.part(r'<div id="error"[^>]*>(.*?)</div>')
    assert "没有开启深度检索" in error
    assert "普通检索" in error
    assert re.search(r'<button id="deep"[^>]*hidden', seen.dom)


def test_a_run_that_fails_is_told_in_words(deep, tmp_path):
    async def work(wanted, emit):
        raise ApiError(503, "search_unavailable", "检索服务不可用")

    with deep(work=work) as (url, _):
        seen = look_at(url, tmp_path)

    assert "未能完成：检索服务不可用，这不表示没有相关法条" in text_of(run_of(seen))


def test_a_key_opens_deep_search_too(deep, tmp_path, monkeypatch):
    monkeypatch.setenv("LAWVAULT_API_KEYS", KEY)
    give = f"""
    const watch = new MutationObserver(() => {{
      const key = document.getElementById("key");
      if (!key || document.getElementById("error").hidden) return;
      watch.disconnect();
      key.value = {json.dumps(KEY)};
      key.form.requestSubmit();
    }});
    watch.observe(document.body, {{ subtree: true, childList: true, attributes: true }});
    """
    with deep(give + ASK) as (url, front):
        seen = look_at(url, tmp_path)

    starts = [headers for method, path, headers in front.asked if (method, path) == ("POST", RUNS)]
    assert [headers.get("authorization") for headers in starts] == [None, f"Bearer {KEY}"]
    assert "已完成" in text_of(run_of(seen))


def test_every_reason_to_stop_and_every_verdict_on_a_question_has_its_words():
    room = importlib.resources.files("lawvault.serve")
    source = "".join(
        room.joinpath(name).read_text("utf-8") for name in ("runview.js", "evidence.js")
    )
    named = set(re.findall(r'^  "?([\w.]+)"?: "', source, re.MULTILINE))

    assert set(get_args(Stop)) | set(get_args(Status)) | {"internal_error"} <= named
    assert set(STOPS) <= named
