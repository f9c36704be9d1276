"""The lines of a law's text, and what each may begin."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawvault.law.text.lines import (
    Line,
    article_of,
    heading_of,
    is_annex,
    item_of,
    lines_of,
    without_page,
)

PIECES = st.sampled_from(
    ["第一条 甲。", "。第二条", "“", "”", "甲；", "　", "\t", "\n", "第三条", "。"]
)


def line(words: str) -> Line:
    (found,) = lines_of(words)
    return found


@settings(max_examples=1000, deadline=None)
@given(st.lists(PIECES | st.text(max_size=3), max_size=20).map("".join))
def test_lines_cover_a_text_without_gaps(text):
    lines = lines_of(text)

    assert "".join(text[found.start : found.end] for found in lines) == text
    assert all(text[found.begin :].startswith(found.words) for found in lines)


def test_a_line_inside_a_quotation_of_several_paragraphs_is_quoted():
    lines = lines_of("改为：“甲。\n第三条 乙。\n丙。”\n丁“戊”")

    assert [found.quoted for found in lines] == [False, True, True, False]


def test_what_is_quoted_in_a_line_is_not_cut_off_as_an_article():
    (first, second) = lines_of("改为：“甲。 第三条 乙。”\n丙。第四条 丁。")[:2]

    assert first.quoted is False
    assert article_of(second) is None


@pytest.mark.parametrize(
    ("words", "certain"),
    [
        ("第三条 甲", True), ("第三条", True), ("第三条甲", False), ("第三条 第二款规定的", False),
        ("第三条（一）项", None), ("第三条的甲", None), ("第三款 甲", None),
        ("第一万零一条 甲", None), ("第三条 目的……5", None),
    ],
)  # fmt: skip
def test_an_article_is_certain_where_a_space_follows_its_number(words, certain):
    label = article_of(line(words))

    assert (label.certain if label else None) == certain


@pytest.mark.parametrize(
    ("words", "heading"),
    [
        ("第三章 罚则", "章"), ("第三章罚则", "章"), ("### 第五节 生活、卫生。", "节"),
        ("第二分编 典型合同", "分编"), ("第三章的规定", None),
        ("第三章 规定的行为，应当处罚。", None), ("第三章至第五章", None),
        ("第一章 总则 第二章 任免 第三章 附则", None),
    ],
)  # fmt: skip
def test_a_heading_is_short_and_no_sentence(words, heading):
    label = heading_of(line(words))

    assert (label.kind if label else None) == heading


def test_points_are_told_from_ordinals():
    assert item_of(line("三、一个代表团可以提出议案。")) is not None
    assert item_of(line("一、二级客运站应当封闭。")) is None


@pytest.mark.parametrize(
    ("words", "annex"),
    [
        ("附件1 禁止倾倒的物质", True), ("附：国旗制法说明", True),
        ("附件一 规定的物质，应当倾倒。", False), ("附表二所列", False),
        ("附则", False), ("附件", True),
    ],
)  # fmt: skip
def test_an_annex_opens_with_its_name_and_no_sentence(words, annex):
    assert is_annex(words) is annex


@pytest.mark.parametrize(
    "words",
    ["第一章　总则", "## 第一章 总则", "第一章 总则……1", "第一章 总则\t12", "第一章总则 ..... (3)"],
)
def test_an_entry_of_the_contents_is_known_without_its_page(words):
    assert without_page(words) == "第一章总则"
