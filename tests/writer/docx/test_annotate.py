"""Tests of lawvault.writer.docx.annotate."""

import datetime
import io
import random
import shutil
import subprocess
import zipfile
from pathlib import Path

import docx
import pytest
from lxml import etree

from lawvault.writer.document import Document, Footnote, NoteRef, Paragraph, Text
from lawvault.writer.docx.annotate import AUTHOR, Comment, annotate
from lawvault.writer.docx.elements import word_of
from lawvault.writer.docx.opened import open_docx
from lawvault.writer.docx.words import text_of
from lawvault.writer.docx.write import to_docx
from lawvault.writer.profiles import profile
from tests.writer.docx.test_words import BOX, docx_of, run

AT = datetime.datetime(2026, 3, 2, 8, 30)
MAIN = "word/document.xml"
DEMO = docx_of(
    run("根据《民法") + run("典》第五", "<w:b/>") + run("条和第六条处理。"),
    f'<w:ins w:id="1">{run("《民法典》第七条")}</w:ins>' + run("。"),
    run("外") + f"<w:r>{BOX}</w:r>",
)


def with_table() -> bytes:
    document = docx.Document(io.BytesIO(DEMO))
    document.add_table(1, 2).cell(0, 1).text = "见《民法典》第八条。"
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def with_note() -> bytes:
    line = (Text(text="正文"), NoteRef(id="a"), Text(text="。"))
    note = Footnote(content=(Text(text="见《民法典》第九条。"),))
    given = Document(blocks=(Paragraph(content=line),), notes={"a": note})
    return to_docx(given, profile("court")).data


def on(data: bytes, *words: str) -> list[Comment]:
    text = text_of(open_docx(data)).text
    return [
        Comment(start=(at := text.index(one)), end=at + len(one), words=f"评{one}") for one in words
    ]


def annotated(data: bytes, *words: str) -> bytes:
    return annotate(open_docx(data), on(data, *words), at=AT)


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}


def commented(data: bytes) -> dict[str, str]:
    """Return the words of each comment -> the words of the body that it is on."""
    told = {str(c.comment_id): c.text for c in docx.Document(io.BytesIO(data)).comments}
    root, found = etree.fromstring(parts_of(data)[MAIN]), {}
    within: set[str] = set()
    for element in root.iter():
        word = word_of(element)
        id_ = element.get(f"{{{etree.QName(root).namespace}}}id", "")
        if word == "commentRangeStart":
            within.add(id_)
            found[told[id_]] = ""
        elif word == "commentRangeEnd":
            within.remove(id_)
        elif word == "t":
            for one in within:
                found[told[one]] += element.text or ""
    assert not within
    return found


def test_a_comment_is_on_just_the_words_it_is_about_across_runs():
    done = annotated(DEMO, "《民法典》第五条", "第六条", "《民法典》第七条")

    assert commented(done) == {
        "评《民法典》第五条": "《民法典》第五条",
        "评第六条": "第六条",
        "评《民法典》第七条": "《民法典》第七条",
    }
    assert {c.author for c in docx.Document(io.BytesIO(done)).comments} == {AUTHOR}


def test_runs_keep_their_looks_and_no_word_is_lost():
    done = annotated(DEMO, "民法典》第", "《民法", "典》第五条")

    assert text_of(open_docx(done)).text == text_of(open_docx(DEMO)).text
    bold = [run.text for run in docx.Document(io.BytesIO(done)).paragraphs[0].runs if run.bold]
    assert "".join(bold) == "典》第五"


def test_comments_may_lie_in_each_other_and_meet():
    text = text_of(open_docx(DEMO)).text
    chosen = random.Random(17)
    spans = [sorted(chosen.sample(range(2, 17), 2)) for _ in range(40)]
    comments = [Comment(start=a, end=b, words=f"{n}") for n, (a, b) in enumerate(spans)]

    done = annotate(open_docx(DEMO), comments, at=AT)

    assert commented(done) == {f"{n}": text[a:b] for n, (a, b) in enumerate(spans)}
    assert text_of(open_docx(done)).text == text
    empty = [e for e in etree.fromstring(parts_of(done)[MAIN]).iter() if word_of(e) == "r"]
    assert all(len(e) for e in empty)


def test_all_other_parts_stay_as_they_are():
    before, after = parts_of(DEMO), parts_of(annotated(DEMO, "第六条"))

    changed = {name for name in after if after[name] != before.get(name)}

    assert changed == {
        MAIN,
        "word/comments.xml",
        "word/_rels/document.xml.rels",
        "[Content_Types].xml",
    }
    assert list(after)[: len(before)] == list(before)


def test_comments_that_are_there_stay_and_only_two_parts_change():
    once = annotated(DEMO, "第六条")

    twice = annotated(once, "第五条")

    assert commented(twice) == {"评第六条": "第六条", "评第五条": "第五条"}
    before, after = parts_of(once), parts_of(twice)
    assert {n for n in after if after[n] != before[n]} == {MAIN, "word/comments.xml"}


def test_a_cell_can_be_commented_on():
    assert commented(annotated(with_table(), "第八条")) == {"评第八条": "第八条"}


def test_what_is_said_of_a_box_or_a_footnote_hangs_on_its_place_in_the_body():
    box, note = annotated(DEMO, "框内第三条"), annotated(with_note(), "第九条")

    assert list(commented(box)) == ["评框内第三条"]
    assert commented(note) == {"评第九条": ""}
    root = etree.fromstring(parts_of(note)[MAIN])
    start = next(e for e in root.iter() if word_of(e) == "commentRangeStart")
    (inner,) = [e for e in start.getnext() if word_of(e) != "rPr"]
    assert word_of(inner) == "footnoteReference"
    footnotes = {n: w for n, w in parts_of(note).items() if "footnotes" in n}
    assert footnotes == {n: w for n, w in parts_of(with_note()).items() if "footnotes" in n}


def test_characters_that_xml_has_not_are_left_out_of_comments():
    comment = Comment(start=0, end=1, words="甲\x00乙\ud800\n丙")

    done = annotate(open_docx(DEMO), [comment], at=AT)

    assert list(commented(done)) == ["甲乙\n丙"]


def test_a_document_without_comments_is_given_back_as_it_is():
    opened = open_docx(DEMO)
    assert annotate(opened, [], at=AT) is opened.data


def test_a_comment_on_nothing_is_an_error():
    with pytest.raises(ValueError, match="no text at 9000 to 9001"):
        annotate(open_docx(DEMO), [Comment(start=9000, end=9001, words="甲")], at=AT)


@pytest.mark.chaos
@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed here")
@pytest.mark.parametrize(
    ("made", "words"),
    [(with_table, ("《民法典》第五条", "第八条", "框内第三条")), (with_note, ("第九条",))],
)
def test_libreoffice_turns_a_copy_with_comments_into_a_pdf(tmp_path: Path, made, words):
    (tmp_path / "copy.docx").write_bytes(annotated(made(), *words))

    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation=file://{tmp_path}/office",
            *("--headless", "--convert-to", "pdf", "--outdir", str(tmp_path)),
            str(tmp_path / "copy.docx"),
        ],
        check=True,
        timeout=120,
        capture_output=True,
    )

    assert (tmp_path / "copy.pdf").read_bytes().startswith(b"%PDF")
