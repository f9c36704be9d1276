"""A content.db as a source: ours word for word, the app's as far as it goes, no broken one."""

import contextlib
import datetime
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from lawvault.errors import SourceError
from lawvault.ingest.readers.content_source import read_content_db, sniff
from lawvault.ingest.readers.json_lines import read_json_lines
from lawvault.ingest.sources import Reject, SourceArticle
from lawvault.ingest.stage import ingest
from lawvault.job import launch

CHUNK: dict[str, object] = {
    "id": "1",
    "content": "第一款\n第二款",
    "law_name": "河南省消防条例",
    "category": "地方法规",
    "region": "河南",
    "publish_date": "20200603",
    "part": None,
    "chapter": "第一章 总则",
    "article_number": "第一条",
}
OWN: dict[str, object] = {
    "article_id": "刑法@2020-12-26/17-1",
    "law_id": "刑法@2020-12-26",
    "law_name": "中华人民共和国刑法",
    "law_alias": "刑法",
    "category": "法律",
    "issuer": "全国人民代表大会",
    "region": "全国",
    "status": "现行有效",
    "publish_date": "2020-12-26",
    "effective_date": "2021-03-01",
    "version_date": "2020-12-26",
    "part": "第一编 总则",
    "chapter": "第二章 犯罪",
    "section": "第一节 犯罪和刑事责任",
    "article_number": "第十七条之一",
    "number": 17,
    "sub_number": 1,
    "content": "已满七十五周岁的人",
    "source": "laws.db",
    "sha256": "x",
}
DAY = datetime.date(2020, 12, 26)


def written(folder: Path, table: str, *rows: dict[str, object], end: str = ")") -> Path:
    """Return a database with one table of these rows."""
    path = folder / "content.db"
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute(f"CREATE TABLE {table} ({', '.join(rows[0])}{end}")
        for row in rows:
            marks = ", ".join("?" * len(row))
            database.execute(f"INSERT INTO {table} VALUES ({marks})", (*row.values(),))
    return path


def read(path: Path) -> list[SourceArticle | Reject]:
    return list(read_content_db(path, "app/content.db"))


def test_our_own_table_comes_back_with_every_column(tmp_path):
    path = written(tmp_path, "articles", OWN)

    assert sniff(path) == "content.db"
    assert read(path) == [
        SourceArticle(
            source="app/content.db",
            line=1,
            law_name="中华人民共和国刑法",
            article_number="第十七条之一",
            content="已满七十五周岁的人",
            category="法律",
            issuer="全国人民代表大会",
            region="全国",
            status="现行有效",
            publish_date=DAY,
            effective_date=datetime.date(2021, 3, 1),
            version_date=DAY,
            part="第一编 总则",
            chapter="第二章 犯罪",
            section="第一节 犯罪和刑事责任",
        )
    ]


def test_our_own_table_is_preferred_to_the_one_made_for_the_app(tmp_path):
    path = written(tmp_path, "articles", OWN)
    written(tmp_path, "chunks", CHUNK)

    (item,) = read(path)

    assert isinstance(item, SourceArticle)
    assert item.law_name == "中华人民共和国刑法"


def numbered(*numbers: int) -> list[dict[str, object]]:
    """Return articles of ours whose content is their number."""
    return [
        OWN
        | {"article_id": f"刑法@2020-12-26/{n}", "number": n, "sub_number": 0, "content": str(n)}
        for n in numbers
    ]


def test_articles_come_in_the_order_in_which_they_were_written(tmp_path):
    path = written(tmp_path, "articles", *numbered(2, 1, 10))
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 2")

    assert [(item.line, item.content) for item in read(path)] == [(1, "2"), (2, "1"), (3, "10")]


def test_the_first_format_of_ours_is_read_in_the_order_of_the_law(tmp_path):
    by_id = ", PRIMARY KEY (article_id)) WITHOUT ROWID"
    path = written(tmp_path, "articles", *numbered(1, 2, 10, 11, 100), end=by_id)

    items = read(path)

    assert [item.content for item in items] == ["1", "2", "10", "11", "100"]
    assert [item.line for item in items] == [1, 2, 3, 4, 5]


def test_the_app_s_table_is_read_with_our_word_for_local_law_and_an_open_status(tmp_path):
    path = written(tmp_path, "chunks", CHUNK)

    assert sniff(path) == "content.db"
    assert read(path) == [
        SourceArticle(
            source="app/content.db",
            line=1,
            law_name="河南省消防条例",
            article_number="第一条",
            content="第一款\n第二款",
            category="地方性法规",
            region="河南",
            status="",
            publish_date=datetime.date(2020, 6, 3),
            version_date=datetime.date(2020, 6, 3),
            chapter="第一章 总则",
        )
    ]


@pytest.mark.parametrize("category", ["法律", "行政法规", "司法解释"])
def test_the_app_s_other_words_are_ours(tmp_path, category):
    (item,) = read(written(tmp_path, "chunks", CHUNK | {"category": category}))

    assert isinstance(item, SourceArticle)
    assert item.category == category


@pytest.mark.parametrize("day", ["", "N/A", "2020", "2020-06-03", "202006033"])
def test_a_day_of_another_length_is_unknown_as_in_the_app(tmp_path, day):
    (item,) = read(written(tmp_path, "chunks", CHUNK | {"publish_date": day}))

    assert isinstance(item, SourceArticle)
    assert item.publish_date is None
    assert item.version_date is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        *(({name: None}, f"column {name} is NULL") for name in ("content", "law_name", "category")),
        *(({name: None}, f"column {name} is NULL") for name in ("region", "publish_date")),
        ({"article_number": None}, "column article_number is NULL"),
        ({"content": 1}, "column content is not text: 1"),
        ({"content": b"\xff"}, "column content is not UTF-8: 0xff at byte 0"),
        ({"chapter": b"\xff"}, "column chapter is not UTF-8: 0xff at byte 0"),
        ({"publish_date": "20240230"}, "column publish_date: not a day: '20240230'"),
    ],
)
def test_a_row_of_the_app_that_cannot_be_used_is_a_reject_that_names_the_column(
    tmp_path, change, reason
):
    broken, good = read(written(tmp_path, "chunks", CHUNK | change, CHUNK))

    assert isinstance(good, SourceArticle)
    assert isinstance(broken, Reject)
    assert (broken.source, broken.line) == ("app/content.db", 1)
    assert broken.reason.startswith(reason)
    assert broken.row.startswith("('1', ")


@pytest.mark.parametrize("name", ["law_name", "content", "category", "status", "issuer", "region"])
def test_a_row_of_ours_with_null_where_there_must_be_words_is_a_reject(tmp_path, name):
    broken, good = read(written(tmp_path, "articles", OWN | {name: None}, OWN))

    assert isinstance(good, SourceArticle)
    assert isinstance(broken, Reject)
    assert broken.reason == f"column {name} is NULL"


def test_what_may_be_unknown_in_ours_stays_unknown(tmp_path):
    names = ("publish_date", "effective_date", "version_date", "part", "chapter", "section")
    (item,) = read(written(tmp_path, "articles", OWN | dict.fromkeys(names)))

    assert isinstance(item, SourceArticle)
    assert [getattr(item, name) for name in names] == [None] * 6


def test_changes_that_still_lie_in_the_log_are_read(tmp_path):
    path = written(tmp_path, "chunks", CHUNK)
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        with database:
            database.execute("UPDATE chunks SET content = '改了'")
        left = tmp_path / "left"
        left.mkdir()
        for name in ("content.db", "content.db-wal"):  # as a killed program leaves them
            shutil.copy(tmp_path / name, left / name)

    (item,) = read(left / "content.db")

    assert isinstance(item, SourceArticle)
    assert item.content == "改了"


def test_a_database_in_log_mode_without_a_log_is_read_from_a_folder_as_it_is(tmp_path):
    path = written(tmp_path, "chunks", CHUNK)
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = WAL")
    before = path.read_bytes()

    assert len(read(path)) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["content.db"]
    assert path.read_bytes() == before


def test_an_interrupted_change_is_refused_rather_than_read_by_halves(tmp_path):
    path = written(tmp_path, "chunks", *[CHUNK | {"content": "甲" * 500}] * 500)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA cache_size = 5")  # so that pages reach the file before the end
        database.execute("BEGIN")
        database.execute("UPDATE chunks SET content = 'x'")
        left = tmp_path / "left"
        left.mkdir()
        for name in ("content.db", "content.db-journal"):
            shutil.copy(tmp_path / name, left / name)
        database.execute("ROLLBACK")
    with contextlib.suppress(OSError):
        (left / "content.db-journal").chmod(0o400)

    with pytest.raises(SourceError, match="log of changes, which cannot be read"):
        read(left / "content.db")


@pytest.mark.parametrize("table", ["chunks", "articles"])
def test_a_missing_column_is_named(tmp_path, table):
    row = dict(CHUNK if table == "chunks" else OWN)
    del row["category"], row["content"]

    with pytest.raises(SourceError, match=f"table {table} lacks category, content"):
        read(written(tmp_path, table, row))


def test_a_database_of_something_else_is_refused_by_both(tmp_path):
    path = written(tmp_path, "notes", {"words": "x"})

    for reader in (sniff, read):
        with pytest.raises(SourceError, match=r"content\.db: neither a content\.db \(table"):
            reader(path)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"not a database, just some words" * 100, "no SQLite database but something else"),
        (b"%PDF-1.7", "no SQLite database but a PDF"),
        (b"PK\x03\x04...", "no SQLite database but a ZIP archive"),
        (b"SQLite format 3\0", "the file is cut off: 16 of"),
        (b"SQLite format 3\0" + b"\xff" * 4096, "the database cannot be read"),
    ],
)
def test_a_file_that_is_no_database_is_refused_by_what_it_is(tmp_path, raw, reason):
    path = tmp_path / "content.db"
    path.write_bytes(raw)

    for reader in (sniff, read):
        with pytest.raises(SourceError, match=rf"content\.db: {reason}"):
            reader(path)


def test_a_cut_database_is_refused_before_its_first_row(tmp_path):
    path = written(tmp_path, "chunks", *[CHUNK | {"content": "甲" * 500}] * 100)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])

    with pytest.raises(SourceError, match=f"cut off: {len(whole) // 2} of {len(whole)} bytes"):
        read(path)


def test_a_damaged_page_is_refused(tmp_path):
    path = written(tmp_path, "chunks", *[CHUNK | {"content": "甲" * 500}] * 100)
    raw = bytearray(path.read_bytes())
    raw[8192:12288] = b"\xff" * 4096
    path.write_bytes(raw)

    with pytest.raises(SourceError, match=r"the database cannot be read \(database disk image is"):
        read(path)


def test_what_ingest_writes_is_read_back(lean_config, toy_corpus):
    path = launch("ingest", lean_config, ingest) / "content.db"

    items = read(path)

    assert sniff(path) == "content.db"
    assert [item.line for item in items] == list(range(1, 41))
    before = {(a.law_name, a.article_number): a for a in read_json_lines(toy_corpus, "x")}
    for item in items:
        old = before[item.law_name, item.article_number]
        assert replace(item, source="x", line=old.line) == old
