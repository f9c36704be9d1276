"""The library has each article, passage and law once, in order, found by what it says."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lawvault.store.material_rows import NewMaterial
from lawvault.store.refusals import LimitError, UnknownItemError, WrongItemError
from lawvault.store.shapes import MAX_TEXT_BYTES

LAW = "劳动合同法@2012-12-28"
ARTICLE = NewMaterial(
    kind="article",
    text="用人单位有下列情形之一的，劳动者可以解除劳动合同……",
    title="劳动合同法第三十八条",
    article_id=f"{LAW}/38",
    law_id=LAW,
    law_name="劳动合同法",
    article_number="第三十八条",
)
PASSAGE = replace(ARTICLE, kind="passage", text="劳动者可以解除", span_start=11, span_end=18)
WHOLE = NewMaterial(kind="law", text="全文……", law_id=LAW, law_name="劳动合同法")
NOTE = NewMaterial(kind="note", text="客户说三个月没有发工资")


def heads(page) -> list[str]:
    return [material.head for material in page.items]


def notes(user, *texts: str, folder_id: str = "") -> list[str]:
    added = user.materials.add(
        "a", [NewMaterial(kind="note", text=text) for text in texts], folder_id=folder_id
    )
    return [one.material.material_id for one in added]


def test_a_material_comes_back_as_it_was_kept(user):
    added = user.materials.add("a", [ARTICLE, PASSAGE, WHOLE, NOTE])

    for new, one in zip([ARTICLE, PASSAGE, WHOLE, NOTE], added, strict=True):
        material = user.materials.get("a", one.material.material_id)
        assert one.is_new
        assert material == one.material
        assert material.sha256 == hashlib.sha256(new.text.encode()).hexdigest()
        assert (material.head, material.length) == (new.text, len(new.text))
        assert all(
            getattr(material, name) == getattr(new, name)
            for name in NewMaterial.__slots__
            if name != "text"
        )
    ids = [one.material.material_id for one in added]
    assert user.materials.texts("a", ids[::-1]) == {
        one.material.material_id: one.material.head for one in added[::-1]
    }
    assert user.materials.many("a", ids[::-1]) == [one.material for one in added[::-1]]


def test_adding_the_same_again_changes_nothing_and_says_so(user, clock):
    folder = user.folders.create("a", "案件").folder_id
    first = user.materials.add("a", [ARTICLE, PASSAGE, WHOLE], folder_id=folder)
    clock.now += 9

    changed = [replace(new, text="别的", title="别的") for new in (ARTICLE, PASSAGE, WHOLE)]
    again = user.materials.add("a", [*changed, ARTICLE])

    assert [one.is_new for one in again] == [False] * 4
    assert [one.material for one in again[:3]] == [one.material for one in first]
    assert user.materials.page("a", folder_id="").items == ()
    assert user.materials.add("b", [ARTICLE])[0].is_new


def test_the_same_twice_in_one_call_is_there_once_and_notes_are_never_the_same(user):
    article, twin, note, other = user.materials.add("a", [ARTICLE, ARTICLE, NOTE, NOTE])

    assert (article.is_new, twin.is_new) == (True, False)
    assert article.material == twin.material
    assert note.material.material_id != other.material.material_id
    assert len(user.materials.page("a").items) == 3


def test_another_span_or_version_is_another_material(user):
    older = replace(ARTICLE, article_id="劳动合同法@2007-06-29/38", law_id="劳动合同法@2007-06-29")
    wider = replace(PASSAGE, span_end=19)

    added = user.materials.add("a", [ARTICLE, older, PASSAGE, wider])

    assert all(one.is_new for one in added)


def test_a_thousand_are_added_at_once_and_no_more(user):
    many = [replace(ARTICLE, article_id=f"{LAW}/{number}") for number in range(1001)]

    with pytest.raises(LimitError, match="1000 at once"):
        user.materials.add("a", many)
    added = user.materials.add("a", many[:1000])
    ids = [one.material.material_id for one in added]
    assert len(user.materials.texts("a", ids)) == 1000
    with pytest.raises(LimitError):
        user.materials.texts("a", [*ids, "mat-" + "0" * 32])
    assert not any(one.is_new for one in user.materials.add("a", many[:1000]))
    user.materials.delete("a", ids)
    assert user.materials.page("a").items == ()


def test_an_owner_has_only_so_many_and_nothing_of_the_call_is_kept(user, monkeypatch):
    monkeypatch.setattr("lawvault.store.materials.MAX_MATERIALS", 2)
    user.materials.add("a", [ARTICLE])

    with pytest.raises(LimitError, match="materials: 1 are kept and 2 would be added; at most 2"):
        user.materials.add("a", [ARTICLE, PASSAGE, WHOLE])
    assert len(user.materials.page("a").items) == 1
    user.materials.add("a", [ARTICLE, PASSAGE])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (replace(ARTICLE, kind="clause"), "kind must be one of article, passage, note, law"),
        (replace(ARTICLE, article_id=""), "article_id is needed"),
        (replace(ARTICLE, law_id=""), "law_id is needed"),
        (replace(WHOLE, article_id="x"), "article_id must be empty"),
        (replace(ARTICLE, span_start=1), "for passages only"),
        (replace(PASSAGE, span_end=None), "must be before span_end"),
        (replace(PASSAGE, span_start=18), "must be before span_end"),
        (replace(PASSAGE, span_start=-1), "span_start must be a number from 0"),
        (replace(PASSAGE, span_start=True), "span_start must be a number"),
        (replace(NOTE, text="a\0b"), r"text has a character .* at 1 \(U\+0000\)"),
        (replace(NOTE, text="半\ud83d"), r"text has a character .* at 1 \(U\+D83D\)"),
        (replace(NOTE, text=None), "text must be text, got NoneType"),
        (replace(NOTE, title="a\nb"), "title must be one line"),
        (replace(NOTE, title="长" * 501), "title must have 0 to 500 characters, got 501"),
    ],
)
def test_what_cannot_be_kept_is_named_and_nothing_of_the_call_is_kept(user, wrong, said):
    with pytest.raises(WrongItemError, match=rf"materials\[1\]\.{said}|materials\[1\].*{said}"):
        user.materials.add("a", [NOTE, wrong])
    assert user.materials.page("a").items == ()


def test_a_text_has_a_megabyte_at_most(user):
    most = "法" * (MAX_TEXT_BYTES // 3)
    user.materials.add("a", [replace(NOTE, text=most)])

    with pytest.raises(LimitError, match=f"at most {MAX_TEXT_BYTES}"):
        user.materials.add("a", [replace(NOTE, text=most + "法")])


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(before=texts, sought=texts, after=texts)
def test_what_a_text_says_is_found_and_nothing_that_only_looks_like_it(user, before, sought, after):
    ids = notes(user, before + sought + after)

    found = user.materials.page("a", query=sought.split()[0] if sought.split() else "")

    assert ids[0] in {material.material_id for material in found.items}
    user.materials.delete("a", ids)


def test_wild_cards_are_only_characters_and_all_words_must_be_there(user):
    notes(user, "利率 24% 以上", "利率 24 以上", "a_b", "aXb", "反斜\\杠", "ABC")

    assert heads(user.materials.page("a", query="24%")) == ["利率 24% 以上"]
    assert heads(user.materials.page("a", query="a_b")) == ["a_b"]
    assert heads(user.materials.page("a", query="\\")) == ["反斜\\杠"]
    assert heads(user.materials.page("a", query="abc")) == ["ABC"]
    assert heads(user.materials.page("a", query="以上 24%")) == ["利率 24% 以上"]
    assert heads(user.materials.page("a", query="' OR 1=1 --")) == []
    user.materials.add("a", [ARTICLE])
    assert len(user.materials.page("a", query="第三十八条 解除").items) == 1
    with pytest.raises(WrongItemError, match="query"):
        user.materials.page("a", query="长" * 201)


@pytest.mark.parametrize("folder_id", [None, ""])
def test_pages_follow_each_other_without_gap_or_repeat(user, clock, folder_id):
    for number in range(7):
        clock.now += number % 2
        notes(user, f"{number}")

    seen, cursor = [], ""
    while True:
        page = user.materials.page("a", folder_id=folder_id, cursor=cursor, limit=3)
        seen += heads(page)
        user.materials.delete("a", [page.items[-1].material_id])  # a cursor outlives its material
        cursor = page.next
        if not cursor:
            break

    assert sorted(seen) == [str(number) for number in range(7)]
    assert folder_id is None or seen == sorted(seen)


@pytest.mark.parametrize(
    "cursor", ["x", "1.0", "1e999~", "nan~mat", "1--2~mat", "1~\ud800", "1~\0"]
)
def test_a_cursor_that_no_page_gave_is_refused(user, cursor):
    with pytest.raises(WrongItemError, match="cursor"):
        user.materials.page("a", cursor=cursor)


def test_materials_move_together_before_another_or_to_the_end(user):
    folder = user.folders.create("a", "案件").folder_id
    one, two, three, four = notes(user, "1", "2", "3", "4")
    inside = notes(user, "内", folder_id=folder)[0]

    user.materials.move("a", [four, two], folder_id="", before=one)
    assert heads(user.materials.page("a", folder_id="")) == ["4", "2", "1", "3"]
    user.materials.move("a", [four], folder_id="")
    assert heads(user.materials.page("a", folder_id="")) == ["2", "1", "3", "4"]
    user.materials.move("a", [three, one, three], folder_id=folder, before=inside)
    assert heads(user.materials.page("a", folder_id=folder)) == ["3", "1", "内"]

    with pytest.raises(WrongItemError, match="before itself"):
        user.materials.move("a", [one], folder_id=folder, before=one)
    with pytest.raises(WrongItemError, match="another folder"):
        user.materials.move("a", [one], folder_id="", before=inside)
    with pytest.raises(UnknownItemError):
        user.materials.move("a", [one, "mat-" + "0" * 32], folder_id="")
    assert heads(user.materials.page("a", folder_id=folder)) == ["3", "1", "内"]


def test_a_material_gets_another_title_and_another_text(user, clock):
    (material_id,) = notes(user, "旧")
    clock.now += 1

    user.materials.change("a", material_id, title="客户陈述")
    changed = user.materials.change("a", material_id, text="新")

    assert (changed.title, changed.head, changed.updated) == ("客户陈述", "新", 1001.0)
    assert changed.sha256 == hashlib.sha256("新".encode()).hexdigest()
    assert user.materials.get("a", material_id) == changed


def test_materials_of_others_or_of_nobody_are_not_found(user):
    theirs = user.materials.add("b", [ARTICLE])[0].material.material_id
    (mine,) = notes(user, "我的")

    for material_id in (theirs, "mat-" + "0" * 32, "' OR 1=1 --", "\0", "\ud800"):
        for ask in (
            lambda wanted: user.materials.get("a", wanted),
            lambda wanted: user.materials.texts("a", [mine, wanted]),
            lambda wanted: user.materials.many("a", [mine, wanted]),
            lambda wanted: user.materials.change("a", wanted, title="x"),
            lambda wanted: user.materials.move("a", [mine, wanted], folder_id=""),
            lambda wanted: user.materials.move("a", [mine], folder_id="", before=wanted),
            lambda wanted: user.materials.delete("a", [mine, wanted]),
        ):
            with pytest.raises(UnknownItemError):
                ask(material_id)
    assert heads(user.materials.page("a")) == ["我的"]
    assert len(user.materials.page("b").items) == 1
