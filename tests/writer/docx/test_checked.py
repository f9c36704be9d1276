from dataclasses import replace

from lawvault.proof.claims import CLAIM_VERDICTS
from lawvault.writer.document import Checked, Heading, PageBreak, Paragraph, Properties, Table
from lawvault.writer.docx.checked import HEADING, annex
from tests.writer.docx.sample import DOCUMENT, PROVENANCE


def words(row):
    return [
        "\n".join("".join(item.text for item in line) for line in cell.paragraphs) for cell in row
    ]


def test_without_a_citation_there_is_no_table():
    assert annex((), Properties()) == ()


def test_the_table_begins_a_page_and_says_what_it_was_checked_against():
    page, heading, summary, table = annex(DOCUMENT.checked, DOCUMENT.properties)

    assert isinstance(page, PageBreak)
    assert isinstance(heading, Heading)
    assert heading.content[0].text == HEADING == "附：引用法条核验表"
    assert isinstance(summary, Paragraph)
    said = summary.content[0].text
    assert "共引用法条 2 处，核验无误 1 处，须人工复核 1 处" in said
    assert "截至2026年10月1日" in said
    assert isinstance(table, Table)


def test_a_row_says_the_verdict_the_version_and_why():
    table = annex(DOCUMENT.checked, DOCUMENT.properties)[-1]

    assert all(cell.is_header for cell in table.rows[0])
    assert words(table.rows[0]) == ["序号", "引用", "核验结果", "法律版本/施行日期", "说明"]
    assert words(table.rows[1]) == [
        "1",
        "《民法典》第585条",
        "核验无误",
        "中华人民共和国民法典\n2020年5月28日文本\n2021年1月1日起施行",
        "第五百八十五条第二款；现行有效",
    ]
    assert words(table.rows[2]) == ["2", "《民法典》第1300条", "该法无此条", "—", ""]


def test_a_version_with_the_first_day_of_the_law_says_that_it_is_the_laws():
    row = DOCUMENT.checked[0]
    labour = replace(PROVENANCE, version_date="2012-12-28", effective_date="2008-01-01")

    table = annex((replace(row, provenance=labour),), Properties())[-1]

    assert words(table.rows[1])[3].endswith("\n2012年12月28日文本\n该法2008年1月1日起施行")


def test_what_was_not_verified_is_not_said_to_be_in_force():
    row = replace(DOCUMENT.checked[0], verdict="inconclusive", reason="未能核实")

    table = annex((row,), Properties())[-1]

    assert words(table.rows[1])[-1] == "第五百八十五条第二款"


def test_what_is_no_citation_of_law_is_not_counted_as_one_and_stands_apart():
    others = (
        Checked(
            citation="（2020）示例民终1号", verdict="out_of_scope", reason="非法律条文，未核实"
        ),
        Checked(
            kind="sentence", citation="应当支付工资", verdict="uncited", reason="未注明法律依据"
        ),
    )
    mixed = (others[0], *DOCUMENT.checked, others[1])

    _, _, summary, table = annex(mixed, Properties())

    said = summary.content[0].text
    assert said.startswith(
        "本文共引用法条 2 处，核验无误 1 处，须人工复核 1 处；另有 2 处不是法条引用"
    )
    assert [words(row)[0] for row in table.rows[1:]] == [
        *("1", "2"),
        "其他须人工复核之处（不计入引用法条）",
        *("3", "4"),
    ]
    assert table.rows[3][0].columns == table.columns
    assert [words(row)[1] for row in table.rows[4:]] == ["（2020）示例民终1号", "应当支付工资"]


def test_every_verdict_is_told_in_chinese():
    rows = tuple(Checked(citation="某条", verdict=verdict) for verdict in CLAIM_VERDICTS)

    table = annex(rows, Properties())[-1]

    assert all(not words(row)[2].isascii() for row in table.rows if len(row) > 1)
