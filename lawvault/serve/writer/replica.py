"""All that a replica of the application `writer` does, over plain calls: no Ray."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any

from lawvault.config.llm import LlmConfig
from lawvault.errors import IntegrityError
from lawvault.models.llm import OpenAILlm
from lawvault.serve.agent.following import Agent
from lawvault.serve.agent.library import LawCall
from lawvault.serve.writer.contract import DraftRequest, ReviseRequest
from lawvault.serve.writer.drafting import Drafting
from lawvault.serve.writer.file_contract import Document, ExportRequest, File, RecheckAnswer
from lawvault.serve.writer.files import Files
from lawvault.serve.writer.finding import Finding
from lawvault.serve.writer.records import Drafts
from lawvault.serve.writer.shelf import Shelf
from lawvault.serve.writer.writing import Event, Writings
from lawvault.store.database import Database
from lawvault.store.user import UserStore


class Replica:
    """Serves many people at once; made inside its event loop."""

    def __init__(
        self,
        database: Database,
        *,
        law: LawCall,
        agent: Agent,
        llm: OpenAILlm | None,
        config: LlmConfig,
        max_drafts: int,
    ) -> None:
        """Take what it closes at its end, the store and the LLM, and whom it asks.

        Args:
            law: calls a method of the law by its name.
            agent: calls a method of `Runs` by its name.
            config: that of the LLM.
            max_drafts: how many are written at once.
        """
        finding, user = Finding(agent), UserStore(database)
        self._llm, self._database = llm, database
        self._writings = Writings(user.drafts, most=max_drafts)
        self._drafting = Drafting(
            user, self._writings, llm=llm, config=config, law=law, find=finding.find
        )
        self._drafts = Drafts(user.drafts)
        self._files = Files(user.drafts, law, finding.report)
        self._shelf = Shelf(user, law)

    async def shelf(self, method: str, *given: object) -> Any:  # noqa: ANN401 - one per method
        """Return what the method of `Shelf` of that name returns."""
        return await getattr(self._shelf, method)(*given)

    async def drafts(self, method: str, *given: object) -> Any:  # noqa: ANN401 - one per method
        """Return what the method of `Drafts` of that name returns."""
        return await getattr(self._drafts, method)(*given)

    async def draft(self, owner: str, request: DraftRequest) -> AsyncGenerator[Event, None]:
        """Yield what happens while a draft is written; see `Drafting`, here and below."""
        async with contextlib.aclosing(self._drafting.draft(owner, request)) as events:
            async for event in events:
                yield event

    async def revise(
        self, owner: str, draft_id: str, request: ReviseRequest
    ) -> AsyncGenerator[Event, None]:
        """Yield what happens while a draft is changed."""
        async with contextlib.aclosing(self._drafting.revise(owner, draft_id, request)) as events:
            async for event in events:
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
