"""Nothing is asked of the database without the owner, and both databases understand it all."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import ClauseElement, event
from sqlalchemy.dialects import postgresql, sqlite

from lawvault.errors import UpstreamError
from lawvault.store.database import Database
from lawvault.store.draft_rows import NewDraft, NewRevision
from lawvault.store.material_rows import NewMaterial
from lawvault.store.owned import writing_as
from lawvault.store.refusals import UnknownItemError, WrongItemError
from lawvault.store.user import UserStore

LAW = "劳动合同法@2012-12-28"
MARK = "canary of one owner"


def tour(user: UserStore, owner: str) -> None:
    """Do everything once that the stores can do, with a mark in all that is written."""
    folder = user.folders.create(owner, MARK).folder_id
    other = user.folders.create(owner, "别的", parent_id=folder).folder_id
    user.folders.change(owner, other, name="改名")
    note = NewMaterial(kind="note", text=MARK)
    article = NewMaterial(kind="article", text=MARK, article_id=f"{LAW}/1", law_id=LAW)
    first, second = user.materials.add(owner, [note, article], folder_id=folder)
    ids = [first.material.material_id, second.material.material_id]
    user.materials.page(owner, query="canary 100%", limit=1)
    user.materials.page(owner, cursor=user.materials.page(owner, limit=1).next)
    user.materials.page(owner, folder_id=folder)
    user.materials.texts(owner, ids)
    user.materials.many(owner, ids)
    user.materials.change(owner, ids[0], title=MARK)
    user.materials.move(owner, ids[1:], folder_id=folder, before=ids[0])
    user.folders.counts(owner)
    user.favourites.add(owner, "law", MARK)
    user.favourites.page(owner, "law")
    user.favourites.among(owner, "law", [MARK])
    user.history.add(owner, "ask", MARK)
    user.history.page(owner)
    template_id = user.templates.create(owner, MARK, MARK).template_id
    user.templates.update(owner, template_id, MARK, expected=1)
    user.templates.read(owner, template_id)
    user.templates.versions(owner, template_id)
    user.templates.all(owner)
    draft_id = user.drafts.create(owner, NewDraft(request={"x": MARK}, title=MARK)).draft_id
    revision = NewRevision(kind="draft", markdown=MARK, data={"x": MARK})
    user.drafts.add_revision(owner, draft_id, revision, expected=0)
    user.drafts.begin_revision(owner, draft_id, "revise", expected=1)
    user.drafts.grow_revision(owner, draft_id, 2, MARK)
    user.drafts.heartbeat(owner, draft_id)
    user.drafts.request_stop(owner, draft_id)
    user.drafts.end_revision(owner, draft_id, 2, state="stopped")
    user.drafts.revisions(owner, draft_id)
    user.drafts.read(owner, draft_id, number=1)
    user.drafts.request(owner, draft_id)
    user.drafts.page(owner)
    user.transfer.import_(owner, user.transfer.export(owner), mode="merge")


def clearing_up(user: UserStore, owner: str) -> None:
    """Remove all of it, each thing in its own way."""
    exported = user.transfer.export(owner)
    user.materials.delete(owner, [exported["materials"][0]["material_id"]])
    outer, inner = sorted(exported["folders"], key=lambda row: row["parent_id"])
    user.folders.delete(owner, inner["folder_id"], with_materials=False)
    user.folders.delete(owner, outer["folder_id"], with_materials=True)
    user.favourites.remove(owner, "law", MARK)
    user.history.delete(owner, exported["history"][0]["history_id"])
    user.history.clear(owner)
    user.templates.delete(owner, exported["templates"][0]["template_id"])
    user.drafts.delete(owner, exported["drafts"][0]["draft_id"])
    user.transfer.import_(owner, exported, mode="replace")


@contextmanager
def heard(database: Database) -> Iterator[list[ClauseElement]]:
    """Give the list of what is asked of the database meanwhile."""
    asked: list[ClauseElement] = []

    def note(_connection, statement, *_rest) -> None:
        asked.append(statement)

    event.listen(database.engine, "before_execute", note)
    yield asked
    event.remove(database.engine, "before_execute", note)


def test_every_statement_names_the_owner_and_is_understood_by_both_databases(user, database):
    with heard(database) as asked:
        tour(user, "a")
        clearing_up(user, "a")

    assert len(asked) > 150
    for statement in asked:
        for dialect in (sqlite.dialect(), postgresql.dialect()):
            written = str(statement.compile(dialect=dialect))
            if "pg_advisory_xact_lock" in written:
                continue
            if statement.is_insert:
                assert "owner" in written.partition("VALUES")[0], written
            else:
                assert "owner" in written.partition("WHERE")[2], written


def test_nothing_of_one_owner_is_seen_by_another(user):
    tour(user, "a")
    before = user.transfer.export("a")

    for owner in ("b", "", "A", "a ", "%", "_"):
        assert MARK not in json.dumps(user.transfer.export(owner))
        assert user.transfer.export(owner) == user.transfer.export("nobody")
    tour(user, "b")
    clearing_up(user, "b")
    user.transfer.import_("b", user.transfer.export("nobody"), mode="replace")

    assert user.transfer.export("a") == before


def test_what_is_refused_tells_nothing_of_others(user):
    tour(user, "a")
    theirs = user.transfer.export("a")["drafts"][0]["draft_id"]
    nobodys = "drf-" + secrets.token_hex(16)

    with pytest.raises(UnknownItemError) as told:
        user.drafts.get("b", theirs)
    with pytest.raises(UnknownItemError) as missing:
        user.drafts.get("b", nobodys)
    assert str(told.value).replace(theirs, "") == str(missing.value).replace(nobodys, "")


@pytest.mark.parametrize("owner", ["\0", "\ud800", "x" * 101, None])
def test_a_name_that_no_owner_can_have_is_refused(user, owner):
    for ask in (user.folders.all, user.history.clear, user.transfer.export):
        with pytest.raises(WrongItemError, match="owner"):
            ask(owner)


def test_the_text_of_a_replaced_or_deleted_thing_is_no_longer_in_any_file(file_url, tmp_path):
    database = Database.open(file_url)
    user = UserStore(database)
    tour(user, "a")
    files = list(tmp_path.glob("store/*"))
    assert any(MARK.encode() in path.read_bytes() for path in files)

    user.transfer.import_("a", user.transfer.export("nobody"), mode="replace")
    database.close()

    assert [path for path in files if path.exists() and MARK.encode() in path.read_bytes()] == []


def test_a_store_that_others_hold_says_so_and_loses_nothing(file_url):
    database = Database.open(file_url, patience_s=0.1)
    user, other = UserStore(database), Database.open(file_url)
    draft_id = user.drafts.create("a", NewDraft(request={})).draft_id
    revision = NewRevision(kind="edit", markdown="一")

    with (
        writing_as(other, "b"),
        pytest.raises(UpstreamError, match="in use by others"),
    ):
        user.drafts.add_revision("a", draft_id, revision, expected=0)

    assert user.drafts.add_revision("a", draft_id, revision, expected=0).number == 1
    database.close()
    other.close()


def test_a_full_disk_keeps_what_there_was_and_says_so(file_url):
    database = Database.open(file_url)
    user = UserStore(database)
    draft_id = user.drafts.create("a", NewDraft(request={})).draft_id
    user.drafts.begin_revision("a", draft_id, "draft", expected=0)
    user.drafts.grow_revision("a", draft_id, 1, "部分")
    exported = user.transfer.export("a")
    with database.reading() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 60")
    large = "x" * 1_000_000
    document = {**exported, "history": [{**entry("x" * 99_000), "kind": "ask"} for _ in range(9)]}

    for ask in (
        lambda: user.drafts.grow_revision("a", draft_id, 1, large),
        lambda: user.drafts.end_revision("a", draft_id, 1, state="done", markdown=large),
        lambda: user.templates.create("a", "名", large),
        lambda: user.materials.add("a", [NewMaterial(kind="note", text=large)]),
        lambda: user.transfer.import_("a", document, mode="replace"),
    ):
        with pytest.raises(UpstreamError, match="disk is full") as told:
            ask()
        assert "xxx" not in str(told.value)

    assert user.transfer.export("a") == exported
    database.close()


def entry(text: str) -> dict:
    return {
        "history_id": f"his-{secrets.token_hex(16)}",
        "text": text,
        "ref_id": "",
        "created": 1.0,
    }
