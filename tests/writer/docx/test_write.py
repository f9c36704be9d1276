import io
import re
from dataclasses import replace

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawvault.errors import ConfigError
from lawvault.writer.document import (
    Blank,
    Document,
    Footnote,
    Heading,
    Mark,
    NoteRef,
    Properties,
    Signature,
    Text,
)
from lawvault.writer.docx.opened import open_docx
from lawvault.writer.docx.wml import W
from lawvault.writer.docx.write import to_docx
from lawvault.writer.profiles import PROFILES, profile
from tests.writer.docx.sample import DOCUMENT, lines, parts, said, text, tree

OWN = [name for name in PROFILES if name != "custom"]


def written(*blocks, name="lawfirm", **more):
    return to_docx(Document(blocks=blocks, **more), profile(name))


@pytest.mark.parametrize("name", OWN)
def test_the_styles_of_a_profile_are_as_reviewed(name, golden):
    data = to_docx(Document(blocks=(said("正文"),)), profile(name)).data

    names = ("document", "styles", "settings", "fontTable", "footer1")
    golden(f"docx/{name}.xml", "\n".join(lines(data, names)) + "\n")


def test_the_xml_of_everything_a_document_may_hold_is_as_reviewed(golden):
    data = to_docx(DOCUMENT, profile("court")).data

    names = ("document", "footnotes", "comments", "numbering")
    golden("docx/everything.xml", "\n".join(lines(data, names)) + "\n")


def paragraphs_of(*blocks, name="gbt9704", **more):
    body = tree(written(*blocks, name=name, **more).data, "word/document.xml")
    return {
        "".join(p.itertext()): p.find(f"{{{W}}}pPr") for p in body.iter(f"{{{W}}}p") if p.itertext()
    }


def value(properties, tag, name="val"):
    found = properties.find(f"{{{W}}}{tag}")
    return None if found is None else found.get(f"{{{W}}}{name}")


def test_a_long_code_tears_no_line_apart():
    found = paragraphs_of(
        said("住所地某路100号，统一社会信用代码91350100M000100Y43。"), said("甲。")
    )

    assert [value(properties, "jc") for properties in found.values()][:2] == ["left", None]
    styles = tree(written(said("甲")).data, "word/styles.xml")
    breaking = [s for s in styles if s.find(f"{{{W}}}pPr/{{{W}}}wordWrap") is not None]
    assert [s.get(f"{{{W}}}styleId") for s in breaking] == [
        *("BodyText", "Quote", "FootnoteText", "TableText")
    ]


def test_who_signs_stands_over_the_date_and_not_alone_on_a_page():
    court = said("某某法院", align="left")
    signed = Signature(lines=((Text(text="某某律师事务所（盖章）"),), (Text(text="2026年7月1日"),)))

    found = paragraphs_of(said("甲"), said("此致"), court, signed)

    kept = [properties.find(f"{{{W}}}keepNext") is not None for properties in found.values()]
    assert kept == [False, True, True, True, False]
    assert [value(p, "jc") for p in found.values()] == [None, None, "left", "center", "center"]
    assert value(found["2026年7月1日"], "ind", "right") == value(
        found["某某律师事务所（盖章）"], "ind", "right"
    )
    assert value(paragraphs_of(signed, name="court")["2026年7月1日"], "jc") is None


def test_room_to_sign_is_underlined_and_no_field_to_fill_in():
    signed = Signature(lines=((Text(text="具状人："), Blank()), (Blank(label="日期"),)))

    data = written(signed).data

    assert text(data) == "具状人：" + "\u00a0" * 20 + "【日期：　】"
    assert len(list(tree(data, "word/document.xml").iter(f"{{{W}}}u"))) == 1
    assert len(list(tree(data, "word/document.xml").iter(f"{{{W}}}sdt"))) == 1


def test_a_long_title_breaks_where_a_word_ends():
    title = "关于江州远帆家具有限公司解除设备租赁合同的法律意见书"

    data = written(said("甲"), name="gbt9704", title=title).data

    first, *others = docx.Document(io.BytesIO(data)).paragraphs[0].text.split("\n")
    assert (first, others) == ("关于江州远帆家具有限公司", ["解除设备租赁合同的法律意见书"])
    assert docx.Document(io.BytesIO(data)).core_properties.title == title


@pytest.mark.parametrize("name", OWN)
def test_the_same_document_makes_the_same_bytes(name):
    first, second = (to_docx(DOCUMENT, profile(name)).data for _ in range(2))

    assert first == second


@pytest.mark.parametrize("name", OWN)
def test_python_docx_opens_it_and_finds_headings_comments_and_tables(name):
    word = docx.Document(io.BytesIO(to_docx(DOCUMENT, profile(name)).data))

    styles = [paragraph.style.name for paragraph in word.paragraphs]
    assert [style for style in styles if style.startswith("Heading")] == [
        *(f"Heading {level}" for level in (1, 2, 3, 4, 5, 1)),
    ]
    assert [comment.text for comment in word.comments] == ["未能核实"]
    assert [comment.author for comment in word.comments] == ["LawVault"]
    assert len(word.tables) == 2


def test_the_properties_of_the_file_are_those_of_the_document():
    core = docx.Document(io.BytesIO(to_docx(DOCUMENT, profile("court")).data)).core_properties

    assert (core.title, core.author, core.keywords) == ("民事起诉状", "李律师", "租赁，违约金")
    assert core.created.isoformat() == "2026-11-26T08:00:00+00:00"
    assert core.comments == ""


def test_a_document_without_a_date_carries_none():
    core = parts(written(said("甲"), properties=Properties()).data)["docProps/core.xml"].decode()

    assert "created" not in core
    assert "modified" not in core


@pytest.mark.parametrize("name", OWN)
def test_nothing_leads_out_of_the_file_but_links_and_no_field_is_there_but_the_page(name):
    data = to_docx(DOCUMENT, profile(name)).data

    whole = {key: value.decode() for key, value in parts(data).items()}
    outside = re.findall(r'Target="([^"]*)" TargetMode="External"', "".join(whole.values()))
    assert sorted(outside) == ["https://a.cn/1", "https://flk.npc.gov.cn/"]
    fields = "".join(
        re.findall(r'w:instr="[^"]*"|<w:instrText|<w:fldChar', "".join(whole.values()))
    )
    assert set(fields.replace('w:instr=" PAGE "', "")) == set()


@pytest.mark.parametrize(
    "hostile",
    ["]]></w:t>", "<w:p/>", '=HYPERLINK("x")', "DDEAUTO c:\\cmd", "{ INCLUDETEXT x }", "&lt;w:t>"],
)
def test_code_in_the_text_stays_text(hostile):
    data = written(
        said(hostile), Heading(level=1, content=(Text(text=hostile),)), title=hostile
    ).data

    assert text(data) == hostile * 3
    assert open_docx(data).main == "word/document.xml"


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(), max_size=60))
def test_any_text_comes_out_as_it_went_in_without_what_xml_cannot_hold(words):
    result = written(said(words))

    kept = "".join(c for c in words if c >= " " or c in "\t\n\r")
    kept = "".join(c for c in kept if not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff")
    assert text(result.data) == re.sub("[\t\n\r]", " ", kept)
    assert any("控制字符" in note for note in result.notes) == (len(kept) < len(words))


def test_a_link_that_is_not_of_the_web_becomes_plain_text_and_is_told():
    links = ("javascript:alert(1)", "file:///etc/passwd", "\\\\server\\x", "http://", "https://[x")
    result = written(said(*(Text(text="字", link=link) for link in links)))

    assert b"hyperlink" not in parts(result.data)["word/document.xml"]
    assert sum("只保留文字" in note for note in result.notes) == len(links)


def test_every_run_names_its_chinese_and_its_latin_font():
    for name in OWN:
        root = tree(to_docx(DOCUMENT, profile(name)).data, "word/document.xml")
        for run in root.iter(f"{{{W}}}r"):
            if run.find(f"{{{W}}}t") is None:
                continue
            named = run.find(f"{{{W}}}rPr/{{{W}}}rFonts").attrib
            assert {f"{{{W}}}{key}" for key in ("eastAsia", "ascii", "hAnsi")} <= set(named)


def test_a_footnote_with_two_places_is_printed_at_each_and_one_with_none_is_told():
    notes = {key: Footnote(content=(Text(text=f"注{key}"),)) for key in "ab"}
    result = written(said("甲", NoteRef(id="a"), "乙", NoteRef(id="a")), notes=notes)

    assert text(result.data, "word/footnotes.xml").replace(" ", "") == "注a注a"
    assert any("脚注“b”" in note for note in result.notes)


def test_a_place_of_a_footnote_that_is_not_there_is_an_error():
    with pytest.raises(ValueError, match="no footnote 'x'"):
        written(said("甲", NoteRef(id="x")))


def test_in_a_footnote_a_fault_is_printed_since_word_has_no_comments_there():
    note = Footnote(content=(Text(text="说明"), Mark(reason="未核实"), NoteRef(id="a")))
    data = written(said("甲", NoteRef(id="a")), notes={"a": note}).data

    assert text(data, "word/footnotes.xml") == " 说明⚠【未核实】"


def test_fonts_that_may_be_missing_are_told_with_what_stands_in_for_them():
    result = written(said("甲"), name="gbt9704")

    assert "方正小标宋简体（缺则用宋体）" in result.notes[-1]
    assert "仿宋,FangSong" in parts(result.data)["word/fontTable.xml"].decode()


def test_custom_needs_a_reference_and_no_other_profile_takes_one():
    with pytest.raises(ConfigError, match="'custom' needs reference"):
        to_docx(DOCUMENT, profile("custom"))
    with pytest.raises(ConfigError, match="'court' takes no reference"):
        to_docx(DOCUMENT, profile("court"), reference=b"")


def test_an_empty_document_is_still_a_file():
    data = to_docx(
        replace(DOCUMENT, blocks=(), title="", notes={}, checked=()), profile("court")
    ).data

    assert text(data) == ""
    assert docx.Document(io.BytesIO(data)).paragraphs == []


@pytest.mark.chaos
def test_ten_thousand_footnotes_and_a_line_of_200_000_characters_are_written():
    """RELIABILITY.md, W4.  LibreOffice takes minutes to lay such a thing out."""
    notes = {str(n): Footnote(content=(Text(text="注"),)) for n in range(10_000)}
    places = [NoteRef(id=str(n)) for n in range(10_000)]
    data = written(said("长" * 200_000), said(*places), notes=notes).data

    assert text(data) == "长" * 200_000
    assert text(data, "word/footnotes.xml").count("注") == 10_000
    assert len(docx.Document(io.BytesIO(data)).paragraphs) == 2
