"""Tests of lawvault.serve.writer.naming: whatever a title holds, it names a file and no more."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.serve.writer.naming import MAX_BYTES, disposition, file_name


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("起诉状", "起诉状.docx"),
        ("../../x", "x.docx"),
        ("..\\..\\x", "x.docx"),
        ("C:\\x", "C x.docx"),
        ("CON", "_CON.docx"),
        ("con.txt", "_con.txt.docx"),
        ("Lpt¹", "_Lpt¹.docx"),
        ("Console", "Console.docx"),
        ("a\u202egpj.exe", "a gpj.exe.docx"),
        ('一"二\r\n三', "一 二 三.docx"),
        ("", "文稿.docx"),
        (" . ", "文稿.docx"),
        ("\ud800", "文稿.docx"),
    ],
)
def test_a_title_becomes_a_name(title, name):
    assert file_name(title, "docx") == name


@given(st.text(st.characters(), max_size=300))
def test_any_title_names_one_file_in_a_header_of_one_line(title):
    name = file_name(title, "docx")
    header = disposition(name)

    assert len(name.encode()) <= MAX_BYTES + 6
    assert not set(name) & set('/\\:*?"<>|\r\n\0')
    assert name.strip(" .") == name
    assert header.isascii()
    assert "\n" not in header
    assert unquote(header.rpartition("''")[2]) == name
