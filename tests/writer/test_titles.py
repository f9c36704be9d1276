"""Where titles break: between words, in the shape of a trapezoid or a rhombus."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.writer.flat import columns_of
from lawvault.writer.titles import title_lines

WORDS = st.sampled_from(
    ["的", "《", "》", "甲公司", "关于", "合同", "、", "第五条", "一案", "（", "）", "和"]
)


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("民事起诉状", ["民事起诉状"]),
        (
            "关于江州远帆家具有限公司解除设备租赁合同的法律意见书",
            ["关于江州远帆家具有限公司", "解除设备租赁合同的法律意见书"],
        ),
        (
            "关于民间借贷约定利率与逾期利率上限的法律检索报告",
            ["关于民间借贷约定利率与逾期利率上限的", "法律检索报告"],
        ),
        (
            "关于适用《中华人民共和国劳动合同法》若干问题的法律意见书",
            ["关于适用《中华人民共和国劳动合同法》", "若干问题的法律意见书"],
        ),
        (
            "关于江州远帆家具有限公司与江州宏运商贸有限公司买卖合同纠纷案的法律意见书",
            [
                "关于江州远帆家具有限公司",
                "与江州宏运商贸有限公司买卖合同纠纷案的",
                "法律意见书",
            ],
        ),
        ("甲" * 30, ["甲" * 30]),
    ],
)
def test_a_long_title_breaks_between_words_and_a_short_one_not(title, lines):
    assert list(title_lines(title, 20)) == lines


@given(st.lists(WORDS, max_size=40).map("".join), st.integers(6, 30))
def test_no_line_begins_with_a_particle_and_nothing_is_lost(title, room):
    lines = title_lines(title, room)

    assert "".join(lines) == title
    assert len(lines) == 1 or max(map(columns_of, lines)) <= 2 * room
    assert not any(line.startswith(("的", "》", "）", "、", "和", "第")) for line in lines[1:])
