"""Figures are read as a careful reader reads them, however they are written."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.law.numerals import to_chinese
from lawvault.proof.figures import figures, number_of, strangers


def read(text: str) -> list[tuple[str, Fraction]]:
    return [(figure.kind, figure.value) for figure in figures(text)]


SAME = [
    ("三十日", "30日"),
    ("三十日", "３０天"),
    ("十五日", "15 日"),
    ("一个月", "1个月"),
    ("一年", "12个月"),
    ("半年", "六个月"),
    ("半个月", "0.5个月"),
    ("一年半", "十八个月"),
    ("七日", "一周"),
    ("百分之二十", "20%"),
    ("百分之二十", "20％"),
    ("百分之五十", "二分之一"),
    ("百分之一百五十", "1.5倍"),
    ("万分之五", "0.05%"),
    ("千分之五", "5‰"),
    ("二倍", "双倍"),
    ("两倍", "2倍"),
    ("二千元", "2,000元"),
    ("二千元", "2000元"),
    ("五十万元", "50万元"),
    ("五十万元", "500000元"),
    ("一亿元", "1亿元"),
    ("十八周岁", "18岁"),
    ("二十四小时", "24个小时"),
    ("五个工作日", "5个工作日"),
    ("二次", "两次"),
    ("十人以上", "10人以上"),
    ("五十克", "0.05千克"),
    ("三千元至一万元", "3000元—1万元"),
    ("三至六个月", "3-6个月"),
    ("二周年", "二年"),
    ("20周年", "二十年"),
    ("叁年", "三年"),
    ("壹拾贰个月", "一年"),
    ("伍万圆", "5万元"),
    ("￥3000", "三千元"),
    ("¥3,000元", "三千元"),
    ("七折", "70%"),
    ("八五折", "百分之八十五"),
    ("六成", "60%"),
    ("七成半", "75%"),
    ("48h", "四十八小时"),
    ("八个半小时", "8.5小时"),
    ("一个半月", "1.5个月"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_one_figure_is_equal_in_every_writing(one: str, other: str) -> None:
    assert read(one)
    assert read(one) == read(other)


DIFFERENT = [
    ("三十日", "一个月"),
    ("三十日", "十三日"),
    ("三十日", "三十个工作日"),
    ("二倍", "三倍"),
    ("2000元", "2000万元"),
    ("百分之二十", "百分之二"),
    ("三年", "三个月"),
    ("二十四小时", "二十四日"),
    ("一周", "一周年"),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_figures_that_the_law_counts_differently_are_different(one: str, other: str) -> None:
    assert read(one)
    assert read(one) != read(other)


NONE = [
    "第三十条第二款第一项",
    "自2021年1月1日起施行",
    "二〇二五年六月二十七日通过",
    "3月5日",
    "2020年修正",
    "一次性支付",
    "夫妻二人",
    "第一年",
    "一方",
    "二三十日",
    "十余年",
    "三成员",
    "第二成立",
    "一成不变",
    "一波三折",
    "入伍年限",
    "10周年庆",
    "48hours",
    "几年",
    "",
]


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_figure_is_not_read_as_one(text: str) -> None:
    assert figures(text) == []


def test_every_figure_of_a_sentence_is_found_in_its_place() -> None:
    text = "处三年以上十年以下有期徒刑，并处违法所得一倍以上五倍以下或者2万元以上罚金"

    assert [text[f.start : f.end] for f in figures(text)] == [
        "三年以上",
        "十年以下",
        "一倍以上",
        "五倍以下",
        "2万元以上",
    ]


def test_a_figure_that_no_source_has_is_a_stranger() -> None:
    text = "应当提前六十日通知，并支付一个月工资"

    found = strangers(text, ["提前三十日", "支付一个月工资"])

    assert [text[f.start : f.end] for f in found] == ["六十日"]


@pytest.mark.parametrize(
    ("text", "source", "strange"),
    [
        ("三年以上", "三年以下有期徒刑", True),
        ("三年以下", "三年以下；三年以上七年以下", False),
        ("三年以上", "三年", False),
        ("三年", "三年以下", False),
        ("三年以内", "不超过三年", False),
    ],
)
def test_above_is_not_below(text: str, source: str, strange: bool) -> None:
    assert bool(strangers(text, [source])) is strange


@given(st.integers(1, 99_999), st.sampled_from(["日", "个月", "元", "倍", "小时", "周岁"]))
def test_chinese_and_arabic_numerals_always_agree(number: int, unit: str) -> None:
    assert (
        read(f"{to_chinese(number)}{unit}") == read(f"{number}{unit}") == read(f"{number:,}{unit}")
    )


@given(
    st.text(
        alphabet="一二三十百千万亿零两半点.,0123456789日天个月年元%倍分之至-以上下第次人 周岁",
        max_size=24,
    )
)
def test_any_text_is_read_without_an_error(text: str) -> None:
    for figure in figures(text):
        assert 0 <= figure.start < figure.end <= len(text)


@pytest.mark.parametrize("words", ["十十", "一百五", "点五", "万", "亿"])
def test_a_number_without_one_reading_is_not_guessed(words: str) -> None:
    assert number_of(words) is None
