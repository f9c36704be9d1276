"""Names of laws in running text: where they begin, and what only looks like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.law.catalogue import Catalogue
from lawvault.law.mentions.named import (
    definitions,
    foreign_before,
    is_law_title,
    name_before,
    titles_at,
    words_before,
)

MARRIAGE = "最高人民法院关于适用《中华人民共和国民法典》婚姻家庭编的解释（一）"
CATALOGUE = Catalogue(
    ["中华人民共和国劳动法", "中华人民共和国劳动合同法", "中华人民共和国民法典", MARRIAGE]
)
PIECES = st.lists(
    st.sampled_from([*"《》（）()“”\n的关于", "简称", "民法典", "解释", "最高人民法院"]),
    max_size=30,
).map("".join)


def name_at_end(text: str, catalogue: Catalogue | None = None, **names: str) -> str | None:
    found = name_before(text, len(text), floor=0, catalogue=catalogue or Catalogue(), names=names)
    return found[1] if found else None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("《民法典》", "民法典"),
        ("《关于适用〈民法典〉的解释》", "关于适用〈民法典〉的解释"),
        ("《甲《乙》丙》", "甲《乙》丙"),
    ],
)
def test_a_title_ends_with_the_bracket_that_closes_it(text, name):
    assert titles_at(text, 0) == [(0, len(text), name)]


@pytest.mark.parametrize(
    "text", ["《民法典", "《民法典\n》", "《甲《乙》", "《" + "字" * 300 + "》"]
)
def test_a_title_that_is_never_closed_is_none(text):
    assert titles_at(text, 0) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"依照{MARRIAGE}第二条", MARRIAGE),
        (
            "依照关于适用《民法典》婚姻家庭编的解释（一）第二条",
            "关于适用《民法典》婚姻家庭编的解释（一）",
        ),
        (
            "依照《中华人民共和国民法典》婚姻家庭编的解释（一）第二条",
            "民法典婚姻家庭编的解释（一）",
        ),
    ],
)
def test_a_title_inside_a_longer_name_comes_after_it(text, name):
    titles = titles_at(text, text.index("《"))

    assert titles[0][2] == name
    assert titles[1][2].endswith("民法典")
    assert text[titles[0][1] :] == "第二条"


@pytest.mark.parametrize("text", ["关于违反《民法典》的规定", "依照《民法典》的有关规定第二条"])
def test_words_about_a_law_do_not_make_its_title_longer(text):
    assert len(titles_at(text, text.index("《"))) == 1


@pytest.mark.parametrize(
    ("name", "is_law"),
    [
        *(
            ("民法典", True),
            ("工伤保险条例", True),
            ("刑法修正案（十一）", True),
            ("民事诉讼法（试行）", True),
        ),
        *(("义勇军进行曲", False), ("房屋买卖合同", False), ("人民日报", False), ("", False)),
    ],
)
def test_a_law_is_told_by_its_last_words(name, is_law):
    assert is_law_title(name) is is_law


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("违反治安管理处罚法", "治安管理处罚法"),
        ("第四十五条和劳动合同法", "劳动合同法"),
        ("的行为触犯刑法", "刑法"),
        ("我国宪法", "宪法"),
        ("原合同法", "合同法"),
        ("认定为合同法", "合同法"),
        ("并具有合同法", "合同法"),
        ("债权人主张其为物权法", "物权法"),
        ("违反中华人民共和国民法典", "中华人民共和国民法典"),
        ("违反公司法", "公司法"),
        ("依照对外贸易法", "对外贸易法"),
        ("依照数据安全法", "数据安全法"),
        ("依照就业促进法", "就业促进法"),
        ("依照涉外民事关系法律适用法", "涉外民事关系法律适用法"),
        ("依照无障碍环境建设法", "无障碍环境建设法"),
        ("按照青藏高原生态保护法", "青藏高原生态保护法"),
        ("根据刑法修正案（十一）", "刑法修正案（十一）"),
        ("根据刑法修正案十一", "刑法修正案十一"),
        ("根据民法典合同编", "民法典"),
        ("根据刑法第五章的", "刑法"),
        ("适用民法总则", "民法总则"),
        ("依据上海市房屋租赁管理办法", "上海市房屋租赁管理办法"),
        (
            "最高法关于适用民法典合同编通则若干问题的解释",
            "最高法关于适用民法典合同编通则若干问题的解释",
        ),
        ("最高人民法院关于确定民事侵权精神损害赔偿责任若干问题的解释", None),
    ],
)
def test_a_name_without_brackets_begins_after_the_words_that_lead_to_it(text, name):
    assert name_at_end(text) == (name or text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "依法",
            "违法",
            "方法",
            "说法",
            "办法",
            "其他办法",
            "本法",
            "该法",
            "新法",
            "有关法",
            "",
            "条例",
        ),
        *("人民法院", "公司章程", "劳动合同", "执法"),
    ],
)
def test_words_that_end_like_a_law_are_none(text):
    assert name_at_end(text) is None


def test_the_longest_known_name_wins():
    assert name_at_end("违反劳动合同法", CATALOGUE) == "劳动合同法"
    assert name_at_end("参照民法典婚姻家庭编解释（一）", CATALOGUE) == "民法典婚姻家庭编解释（一）"


@pytest.mark.parametrize("text", ["依照德国民法典", "依照法国的民法典", "依照台湾地区民法典"])
def test_another_countrys_law_is_never_ours(text):
    name = name_at_end(text, CATALOGUE)

    assert name is not None
    assert CATALOGUE.laws(name) == []


def test_a_country_before_a_title_is_found_with_its_place():
    assert foreign_before("参考德国", 4, floor=0) == 2
    assert foreign_before("参考德国", 4, floor=3) is None
    assert foreign_before("依照我国", 4, floor=0) is None


def test_a_defined_name_is_known_in_its_text():
    assert name_at_end("依照劳合法", 劳合法="劳动合同法") == "劳合法"
    assert name_at_end("依照条例", 条例="工伤保险条例") == "条例"


def test_a_defined_kind_of_law_is_not_the_end_of_a_longer_name():
    assert name_at_end("依照道路运输条例", 条例="工伤保险条例") == "道路运输条例"


def test_a_name_begins_behind_the_floor():
    text = "违反刑法治安管理处罚法"

    assert name_before(text, len(text), floor=4, catalogue=CATALOGUE, names={}) == (
        4,
        "治安管理处罚法",
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("本法的", "本法"),
        ("本条例中的 ", "本条例"),
        ("民法典总则编", "民法典"),
        ("本法第五章第二节", "本法"),
    ],
)
def test_links_and_sections_between_a_name_and_its_address_are_left_out(text, words):
    assert words_before(text, len(text), floor=0) == words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("《中华人民共和国民法典》（以下简称民法典）", {"民法典": "中华人民共和国民法典"}),
        ("《中华人民共和国民法典》（以下简称“民法典”）", {"民法典": "中华人民共和国民法典"}),
        ("《劳动合同法》(下称《劳合法》)", {"劳合法": "劳动合同法"}),
        ("《甲条例》 （以下简称条例）", {"条例": "甲条例"}),
        ("《甲解释》（法释〔2020〕1号，以下简称《解释》）", {"解释": "甲解释"}),
        ("《甲法》（以下统称上位法）", {"上位法": "甲法"}),
        (f"{MARRIAGE}（以下简称《解释一》）", {"解释一": MARRIAGE}),
        ("《甲法》（以下简称本法）", {}),
        ("《甲法》（2018年修正）", {}),
        ("用人单位（以下简称甲方）", {}),
        ("没有", {}),
    ],
)
def test_a_text_defines_short_names_in_brackets(text, expected):
    assert definitions(text) == expected


@given(PIECES)
def test_any_text_has_definitions_and_titles_that_lie_inside_it(text):
    assert all(full and full in "".join(text.split()) + text for full in definitions(text).values())
    for start in range(len(text)):
        if text[start] == "《":
            for begin, end, _ in titles_at(text, start):
                assert 0 <= begin <= start < end <= len(text)
