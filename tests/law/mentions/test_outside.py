"""Articles of no law: what names them, and which lines of a text are its own 第一条."""

import pytest

from lawvault.law.mentions.outside import (
    is_house_rule,
    is_norm_title,
    is_outside,
    is_unnamed_norm,
    labels,
    speaks_of_clause,
)


@pytest.mark.parametrize(
    "before",
    ["原合同", "补充协议", "员工手册", "公司规章制度", "招标文件", "一审判决", "合同附件一",
     "本公司章程", "租赁合同（编号HT-01）", "双方约定", "公司考核办法", "我司差旅费管理规定",
     "被告的奖惩办法", "保险条款"],
)  # fmt: skip
def test_words_that_name_no_law_are_known(before):
    assert is_outside(f"根据{before}")
    assert speaks_of_clause(f"{before}第三条") or before.endswith(("办法", "规定"))


@pytest.mark.parametrize(
    "before",
    ["劳动合同法", "民法典", "上市公司收购管理办法", "公司债券管理办法", "保险公司管理规定",
     "公司法实施细则", "公司违反工资支付暂行规定", "合同编", "工伤保险条例"],
)  # fmt: skip
def test_words_that_name_a_law_are_not_taken_for_a_contract(before):
    assert not is_outside(f"根据{before}")


@pytest.mark.parametrize(
    ("name", "before", "expected"),
    [
        ("考勤管理办法", "", True),
        ("员工奖惩管理规定（试行）", "", True),
        ("某某有限公司差旅管理制度", "", True),
        ("公司章程", "", True),
        ("奖惩办法", "根据公司制定的", True),
        ("奖惩办法", "根据", False),
        ("企业职工奖惩条例", "公司依据", False),
        ("中国共产党章程", "", False),
        ("上海市企业工资支付办法", "根据公司", False),
        ("劳动法", "被告", False),
    ],
)
def test_a_rule_of_a_company_is_told_from_one_of_the_state(name, before, expected):
    assert is_house_rule(name, before) == expected
    assert before or is_norm_title(name) != expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("婚姻法解释二", True),
        ("婚姻法司法解释二", True),
        ("民法典担保制度解释2", True),
        ("劳动合同（法）", True),
        ("房屋租赁合同", False),
        ("民法典解释二十讲", False),
    ],
)
def test_a_shortened_name_of_an_interpretation_is_that_of_a_norm(title, expected):
    assert is_norm_title(title) == expected


def test_a_norm_that_is_called_by_its_kind_only_is_of_no_law_named():
    assert is_unnamed_norm("根据会议纪要")
    assert not is_unnamed_norm("民法典的规定")


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("## 第五条　违约\n\n文\n\n## 第六条　管辖", [5, 6]),
        ("**第五条 违约**\n\n**第六条** 管辖", [5, 6]),
        ("# 第五条　违约\n\n第六条　管辖", []),
        ("第一条 标的\n文\n第二条：价款\n第二条之一　利息", [1, 2, 2]),
        ("第四十六条　应当补偿。\n第四十七条　按年限。", []),
        ("第一条规定标的。\n第二条规定价款。", []),
        ("## 第三十八条的适用\n\n## 第四十六条规定的情形", []),
        ("## 第一条、第二条\n\n## 第三条　丙", []),
        ("第一条款 甲\n第二条件 乙", []),
    ],
)
def test_only_lines_that_head_parts_of_a_text_are_its_labels(text, numbers):
    found = labels(text)

    assert [number for _, number in found.values()] == numbers
    assert all(text[start] == "第" and "条" in text[start:end] for start, (end, _) in found.items())
