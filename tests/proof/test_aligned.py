"""A figure is held against the sentence of the law whose words are around it."""

import pytest

from lawvault.proof.aligned import slips

FINES = (
    "违反规定堆放物品的，处警告，并处五百元以上罚款；再次违反的，处十日拘留，并处二千元罚款。\n"
    "有下列情形之一的，按照下列标准缴纳：\n（一）个人经营的，缴纳营业额的百分之三；\n"
    "（二）企业经营的，缴纳营业额的百分之五。\n"
    "从业满三年以上的，休假不得超过六个月；从业不满三年的，休假不得超过一个月。"
)
OTHER = "申请复议的期间为六十日。"
APPEAL = "提起上诉的期间为十五日。"


@pytest.mark.parametrize(
    ("text", "law"),
    [
        ("再次违反的，处五百元罚款", "二千元"),
        ("个人经营的，缴纳营业额的百分之五", "百分之三"),
        ("企业经营的，缴纳3%", "百分之五"),
        ("从业三年以上的，休假一个月", "六个月"),
        ("休假最长三年", "六个月"),
        ("申请复议的期间为十五日", "六十日"),
    ],
)
def test_a_figure_of_another_sentence_is_seen_with_the_right_one(text: str, law: str) -> None:
    assert [slip.law for slip in slips(text, [FINES, OTHER, APPEAL])] == [law]


@pytest.mark.parametrize(
    "text",
    [
        "违反规定堆放物品的，处五百元以上罚款",
        "再犯的，处十日拘留和二千元罚款",
        "个人缴3%，企业缴5%",
        "从业三年以上的，休假不超过六个月",
        "复议期间六十日，上诉期间十五日",
        "期间为十五日",
        "罚款二千元",
        "违反规定堆放物品的，再犯时处二千元罚款",
    ],
)
def test_a_figure_in_its_place_or_without_a_plain_one_is_let_be(text: str) -> None:
    assert list(slips(text, [FINES, OTHER, APPEAL])) == []


def test_what_a_sentence_of_the_law_leaves_unsaid_may_be_said() -> None:
    law = (
        "劳动合同期限三个月以上不满一年的，试用期不得超过一个月；"
        "一年以上不满三年的，试用期不得超过二个月。"
    )

    assert list(slips("劳动合同期限一年以上不满三年的，试用期不得超过二个月", [law])) == []
    assert len(list(slips("劳动合同期限一年以上不满三年的，试用期不得超过一个月", [law]))) == 1
