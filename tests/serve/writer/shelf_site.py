"""The library over HTTP in one process: real store, real gate, the toy law; people with keys."""

import asyncio
import contextlib
import secrets
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from lawvault.config.serve import ServeConfig
from lawvault.retrieve.content import FILE, Content
from lawvault.retrieve.laws import ContentLookup
from lawvault.serve.contract import ApiError
from lawvault.serve.gate.admission import Admission
from lawvault.serve.gate.key_file import SCOPES, Bunch, Key, digest_of
from lawvault.serve.gate.refusals import add_refusals
from lawvault.serve.keys import KeyRing
from lawvault.serve.routes import ERRORS
from lawvault.serve.writer.law import WritingLaw
from lawvault.serve.writer.shelf import Shelf
from lawvault.serve.writer.shelf_routes import add_shelf
from lawvault.store.database import Database
from lawvault.store.user import UserStore

CONFIG = ServeConfig()
LAW = "示例劳动法@2018-10-01"
NINTH = f"{LAW}/9"


class Law:
    """The law as the search application has it open; another data pack may take its place."""

    def __init__(self, content: Content) -> None:
        self.is_down = False
        self.open(content)

    def open(self, content: Content) -> None:
        self._open = WritingLaw(content, ContentLookup(content))

    async def __call__(self, method: str, *given: object) -> Any:
        if self.is_down:
            raise ApiError(503, "search_unavailable", "依赖 search 暂不可用，请稍后重试")
        return await asyncio.to_thread(getattr(self._open, method), *given)


class Site:
    """The routes behind the gate, for people who keep nothing yet: "amy" and "bob"."""

    def __init__(self, database: Database, law: Law) -> None:
        self.user, self.law = UserStore(database), law
        self.names = {name: f"{name}-{secrets.token_hex(4)}" for name in ("amy", "bob")}
        shelf = Shelf(self.user, law)

        async def writer(application: str, method: str, *given: object) -> Any:
            assert application == "shelf"
            return await getattr(shelf, method)(*given)

        app = FastAPI(redirect_slashes=False, responses=ERRORS)
        add_refusals(app)
        add_shelf(app, writer)
        self.app = app
        transport = httpx.ASGITransport(Admission(app, CONFIG, keys=_ring(self.names.values())))
        self._client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")
        self._runner = asyncio.Runner()

    def ask(self, method: str, path: str, *, by: str = "amy", **options: Any) -> httpx.Response:
        """Return the answer to one request of somebody."""
        headers = {"Authorization": f"Bearer {self.names[by]}-secret", **options.pop("headers", {})}
        return self._runner.run(self._client.request(method, path, headers=headers, **options))

    def told(self, method: str, path: str, **options: Any) -> Any:
        """Return what a request that succeeds is answered."""
        answer = self.ask(method, path, **options)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def refused(self, method: str, path: str, **options: Any) -> tuple[int, str]:
        """Return status and code of a request that is refused."""
        answer = self.ask(method, path, **options)
        return answer.status_code, answer.json()["error"]["code"]

    def added(self, *items: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
        """Return the materials that some items become."""
        body = {"items": list(items), **more}
        return [one["material"] for one in self.told("POST", "/v1/materials", json=body)["data"]]

    def close(self) -> None:
        """Close what is open."""
        self._runner.run(self._client.aclose())
        self._runner.close()


@pytest.fixture(scope="session")
def shelf_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The store of all tests, each with people of its own; what is locked is waited for shortly."""
    folder = tmp_path_factory.mktemp("shelf")
    with contextlib.closing(
        Database.open(f"sqlite:///{folder}/store.sqlite", patience_s=0.3)
    ) as opened:
        yield opened


@pytest.fixture
def site(shelf_store: Database, content: Content) -> Iterator[Site]:
    """The library of people who keep nothing yet."""
    with contextlib.closing(Site(shelf_store, Law(content))) as opened:
        yield opened


def amended(content: Content, folder: Path, **texts: str | None) -> Content:
    """Return a copy of a corpus where articles of `LAW` have other words, or (None) are gone.

    Args:
        texts: by the number of the article after an underscore.
    """
    shutil.copy(content.folder / FILE, folder / FILE)
    with contextlib.closing(sqlite3.connect(folder / FILE)) as database, database:
        for number, text in texts.items():
            where = ("article_id = ?", f"{LAW}/{number[1:]}")
            if text is None:
                database.execute(f"DELETE FROM articles WHERE {where[0]}", where[1:])
            else:
                change = f"UPDATE articles SET content = ? WHERE {where[0]}"
                database.execute(change, (text, where[1]))
    return Content(folder)


def _ring(names: Iterable[str]) -> KeyRing:
    keys = [
        Key(
            name=name,
            scopes=frozenset(SCOPES),
            rate=0,
            created="",
            digest=digest_of(f"{name}-secret", b""),
        )
        for name in names
    ]
    return KeyRing(None, Bunch(pepper=b"", keys=tuple(keys)))
