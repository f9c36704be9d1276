"""The page with the agent's real routes, store and toy law behind it, and a script that presses.

The script of a test is put into the page on its way to the browser, below the page's own rules.
The browser takes the page for loaded, and shows it to the test, when a run has ended or an error is
told.
"""

import asyncio
import contextlib
import html
import json
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lawvault.agent.nouns import Corpus
from lawvault.config.llm import LlmConfig
from lawvault.config.serve import ServeConfig
from lawvault.serve.agent.runs import Work
from lawvault.serve.contract import LawList
from lawvault.serve.gate.reply import SECURITY_HEADERS
from lawvault.serve.routes import Calls, build_app
from lawvault.store.runs import RunStore
from tests.browser.chromium import Seen
from tests.serve.agent.conftest import (
    QUESTION,
    RUNS,
    Replica,
    content,
    law,
    library,
    store,
    toy_law,
    worker,
)
from tests.serve.wire import at_url

__all__ = ["content", "law", "library", "store", "toy_law", "worker"]

DEEP = "document.getElementById('query').value = %s; document.getElementById('deep').click();"
ASK = DEEP % json.dumps(QUESTION)
LOADED = """
new MutationObserver(() => {
  const over = document.querySelector("#run:not([hidden]) .stop[hidden]");
  const told = document.querySelector("#error:not([hidden])") && !document.getElementById("key");
  if (over || told) fetch("/loaded");
}).observe(document, { subtree: true, childList: true, attributes: true });
"""
LONGEST_SECONDS = 30


@dataclass
class Between:
    """What stands between browser and service: notes requests, adds a script, breaks answers.

    script: pressed once the page is there.  cut: after so many pieces of the answer that starts a
    run, its connection breaks.  with_rules: whether the page comes with its security headers.
    """

    app: ASGIApp
    script: str = ""
    cut: int = 0
    with_rules: bool = True
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    is_loaded: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.asked.append((scope["method"], scope["path"], headers))
        if scope["path"] == "/":
            self.is_loaded.clear()
            page = await self._page(scope, receive)
            await self._say(send, page, "text/html; charset=utf-8")
        elif scope["path"] == "/script-of-the-test.js":
            await self._say(send, LOADED + self.script, "text/javascript; charset=utf-8")
        elif scope["path"] == "/loading.js":
            async with asyncio.timeout(LONGEST_SECONDS):
                await self.is_loaded.wait()
            await self._say(send, "", "text/javascript; charset=utf-8")
        elif scope["path"] == "/loaded":
            self.is_loaded.set()
            await self._say(send, "", "text/plain")
        elif self.cut and (scope["method"], scope["path"]) == ("POST", RUNS):
            await self.app(scope, receive, _Cut(send, self.cut))
        else:
            await self.app(scope, receive, send)

    async def _page(self, scope: Scope, receive: Receive) -> str:
        pieces = list[bytes]()

        async def keep(message: Message) -> None:
            pieces.append(message.get("body", b""))

        await self.app(scope, receive, keep)
        page = b"".join(pieces).decode()
        ours = (
            '<script async src="/loading.js"></script>'
            '<script type="module" src="/script-of-the-test.js"></script>'
        )
        return page.replace("</head>", f"{ours}</head>")

    async def _say(self, send: Send, text: str, kind: str) -> None:
        named = {"content-type": kind, **(SECURITY_HEADERS if self.with_rules else {})}
        headers = [(name.lower().encode(), value.encode()) for name, value in named.items()]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": text.encode()})


class _Cut(Exception):
    """Sends so many pieces, then breaks the connection."""

    def __init__(self, send: Send, pieces: int) -> None:
        super().__init__("cut by the test")
        self._send, self._left = send, pieces

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.body":
            if not self._left:
                raise self
            self._left -= 1
        await self._send(message)


async def _unused(*arguments: object) -> Any:
    raise AssertionError("deep search does not call this")


async def _laws(method: str, *arguments: object) -> LawList:
    return LawList(data=[])


Deep = Callable[..., contextlib.AbstractContextManager[tuple[str, Between]]]


@pytest.fixture
def deep(store: RunStore, worker: Callable[..., Work]) -> Deep:
    """Return `deep(script, llm=…, work=…, cut=…)`: the page's address, and what stands before."""

    @contextlib.contextmanager
    def site(
        script: str = ASK,
        *,
        llm: LlmConfig | None = None,
        work: Work | None = None,
        is_there: bool = True,
        corpus: Callable[[], Awaitable[Corpus]] | None = None,
        **between: Any,
    ) -> Iterator[tuple[str, Between]]:
        closing: list[Any] = []
        replica = Replica(store, lambda: work or worker(llm, closing), corpus=corpus)
        replica.closing = closing
        config = ServeConfig(max_concurrent=100)
        calls = Calls(
            embed=_unused,
            search=_unused,
            ask=_laws,
            readiness=_unused,
            agent=replica if is_there else None,
        )
        front = Between(build_app(calls, config, dimension=64), script, **between)
        with contextlib.closing(replica), at_url(front) as address:
            yield address, front

    return site


def text_of(markup: str) -> str:
    """Return what a reader sees of markup."""
    return html.unescape(re.sub("<[^>]*>", "", markup))


def run_of(seen: Seen) -> str:
    """Return the markup of what the page shows of a run."""
    (found,) = re.findall(r'<article id="run"[^>]*>(.*)</article>', seen.dom, re.DOTALL)
    return str(found)


def part(seen: Seen, tag: str, name: str) -> str:
    """Return the markup of one part of a run."""
    (found,) = re.findall(rf'<{tag} class="{name}"[^>]*>(.*?)</{tag}>', run_of(seen), re.DOTALL)
    return str(found)
