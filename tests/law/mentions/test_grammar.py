"""Addresses as texts write them, read from a given place to their end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.law.address import Address
from lawvault.law.mentions.grammar import after_title, chain, past_briefs
from lawvault.law.numerals import to_chinese

NUMBERS = st.integers(1, 9999)


def addresses(text: str, *, arabic: bool = False) -> list[str]:
    return [
        str(m.address) + (f"..{m.through}" if m.through else "")
        for m in chain(text, 0, Address(), arabic=arabic)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("第三十八条", ["第三十八条"]),
        ("第一千零七十七条", ["第一千零七十七条"]),
        ("第38条第1款第（2）项", ["第三十八条第一款第二项"]),
        ("第３８条第１款", ["第三十八条第一款"]),
        ("第 38 条 第 1 款", ["第三十八条第一款"]),
        ("第二十条第三款第（一）项第2目", ["第二十条第三款第一项第二目"]),
        ("第一百二十条之一", ["第一百二十条之一"]),
        ("第一百二十条之一第二款", ["第一百二十条之一第二款"]),
        ("第十五、十六条", ["第十五条", "第十六条"]),
        ("第五、六、七条", ["第五条", "第六条", "第七条"]),
        ("第五条、第七条和第九条", ["第五条", "第七条", "第九条"]),
        ("第五条，以及第七条", ["第五条", "第七条"]),
        ("第五条第一款、第三款", ["第五条第一款", "第五条第三款"]),
        ("第五条第一、三款", ["第五条第一款", "第五条第三款"]),
        ("第五条第一款和第七条第二款", ["第五条第一款", "第七条第二款"]),
        ("第四十条第一项、第二项", ["第四十条第一项", "第四十条第二项"]),
        ("第十条第（一）、（三）项", ["第十条第一项", "第十条第三项"]),
        ("第十条第（一）（三）（七）项", ["第十条第一项", "第十条第三项", "第十条第七项"]),
        ("第十条（二）项", ["第十条第二项"]),
        ("第三条至第五条", ["第三条..第五条"]),
        ("第三至五条", ["第三条..第五条"]),
        ("第三条-第五条", ["第三条..第五条"]),
        ("第十条第一款第五项至第十七项", ["第十条第一款第五项..第十条第一款第十七项"]),
        ("第一百二十条之一至之六", ["第一百二十条之一..第一百二十条之六"]),
        ("第一百二十条之一、之三", ["第一百二十条之一", "第一百二十条之三"]),
        ("第五条的第一款中的第二项", ["第五条第一款第二项"]),
        ("第五条规定的第一款", ["第五条第一款"]),
        ("第三十六条、四十一条、第44条", ["第三十六条", "第四十一条", "第四十四条"]),
        ("第八条和第九条第一款规定，第十条", ["第八条", "第九条第一款"]),
        ("第五条之一般规定", ["第五条"]),
        ("第一项第１目的规定", ["第一项第一目"]),
    ],
)
def test_a_chain_of_addresses_is_read_to_its_end(text, expected):
    assert addresses(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *(
            "第一条例",
            "第三条款",
            "第二条件",
            "第一条约",
            "第二款式",
            "第三款项",
            "第三项目",
            "第一目标",
        ),
        *(
            "第十十条",
            "第零条",
            "第一万条",
            "第99999条",
            "第条",
            "第一",
            "条",
            "第",
            "（一）",
            "第二编",
        ),
    ],
)
def test_what_only_looks_like_an_address_is_none(text):
    assert addresses(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("585条", ["第五百八十五条"]),
        ("38条第1款、39条", ["第三十八条第一款", "第三十九条"]),
        ("133条之一", ["第一百三十三条之一"]),
        ("二百六十四条", ["第二百六十四条"]),
    ],
)
def test_an_address_without_its_first_word_is_read_where_a_name_stands_before_it(text, expected):
    assert addresses(text, arabic=True) == expected
    assert addresses(text) == []


def test_a_part_goes_deeper_into_the_given_address():
    base = Address(number=7, paragraph=2)

    (mention,) = chain("第三项", 0, base)

    assert str(mention.address) == "第七条第二款第三项"


def test_every_mention_has_its_own_span():
    text = "第五条第一款、第三款和第七条"

    assert [text[m.start : m.end] for m in chain(text, 0, Address())] == [
        "第五条第一款",
        "第三款",
        "第七条",
    ]


@given(NUMBERS, NUMBERS, NUMBERS)
def test_any_address_is_read_back_in_chinese_and_arabic(number, paragraph, item):
    address = Address(number=number, paragraph=paragraph, item=item)
    arabic = f"第{number}条第{paragraph}款第（{item}）项"

    for text in (str(address), arabic):
        assert [m.address for m in chain(text, 0, Address())] == [address]


@given(st.lists(NUMBERS, min_size=1, max_size=9), st.sampled_from("、和及与或"))
def test_a_list_of_any_articles_is_read_in_its_order(numbers, join):
    text = join.join(f"第{to_chinese(number)}条" for number in numbers)

    assert [m.address.number for m in chain(text, 0, Address())] == numbers


@pytest.mark.parametrize(
    "text",
    [
        "第五百条",
        "（以下简称《民法典》）第五百条",
        "（2020年修正）（以下简称“民法典（新）”）第五百条",
        "合同编第五百条",
        "第三编第五百条",
        "第三编第一章第五百条",
        "总则编的第五百条",
        "规定的第五百条",
        " 第500条",
        "500条",
    ],
)
def test_an_address_follows_a_title_behind_its_brackets_and_sections(text):
    assert [str(m.address) for m in after_title(text, 0)] == ["第五百条"]


@pytest.mark.parametrize("text", ["规定：第五百条", "，第五百条", "第二款", "的规定", ""])
def test_what_is_not_right_behind_a_title_is_not_its_address(text):
    assert after_title(text, 0) == []


def test_the_brackets_behind_a_title_end_where_other_words_begin():
    assert past_briefs("（2018修正）（以下简称甲法）第五条", 0) == 16
    assert past_briefs("（没有结束", 0) == 0
