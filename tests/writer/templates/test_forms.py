import json

import pytest

from lawvault.writer.templates.forms import form_of, values_of
from lawvault.writer.templates.template import parse_template, shipped_template, shipped_templates

NAMES = sorted(shipped_templates())
CONDITIONAL = """---
slots:
  - {id: kind, type: choice, options: [person, company], label: 类型}
  - {id: has_agent, type: yes_no, label: 有无代理人, when: kind == company}
  - {id: agent, label: 代理人, when: has_agent == yes}
---
{{agent}}
"""


def examples(template):
    return {slot.id: slot.example for slot in template.slots}


@pytest.mark.parametrize("name", NAMES)
def test_a_form_is_json_and_asks_for_every_slot_once(name):
    template = shipped_template(name)

    form = json.loads(json.dumps(form_of(template)))

    asked = [field["id"] for group in form["groups"] for field in group["fields"]]
    assert sorted(asked) == sorted(slot.id for slot in template.slots)
    assert [field["id"] for field in form["sections"]] == [part.id for part in template.sections]


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_of_a_form_are_taken_and_nothing_is_missing(name):
    template = shipped_template(name)
    form = form_of(template)

    answers = values_of(
        template,
        {field["id"]: field["example"] for group in form["groups"] for field in group["fields"]},
    )

    assert (answers.problems, answers.missing) == ((), ())


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_form_lists_all_that_is_required_and_unconditional(name):
    template = shipped_template(name)

    answers = values_of(template, {})

    needed = [slot.id for slot in template.slots if slot.required and slot.when is None]
    assert [missing.slot for missing in answers.missing] == needed
    assert answers.problems == ()


def test_a_field_says_its_type_limits_options_and_condition():
    fields = {
        field["id"]: field
        for group in form_of(shipped_template("contract_clauses"))["groups"]
        for field in group["fields"]
    }

    assert fields["contract_name"]["max_chars"] == 60
    assert fields["dispute"]["options"][1] == {"value": "arbitration", "label": "仲裁"}
    assert fields["court"]["when"] == {"slot": "dispute", "value": "court"}
    assert (fields["copies"]["min"], fields["copies"]["max"]) == (1, 100)
    legal = fields["party_a"]["kinds"][1]
    assert legal["value"] == "legal"
    assert {"id": "representative", "label": "法定代表人（主要负责人）", "required": True} in legal[
        "parts"
    ]


@pytest.mark.parametrize(
    ("told", "missing"),
    [
        ({}, ["kind"]),
        ({"kind": "person"}, []),
        ({"kind": "company"}, ["has_agent"]),
        ({"kind": "company", "has_agent": False}, []),
        ({"kind": "company", "has_agent": "是"}, ["agent"]),
    ],
)
def test_a_conditional_slot_is_asked_for_only_where_its_condition_holds(told, missing):
    answers = values_of(parse_template(CONDITIONAL), told)

    assert [found.slot for found in answers.missing] == missing


def test_an_answer_that_does_not_apply_is_left_out_with_a_note():
    answers = values_of(parse_template(CONDITIONAL), {"kind": "person", "agent": "周某"})

    assert "agent" not in answers.values
    assert answers.notes == ("“代理人”在所选情形下不适用，未写入",)


def test_a_wrong_answer_is_a_problem_and_not_used():
    answers = values_of(shipped_template("lawyer_letter"), {"days": "七", "date": "2026-02-30"})

    assert [(problem.slot, problem.label) for problem in answers.problems] == [
        ("days", "答复或者履行的期限（日）"),
        ("date", "日期"),
    ]
    assert {"days", "date"} <= {missing.slot for missing in answers.missing}
    assert answers.values == {}


def test_an_answer_to_nothing_is_a_problem():
    (problem,) = values_of(parse_template("甲"), {"x" * 99: 1}).problems

    assert problem.slot == "x" * 40
    assert "没有这一填写项" in problem.message


def test_a_required_part_of_each_person_is_missing_by_name():
    template = shipped_template("contract_clauses")
    told = {"kind": "legal", "name": "某公司", "address": "某地"}

    answers = values_of(template, {**examples(template), "party_a": told})

    assert [(missing.label, missing.part) for missing in answers.missing] == [
        ("甲方·法定代表人（主要负责人）", "representative"),
        ("甲方·联系电话", "phone"),
    ]


def test_one_wrong_part_leaves_out_that_part_and_no_party():
    one = {"kind": "natural", "name": "甲"}
    told = {"plaintiffs": [{**one, "phone": "12"}, {**one, "name": "乙"}]}

    answers = values_of(shipped_template("civil_complaint"), told)

    assert [person.name for person in answers.values["plaintiffs"]] == ["甲", "乙"]
    assert [(one.slot, one.message.split("：")[0]) for one in answers.problems] == [
        ("plaintiffs", "第 1 位联系电话“12”有误")
    ]


def test_an_unusual_spelling_is_shown_back_with_how_it_was_read():
    told = {"price": "八万六千元", "date": "2026/3/2"}

    notes = values_of(shipped_template("contract_clauses"), told).notes

    assert notes == (
        "“价款或者报酬”中的“八万六千元”读作 86,000元，请核对",
        "“签订日期”中的“2026/3/2”读作 2026年3月2日，请核对",
    )


def test_cleaned_characters_are_counted_in_a_note():
    answers = values_of(parse_template("{{甲}}"), {"甲": "一\x00二\u202e"})

    assert answers.values == {"甲": "一二"}
    assert answers.notes == ("“甲”中去除了 2 个不可见或控制字符",)


def test_a_section_may_be_written_by_a_person():
    answers = values_of(shipped_template("civil_complaint"), {"facts": "事实。\n理由。"})

    assert answers.written == {"facts": "事实。\n理由。"}
