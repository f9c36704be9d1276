from lawvault.proof.claims import CLAIM_VERDICTS
from lawvault.writer.document import Checked, Heading, PageBreak, Paragraph, Properties, Table
from lawvault.writer.docx.checked import HEADING, annex
from tests.writer.docx.sample import DOCUMENT


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
    assert "截至 2026-10-01" in said
    assert isinstance(table, Table)


def test_a_row_says_the_verdict_the_version_and_why():
    table = annex(DOCUMENT.checked, DOCUMENT.properties)[-1]

    assert all(cell.is_header for cell in table.rows[0])
    assert words(table.rows[0]) == ["序号", "引用", "核验结果", "法律版本/施行日期", "说明"]
    assert words(table.rows[1]) == [
        "1",
        "《民法典》第585条",
        "核验无误",
        "中华人民共和国民法典\n2020-05-28 版本\n2021-01-01 施行",
        "第五百八十五条第二款；现行有效",
    ]
    assert words(table.rows[2]) == ["2", "《民法典》第1300条", "该法无此条", "—", ""]


def test_every_verdict_is_told_in_chinese():
    rows = tuple(Checked(citation="某条", verdict=verdict) for verdict in CLAIM_VERDICTS)

    table = annex(rows, Properties())[-1]

    assert all(not words(row)[2].isascii() for row in table.rows)
