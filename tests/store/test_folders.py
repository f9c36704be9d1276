"""Folders form a tree that stays one, whatever is asked."""

import pytest

from lawvault.store.folders import MAX_DEPTH, MAX_FOLDERS
from lawvault.store.material_rows import NewMaterial
from lawvault.store.refusals import LimitError, NameTakenError, UnknownItemError, WrongItemError


def note(text: str) -> NewMaterial:
    return NewMaterial(kind="note", text=text)


def chain(user, depth: int) -> list[str]:
    """Make folders in each other; return their ids from the outermost."""
    ids = [""]
    for _ in range(depth):
        ids.append(user.folders.create("a", "内", parent_id=ids[-1]).folder_id)
    return ids[1:]


def test_folders_lie_in_folders_and_come_back_by_name(user):
    outer = user.folders.create("a", "  劳动争议 ")
    inner = user.folders.create("a", "工资", parent_id=outer.folder_id)

    assert outer.name == "劳动争议"
    assert user.folders.all("a") == sorted([outer, inner], key=lambda folder: folder.name)
    assert user.folders.all("b") == []


def test_a_name_is_there_once_in_a_folder_and_may_be_again_in_another(user):
    outer = user.folders.create("a", "案件")

    with pytest.raises(NameTakenError, match="案件"):
        user.folders.create("a", "案件")
    inner = user.folders.create("a", "案件", parent_id=outer.folder_id)
    with pytest.raises(NameTakenError):
        user.folders.change("a", inner.folder_id, parent_id="")
    user.folders.create("b", "案件")


def test_a_folder_is_renamed_and_moved(user, clock):
    first, second = user.folders.create("a", "一"), user.folders.create("a", "二")
    clock.now += 5

    moved = user.folders.change("a", second.folder_id, name="三", parent_id=first.folder_id)

    assert (moved.name, moved.parent_id) == ("三", first.folder_id)
    assert (moved.created, moved.updated) == (1000.0, 1005.0)
    assert user.folders.change("a", second.folder_id, name="三") in user.folders.all("a")


def test_a_folder_never_lies_in_itself(user):
    ids = chain(user, 3)

    for inside in ids:
        with pytest.raises(WrongItemError, match="in itself"):
            user.folders.change("a", ids[0], parent_id=inside)


def test_folders_lie_in_each_other_only_so_deep(user):
    deepest = chain(user, MAX_DEPTH)
    two = user.folders.create("a", "上")
    user.folders.create("a", "下", parent_id=two.folder_id)

    with pytest.raises(LimitError, match=str(MAX_DEPTH)):
        user.folders.create("a", "更深", parent_id=deepest[-1])
    with pytest.raises(LimitError, match=str(MAX_DEPTH)):
        user.folders.change("a", two.folder_id, parent_id=deepest[-2])
    user.folders.change("a", two.folder_id, parent_id=deepest[-3])


def test_an_owner_has_only_so_many_folders(user, monkeypatch):
    monkeypatch.setattr("lawvault.store.folders.MAX_FOLDERS", 2)
    user.folders.create("a", "一")
    user.folders.create("a", "二")

    with pytest.raises(LimitError, match="at most 2: delete some"):
        user.folders.create("a", "三")
    user.folders.create("b", "一")
    assert MAX_FOLDERS == 1000


def test_what_lay_in_a_deleted_folder_goes_to_the_end_of_the_root_or_is_gone_too(user):
    outer, inner = chain(user, 2)
    user.materials.add("a", [note("根")])
    user.materials.add("a", [note("内")], folder_id=inner)
    assert user.folders.counts("a") == {"": 1, inner: 1}

    user.folders.delete("a", outer, with_materials=False)

    assert user.folders.all("a") == []
    root = user.materials.page("a", folder_id="").items
    assert [material.head for material in root] == ["根", "内"]
    again = user.folders.create("a", "内").folder_id
    user.materials.move("a", [root[1].material_id], folder_id=again)
    user.folders.delete("a", again, with_materials=True)
    assert [material.head for material in user.materials.page("a").items] == ["根"]


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "a\0b", "\ud800", "长" * 201, None, 3])
def test_what_is_no_name_is_refused_in_words(user, name):
    with pytest.raises(WrongItemError, match="name"):
        user.folders.create("a", name)


def test_folders_of_others_or_of_nobody_are_not_found(user):
    theirs = user.folders.create("b", "他人").folder_id

    for folder_id in (theirs, "fld-" + "0" * 32, "x' OR '1'='1", "\ud800", "\0"):
        with pytest.raises(UnknownItemError):
            user.folders.create("a", "名", parent_id=folder_id)
        with pytest.raises(UnknownItemError):
            user.folders.change("a", folder_id, name="名")
        with pytest.raises(UnknownItemError):
            user.folders.delete("a", folder_id, with_materials=True)
        with pytest.raises(UnknownItemError):
            user.materials.add("a", [note("x")], folder_id=folder_id)
        with pytest.raises(UnknownItemError):
            user.materials.page("a", folder_id=folder_id)
    assert [folder.name for folder in user.folders.all("b")] == ["他人"]
