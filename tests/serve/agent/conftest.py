"""The agent as it is served, in one process: real store, real toy law, an LLM where one is wanted.

`serving(…)` has the whole HTTP surface of the agent behind the real gate on a real socket.
"""

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from lawvault.agent.local import LocalLibrary
from lawvault.agent.nouns import Library
from lawvault.agent.run import limits_of
from lawvault.config.agent import AgentConfig
from lawvault.config.llm import LlmConfig
from lawvault.config.serve import ServeConfig
from lawvault.models.llm import OpenAILlm
from lawvault.retrieve.content import Content
from lawvault.retrieve.laws import ContentLookup
from lawvault.serve.agent.chat import add_chat
from lawvault.serve.agent.following import Agent
from lawvault.serve.agent.law import PackLaw
from lawvault.serve.agent.routes import add_agent
from lawvault.serve.agent.runs import Runs, Work
from lawvault.serve.agent.work import Worker, tools_of
from lawvault.serve.gate.admission import Admission
from lawvault.serve.gate.refusals import add_refusals
from lawvault.serve.keys import KeyRing
from lawvault.serve.routes import ERRORS
from lawvault.store.database import Database
from lawvault.store.runs import RunStore
from tests.agent.conftest import content, library, toy_law
from tests.scripted_llm import ScriptedServer
from tests.serve.wire import HOST, listening

__all__ = ["content", "library", "toy_law"]

QUESTION = "试用期最长多久？拖欠工资能不能立即辞职？"
RUNS = "/v1/agent/runs"
CONFIG = ServeConfig(max_chars=1000, max_concurrent=100)


class Replica:
    """`Runs` in a thread and a loop of their own, called from any other, as those of Ray are."""

    def __init__(self, store: RunStore, make: Callable[[], Work], **more: Any) -> None:
        self.closing: list[Callable[[], Coroutine[Any, Any, None]]] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

        async def made() -> Runs:
            return Runs(store, make(), **more)

        self.runs = self._wait(made())

    async def __call__(self, method: str, *given: object) -> Any:
        work = getattr(self.runs, method)(*given)
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    def close(self) -> None:
        """Close all that is open, and end the thread."""
        for work in (self.runs.close, *self.closing):
            self._wait(work())
        self._wait(self._loop.shutdown_asyncgens())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    """The store of one test."""
    database = Database.open(f"sqlite:///{tmp_path}/runs.sqlite")
    yield RunStore(database)
    database.close()


@dataclass(kw_only=True)
class Law:
    """The law of the toy corpus, called as the search application is."""

    pack: PackLaw
    library: Library
    calls: list[str] = field(default_factory=list)

    async def __call__(self, method: str, *given: object) -> Any:
        self.calls.append(method)
        return await asyncio.to_thread(getattr(self.pack, method), *given)


@pytest.fixture
def law(content: Content, library: LocalLibrary) -> Law:
    """The toy law."""
    return Law(pack=PackLaw(content, ContentLookup(content)), library=library)


@pytest.fixture
def worker(law: Law) -> Callable[..., Work]:
    """Return `worker(llm_config, closing)`, to be called in the loop that works.

    How to close its LLM is added to `closing`.
    """

    def of(config: LlmConfig | None = None, closing: list[Any] | None = None) -> Work:
        llm = OpenAILlm(config, first_pause_s=0.01) if config else None
        if llm and closing is not None:
            closing.append(llm.close)
        llm_config = config or LlmConfig()
        tools = tools_of(AgentConfig(), llm_config, llm, library=law.library, law=law)
        return Worker(tools, law, limits_of(AgentConfig()))

    return of


@dataclass(kw_only=True)
class Site:
    """The agent's HTTP surface on a socket."""

    http: httpx.Client
    port: int
    replica: Replica
    gate: Admission

    def ask(self, **body: Any) -> dict[str, Any]:
        """Return the record of a run that was waited for."""
        answer = self.http.post(RUNS, json={"question": QUESTION, **body})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def events(self, path: str, **options: Any) -> list[dict[str, Any]]:
        """Return the data of all events of a stream that ends by itself."""
        with self.http.stream("GET", path, **options) as answer:
            assert answer.status_code == 200, answer.read()
            return events_of(answer.iter_lines())


def events_of(lines: Iterator[str]) -> list[dict[str, Any]]:
    """Return the data of server-sent events."""
    return [json.loads(line[6:]) for line in lines if line.startswith("data: {")]


Serving = Callable[..., contextlib.AbstractContextManager[Site]]


@pytest.fixture
def serving(store: RunStore, worker: Callable[..., Work]) -> Serving:
    """Return `serving(llm_config, keys=…, work=…)`; see the module."""

    @contextlib.contextmanager
    def site(
        llm: LlmConfig | None = None,
        *,
        keys: KeyRing | None = None,
        work: Work | None = None,
        **more: Any,
    ) -> Iterator[Site]:
        closing: list[Any] = []
        replica = Replica(store, lambda: work or worker(llm, closing), **more)
        replica.closing = closing
        gate = Admission(agent_app(replica), CONFIG, keys=keys)
        with (
            contextlib.closing(replica),
            listening(gate) as port,
            httpx.Client(base_url=f"http://{HOST}:{port}", timeout=20.0) as client,
        ):
            yield Site(http=client, port=port, replica=replica, gate=gate)

    return site


def agent_app(agent: Agent) -> FastAPI:
    """Return the routes of the agent alone, without the gate."""
    app = FastAPI(redirect_slashes=False, responses=ERRORS)
    add_refusals(app)
    add_agent(app, agent, CONFIG)
    add_chat(app, agent, CONFIG)
    return app


async def nobody(method: str, *given: object) -> Any:
    """An agent that must not be asked."""
    raise AssertionError(f"{method} was asked")


def refused(path: str, **options: Any) -> httpx.Response:
    """Return the answer to a request that does not get as far as the agent."""

    async def once() -> httpx.Response:
        transport = httpx.ASGITransport(agent_app(nobody))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.post(path, **options)

    return asyncio.run(once())


def leave_early(site: Site, path: str, body: dict[str, Any], server: ScriptedServer) -> float:
    """Ask, and close the connection once the LLM is asked; return when that was."""
    text = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n"
    with socket.create_connection((HOST, site.port)) as client:
        client.sendall(f"{head}Content-Length: {len(text)}\r\n\r\n".encode() + text)
        server.wait_asked(1)
    return time.monotonic()
