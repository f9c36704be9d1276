"""The application `writer`: keeps what people keep, writes drafts, makes and checks files."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from lawvault.config import LlmConfig
from lawvault.errors import IntegrityError
from lawvault.models.llm import build_llm
from lawvault.serve.apps.on_ray import App, bound
from lawvault.serve.production import CLASSES
from lawvault.serve.writer.contract import (
    Document,
    DraftRequest,
    ExportRequest,
    File,
    RecheckAnswer,
    ReviseRequest,
)
from lawvault.serve.writer.drafting import Drafting
from lawvault.serve.writer.files import Files
from lawvault.serve.writer.finding import Finding
from lawvault.serve.writer.records import Drafts
from lawvault.serve.writer.shelf import Shelf
from lawvault.serve.writer.writing import Event, Writings
from lawvault.store.database import Database
from lawvault.store.user import UserStore


class WriterArgs(BaseModel):
    """What a replica of `writer` is given.  Its secrets, if any, are in its environment.

    store: URL of the user store.  max_drafts: that a replica writes at once.
    """

    model_config = ConfigDict(extra="forbid")
    store: str
    llm: LlmConfig
    max_drafts: int = Field(ge=1, default=50)


class Writers:
    """A replica: serves many people at once."""

    def __init__(self, args: WriterArgs) -> None:
        search, agent = App("search", CLASSES["search"]), App("agent", CLASSES["agent"])

        async def law(method: str, *given: object) -> Any:  # noqa: ANN401 - one per method
            return await search.call("write", method, *given)

        finding = Finding(agent.call)
        self._llm = build_llm(args.llm)
        self._database = Database.open(args.store)
        user = UserStore(self._database)
        self._writings = Writings(user.drafts, most=args.max_drafts)
        self._drafting = Drafting(
            user, self._writings, llm=self._llm, config=args.llm, law=law, find=finding.find
        )
        self._drafts = Drafts(user.drafts)
        self._files = Files(user.drafts, law, finding.report)
        self._shelf = Shelf(user, law)
        # Serve awaits it before it takes the replica away; of the class, Python would call it, too.
        self.__del__ = self.close

    async def shelf(self, method: str, *given: object) -> Any:  # noqa: ANN401 - one per method
        """Return what the method of `Shelf` of that name returns."""
        return await getattr(self._shelf, method)(*given)

    async def drafts(self, method: str, *given: object) -> Any:  # noqa: ANN401 - one per method
        """Return what the method of `Drafts` of that name returns."""
        return await getattr(self._drafts, method)(*given)

    async def draft(self, owner: str, request: DraftRequest) -> AsyncGenerator[Event, None]:
        """Yield what happens while a draft is written; see `Drafting`, here and below."""
        async for event in await self._drafting.draft(owner, request):
            yield event

    async def revise(
        self, owner: str, draft_id: str, request: ReviseRequest
    ) -> AsyncGenerator[Event, None]:
        """Yield what happens while a draft is changed."""
        async for event in await self._drafting.revise(owner, draft_id, request):
            yield event

    async def export(self, owner: str, request: ExportRequest) -> File:
        """Return a file."""
        return await self._files.export(owner, request)

    async def recheck(self, document: Document) -> tuple[RecheckAnswer, bytes | None]:
        """Return what became of a document's citations."""
        return await self._files.recheck(document)

    async def stats(self) -> dict[str, float]:
        """Return how many drafts this replica writes."""
        return {"drafts_in_work": float(self._writings.in_work)}

    async def ready(self) -> str:
        """Return `ok`, or why nothing can be kept."""
        return await self._drafts.state()

    async def check_health(self) -> None:
        """Return if drafts whose writer died are looked after.

        Raises:
            IntegrityError: they are not; Serve replaces the replica.
        """
        if not self._writings.is_tended:
            raise IntegrityError("the drafts are no longer looked after")

    async def close(self) -> None:
        """Stop all drafts, with what was written, and close what is open."""
        await self._writings.close()
        if self._llm:
            await self._llm.close()
        await asyncio.to_thread(self._database.close)


def build(args: WriterArgs) -> Any:  # noqa: ANN401 - Ray
    """Return the application, as `serve deploy` asks for it."""
    return bound(Writers, args)
