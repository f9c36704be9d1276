"""The writer over HTTP in one process: real store, real gate, the toy law, a scripted LLM.

`bench` has the routes of the writer and the agent on a real socket; people come in with keys.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from lawvault.agent.local import LocalLibrary
from lawvault.agent.run import limits_of
from lawvault.config.agent import AgentConfig
from lawvault.config.llm import LlmConfig
from lawvault.config.serve import ServeConfig
from lawvault.models.llm import OpenAILlm
from lawvault.retrieve.content import Content
from lawvault.retrieve.laws import ContentLookup
from lawvault.serve.agent.law import PackLaw
from lawvault.serve.agent.routes import add_agent
from lawvault.serve.agent.runs import Runs
from lawvault.serve.agent.work import Worker, tools_of
from lawvault.serve.contract import ApiError
from lawvault.serve.gate.admission import Admission
from lawvault.serve.gate.key_file import SCOPES, Bunch, Key, digest_of
from lawvault.serve.gate.refusals import add_refusals
from lawvault.serve.keys import KeyRing
from lawvault.serve.openapi import describe
from lawvault.serve.routes import ERRORS
from lawvault.serve.writer.law import WritingLaw
from lawvault.serve.writer.replica import Replica
from lawvault.serve.writer.routes import add_writer
from lawvault.store.database import Database
from lawvault.store.draft_rows import NewDraft, NewRevision
from lawvault.store.runs import RunStore
from lawvault.store.user import UserStore
from tests.scripted_llm import Lines, Script, ScriptedServer, scripted
from tests.serve.agent.conftest import events_of
from tests.serve.wire import HOST, listening

DRAFTS = "/v1/drafts"
PHASES = {"draft": "起草文书", "section": "撰写一节", "revise": "修改选中部分"}
CONFIG = ServeConfig(max_body_bytes=4 << 20)


class Law:
    """The law as the search application has it open; another may take its place."""

    def __init__(self, content: Content) -> None:
        self.open(content)

    def open(self, content: Content) -> None:
        lookup = ContentLookup(content)
        self._writing, self._pack = WritingLaw(content, lookup), PackLaw(content, lookup)
        self.cannot: set[str] = set()

    async def write(self, method: str, *given: object) -> Any:
        if method in self.cannot:
            raise ApiError(503, "search_unavailable", "依赖 search 暂不可用，请稍后重试")
        return await asyncio.to_thread(getattr(self._writing, method), *given)

    async def ask(self, method: str, *given: object) -> Any:
        return await asyncio.to_thread(getattr(self._pack, method), *given)


class Applications:
    """`Runs` and a `Replica` of the writer, made in the loop that first calls them."""

    def __init__(self, store: str, law: Law, library: LocalLibrary, llm: LlmConfig | None) -> None:
        self._store, self._law, self._library, self._config = store, law, library, llm
        self._loop: asyncio.AbstractEventLoop | None = None

    async def call(self, method: str, *given: object) -> Any:
        return await getattr(self._opened(), method)(*given)

    async def stream(self, method: str, *given: object) -> AsyncGenerator[Any, None]:
        async with contextlib.aclosing(getattr(self._opened(), method)(*given)) as events:
            async for event in events:
                yield event

    async def agent(self, method: str, *given: object) -> Any:
        self._opened()
        return await getattr(self.runs, method)(*given)

    def close(self) -> None:
        """Close all that is open, in its loop."""
        if self._loop:
            for work in (self.runs.close, self.replica.close):
                asyncio.run_coroutine_threadsafe(work(), self._loop).result(10)
            self.database.close()
            self._loop = None

    def _opened(self) -> Replica:
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            config = self._config or LlmConfig()
            self.database = Database.open(self._store)
            tools = tools_of(
                AgentConfig(), LlmConfig(), None, library=self._library, law=self._law.ask
            )
            worker = Worker(tools, self._law.ask, limits_of(AgentConfig()))
            self.runs = Runs(RunStore(self.database), worker)
            self.replica = Replica(
                Database.open(self._store),
                law=self._law.write,
                agent=self.agent,
                llm=OpenAILlm(config, first_pause_s=0.01) if self._config else None,
                config=config,
                max_drafts=4,
            )
        return self.replica


@dataclass(kw_only=True)
class Bench:
    """The HTTP surface on a socket, and what is behind it; `me` and `other` are people."""

    http: httpx.Client
    port: int
    user: UserStore
    law: Law
    server: ScriptedServer
    applications: Applications
    num_people: int = 0

    @property
    def me(self) -> str:
        """The person who asks."""
        return f"p{self.num_people}"

    @property
    def other(self) -> str:
        """Another person."""
        return f"p{self.num_people + 1}"

    def renew(self) -> None:
        """Have others come, who have nothing, and an LLM that says nothing."""
        self.num_people += 2
        self.says()

    def says(self, **phases: Lines) -> None:
        """Have the LLM say this from now on, by the names of phases."""
        self.server.script = Script(phases={PHASES[name]: said for name, said in phases.items()})
        self.server.ledger.clear()
        self.server._turns.clear()

    def headers(self, by: str = "") -> dict[str, str]:
        """Return the headers by which somebody comes in."""
        return {"Authorization": f"Bearer {by or self.me}-secret-0123456789"}

    def ask(self, method: str, path: str, *, by: str = "", **options: Any) -> httpx.Response:
        """Return the answer to one request of somebody."""
        headers = {**self.headers(by), **options.pop("headers", {})}
        return self.http.request(method, path, headers=headers, **options)

    def told(self, method: str, path: str, **options: Any) -> Any:
        """Return the JSON that a request that succeeds is answered."""
        answer = self.ask(method, path, **options)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def refused(self, method: str, path: str, **options: Any) -> tuple[int, str]:
        """Return status and code of a request that is refused."""
        answer = self.ask(method, path, **options)
        return answer.status_code, answer.json()["error"]["code"]

    @contextlib.contextmanager
    def streamed(self, path: str, body: dict[str, Any]) -> Iterator[httpx.Response]:
        """Give the answer to a request for a draft, whose events are still to come."""
        asked = {"json": {**body, "stream": True}, "headers": self.headers()}
        with self.http.stream("POST", path, **asked) as answer:
            assert answer.status_code == 200, answer.read()
            yield answer

    def events(self, path: str, body: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the events of a draft that is written to its end."""
        with self.streamed(path, body) as answer:
            return events_of(answer.iter_lines())

    def draft(self, markdown: str, **request: Any) -> str:
        """Return the id of a draft that lies in the store."""
        new = NewDraft(request=request, title="函")
        draft_id = self.user.drafts.create(self.me, new).draft_id
        text = NewRevision(kind="draft", markdown=markdown)
        self.user.drafts.add_revision(self.me, draft_id, text, expected=0)
        return draft_id


@contextlib.contextmanager
def writer(
    folder: Path, content: Content, library: LocalLibrary, *, has_llm: bool = True
) -> Iterator[Bench]:
    """Serve all of it from a folder while the block lasts."""
    store, law = f"sqlite:///{folder}/store.sqlite", Law(content)
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(scripted(Script()))
        config = server.config(retries=0) if has_llm else None
        applications = Applications(store, law, library, config)
        database = stack.enter_context(contextlib.closing(Database.open(store)))
        gate = Admission(application(applications), CONFIG, keys=_ring())
        port = stack.enter_context(listening(gate))
        stack.callback(applications.close)
        http = httpx.Client(base_url=f"http://{HOST}:{port}", timeout=20.0)
        yield Bench(
            http=stack.enter_context(http),
            port=port,
            user=UserStore(database),
            law=law,
            server=server,
            applications=applications,
        )


@pytest.fixture(scope="module")
def served_writer(
    tmp_path_factory: pytest.TempPathFactory, content: Content, library: LocalLibrary
) -> Iterator[Bench]:
    """The writer for the tests of a module."""
    with writer(tmp_path_factory.mktemp("writer"), content, library) as opened:
        yield opened


@pytest.fixture
def bench(served_writer: Bench) -> Bench:
    """The writer with people who have nothing yet."""
    served_writer.renew()
    return served_writer


def application(applications: Applications) -> FastAPI:
    """Return the routes of the agent and the writer, without the gate."""
    app = FastAPI(redirect_slashes=False, responses=ERRORS)
    add_refusals(app)
    add_agent(app, applications.agent, CONFIG)
    add_writer(app, applications, CONFIG)
    describe(app, keyed=True)
    return app


def _ring() -> KeyRing:
    keys = [
        Key(
            name=name,
            scopes=frozenset(SCOPES),
            rate=0,
            created="",
            digest=digest_of(f"{name}-secret-0123456789", b""),
        )
        for name in (f"p{number}" for number in range(100))
    ]
    return KeyRing(None, Bunch(pepper=b"", keys=tuple(keys)))
