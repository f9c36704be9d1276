"""Tests of lawvault.writer.docx.words: what a reader of the page sees, and where it stands."""

import io
import zipfile

import docx
import pytest
from docx.document import Document as WordDocument
from docx.oxml import parse_xml

from lawvault.writer.docx.elements import word_of
from lawvault.writer.docx.opened import UnsafeDocument, open_docx
from lawvault.writer.docx.words import DocxText, Remark, text_of

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
SPACES = (
    f'xmlns:w="{W}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
)
BOX = (
    "<mc:AlternateContent><mc:Choice Requires='wps'><wps:txbx><w:txbxContent>"
    "<w:p><w:r><w:t>框内第三条</w:t></w:r></w:p></w:txbxContent></wps:txbx></mc:Choice>"
    "<mc:Fallback><w:t>框内第三条</w:t></mc:Fallback></mc:AlternateContent>"
)


def docx_of(*paragraphs: str) -> bytes:
    """Return a .docx whose paragraphs hold this XML."""
    document = docx.Document()
    body = document.element.body
    for words in paragraphs:
        body.insert(len(body) - 1, parse_xml(f"<w:p {SPACES}>{words}</w:p>"))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def read(*paragraphs: str) -> DocxText:
    return text_of(open_docx(docx_of(*paragraphs)))


def run(words: str, properties: str = "") -> str:
    looks = f"<w:rPr>{properties}</w:rPr>" if properties else ""
    return f'<w:r>{looks}<w:t xml:space="preserve">{words}</w:t></w:r>'


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (run("根据《民法") + run("典》第五条", "<w:b/>"), "根据《民法典》第五条\n\n"),
        (run("甲") + f'<w:del w:id="1">{run("乙")}</w:del>' + run("丙"), "甲丙\n\n"),
        (run("甲") + f'<w:moveFrom w:id="1">{run("乙")}</w:moveFrom>', "甲\n\n"),
        (run("甲") + f'<w:ins w:id="1">{run("乙")}</w:ins>', "甲乙\n\n"),
        (run("甲") + run("乙", "<w:vanish/>"), "甲\n\n"),
        (run("甲") + run("乙", '<w:vanish w:val="0"/>'), "甲乙\n\n"),
        (f'<w:hyperlink w:anchor="a">{run("甲")}</w:hyperlink>{run("乙")}', "甲乙\n\n"),
        (f"<w:sdt><w:sdtContent>{run('甲')}</w:sdtContent></w:sdt>", "甲\n\n"),
        ("<w:r><w:t>甲</w:t><w:tab/><w:t>乙</w:t><w:br/><w:t>丙</w:t></w:r>", "甲\t乙\n丙\n\n"),
        (
            '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>REF</w:instrText></w:r>'
            f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{run("甲")}'
            '<w:r><w:fldChar w:fldCharType="end"/></w:r>',
            "甲\n\n",
        ),
        (
            "<w:r><w:ruby><w:rt><w:r><w:t>jia</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>甲</w:t>"
            "</w:r></w:rubyBase></w:ruby><w:t>乙</w:t></w:r>",
            "甲乙\n\n",
        ),
        (run("外") + f"<w:r>{BOX}</w:r>" + run("面"), "外面\n\n框内第三条\n\n"),
    ],
)
def test_the_text_is_what_the_page_shows(given: str, text: str):
    assert read(given).text == text


def test_a_paragraph_whose_end_is_deleted_runs_on():
    mark = '<w:pPr><w:rPr><w:del w:id="1"/></w:rPr></w:pPr>'

    assert read(mark + run("第五"), run("条")).text == "第五条\n\n"


def test_every_character_is_found_in_the_xml():
    words = read(
        run("甲乙") + f'<w:ins w:id="1">{run("丙")}</w:ins><w:r><w:tab/></w:r>',
        run("外") + f"<w:r>{BOX}</w:r>",
    )

    for piece in words.pieces:
        said = piece.node.text if word_of(piece.node) == "t" else "\t"
        assert words.text[piece.start : piece.end] == said
        assert piece.run in piece.paragraph.iterdescendants()
    spoken = "".join(words.text[piece.start : piece.end] for piece in words.pieces)
    assert spoken == words.text.replace("\n", "")
    at = words.piece_at(words.text.index("丙"))
    assert at is not None
    assert at.node.text == "丙"
    assert words.piece_at(words.text.index("\n")) is None
    assert words.piece_at(10_000) is None


def test_what_stands_in_a_box_hangs_on_the_run_that_holds_the_box():
    words = read(run("外") + f"<w:r>{BOX}</w:r>")

    outside, inside = words.pieces

    assert outside.anchor is None
    assert inside.anchor is not None
    assert word_of(inside.anchor) == "r"
    assert inside.run is not inside.anchor


def test_rows_that_are_deleted_are_left_out_and_counted():
    document = docx.Document()
    table = document.add_table(2, 1)
    table.cell(0, 0).text, table.cell(1, 0).text = "甲", "乙"
    row = table.rows[0]._tr
    row.insert(0, parse_xml(f'<w:trPr {SPACES}><w:del w:id="1"/></w:trPr>'))
    out = io.BytesIO()
    document.save(out)

    words = text_of(open_docx(out.getvalue()))

    assert (words.text, words.deletions) == ("乙\n\n", 1)


def with_margins(document: WordDocument) -> bytes:
    section = document.sections[0]
    section.header.paragraphs[0].text = "依《民法典》第九条"
    section.footer.paragraphs[0].text = "第一页"
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_headers_footers_and_what_people_remarked_are_read_behind_the_body():
    document = docx.Document()
    paragraph = document.add_paragraph("甲乙")
    document.add_comment(paragraph.runs, "见第三条", author="李律师")
    document.add_comment(paragraph.runs, "该法无此条", author="LawVault")

    words = text_of(open_docx(with_margins(document)))

    assert words.text[: words.body] == "甲乙\n\n"
    assert {note.kind: words.text[note.start : note.end].strip() for note in words.notes} == {
        "comment": "见第三条",
        "header": "依《民法典》第九条",
        "footer": "第一页",
    }
    assert words.remarks == (Remark(words="该法无此条", position=2),)
    assert words.is_in_body(words.text.index("第九条"))


def test_a_header_above_an_empty_body_is_read_and_hangs_on_nothing():
    words = text_of(open_docx(with_margins(docx.Document())))

    assert "第九条" in words.text
    assert not words.is_in_body(words.text.index("第九条"))


def test_a_main_part_that_is_no_document_is_refused():
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(docx_of(run("甲")))) as given,
        zipfile.ZipFile(out, "w") as made,
    ):
        for name in given.namelist():
            made.writestr(name, "<a/>" if name == "word/document.xml" else given.read(name))

    with pytest.raises(UnsafeDocument, match="不是 Word 正文") as refused:
        text_of(open_docx(out.getvalue()))

    assert refused.value.code == "no_body"
