"""Tests of lawvault.writer.docx.opened: files made to harm, and good ones of other programs."""

import io
import stat
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping

import docx
import pytest

from lawvault.word_file import MAX_ENTRIES
from lawvault.writer.docx.opened import UnsafeDocument, open_docx
from lawvault.writer.docx.words import text_of
from tests.clock import least_seconds

MAIN = "word/document.xml"
RELS = "word/_rels/document.xml.rels"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def good() -> bytes:
    document = docx.Document()
    document.add_paragraph("根据《民法典》第五条。")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


GOOD = good()


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}


def packed(parts: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, words in parts.items():
            package.writestr(name, words)
    return out.getvalue()


def with_main(old: bytes, new: bytes) -> bytes:
    parts = parts_of(GOOD)
    assert old in parts[MAIN]
    return packed(parts | {MAIN: parts[MAIN].replace(old, new, 1)})


def related(kind: str, target: str, *, mode: str = "") -> bytes:
    parts = parts_of(GOOD)
    mode = f' TargetMode="{mode}"' if mode else ""
    added = f'<Relationship Id="rIdX" Type="{OFFICE}/{kind}" Target="{target}"{mode}/>'
    return packed(
        parts
        | {RELS: parts[RELS].replace(b"</Relationships>", f"{added}</Relationships>".encode())}
    )


def typed(kind: str) -> bytes:
    parts = parts_of(GOOD)
    types = parts["[Content_Types].xml"]
    main = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    assert main in types
    return packed(parts | {"[Content_Types].xml": types.replace(main, kind.encode())})


def appended(*entries: tuple[zipfile.ZipInfo | str, bytes]) -> bytes:
    out = io.BytesIO(GOOD)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as package:
        for entry, words in entries:
            package.writestr(entry, words)
    return out.getvalue()


def linked() -> bytes:
    info = zipfile.ZipInfo("word/media/image1.png")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return appended((info, b"/etc/passwd"))


def twice() -> bytes:
    return appended((MAIN.upper(), b"<a/>"))


def outward() -> bytes:
    """Return the list of the links of a part, one of which loads a picture from outside."""
    return parts_of(related("image", "http://a.example/x.png", mode="External"))[RELS]


def locked() -> bytes:
    """Return the file with the flag of encryption on its first entry."""
    data = bytearray(GOOD)
    at = data.find(b"PK\x01\x02")
    data[at + 8] |= 1
    return bytes(data)


def utf16() -> bytes:
    main = parts_of(GOOD)[MAIN].decode().replace('encoding="UTF-8"', 'encoding="UTF-16"', 1)
    main = main.replace("encoding='UTF-8'", "encoding='UTF-16'", 1)
    return packed(parts_of(GOOD) | {MAIN: main.encode("utf-16")})


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
DOCTYPE = b'<!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/passwd">]>'

REFUSED: list[tuple[str, Callable[[], bytes]]] = [
    ("not_docx", lambda: b""),
    ("not_docx", lambda: b"%PDF-1.7 ..."),
    ("not_docx", lambda: packed({"a.txt": b"a"})),
    (
        "not_docx",
        lambda: typed("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ),
    ("not_docx", lambda: packed({n: w for n, w in parts_of(GOOD).items() if n != "_rels/.rels"})),
    ("not_docx", lambda: packed({n: w for n, w in parts_of(GOOD).items() if n != MAIN})),
    ("damaged", lambda: GOOD[: len(GOOD) // 2]),
    ("damaged", lambda: with_main(b"<w:body>", b"<w:body><w:p>")),
    ("old_office", lambda: OLE + bytes(600)),
    ("encrypted", lambda: OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le")),
    ("encrypted", locked),
    ("macros", lambda: typed("application/vnd.ms-word.document.macroEnabled.main+xml")),
    ("macros", lambda: appended(("word/vbaProject.bin", b"x"))),
    ("macros", lambda: related("vbaProject", "other.bin")),
    ("embedded_object", lambda: appended(("word/embeddings/oleObject1.bin", b"x"))),
    ("embedded_object", lambda: related("oleObject", "media/x.bin")),
    ("embedded_object", lambda: related("control", "media/x.xml")),
    ("external_relationship", lambda: related("image", "http://a.example/x.png", mode="External")),
    ("external_relationship", lambda: related("frame", "file:///etc/passwd", mode="External")),
    (
        "external_relationship",  # names of parts are equal whatever their case
        lambda: appended(("word/_rels/other.xml.RELS", outward())),
    ),
    (
        "attached_template",
        lambda: related("attachedTemplate", "file:///x.dotm", mode="External"),
    ),
    ("alternate_chunk", lambda: related("aFChunk", "chunk.html")),
    ("alternate_chunk", lambda: related("subDocument", "other.docx", mode="External")),
    ("doctype", lambda: with_main(b"<w:document", DOCTYPE + b"<w:document")),
    ("doctype", lambda: appended(("customXml/item9.xml", DOCTYPE + b"<a>&a;</a>"))),
    ("doctype", lambda: appended(("customXml/item9.xml", b" " * 65530 + DOCTYPE + b"<a/>"))),
    ("encoding", utf16),
    ("unsafe_name", lambda: appended(("../../x.xml", b"<a/>"))),
    ("unsafe_name", lambda: appended(("/etc/x.xml", b"<a/>"))),
    ("unsafe_name", lambda: appended(("word\\..\\x.xml", b"<a/>"))),
    ("duplicate_entry", twice),
    ("symlink", linked),
]


@pytest.mark.parametrize(("code", "made"), REFUSED)
def test_what_may_do_harm_is_refused_with_its_own_reason(code: str, made: Callable[[], bytes]):
    data = made()

    with pytest.raises(UnsafeDocument) as refused:
        text_of(open_docx(data))

    assert refused.value.code == code
    assert refused.value.message
    assert isinstance(refused.value, ValueError)


def test_hyperlinks_are_no_harm():
    opened = open_docx(related("hyperlink", "https://example.org/", mode="External"))

    links = [r for r in opened.relations[MAIN] if r.is_external]

    assert [link.target for link in links] == ["https://example.org/"]


def test_the_main_part_is_where_the_package_says():
    parts = parts_of(GOOD)
    parts = {name.replace("word/document.xml", "word/other2.xml"): w for name, w in parts.items()}
    parts["word/_rels/other2.xml.rels"] = parts.pop(RELS)
    for name in ("_rels/.rels", "[Content_Types].xml"):
        parts[name] = parts[name].replace(b"word/document.xml", b"word/other2.xml")

    opened = open_docx(packed(parts))

    assert opened.main == "word/other2.xml"
    assert text_of(opened).text == "根据《民法典》第五条。\n\n"


def test_parts_are_found_by_how_they_are_related():
    opened = open_docx(GOOD)

    assert opened.related("styles") == "word/styles.xml"
    assert opened.related("footnotes") is None
    assert opened.read("word/styles.xml") == parts_of(GOOD)["word/styles.xml"]
    with pytest.raises(KeyError):
        opened.read("word/none.xml")


def body(words: bytes) -> bytes:
    return with_main(b"<w:body>", b"<w:body>" + words)


def many_entries() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for number in range(MAX_ENTRIES + 1):
            package.writestr(f"a{number}", b"")
    return out.getvalue()


def understated() -> bytes:
    """Return a file whose main part says that it is much smaller than it is."""
    data = bytearray(body(b" " * 50_000_000))
    at = data.find(b"PK\x01\x02")
    while data[at + 46 : at + 46 + len(MAIN)] != MAIN.encode():
        at = data.find(b"PK\x01\x02", at + 4)
    struct.pack_into("<I", data, at + 24, 1000)
    return bytes(data)


BOMBS: dict[str, Callable[[], bytes]] = {
    "spaces": lambda: body(b" " * 60_000_000),
    "elements": lambda: body(b"<w:r/>" * 1_000_000),
    "attributes": lambda: body(b"<w:r " + b"".join(b'a%d="" ' % n for n in range(600_000)) + b"/>"),
    "depth": lambda: body(b"<w:p>" * 100_000 + b"</w:p>" * 100_000),
    "entries": many_entries,
    "picture": lambda: appended(("word/media/a.png", bytes(60_000_000))),
    "nested": lambda: appended(("word/media/a.zip", packed({"b": bytes(30_000_000)}))),
    "understated": understated,
}


@pytest.fixture(scope="module")
def bombs(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("bombs")
    for name, made in BOMBS.items():
        (folder / name).write_bytes(made())
    return folder


CHILD = """
import pathlib, sys, time
from lawvault.writer.docx.opened import UnsafeDocument, open_docx
from lawvault.writer.docx.words import text_of

def peak():
    words = pathlib.Path("/proc/self/status").read_text()
    return int(words.split("VmHWM:")[1].split()[0])

for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    data, before, start = path.read_bytes(), peak(), time.thread_time()
    try:
        text_of(open_docx(data))
        code = "opened"
    except UnsafeDocument as error:
        code = error.code
    print(path.name, code, round(time.thread_time() - start, 3), peak() - before)
"""


def test_bombs_are_refused_within_a_second_and_64_mb(bombs):
    told = subprocess.run(
        [sys.executable, "-c", CHILD, str(bombs)], capture_output=True, text=True, check=True
    ).stdout

    rows = [line.split() for line in told.splitlines()]
    assert {name: code for name, code, _, _ in rows} == {
        "attributes": "too_large",
        "depth": "damaged",
        "elements": "too_large",
        "entries": "too_many_entries",
        "nested": "opened",
        "picture": "too_large",
        "spaces": "too_large",
        "understated": "damaged",
    }
    assert max(float(seconds) for _, _, seconds, _ in rows) < 1
    assert max(int(kilobytes) for _, _, _, kilobytes in rows) < 64_000


def test_an_upload_that_is_cut_anywhere_is_refused_and_never_half_read():
    def read_all() -> None:
        for length in range(0, len(GOOD) - 1, 997):
            with pytest.raises(UnsafeDocument):
                open_docx(GOOD[:length])

    assert least_seconds(read_all, below=1) < 1
