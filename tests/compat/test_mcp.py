"""The client of MCP's own SDK, in every revision that it can speak, over HTTP and stdio."""

import asyncio
import os
import sys
from contextlib import asynccontextmanager

import pytest
from mcp import Client, ClientSession, MCPError, StdioServerParameters, stdio_client
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client
from mcp.types import Implementation, InitializeRequest, InitializeRequestParams, InitializeResult
from mcp.types.version import (
    HANDSHAKE_PROTOCOL_VERSIONS,
    LATEST_HANDSHAKE_VERSION,
    LATEST_MODERN_VERSION,
    OLDEST_SUPPORTED_VERSION,
)

AGE = "结婚年龄，男不得早于二十二周岁，女不得早于二十周岁。"
ASKED = {
    "search_articles": {"query": "结婚年龄是多少", "k": 3},
    "get_article": {"law": "民法典", "article": "第一千零四十七条", "as_of": "2022-01-01"},
    "get_law": {"law": "民法典"},
    "resolve_references": {"text": "依照本法第一千零四十七条", "inside_law": "民法典"},
    "verify_citations": {"text": f"民法典第一千零四十七条规定：“{AGE}”"},
}
MISTAKES = {
    "search_articles": {"query": " "},
    "get_article": {"law": "民法典", "article": "第九千条"},
    "get_law": {"law": "没有的法"},
    "resolve_references": {},
    "verify_citations": {"text": "民法典", "unknown": 1},
}


@asynccontextmanager
async def transport(address, way, key=""):
    """Have the streams to the server at an address: the SDK's own transports."""
    if way == "http":
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        async with (
            create_mcp_http_client(headers=headers) as connections,
            streamable_http_client(f"{address}/mcp", http_client=connections) as streams,
        ):
            yield streams
        return
    program = StdioServerParameters(
        command=sys.executable,
        args=["-m", "lawvault.serve.mcp", "--url", address],
        env={"PATH": os.environ["PATH"], "LAWVAULT_API_KEY": key},
    )
    async with stdio_client(program) as streams:
        yield streams


@asynccontextmanager
async def session(address, way, revision):
    """Have a session in one of the revisions that begin with a handshake."""
    async with transport(address, way) as (read, write), ClientSession(read, write) as client:
        asked = InitializeRequestParams(
            protocol_version=revision,
            capabilities={},
            client_info=Implementation(name="old client", version="1"),
        )
        greeting = await client.send_request(InitializeRequest(params=asked), InitializeResult)
        assert greeting.protocol_version == revision
        client.adopt(greeting)
        yield client


async def check(client) -> None:
    """List the tools, call each as it wants and as it does not want."""
    names = [tool.name for tool in (await client.list_tools()).tools]
    assert names == list(ASKED)
    for name, arguments in ASKED.items():
        answer = await client.call_tool(name, arguments)
        assert not answer.is_error, answer.content
        assert answer.structured_content
        assert answer.content[0].text
    for name, arguments in MISTAKES.items():
        answer = await client.call_tool(name, arguments)
        assert answer.is_error, name
        assert answer.content[0].text


OLDER = [
    *(("http", revision) for revision in HANDSHAKE_PROTOCOL_VERSIONS),
    ("stdio", OLDEST_SUPPORTED_VERSION),  # each starts a program
    ("stdio", LATEST_HANDSHAKE_VERSION),
]


@pytest.mark.parametrize(("way", "revision"), OLDER)
def test_every_tool_answers_and_tells_mistakes_in_the_revisions_that_begin_with_a_handshake(
    address, way, revision
):
    async def ask() -> None:
        async with session(address, way, revision) as client:
            await check(client)

    asyncio.run(ask())


@pytest.mark.parametrize(
    ("way", "mode"), [("http", "auto"), ("http", LATEST_MODERN_VERSION), ("stdio", "auto")]
)
def test_every_tool_answers_and_tells_mistakes_in_the_revision_without_a_handshake(
    address, way, mode
):
    async def ask() -> str:
        async with Client(transport(address, way), mode=mode) as client:
            await check(client)
            return client.protocol_version

    assert asyncio.run(ask()) == LATEST_MODERN_VERSION


@pytest.mark.parametrize("way", ["http", "stdio"])
def test_a_key_opens_and_without_one_the_client_is_told(guarded, way):
    async def law(url, key):
        async with Client(transport(url, way, key)) as client:
            return await client.call_tool("get_law", {"law": "民法典"})

    with guarded(["search", "laws"]) as (url, key):
        opened = asyncio.run(law(url, key))
        if way == "http":  # the client does not even begin
            with pytest.RaisesGroup(MCPError, allow_unwrapped=True, flatten_subgroups=True):
                asyncio.run(law(url, ""))
        else:  # the program begins, and tells it in the answer
            refused = asyncio.run(law(url, ""))
            assert refused.is_error
            assert "missing_key" in refused.content[0].text

    assert not opened.is_error


def test_a_citation_that_is_wrong_is_an_answer_that_has_not_passed(address):
    async def ask():
        async with Client(f"{address}/mcp") as client:
            return await client.call_tool(
                "verify_citations", {"text": "《民法典》第九千条规定了结婚年龄。"}
            )

    answer = asyncio.run(ask())

    assert answer.structured_content["passed"] is False
    assert "该法无此条" in answer.content[0].text
