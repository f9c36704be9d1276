"""Drafts as the store keeps them -> drafts as they are shown; changes by hand."""

import asyncio
from collections.abc import Iterator, Mapping

from lawvault.serve.contract import ApiError
from lawvault.serve.writer.contract import (
    DraftPage,
    DraftRecord,
    EditRequest,
    ImportDraftRequest,
    RevisionList,
    RevisionRecord,
)
from lawvault.serve.writer.troubles import told
from lawvault.store.draft_rows import Draft, NewDraft, NewRevision
from lawvault.store.drafts import DraftStore
from lawvault.store.refusals import StaleError


class Drafts:
    """The drafts that are kept, for many owners at once."""

    def __init__(self, drafts: DraftStore) -> None:
        """Take the store."""
        self._drafts = drafts

    async def state(self) -> str:
        """Return `ok`, or a word for why nothing can be kept."""
        try:
            with told():
                await asyncio.to_thread(self._drafts.page, "", limit=1)
        except ApiError as error:
            return error.code
        return "ok"

    async def get(self, owner: str, draft_id: str, number: int | None = None) -> DraftRecord:
        """Return a draft with the text of a revision, None the newest."""
        with told():
            draft = await asyncio.to_thread(self._drafts.get, owner, draft_id)
            if not draft.revision and number is None:
                return DraftRecord.of(draft)
            written = await asyncio.to_thread(self._drafts.read, owner, draft_id, number=number)
            return DraftRecord.of(draft, written)

    async def page(self, owner: str, cursor: str, limit: int) -> DraftPage:
        """Return drafts without their texts, those changed last first."""
        with told():
            page = await asyncio.to_thread(self._drafts.page, owner, cursor=cursor, limit=limit)
        return DraftPage(data=[DraftRecord.of(one) for one in page.items], next=page.next or None)

    async def revisions(self, owner: str, draft_id: str) -> RevisionList:
        """Return all revisions of a draft without their texts."""
        with told():
            found = await asyncio.to_thread(self._drafts.revisions, owner, draft_id)
        return RevisionList(data=[RevisionRecord.of(one) for one in found])

    async def keep(self, owner: str, request: ImportDraftRequest) -> DraftRecord:
        """Keep a text that is there already as the first revision of a new draft."""
        with told():
            kept = await asyncio.to_thread(self._keep, owner, request)
        return await self.get(owner, kept.draft_id)

    async def edit(
        self, owner: str, draft_id: str, request: EditRequest, expected: int
    ) -> DraftRecord:
        """Keep a text that was typed as the next revision, or another title.

        Raises:
            ApiError: `expected` is not the newest revision (412), or it is being written (409).
        """
        with told():
            await asyncio.to_thread(self._edit, owner, draft_id, request, expected)
        return await self.get(owner, draft_id)

    async def restore(self, owner: str, draft_id: str, number: int, expected: int) -> DraftRecord:
        """Make an old revision the newest again; nothing is taken away."""
        with told():
            old = await asyncio.to_thread(self._drafts.read, owner, draft_id, number=number)
            new = NewRevision(kind="edit", markdown=old.markdown, data=old.data)
            add = self._drafts.add_revision
            await asyncio.to_thread(add, owner, draft_id, new, expected=expected)
        return await self.get(owner, draft_id)

    async def stop(self, owner: str, draft_id: str) -> DraftRecord:
        """Ask whoever writes a draft to stop; what is written stays."""
        with told():
            draft: Draft = await asyncio.to_thread(self._drafts.request_stop, owner, draft_id)
        return DraftRecord.of(draft)

    async def delete(self, owner: str, draft_id: str) -> None:
        """Remove a draft with all its revisions."""
        with told():
            await asyncio.to_thread(self._drafts.delete, owner, draft_id)

    def _keep(self, owner: str, request: ImportDraftRequest) -> Draft:
        new = NewDraft(
            request={"values": request.values},
            title=request.title,
            template_name=request.template,
        )
        kept = self._drafts.create(owner, new)
        revision = NewRevision(kind="edit", markdown=request.markdown)
        self._drafts.add_revision(owner, kept.draft_id, revision, expected=0)
        return kept

    def _edit(self, owner: str, draft_id: str, request: EditRequest, expected: int) -> None:
        newest = self._drafts.get(owner, draft_id).revision
        if newest != expected:
            raise StaleError("stale_draft", newest=newest, expected=expected)
        if request.markdown is not None:
            new = NewRevision(kind="edit", markdown=request.markdown)
            self._drafts.add_revision(owner, draft_id, new, expected=expected)
        if request.title is not None:
            self._drafts.rename(owner, draft_id, request.title)


def told_for(drafts: DraftStore, owner: str, draft_id: str) -> str:
    """Return all that somebody told for a draft: its facts, its form, every instruction since.

    Raises:
        UnknownItemError: it is not there, or another's.
    """
    request = drafts.request(owner, draft_id)
    asked = [request.get(name) for name in ("facts", "instruction", "values", "form")]
    said = [one.instruction for one in drafts.revisions(owner, draft_id)]
    return "\n".join(filter(None, words_in([asked, said])))


def words_in(value: object) -> Iterator[str]:
    """Yield all words inside JSON, however deep, in order."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str | int | float) and not isinstance(one, bool):
            yield str(one)
        elif isinstance(one, Mapping):
            waiting += reversed(list(one.values()))
        elif isinstance(one, list):
            waiting += reversed(one)
