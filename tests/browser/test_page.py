"""The search page in a real browser: it finds law, it says what went wrong, markup stays text."""

import dataclasses
import datetime
import html
import re
from collections.abc import Iterator

import pytest

from lawvault.config.serve import ServeConfig
from lawvault.ingest.build import Filters, build_corpus
from lawvault.ingest.files import read_source
from lawvault.serve.contract import Law, LawList, SearchAnswer, SearchHit
from lawvault.serve.routes import Calls, build_app
from tests.browser.chromium import CHROMIUM, look
from tests.serve.wire import at_url

EVIL_LAW = "<img src=x onerror=\"document.title='HACKED'\">法"
EVIL_TEXT = (
    "孩子归谁<script>document.title='HACKED'</script>\n<svg onload=\"document.title='HACKED'\">"
)
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs chromium: apt-get install chromium")


@pytest.fixture(scope="module")
def hits(toy_corpus) -> list[SearchHit]:
    """Nine articles of real law, and one that tries to be markup."""
    corpus = build_corpus(read_source(toy_corpus), Filters(), as_of=datetime.date(2026, 10, 4))
    rows = [row for row in corpus.rows if row["law_name"] != "中华人民共和国妇女权益保障法"][-9:]
    evil = {**rows[0], "law_name": EVIL_LAW, "content": EVIL_TEXT, "status": "已废止"}
    hits = []
    for rank, row in enumerate([*rows, evil], start=1):
        plain = {key: str(value) if value else None for key, value in row.items()}
        found = {**plain, "region": "全国", "score": 1 - rank / 100, "rank": rank}
        found["scores"] = {"vector": found["score"], "late": 1.1 if rank == 1 else None}
        hits.append(SearchHit.model_validate(found))
    return hits


@pytest.fixture(scope="module")
def calls(hits) -> Calls:
    async def search(request):
        return SearchAnswer(hits=hits, fingerprint="0" * 16, milliseconds=12.3, degraded=[])

    async def ask(method):
        assert method == "laws"
        names = {hit.law_name: hit.category for hit in hits}
        about = {"law_id": "", "region": "", "status": "", "version_date": None, "articles": 5}
        laws = [Law(law_name=name, category=word, **about) for name, word in names.items()]
        return LawList(data=laws)

    async def unused(*arguments):
        raise AssertionError("the page does not call this")

    return Calls(embed=unused, search=search, ask=ask, readiness=unused)


@pytest.fixture(scope="module")
def url(calls) -> Iterator[str]:
    with at_url(build_app(calls, ServeConfig(), dimension=64)) as address:
        yield address


def test_a_question_in_the_address_shows_articles_with_what_a_reader_needs(url, hits, tmp_path):
    seen = look(url, "丈夫重婚，能离婚吗", tmp_path)

    assert seen.part(r'<span class="number">(.*?)</span>') == [hit.article_number for hit in hits]
    assert "《刑法》" in seen.dom
    assert seen.part(r'<span class="badge valid">(.*?)</span>') == ["现行有效"] * 9
    assert seen.part(r'<span class="badge">(.*?)</span>') == ["已废止"]
    assert {"重婚"} <= set(seen.part("<mark>(.*?)</mark>"))
    assert "相近度 0.990，逐词比对 1.100" in seen.dom
    assert "相近度 0.980<" in seen.dom
    assert f"施行 {hits[0].effective_date}" in seen.dom
    assert "10 条法条，用时 12 毫秒" in seen.dom


def test_what_statutes_say_for_a_question_is_told_and_marked(calls, hits, tmp_path):
    said = hits[0].content[4:10]

    async def search(request):
        return SearchAnswer(
            hits=hits,
            fingerprint="0" * 16,
            milliseconds=12.3,
            degraded=[],
            statute_words=[said, "实施家庭暴力"],
        )

    meaning = dataclasses.replace(calls, search=search)
    with at_url(build_app(meaning, ServeConfig(), dimension=64)) as address:
        seen = look(address, "打人", tmp_path)

    assert seen.part('<p id="meant">(.*?)</p>') == [f"法律中的说法：{said}、实施家庭暴力"]
    assert said in seen.part("<mark>(.*?)</mark>")


def test_paragraphs_of_an_article_stay_paragraphs(url, hits, tmp_path):
    seen = look(url, "丈夫重婚，能离婚吗", tmp_path)

    shown = re.findall("<p>(.*?)</p>", seen.results())
    assert any("\n" in hit.content for hit in hits[:-1])
    assert [html.unescape(re.sub("</?mark>", "", text)) for text in shown] == [
        line for hit in hits for line in hit.content.split("\n")
    ]


def test_markup_in_law_is_shown_and_never_runs(url, tmp_path):
    seen = look(url, "孩子归谁<script>document.title='HACKED'</script>", tmp_path)

    assert "&lt;svg onload=" in seen.results()
    assert "&lt;img src=x onerror=" in seen.results()
    assert seen.part("<title>(.*?)</title>") == ["LawVault 法条检索"]
    assert not re.search(r"<(?:script|svg|img)\b", seen.results())


def test_the_page_lives_within_its_own_rules(url, tmp_path):
    seen = look(url, "离婚", tmp_path)

    assert seen.results().count("<li>") == 10
    assert seen.console == ""


def test_the_first_page_offers_examples_and_filters(url, tmp_path):
    seen = look(url, None, tmp_path)

    assert len(seen.part(r'<button type="button">(.*?)</button>')) == 5
    assert "刑法" in seen.part(r'<option value="([^"]+)">')
    assert "法律" in seen.part(r'<option value="([^"]+)">')
    assert "收录" in seen.dom


def test_a_failure_is_told_in_words_with_a_way_to_try_again(calls, tmp_path):
    async def search(request):
        raise ZeroDivisionError

    broken = dataclasses.replace(calls, search=search)
    app = build_app(broken, ServeConfig(), dimension=64)
    with at_url(app) as address:
        seen = look(address, "离婚", tmp_path)

    error = seen.part(r'<div id="error"[^>]*>(.*?)</div>')[0]
    assert "服务内部错误" in error
    assert "重试" in error
    assert 'id="go" type="submit">' in seen.dom  # the button is not left disabled


def test_a_service_that_asks_for_a_key_gets_a_field_for_it(calls, tmp_path, monkeypatch):
    monkeypatch.setenv("LAWVAULT_API_KEYS", "a-key-of-a-test-0123456789")
    with at_url(build_app(calls, ServeConfig(), dimension=64)) as address:
        seen = look(address, "工资", tmp_path)

    (field,) = seen.part(r'(<input[^>]*id="key"[^>]*>)')
    assert 'type="password"' in field
    assert seen.results() == ""


def test_an_article_found_by_its_number_marks_no_words(calls, hits, tmp_path):
    async def exact(request):
        return SearchAnswer(
            hits=hits[:1], fingerprint="0" * 16, milliseconds=1.0, degraded=[], mode="exact"
        )

    named = dataclasses.replace(calls, search=exact)
    with at_url(build_app(named, ServeConfig(), dimension=64)) as address:
        seen = look(address, "民法典1042条 重婚", tmp_path)

    assert "按法律名称和条文号找到" in seen.dom
    assert seen.part("<mark>(.*?)</mark>") == []


@pytest.mark.parametrize(
    ("doubtful", "number", "is_told"),
    [(True, 2, True), (True, 0, False), (False, 2, False), (None, 2, False)],
)
def test_hits_that_probably_do_not_answer_are_shown_below_a_line_that_says_so(
    calls, hits, tmp_path, doubtful, number, is_told
):
    async def search(request):
        return SearchAnswer(
            hits=hits[:number],
            fingerprint="0" * 16,
            milliseconds=1.0,
            degraded=[],
            no_confident_match=doubtful,
        )

    doubting = dataclasses.replace(calls, search=search)
    with at_url(build_app(doubting, ServeConfig(), dimension=64)) as address:
        seen = look(address, "今天天气怎么样", tmp_path)

    ((attributes, line, after),) = re.findall(
        r'<p id="doubt"([^>]*)>(.*?)</p>(.*)', seen.dom, re.DOTALL
    )
    assert line == "没有足够相关的法条，以下结果可能答非所问"
    assert ("hidden" not in attributes) == is_told
    assert after.count('<span class="number">') == number
