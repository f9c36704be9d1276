"""The full text behind a hit: read only, in the order asked for, and never a wrong article."""

import contextlib
import datetime
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pyarrow as pa
import pytest

from lawvault.errors import IntegrityError
from lawvault.ingest.build import Filters, build_corpus
from lawvault.ingest.content_db import ReferenceRow, write_content_db
from lawvault.ingest.files import read_source
from lawvault.ingest.sources import SourceArticle
from lawvault.retrieve.content import FILE, Content
from lawvault.schema import ARTICLES, LAWS, table_of

AS_OF = datetime.date(2026, 10, 4)


@pytest.fixture(scope="module")
def articles(toy_corpus: Path) -> pa.Table:
    corpus = build_corpus(read_source(toy_corpus), Filters(), as_of=datetime.date(2026, 10, 4))
    return table_of(corpus.rows, ARTICLES)


@pytest.fixture(scope="module")
def content(articles, tmp_path_factory) -> Content:
    folder = tmp_path_factory.mktemp("100% 数据?包")
    write_content_db(articles, folder / FILE, as_of=AS_OF)
    return Content(folder)


def test_rows_come_in_the_order_of_the_ids(content, articles):
    ids = articles["article_id"].to_pylist()[::-1]

    rows = content.rows(ids)

    assert [row["article_id"] for row in rows] == ids
    assert [row["content"] for row in rows] == articles["content"].to_pylist()[::-1]


def test_an_id_that_is_asked_for_twice_comes_twice(content):
    rows = content.rows(["刑法@2020-12-26/258", "刑法@2020-12-26/258"])

    assert [row["article_number"] for row in rows] == ["第二百五十八条"] * 2


def test_no_ids_give_no_rows(content):
    assert content.rows([]) == []


@pytest.mark.parametrize("article_id", ["刑法@2020-12-26/9999", "", "x' OR '1'='1"])
def test_an_id_that_does_not_exist_is_refused_by_name(content, article_id):
    with pytest.raises(IntegrityError) as refusal:
        content.rows(["刑法@2020-12-26/258", article_id])

    assert str(refusal.value).endswith(f"{FILE}: no article {article_id}")


def test_laws_are_listed_with_their_number_of_articles(content):
    laws = content.laws()

    assert [(law["law_id"], law["articles"]) for law in laws] == [
        ("刑法@2020-12-26", 12),
        ("妇女权益保障法@2022-10-30", 8),
        ("民法典@2020-05-28", 20),
    ]
    assert content.size == 40


@pytest.fixture(scope="module")
def versions(tmp_path_factory) -> Content:
    """Two versions of a law, a repealed one, one of another category; and a reference."""

    def article(number: str, content: str, **fields: object) -> SourceArticle:
        known = {"source": "a.jsonl", "line": 1, "law_name": "中华人民共和国立法法"}
        known["version_date"] = datetime.date(2023, 3, 13)
        return SourceArticle(article_number=number, content=content, **(known | fields))

    old = {"version_date": datetime.date(2015, 3, 15), "status": "已被修改"}
    corpus = build_corpus(
        [
            article("第一条", "新"),
            article("第一条之二", "新增"),
            article("第二条", "依照第一条"),
            article("第一条", "附件的", chapter="附件"),
            article("第一条", "旧", **old),
            article("第一条", "废", law_name="旧法", status="已废止"),
            article("第一条", "例", law_name="某条例", category="行政法规"),
        ],
        Filters(status=["现行有效"], category=["法律"]),
        as_of=datetime.date(2026, 10, 4),
    )
    law = "立法法@2023-03-13"
    reference = ReferenceRow(
        *(f"{law}/2", 2, 5, "第一条", law, f"{law}/1", 1, 0, None, None, 0, 1, "own", "")
    )
    folder = tmp_path_factory.mktemp("pack")
    write_content_db(
        table_of(corpus.rows, ARTICLES),
        folder / FILE,
        others=table_of(corpus.others, ARTICLES),
        laws=table_of(corpus.laws, LAWS),
        as_of=AS_OF,
        references=[reference],
    )
    return Content(folder)


def test_only_what_search_may_find_is_listed_and_counted(versions):
    assert [(law["law_id"], law["articles"]) for law in versions.laws()] == [
        ("立法法@2023-03-13", 4)
    ]
    assert versions.size == 4


@pytest.mark.parametrize("name", ["立法法", "中华人民共和国立法法", "《立法法》"])
def test_the_versions_of_a_law_come_oldest_first_by_any_spelling_of_its_name(versions, name):
    found = versions.versions(name)

    assert [(law["version_date"], law["status"], law["num_in_corpus"]) for law in found] == [
        ("2015-03-15", "已被修改", 0),
        ("2023-03-13", "现行有效", 4),
    ]


def test_a_repealed_law_one_outside_the_corpus_and_one_that_does_not_exist_are_told_apart(versions):
    (repealed,), (outside,) = versions.versions("旧法"), versions.versions("某条例")

    assert (repealed["status"], repealed["has_text"]) == ("已废止", 1)
    assert (outside["status"], outside["has_text"]) == ("现行有效", 0)
    assert versions.versions("没有这部法") == []


@pytest.mark.parametrize(
    ("law_id", "label", "content"),
    [
        ("立法法@2023-03-13", "第一条", "新"),
        ("立法法@2023-03-13", "第一条之二", "新增"),
        ("立法法@2015-03-15", "第一条", "旧"),
        ("旧法@2023-03-13", "第一条", "废"),
        ("立法法@2023-03-13", "第九条", None),
        ("立法法@2023-03-13", "第一条之一", None),
        ("某条例@2023-03-13", "第一条", None),
    ],
)
def test_an_article_of_any_version_is_found_by_its_address(versions, law_id, label, content):
    found = versions.article(law_id, label)

    assert (found and found["content"]) == content


def test_references_are_found_from_either_end(versions):
    (forward,) = versions.references_from("立法法@2023-03-13/2")
    (back,) = versions.referring("立法法@2023-03-13/1", limit=5)

    assert forward == {name: back[name] for name in forward}
    assert (forward["start"], forward["end"], forward["text"]) == (2, 5, "第一条")
    assert versions.references_from("立法法@2023-03-13/1") == []
    assert versions.referring("立法法@2023-03-13/2", limit=5) == []


def test_a_version_is_found_by_its_id_and_all_are_listed(versions):
    law = versions.law("立法法@2015-03-15")

    assert law in versions.all_laws()
    assert [law["law_id"] for law in versions.all_laws()] == [
        "旧法@2023-03-13",
        "某条例@2023-03-13",
        "立法法@2015-03-15",
        "立法法@2023-03-13",
    ]
    assert versions.law("立法法@1999-01-01") is None
    assert versions.law("' OR '1'='1") is None


def test_the_articles_of_a_version_come_in_their_order_whole_or_as_labels(versions):
    articles, labels = (of("立法法@2023-03-13") for of in (versions.articles, versions.labels))

    assert [row["content"] for row in articles] == ["新", "新增", "依照第一条", "附件的"]
    assert [row["article_id"] for row in labels] == [row["article_id"] for row in articles]
    assert "content" not in labels[0]
    assert versions.articles("某条例@2023-03-13") == []


def test_what_refers_to_an_article_is_counted_and_comes_with_where_it_stands(versions):
    article_id = "立法法@2023-03-13/1"

    (found,) = versions.referring(article_id, limit=5)

    assert (found["law_id"], found["article_number"]) == ("立法法@2023-03-13", "第二条")
    assert (found["start"], found["end"], found["status"]) == (2, 5, "现行有效")
    assert versions.count_referring(article_id) == 1
    assert versions.referring(article_id, limit=0) == []
    assert versions.count_referring("立法法@2023-03-13/2") == 0


def test_a_pack_that_was_removed_is_a_fault_of_the_pack(articles, tmp_path):
    write_content_db(articles, tmp_path / FILE, as_of=AS_OF)
    content = Content(tmp_path)
    content.laws()
    (tmp_path / FILE).unlink()

    with pytest.raises(IntegrityError, match=r"content\.db: No such file"):
        content.laws()


def test_a_database_of_another_format_is_refused_with_both(articles, tmp_path):
    write_content_db(articles, tmp_path / FILE, as_of=AS_OF)
    with contextlib.closing(sqlite3.connect(tmp_path / FILE)) as database, database:
        database.execute("PRAGMA user_version = 1")

    with pytest.raises(IntegrityError, match=r"content\.db: format 1, this code reads 2"):
        Content(tmp_path)


def files_open(folder: Path) -> set[str]:
    """Return the names of the files of a folder that this process holds open."""
    held = [Path(file.path) for file in psutil.Process().open_files()]
    return {one.name for one in held if one.parent == folder}


def test_many_threads_may_read_at_once(content, articles):
    ids = articles["article_id"].to_pylist()

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda name: content.rows([name])[0]["article_id"], ids * 5))

    assert found == ids * 5


def test_a_pack_that_nobody_reads_any_more_is_closed(articles, tmp_path):
    write_content_db(articles, tmp_path / FILE, as_of=AS_OF)
    content = Content(tmp_path)
    content.laws()
    assert files_open(tmp_path) == {FILE}

    del content

    assert files_open(tmp_path) == set()


def test_reading_leaves_no_file_beside_the_database(articles, tmp_path):
    write_content_db(articles, tmp_path / FILE, as_of=AS_OF)
    before = (tmp_path / FILE).read_bytes()

    Content(tmp_path).rows(["刑法@2020-12-26/258"])

    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    assert (tmp_path / FILE).read_bytes() == before


def test_a_pack_without_content_names_the_job_that_makes_it(tmp_path):
    with pytest.raises(IntegrityError, match=r"no such file; run `python -m jobs\.index`"):
        Content(tmp_path)


@pytest.mark.parametrize("data", [b"", b"no database, just some words" * 100])
def test_a_file_that_is_no_database_is_refused(tmp_path, data):
    (tmp_path / FILE).write_bytes(data)

    with pytest.raises(IntegrityError, match=FILE):
        Content(tmp_path)
