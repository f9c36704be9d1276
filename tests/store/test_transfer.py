"""What is exported comes in again as it was, or nothing of it does."""

import copy
import json
import secrets

import pytest

from lawvault.store.draft_rows import NewDraft, NewRevision
from lawvault.store.material_rows import NewMaterial
from lawvault.store.refusals import LimitError, WrongItemError
from lawvault.store.user import UserStore

LAW = "劳动合同法@2012-12-28"


def article(number: int, text: str = "条文") -> NewMaterial:
    return NewMaterial(kind="article", text=text, article_id=f"{LAW}/{number}", law_id=LAW)


def filled(user: UserStore, clock, owner: str = "a") -> dict[str, str]:
    """Give an owner something of everything; return the ids."""
    outer = user.folders.create(owner, "案件").folder_id
    inner = user.folders.create(owner, "工资", parent_id=outer).folder_id
    note = NewMaterial(kind="note", text="客户说……", title="陈述")
    passage = NewMaterial(
        kind="passage", text="解除", article_id=f"{LAW}/38", law_id=LAW, span_start=3, span_end=5
    )
    law = NewMaterial(kind="law", text="全文", law_id=LAW)
    clock.now += 1
    added = user.materials.add(owner, [article(38), note, passage], folder_id=inner)
    user.materials.add(owner, [law])
    material_id = added[0].material.material_id
    user.favourites.add(owner, "law", LAW)
    template_id = user.templates.create(owner, "律师函", "一").template_id
    clock.now += 1
    user.templates.update(owner, template_id, "二", expected=1)
    request = {"materials": [material_id], "facts": {"半": "\ud800\0"}, "template_id": template_id}
    draft_id = user.drafts.create(owner, NewDraft(request=request, title="函")).draft_id
    first = NewRevision(kind="draft", markdown="半\ud800\0", data={"used": {material_id: 1}})
    user.drafts.add_revision(owner, draft_id, first, expected=0)
    user.drafts.begin_revision(owner, draft_id, "revise", expected=1, instruction="短些")
    clock.now += 1
    user.drafts.end_revision(owner, draft_id, 2, state="stopped", markdown="部分")
    user.history.add(owner, "draft", "函", ref_id=draft_id)
    user.history.add(owner, "ask", "问", ref_id="run-" + "0" * 32)
    return {"folder": inner, "material": material_id, "template": template_id, "draft": draft_id}


def through_json(exported: dict) -> dict:
    loaded: dict = json.loads(json.dumps(exported))
    return loaded


@pytest.mark.parametrize("mode", ["merge", "replace"])
def test_an_export_makes_the_same_again_in_a_store_without_it(user, clock, mode):
    filled(user, clock)
    exported = user.transfer.export("a")
    assert all(exported.values())
    user.transfer.import_("a", user.transfer.export("nobody"), mode="replace")
    assert user.transfer.export("a") == user.transfer.export("nobody")

    imported = user.transfer.import_("a", through_json(exported), mode=mode)

    assert user.transfer.export("a") == exported
    assert imported.added["materials"] == 4
    assert imported.added["drafts"] == imported.added["templates"] == 1


def test_merging_twice_changes_nothing(user, clock):
    filled(user, clock)
    exported = user.transfer.export("a")

    imported = user.transfer.import_("a", exported, mode="merge")

    assert user.transfer.export("a") == exported
    assert set(imported.added.values()) == {0}
    assert imported.present == {
        "folders": 2,
        "materials": 4,
        "favourites": 1,
        "templates": 1,
        "drafts": 1,
        "history": 2,
    }


def test_replacing_removes_what_was_there_before(user, clock):
    filled(user, clock)
    exported = user.transfer.export("a")
    user.materials.add("a", [article(1)])
    user.drafts.create("a", NewDraft(request={}))
    user.materials.change("a", exported["materials"][0]["material_id"], title="改")

    user.transfer.import_("a", exported, mode="replace")

    assert user.transfer.export("a") == exported


def test_ids_of_others_are_drawn_anew_and_what_refers_to_them_follows(user, clock):
    ids = filled(user, clock, "a")
    exported = user.transfer.export("a")

    user.transfer.import_("b", exported, mode="merge")

    assert user.transfer.export("a") == exported
    theirs = user.transfer.export("b")
    text = json.dumps(theirs)
    assert [old for old in ids.values() if old in text] == []
    (draft,), (template,) = theirs["drafts"], theirs["templates"]
    moved = next(row for row in theirs["materials"] if row["kind"] == "article")["material_id"]
    assert draft["request"]["materials"] == [moved]
    assert draft["request"]["template_id"] == template["template_id"]
    assert draft["revisions"][0]["data"] == {"used": {moved: 1}}
    assert {entry["ref_id"] for entry in theirs["history"]} == {
        draft["draft_id"],
        "run-" + "0" * 32,
    }
    inner = next(folder for folder in theirs["folders"] if folder["parent_id"])
    assert {row["folder_id"] for row in theirs["materials"]} == {"", inner["folder_id"]}


def test_what_somebody_has_already_under_another_id_stays_and_is_referred_to(user, clock):
    filled(user, clock, "a")
    exported = user.transfer.export("a")
    folder = user.folders.create("b", "案件").folder_id
    kept = user.materials.add("b", [article(38, "别的条文")])[0].material
    user.templates.create("b", "律师函", "我的")

    imported = user.transfer.import_("b", exported, mode="merge")

    assert user.materials.get("b", kept.material_id) == kept
    assert {found.name: found.parent_id for found in user.folders.all("b")} == {
        "案件": "",
        "工资": folder,
    }
    assert [template.name for template in user.templates.all("b")] == ["律师函", "律师函（2）"]
    draft = user.drafts.page("b").items[0]
    assert user.drafts.request("b", draft.draft_id)["materials"] == [kept.material_id]
    assert (imported.present["folders"], imported.present["materials"]) == (1, 1)


def test_a_draft_that_was_being_written_comes_in_as_failed(user):
    draft_id = user.drafts.create("a", NewDraft(request={})).draft_id
    user.drafts.begin_revision("a", draft_id, "draft", expected=0)
    user.drafts.grow_revision("a", draft_id, 1, "部分")

    user.transfer.import_("a", user.transfer.export("a"), mode="replace")

    assert user.drafts.get("a", draft_id).state == "failed"
    written = user.drafts.read("a", draft_id)
    assert (written.markdown, written.revision.state) == ("部分", "failed")


def at(document: dict, *path):
    for step in path[:-1]:
        document = document[step]
    return document, path[-1]


GONE = object()
WRONG = [
    (("format",), "other", "format must be"),
    (("version",), 2, "version must be 1, got 2"),
    (("version",), True, "version must be 1"),
    (("drafts",), GONE, "drafts is missing"),
    (("more",), 1, "'more' is no field"),
    (("materials",), {}, "materials must be a list"),
    (("materials", 0), "x", r"materials\[0\] must be an object"),
    (("materials", 1, "title"), 3, r"materials\[1\]\.title must be text"),
    (("materials", 1, "text"), "改", r"materials\[1\]\.sha256 is not that of the text"),
    (("materials", 1, "text"), "\0", r"materials\[1\]\.text has a character"),
    (("materials", 1, "kind"), ["x"], r"materials\[1\]\.kind must be one of"),
    (("materials", 1, "position"), 1 << 60, r"materials\[1\]\.position must be a number"),
    (("materials", 1, "folder_id"), "fld-" + "0" * 32, r"materials\[1\]\.folder_id names no"),
    (("materials", 1, "material_id"), "../x", r"materials\[1\]\.material_id must be mat-"),
    (("materials", 1, "created"), 1e400, r"materials\[1\]\.created must be seconds"),
    (("materials", 1, "created"), "1", r"materials\[1\]\.created must be seconds"),
    (("folders", 0, "name"), "", r"folders\[0\]\.name must have 1"),
    (("folders", 0, "parent_id"), "fld-" + "0" * 32, r"folders\[\d\]\.parent_id names no folder"),
    (("favourites", 0, "kind"), "note", r"favourites\[0\]\.kind must be one of"),
    (("history", 0, "text"), None, r"history\[0\]\.text must be text"),
    (("templates", 0, "versions"), [], r"templates\[0\]\.versions must have one"),
    (("templates", 0, "versions", 1, "version"), 3, r"versions\[1\]\.version must be 2, got 3"),
    (("drafts", 0, "request"), [], r"drafts\[0\]\.request must be an object"),
    (("drafts", 0, "state"), "done", r"drafts\[0\]\.state must be that of its newest"),
    (("drafts", 0, "revisions", 0, "state"), "writing", r"revisions\[0\]\.state: only the newest"),
    (("drafts", 0, "revisions", 0, "number"), 2, r"revisions\[0\]\.number must be 1"),
    (("drafts", 0, "revisions", 0, "markdown"), 1, r"drafts\[0\]\.revisions\[0\]\.markdown must"),
    (("drafts", 0, "revisions", 0, "owner"), "b", r"revisions\[0\]\.'owner' is no field"),
]


def test_what_is_wrong_is_named_by_its_path_and_nothing_is_kept(user, clock):
    filled(user, clock)
    exported = user.transfer.export("a")
    filled(user, clock, "b")
    before = user.transfer.export("b")

    for path, value, said in WRONG:
        document = copy.deepcopy(exported)
        inside, last = at(document, *path)
        if value is GONE:
            del inside[last]
        else:
            inside[last] = value
        for mode in ("merge", "replace"):
            with pytest.raises(WrongItemError, match=said):
                user.transfer.import_("b", document, mode=mode)
    assert user.transfer.export("b") == before


@pytest.mark.parametrize("document", [None, [], {}, "x", {"format": "lawvault-user-store"}])
def test_what_is_no_export_is_refused(user, document):
    with pytest.raises(WrongItemError, match=r"format|version"):
        user.transfer.import_("a", document, mode="merge")
    with pytest.raises(WrongItemError, match="mode must be merge or replace"):
        user.transfer.import_("a", user.transfer.export("a"), mode="delete")


@pytest.mark.parametrize("section", ["folders", "materials", "templates", "drafts", "history"])
def test_what_is_there_twice_is_refused(user, clock, section):
    filled(user, clock)
    document = user.transfer.export("a")
    document[section].append(document[section][0])

    with pytest.raises(WrongItemError, match=rf"{section}\[\d\] is there twice"):
        user.transfer.import_("a", document, mode="merge")


def test_folders_that_lie_in_each_other_in_a_circle_are_refused(user, clock):
    filled(user, clock)
    document = user.transfer.export("a")
    first, second = document["folders"]
    first["parent_id"], second["parent_id"] = second["folder_id"], first["folder_id"]

    with pytest.raises(WrongItemError, match="lies in itself"):
        user.transfer.import_("a", document, mode="merge")


def test_an_import_that_would_be_too_much_leaves_everything_as_it_was(user, clock, monkeypatch):
    filled(user, clock)
    exported = user.transfer.export("a")
    user.drafts.create("b", NewDraft(request={}))
    before = user.transfer.export("b")
    monkeypatch.setattr("lawvault.store.arrival.MAX_DRAFTS", 1)

    with pytest.raises(LimitError, match="drafts: 1 are kept and 1 would be added; at most 1"):
        user.transfer.import_("b", exported, mode="merge")
    assert user.transfer.export("b") == before


def test_an_import_keeps_the_newest_of_a_long_history(user, clock, monkeypatch):
    for number in range(4):
        clock.now += 1
        user.history.add("a", "ask", str(number))
    exported = user.transfer.export("a")
    user.history.clear("a")
    clock.now += 1
    user.history.add("a", "ask", "新")
    monkeypatch.setattr("lawvault.store.history.MAX_HISTORY", 3)

    user.transfer.import_("a", exported, mode="merge")

    assert [entry.text for entry in user.history.page("a").items] == ["新", "3", "2"]


def test_a_full_library_goes_out_and_in(user):
    for first in range(0, 2000, 1000):
        user.materials.add("a", [article(first + number) for number in range(1000)])
    exported = user.transfer.export("a")

    user.transfer.import_(secrets.token_hex(4), exported, mode="merge")
    user.transfer.import_("a", exported, mode="replace")

    assert user.transfer.export("a") == exported
