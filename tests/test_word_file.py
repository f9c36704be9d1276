"""Tests of lawvault.word_file: what no Word document may be, whoever reads it."""

import io
import struct
import zipfile

import pytest

from lawvault.word_file import MAX_PART_BYTES, TYPES, UnsafeFile, inflated, listed, open_zip

MAIN = "word/document.xml"


def packed(*parts: tuple[str, str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for name, words in ((TYPES, "<Types/>"), (MAIN, "<document/>"), *parts):
            package.writestr(name, words)
    return file.getvalue()


def refusal(raw: bytes) -> UnsafeFile:
    with pytest.raises(UnsafeFile) as refused, open_zip(io.BytesIO(raw)):
        pass
    return refused.value


def with_end(raw: bytes, place: int, number: int) -> bytes:
    """Return a ZIP that says another number of four bytes in the record at its end."""
    changed = bytearray(raw)
    struct.pack_into("<I", changed, len(raw) - 22 + place, number)
    return bytes(changed)


def with_locator(raw: bytes) -> bytes:
    """Return a ZIP that says that its directory is told in the way of files above 4 GB."""
    return raw[:-22] + b"PK\x06\x07" + bytes(16) + raw[-22:]


GOOD = packed()


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"PK", "damaged"),
        (GOOD + b"more", "damaged"),
        (with_end(GOOD, 16, 0x7FFFFFFF), "damaged"),  # entries before the file
        (with_end(GOOD, 12, 2_000_000), "too_many_entries"),
        (with_locator(GOOD), "too_many_entries"),
        (packed(("word\\styles.xml", "<a/>")), "unsafe_name"),
        (packed(("word/styles.xml", "<a/>"), ("WORD/Styles.xml", "<a/>")), "duplicate_entry"),
        (packed(("word/VbaData.xml", "<a/>")), "macros"),
    ],
)
def test_what_no_word_document_is_is_refused_with_a_word_for_the_reason(raw: bytes, code: str):
    error = refusal(raw)

    assert error.code == code
    assert str(error)


def test_the_entry_at_fault_is_named():
    assert refusal(packed(("../x", ""))).name == "../x"


def test_what_fails_while_the_file_is_open_is_the_files_fault():
    with (
        pytest.raises(UnsafeFile, match="the XML inside is broken") as refused,
        open_zip(io.BytesIO(packed(("a.rels", "<a>")))) as package,
    ):
        list(listed(package, ["a.rels"]))

    assert refused.value.code == "damaged"


def test_links_are_listed_with_the_part_they_stand_in():
    links = '<Relationships a="1"><Relationship Target="x"/></Relationships>'
    with open_zip(io.BytesIO(packed(("a.rels", links), ("b.rels", links)))) as package:
        found = list(listed(package, ["a.rels", "b.rels"]))

    assert found == [("a.rels", {"Target": "x"}), ("b.rels", {"Target": "x"})]


def test_a_part_is_given_whole_or_refused():
    words = "第一条" * 100_000
    with open_zip(io.BytesIO(packed(("a.xml", words)))) as package:
        assert b"".join(inflated(package, "a.xml", max_bytes=MAX_PART_BYTES)) == words.encode()
        with pytest.raises(UnsafeFile, match=r"unpacks to more than 500000 bytes: a ZIP bomb\?"):
            list(inflated(package, "a.xml", max_bytes=500_000))
