"""Tests of lawvault.writer.citations.recheck: a document of 2020 checked again in 2026."""

import datetime
import io
import shutil
import subprocess
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import docx
import pytest

from lawvault.writer.citations.citing import cite, texts_of, with_citations
from lawvault.writer.citations.held import held
from lawvault.writer.citations.recheck import recheck
from lawvault.writer.citations.rechecked import Recheck, Rechecked
from lawvault.writer.citations.submitted import submitted
from lawvault.writer.document import Document, Footnote, NoteRef, Paragraph, Properties, Text
from lawvault.writer.docx.checked import HEADING
from lawvault.writer.docx.opened import UnsafeDocument, open_docx
from lawvault.writer.docx.write import to_docx
from lawvault.writer.profiles import profile
from tests.writer.citations.test_held import NEW, NOW, OLD, THEN, Law, law_of, rows

AT = datetime.datetime(2026, 3, 2, 8, 30)
SENTENCES = (
    "根据《示例法》第一条，应当规范。",
    "《示例法》第三条规定：“试用期不得超过六个月”。",
    "同法第五条要求劳动者遵守纪律。",
    "见《示例法》第四条第一款第二项。",
    "仍依《示例法》第三条。",
)


@pytest.fixture(scope="module")
def law(tmp_path_factory: pytest.TempPathFactory) -> Law:
    return law_of(
        tmp_path_factory.mktemp("recheck") / "law",
        [
            *rows("中华人民共和国示例法", OLD, "2019-01-01"),
            *rows("中华人民共和国示例法", NEW, "2024-01-01"),
        ],
    )


def checked(law: Law, data: bytes | str, day: datetime.date = NOW) -> Recheck:
    """Check as the service does: what lies with the law takes and gives plain data."""
    content, lookup = law
    given = submitted(data)
    cited = [cite(text, content, lookup=lookup, as_of=day) for text in given.texts]
    now = held(given.provisions, content, lookup=lookup, as_of=day)
    return recheck(given, cited, now, at=AT)


def written(law: Law, *sentences: str, day: datetime.date = THEN) -> bytes:
    content, lookup = law
    plain = Document(blocks=tuple(Paragraph(content=(Text(text=one),)) for one in sentences))
    cited = [cite(text, content, lookup=lookup, as_of=day) for text in texts_of(plain)]
    return to_docx(with_citations(plain, cited), profile("court")).data


@pytest.fixture(scope="module")
def ours(law: Law) -> bytes:
    return written(law, *SENTENCES)


def changed(data: bytes, part: str, old: str, new: str) -> bytes:
    """Return the file with some words of a part changed, as by hand."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as package,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in package.namelist():
            words = package.read(name)
            if name == part:
                assert old in words.decode()
                words = words.decode().replace(old, new, 1).encode()
            target.writestr(name, words)
    return out.getvalue()


def told(found: Recheck) -> list[tuple[str, str]]:
    return [(row.citation, row.verdict) for row in found.verdicts]


def row_of(found: Recheck, citation: str) -> Rechecked:
    return next(row for row in found.verdicts if row.citation == citation)


def test_on_the_day_it_was_written_all_is_unchanged_and_there_is_nothing_to_say(law, ours):
    found = checked(law, ours, THEN)

    assert found.proof_state == "ok"
    assert {verdict for _, verdict in told(found)} == {"unchanged"}
    assert len(found.verdicts) == 5
    assert found.copy is None


def test_years_later_every_citation_gets_its_verdict(law, ours):
    found = checked(law, ours)

    assert told(found) == [
        ("《示例法》第一条", "unchanged"),
        ("《示例法》第三条", "amended"),
        ("同法第五条", "removed"),
        ("《示例法》第四条第一款第二项", "moved"),
        ("《示例法》第三条", "amended"),
    ]
    amended = row_of(found, "《示例法》第三条")
    assert (amended.old, amended.new) == ("试用期不得超过六个月。", "试用期不得超过三个月。")
    assert amended.context == "《示例法》第三条规定：“试用期不得超过六个月”。"
    assert found.text[amended.start : amended.end] == "《示例法》第三条"
    assert found.counts == {"unchanged": 1, "amended": 2, "moved": 1, "removed": 1}


def test_the_copy_has_a_comment_on_all_that_must_be_looked_at(law, ours):
    found = checked(law, ours)

    assert found.copy is not None
    comments = [comment.text for comment in docx.Document(io.BytesIO(found.copy)).comments]
    assert len(comments) == 4
    assert comments[0] == (
        "《示例法》第三条：已被2024年1月1日文本修改（2024年1月1日起施行），现为第四条\n"
        "当时文字：试用期不得超过六个月。\n现行文字：试用期不得超过三个月。"
    )
    again = checked(law, found.copy)
    assert again.proof_state == "ok"
    assert told(again) == told(found)


def test_a_footnote_altered_by_hand_is_found(law, ours):
    data = changed(ours, "word/footnotes.xml", "不得超过六个月", "不得超过九个月")

    found = checked(law, data, THEN)

    altered = [row for row in found.verdicts if row.verdict == "altered"]
    assert [(row.citation, row.reason) for row in altered] == [
        ("《示例法》第三条", "脚注文字与存证不符")
    ]
    assert found.copy is not None


def test_a_citation_altered_by_hand_is_found_though_the_new_one_exists_too(law, ours):
    data = changed(ours, "word/document.xml", "《示例法》第一条", "《示例法》第二条")

    row = row_of(checked(law, data, THEN), "《示例法》第二条")

    assert row.verdict == "altered"
    assert row.reason == "正文所引与脚注不一致，脚注为《示例法》第一条"


def test_a_quotation_altered_by_hand_is_found(law, ours):
    data = changed(ours, "word/document.xml", "试用期不得超过六个月", "试用期不得超过九个月")

    row = row_of(checked(law, data, THEN), "《示例法》第三条")

    assert (row.verdict, row.reason) == ("altered", "正文的引文与存证不符")


def test_a_footnote_that_was_taken_out_is_told(law, ours):
    root = docx.Document(io.BytesIO(ours))
    reference = root.paragraphs[0]._p.xpath(".//w:footnoteReference")[0]
    reference.getparent().getparent().remove(reference.getparent())
    out = io.BytesIO()
    root.save(out)

    found = checked(law, out.getvalue(), THEN)

    first, last = found.verdicts[0], found.verdicts[-1]
    assert (first.citation, first.verdict) == ("《示例法》第一条", "verified")
    assert (last.citation, last.verdict, last.end) == ("《示例法》第一条", "altered", 0)
    assert any("脚注已被删除" in note for note in found.notes)


def test_footnotes_that_were_counted_anew_are_led_to_their_entries(law, ours):
    data = ours
    for number in (5, 4, 3, 2, 1):
        for part in ("word/document.xml", "word/footnotes.xml"):
            kind = "footnoteReference" if "document" in part else "footnote"
            data = changed(
                data, part, f'<w:{kind} w:id="{number}"', f'<w:{kind} w:id="{number + 7}"'
            )

    assert told(checked(law, data)) == told(checked(law, ours))


def test_a_forged_proof_counts_for_nothing_and_the_words_are_checked(law, ours):
    part = next(name for name in open_docx(ours).names if name.startswith("customXml/item1"))
    data = changed(ours, part, "试用期不得超过六个月", "试用期不得超过九个月")

    found = checked(law, data)

    assert found.proof_state == "altered"
    assert found.notes[0].startswith("文件所附的存证已被改动")
    assert row_of(found, "《示例法》第三条").verdict == "wrong_article"
    assert "unchanged" not in found.counts


def test_the_table_of_citations_is_not_taken_for_text(law, ours):
    found = checked(law, ours)

    assert "引用法条核验表" in found.text
    assert any("引用法条核验表" in note for note in found.notes)
    assert len(found.verdicts) == 5


def test_a_strangers_document_is_checked_by_its_words(law):
    document = docx.Document()
    document.add_paragraph("依《示例法》第一条和《示例法》第九条处理。")
    document.add_table(1, 1).cell(0, 0).text = "《示例法》第四条"
    out = io.BytesIO()
    document.save(out)

    found = checked(law, out.getvalue())

    assert found.proof_state == "absent"
    assert told(found) == [
        ("《示例法》第一条", "verified"),
        ("《示例法》第九条", "no_such_article"),
        ("《示例法》第四条", "verified"),
    ]
    assert found.copy is not None
    (comment,) = docx.Document(io.BytesIO(found.copy)).comments
    assert comment.text == "《示例法》第九条：该法无此条"


def test_footnotes_of_a_stranger_are_checked_too(law):
    line = (Text(text="正文"), NoteRef(id="a"), Text(text="。"))
    note = Footnote(content=(Text(text="见《示例法》第九条。"),))
    given = Document(blocks=(Paragraph(content=line),), notes={"a": note})

    found = checked(law, to_docx(given, profile("court")).data)

    assert told(found) == [("《示例法》第九条", "no_such_article")]
    assert found.copy is not None


def test_a_plain_text_is_checked_and_has_no_copy(law):
    found = checked(law, "依《示例法》第九条。")

    assert told(found) == [("《示例法》第九条", "no_such_article")]
    assert (found.copy, found.proof_state, found.notes) == (None, "absent", ())


def test_a_line_of_a_plain_text_is_a_paragraph_of_its_own(law):
    found = checked(law, "依《示例法》第一条。\r\n劳动者应当获得九十元。\n\n完。")

    assert found.text == "依《示例法》第一条。\n\n劳动者应当获得九十元。\n\n完。"
    assert told(found)[1] == ("劳动者应当获得九十元", "uncited")


def test_a_text_without_citations_says_so(law):
    assert checked(law, "今天天气好。").notes == ("文中没有找到法条引用。",)


def test_what_may_do_harm_is_refused():
    with pytest.raises(UnsafeDocument):
        submitted(b"PK\x03\x04")


def test_results_of_another_document_are_refused():
    with pytest.raises(ValueError, match="1 texts and 0 provisions"):
        recheck(submitted("甲"), [], [], at=AT)


@pytest.mark.chaos
@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed here")
def test_a_proof_outlives_libreoffice(tmp_path: Path, law, ours):
    (tmp_path / "ours.docx").write_bytes(ours)
    (tmp_path / "out").mkdir()

    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation=file://{tmp_path}/office",
            *("--headless", "--convert-to", "docx", "--outdir", str(tmp_path / "out")),
            str(tmp_path / "ours.docx"),
        ],
        check=True,
        timeout=120,
        capture_output=True,
    )

    found = checked(law, (tmp_path / "out" / "ours.docx").read_bytes())
    assert found.proof_state == "ok"
    assert told(found) == told(checked(law, ours))


def with_table(data: bytes, heading: str, *, columns: Sequence[str] = (), first: bool) -> bytes:
    """Return the file with a table below a heading put in, before the body or behind it."""
    document = docx.Document(io.BytesIO(data))
    body = document.element.body
    before = list(body)
    document.add_paragraph(heading)
    document.add_paragraph("本文共引用法条 1 处，核验无误 1 处。")
    table = document.add_table(1 + bool(columns), max(1, len(columns)))
    for cell, words in zip(table.rows[0].cells, columns, strict=False):
        cell.text = words
    table.rows[-1].cells[0].text = "根据《示例法》第九条，被告应赔偿。"
    if first:
        for element in [one for one in body if one not in before][::-1]:
            body.insert(0, element)
    else:
        document.add_paragraph("以上。")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


COLUMNS = ("序号", "引用", "核验结果", "法律版本/施行日期", "说明")


@pytest.mark.parametrize("columns", [(), COLUMNS])
@pytest.mark.parametrize("first", [True, False])
def test_nothing_hides_below_a_heading_like_that_of_our_table(law, ours, columns, first):
    found = checked(law, with_table(ours, HEADING, columns=columns, first=first), THEN)

    assert found.proof_state == "ok"
    assert ("《示例法》第九条", "no_such_article") in told(found)
    assert not found.is_good


def test_an_altered_proof_is_never_good_and_the_copy_says_so(law, ours):
    data = changed(ours, "customXml/item1.xml", "试用期不得超过六个月", "试用期不得超过九个月")

    found = checked(law, data, THEN)

    assert all(row.is_good for row in found.verdicts if "核验" not in row.context)
    assert not found.is_good
    assert found.copy is not None
    comments = [comment.text for comment in docx.Document(io.BytesIO(found.copy)).comments]
    assert comments[0].startswith("文件所附的存证已被改动")
    again = checked(law, found.copy, THEN)
    assert again.copy is None


def test_the_figures_that_a_file_says_were_told_are_named(law):
    content, lookup = law
    given = Document(blocks=(Paragraph(content=(Text(text=SENTENCES[0]),)),))
    cited = [cite(text, content, lookup=lookup, as_of=THEN) for text in texts_of(given)]
    told_of = Properties(told="百分之七十")
    data = to_docx(replace(with_citations(given, cited), properties=told_of), profile("court")).data

    assert (
        "下列数字依文件自称为当事人所述，未要求法律依据：百分之七十。" in checked(law, data).notes
    )


def test_headers_footers_and_remarks_are_checked_for_what_they_cite_alone(law):
    document = docx.Document()
    paragraph = document.add_paragraph("今天天气好。")
    document.sections[0].header.paragraphs[0].text = "依《示例法》第九条。本所应当依法执业。"
    document.sections[0].footer.paragraphs[0].text = "《示例法》第一条"
    document.add_comment(paragraph.runs, "第二条应当引《示例法》第八条。", author="李律师")
    out = io.BytesIO()
    document.save(out)

    found = checked(law, out.getvalue())

    assert [(row.citation, row.reason) for row in found.verdicts] == [
        ("《示例法》第八条", "该法无此条（在批注）"),
        ("《示例法》第九条", "该法无此条（在页眉）"),
        ("《示例法》第一条", ""),
    ]
    assert found.copy is not None
    assert len(list(docx.Document(io.BytesIO(found.copy)).comments)) == 3
    again = checked(law, found.copy)
    assert told(again) == told(found)
    assert again.copy is None
    assert "LawVault 自己加的批注未作为引用核验。" in again.notes


def test_a_header_above_an_empty_body_is_checked_and_gets_no_comment(law):
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "依《示例法》第九条"
    out = io.BytesIO()
    document.save(out)

    found = checked(law, out.getvalue())

    assert told(found) == [("《示例法》第九条", "no_such_article")]
    assert found.copy is None


def test_what_a_comment_of_ours_says_already_is_not_said_again(law):
    wrong = (
        "依《示例法》第九条和《示例法》第八条处理。",
        "“试用期不得超过七个月”（《示例法》第三条）。",
    )
    data = written(law, SENTENCES[0], *wrong)
    document = docx.Document(io.BytesIO(data))
    assert len(list(document.comments)) == 3

    first = checked(law, data, THEN)
    document.paragraphs[0].insert_paragraph_before("又见《示例法》第七条。")
    out = io.BytesIO()
    document.save(out)
    more = checked(law, out.getvalue(), THEN)

    assert not first.is_good
    assert first.copy is None
    assert more.copy is not None
    comments = [one.text for one in docx.Document(io.BytesIO(more.copy)).comments]
    assert len(comments) == 4
    assert comments[-1] == "《示例法》第七条：该法无此条"
