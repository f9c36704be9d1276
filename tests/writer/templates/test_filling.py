import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.writer.document import (
    Blank,
    Document,
    Heading,
    Items,
    Paragraph,
    Quotation,
    Signature,
    Table,
    Text,
)
from lawvault.writer.flat import lines_of, words_of
from lawvault.writer.markdown.read import read_markdown
from lawvault.writer.markdown.write import to_markdown
from lawvault.writer.templates.error import TemplateError
from lawvault.writer.templates.filling import fill, placeholder, with_section
from lawvault.writer.templates.template import parse_template, shipped_template, shipped_templates

NAMES = sorted(shipped_templates())
FORMS = ("labor_answer", "labor_complaint", "loan_answer", "loan_complaint")
EVIL = "**粗** [a](javascript:x) <b>{{b}} {{a}} `x` | # 一\n2. 二 【　】 =HYPERLINK(1) $x$ [^1]"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def examples(template):
    return {slot.id: slot.example for slot in template.slots}


def text_of(document: Document) -> str:
    return "\n".join([document.title, *map(words_of, lines_of(document.blocks))])


def blanks(document: Document) -> list[str]:
    lines = lines_of(document.blocks)
    for block in document.blocks:
        if isinstance(block, Table):
            lines += [line for row in block.rows for cell in row for line in cell.paragraphs]
    return [part.label for line in lines for part in line if isinstance(part, Blank)]


def filled(body: str, **values):
    return fill(parse_template(body), values)


@pytest.mark.parametrize("name", NAMES)
def test_a_template_filled_with_its_examples_lacks_only_what_is_to_be_written_and_signed(name):
    template = shipped_template(name)

    result = fill(template, examples(template))

    labels = [placeholder(section).content[0].label for section in template.sections]
    assert (result.missing, result.problems) == ((), ())
    assert "{{" not in text_of(result.document)
    assert [label for label in blanks(result.document) if label] == labels
    assert result.to_write == template.sections


@pytest.mark.parametrize("name", NAMES)
def test_a_template_filled_with_nothing_keeps_a_blank_for_all_that_is_missing(name):
    template = shipped_template(name)
    slots = {slot.id: slot for slot in template.slots}

    result = fill(template, {})

    text = text_of(result.document)
    assert "{{" not in text
    assert result.to_write == template.sections
    assert result.missing
    for missing in result.missing:
        slot = slots[missing.slot]
        if slot.type in ("choice", "yes_no"):
            assert not slot.options or f"☐{slot.options[0].label}" in text or missing.label in text
        elif "不直接印出" not in slot.help:
            assert missing.label in text, missing


@pytest.mark.parametrize("name", NAMES)
def test_a_filled_template_comes_back_whole_from_markdown(name):
    template = shipped_template(name)
    document = fill(template, examples(template)).document

    assert read_markdown(to_markdown(document)).document == document


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_tables_with_boxes_and_marks_of_what_is_required(name):
    template = shipped_template(name)

    empty, full = fill(template, {}).document, fill(template, examples(template)).document

    tables = [block for block in full.blocks if isinstance(block, Table) and block.caption]
    assert [table.caption for table in tables] == [sheet.caption for sheet in template.sheets]
    assert "☑" in text_of(full)
    assert "☑" not in text_of(empty).replace("（☑）", "")
    assert " *" in text_of(empty)


@pytest.mark.parametrize("name", FORMS)
def test_every_answer_to_every_choice_of_a_form_fills_it(name):
    template = shipped_template(name)
    told = examples(template)

    for slot in template.slots:
        for answer in slot.answers():
            result = fill(template, {**told, slot.id: answer})
            assert (result.problems, result.missing) == ((), ()), (slot.id, answer)


def test_a_value_is_words_and_never_markdown_a_slot_or_a_blank():
    result = filled("甲：{{a}}。\n\n- {{b}}", a=EVIL, b="*x*")

    (first, items) = result.document.blocks
    assert first.content == (Text(text=f"甲：{EVIL}。".replace("\n", " ")),)
    assert items.items[0][0].content == (Text(text="*x*"),)
    assert len(result.document.blocks) == 2


@given(st.text("{}ab*_`#|<>&\\[]甲【　】：", max_size=40), st.text("{}a*甲", max_size=40))
def test_values_stand_in_the_document_as_they_were_told(one, two):
    one, two = f"一{one}{{{{b}}}}", f"二{two}{{{{a}}}}"

    document = fill(parse_template("甲{{a}}乙{{b}}丙"), {"a": one, "b": two}).document

    assert document.blocks == (Paragraph(content=(Text(text=f"甲{one}乙{two}丙"),)),)


@given(
    st.dictionaries(
        st.sampled_from(["plaintiffs", "claims", "evidence", "copies", "date", "facts", "x"]), JSON
    )
)
def test_any_json_fills_a_template_and_what_is_wrong_is_listed(values):
    result = fill(shipped_template("civil_complaint"), values)

    assert "{{" not in text_of(fill(shipped_template("civil_complaint"), {}).document)
    assert ("x" in values) == any(problem.slot == "x" for problem in result.problems)


def test_what_is_no_slot_stays_in_the_document_as_text():
    result = filled("{{ config }}，{search_results}，{{{{，{{ 7*7 }}，{{名}}", 名="甲")

    assert text_of(result.document).strip() == "{{ config }}，{search_results}，{{{{，{{ 7*7 }}，甲"
    assert len([note for note in result.notes if "config" in note]) == 1


def test_values_repeated_without_end_are_refused_before_the_document_is_built():
    template = parse_template(
        "---\nslots:\n  - {id: a, type: long_text}\n---\n" + "{{a}}\n\n" * 1000
    )

    with pytest.raises(TemplateError, match="上限为"):
        fill(template, {"a": "长" * 20_000})


def test_a_paragraph_item_or_row_with_nothing_to_say_is_left_out():
    settings = "slots:\n  - {id: a, required: false}\n  - {id: b, required: false, label: 乙}"
    body = "# 题\n\n## 一\n\n{{a}}\n\n## 二\n\n甲{{a}}{{b}}\n\n- {{a}}\n- 项\n\n"
    body += "| 头 |\n| --- |\n| {{a}} |\n"
    template = parse_template(f"---\n{settings}\n---\n{body}")

    empty, half = fill(template, {}).document, fill(template, {"a": "值"}).document

    assert text_of(empty).split("\n") == ["题", "二", "- 项", "头"]
    assert "甲值【乙：　】" in text_of(half)
    assert fill(template, {}).missing == ()


def test_bold_words_stay_bold_around_a_value_and_quotations_are_filled():
    result = filled("> **甲{{a}}**\n>\n> - {{a}}", a="值")

    (quotation,) = result.document.blocks
    assert isinstance(quotation, Quotation)
    assert quotation.blocks[0].content == (Text(text="甲值", bold=True),)
    assert isinstance(quotation.blocks[1], Items)


def test_lists_evidence_and_long_texts_become_blocks_where_they_stand_alone():
    template = shipped_template("civil_complaint")

    blocks = fill(template, {**examples(template), "facts": "一\n二"}).document.blocks

    heading = next(place for place, block in enumerate(blocks) if isinstance(block, Heading))
    assert isinstance(blocks[heading + 1], Items)
    assert blocks[heading + 3 : heading + 5] == (
        Paragraph(content=(Text(text="一"),)),
        Paragraph(content=(Text(text="二"),)),
    )
    table = next(block for block in blocks if isinstance(block, Table))
    assert [len(row) for row in table.rows] == [4, 4, 4]
    assert isinstance(blocks[-2], Signature)


def test_parties_are_told_as_a_pleading_tells_them():
    template = shipped_template("civil_complaint")
    told = {
        "plaintiffs": [
            {"kind": "natural", "name": "王某", "id_number": "11010519491231002X"},
            {"kind": "legal", "name": "某公司", "address": "某地", "representative": "李某"},
        ]
    }

    lines = text_of(fill(template, told).document).split("\n")

    assert lines[1:4] == [
        "原告：王某，【性别：　】，【出生日期：　】，【民族：　】，【住址：　】，"
        "公民身份号码11010519491231002X，【联系电话：　】。",
        "原告：某公司，住所地：某地。",
        "法定代表人：李某，【职务：　】，【联系电话：　】。",
    ]


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"name": "某某有限公司"}, "法定代表人：李某"),
        ({"name": "某某有限公司江州分公司"}, "主要负责人：李某"),
        ({"name": "江州某某律师事务所"}, "主要负责人：李某"),
        ({"name": "某某中心（有限合伙）"}, "主要负责人：李某"),
        (
            {"name": "某某中心（有限合伙）", "representative_role": "执行事务合伙人"},
            "执行事务合伙人：李某",
        ),
        ({}, "法定代表人（主要负责人）：李某"),
    ],
)
def test_an_organisation_has_one_representative_and_not_two_titles(parts, said):
    told = {"kind": "legal", "representative": "李某", **parts}

    for name, slot in (("civil_complaint", "plaintiffs"), ("loan_complaint", "plaintiffs")):
        blocks = fill(shipped_template(name), {slot: told}).document.blocks
        cells = [c for b in blocks if isinstance(b, Table) for row in b.rows for c in row]
        lines = [*lines_of(blocks), *(line for cell in cells for line in cell.paragraphs)]
        assert any(words_of(line).startswith(said) for line in lines), name
        assert "representative" not in text_of(fill(shipped_template(name), {slot: told}).document)


def test_a_workplace_and_a_job_are_one_expression_and_a_wrong_part_is_a_blank():
    told = {"kind": "natural", "name": "李明", "workplace": "某厂", "job": "排版员", "phone": "1"}

    result = fill(shipped_template("civil_complaint"), {"third_parties": told})

    assert "第三人：李明，某厂排版员，【联系电话：　】。" in text_of(result.document)
    assert [(one.slot, "这一项未写入" in one.message) for one in result.problems] == [
        ("third_parties", True)
    ]


COURTS = [name for name in NAMES if "此致" in shipped_template(name).body]


@pytest.mark.parametrize("name", [*COURTS, "legal_opinion", "lawyer_letter"])
def test_whom_a_document_is_addressed_to_stands_at_the_left_edge(name):
    template = shipped_template(name)

    document = fill(template, examples(template)).document

    flush = [words_of(b.content) for b in document.blocks if getattr(b, "align", "") == "left"]
    assert flush
    assert all(words.startswith(("致：", "地址：", "尊敬的", "江州")) for words in flush)
    assert read_markdown(to_markdown(document)).document == document


@pytest.mark.parametrize("name", FORMS)
def test_a_yes_or_no_in_a_form_says_what_is_asked(name):
    template = shipped_template(name)
    asked = {f"{{{{{slot.id}}}}}" for slot in template.slots if slot.type == "yes_no"}

    bare = [line for sheet in template.sheets for row in sheet.rows for line in row.lines]

    assert asked.isdisjoint(bare)
    assert "主张仲裁时效期间已经届满：☐是　☑否" in text_of(
        fill(shipped_template("labor_answer"), {"limitation": False}).document
    )


def test_an_answer_names_its_case_and_prints_no_question_of_the_form():
    template = shipped_template("civil_answer")

    text = text_of(fill(template, examples(template)).document)

    assert "答辩人对（2026）江0102民初123号买卖合同纠纷一案的起诉，答辩如下：" in text
    assert "收到起诉状副本的日期" not in text
    assert "对管辖权" not in text


def test_money_is_told_in_figures_and_in_capitals_where_the_template_asks():
    template = shipped_template("contract_clauses")

    text = text_of(fill(template, {"price": "8.6万元"}).document)

    assert "86,000元（大写：人民币捌万陆仟元整）" in text


def test_a_choice_in_a_sentence_is_said_without_boxes():
    template = shipped_template("agency_statement")

    text = text_of(fill(template, examples(template)).document)

    assert "尊敬的审判长、审判员：" in text
    assert "接受原告李明的委托" in text


def test_a_title_without_its_value_shows_what_belongs_there():
    assert (
        fill(shipped_template("legal_opinion"), {}).document.title == "关于〔事项名称〕的法律意见书"
    )


def test_a_section_that_was_written_goes_where_it_was_to_be_written():
    template = shipped_template("lawyer_letter")
    result = fill(template, examples(template))
    (section,) = result.to_write
    written = (Paragraph(content=(Text(text="依据如下。"),)),)

    document = with_section(result.document, section, written)

    assert written[0] in document.blocks
    assert placeholder(section) not in document.blocks
    with pytest.raises(ValueError, match="no place"):
        with_section(document, section, written)


def test_what_was_told_is_handed_to_whoever_writes():
    template = shipped_template("civil_complaint")

    told = dict(fill(template, examples(template)).told)

    assert told["诉讼请求"].split("\n")[2] == "3. 本案诉讼费用由被告负担"
    assert "定作合同" in told["案情经过"]
    assert "姓名：李明" in told["原告"]
