"""法律, 写作 and 复核 with the writer's real routes, store and toy law behind them, and a browser.

`desk(script, llm_script=…)` opens the page and returns what is there once the script of the test,
the body of an async function, is through.  It may use `$`, `all`, `press`, `wait` and `post`; what
it saves as a file is named in `document.body.dataset.file`; `tell` keeps what it saw for `told`.
"""

import asyncio
import contextlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lawvault.agent.local import LocalLibrary
from lawvault.config.serve import ServeConfig
from lawvault.retrieve.content import Content
from lawvault.retrieve.laws import ContentLookup
from lawvault.serve.agent.law import PackLaw
from lawvault.serve.contract import SearchAnswer, SearchHit
from lawvault.serve.laws.statutes import Statutes
from lawvault.serve.routes import Calls, build_app
from lawvault.serve.writer.law import WritingLaw
from lawvault.serve.writer.shelf_law import ShelfLaw
from lawvault.store.database import Database
from lawvault.store.user import UserStore
from tests.browser.chromium import Seen, look_at
from tests.browser.conftest import Between
from tests.scripted_llm import Script, scripted
from tests.serve.wire import at_url
from tests.serve.writer.writer_site import Applications

LAW = "示例劳动法@2018-10-01"
TOOLS = """
const leave = (event) => event.stopImmediatePropagation(); // nobody is there to answer
addEventListener("beforeunload", leave, true);
const click = HTMLAnchorElement.prototype.click;
HTMLAnchorElement.prototype.click = function () {
  if (this.download) document.body.dataset.file = this.download; // no window, no end of a download
  else click.call(this);
};
const $ = (selector) => document.querySelector(selector);
const all = (selector) => [...document.querySelectorAll(selector)];
const press = (label, within = "body") =>
  all(`${within} button, ${within} nav a`).find((one) => one.textContent === label).click();
const wait = async (isSo) => {
  const end = Date.now() + 20000;
  while (!isSo()) {
    if (Date.now() > end) throw new Error(`it did not come to pass: ${isSo}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};
const tell = (seen) => (document.body.dataset.told = JSON.stringify(seen));
const post = async (path, body, more = {}) => {
  const headers = { "Content-Type": "application/json", ...more.headers };
  const options = { method: "POST", body: JSON.stringify(body), ...more, headers };
  const response = await fetch(path, options);
  if (!response.ok) throw new Error(await response.text());
  return response.json();
};
"""
RUN = "(async () => {%s})().catch((error) => console.error(String(error))).finally(end);\n"
END = "const end = () => fetch('/loaded');\n"


class Law:
    """The toy law, as the writer and the agent ask it."""

    def __init__(self, content: Content) -> None:
        lookup = ContentLookup(content)
        self._writing = (WritingLaw(content, lookup), ShelfLaw(content, lookup))
        self._pack = PackLaw(content, lookup)

    async def write(self, method: str, *given: object) -> Any:
        part = next(part for part in self._writing if hasattr(part, method))
        return await asyncio.to_thread(getattr(part, method), *given)

    async def ask(self, method: str, *given: object) -> Any:
        return await asyncio.to_thread(getattr(self._pack, method), *given)


def hits_of(content: Content, *numbers: int) -> list[SearchHit]:
    """Return articles of `LAW` as a search finds them."""
    ids = [f"{LAW}/{number}" for number in numbers]
    rows = content.found(ids)
    facts = SearchHit.model_fields.keys()
    return [
        SearchHit.model_validate(
            {name: rows[id_][name] for name in facts if name in rows[id_]}
            | {"region": "全国", "article_id": id_, "rank": rank, "score": 1 / rank}
        )
        for rank, id_ in enumerate(ids, start=1)
    ]


async def _unused(*arguments: object) -> Any:
    raise AssertionError("the page does not call this")


Desk = Callable[..., tuple[Seen, Between]]


@pytest.fixture
def desk(tmp_path: Path, content: Content, library: LocalLibrary) -> Desk:
    """Return `desk(script, at=…, llm_script=…, laws=…)`; each opens the page on the same store."""
    return desk_in(tmp_path, content, library)


def desk_in(folder: Path, content: Content, library: LocalLibrary) -> Desk:
    """Return a desk with its store in a folder.

    `laws` of a desk: what answers about laws, if not those of the toy corpus.
    """
    store = _store(folder)
    toy_laws = Statutes(content, ContentLookup(content))

    async def search(request: object) -> SearchAnswer:
        hits = hits_of(content, 9, 38)
        return SearchAnswer(hits=hits, fingerprint="0" * 16, milliseconds=1.0, degraded=[])

    def opened(
        script: str,
        *,
        at: str = "/?view=write",
        llm_script: Script | None = None,
        laws: Any = toy_laws,
        **between: Any,
    ) -> tuple[Seen, Between]:
        async def ask(method: str, *given: object) -> Any:
            return await asyncio.to_thread(getattr(laws, method), *given)

        with contextlib.ExitStack() as stack:
            server = stack.enter_context(scripted(llm_script)) if llm_script else None
            config = server.config(retries=0) if server else None
            applications = Applications(store, Law(content), library, config)
            calls = Calls(
                embed=_unused,
                search=search,
                ask=ask,
                readiness=_unused,
                agent=applications.agent,
                writer=applications,
            )
            app = build_app(calls, ServeConfig(max_concurrent=100), dimension=8)
            front = Between(app, TOOLS + END + RUN % script, **between)
            address = stack.enter_context(at_url(front))
            stack.callback(applications.close)
            return look_at(address + at, folder / "profile"), front

    return opened


@pytest.fixture
def user(tmp_path: Path) -> Iterator[UserStore]:
    """The store of the desk; nobody there has a key, so that the owner is ""."""
    with user_in(tmp_path) as user:
        yield user


@contextlib.contextmanager
def user_in(folder: Path) -> Iterator[UserStore]:
    """Open the store of the desk in a folder."""
    with contextlib.closing(Database.open(_store(folder))) as database:
        yield UserStore(database)


def told(seen: Seen) -> Any:
    """Return what the script of a test told."""
    (found,) = seen.part(r'<body[^>]* data-told="([^"]*)"')
    return json.loads(found)


def _store(folder: Path) -> str:
    return f"sqlite:///{folder}/store.sqlite"


def part_of(seen: Seen, tag: str, name: str) -> str:
    """Return the markup from the element with that id to where the last of its kind ends."""
    (found,) = re.findall(rf'<{tag} id="{name}"[^>]*>(.*)</{tag}>', seen.dom, re.DOTALL)
    return str(found)
