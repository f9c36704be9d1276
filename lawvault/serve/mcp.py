"""MCP for assistants: `/mcp` on the gateway, and a program that desktop clients start for stdio.

    python -m lawvault.serve.mcp --url http://127.0.0.1:8000

The program loads no model: it speaks MCP on its standard streams and asks a running server over
HTTP.  A key for that server comes from the environment variable LAWVAULT_API_KEY.
"""

import argparse
import asyncio
import importlib.util
import os
import sys
from collections.abc import Sequence
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from lawvault.serve.assistants.tools import Tools
from lawvault.serve.contract import ApiError

PATH = "/mcp"
VARIABLE = "LAWVAULT_API_KEY"
MISSING = "没有安装 mcp 包，请执行 pip install 'lawvault[mcp]'"


def add_mcp(
    app: FastAPI, tools: Tools, *, loopback: bool = True, origins: Sequence[str] = ()
) -> None:
    """Add `POST /mcp` to `app`, which needs no lifespan for it; without the package it is a 501.

    Args:
        loopback: the server is for this machine only, so no other Host is answered.
        origins: web pages beside this machine's own that may call, as in `https://example.org`.
    """
    if importlib.util.find_spec("mcp") is None:
        app.router.routes.append(Route(PATH, _Missing(), methods=["POST"]))
        return
    from lawvault.serve.assistants.server import Endpoint  # needs the package

    endpoint = Endpoint(tools, loopback=loopback, origins=origins)
    app.router.routes.append(Route(PATH, endpoint, methods=["POST"]))


class _Missing:
    """Stands at `/mcp` where the package is not installed."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Say so."""
        raise ApiError(501, "mcp_not_installed", MISSING)


def main(arguments: Sequence[str] | None = None) -> int:
    """Speak MCP on the standard streams until they end; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m lawvault.serve.mcp",
        description="Speak MCP on standard streams and ask a running LawVault server over HTTP; "
        f"the environment variable {VARIABLE} may hold a key for it.",
    )
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="a running LawVault server")
    url = str(parser.parse_args(arguments).url)
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        parser.error(f"--url must be like http://127.0.0.1:8000, got {url}")
    if importlib.util.find_spec("mcp") is None:
        print(MISSING, file=sys.stderr)  # noqa: T201 - stdout belongs to the protocol
        return 1
    asyncio.run(_speak(url, os.environ.get(VARIABLE, "")))
    return 0


async def _speak(url: str, key: str) -> None:
    from mcp.server.stdio import stdio_server

    from lawvault.serve.assistants.remote import Remote
    from lawvault.serve.assistants.server import build_server

    async with Remote(url, key) as tools, stdio_server() as (read, write):
        server = build_server(tools)
        await server.run(read, write, server.create_initialization_options())


if __name__ == "__main__":
    sys.exit(main())
