import io
import zipfile
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawvault.writer.document import Properties
from lawvault.writer.docx.opened import open_docx
from lawvault.writer.docx.proof import Entry, Proof, printed, proof_parts, read_proof
from lawvault.writer.docx.write import to_docx
from lawvault.writer.profiles import profile
from tests.writer.docx.sample import DOCUMENT, PROVENANCE, parts, text

ITEM = "customXml/item1.xml"
DATA = to_docx(DOCUMENT, profile("lawfirm")).data


def changed(change):
    """The file with every part put through `change(name, bytes)`; None drops it."""
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as package:
        for name, words in parts(DATA).items():
            if (after := change(name, words)) is not None:
                package.writestr(name, after)
    return result.getvalue()


def proof_with(old, new):
    assert old in parts(DATA)[ITEM]
    data = changed(lambda name, words: words.replace(old, new) if name == ITEM else words)
    return read_proof(open_docx(data))


def test_a_file_carries_what_each_of_its_footnotes_stands_for():
    proof = read_proof(open_docx(DATA))

    assert proof.state == "ok"
    assert (proof.corpus, proof.corpus_as_of) == ("f00d" * 16, "2026-10-01")
    assert [entry.provenance for entry in proof.entries] == [PROVENANCE]
    assert [entry.number for entry in proof.entries] == [1]


def test_the_words_before_an_item_are_no_part_of_the_proof():
    entry = Entry(number=1, printed="", provenance=replace(PROVENANCE, lead="有下列情形之一的："))
    bare = Entry(number=1, printed="", provenance=PROVENANCE)

    assert proof_parts([entry], Properties()) == proof_parts([bare], Properties())


def test_a_footnote_is_found_again_by_its_words_until_one_is_changed():
    entry = read_proof(open_docx(DATA)).entries[0]
    words = text(DATA, "word/footnotes.xml")

    assert entry.printed == printed(f"\n{words} ")
    assert entry.printed != printed(words.replace("585", "584").replace("五百", "六百"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"ab" * 32, b"cd" * 32),
        ("现行有效".encode(), "已被修改".encode()),
        ("可以请求增加".encode(), "不得请求增加".encode()),
        (b'start="60"', b'start="61"'),
        (b'start="60"', b'start="six"'),
        (b' status="', b' stat="'),
        (b"</proof>", b"<footnote/></proof>"),
        (b"</proof>", b"</prof>"),
        (b"f00d", b"beef"),
        (b'sha256="', b'sha1="'),
    ],
)
def test_a_proof_that_was_altered_says_so_and_says_nothing_else(old, new):
    assert proof_with(old, new) == Proof(state="altered")


def test_a_second_proof_beside_the_first_is_an_alteration():
    def twice(name, words):
        if name == "word/_rels/document.xml.rels":
            more = b'<Relationship Id="x9" Type="http://schemas.openxmlformats.org/officeDocument/'
            more += b'2006/relationships/customXml" Target="../customXml/itemProps1.xml"/>'
            return words.replace(b"</Relationships>", more + b"</Relationships>")
        return parts(DATA)[ITEM] if name == "customXml/itemProps1.xml" else words

    assert read_proof(open_docx(changed(twice))).state == "altered"


def test_a_file_without_footnotes_of_provisions_has_no_proof():
    note = replace(DOCUMENT.notes["a"], provenance=None)
    data = to_docx(replace(DOCUMENT, notes={"a": note}), profile("lawfirm")).data

    assert read_proof(open_docx(data)) == Proof(state="absent")
    assert not any(name.startswith("customXml") for name in parts(data))


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=20), st.text(max_size=20))
def test_whatever_stands_in_a_proof_its_hash_holds_when_it_is_read_back(long, short):
    provenance = replace(PROVENANCE, text=long, quote=long, law_name=short, address=short)
    entry = Entry(number=1, printed=printed(long), provenance=provenance)
    item, _ = proof_parts([entry], Properties(corpus=short))

    data = changed(lambda name, words: item if name == ITEM else words)
    assert read_proof(open_docx(data)).state == "ok"


def test_a_file_says_by_which_template_it_was_made_and_older_ones_by_none():
    made, old = (
        proof_parts([], Properties(corpus="f00d", template=name))[0] for name in ("letter", "")
    )

    def read(item):
        data = changed(lambda name, words: item if name == ITEM else words)
        return read_proof(open_docx(data))

    assert (read(made).state, read(made).template) == ("ok", "letter")
    assert read(made.replace(b"letter", b"other")).state == "altered"
    assert b' template=""' in old
    assert read(old.replace(b' template=""', b"")).state == "ok"
