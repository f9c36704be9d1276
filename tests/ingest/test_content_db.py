"""content.db: the desktop app's own tables, ours beside them, and bytes that depend on nothing."""

import contextlib
import datetime
import random
import sqlite3
from pathlib import Path

import pyarrow as pa
import pytest

from lawvault.errors import UpstreamError
from lawvault.ingest.build import Filters, build_corpus
from lawvault.ingest.content_db import write_content_db
from lawvault.ingest.sources import SourceArticle, read_source
from lawvault.schema import ARTICLES, table_of

TODAY = datetime.date(2026, 10, 4)


def article(number: str, **fields: object) -> SourceArticle:
    known: dict[str, object] = {
        "source": "laws.jsonl",
        "line": 1,
        "law_name": "中华人民共和国刑法",
        "article_number": number,
        "content": f"{number}的内容",
        "version_date": datetime.date(2020, 12, 26),
        "publish_date": datetime.date(2020, 12, 26),
    }
    return SourceArticle(**(known | fields))


def table(*articles: SourceArticle) -> pa.Table:
    return table_of(build_corpus(articles, Filters(), as_of=TODAY).rows, ARTICLES)


@pytest.fixture
def toy_table(toy_corpus: Path) -> pa.Table:
    corpus = build_corpus(read_source(toy_corpus), Filters(), as_of=TODAY)
    return table_of(corpus.rows, ARTICLES)


def rows_of(path: Path, query: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
        return database.execute(query).fetchall()


def written(articles: pa.Table, path: Path) -> Path:
    write_content_db(articles, path)
    return path


def test_the_app_finds_its_tables_with_its_columns(toy_table, tmp_path):
    path = written(toy_table, tmp_path / "content.db")

    columns = {
        name: [row[1] for row in rows_of(path, f"SELECT * FROM pragma_table_info('{name}')")]
        for name in ("chunks", "full_texts", "articles")
    }

    assert columns["chunks"] == [
        *("id", "content", "law_name", "category", "region", "publish_date"),
        *("part", "chapter", "article_number"),
    ]
    assert columns["full_texts"] == ["law_name", "region", "category", "full_text"]
    assert columns["articles"] == ARTICLES.columns.names


def test_every_article_is_a_chunk_with_the_days_written_as_the_app_does(toy_table, tmp_path):
    path = written(toy_table, tmp_path / "content.db")

    (row,) = rows_of(path, "SELECT * FROM chunks WHERE id = '刑法@2020-12-26/260-1'")

    assert rows_of(path, "SELECT count(*) FROM chunks") == [(40,)]
    assert row[1].startswith("对未成年人、老年人、患病的人、残疾人等负有监护、看护职责的人")
    assert row[2:] == (
        *("中华人民共和国刑法", "法律", "全国", "20201226"),
        *("第二编 分则", "第四章 侵犯公民人身权利、民主权利罪", "第二百六十条之一"),
    )


def test_no_value_is_null_but_part_and_chapter(tmp_path):
    bare = table(article("第一条", publish_date=None, version_date=None, region="", issuer=""))
    path = written(bare, tmp_path / "content.db")

    (chunk,) = rows_of(path, "SELECT * FROM chunks")
    (text,) = rows_of(path, "SELECT * FROM full_texts")

    assert [chunk[at] for at in (4, 5)] == ["", ""]
    assert chunk[6:8] == (None, None)
    assert None not in chunk[:6] + chunk[8:] + text


@pytest.mark.parametrize(
    ("exact", "word"),
    [
        ("法律", "法律"),
        ("宪法", "法律"),
        ("修正案", "法律"),
        ("立法解释", "法律"),
        ("修改决定", "法律"),
        ("行政法规", "行政法规"),
        ("部门规章", "行政法规"),
        ("司法解释", "司法解释"),
        ("地方性法规", "地方法规"),
    ],
)
def test_the_app_gets_its_own_word_for_a_category_and_ours_keeps_the_exact_one(
    tmp_path, exact, word
):
    path = written(table(article("第一条", category=exact)), tmp_path / "content.db")

    assert rows_of(path, "SELECT category FROM chunks") == [(word,)]
    assert rows_of(path, "SELECT category FROM full_texts") == [(word,)]
    assert rows_of(path, "SELECT category FROM articles") == [(exact,)]


def test_our_own_table_keeps_every_value_of_every_article(toy_table, tmp_path):
    path = written(toy_table, tmp_path / "content.db")
    names = ", ".join(ARTICLES.columns.names)

    found = rows_of(path, f"SELECT {names} FROM articles ORDER BY article_id")

    expected = sorted(toy_table.to_pylist(), key=lambda row: row["article_id"].encode())
    for row in expected:
        row["law_alias"] = "\n".join(row["law_alias"])
        for day in ("publish_date", "effective_date", "version_date"):
            row[day] = row[day].isoformat()
    assert [dict(zip(ARTICLES.columns.names, row, strict=True)) for row in found] == expected


def test_a_full_text_has_each_heading_once_before_its_first_article(tmp_path):
    one, two = {"part": "第一编 总则", "chapter": "第一章 任务"}, {"part": "第一编 总则"}
    articles = table(
        article("第一条", **one),
        article("第二条", **one, section="第一节 范围"),
        article("第三条", **two, chapter="第二章 犯罪", section="第一节 范围"),
        article("第四条", part="第二编 分则", chapter="第一章 任务"),
        article("第五条", law_name="立法法"),
    )
    path = written(articles, tmp_path / "content.db")

    texts = dict(rows_of(path, "SELECT law_name, full_text FROM full_texts"))

    assert texts["中华人民共和国刑法"].split("\n") == [
        "中华人民共和国刑法",
        "第一编 总则",
        "第一章 任务",
        "第一条　第一条的内容",
        "第一节 范围",
        "第二条　第二条的内容",
        "第二章 犯罪",
        "第一节 范围",
        "第三条　第三条的内容",
        "第二编 分则",
        "第一章 任务",
        "第四条　第四条的内容",
    ]
    assert texts["立法法"] == "立法法\n第五条　第五条的内容"


def test_two_versions_of_one_law_are_two_full_texts(tmp_path):
    old = article("第一条", version_date=datetime.date(2015, 8, 29), content="旧文")
    path = written(table(old, article("第一条", content="新文")), tmp_path / "content.db")

    texts = [text for (text,) in rows_of(path, "SELECT full_text FROM full_texts")]

    assert sorted(text.partition("　")[2] for text in texts) == ["新文", "旧文"]


def test_equal_articles_give_equal_bytes(toy_table, tmp_path):
    one = written(toy_table, tmp_path / "one.db")
    other = written(toy_table.combine_chunks(), tmp_path / "other.db")

    assert one.read_bytes() == other.read_bytes()


def test_a_changed_article_gives_other_bytes(tmp_path):
    one = written(table(article("第一条")), tmp_path / "one.db")
    other = written(table(article("第一条", content="改")), tmp_path / "other.db")

    assert one.read_bytes() != other.read_bytes()


def test_articles_are_found_by_id_in_any_order_of_rows(toy_table, tmp_path):
    order = list(range(toy_table.num_rows))
    random.Random(17).shuffle(order)

    path = written(toy_table.take(order), tmp_path / "content.db")

    ids = [id for (id,) in rows_of(path, "SELECT id FROM chunks ORDER BY id")]
    assert ids == sorted(toy_table["article_id"].to_pylist(), key=str.encode)


def test_the_database_is_whole_and_alone(toy_table, tmp_path):
    path = written(toy_table, tmp_path / "content.db")

    assert rows_of(path, "PRAGMA integrity_check") == [("ok",)]
    assert [file.name for file in tmp_path.iterdir()] == ["content.db"]


def test_no_articles_give_a_database_without_rows(tmp_path):
    path = written(ARTICLES.columns.empty_table(), tmp_path / "content.db")

    assert rows_of(path, "SELECT count(*) FROM chunks") == [(0,)]


def test_a_place_that_cannot_be_written_to_is_an_error_for_a_person(toy_table, tmp_path):
    with pytest.raises(UpstreamError, match=r"content\.db: cannot be written \(unable to open"):
        write_content_db(toy_table, tmp_path / "nowhere" / "content.db")
