import io
import zipfile

import docx
import pytest
from docx.shared import Mm, Pt

from lawvault.writer.docx.opened import UnsafeDocument
from lawvault.writer.docx.wml import W
from lawvault.writer.docx.write import to_docx
from lawvault.writer.profiles import profile
from tests.writer.docx.sample import DOCUMENT, parts, text, tree

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


def firm(change=None):
    """A firm's file: letterhead with a picture, own styles and margins, old text with a picture."""
    word = docx.Document()
    section = word.sections[0]
    section.left_margin = Mm(40)
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.header.paragraphs[0].text = "某某律师事务所"
    section.header.paragraphs[0].add_run().add_picture(io.BytesIO(PIXEL))
    section.footer.paragraphs[0].text = "某某路1号"
    word.styles["Normal"].font.size = Pt(13)
    word.add_paragraph("旧正文", style="List Number").add_run().add_picture(io.BytesIO(PIXEL))
    word.add_comment(word.paragraphs[0].runs, text="旧批注")
    word.core_properties.comments = "内部资料"
    if change:
        change(word)
    saved = io.BytesIO()
    word.save(saved)
    return saved.getvalue()


def written(reference):
    return to_docx(DOCUMENT, profile("custom"), reference=reference)


def replaced(data, name, old, new):
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as package:
        for part, words in parts(data).items():
            package.writestr(part, words.replace(old, new) if part == name else words)
    assert result.getvalue() != data
    return result.getvalue()


def test_letterhead_styles_and_page_of_a_firm_are_kept():
    data = written(firm()).data

    word = docx.Document(io.BytesIO(data))
    assert word.sections[0].header.paragraphs[0].text == "某某律师事务所"
    assert word.sections[0].footer.paragraphs[0].text == "某某路1号"
    assert round(word.sections[0].left_margin.mm) == 40
    assert word.styles["Normal"].font.size == Pt(13)
    assert any(name.startswith("word/media/") for name in parts(data))


def test_the_old_text_its_comments_and_properties_are_gone():
    data = written(firm()).data

    whole = b"".join(parts(data).values()).decode("utf-8", "ignore")
    assert "旧" not in whole
    assert "内部资料" not in whole
    assert text(data).startswith("民事起诉状某某法院：")
    assert [comment.text for comment in docx.Document(io.BytesIO(data)).comments] == ["未能核实"]


def test_what_of_a_firms_file_is_left_out_or_unusual_is_said():
    def letter(word):
        word.sections[0].page_width, word.sections[0].page_height = Mm(216), Mm(279)

    def empty(word):
        word.paragraphs[0]._p.getparent().remove(word.paragraphs[0]._p)

    assert any(note.startswith("参考文档正文里的文字") for note in written(firm()).notes)
    assert any("216×279 毫米，不是 A4" in note for note in written(firm(letter)).notes)
    assert not any("参考文档" in note for note in written(firm(empty)).notes)


def test_the_fonts_of_a_firm_decide_and_styles_it_lacks_are_added():
    data = written(firm()).data

    root = tree(data, "word/styles.xml")
    styles = [style.get(f"{{{W}}}styleId") for style in root.iter(f"{{{W}}}style")]
    assert {"Signature", "FootnoteText", "TableText"} <= set(styles)
    assert len(styles) == len(set(styles))
    first = tree(data, "word/document.xml").find(f".//{{{W}}}r")
    assert first.find(f"{{{W}}}rPr") is None


def test_the_lists_of_a_firm_keep_their_numbers():
    numbering = tree(written(firm()).data, "word/numbering.xml")

    for tag, key in (("abstractNum", "abstractNumId"), ("num", "numId")):
        ids = [element.get(f"{{{W}}}{key}") for element in numbering.iter(f"{{{W}}}{tag}")]
        assert len(ids) == len(set(ids))


def test_of_several_sections_the_last_is_kept_with_the_letterhead_that_holds_there():
    def two(word):
        word.add_section()
        word.sections[1].left_margin = Mm(20)

    result = written(firm(two))

    section = docx.Document(io.BytesIO(result.data)).sections[0]
    assert round(section.left_margin.mm) == 20
    assert section.header.paragraphs[0].text == "某某律师事务所"
    assert "只保留最后一节" in result.notes[0]


def test_a_table_is_as_wide_as_the_text_of_the_firms_page():
    width = tree(written(firm()).data, "word/document.xml").find(f".//{{{W}}}tblW")

    assert int(width.get(f"{{{W}}}w")) == pytest.approx((210 - 40 - 31.75) / 25.4 * 1440, abs=2)


def test_the_same_reference_makes_the_same_bytes():
    reference = firm()

    assert written(reference).data == written(reference).data


def test_a_reference_that_is_no_word_file_is_refused():
    for data in (b"", b"PK", b"%PDF-1.7"):
        with pytest.raises(UnsafeDocument):
            written(data)


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("word/_rels/document.xml.rels", b"styles.xml", b"gone.xml"),
        ("word/_rels/document.xml.rels", b"header1.xml", b"gone.xml"),
        ("word/document.xml", b'w:left="2268"', b'w:left="22680"'),
        ("word/document.xml", b'w:left="2268"', b'w:left="wide"'),
        ("word/header1.xml", b"</w:hdr>", b""),
    ],
)
def test_a_damaged_reference_is_refused_as_such(part, old, new):
    with pytest.raises(UnsafeDocument, match="已损坏"):
        written(replaced(firm(), part, old, new))


@pytest.mark.parametrize("code", ["INCLUDETEXT c:\\x", "DDEAUTO cmd", "HYPERLINK file://x", ""])
def test_a_letterhead_with_a_field_that_loads_or_runs_something_is_refused(code):
    field = f'<w:fldSimple w:instr="{code}"/></w:p>'.encode()
    data = replaced(firm(), "word/header1.xml", b"</w:p>", field)

    with pytest.raises(UnsafeDocument, match="域代码"):
        written(data)


def test_a_field_cut_into_pieces_is_seen_whole():
    def pieces(*codes):
        runs = "".join(f"<w:r><w:instrText>{code}</w:instrText></w:r>" for code in codes)
        return f'<w:r><w:fldChar w:fldCharType="begin"/></w:r>{runs}</w:p>'.encode()

    with pytest.raises(UnsafeDocument, match="INCLUDETEXT"):
        written(replaced(firm(), "word/header1.xml", b"</w:p>", pieces("INCLUDE", "TEXT x")))
    assert written(replaced(firm(), "word/header1.xml", b"</w:p>", pieces("NUM", "PAGES"))).data


def test_a_link_in_the_letterhead_to_anything_but_web_or_mail_is_refused():
    def linked(address):
        def change(word):
            word.sections[0].header.part.relate_to(address, _LINK, is_external=True)

        return firm(change)

    assert b"mailto:a@b.cn" in b"".join(parts(written(linked("mailto:a@b.cn")).data).values())
    with pytest.raises(UnsafeDocument, match="引用了外部内容"):
        written(linked("file:///etc/passwd"))


_LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"
