"""What nobody told is found and blanked; what was told, or is law, stays."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.proof.marking import Flag
from lawvault.writer.grounds.facts import blanked, blanks, told, untold
from lawvault.writer.grounds.particulars import particulars
from lawvault.writer.markdown.write import to_markdown
from lawvault.writer.templates.filling import fill
from lawvault.writer.templates.template import shipped_templates

FACTS = (
    "我叫张三，女，住北京市朝阳区建国路88号，电话13800138000，2024年3月5日入职北京明月科技有限公司，"
    "月工资八千元，公司拖欠三个月工资。仲裁案号京朝劳人仲字（2024）第12号，法院案号（2024）京0105民初12345号。"
)
KNOWN = told(FACTS)

TOLD = [
    "委托人【姓名：　】于【入职日期：　】入职，律师事务所地址：【　】。",
    "原告张三，女，住北京市朝阳区建国路88号，联系电话：13800138000。",
    "被告：北京明月科技有限公司。",
    "原告张三于2024年3月5日入职，月工资8000元（人民币捌仟元整）。",
    "原告于二〇二四年三月五日入职，2024-03-05签订合同，3月5日报到，2024年3月受聘。",
    "见（2024）京0105民初12345号判决书、〔2024〕京0105民初12345号裁定书。",
    "此致\n北京市朝阳区人民法院",
    "请求判令被告支付工资8,000元。",
]
LEGAL = [
    "原告与被告于签订合同时约定，甲方应向乙方支付价款。",
    "被告周末安排加班，原告曾多次向被告催讨，申请人金额未获支付。",
    "依法向有管辖权的人民法院起诉；向劳动争议仲裁委员会申请仲裁；由被告住所地人民法院管辖。",
    "原告：【原告姓名：　】，住【　】，联系电话：【　】。",
    "劳动者可以解除劳动合同，用人单位应当自用工之日起三十日内办理。",
    "被告公司未与原告签订书面劳动合同，应承担相应责任。",
    "第一百二十三条、法释〔2020〕17号、12333热线。",
    "某某有限公司、XX人民法院。",
    "营利法人包括有限责任公司、股份有限公司等，双方拟设立有限公司。",
]
INVENTED = [
    ("原告李四与被告签订合同。", "原告【　】与被告签订合同。"),
    ("原告：李四，男，汉族，1990年1月2日出生。", "原告：【　】，【　】，【　】，【　】出生。"),
    ("被告上海星河贸易有限公司拖欠货款。", "被告【　】拖欠货款。"),
    ("双方于2023年7月1日签订合同。", "双方于【　】签订合同。"),
    ("欠款本金五万元未还。", "欠款本金【　】未还。"),
    ("欠款￥50,000.00未还。", "欠款【　】未还。"),
    ("人民币伍万元整", "人民币【　】整"),
    ("住上海市浦东新区张江路1号。", "住【　】。"),
    ("住所地：上海市浦东新区张江高科园区。", "住所地：【　】。"),
    ("公民身份号码110101199001021234。", "公民身份号码【　】。"),
    ("电话13912345678，邮寄。", "电话【　】，邮寄。"),
    ("委托合同号：189.43500.12", "委托合同号：【　】"),
    ("审判员：刘燕峰", "审判员：【　】"),
    ("记于2019-12月23日。", "记于【　】。"),
    ("见（2023）沪0115民初999号判决。", "见【　】判决。"),
    ("向上海市浦东新区人民法院起诉。", "向【　】起诉。"),
    ("法定代表人：王五，总经理。", "法定代表人：【　】，总经理。"),
]


@pytest.mark.parametrize("text", [*TOLD, *LEGAL])
def test_what_was_told_and_what_is_no_particular_stays(text: str) -> None:
    assert [text[one.start : one.end] for one in untold(text, KNOWN)] == []


@pytest.mark.parametrize("template", shipped_templates().values(), ids=lambda one: one.id)
def test_a_template_filled_with_its_examples_holds_nothing_that_was_not_told(template) -> None:
    values = {slot.id: slot.example for slot in template.slots if slot.example is not None}
    filled = fill(template, values)
    text = to_markdown(filled.document)

    known = told("\n".join(f"{label}：{words}" for label, words in filled.told))

    assert particulars(text)
    assert [text[one.start : one.end] for one in untold(text, known)] == []


@pytest.mark.parametrize(("text", "written"), INVENTED)
def test_what_nobody_told_becomes_a_blank(text: str, written: str) -> None:
    found, put = blanked(text, untold(text, told("公司拖欠工资")), [])

    assert found == written
    assert len(put) == written.count("【　】")


def test_an_invented_name_is_blanked_wherever_it_stands() -> None:
    text = "原告李四起诉。2024年3月5日，李四入职。"

    assert blanked(text, untold(text, KNOWN), [])[0] == "原告【　】起诉。2024年3月5日，【　】入职。"


COMPUTED = [
    "拖欠工资24000元。",
    "拖欠工资共计8000元×3.5=28000元。",
    "两项合计16000元。",
]


@pytest.mark.parametrize("text", COMPUTED)
def test_an_amount_that_comes_of_what_was_told_stays_and_is_flagged(text: str) -> None:
    written, put = blanked(text, untold(text, KNOWN), [])

    assert written.count("⚠【未见于您提供的事实】") == 1
    assert written.replace("⚠【未见于您提供的事实】", "") == text
    assert put == ()


def test_days_and_amounts_of_a_sentence_that_the_law_bears_out_are_those_of_the_law() -> None:
    text = "依照《甲法》第九条，处二万元以下罚款，自2021年1月1日起施行。"

    assert untold(text, KNOWN, lawful=[(0, len(text))]) == []
    assert len(untold(text, KNOWN)) == 2


def test_what_the_materials_say_is_told() -> None:
    known = told("公司拖欠工资")
    known.add(["本法自2008年1月1日起施行。处二千元以上罚款。"])

    assert untold("该法自2008年1月1日起施行，罚款2000元。", known) == []


def test_flags_keep_their_places_and_that_of_a_blanked_word_falls_away() -> None:
    text = "原告李四欠五万元，违反《甲法》第九条。"
    flags = [Flag(start=5, end=8, reason="无"), Flag(start=11, end=18, reason="该法无此条")]

    written, put = blanked(text, untold(text, told("")), flags)

    assert written == "原告【　】欠【　】，违反《甲法》第九条⚠【该法无此条】。"
    assert [one.label for one in put] == ["姓名或名称", "金额"]
    assert put[1].context == "原告【　】欠【　】，违反《甲法》第九条。"


def test_blanks_are_found_with_their_labels() -> None:
    text = "原告：【原告姓名：　】\n住【　】，见【2020】号、【注】、⚠【未能核实】"

    assert [(one.label, one.context) for one in blanks(text)] == [
        ("原告姓名", "原告：【原告姓名：　】"),
        ("", "住【　】，见【2020】号、【注】、⚠【未能核实】"[: len(blanks(text)[1].context)]),
    ]


WORDS = st.sampled_from(
    [
        "原告",
        "张明",
        "李四",
        "，",
        "。",
        "2024年",
        "3月5日",
        "五万元",
        "×",
        "【　】",
        "甲公司",
        "\n",
        "，1，",
    ]
)


@given(st.lists(WORDS, max_size=30).map("".join))
def test_a_blanked_text_tells_nothing_more_that_nobody_told(text: str) -> None:
    known = told("3月5日")
    written, _ = blanked(text, untold(text, known), [])

    again = [one for one in untold(written, known) if not one.is_computed]
    names = {text[one.start : one.end] for one in untold(text, known)}
    assert not [one for one in again if written[one.start : one.end] in names]


@given(
    st.text(
        alphabet="原告被张李王三四于向与在0123456789年月日元万号市区路省公司有限（），。：",
        max_size=80,
    )
)
def test_particulars_are_in_order_and_never_overlap(text: str) -> None:
    found = particulars(text)

    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert all(a.end <= b.start for a, b in itertools.pairwise(found))
