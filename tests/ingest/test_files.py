"""A source is a file or a folder: every file is read, or named with the reason why not."""

import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lawvault.errors import SourceError
from lawvault.ingest.files import MAX_FILE_BYTES, Item, read_source
from lawvault.ingest.sources import Notice, Reject, SourceArticle

LAW = "# 甲法\n\n2020年1月1日 通过\n\n<!-- INFO END -->\n\n第一条 甲。\n\n第二条 乙。\n"
LINE = '{"law_name": "丙法", "article_number": "第一条", "content": "丙。"}\n'


def read(path: Path) -> list[Item]:
    return list(read_source(path))


def laws(items: list[Item]) -> list[tuple[str, str]]:
    return [(i.law_name, i.article_number) for i in items if isinstance(i, SourceArticle)]


def rejects(items: list[Item]) -> dict[str, str]:
    return {item.source: item.reason for item in items if isinstance(item, Reject)}


def docx(path: Path, *paragraphs: str) -> None:
    body = "".join(f"<w:p><w:r><w:t>{words}</w:t></w:r></w:p>" for words in paragraphs)
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        )
        package.writestr(
            "word/document.xml",
            f'<w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>',
        )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a law in every format that texts of law come in."""
    root = tmp_path / "laws"
    (root / "社会法").mkdir(parents=True)
    (root / "社会法" / "甲法.md").write_text(LAW)
    (root / "社会法" / "_index.md").write_text("---\nbookCollapseSection: true\n---\n")
    (root / "README.md").write_text("# 说明\n")
    (root / "乙法.txt").write_bytes("中华人民共和国乙法\n第一条　乙。\n".encode("gb18030"))
    (root / "丙法.jsonl").write_text(LINE)
    (root / "丁法.html").write_text("<html><body><h1>丁法</h1><p>第一条　丁。</p></body></html>")
    docx(root / "戊法_20200101.docx", "中华人民共和国戊法", "（2020年1月1日通过）", "第一条　戊。")
    (root / "stard.jsonl").write_text('{"id": 1, "name": "己法第一条", "content": "己。\\n"}\n')
    return root


def test_every_format_in_a_folder_is_read(folder: Path) -> None:
    items = read(folder)

    assert rejects(items) == {}
    assert sorted(laws(items)) == [
        ("丁法", "第一条"),
        ("丙法", "第一条"),
        ("中华人民共和国乙法", "第一条"),
        ("中华人民共和国戊法", "第一条"),
        ("己法", "第一条"),
        ("甲法", "第一条"),
        ("甲法", "第二条"),
    ]


def test_files_come_in_the_order_of_their_paths_and_are_named_by_them(folder: Path) -> None:
    sources = [item.source for item in read(folder)]

    assert sources == sorted(sources, key=lambda source: (source.count("/"), source))
    assert "社会法/甲法.md" in sources


def test_what_was_not_read_as_law_is_told(folder: Path) -> None:
    (folder / "封面.png").write_bytes(b"\x89PNG")
    (folder / ".hidden.md").write_text(LAW)

    notices = [item for item in read(folder) if isinstance(item, Notice)]

    left_out = {notice.source: notice.detail for notice in notices if notice.kind == "left_out"}
    assert set(left_out) == {"README.md", "封面.png", "社会法/_index.md"}
    assert ".png is no known kind" in left_out["封面.png"]
    assert [n.detail for n in notices if n.kind == "encoding"] == ["gb18030"]


BROKEN: dict[str, tuple[bytes, str]] = {
    "empty.md": (b"", "the file is empty"),
    "broken.md": ("第一条 甲".encode() + b"\xff\xfe\x00" + "乙".encode() * 200, "byte"),
    "title.md": ("# 甲法\n\n<!-- INFO END -->\n".encode(), "no articles"),
    "old.doc": (b"\xd0\xcf\x11\xe0", "save it as .docx"),
    "fake.docx": (b"PDF-1.4 not a zip", "no Word document"),
    "pdf.txt": (b"%PDF-1.7\n" + b"\x00\x01" * 50, "PDF"),
    "fake.db": (b"not a database at all" * 10, "SQLite"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_rejected_with_its_reason_and_the_rest_goes_on(
    folder: Path, name: str
) -> None:
    content, reason = BROKEN[name]
    good = laws(read(folder))
    (folder / name).write_bytes(content)

    items = read(folder)

    assert set(rejects(items)) == {name}
    assert reason in rejects(items)[name]
    assert laws(items) == good


def test_a_reason_names_no_folder_of_this_machine(folder: Path) -> None:
    for name, (content, _) in BROKEN.items():
        (folder / name).write_bytes(content)

    found = rejects(read(folder))

    assert set(found) == set(BROKEN)
    assert [name for name, reason in found.items() if str(folder) in reason] == []


def test_a_link_out_of_the_folder_is_not_followed(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text("第一条 不可读。\n")
    (folder / "link.md").symlink_to(secret)
    (folder / "up").symlink_to(tmp_path, target_is_directory=True)

    items = read(folder)

    assert set(rejects(items)) == {"link.md"}
    assert "不可读" not in str([item for item in items if isinstance(item, SourceArticle)])


def test_a_link_inside_the_folder_is_followed(folder: Path) -> None:
    (folder / "again.md").symlink_to(folder / "社会法" / "甲法.md")

    assert laws(read(folder)).count(("甲法", "第一条")) == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_says_so(folder: Path) -> None:
    (folder / "locked.md").write_text(LAW)
    (folder / "locked.md").chmod(0)

    assert rejects(read(folder)) == {"locked.md": "Permission denied"}


def test_a_file_that_changes_while_it_is_read_is_rejected(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "社会法" / "甲法.md"

    def changing(path: Path, source: str) -> Iterator[Item]:
        path.write_text(LAW + "第三条 丙。\n")
        return iter(())

    monkeypatch.setitem(read_source.__globals__["READERS"], ".md", changing)

    assert "changed while it was read" in rejects(read(folder))[path.relative_to(folder).as_posix()]


@pytest.mark.parametrize(
    "name", ["空 格.md", "emoji😀.md", "100%25?mode=rwc#1.md", "长" * 80 + ".md"]
)
def test_file_names_of_every_kind_are_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(LAW)

    assert len(laws(read(tmp_path))) == 2


def test_a_text_file_beyond_the_limit_is_refused_without_being_read(tmp_path: Path) -> None:
    with (tmp_path / "huge.md").open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)

    assert rejects(read(tmp_path)) == {"huge.md": "larger than 64 MB, no text of a law"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "gb18030"])
def test_a_law_reads_the_same_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    text = LAW + "第三条 为了保护劳动者的合法权益，构建和发展和谐稳定的劳动关系，制定本法。\n" * 3
    (tmp_path / "甲法.md").write_bytes(text.encode(encoding))

    contents = [i.content for i in read(tmp_path) if isinstance(i, SourceArticle)]

    assert contents[:2] == ["甲。", "乙。"]
    assert len(contents) == 5


def test_html_that_is_named_txt_is_read_as_html(tmp_path: Path) -> None:
    (tmp_path / "甲法.txt").write_text("<!DOCTYPE html><html><p>甲法</p><p>第一条 甲。</p></html>")

    assert laws(read(tmp_path)) == [("甲法", "第一条")]


def test_nul_bytes_in_a_text_reach_no_article(tmp_path: Path) -> None:
    (tmp_path / "甲法.md").write_bytes(LAW.encode() + "第三条 丙\x00丁。\n".encode())

    items = read(tmp_path)

    assert laws(items)[:2] == [("甲法", "第一条"), ("甲法", "第二条")]


def test_a_path_that_is_not_there_is_named_with_its_knob(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nowhere: no such file or folder; corpus\.sources"):
        read(tmp_path / "nowhere")


def test_a_folder_without_files_lists_the_kinds_that_are_read(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no files; a source folder holds Markdown"):
        read(tmp_path)


def test_an_empty_file_that_is_the_whole_source_ends_the_job(tmp_path: Path) -> None:
    path = tmp_path / "laws.jsonl"
    path.touch()

    with pytest.raises(SourceError, match="the file is empty"):
        read(path)


@pytest.mark.parametrize("name", ["laws.csv", "laws"])
def test_a_file_of_another_kind_is_refused_with_the_kinds_there_are(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.write_text("x")

    with pytest.raises(SourceError, match=r"no known source: Markdown .* SQLite"):
        read(path)


def test_a_broken_file_that_is_the_whole_source_ends_the_job_with_its_reason(
    tmp_path: Path,
) -> None:
    path = tmp_path / "old.doc"
    path.write_bytes(b"\xd0\xcf\x11\xe0")

    with pytest.raises(SourceError, match=r"old\.doc: .*save it as \.docx"):
        read(path)
