"""Encodings of law files: read as what they are, or refused with the place; never a guess."""

import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.ingest.readers.decode import Decoded, binary_kind, decode, looks_like_html

LAW = """中华人民共和国劳动合同法
（2007年6月29日第十届全国人民代表大会常务委员会第二十八次会议通过）
第一章　总　则
第一条　为了完善劳动合同制度，明确劳动合同双方当事人的权利和义务，保护劳动者的合法权益，\
构建和发展和谐稳定的劳动关系，制定本法。
第二条　中华人民共和国境内的企业、个体经济组织、民办非企业单位等组织（以下称用人单位）\
与劳动者建立劳动关系，订立、履行、变更、解除或者终止劳动合同，适用本法。
"""
MARKS = {"utf-8": b"\xef\xbb\xbf", "utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}
COLLECTION = Path(__file__).parents[3].parent / "shared" / "data" / "lawrefbook.tar.gz"
COMMON = st.text(st.sampled_from(sorted(set(LAW))), min_size=1)
KOREAN = (
    "대한민국은 민주공화국이다. 대한민국의 주권은 국민에게 있고, 모든 권력은 국민으로부터 나온다."
)


def outcome(raw: bytes) -> Decoded | str:
    """Return what is decoded, or the reason why not."""
    try:
        return decode(raw)
    except ValueError as refused:
        return str(refused)


def refusal(raw: bytes) -> str:
    reason = outcome(raw)
    assert isinstance(reason, str)
    return reason


@pytest.mark.parametrize("encoding", MARKS)
def test_a_byte_order_mark_decides_and_is_no_part_of_the_text(encoding):
    assert decode(MARKS[encoding] + LAW.encode(encoding)) == Decoded(text=LAW, encoding=encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "gb18030"])
def test_a_law_is_read_without_a_mark_in_each_encoding(encoding):
    assert decode(LAW.encode(encoding)) == Decoded(text=LAW, encoding=encoding)


@given(COMMON)
def test_whatever_is_written_with_common_characters_comes_back_from_utf_8(text):
    assert decode(text.encode()) == Decoded(text=text, encoding="utf-8")


@given(COMMON)
def test_whatever_is_written_with_common_characters_comes_back_from_gb18030(text):
    assert decode((LAW + text).encode("gb18030")) == Decoded(text=LAW + text, encoding="gb18030")


@given(st.binary())
def test_any_bytes_whatever_are_read_without_replacement_or_refused(raw):
    decoded = outcome(raw)

    if isinstance(decoded, Decoded):
        back = decoded.text.encode(decoded.encoding)
        assert raw in {back, MARKS.get(decoded.encoding, b"") + back}
        assert "\ufffd" not in decoded.text
    else:
        assert decoded


@given(st.integers(0, len(LAW.encode()) - 1), st.sampled_from([0x80, 0xBF, 0xC0, 0xE4, 0xFF]))
def test_a_broken_byte_never_turns_a_utf_8_file_into_another_encoding(at, byte):
    raw = bytearray(LAW.encode())
    raw[at] = byte

    decoded = outcome(bytes(raw))

    if isinstance(decoded, Decoded):
        assert decoded.encoding == "utf-8"  # the byte made another character
    else:
        assert decoded.startswith("not utf-8: byte 0x")


def test_the_place_of_a_broken_byte_is_named_by_line_and_offset():
    raw = LAW.encode()
    at = raw.index("第二条".encode())

    assert refusal(raw[:at] + b"\xff" + raw[at:]) == (
        f"not utf-8: byte 0xff at line 5, byte offset {at} (invalid start byte); "
        "save the file as UTF-8 again"
    )


def test_the_mark_counts_into_the_offset():
    raw = b"\xef\xbb\xbf" + "第一条\n".encode() + b"\xff"

    assert "byte 0xff at line 2, byte offset 13 " in refusal(raw)


def test_a_broken_byte_in_a_short_file_is_named_as_utf_8_too():
    assert refusal("第一条".encode() + b"\xff").startswith("not utf-8: byte 0xff at line 1, byte")


def test_a_broken_pair_in_a_gb18030_file_is_named_as_such():
    raw = LAW.encode("gb18030")
    at = raw.index("第二条".encode("gb18030"))

    assert refusal(raw[:at] + b"\xff" + raw[at:]).startswith(
        f"not gb18030: byte 0xff at line 5, byte offset {at} ("
    )


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_half_a_surrogate_pair_in_utf_16_is_named(encoding):
    raw = MARKS[encoding] + LAW.encode(encoding) + "\ud800".encode(encoding, "surrogatepass")

    assert refusal(raw).startswith(f"not {encoding}: byte 0x")


def test_a_cut_utf_16_file_is_refused():
    raw = MARKS["utf-16-le"] + LAW.encode("utf-16-le")[:-1]

    assert "truncated data" in refusal(raw)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (KOREAN, "euc-kr"),
        ("日本国民は、正当に選挙された国会における代表者を通じて行動し", "shift_jis"),
        ("日本国民は、正当に選挙された国会における代表者を通じて行動し", "euc-jp"),
        ("為保障人民權益，制定本法。法律無特別規定者，適用本法之規定。", "big5"),
        ("Gesetz über die Fähigkeit, Verträge zu schließen", "latin-1"),
        ("décret relatif aux élèves", "cp1252"),
    ],
)
def test_what_is_neither_utf_8_nor_chinese_is_refused_with_both_tries(text, encoding):
    reason = refusal((text * 3).encode(encoding))

    assert reason.startswith("not utf-8: byte 0x")
    if encoding not in ("latin-1", "cp1252"):
        assert reason.endswith("as gb18030 it is no Chinese either")


def test_a_lost_character_that_was_saved_as_such_is_refused_with_its_place():
    raw = "第一条\n为了\ufffd，".encode()

    assert refusal(raw) == (
        "a character was lost before (U+FFFD in utf-8, line 2, byte offset 16); "
        "get the file from its source again"
    )


def test_a_nul_in_utf_8_stays_for_the_stage_that_removes_and_counts_it():
    assert decode("第一条\0内容".encode()).text == "第一条\0内容"


@pytest.mark.parametrize("text", ["Article 1\r\nThis Law", "ab\n第一条", "12345678"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_ascii_in_utf_16_without_a_mark_is_told_by_its_zeros(text, encoding):
    assert decode(text.encode(encoding)) == Decoded(text=text, encoding=encoding)


def test_nothing_is_an_empty_text():
    assert decode(b"") == Decoded(text="", encoding="utf-8")


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"%PDF-1.7\n", "a PDF"),
        (b"PK\x03\x04\x14\x00", "a ZIP archive (.docx, .xlsx, .zip)"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", "an old Office file (.doc, .wps)"),
        (b"{\\rtf1\\ansi", "an RTF document"),
        (b"SQLite format 3\0\x10", "a SQLite database"),
        (b"\x1f\x8b\x08", "gzip data"),
        (b"\x89PNG\r\n\x1a\n", "a picture (PNG)"),
        (b"\xff\xfe\0\0\x2c\x7b\0\0", "text in UTF-32"),
    ],
)
def test_a_file_that_is_no_text_is_refused_by_what_it_is(head, kind):
    assert refusal(head + LAW.encode()).startswith(f"no text but {kind}")
    assert binary_kind(head) is not None


@pytest.mark.parametrize(
    "text",
    [
        "<!DOCTYPE html>\n<html><body>第一条</body></html>",
        "\r\n  <!-- 保存于 2021 --><HTML lang=zh>",
        '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html PUBLIC "x">',
        '<div class="law"><p>第一条</p></div>',
        "<p>第一条",
        "<meta charset=gb2312>",
    ],
)
def test_html_is_told_by_its_beginning(text):
    assert looks_like_html(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "第一条 <p>",
        "<中华人民共和国民法典>",
        "# 民法典\n<p>第一条</p>",
        "<script>",
        "<pen>",
        LAW,
    ],
)
def test_a_text_with_tags_in_it_is_no_html(text):
    assert not looks_like_html(text)


@pytest.mark.skipif(not COLLECTION.is_file(), reason="needs the collection of laws")
def test_real_laws_come_back_from_every_encoding_and_a_broken_byte_is_always_found():
    with tarfile.open(COLLECTION) as archive:
        members = [member for member in archive if member.isfile() and member.size > 1000][::40]
        laws = [archive.extractfile(member).read() for member in members]
    assert len(laws) > 80

    for raw in laws:
        text, middle = raw.decode(), len(raw) // 2
        for encoding in ("utf-8", "gb18030", "utf-16-le", "utf-16-be"):
            assert decode(text.encode(encoding)) == Decoded(text=text, encoding=encoding)
        assert refusal(raw[:middle] + b"\xff" + raw[middle:]).startswith("not utf-8")
