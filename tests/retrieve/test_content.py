"""The full text behind a hit: read only, in the order asked for, and never a wrong article."""

import datetime
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest

from lawvault.errors import IntegrityError
from lawvault.ingest.build import Filters, build_corpus
from lawvault.ingest.content_db import write_content_db
from lawvault.ingest.sources import read_source
from lawvault.retrieve.content import FILE, Content
from lawvault.schema import ARTICLES, table_of


@pytest.fixture(scope="module")
def articles(toy_corpus: Path) -> pa.Table:
    corpus = build_corpus(read_source(toy_corpus), Filters(), as_of=datetime.date(2026, 10, 4))
    return table_of(corpus.rows, ARTICLES)


@pytest.fixture(scope="module")
def content(articles, tmp_path_factory) -> Content:
    folder = tmp_path_factory.mktemp("100% 数据?包")
    write_content_db(articles, folder / FILE)
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


def test_many_threads_may_read_at_once(content, articles):
    ids = articles["article_id"].to_pylist()

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda name: content.rows([name])[0]["article_id"], ids * 5))

    assert found == ids * 5


def test_reading_leaves_no_file_beside_the_database(articles, tmp_path):
    write_content_db(articles, tmp_path / FILE)
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
