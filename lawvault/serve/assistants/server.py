"""The MCP protocol over our tools: a server, and a plain ASGI endpoint that keeps no session.

Only this module needs the `mcp` package.  Every HTTP request gets a session manager of its own that
lives as long as the request, so the endpoint needs no lifespan, any replica can answer any request,
and a request that is cancelled leaves nothing behind.
"""

import logging
from collections.abc import Sequence
from urllib.parse import urlsplit

from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.exceptions import MCPError
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from lawvault.serve.assistants.tools import TOOLS, Tool, Tools
from lawvault.serve.contract import ApiError
from lawvault.serve.gate.admission import is_loopback

log = logging.getLogger(__name__)

LIST_MILLISECONDS = 3_600_000
INSTRUCTIONS = (
    "中国法律检索。先用 search_articles 找法条，再用 get_article 核对全文；引用法条的文字写完后，"
    "用 verify_citations 核对，未通过的引用不得使用。法条内容以工具返回的为准，不要凭记忆引用。"
)


def build_server(tools: Tools) -> Server[dict[str, object]]:
    """Return an MCP server over `tools`; it holds no state between requests."""
    # Below errors the package writes two lines a request, and words of clients.
    logging.getLogger("mcp").setLevel(logging.ERROR)
    cards = {tool.name: _card(tool) for tool in TOOLS.values()}

    async def listing(_: object, __: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(
            tools=list(cards.values()),
            ttl_ms=LIST_MILLISECONDS,
            cache_scope="public",
        )

    async def call(_: object, params: types.CallToolRequestParams) -> types.CallToolResult:
        if params.name not in TOOLS:
            raise MCPError(types.INVALID_PARAMS, f"没有这个工具，可用的有：{'、'.join(TOOLS)}")
        return await _called(TOOLS[params.name], tools, params.arguments or {})

    return Server(
        "lawvault",
        version="1",
        title="LawVault 中国法律检索",
        instructions=INSTRUCTIONS,
        get_tool_input_schema=lambda name: cards[name].input_schema if name in cards else None,
        on_list_tools=listing,
        on_call_tool=call,
    )


class Endpoint:
    """ASGI app of Streamable HTTP without sessions; POST only, which its route sees to."""

    def __init__(self, tools: Tools, *, loopback: bool, origins: Sequence[str]) -> None:
        self._server = build_server(tools)
        self._loopback, self._origins = loopback, frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request.

        Raises:
            ApiError: it comes from a foreign web page.
        """
        self._check_origin(Headers(scope=scope))
        manager = StreamableHTTPSessionManager(self._server, json_response=True, stateless=True)
        async with manager.run():
            await manager.handle_request(scope, receive, send)

    def _check_origin(self, headers: Headers) -> None:
        """Refuse web pages, that reach a loopback server by DNS rebinding or by a plain fetch."""
        if self._loopback and not is_loopback(_name_of(f"//{headers.get('host', '')}")):
            raise ApiError(421, "unknown_host", "此服务只接受发往本机地址的请求")
        origin = headers.get("origin")
        if origin is None or origin in self._origins:
            return
        if not is_loopback(_name_of(origin)):
            raise ApiError(403, "foreign_origin", "不接受来自其他网页的请求")


def _name_of(url: str) -> str:
    """Return the host that a URL names, or "" if it names none.

    >>> _name_of("http://localhost:8000"), _name_of("//[::1]:80"), _name_of("null"), _name_of("//[")
    ('localhost', '::1', '', '')
    """
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _card(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.arguments.model_json_schema(),
        output_schema=tool.answer.model_json_schema(mode="serialization"),
        annotations=types.ToolAnnotations(
            title=tool.title,
            read_only_hint=True,
            destructive_hint=False,
            idempotent_hint=True,
            open_world_hint=False,
        ),
    )


async def _called(tool: Tool, tools: Tools, arguments: dict[str, object]) -> types.CallToolResult:
    """Return a tool's answer; what the caller can mend is told in it, with `isError`."""
    try:
        said = await tool.call(tools, arguments)
    except ApiError as error:
        return _failed(f"{error.message}（{error.code}）")
    except Exception:  # the boundary to the client: nobody outside shall see a traceback
        log.exception("mcp: %s failed", tool.name)
        return _failed("服务内部错误，详情见服务日志（internal_error）")
    return types.CallToolResult(
        content=[types.TextContent(text=said.text)],
        structured_content=said.data.model_dump(mode="json"),
    )


def _failed(message: str) -> types.CallToolResult:
    text = message.encode(errors="backslashreplace").decode()
    return types.CallToolResult(content=[types.TextContent(text=text)], is_error=True)
