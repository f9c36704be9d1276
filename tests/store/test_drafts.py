"""No revision is lost or overwritten, and none is written for ever."""

import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lawvault.store.draft_rows import NewDraft, NewRevision
from lawvault.store.refusals import (
    BusyError,
    LimitError,
    StaleError,
    UnknownItemError,
    WrongItemError,
)
from lawvault.store.shapes import MAX_JSON_BYTES, MAX_TEXT_BYTES

REQUEST = {"facts": {"原告": "张三"}, "instruction": "起草", "materials": ["mat-" + "1" * 32]}


def started(user, owner: str = "a") -> str:
    new = NewDraft(request=REQUEST, title="起诉状", template_name="起诉状", template_version="1")
    return str(user.drafts.create(owner, new).draft_id)


def edit(markdown: str, **more) -> NewRevision:
    return NewRevision(kind="edit", markdown=markdown, **more)


def drafted(user, *texts: str, owner: str = "a") -> str:
    draft_id = started(user, owner)
    for number, text in enumerate(texts):
        user.drafts.add_revision(owner, draft_id, edit(text), expected=number)
    return draft_id


def markdowns(user, draft_id: str) -> list[str]:
    numbers = [revision.number for revision in user.drafts.revisions("a", draft_id)]
    return [user.drafts.read("a", draft_id, number=number).markdown for number in numbers]


def test_a_draft_holds_what_it_was_asked_for_with(user):
    draft = user.drafts.get("a", started(user))

    assert (draft.title, draft.template_name, draft.template_version) == ("起诉状", "起诉状", "1")
    assert (draft.state, draft.revision, draft.created) == ("writing", 0, 1000.0)
    assert user.drafts.request("a", draft.draft_id) == REQUEST
    with pytest.raises(UnknownItemError, match="revision 0"):
        user.drafts.read("a", draft.draft_id)


def test_revisions_are_numbered_and_each_is_read_as_it_was(user, clock):
    draft_id = started(user)
    clock.now += 1
    first = user.drafts.add_revision(
        "a",
        draft_id,
        NewRevision(kind="draft", markdown="# 起诉状", instruction="起草", data={"used": [1]}),
        expected=0,
    )
    second = user.drafts.add_revision("a", draft_id, edit("# 起诉状\n\n改"), expected=1)

    assert (first.number, second.number) == (1, 2)
    assert (first.kind, first.instruction, first.state) == ("draft", "起草", "done")
    assert user.drafts.revisions("a", draft_id) == [first, second]
    newest, oldest = user.drafts.read("a", draft_id), user.drafts.read("a", draft_id, number=1)
    assert (newest.revision, newest.markdown, newest.data) == (second, "# 起诉状\n\n改", {})
    assert (oldest.revision, oldest.markdown, oldest.data) == (first, "# 起诉状", {"used": [1]})
    draft = user.drafts.get("a", draft_id)
    assert (draft.state, draft.revision, draft.updated) == ("done", 2, 1001.0)


def test_two_tabs_cannot_overwrite_each_other(user):
    draft_id = drafted(user, "一", "甲的二")

    for expected in (0, 1, 3, -1):
        with pytest.raises(StaleError, match=f"revision is 2, not {expected}"):
            user.drafts.add_revision("a", draft_id, edit("乙的二"), expected=expected)
        with pytest.raises(StaleError):
            user.drafts.begin_revision("a", draft_id, "revise", expected=expected)
    assert markdowns(user, draft_id) == ["一", "甲的二"]


def test_an_old_revision_is_restored_by_adding_it_again(user):
    draft_id = drafted(user, "一", "二")

    user.drafts.add_revision(
        "a", draft_id, edit(user.drafts.read("a", draft_id, number=1).markdown), expected=2
    )

    assert markdowns(user, draft_id) == ["一", "二", "一"]


def test_an_open_revision_grows_and_ends(user, clock):
    draft_id = started(user)
    opened = user.drafts.begin_revision("a", draft_id, "draft", expected=0, instruction="起草")
    assert (opened.number, opened.state, opened.length) == (1, "writing", 0)

    clock.now += 1
    assert user.drafts.grow_revision("a", draft_id, 1, "# 起")
    assert user.drafts.heartbeat("a", draft_id)
    assert user.drafts.read("a", draft_id).markdown == "# 起"
    with pytest.raises(BusyError, match="being written"):
        user.drafts.add_revision("a", draft_id, edit("插手"), expected=1)
    with pytest.raises(BusyError):
        user.drafts.begin_revision("a", draft_id, "revise", expected=1)
    ended = user.drafts.end_revision(
        "a", draft_id, 1, state="done", markdown="# 起诉状", data={"missing": ["金额"]}
    )

    assert (ended.state, ended.length, ended.instruction) == ("done", 5, "起草")
    written = user.drafts.read("a", draft_id)
    assert (written.revision, written.markdown) == (ended, "# 起诉状")
    assert written.data == {"missing": ["金额"]}
    assert user.drafts.get("a", draft_id).state == "done"


def test_an_ended_revision_never_changes(user):
    draft_id = started(user)
    user.drafts.begin_revision("a", draft_id, "draft", expected=0)
    user.drafts.grow_revision("a", draft_id, 1, "部分")
    user.drafts.end_revision("a", draft_id, 1, state="stopped")

    for number in (0, 1, 2):
        with pytest.raises(BusyError, match="not being written"):
            user.drafts.grow_revision("a", draft_id, number, "别的")
        with pytest.raises(BusyError, match="not being written"):
            user.drafts.end_revision("a", draft_id, number, state="done", markdown="别的")
    assert markdowns(user, draft_id) == ["部分"]
    assert user.drafts.get("a", draft_id).state == "stopped"
    with pytest.raises(WrongItemError, match="state"):
        user.drafts.end_revision("a", draft_id, 1, state="writing")


def test_a_wish_to_stop_reaches_the_writer_and_ends_with_it(user):
    draft_id = started(user)
    user.drafts.begin_revision("a", draft_id, "draft", expected=0)

    assert user.drafts.request_stop("a", draft_id).stop_requested
    assert user.drafts.request_stop("a", draft_id).stop_requested

    assert not user.drafts.grow_revision("a", draft_id, 1, "部分")
    assert not user.drafts.heartbeat("a", draft_id)
    user.drafts.end_revision("a", draft_id, 1, state="stopped", markdown="部分。")
    assert not user.drafts.request_stop("a", draft_id).stop_requested
    user.drafts.begin_revision("a", draft_id, "revise", expected=1)
    assert user.drafts.grow_revision("a", draft_id, 2, "再来")
    assert markdowns(user, draft_id) == ["部分。", "再来"]


def test_a_draft_whose_writer_went_away_ends_as_failed_with_the_part_written(user, clock):
    silent, beating, done, empty = started(user), started(user), drafted(user, "一"), started(user)
    for draft_id in (silent, beating):
        user.drafts.begin_revision("a", draft_id, "draft", expected=0)
        user.drafts.grow_revision("a", draft_id, 1, "部分")
    clock.now += 100
    user.drafts.heartbeat("a", beating)

    assert sorted(user.drafts.sweep(90)) == sorted([silent, empty])
    assert user.drafts.sweep(90) == []

    assert user.drafts.get("a", silent).state == user.drafts.get("a", empty).state == "failed"
    assert user.drafts.read("a", silent).revision.state == "failed"
    assert markdowns(user, silent) == ["部分"]
    assert [user.drafts.get("a", draft_id).state for draft_id in (beating, done)] == [
        "writing",
        "done",
    ]
    assert not user.drafts.heartbeat("a", silent)
    with pytest.raises(BusyError):
        user.drafts.grow_revision("a", silent, 1, "还活着")
    user.drafts.add_revision("a", silent, edit("还活着"), expected=1)
    assert markdowns(user, silent) == ["部分", "还活着"]


def test_two_replicas_that_sweep_at_once_end_each_draft_once(user, clock):
    ids = [started(user, f"owner {number % 3}") for number in range(12)]
    clock.now += 100

    with ThreadPoolExecutor(4) as pool:
        swept = [draft_id for found in pool.map(user.drafts.sweep, [90] * 4) for draft_id in found]

    assert sorted(swept) == sorted(ids)


@pytest.mark.parametrize("number", [5, pytest.param(100, marks=pytest.mark.chaos)])
def test_of_many_who_build_on_one_revision_one_succeeds(user, number):
    draft_id = drafted(user, "0")
    won = []

    def work(name: int) -> None:
        for _ in range(number):
            while True:
                newest = user.drafts.get("a", draft_id).revision
                text = secrets.token_hex(4)
                try:
                    user.drafts.add_revision("a", draft_id, edit(text), expected=newest)
                except StaleError:
                    continue
                won.append((newest + 1, text))
                break

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))

    assert len(won) == 4 * number
    assert [text for _, text in sorted(won)] == markdowns(user, draft_id)[1:]


def test_pages_are_those_changed_last_first(user, clock):
    ids = []
    for _ in range(5):
        clock.now += 1
        ids.append(started(user))
    clock.now += 1
    user.drafts.rename("a", ids[0], "改名")

    first = user.drafts.page("a", limit=3)
    second = user.drafts.page("a", cursor=first.next, limit=3)

    seen = [draft.draft_id for draft in first.items + second.items]
    assert seen == [ids[0], *ids[:0:-1]]
    assert first.items[0].title == "改名"
    assert (second.next, user.drafts.page("b").items) == ("", ())


def test_a_deleted_draft_is_gone_with_its_revisions_and_its_writer_is_told(user, database):
    draft_id = started(user)
    user.drafts.begin_revision("a", draft_id, "draft", expected=0)

    user.drafts.delete("a", draft_id)

    assert not user.drafts.heartbeat("a", draft_id)
    with pytest.raises(UnknownItemError):
        user.drafts.grow_revision("a", draft_id, 1, "x")
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT COUNT(*) FROM revisions").scalar() == 0


def test_drafts_of_others_or_of_nobody_are_not_found(user):
    theirs = drafted(user, "他人", owner="b")
    user.drafts.begin_revision("b", theirs, "revise", expected=1)

    for draft_id in (theirs, "drf-" + "0" * 32, "' OR 1=1 --", "\0", "\ud800"):
        for ask in (
            user.drafts.get,
            user.drafts.request,
            user.drafts.revisions,
            user.drafts.read,
            user.drafts.request_stop,
            user.drafts.delete,
            lambda owner, wanted: user.drafts.rename(owner, wanted, "x"),
            lambda owner, wanted: user.drafts.add_revision(owner, wanted, edit("x"), expected=2),
            lambda owner, wanted: user.drafts.begin_revision(owner, wanted, "edit", expected=2),
            lambda owner, wanted: user.drafts.grow_revision(owner, wanted, 2, "x"),
            lambda owner, wanted: user.drafts.end_revision(owner, wanted, 2, state="done"),
        ):
            with pytest.raises(UnknownItemError):
                ask("a", draft_id)
        assert not user.drafts.heartbeat("a", draft_id)
    draft = user.drafts.get("b", theirs)
    assert (draft.state, draft.revision, draft.stop_requested) == ("writing", 2, False)


def test_limits_say_what_they_are(user, monkeypatch):
    monkeypatch.setattr("lawvault.store.drafts.MAX_DRAFTS", 1)
    monkeypatch.setattr("lawvault.store.draft_rows.MAX_REVISIONS", 1)
    draft_id = started(user)
    with pytest.raises(LimitError, match="at most 1"):
        started(user)
    started(user, "b")

    with pytest.raises(LimitError, match=f"markdown .* at most {MAX_TEXT_BYTES}"):
        user.drafts.add_revision("a", draft_id, edit("x" * (MAX_TEXT_BYTES + 1)), expected=0)
    large = edit("x", data={"x": "x" * MAX_JSON_BYTES})
    with pytest.raises(LimitError, match=f"data .* at most {MAX_JSON_BYTES}"):
        user.drafts.add_revision("a", draft_id, large, expected=0)
    user.drafts.add_revision("a", draft_id, edit("x" * MAX_TEXT_BYTES), expected=0)
    with pytest.raises(LimitError, match="at most 1 revisions"):
        user.drafts.add_revision("a", draft_id, edit("x"), expected=1)


def nested(depth: int) -> dict:
    value: dict = {}
    for _ in range(depth):
        value = {"x": value}
    return value


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (NewDraft(request=[]), "request must be an object"),
        (NewDraft(request={"x": float("nan")}), "request is not JSON"),
        (NewDraft(request={"x": {1}}), "request is not JSON"),
        (NewDraft(request=nested(100_000)), "request is nested too deep"),
        (NewDraft(request={}, title="a\r\nSet-Cookie: x"), "title must be one line"),
        (NewDraft(request={}, title="\ud800"), "title has a character"),
        (NewDraft(request={}, template_name=None), "template_name must be text"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_words(user, new, said):
    with pytest.raises(WrongItemError, match=said):
        user.drafts.create("a", new)
    assert user.drafts.page("a").items == ()


def paired(text: str) -> str:
    """Return a text whose surrogates that stand in pairs are the characters they spell."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


texts = st.text(st.characters(codec=None), max_size=20).map(paired)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=texts, data=st.dictionaries(texts, texts, max_size=3))
def test_what_is_written_comes_back_character_for_character(user, text, data):
    draft_id = user.drafts.create("a", NewDraft(request=data)).draft_id
    user.drafts.begin_revision("a", draft_id, "draft", expected=0, instruction=text)
    user.drafts.grow_revision("a", draft_id, 1, text)
    assert user.drafts.read("a", draft_id).markdown == text
    user.drafts.end_revision("a", draft_id, 1, state="done", markdown=text + "。", data=data)

    written = user.drafts.read("a", draft_id)
    assert (written.markdown, written.data) == (text + "。", data)
    assert written.revision.instruction == text
    assert user.drafts.request("a", draft_id) == data
    user.drafts.delete("a", draft_id)
