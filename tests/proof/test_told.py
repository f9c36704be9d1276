"""What the user told of himself needs no law; a rule needs one, whoever named its figure first."""

import pytest

from lawvault.proof.figures import figures
from lawvault.proof.told import Told

FACTS = "我月薪8000元，工作三年，公司说仲裁时效三年，网上说三倍工资，试用期约定了一年"


def is_told(text: str) -> bool:
    return Told(FACTS).has(text, figures(text)[0])


@pytest.mark.parametrize(
    "text",
    [
        "您在公司工作三年",
        "您是老员工了，月薪8000元，未签合同",
        "您被辞退，工作三年，月薪另计",
        "公司应当补足您的8000元工资",
        "您听说的三年时效并不准确",
        "您约定的试用期一年超过上限",
        "您提到的三倍工资没有依据",
        "本案中工作三年的事实清楚",
    ],
)
def test_a_fact_is_told_with_or_without_a_word_to_the_user_in_its_clause(text: str) -> None:
    assert is_told(text)


@pytest.mark.parametrize(
    "text",
    [
        "您的仲裁时效为三年",
        "您应当在三年内申请仲裁",
        "三年内您都可以提起仲裁",
        "您的仲裁时效比较长，为三年",
        "您可以主张三倍工资",
        "您符合条件，公司应支付三倍工资",
        "您的试用期最长一年",
        "您的法定上限是一年",
        "仲裁时效三年",
        "月薪9000元是您说的",
    ],
)
def test_a_rule_is_not_told(text: str) -> None:
    assert not is_told(text)
