"""Drafts and their revisions: numbered from 1, an ended one never changed, none ever lost.

Whoever adds a revision names the number that it builds on; another newest number is refused, so
that two tabs cannot overwrite each other.  To restore an old revision is to add it as a new one.

While an LLM writes, the newest revision is open: `begin_revision`, `grow_revision` with its text so
far from time to time, `end_revision`.  A replica that dies shows no heartbeat, and `sweep` ends its
draft as failed with the part written.  Everything here blocks: call it by `asyncio.to_thread`.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import and_, delete, insert, select, update

from lawvault.store.database import Database
from lawvault.store.draft_rows import (
    END,
    FACTS,
    REVISION,
    TITLE,
    Draft,
    End,
    Kind,
    NewDraft,
    NewRevision,
    Revision,
    Written,
    add_row,
    draft_row,
    is_draft,
    is_open,
    is_revision,
    owned_draft,
    revision_of,
    revision_row,
    set_draft,
    text_columns,
    written,
)
from lawvault.store.json_text import parsed
from lawvault.store.owned import (
    ID,
    Page,
    check_room,
    new_id,
    owned_row,
    paged,
    reading_as,
    writing_as,
)
from lawvault.store.refusals import BusyError
from lawvault.store.shapes import json_object
from lawvault.store.tables import DRAFTS, REVISIONS

MAX_DRAFTS = 2000


class DraftStore:
    """The drafts of all owners; threads may share it."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def create(self, owner: str, new: NewDraft) -> Draft:
        """Return a new draft, for which a first revision is to be added or begun at once.

        Raises:
            WrongItemError: a field cannot be kept.
            LimitError: the request is too long, or there are too many drafts.
        """
        row = draft_row(new, new_id("drf"), self._clock())
        with writing_as(self._database, owner) as connection:
            check_room(connection, DRAFTS, owner, new=1, most=MAX_DRAFTS)
            connection.execute(insert(DRAFTS), {"owner": owner, **row})
        return Draft(**{name: row[name] for name in Draft.__slots__})

    def add_revision(
        self, owner: str, draft_id: str, new: NewRevision, *, expected: int
    ) -> Revision:
        """Keep a whole text as the next revision.

        Args:
            expected: the number of the revision that it builds on, 0 for the first.

        Raises:
            UnknownItemError: the draft is not there, or another's.
            StaleError: `expected` is not the newest one.
            BusyError: the newest one is being written.
            WrongItemError, LimitError: a field cannot be kept.
        """
        row = revision_row(new, "done", self._clock())
        with writing_as(self._database, owner) as connection:
            draft = owned_draft(connection, owner, draft_id)
            return add_row(connection, owner, draft, row, expected=expected)

    def begin_revision(
        self, owner: str, draft_id: str, kind: Kind, *, expected: int, instruction: str = ""
    ) -> Revision:
        """Open the next revision, empty, for a text that is about to be written.

        Raises:
            As `add_revision`.
        """
        new = NewRevision(kind=kind, markdown="", instruction=instruction)
        row = revision_row(new, "writing", self._clock())
        with writing_as(self._database, owner) as connection:
            draft = owned_draft(connection, owner, draft_id)
            return add_row(connection, owner, draft, row, expected=expected)

    def grow_revision(self, owner: str, draft_id: str, number: int, markdown: str) -> bool:
        """Keep the text so far of an open revision; return whether its writer should go on.

        That counts as a heartbeat.

        Raises:
            UnknownItemError: the draft is not there (any more), or another's.
            BusyError: that revision is not open: it was ended, as by `sweep`.
            WrongItemError, LimitError: the text cannot be kept.
        """
        now = self._clock()
        columns = {**text_columns(markdown), "updated": now}
        this = is_revision(owner, draft_id, number)
        with writing_as(self._database, owner) as connection:
            draft = _opened(owned_draft(connection, owner, draft_id), number)
            connection.execute(update(REVISIONS).where(this), columns)
            set_draft(connection, owner, draft, state="writing", revision=number, now=now)
        return not draft.stop_requested

    def end_revision(
        self,
        owner: str,
        draft_id: str,
        number: int,
        *,
        state: End,
        markdown: str | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> Revision:
        """End an open revision; None keeps the text as it has grown.

        Raises:
            UnknownItemError: the draft is not there (any more), or another's.
            BusyError: that revision is not open: it was ended before.
            WrongItemError, LimitError: a field cannot be kept.
        """
        now = self._clock()
        columns = {"state": END(state, "state"), "data": json_object(data or {}, "data")}
        text = {} if markdown is None else text_columns(markdown)
        this = is_revision(owner, draft_id, number)
        with writing_as(self._database, owner) as connection:
            draft = _opened(owned_draft(connection, owner, draft_id), number)
            connection.execute(update(REVISIONS).where(this), {**columns, **text, "updated": now})
            set_draft(connection, owner, draft, state=state, revision=number, now=now)
            row = connection.execute(select(*REVISION).where(this)).mappings().one()
            return revision_of(row)

    def heartbeat(self, owner: str, draft_id: str) -> bool:
        """Note that its writer is alive; return whether it should go on.

        It should not when it was asked to stop, or the draft was ended or deleted.
        """
        if not ID.fullmatch(draft_id):
            return False
        writing = and_(is_draft(owner, draft_id), DRAFTS.c.state == "writing")
        with writing_as(self._database, owner) as connection:
            connection.execute(update(DRAFTS).where(writing), {"heartbeat": self._clock()})
            query = select(DRAFTS.c.stop_requested).where(writing)
            return connection.execute(query).scalar_one_or_none() is False

    def request_stop(self, owner: str, draft_id: str) -> Draft:
        """Ask the writer of a draft to stop; where nobody writes, that changes nothing.

        Raises:
            UnknownItemError: it is not there, or another's.
        """
        writing = and_(is_draft(owner, draft_id), DRAFTS.c.state == "writing")
        with writing_as(self._database, owner) as connection:
            connection.execute(update(DRAFTS).where(writing), {"stop_requested": True})
            return owned_draft(connection, owner, draft_id)

    def sweep(self, stale_after_s: float) -> list[str]:
        """End drafts that are writing without a heartbeat for so long as failed; return their ids.

        The part written stays.  Any replica may sweep at any time; take at least three heartbeats,
        and more than the clocks of the machines may differ.
        """
        silent = and_(
            DRAFTS.c.state == "writing", DRAFTS.c.heartbeat < self._clock() - stale_after_s
        )
        swept = []
        with self._database.reading() as connection:
            found = connection.execute(select(DRAFTS.c.owner, DRAFTS.c.draft_id).where(silent))
            silents = [(owner, draft_id) for owner, draft_id in found]
        for owner, draft_id in silents:
            with writing_as(self._database, owner) as connection:
                again = select(*FACTS).where(is_draft(owner, draft_id), silent)
                row = connection.execute(again).mappings().first()
                if row is None:  # another replica swept it, or it is alive after all
                    continue
                draft, now = Draft(**row), self._clock()
                newest = is_revision(owner, draft_id, draft.revision)
                ended = {"state": "failed", "updated": now}
                connection.execute(update(REVISIONS).where(newest), ended)
                set_draft(
                    connection, owner, draft, state="failed", revision=draft.revision, now=now
                )
                swept.append(draft_id)
        return swept

    def get(self, owner: str, draft_id: str) -> Draft:
        """Return a draft of this owner.

        Raises:
            UnknownItemError: it is not there, or another's.
        """
        with reading_as(self._database, owner) as connection:
            return owned_draft(connection, owner, draft_id)

    def request(self, owner: str, draft_id: str) -> dict[str, Any]:
        """Return what a draft was asked for with.

        Raises:
            UnknownItemError: it is not there, or another's.
        """
        query = select(DRAFTS.c.request).where(is_draft(owner, draft_id))
        with reading_as(self._database, owner) as connection:
            row = owned_row(connection, query, "draft", draft_id)
        request: dict[str, Any] = parsed(row["request"])
        return request

    def revisions(self, owner: str, draft_id: str) -> list[Revision]:
        """Return all revisions of a draft without their texts, oldest first.

        Raises:
            UnknownItemError: it is not there, or another's.
        """
        these = and_(REVISIONS.c.owner == owner, REVISIONS.c.draft_id == draft_id)
        query = select(*REVISION).where(these).order_by(REVISIONS.c.number)
        with reading_as(self._database, owner) as connection:
            owned_draft(connection, owner, draft_id)
            return [revision_of(row) for row in connection.execute(query).mappings()]

    def read(self, owner: str, draft_id: str, *, number: int | None = None) -> Written:
        """Return a revision with its text, None the newest.

        Raises:
            UnknownItemError: the draft or the revision is not there, or another's.
        """
        with reading_as(self._database, owner) as connection:
            draft = owned_draft(connection, owner, draft_id)
            return written(connection, owner, draft, number)

    def page(self, owner: str, *, cursor: str = "", limit: int = 50) -> Page[Draft]:
        """Return one page of the drafts of this owner, those changed last first.

        Raises:
            WrongItemError: `cursor` is none.
        """
        with reading_as(self._database, owner) as connection:
            return paged(
                connection,
                select(*FACTS).where(DRAFTS.c.owner == owner),
                (DRAFTS.c.updated, DRAFTS.c.draft_id),
                lambda row: Draft(**row),
                cursor=cursor,
                limit=limit,
            )

    def rename(self, owner: str, draft_id: str, title: str) -> Draft:
        """Give a draft another title.

        Raises:
            UnknownItemError: it is not there, or another's.
            WrongItemError: `title` is none.
        """
        values = {"title": TITLE(title, "title"), "updated": self._clock()}
        with writing_as(self._database, owner) as connection:
            owned_draft(connection, owner, draft_id)
            connection.execute(update(DRAFTS).where(is_draft(owner, draft_id)), values)
            return owned_draft(connection, owner, draft_id)

    def delete(self, owner: str, draft_id: str) -> None:
        """Remove a draft with all its revisions; who writes it is told to stop.

        Raises:
            UnknownItemError: it is not there, or another's.
        """
        with writing_as(self._database, owner) as connection:
            owned_draft(connection, owner, draft_id)
            connection.execute(delete(DRAFTS).where(is_draft(owner, draft_id)))


def _opened(draft: Draft, number: int) -> Draft:
    if not is_open(draft) or draft.revision != number:
        raise BusyError("not_written", number=number)
    return draft
