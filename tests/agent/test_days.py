"""The day that a question tells."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.agent.days import day_meant

TODAY = datetime.date(2026, 3, 2)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2019年5月发生的车祸", "2019-05-31"),
        ("2019年5月3日被打", "2019-05-03"),
        ("二〇一九年五月三日被打", "2019-05-03"),
        ("２０１９年５月被打", "2019-05-31"),
        ("2019年上班途中被撞", "2019-12-31"),
        ("2019-05-03 被打", "2019-05-03"),
        ("2019.5 被打", "2019-05-31"),
        ("去年被辞退", "2025-12-31"),
        ("去年3月被辞退", "2025-03-31"),
        ("前年年初被辞退", "2024-01-31"),
        ("今年被辞退", "2026-03-02"),
        ("今年1月被辞退", "2026-01-31"),
        ("三年前借的钱", "2023-03-03"),
        ("两个月前借的钱", "2026-01-01"),
        ("昨天被打", "2026-03-01"),
        ("2018年买的车，2020年6月出的事故", "2020-06-30"),
    ],
)
def test_the_last_past_date_is_the_day_whose_law_counts(text, day):
    assert day_meant(text, TODAY).isoformat() == day


@pytest.mark.parametrize(
    "text",
    [
        "老板不发工资",
        "2015年3月入职，被辞退怎么赔",
        "我1985年出生",
        "2019年起一直没交社保",
        "2019年开始欠工资至今",
        "2019年借的钱，现在不还",
        "2018年修正的劳动法怎么规定",
        "2019年开的公司，前几天市监局来电话",
        "合同到2028年5月到期",
        "2019年13月",
        "2019年2月30日",
        "工作了3年",
        "编号 120190503",
        "赔2000元",
    ],
)
def test_what_is_no_past_date_of_an_event_leaves_today(text):
    assert day_meant(text, TODAY) == TODAY


@given(st.text(alphabet="0123456789年月日前去今个两三十-./ 二〇一九", max_size=40))
def test_no_text_gives_a_day_to_come(text):
    assert day_meant(text, TODAY) <= TODAY
