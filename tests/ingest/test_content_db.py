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
from lawvault.ingest.content_db import ReferenceRow, write_content_db
from lawvault.ingest.files import read_source
from lawvault.ingest.sources import SourceArticle
from lawvault.schema import ARTICLES, LAWS, table_of

AS_OF = datetime.date(2026, 10, 4)

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
    write_content_db(articles, path, as_of=AS_OF)
    return path


def test_the_app_finds_its_tables_with_its_columns(toy_table, tmp_path):
    path = written(toy_table, tmp_path / "content.db")

    columns = {
        name: [row[1] for row in rows_of(path, f"SELECT * FROM pragma_table_info('{name}')")]
        for name in ("chunks", "full_texts", "articles", "laws", "refs")
    }

    assert columns["chunks"] == [
        *("id", "content", "law_name", "category", "region", "publish_date"),
        *("part", "chapter", "article_number"),
    ]
    assert columns["full_texts"] == ["law_name", "region", "category", "full_text"]
    assert columns["articles"] == [*ARTICLES.columns.names, "in_corpus"]
    assert columns["laws"] == LAWS.columns.names
    assert columns["refs"] == list(ReferenceRow._fields)


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
        ("地方政府规章", "地方法规"),
        ("监察法规", "行政法规"),
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
    assert rows_of(path, "SELECT count(*) FROM articles WHERE in_corpus = 1") == [(40,)]

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


def test_headings_in_a_full_text_have_the_white_space_after_the_label_that_the_app_looks_for(
    tmp_path,
):
    articles = table(article("第一条", part="第一编　　总　则", chapter="第一章任务"))
    path = written(articles, tmp_path / "content.db")

    ((text,),) = rows_of(path, "SELECT full_text FROM full_texts")

    assert text.split("\n")[1:3] == ["第一编 总则", "第一章 任务"]


def test_a_text_without_numbers_is_printed_without_the_labels_that_readers_gave_it(tmp_path):
    articles = table(
        article("序言", content="中国是世界上历史最悠久的国家之一。"),
        article("全文", content="一段文字。"),
        article("条目二", content="二、另一段。"),
    )
    path = written(articles, tmp_path / "content.db")

    ((text,),) = rows_of(path, "SELECT full_text FROM full_texts")

    assert text.split("\n")[1:] == [
        "中国是世界上历史最悠久的国家之一。",
        "一段文字。",
        "二、另一段。",
    ]


def test_a_subpart_is_a_heading_of_its_own_and_an_annex_is_headed_once(tmp_path):
    articles = table(
        article("第一条", part="第二编 物权 第一分编 通则"),
        article("第二条", part="第二编 物权 第二分编 所有权"),
        article("附件一", part="附件一 产生办法", content="附件一　产生办法\n一、由委员会选出。"),
    )
    path = written(articles, tmp_path / "content.db")

    ((text,),) = rows_of(path, "SELECT full_text FROM full_texts")

    assert text.split("\n")[1:] == [
        *("第二编 物权", "第一分编 通则", "第一条　第一条的内容"),
        *("第二分编 所有权", "第二条　第二条的内容"),
        *("附件一　产生办法", "一、由委员会选出。"),
    ]


def test_what_stands_beside_the_corpus_is_kept_for_us_and_hidden_from_the_app(tmp_path):
    corpus = build_corpus(
        [article("第一条"), article("第一条", law_name="旧法", status="已废止")],
        Filters(status=["现行有效"]),
        as_of=TODAY,
    )
    path = tmp_path / "content.db"

    write_content_db(
        table_of(corpus.rows, ARTICLES),
        path,
        others=table_of(corpus.others, ARTICLES),
        laws=table_of(corpus.laws, LAWS),
        as_of=AS_OF,
    )

    assert rows_of(path, "SELECT law_name, in_corpus FROM articles ORDER BY law_name") == [
        ("中华人民共和国刑法", 1),
        ("旧法", 0),
    ]
    for table_name in ("chunks", "full_texts"):
        found = rows_of(path, f"SELECT law_name FROM {table_name}")
        assert found == [("中华人民共和国刑法",)]
    assert rows_of(path, "SELECT law_id, status, num_in_corpus, has_text FROM laws") == [
        ("刑法@2020-12-26", "现行有效", 1, 1),
        ("旧法@2020-12-26", "已废止", 0, 1),
    ]


def test_references_are_written_in_their_order(tmp_path):
    found = ReferenceRow(
        source_article_id="刑法@2020-12-26/1",
        start=3,
        end=9,
        text="第二条第一款",
        target_law_id="刑法@2020-12-26",
        target_article_id="刑法@2020-12-26/2",
        target_number=2,
        target_sub=0,
        paragraph=1,
        item=None,
        target_start=0,
        target_end=6,
        kind="inside",
        reason="",
    )
    open_end = found._replace(target_article_id=None, reason="no such article")

    path = tmp_path / "content.db"
    write_content_db(
        table(article("第一条")), path, as_of=AS_OF, references=iter([found, open_end])
    )

    assert rows_of(path, "SELECT * FROM refs") == [found, open_end]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM refs WHERE source_article_id = 'x' ORDER BY start",
        "SELECT * FROM refs WHERE target_article_id = 'x'",
        "SELECT * FROM refs WHERE target_law_id = 'x' AND target_number = 1",
        "SELECT * FROM laws WHERE name_key = 'x' ORDER BY version_date",
        "SELECT * FROM articles WHERE law_id = 'x' AND article_number = '第一条'",
        "SELECT * FROM chunks WHERE law_name = 'x'",
        "SELECT * FROM chunks WHERE id = 'x'",
    ],
)
def test_whatever_is_asked_for_is_found_by_an_index(toy_table, tmp_path, query):
    path = written(toy_table, tmp_path / "content.db")

    plan = [str(row[3]) for row in rows_of(path, f"EXPLAIN QUERY PLAN {query}")]

    assert all("USING INDEX" in step or "USING COVERING INDEX" in step for step in plan), plan


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
        write_content_db(toy_table, tmp_path / "nowhere" / "content.db", as_of=AS_OF)
