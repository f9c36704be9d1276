"""Amendments: which law they change, and where the words they quote will stand."""

import pytest

from lawvault.law.address import Address
from lawvault.law.mentions.amendments import Quotations, amended_by, amends_several
from lawvault.law.mentions.grammar import chain


def base_at(text: str, mark: str) -> str | None:
    """Return where `mark`, quoted in an amendment, will stand; addresses before it are found."""
    offset = text.index(mark)
    before = [
        mention
        for start in range(len(text[:offset]))
        if text[start] == "第" and (start == 0 or text[start - 1] not in "、至")
        for mention in chain(text[:offset], start, Address())
        if mention.address.number
    ]
    quotation = Quotations(text).at(offset, before)
    assert quotation is not None
    base = quotation.base_of(offset)
    return str(base) if base else None


@pytest.mark.parametrize(
    ("title", "law"),
    [
        ("中华人民共和国刑法修正案（八）", "中华人民共和国刑法"),
        ("中华人民共和国刑法修正案", "中华人民共和国刑法"),
        ("中华人民共和国宪法修正案（2018年）", "中华人民共和国宪法"),
        (
            "全国人民代表大会常务委员会关于修改《中华人民共和国公司法》的决定",
            "中华人民共和国公司法",
        ),
        (
            "最高人民法院关于修改《最高人民法院关于适用〈中华人民共和国公司法〉若干问题的规定》的决定",
            "最高人民法院关于适用〈中华人民共和国公司法〉若干问题的规定",
        ),
        (
            "全国人民代表大会常务委员会关于《中华人民共和国刑法》第三百一十三条的解释",
            "中华人民共和国刑法",
        ),
        ("最高人民法院关于适用刑法第十二条几个问题的解释", "刑法"),
        (
            "最高人民法院、最高人民检察院关于执行《中华人民共和国刑法》确定罪名的补充规定（七）",
            "中华人民共和国刑法",
        ),
        ("中华人民共和国民法典", ""),
        ("最高人民法院关于适用《中华人民共和国民法典》婚姻家庭编的解释（一）", ""),
        ("", ""),
    ],
)
def test_the_title_says_which_law_is_changed_or_interpreted(title, law):
    assert amended_by(title) == law
    assert not amends_several(amended_by(title))


@pytest.mark.parametrize(
    "title",
    [
        "国务院关于修改部分行政法规的决定",
        "全国人民代表大会常务委员会关于修改《中华人民共和国会计法》等十一部法律的决定",
        "最高人民法院关于修改《最高人民法院关于适用〈中华人民共和国工会法〉若干问题的解释》"
        "等二十七件民事类司法解释的决定",
        "关于修改《甲法》《乙法》的决定",
        "关于修改《甲法》和《乙法》的决定",
    ],
)
def test_a_decision_on_several_laws_says_so(title):
    assert amends_several(amended_by(title))


def test_a_quotation_begins_at_the_address_before_it():
    text = "将刑法第二百零一条修改为：“甲款。\n“乙款。\n“犯前款罪的，丙。”"

    assert base_at(text, "甲") == "第二百零一条第一款"
    assert base_at(text, "前款") == "第二百零一条第三款"


def test_a_quotation_of_one_paragraph_begins_with_that_paragraph():
    text = "第十条第三款修改为：“单位犯前两款罪的，甲。”"

    assert base_at(text, "前两款") == "第十条第三款"


def test_a_list_of_new_paragraphs_begins_with_its_first():
    text = "第十条增加两款，作为第十条第二款、第三款：“甲。\n“违反前款的，乙。”"

    assert base_at(text, "前款") == "第十条第三款"


def test_items_inside_a_quotation_are_items_of_the_amended_article():
    text = "将第九条修改为：“有下列情形之一的：\n“（一）甲；\n“（二）前项以外的。”"

    assert base_at(text, "前项") == "第九条第一款第二项"


def test_a_label_inside_a_quotation_says_where_the_words_stand():
    text = "第五条修改为：“第十二条之一 甲。\n乙前款。\n“第十三条 丙。\n丁前款。”"

    assert base_at(text, "乙前款") == "第十二条之一第二款"
    assert base_at(text, "丁前款") == "第十三条第二款"


def test_a_quotation_that_nothing_announces_has_no_known_place():
    assert base_at("修改为：“甲前款。”", "前款") is None
    assert base_at("修改为：“第十十条 甲前款。”", "前款") is None


def test_outside_quotations_there_is_none():
    text = "将第九条修改为：“甲。”乙"

    assert Quotations(text).at(0, []) is None
    assert Quotations(text).at(len(text) - 1, []) is None
