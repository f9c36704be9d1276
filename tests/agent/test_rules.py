"""Plans by rules: what is cut, what stays together, and that nothing is lost."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.agent.nouns import Asked
from lawvault.agent.rules import MAX_QUERY, MAX_QUESTIONS, plan_by_rules, split

DAY = datetime.date(2026, 3, 2)


def plan_of(text: str, *citations: str):
    return plan_by_rules(Asked(text=text, as_of=DAY, citations=citations))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("老板拖欠工资怎么办", ["老板拖欠工资怎么办"]),
        ("试用期最长多久？", ["试用期最长多久？"]),
        ("租房押金", ["租房押金"]),
        ("老板拖欠工资。能要赔偿吗？社保没交怎么办？", ["能要赔偿吗？", "社保没交怎么办？"]),
        (
            "公司把我辞退了，能不能要经济补偿，社保断缴的损失谁来赔",
            ["能不能要经济补偿", "社保断缴的损失谁来赔"],
        ),
        ("1、押金能退吗？2、提前退租要赔多少？", ["押金能退吗？", "提前退租要赔多少？"]),
        (
            "谁也没说什么，过了好几年。他怎么都不走，我能要回房子吗？",
            ["谁也没说什么，过了好几年。他怎么都不走，我能要回房子吗？"],
        ),
        ("他问我怎么办。要交哪些材料？公证花多少钱？", ["要交哪些材料？", "公证花多少钱？"]),
        ("哪些情况下，机关应当改决定？", ["哪些情况下，机关应当改决定？"]),
        ("加班费怎么算？ 1.5倍对吗？", ["加班费怎么算？", "1.5倍对吗？"]),
        ("老板不发工资怎么办？我该怎么办呢？", ["老板不发工资怎么办？我该怎么办呢？"]),
        ("房东不退押金怎么办，另外漏水谁来修", ["房东不退押金怎么办", "漏水谁来修"]),
        ("老公家暴我，想离婚，孩子归谁", ["想离婚", "孩子归谁"]),
        ("公司拖欠工资，能不能辞职并要赔偿", ["能不能辞职", "能不能要赔偿"]),
        ("两家公司能不能合并要多少钱", ["两家公司能不能合并要多少钱"]),
        ("想离婚，怎么办？", ["想离婚，怎么办？"]),
        ("公司什么理由都没说，合法吗？", ["公司什么理由都没说，合法吗？"]),
    ],
)
def test_a_question_is_cut_where_it_asks(text, parts):
    assert split(text)[1] == parts


def test_facts_at_the_beginning_go_with_every_question():
    plan = plan_of("我在工地摔伤了。医药费谁来出？误工费怎么算？")

    assert [one.queries[0] for one in plan.questions] == [
        "我在工地摔伤了，医药费谁来出？",
        "我在工地摔伤了，误工费怎么算？",
    ]


def test_a_wish_is_a_question_and_a_fact_for_the_next():
    plan = plan_of("老公家暴我，想离婚，孩子归谁")

    assert [one.queries[0] for one in plan.questions] == [
        "老公家暴我，想离婚",
        "老公家暴我，想离婚，孩子归谁",
    ]


def test_a_question_that_does_not_say_what_about_is_called_with_its_facts():
    plan = plan_of("公司把我辞退了，公司什么理由都没说，合法吗？能要多少赔偿？社保没交怎么办？")

    assert [one.text for one in plan.questions] == [
        "公司把我辞退了，公司什么理由都没说，合法吗？",
        "公司把我辞退了，公司什么理由都没说，能要多少赔偿？",
        "社保没交怎么办？",
    ]


def test_queries_are_in_everyday_words_first_and_then_with_those_of_statutes():
    one = plan_of("老板把我炒鱿鱼怎么办").questions[0]

    assert one.queries == (
        "老板把我炒鱿鱼怎么办",
        "老板把我炒鱿鱼怎么办 用人单位 解除劳动合同",
    )
    assert one.keywords[:2] == ("用人单位", "解除劳动合同")


def test_words_that_are_in_statute_language_already_stay():
    one = plan_of("用人单位解除劳动合同要提前几天").questions[0]

    assert "用人用人单位" not in "".join(one.queries)
    assert plan_of("公司法里股东怎么退出").questions[0].queries == ("公司法里股东怎么退出",)


def test_more_than_five_questions_stay_together_in_the_last():
    plan = plan_of("".join(f"第{n}件事情的费用怎么计算？" for n in "甲乙丙丁戊己庚"))

    assert [one.id for one in plan.questions] == ["q1", "q2", "q3", "q4", "q5"]
    assert plan.questions[-1].text.count("？") == 3


def test_citations_are_looked_up_once():
    plan = plan_of("押金能退吗？提前退租要赔多少？", "民法典第五百八十五条")

    assert [one.citations for one in plan.questions] == [("民法典第五百八十五条",), ()]


@given(st.text(alphabet="老板工资怎么办吗谁？，。；\n 1、（）还有", max_size=80))
def test_every_plan_is_bounded_and_loses_no_word_that_is_asked(text):
    plan = plan_of(text)
    facts, parts = split(text)

    assert 1 <= len(plan.questions) <= MAX_QUESTIONS
    assert all(len(query) <= MAX_QUERY for one in plan.questions for query in one.queries)
    for word in ("老板", "工资"):
        assert (
            (facts + "".join(parts)).count(word) == text.count(word) or "\n" in text or "1" in text
        )
