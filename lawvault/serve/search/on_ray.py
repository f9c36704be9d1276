"""The application `search`: it holds the data pack, and embeds questions or has them embedded."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel

from lawvault.errors import IntegrityError
from lawvault.serve.agent.law import PackLaw
from lawvault.serve.apps.on_ray import App, bound, stand_back
from lawvault.serve.contract import ApiError, SearchAnswer, SearchRequest, Side
from lawvault.serve.embed.embedder import Embedded, Read
from lawvault.serve.embed.models import Model, Models, loader, prove
from lawvault.serve.laws.statutes import Statutes
from lawvault.serve.production import CLASSES, SearchArgs
from lawvault.serve.release import LOOK_SECONDS, Follower, Release, missing_of, read_release
from lawvault.serve.search.questions import QuestionEncoder
from lawvault.serve.search.searcher import Searcher, answer, closeness
from lawvault.serve.writer.law import WritingLaw

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")
READERS = 4
"""Laws, references and citations that a replica works on at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A data pack, open, and the release it belongs to."""

    release: Release
    searcher: Searcher
    statutes: Statutes
    law: PackLaw
    writing: WritingLaw


def open_pack(release: Release) -> Opened:
    """Return the open data pack of a release.

    Raises:
        IntegrityError: it is damaged or not there, or another model's.
    """
    searcher = Searcher(release.model, release.pack)
    statutes = Statutes(searcher.content, searcher.lookup)
    law = PackLaw(searcher.content, searcher.lookup)
    writing = WritingLaw(searcher.content, searcher.lookup)
    return Opened(release=release, searcher=searcher, statutes=statutes, law=law, writing=writing)


class RemoteEncoder:
    """The application `embedding`, asked to read questions with the model of one release."""

    def __init__(self, embedding: App, release: Release) -> None:
        self._embedding, self._release = embedding, release

    async def embed(self, texts: list[str], side: Side, *, may_cut: bool = False) -> Embedded:
        """Return the vectors of `texts`."""
        return await self._embedding.embed(texts, side, may_cut=may_cut, release=self._release)

    async def read(self, question: str, compared: str) -> Read:
        """Return the vector of a question and the states of the text it is compared as."""
        read: Read = await self._embedding.call("read", question, compared, self._release)
        return read


class Search:
    """A replica: follows the pointer once an embedding replica has the new model, too.

    One that embeds its questions itself answers before its own model is loaded, which takes longer
    than the data pack: until then `embedding` embeds them, as it does where replicas have no model.
    """

    def __init__(self, args: SearchArgs) -> None:
        stand_back()
        self._embedding = App("embedding", CLASSES["embedding"])
        pointer = Path(args.release)
        release = read_release(pointer)
        self._models = Models(loader(args.encoding), prove) if args.encoding else None
        self._follower = Follower(pointer, release, open_pack(release), self._open)
        loop = asyncio.get_running_loop()
        self._following = loop.create_task(self._follow())
        self._missing = self._lacks = ""
        if self._models:
            self._loading = loop.create_task(self._models.of(release))
            self._loading.add_done_callback(self._loaded)
        # Citations of a long text take seconds: searches and checks shall not wait behind them.
        self._readers = ThreadPoolExecutor(max_workers=READERS, thread_name_prefix="statutes")

    async def search(self, request: SearchRequest) -> SearchAnswer:
        """Return the hits of one question."""
        opened = self._follower.opened
        encoder = self._encoder(opened.release)
        return await _present(opened.release, answer(opened.searcher, encoder, request))

    async def closeness(self, query: str, article_ids: list[str]) -> list[float]:
        """Return how near articles are to a question, token by token; see `closeness`."""
        opened = self._follower.opened
        comparing = closeness(opened.searcher, self._encoder(opened.release), query, article_ids)
        return await _present(opened.release, comparing)

    async def ask(self, method: str, *request: BaseModel) -> Any:  # noqa: ANN401 - one per method
        """Return what the method of `Statutes` of that name returns."""
        opened = self._follower.opened
        return await self._read(opened, getattr(opened.statutes, method), *request)

    async def law(self, method: str, *given: object) -> Any:  # noqa: ANN401 - one per method
        """Return what the method of `PackLaw` of that name returns."""
        opened = self._follower.opened
        return await self._read(opened, getattr(opened.law, method), *given)

    async def write(self, method: str, *given: object) -> Any:  # noqa: ANN401 - one per method
        """Return what the method of `WritingLaw` of that name returns, for the writer."""
        opened = self._follower.opened
        return await self._read(opened, getattr(opened.writing, method), *given)

    async def ready(self) -> str:
        """Return what is gone from the data pack, or `ok`, and why the newest is not served."""
        if self._missing:
            return self._missing
        trouble = self._follower.trouble or self._lacks
        return f"ok, {trouble}" if trouble else "ok"

    async def check_health(self) -> None:
        """Return once a thread has answered; a data pack that is gone is not its fault.

        Raises:
            IntegrityError: it no longer follows the pointer.
        """
        if self._following.done():
            raise IntegrityError("the release pointer is no longer followed")
        await asyncio.to_thread(self._follower.opened.statutes.laws)

    async def _read(self, opened: Opened, work: Callable[..., Answer], *given: object) -> Answer:
        reading = asyncio.get_running_loop().run_in_executor(self._readers, work, *given)
        return await _present(opened.release, reading)

    async def _follow(self) -> NoReturn:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self._follower.look()
            if self._models:
                self._models.forget(but=self._follower.release)
            missing = await asyncio.to_thread(missing_of, self._follower.release)
            if missing and missing != self._missing:
                log.error("search: %s: %s", self._follower.release.pack, missing)
            self._missing = missing

    def _loaded(self, loading: asyncio.Task[Model]) -> None:
        error = None if loading.cancelled() else loading.exception()
        if error:
            self._lacks = "own_model_unavailable"
            log.error("search: the model cannot be loaded, `embedding` stays asked: %s", error)

    def _encoder(self, release: Release) -> QuestionEncoder:
        """Return what reads questions with the model of `release`, here or in `embedding`."""
        model = self._models.loaded(release) if self._models else None
        if model:
            return model.embedder
        return RemoteEncoder(self._embedding, release)

    async def _open(self, release: Release) -> Opened:
        await self._embedding.call("prepare", release)
        if self._models:
            await self._models.of(release)
            self._lacks = ""
        return await asyncio.to_thread(open_pack, release)


async def _present(release: Release, answering: Awaitable[Answer]) -> Answer:
    """Return the answer; what fails because the data pack has gone is a 503 that says so.

    Raises:
        ApiError: a file of the data pack is not there.
    """
    try:
        return await answering
    except (IntegrityError, OSError, RuntimeError, ValueError) as error:
        missing = missing_of(release)
        if not missing:
            raise
        log.error("search: %s: %s (%s)", release.pack, missing, error)
        raise ApiError(503, missing, "检索库的数据文件不在了，请联系管理员") from error


def build(args: SearchArgs) -> Any:  # noqa: ANN401 - Ray
    """Return the application, as `serve deploy` asks for it."""
    return bound(Search, args)
