"""Drafts and revisions as they are asked for: what is needed is gathered, then written."""

import asyncio
import contextlib
import datetime
import functools
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from lawvault.agent.nouns import Evidence
from lawvault.config.llm import LlmConfig
from lawvault.errors import UpstreamError
from lawvault.models.llm import Llm
from lawvault.proof.claims import Verified
from lawvault.proof.source import Source
from lawvault.serve.agent.library import LawCall
from lawvault.serve.contract import ApiError
from lawvault.serve.writer.contract import DraftRequest, ReviseRequest
from lawvault.serve.writer.materials import materials_for_writing
from lawvault.serve.writer.records import told_for, words_in
from lawvault.serve.writer.shelf_templates import template_of
from lawvault.serve.writer.troubles import told
from lawvault.serve.writer.writing import Event, Writing, Writings
from lawvault.store.draft_rows import NewDraft, Written
from lawvault.store.drafts import DraftStore
from lawvault.store.material_rows import NewMaterial
from lawvault.store.refusals import StaleError
from lawvault.store.shapes import CONTROL
from lawvault.store.user import UserStore
from lawvault.writer.drafting import request as wanted
from lawvault.writer.drafting.draft import draft
from lawvault.writer.drafting.frames import frame_of
from lawvault.writer.drafting.prompts import load
from lawvault.writer.drafting.request import DraftOutcome, Emit, NeedsLlm, WriterTools
from lawvault.writer.drafting.revise import revise, selected
from lawvault.writer.grounds.materials import Material
from lawvault.writer.templates.template import Template

Find = Callable[[str, str, datetime.date | None], Awaitable[list[Evidence]]]
"""Has the agent look for law: (owner, question, day) -> what it found."""
MAX_TITLE = 60
Asked = TypeVar("Asked", wanted.DraftRequest, wanted.ReviseRequest)


class Drafting:
    """Writes drafts for many owners at once."""

    def __init__(
        self,
        user: UserStore,
        writings: Writings,
        *,
        llm: Llm | None,
        config: LlmConfig,
        law: LawCall,
        find: Find,
    ) -> None:
        """Take the store, what is written already, an LLM with its config, the law, the agent."""
        self._user, self._writings = user, writings
        self._law, self._find = law, find
        self._llm, self._config = llm, config
        self._prompts = load() if llm else None

    async def draft(self, owner: str, request: DraftRequest) -> AsyncGenerator[Event, None]:
        """Yield what happens while a new draft is written; each event names it.

        Raises:
            ApiError: it cannot be begun; then nothing is kept.
        """
        with told():
            self._ready(owner)
            template = None
            if request.template:
                template = await asyncio.to_thread(template_of, self._user, owner, request.template)
            asked = wanted.DraftRequest(
                as_of=await self._day(request.as_of),
                instruction=request.instruction,
                facts=request.facts,
                template=template,
                values=request.values,
                materials=tuple(await self._materials(owner, request.materials)),
            )
            writing = await asyncio.to_thread(self._new, owner, request, template)
        work = functools.partial(self._work, writing, request, asked, draft)
        async with contextlib.aclosing(self._writings.events(writing, work)) as events:
            async for event in events:
                yield event

    async def revise(
        self, owner: str, draft_id: str, request: ReviseRequest
    ) -> AsyncGenerator[Event, None]:
        """Yield what happens while a draft is changed.

        Raises:
            ApiError: it cannot be begun; then nothing is changed.
        """
        with told():
            self._ready(owner)
            before, told_before = await asyncio.to_thread(
                _newest, self._user.drafts, owner, draft_id, request.revision
            )
            asked = wanted.ReviseRequest(
                markdown=before.markdown,
                instruction=request.instruction,
                as_of=await self._day(request.as_of),
                selection=_selection(request, before.markdown),
                facts="\n".join(filter(None, [request.facts, told_before])),
                materials=tuple(await self._materials(owner, request.materials)),
            )
            writing = await asyncio.to_thread(self._next, owner, draft_id, request, before)
        work = functools.partial(self._work, writing, request, asked, revise)
        async with contextlib.aclosing(self._writings.events(writing, work)) as events:
            async for event in events:
                yield event

    def _ready(self, owner: str) -> None:
        if self._llm is None:
            raise NeedsLlm
        self._writings.check_room(owner)

    async def _day(self, as_of: datetime.date | None) -> datetime.date:
        if as_of:
            return as_of
        known: datetime.date = await self._law("known_on")
        return known

    async def _materials(self, owner: str, ids: Sequence[str]) -> list[Material]:
        if not ids:
            return []
        kept = await asyncio.to_thread(self._user.materials.many, owner, ids)
        texts = await asyncio.to_thread(self._user.materials.texts, owner, ids)
        return await materials_for_writing(self._law, kept, texts)

    def _new(self, owner: str, request: DraftRequest, template: Template | None) -> Writing:
        """Return a draft that was begun."""
        title = request.title or (template.name if template else request.instruction)
        asked = request.model_dump(mode="json", exclude={"stream"})
        if template:  # as it was read: 3万 is 30000元, which is what the text says
            asked["form"] = frame_of(template, request.values).told
        new = NewDraft(
            request=asked,
            title=" ".join(CONTROL.sub(" ", title).split())[:MAX_TITLE] or "文稿",
            template_name=template.id if template else "",
            template_version=template.version if template else "",
        )
        kept = self._user.drafts.create(owner, new)
        self._user.history.add(owner, "draft", kept.title, ref_id=kept.draft_id)
        begun = self._user.drafts.begin_revision(owner, kept.draft_id, "draft", expected=0)
        return Writing(owner=owner, draft_id=kept.draft_id, number=begun.number)

    def _next(self, owner: str, draft_id: str, request: ReviseRequest, before: Written) -> Writing:
        """Return a revision that was begun; until it is whole, the text is the one before."""
        begun = self._user.drafts.begin_revision(
            owner,
            draft_id,
            "revise",
            expected=before.revision.number,
            instruction="\n".join(filter(None, [request.instruction, request.facts])),
        )
        self._user.drafts.grow_revision(owner, draft_id, begun.number, before.markdown)
        return Writing(owner=owner, draft_id=draft_id, number=begun.number, before=before.markdown)

    async def _work(
        self,
        writing: Writing,
        request: DraftRequest | ReviseRequest,
        asked: Asked,
        write: Callable[[Asked, WriterTools, Emit], Awaitable[DraftOutcome]],
        emit: Emit,
    ) -> DraftOutcome:
        found: list[Material] = []
        if request.search:
            found = await self._searched(writing, request, asked)
        full = replace(asked, materials=(*asked.materials, *found))
        return await write(full, self._tools(asked.as_of), emit)

    async def _searched(
        self,
        writing: Writing,
        request: DraftRequest | ReviseRequest,
        asked: wanted.DraftRequest | wanted.ReviseRequest,
    ) -> list[Material]:
        """Return what the agent finds, as materials; kept in the library only if asked."""
        texts = [request.instruction, request.facts]
        if isinstance(asked, wanted.DraftRequest) and asked.template:
            texts += [asked.template.name, *words_in(asked.values)]
        question = "\n".join(filter(str.strip, texts))
        await writing.emit("search.started", {"question": question})
        evidence = await self._find(writing.owner, question, asked.as_of)
        kept = list[str]()
        if request.keep_found and evidence:
            add = self._user.materials.add
            added = await asyncio.to_thread(add, writing.owner, list(map(_kept, evidence)))
            kept = [one.material.material_id for one in added if one.is_new]
        articles = [{"article_id": one.article_id, "law_name": one.law_name} for one in evidence]
        await writing.emit("search.completed", {"articles": articles, "kept": kept})
        return list(map(_found, evidence))

    def _tools(self, as_of: datetime.date) -> WriterTools:
        assert self._prompts
        return WriterTools(
            llm=self._llm,
            prompts=self._prompts,
            verify=functools.partial(self._verify, as_of),
            context_tokens=self._config.context_tokens,
            output_tokens=self._config.output_tokens,
        )

    async def _verify(
        self, as_of: datetime.date, markdown: str, sources: Sequence[Source], said: str
    ) -> Verified:
        try:
            verified: Verified = await self._law("verify", markdown, list(sources), said, as_of)
        except ApiError as error:
            raise UpstreamError(f"{error.code}: {error.message}") from error
        return verified


def _selection(request: ReviseRequest, markdown: str) -> tuple[int, int]:
    """Return which part of a text is to be changed.

    Raises:
        ApiError: it is not there, or is empty.
    """
    part = request.selection
    try:
        return selected(markdown, (part.start, part.end) if part else request.heading or None)
    except ValueError as error:
        name = "selection" if part else "heading"
        raise ApiError(400, "invalid_selection", str(error), name) from error


def _newest(
    drafts: DraftStore, owner: str, draft_id: str, meant: int | None
) -> tuple[Written, str]:
    """Return the newest revision of a draft, and all that was told for it until now.

    Raises:
        StaleError: another revision was meant.
        UnknownItemError: the draft is not there, or has no text.
    """
    newest = drafts.read(owner, draft_id)
    if meant not in (None, newest.revision.number):
        raise StaleError("stale_draft", newest=newest.revision.number, expected=meant)
    return newest, told_for(drafts, owner, draft_id)


def _found(one: Evidence) -> Material:
    return Material(
        id=one.id,
        kind="article",
        content=one.content,
        article_id=one.article_id,
        law_id=one.law_id,
        law_name=one.law_name,
        article_number=one.article_number,
        status=one.status,
        effective_date=one.effective_date,
        is_found=True,
    )


def _kept(one: Evidence) -> NewMaterial:
    return NewMaterial(
        kind="article",
        text=one.content,
        title=f"《{one.law_name}》{one.article_number}",
        article_id=one.article_id,
        law_id=one.law_id,
        law_name=one.law_name,
        article_number=one.article_number,
    )
