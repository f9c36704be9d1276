"""Word documents: the text a reader sees, what is left out and said, and files made to harm."""

import io
import stat
import struct
import tracemalloc
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawvault.ingest.readers.docx import docx_text
from lawvault.ingest.readers.extracted import Extracted
from lawvault.word_file import MAX_ELEMENTS, MAX_ENTRIES
from tests.clock import least_seconds

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
SPACES = (
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:v="urn:schemas-microsoft-com:vml"'
)
TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{}</Types>'
RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    "{}</Relationships>"
)
Part = tuple[str | zipfile.ZipInfo, str | bytes]


def document(body: str, *, space: str = WORD, prolog: str = "") -> str:
    return f'{prolog}<w:document xmlns:w="{space}" {SPACES}><w:body>{body}</w:body></w:document>'


def packed(main: str | bytes | None, *others: Part, types: str = "") -> bytes:
    """Return the bytes of a ZIP with the main part and others."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", TYPES.format(types))
        if main is not None:
            package.writestr("word/document.xml", main)
        for name, content in others:
            package.writestr(name, content)
    return file.getvalue()


def saved(folder: Path, raw: bytes) -> Path:
    path = folder / "劳动法_19940705.docx"
    path.write_bytes(raw)
    return path


def run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


def paragraph(*runs: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{''.join(runs)}</w:p>"


def table(*rows: Iterable[str]) -> str:
    cells = ("".join(f"<w:tc>{cell}</w:tc>" for cell in row) for row in rows)
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


@pytest.fixture
def read(tmp_path):
    """Return `read(body)`: the text of a document with this body."""
    return lambda body: docx_text(saved(tmp_path, packed(document(body))))


@pytest.fixture
def refusal(tmp_path):
    """Return `refusal(raw)`: why these bytes are refused."""

    def reason(raw: bytes) -> str:
        with pytest.raises(ValueError, match=r"\w") as refused:
            docx_text(saved(tmp_path, raw))
        return str(refused.value)

    return reason


def test_each_paragraph_is_a_line_however_word_cut_it_into_runs(read):
    body = paragraph(run("第一条　"), run("为了"), run("保护劳动者")) + paragraph(run("第二款"))

    assert read(body) == Extracted(text="第一条　为了保护劳动者\n第二款")


def test_empty_paragraphs_are_no_lines(read):
    assert read("<w:p/>" + paragraph(run(" ")) + paragraph(run("第一条"))).text == "第一条"


def test_the_strict_form_of_the_format_is_read_too(tmp_path):
    raw = packed(document(paragraph(run("第一条")), space=STRICT))

    assert docx_text(saved(tmp_path, raw)).text == "第一条"


def test_a_part_in_utf_16_is_read_too(tmp_path):
    main = document(paragraph(run("第一条")), prolog='<?xml version="1.0" encoding="UTF-16"?>')

    assert docx_text(saved(tmp_path, packed(main.encode("utf-16")))).text == "第一条"


def test_tabs_and_breaks_inside_a_run_are_text_and_tab_stops_are_not(read):
    stops = '<w:tabs><w:tab w:val="left" w:pos="420"/></w:tabs>'
    body = paragraph(
        "<w:r><w:t>甲</w:t><w:tab/><w:t>乙</w:t><w:br/><w:t>丙</w:t></w:r>", properties=stops
    )

    assert read(body).text == "甲\t乙\n丙"


def test_entities_and_spaces_come_as_they_are(read):
    assert read(paragraph(run("a &lt;b&gt; &amp;  &#x4E00;"))).text == "a <b> &  一"


def test_tracked_deletions_are_left_out_insertions_kept_and_both_noted(read):
    deleted = '<w:del w:id="1"><w:r><w:delText>十日</w:delText></w:r></w:del>'
    inserted = f'<w:ins w:id="2">{run("十五日")}</w:ins>'
    body = paragraph(run("在"), deleted, inserted, run("内"))

    assert read(body) == Extracted(
        text="在十五日内",
        notes=["1 tracked deletion left out", "1 tracked insertion kept"],
    )


def test_what_was_moved_stands_once_at_its_new_place(read):
    moved_from = f"<w:moveFrom>{run('第二款')}</w:moveFrom>"
    moved_to = f"<w:moveTo>{run('第二款')}</w:moveTo>"

    found = read(paragraph(run("甲"), moved_from) + paragraph(run("乙"), moved_to))

    assert found.text == "甲\n乙第二款"
    assert found.notes == ["1 tracked deletion left out", "1 tracked insertion kept"]


def test_a_deleted_end_of_a_paragraph_joins_it_to_the_next(read):
    mark = "<w:rPr><w:del w:id='1'/></w:rPr>"

    assert read(paragraph(run("第一"), properties=mark) + paragraph(run("条"))).text == "第一条"
    assert read(paragraph(run("最后"), properties=mark)).text == "最后"


def test_a_deleted_row_of_a_table_is_left_out(read):
    gone = f"<w:tr><w:trPr><w:del/></w:trPr><w:tc>{paragraph(run('旧'))}</w:tc></w:tr>"
    kept = f"<w:tr><w:tc>{paragraph(run('新'))}</w:tc></w:tr>"

    assert read(f"<w:tbl>{gone}{kept}</w:tbl>").text == "新"


@pytest.mark.parametrize("value", ["", ' w:val="1"', ' w:val="true"'])
def test_hidden_text_is_left_out_and_noted(read, value):
    found = read(paragraph(run("看得见"), run("看不见", f"<w:vanish{value}/>"), run("的")))

    assert found == Extracted(text="看得见的", notes=["1 hidden run left out"])


@pytest.mark.parametrize(
    "properties", ['<w:vanish w:val="0"/>', '<w:vanish w:val="false"/>', "<w:webHidden/>"]
)
def test_text_that_is_not_hidden_after_all_is_kept(read, properties):
    assert read(paragraph(run("看得见", properties))) == Extracted(text="看得见")


def test_text_that_was_hidden_before_a_tracked_change_is_kept(read):
    before = "<w:rPrChange><w:rPr><w:vanish/></w:rPr></w:rPrChange>"

    assert read(paragraph(run("看得见", before))).text == "看得见"


def mark(kind: str) -> str:
    return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'


CODE = '<w:r><w:instrText> HYPERLINK "https://x" </w:instrText></w:r>'


def test_a_field_gives_its_result_and_never_its_code(read):
    inner = mark("begin") + CODE + mark("separate") + run("里") + mark("end")
    field = mark("begin") + CODE + inner + mark("separate") + run("外") + mark("end")

    assert read(paragraph(run("前"), field, run("后"))).text == "前外后"


def test_a_field_may_go_over_several_paragraphs_as_a_table_of_contents_does(read):
    body = paragraph(mark("begin"), CODE, mark("separate"), run("第一章")) + paragraph(
        run("第二章"), mark("end")
    )

    assert read(body + paragraph(run("正文"))).text == "第一章\n第二章\n正文"


def test_a_field_that_never_ends_is_refused_rather_than_swallowing_the_text(tmp_path):
    body = paragraph(mark("begin"), run("正文"))

    with pytest.raises(ValueError, match="a field never ends"):
        docx_text(saved(tmp_path, packed(document(body))))


def test_a_row_of_a_table_is_a_line_with_tabs_between_its_cells(read):
    two = paragraph(run("罚款")) + paragraph(run("（元）"))
    body = table(
        [paragraph(run("行为")), two],
        [paragraph(run("超速")), paragraph("<w:r><w:br/></w:r>", run("200"))],
    )

    assert read(paragraph(run("附表")) + body).text == "附表\n行为\t罚款 （元）\n超速\t200"


def test_an_empty_cell_keeps_its_place(read):
    assert read(table([paragraph(run("甲")), "<w:p/>", paragraph(run("丙"))])).text == "甲\t\t丙"


def test_a_table_inside_a_cell_is_part_of_its_line(read):
    inner = table([paragraph(run("一")), paragraph(run("二"))])

    assert read(table([paragraph(run("外")), inner])).text == "外\t一 二"


def test_a_frame_of_one_cell_around_a_law_leaves_its_lines(read):
    law = "".join(paragraph(run(f"第{n}条")) for n in "一二三")

    assert read(table([law])).text == "第一条\n第二条\n第三条"


def box(text: str) -> str:
    return f"<w:txbxContent>{paragraph(run(text))}</w:txbxContent>"


def test_a_text_box_is_read_once_after_its_paragraph_whatever_old_programs_get(read):
    both = (
        f"<w:r><mc:AlternateContent><mc:Choice Requires='wps'>{box('框内')}</mc:Choice>"
        f"<mc:Fallback><w:pict>{box('框内')}</w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )

    assert read(paragraph(run("前"), both, run("后"))).text == "前后\n框内"


def test_where_there_is_no_choice_the_fallback_is_read(read):
    fallback = f"<mc:Fallback>{box('框内')}</mc:Fallback>"
    body = paragraph(f"<w:r><mc:AlternateContent>{fallback}</mc:AlternateContent></w:r>")

    assert read(body).text == "框内"


@pytest.mark.parametrize(
    ("content", "note"),
    [
        ('<w:r><w:footnoteReference w:id="2"/></w:r>', "1 footnote left out"),
        ('<w:r><w:endnoteReference w:id="2"/></w:r>', "1 endnote left out"),
        ('<w:r><w:commentReference w:id="0"/></w:r>', "1 comment left out"),
        ("<w:r><w:drawing><a:blip/></w:drawing></w:r>", "1 picture left out"),
        ("<w:r><w:pict><v:imagedata/></w:pict></w:r>", "1 picture left out"),
        (
            '<w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r>',
            "1 character of a symbol font left out",
        ),
        (
            "<w:r><w:ruby><w:rt><w:r><w:t>pin</w:t></w:r></w:rt></w:ruby></w:r>",
            "1 phonetic guide left out",
        ),
    ],
)
def test_what_is_no_text_of_the_page_is_noted(read, content, note):
    assert read(paragraph(run("第一条"), content)) == Extracted(text="第一条", notes=[note])


def test_numbers_that_word_counts_by_itself_are_noted_because_they_are_missing(read):
    numbered = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{}"/></w:numPr>'
    body = paragraph(run("甲"), properties=numbered.format(3)) + paragraph(
        run("乙"), properties=numbered.format(0)
    )

    assert read(body) == Extracted(text="甲\n乙", notes=["1 automatic number not in the text"])


def test_a_formula_is_written_in_one_line_and_noted(read):
    formula = "<m:oMath><m:r><m:t>a+b</m:t></m:r></m:oMath>"

    assert read(paragraph(run("金额＝"), formula)) == Extracted(
        text="金额＝a+b", notes=["1 formula written in one line"]
    )


def test_links_out_of_the_document_are_named_and_not_followed(tmp_path):
    links = "".join(
        f'<Relationship Id="r{n}" TargetMode="External" Target="file:///etc/passwd{n}"/>'
        for n in range(4)
    )
    inside = '<Relationship Id="r9" Target="styles.xml"/>'
    part = ("word/_rels/document.xml.rels", RELATIONS.format(links + inside))

    found = docx_text(saved(tmp_path, packed(document(paragraph(run("第一条"))), part)))

    assert found.text == "第一条"
    (note,) = found.notes
    assert note.startswith("4 links out of the document not followed: file:///etc/passwd0, ")
    assert "passwd3" not in note


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "no Word document (.docx) but something else"),
        ("第一条".encode(), "no Word document (.docx) but something else"),
        (b"%PDF-1.7 ...", "no Word document (.docx) but a PDF"),
        (b"{\\rtf1 ...", "no Word document (.docx) but an RTF document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000, "an old Office file (.doc, .wps)"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
            + b"\0" * 65_520
            + "EncryptedPackage".encode("utf-16-le"),
            "the document is encrypted; save it without a password",
        ),
        (packed(None), "0 parts word/document.xml: no Word document"),
        (packed("<a/>"), "word/document.xml is no Word document but 'a'"),
        (packed("第一条"), "the XML inside is broken (syntax error"),
        (packed(document("<w:p>")), "the XML inside is broken (mismatched tag"),
        (packed(document("")[:-1]), "the XML inside is broken (unclosed token"),
        (packed(document("&lost;")), "the XML inside is broken (undefined entity"),
    ],
)
def test_what_is_no_word_document_is_refused_by_what_it_is(refusal, raw, reason):
    assert refusal(raw).startswith(reason)


BOMB_OF_ENTITIES = """<!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>"""


@pytest.mark.parametrize(
    "prolog",
    [BOMB_OF_ENTITIES, '<!DOCTYPE x SYSTEM "file:///etc/passwd">', "<!DOCTYPE x>"],
)
def test_a_document_type_is_refused_before_anything_it_declares_is_used(refusal, prolog):
    main = document(paragraph(run("第一条")), prolog=prolog)

    assert refusal(packed(main)).startswith("the XML declares a document type")


def test_a_document_type_in_the_list_of_links_is_refused_too(refusal):
    part = ("word/_rels/document.xml.rels", BOMB_OF_ENTITIES + RELATIONS.format(""))

    assert refusal(packed(document(""), part)).startswith("the XML declares a document type")


@pytest.mark.parametrize(
    "name", ["../x", "word/../../x", "/etc/x", "..\\x", "C:\\x", "C:x", "a/.."]
)
def test_an_entry_whose_name_leads_out_of_the_document_is_refused(refusal, name):
    assert "leads out of the document" in refusal(packed(document(""), (name, "x")))


def test_a_symbolic_link_is_refused(refusal):
    link = zipfile.ZipInfo("word/media/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16

    assert refusal(packed(document(""), (link, "/etc/passwd"))).endswith("is a symbolic link")


def test_an_encrypted_entry_is_refused(refusal):
    raw = bytearray(packed(document("")))
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.rindex(mark) + flags] |= 1

    assert refusal(bytes(raw)).endswith("is encrypted; save it without a password")


def test_a_document_with_macros_is_refused(refusal):
    assert "vbaProject.bin" in refusal(packed(document(""), ("word/vbaProject.bin", b"\0")))


def test_a_document_of_a_type_that_may_hold_macros_is_refused(refusal):
    kind = "application/vnd.ms-word.document.macroEnabled.main+xml"
    types = f'<Override PartName="/word/document.xml" ContentType="{kind}"/>'

    assert "macros (.docm)" in refusal(packed(document(""), types=types))


def test_two_main_parts_are_refused(refusal):
    with pytest.warns(UserWarning, match="Duplicate name"):
        raw = packed(document(""), ("word/document.xml", document("")))

    assert refusal(raw).startswith("2 parts word/document.xml")


def test_an_entry_packed_in_an_unusual_way_is_refused(refusal):
    file = io.BytesIO(packed(document("")))
    with zipfile.ZipFile(file, "a", zipfile.ZIP_LZMA) as package:
        package.writestr("word/styles.xml", "x")

    assert refusal(file.getvalue()).endswith("packed in a way that Word does not know")


WHOLE = packed(document("".join(paragraph(run(f"第{n}条　内容{n}")) for n in range(1, 200))))


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.99])
def test_a_cut_file_is_refused(refusal, kept):
    assert refusal(WHOLE[: int(len(WHOLE) * kept)]) == (
        "the ZIP has no end: the file is cut off; get it again"
    )


def test_a_changed_byte_is_noticed_by_its_checksum(refusal):
    raw = bytearray(packed(document(paragraph(run("第一条")))))
    at = raw.index(b"PK\x01\x02", raw.index(b"PK\x01\x02") + 1) + 16  # the stated checksum
    raw[at] ^= 1

    assert refusal(bytes(raw)).startswith("the ZIP is damaged (Bad CRC-32")


@settings(max_examples=300)
@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_a_flipped_byte_anywhere_is_harmless_or_refused(tmp_path_factory, at, flip):
    raw = bytearray(WHOLE)
    raw[at] ^= flip
    path = saved(tmp_path_factory.getbasetemp(), bytes(raw))
    try:
        found = docx_text(path).text
    except ValueError:
        return

    assert found.split("\n")[0] == "第1条　内容1"
    assert found.count("\n") == 198


def repeated(pattern: str, num_bytes: int) -> str:
    return pattern * (num_bytes // len(pattern))


def bomb(pattern: str, *, before: str = "", after: str = "") -> bytes:
    """Return a document of some 100 KB that unpacks to 100 MB."""
    return packed(document(before + repeated(pattern, 100_000_000) + after))


@pytest.mark.parametrize(
    ("before", "pattern", "after", "reason"),
    [
        ("<w:p><w:r><w:t>", "A", "</w:t></w:r></w:p>", r"a ZIP bomb\?"),
        ("", "<w:p/>", "", "elements, or deeper than"),
        ("", "<w:p>", "", "elements, or deeper than"),
        ('<w:p a="', "A", '"/>', "has a tag of more than"),
        ("<w:p ", " ", "/>", "has a tag of more than"),
        ("", "<!---->", "", r"a ZIP bomb\?"),
    ],
    ids=["text", "elements", "depth", "attribute", "blanks", "comments"],
)
def test_a_bomb_is_refused_in_less_than_a_second_with_little_memory(
    tmp_path, before, pattern, after, reason
):
    path = saved(tmp_path, bomb(pattern, before=before, after=after))
    assert path.stat().st_size < 600_000

    def read() -> None:
        with pytest.raises(ValueError, match=reason):
            docx_text(path)

    seconds = least_seconds(read, below=1)
    tracemalloc.start()
    read()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert seconds < 1
    assert peak < 48 << 20


def test_a_stated_size_that_is_a_lie_helps_no_bomb(tmp_path):
    raw = bytearray(bomb("A", before="<w:p><w:r><w:t>"))
    directory = raw.rindex(b"PK\x01\x02")
    raw[directory + 20 : directory + 28] = struct.pack("<II", 0xFFFFFFF0, 0xFFFFFFF0)

    path = saved(tmp_path, bytes(raw))

    def read() -> None:
        with pytest.raises(ValueError, match=r"a ZIP bomb\?"):
            docx_text(path)

    assert least_seconds(read, below=1) < 1


def test_a_hundred_thousand_entries_are_refused_before_their_list_is_loaded(tmp_path):
    entry = struct.pack("<4s22xHHH12x", b"PK\x01\x02", 1, 0, 0) + b"a"
    directory = entry * 100_000
    end = struct.pack("<4s4xHHIIH", b"PK\x05\x06", 1, 1, len(directory), 30, 0)
    path = saved(tmp_path, b"PK\x03\x04" + b"\0" * 26 + directory + end)

    tracemalloc.start()
    with pytest.raises(ValueError, match=f"more than {MAX_ENTRIES} entries"):
        docx_text(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 1 << 20


def test_an_honest_law_of_the_longest_kind_is_far_from_every_limit(tmp_path):
    properties = '<w:rFonts w:ascii="仿宋" w:eastAsia="仿宋" w:hint="eastAsia"/><w:sz w:val="32"/>'
    law = "".join(
        paragraph(
            run(f"第{n}条　", properties), run("为了保护民事主体的合法权益，" * 5, properties)
        )
        for n in range(1, 3001)
    )
    path = saved(tmp_path, packed(document(law)))

    found = docx_text(path)

    assert found.text.count("\n") == 2999
    assert found.notes == []
    assert law.count("<w:") < MAX_ELEMENTS / 20
