"""MCP over a real server and a real data pack: the SDK's client, raw HTTP, and standard streams."""

import asyncio
import importlib.util
import json
import os
import sys
from collections.abc import Iterator
from typing import get_args

import httpx
import pytest
from fastapi import FastAPI
from mcp import Client, MCPError, StdioServerParameters

from lawvault.config.serve import ServeConfig
from lawvault.proof.cited import REASONS
from lawvault.serve.assistants.answers import NOTES
from lawvault.serve.assistants.remote import Remote
from lawvault.serve.assistants.speech import EXCERPT, say_found
from lawvault.serve.assistants.tools import MAX_FOUND, MAX_TEXT, TOOLS
from lawvault.serve.assistants.verdicts import MAX_LISTED, say_citations
from lawvault.serve.contract import ApiError, SearchAnswer, SearchRequest
from lawvault.serve.gate.admission import Admission
from lawvault.serve.gate.refusals import add_refusals
from lawvault.serve.laws.contract import (
    ArticleRequest,
    CheckedCitation,
    LawRequest,
    Targets,
    VerifyAnswer,
)
from lawvault.serve.laws.routes import add_laws
from lawvault.serve.laws.statutes import Statutes
from lawvault.serve.laws.words import PROBLEMS
from lawvault.serve.mcp import MISSING, add_mcp, main
from lawvault.serve.search.parts import Lack
from tests.law_pack import statutes_of
from tests.serve.wire import at_url

NAMES = ["search_articles", "get_article", "get_law", "resolve_references", "verify_citations"]
CURRENT, OLDEST = "2026-07-28", "2024-11-05"
HANDSHAKES = (OLDEST, "2025-03-26", "2025-06-18", "2025-11-25")
AGE = "结婚年龄，男不得早于二十二周岁，女不得早于二十周岁。"
GOOD = f"民法典第一千零四十七条规定：“{AGE}”"
BAD = "民法典第一千零四十七条规定：“结婚年龄，男不得早于二十周岁，女不得早于二十周岁。”"


class Local:
    """The tools over the data pack, in this process, as the gateway has them."""

    def __init__(self, calls, statutes: Statutes) -> None:
        self.search = calls.search
        self._statutes = statutes

    async def ask(self, method, *requests):
        return await asyncio.to_thread(getattr(self._statutes, method), *requests)


class Broken:
    """Tools whose every call goes wrong in the way given."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def search(self, request):
        raise self._error

    async def ask(self, method, request):
        raise self._error


class Slow(Broken):
    """Tools that never answer, and count how often they were asked and stopped."""

    def __init__(self) -> None:
        self.begun = self.stopped = 0

    async def ask(self, method, request):
        self.begun += 1
        try:
            await asyncio.sleep(60)
        finally:
            self.stopped += 1


def app_of(tools, config: ServeConfig | None = None) -> FastAPI:
    """Return a server with all that the tools need, behind the gate."""
    app = FastAPI(redirect_slashes=False)
    app.add_middleware(Admission, config=config or ServeConfig())
    add_refusals(app)
    if isinstance(tools, Local):
        add_laws(app, tools.ask, max_chars=MAX_TEXT)

    @app.post("/v1/search")
    async def search(request: SearchRequest) -> SearchAnswer:
        return await tools.search(request)

    add_mcp(app, tools)
    return app


@pytest.fixture(scope="session")
def local(calls, built) -> Local:
    return Local(calls, statutes_of(built.pack))


@pytest.fixture(scope="module")
def url(local) -> Iterator[str]:
    with at_url(app_of(local)) as address:
        yield address


@pytest.fixture(params=["auto", CURRENT, "legacy"])
def use(request, url):
    """Return `use(tool, arguments)`, by each way in which clients begin."""

    def one(name, **arguments):
        async def call():
            async with Client(f"{url}/mcp", mode=request.param) as client:
                await client.list_tools()  # so that the client checks answers by their schemas
                return await client.call_tool(name, arguments)

        return asyncio.run(call())

    return one


def text_of(result) -> str:
    assert [part.type for part in result.content] == ["text"]
    return result.content[0].text


def answered(result):
    assert not result.is_error, text_of(result)
    return result.structured_content


def failed(result) -> str:
    assert result.is_error
    assert result.structured_content is None
    return text_of(result)


def frame(method, version=None, **params):
    """Return one JSON-RPC request of a version, as it goes over the wire."""
    if version == CURRENT:
        params["_meta"] = {
            "io.modelcontextprotocol/protocolVersion": version,
            "io.modelcontextprotocol/clientCapabilities": {},
        }
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


def headers_of(version=None, method="tools/list", **more):
    plain = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
    if version:
        plain["MCP-Protocol-Version"] = version
    if version == CURRENT:
        plain["Mcp-Method"] = method
    return {**plain, **more}


def post(url, body, headers):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.post(f"{url}/mcp", content=content, headers=headers, trust_env=False)


def test_five_tools_in_chinese_that_only_read(url):
    async def listing():
        async with Client(f"{url}/mcp") as client:
            return await client.list_tools(), client.protocol_version

    listed, version = asyncio.run(listing())

    assert version == CURRENT
    assert [tool.name for tool in listed.tools] == NAMES
    assert listed.ttl_ms > 0
    for tool in listed.tools:
        assert tool.annotations.read_only_hint
        assert not tool.annotations.destructive_hint
        for words in (tool.title, tool.description):
            assert any("一" <= character <= "鿿" for character in words)
        assert tool.input_schema["type"] == tool.output_schema["type"] == "object"
        assert tool.input_schema["additionalProperties"] is False
        for field in tool.input_schema["properties"].values():
            assert field["description"]


def test_search_finds_articles_and_says_where_they_stand(use):
    result = use("search_articles", query="结婚年龄，男不得早于多少周岁", k=3)

    found = answered(result)["articles"]
    assert len(found) == 3
    assert AGE in [one["content"] for one in found]
    text = text_of(result)
    for one in found:
        assert f"《{one['law_name']}》{one['article_number']}" in text
        assert one["content"] in text
        assert one["status"] in text


@pytest.mark.parametrize("doubtful", [True, False, None])
def test_hits_that_probably_do_not_answer_come_with_a_warning_before_them(calls, doubtful):
    answer = asyncio.run(calls.search(SearchRequest(query="结婚年龄", k=2)))
    answer.no_confident_match = doubtful

    said = say_found(answer, 2)

    assert ("no_confident_match" in said.data.degraded) == bool(doubtful)
    assert said.text.startswith(f"注意：{NOTES['no_confident_match']}") == bool(doubtful)
    assert len(said.data.articles) == 2


def test_search_filters_before_it_searches(use):
    found = answered(use("search_articles", query="结婚年龄", law_name=["刑法"], k=MAX_FOUND))

    assert {one["law_name"] for one in found["articles"]} == {"中华人民共和国刑法"}


def test_search_for_a_day_leaves_out_what_did_not_apply_then(use):
    before = answered(use("search_articles", query="结婚年龄", k=MAX_FOUND, as_of="2020-06-01"))
    after = answered(use("search_articles", query="结婚年龄", k=MAX_FOUND, as_of="2022-01-01"))

    code = "中华人民共和国民法典"
    assert code not in {one["law_name"] for one in before["articles"]}
    assert code in {one["law_name"] for one in after["articles"]}


def test_a_search_that_finds_nothing_says_why(use):
    result = use("search_articles", query="结婚年龄", region=["x' OR '1'='1"])

    answer = answered(result)
    assert answer["articles"] == []
    assert set(answer["degraded"]) == {"unknown_filter_value", "no_match_for_filter"}
    assert "没有地区为" in answer["notes"][0]
    assert "放宽" in text_of(result)


@pytest.mark.parametrize("number", ["第一千零四十七条", "1047"])
def test_an_article_is_whole_and_knows_its_neighbours(use, number):
    result = use("get_article", law="民法典", article=number)

    article = answered(result)
    assert article["content"] == AGE
    assert article["in_force"]
    assert (article["previous"], article["next"]) == ("第一千零四十二条", "第一千零四十八条")
    assert AGE in text_of(result)
    assert "2021-01-01" in text_of(result)


def test_an_article_on_a_day_before_its_law_is_marked(use):
    result = use("get_article", law="民法典", article="1047", as_of="2020-06-01")

    assert not answered(result)["in_force"]
    assert "【注意" in text_of(result)


def test_a_law_is_its_outline_and_versions_and_no_text(use):
    result = use("get_law", law="民法典")

    law = answered(result)
    assert law["law_name"] == "中华人民共和国民法典"
    assert any(line.startswith("第五编 婚姻家庭") for line in law["outline"])
    assert any("第一千零四十七条" in line for line in law["outline"])
    assert law["versions_total"] == len(law["versions"]) == 1
    assert "第五编 婚姻家庭" in text_of(result)
    assert AGE not in text_of(result)


def test_references_lead_to_articles(use):
    result = use("resolve_references", text="依照《民法典》第一千零四十七条和外星法第三条办理。")

    known, unknown = answered(result)["references"]
    assert known["targets"][0]["text"] == AGE
    assert known["problem"] == ""
    assert unknown["problem"] == "no_such_law"
    assert unknown["targets"] == []
    assert PROBLEMS["no_such_law"] in text_of(result)


def test_words_of_a_law_are_understood_inside_it(use):
    text = "依照本法第二百三十四条的规定定罪处罚。"

    outside = answered(use("resolve_references", text=text))["references"]
    inside = answered(use("resolve_references", text=text, inside_law="刑法"))["references"]

    assert outside[0]["targets"] == []
    assert inside[0]["targets"][0]["article_number"] == "第二百三十四条"


def test_good_citations_pass_and_the_text_says_so(use):
    result = use("verify_citations", text=GOOD)

    assert answered(result)["passed"] is True
    assert text_of(result).startswith("核对通过")


def test_a_bad_citation_is_an_answer_and_the_first_line_says_that_it_failed(use):
    result = use("verify_citations", text=f"{GOOD}{BAD}又见民法典第九千条。")

    verdicts = answered(result)
    assert verdicts["passed"] is False
    assert verdicts["counts"] == {"verified": 1, "quote_mismatch": 1, "no_such_article": 1}
    text = text_of(result)
    assert text.startswith("核对未通过：3 处引用中有 2 处不能使用")
    assert REASONS["quote_mismatch"] in text
    assert "男不得早于二十【→二】周岁" in text
    assert AGE in text


def test_what_was_not_checked_is_told_with_the_tool_and_with_every_citation(use):
    passed = use("verify_citations", text="《民法典》第一千零四十七条规定了结婚年龄。")
    failed = use("verify_citations", text="《民法典》第一千零四十七条规定男不得早于二十一周岁。")

    tool = TOOLS["verify_citations"].description
    assert "不核对" in tool
    assert "figures" in tool
    assert "通过（核对了法律和条款）" in text_of(passed)
    assert "没有引号的转述和结论未核对" in text_of(passed)
    assert answered(passed)["citations"][0]["checked"] == ["address"]
    assert answered(failed)["counts"] == {"unsupported": 1}
    assert "二十一周岁" in answered(failed)["citations"][0]["reason"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"query": ""}, "query 至少 1 个字符"),
        ({"query": "离婚", "k": MAX_FOUND + 1}, f"k 不能大于 {MAX_FOUND}"),
        ({"query": "离婚", "k": "3"}, "k 须是整数"),
        ({"query": "离婚", "law_name": "刑法"}, "law_name 须是列表"),
        ({"query": "离婚", "as_of": "2019-02-30"}, "as_of 须是日期，如 2026-10-04"),
    ],
)
def test_arguments_that_do_not_fit_are_told_in_chinese(calls, arguments, message):
    with pytest.raises(ApiError) as caught:
        asyncio.run(TOOLS["search_articles"].call(calls, arguments))

    assert caught.value.message == message


def test_a_text_without_citations_has_not_passed(use):
    result = use("verify_citations", text="今天天气很好。")

    assert answered(result)["passed"] is False
    assert text_of(result).startswith("核对未通过")


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("search_articles", {}),
        ("search_articles", {"query": ""}),
        ("search_articles", {"query": "  "}),
        ("search_articles", {"query": "长" * 2001}),
        ("search_articles", {"query": "离婚", "k": MAX_FOUND + 1}),
        ("search_articles", {"query": "离婚", "k": "3"}),
        ("search_articles", {"query": "离婚", "law_name": "刑法"}),
        ("search_articles", {"query": "离婚", "law": ["刑法"]}),
        ("get_article", {"law": "民法典"}),
        ("get_article", {"law": "民法典", "article": 1047}),
        ("get_article", {"law": "民法典", "article": "第九千条"}),
        ("get_article", {"law": "民法典", "article": "../../x"}),
        ("get_article", {"law": "民法典", "article": "1047", "as_of": "2019-02-30"}),
        ("get_article", {"law": "外星法", "article": "1"}),
        ("get_law", {"law": "' OR 1=1 --"}),
        ("resolve_references", {"text": "第一条", "inside_article": "第二条"}),
        ("verify_citations", {"text": "长" * (MAX_TEXT + 1)}),
    ],
)
def test_what_the_caller_can_mend_is_told_in_the_answer(url, tool, arguments):
    async def call():
        async with Client(f"{url}/mcp") as client:
            return await client.call_tool(tool, arguments)

    assert any("一" <= character <= "鿿" for character in failed(asyncio.run(call())))


def test_an_unknown_tool_is_a_protocol_error(url):
    async def call():
        async with Client(f"{url}/mcp") as client:
            with pytest.raises(MCPError, match="search_articles"):
                await client.call_tool("drop_tables", {})

    asyncio.run(call())


def test_many_clients_at_once_get_their_own_answers(url):
    numbers = ["1047", "1048", "1051", "1052"] * 3

    async def one(number):
        async with Client(f"{url}/mcp") as client:
            return await client.call_tool("get_article", {"law": "民法典", "article": number})

    async def all_of_them():
        return await asyncio.gather(*map(one, numbers))

    found = [answered(result)["article_id"] for result in asyncio.run(all_of_them())]
    assert [article_id.rpartition("/")[2] for article_id in found] == numbers


@pytest.mark.parametrize("version", HANDSHAKES)
def test_older_clients_shake_hands_and_get_no_session(url, version):
    hello = frame(
        "initialize",
        protocolVersion=version,
        capabilities={},
        clientInfo={"name": "old", "version": "1"},
    )

    greeted = post(url, hello, headers_of())
    noted = post(
        url, {"jsonrpc": "2.0", "method": "notifications/initialized"}, headers_of(version)
    )
    listed = post(url, frame("tools/list"), headers_of(version))

    assert greeted.json()["result"]["protocolVersion"] == version
    assert noted.status_code == 202
    assert [tool["name"] for tool in listed.json()["result"]["tools"]] == NAMES
    assert "mcp-session-id" not in {*greeted.headers, *listed.headers}


def test_the_current_version_needs_no_handshake(url):
    listed = post(url, frame("tools/list", CURRENT), headers_of(CURRENT))

    assert [tool["name"] for tool in listed.json()["result"]["tools"]] == NAMES


@pytest.mark.parametrize("version", ["1999-01-01", "latest", "2026-07-28x"])
def test_a_bad_protocol_version_is_a_400(url, version):
    assert post(url, frame("tools/list"), headers_of(version)).status_code == 400


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "OPTIONS", "HEAD"])
def test_only_post_is_answered(url, method):
    reply = httpx.request(method, f"{url}/mcp", headers=headers_of(), trust_env=False)

    assert reply.status_code == 405
    assert "POST" in reply.headers["allow"]


@pytest.mark.parametrize("version", [CURRENT, "2025-06-18"])
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"5", b"[" * 20_000, b"\xff\xfe", b'{"jsonrpc": "2.0", "id": 1}'],
    ids=["empty", "cut", "list", "null", "number", "deep", "binary", "no-method"],
)
def test_a_body_that_is_no_request_is_a_400(url, version, body):
    assert post(url, body, headers_of(version)).status_code == 400


@pytest.mark.parametrize("version", [CURRENT, "2025-06-18"])
def test_half_a_character_is_no_server_error(url, version):
    body = frame("tools/call", version, name="search_articles", arguments={"query": "离婚\ud800"})

    headers = headers_of(version, "tools/call", **{"Mcp-Name": "search_articles"})
    assert post(url, body, headers).status_code in (200, 400)


def test_nothing_that_a_client_wrote_gets_into_the_log(url, caplog):
    caplog.set_level("DEBUG", logger="lawvault")
    secret = "我的秘密"
    calls = [
        frame("tools/call", CURRENT, name="get_law", arguments={"law": secret}),
        frame("tools/call", CURRENT, name="get_law", arguments={"law": [secret]}),
        frame("tools/call", CURRENT, name=secret),
        frame("tools/call", CURRENT, name="get_law", arguments=secret),
        frame(secret, CURRENT),
        {"jsonrpc": "2.0", "id": [secret], "method": "tools/list"},
        {"jsonrpc": "2.0", "method": secret},
        {"jsonrpc": secret},
    ]
    for version in (CURRENT, "2025-06-18"):
        for call in calls:
            reply = post(url, call, headers_of(version, "tools/call", **{"Mcp-Name": "get_law"}))
            assert reply.status_code < 500
        post(url, frame("tools/list"), headers_of(version, **{"Mcp-Session-Id": "my-secret"}))

    said = ascii(caplog.text)
    assert ascii(secret)[1:-1] not in said
    assert "my-secret" not in said


@pytest.mark.parametrize(
    "origin", ["https://evil.test", "null", "http://localhost.evil.test", "http://[", ""]
)
def test_a_foreign_web_page_is_turned_away(url, origin):
    reply = post(url, frame("tools/list", CURRENT), headers_of(CURRENT, Origin=origin))

    assert reply.status_code == 403


def test_a_page_of_this_machine_is_not_turned_away_by_the_endpoint(local):
    app = FastAPI()
    add_refusals(app)
    add_mcp(app, local, origins=["https://friend.test"])

    with at_url(app) as address:
        replies = {
            origin: post(address, frame("tools/list", CURRENT), headers_of(CURRENT, Origin=origin))
            for origin in ("http://localhost:6274", "https://friend.test", "https://evil.test")
        }

    assert [reply.status_code for reply in replies.values()] == [200, 200, 403]


def test_a_name_that_was_rebound_to_this_machine_is_not_answered_even_without_the_gate(local):
    app = FastAPI()
    add_refusals(app)
    add_mcp(app, local)

    with at_url(app) as address:
        reply = post(address, frame("tools/list", CURRENT), headers_of(CURRENT, Host="evil.test"))

    assert reply.status_code == 421


def test_a_server_for_other_machines_answers_to_its_name(local):
    app = FastAPI()
    add_mcp(app, local, loopback=False)

    with at_url(app) as address:
        reply = post(address, frame("tools/list", CURRENT), headers_of(CURRENT, Host="law.test"))

    assert reply.status_code == 200


@pytest.mark.parametrize("version", [CURRENT, "2025-11-25"])
def test_a_tool_that_takes_too_long_is_stopped_and_leaves_nothing_behind(version):
    slow = Slow()
    body = frame("tools/call", version, name="get_law", arguments={"law": "刑法"})
    headers = headers_of(version, "tools/call", **{"Mcp-Name": "get_law"})

    with at_url(app_of(slow, ServeConfig(timeout_s=0.3, max_concurrent=1))) as address:
        replies = [post(address, body, headers) for _ in range(3)]
        listed = post(address, frame("tools/list", version), headers_of(version))

    assert [reply.status_code for reply in replies] == [504, 504, 504]
    assert (slow.begun, slow.stopped) == (3, 3)
    assert listed.status_code == 200


@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ApiError(503, "search_unavailable", "依赖 search 暂不可用"), "依赖 search 暂不可用"),
        (RuntimeError("a secret of ours"), "internal_error"),
    ],
)
def test_a_tool_that_failed_is_an_error_without_secrets(mode, error, words):
    async def call(address):
        async with Client(f"{address}/mcp", mode=mode) as client:
            return await client.call_tool("get_law", {"law": "刑法"})

    with at_url(app_of(Broken(error))) as address:
        said = failed(asyncio.run(call(address)))

    assert words in said
    assert "secret" not in said


def test_without_the_package_mcp_says_what_to_install(local, monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    with at_url(app_of(local)) as address:
        reply = post(address, frame("tools/list", CURRENT), headers_of(CURRENT))

    assert reply.status_code == 501
    assert reply.json()["error"]["message"] == MISSING
    assert main([]) == 1
    assert MISSING in capsys.readouterr().err


def test_long_articles_and_many_hits_are_cut_and_the_answer_says_so(calls):
    answer = asyncio.run(calls.search(SearchRequest(query="离婚", k=40)))
    answer.hits[0].content = "长" * (EXCERPT + 1)

    said = say_found(answer, MAX_FOUND)

    assert len(said.data.articles) == MAX_FOUND
    assert said.data.articles[0].content_cut
    assert "get_article" in said.text


def test_no_bad_citation_is_left_out_for_a_good_one():
    none = Targets(total=0, data=[])
    citations = [
        CheckedCitation(
            **dict.fromkeys(("law", "address", "should_be"), ""),
            reason=REASONS["no_such_law"] if place == MAX_LISTED + 5 else "",
            checked=["address"],
            **dict.fromkeys(("quote", "difference")),
            **dict.fromkeys(("targets", "found"), none),
            start=place,
            end=place + 1,
            text=f"第{place}处",
            verdict="no_such_law" if place == MAX_LISTED + 5 else "verified",
        )
        for place in range(MAX_LISTED + 10)
    ]
    answer = VerifyAnswer(
        as_of="2026-10-04",
        corpus_as_of="2026-10-04",
        passed=False,
        counts={"verified": MAX_LISTED + 9, "no_such_law": 1},
        citations=citations,
    )

    said = say_citations(answer, "处" * (MAX_LISTED + 10))

    assert said.data.total == MAX_LISTED + 10
    assert len(said.data.citations) == MAX_LISTED
    assert f"“第{MAX_LISTED + 5}处”：{REASONS['no_such_law']}" in said.text
    assert f"只列 {MAX_LISTED} 处" in said.text


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_desktop_client_gets_the_same_answers_over_standard_streams(url, mode):
    program = StdioServerParameters(
        command=sys.executable,
        args=["-m", "lawvault.serve.mcp", "--url", url],
        env={"PATH": os.environ["PATH"]},
    )
    asked = {
        "search_articles": {"query": "结婚年龄是多少", "k": 3},
        "get_article": {"law": "民法典", "article": "第一千零四十七条", "as_of": "2022-01-01"},
        "get_law": {"law": "民法典"},
        "resolve_references": {"text": "本法第二百三十四条", "inside_law": "刑法"},
        "verify_citations": {"text": BAD},
    }

    async def answers(where):
        async with Client(where, mode=mode) as client:
            assert [tool.name for tool in (await client.list_tools()).tools] == NAMES
            return {
                name: answered(await client.call_tool(name, arguments))
                for name, arguments in asked.items()
            }

    assert asyncio.run(answers(program)) == asyncio.run(answers(f"{url}/mcp"))


def remotely(url, call):
    async def once():
        async with Remote(url, "a-key") as remote:
            return await call(remote)

    return asyncio.run(once())


def test_a_server_that_is_not_there_is_named():
    with pytest.raises(ApiError, match="连不上") as caught:
        remotely("http://127.0.0.1:9", lambda one: one.search(SearchRequest(query="离婚")))

    assert caught.value.status == 503


def test_an_error_of_the_server_comes_through(url):
    request = ArticleRequest(law="民法典", number="第九千条")

    with pytest.raises(ApiError) as caught:
        remotely(url, lambda one: one.ask("article", request))

    assert caught.value.status == 404


@pytest.mark.parametrize("law", ["..", ".", "../../health/live", "a/b", "?x", "%2e%2e", "#"])
def test_a_name_never_becomes_a_path(url, law):
    with pytest.raises(ApiError) as caught:
        remotely(url, lambda one: one.ask("law", LawRequest(law=law)))

    assert caught.value.status == 404


def test_an_answer_that_is_not_ours_is_said_to_be_so():
    app = FastAPI()

    with at_url(app) as address, pytest.raises(ApiError) as caught:
        remotely(address, lambda one: one.search(SearchRequest(query="离婚")))

    assert caught.value.code == "bad_answer"


@pytest.mark.parametrize("url", ["ftp://x", "127.0.0.1:8000", "http://", ""])
def test_an_address_that_is_none_is_refused_at_once(url):
    with pytest.raises(SystemExit) as caught:
        main(["--url", url])

    assert caught.value.code == 2


def test_every_note_has_its_words():
    assert set(NOTES) == {*get_args(Lack), "no_confident_match", "text_left_out"}
    assert list(TOOLS) == NAMES
