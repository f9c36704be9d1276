"""The texts that are embedded: one form of an article everywhere."""

import datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.ingest.build import Filters, build_corpus
from lawvault.ingest.files import read_source
from lawvault.models.texts import article_texts, rows_of, twins_of
from lawvault.schema import ARTICLES, table_of


@pytest.fixture(scope="module")
def articles(toy_corpus) -> pa.Table:
    corpus = build_corpus(read_source(toy_corpus), Filters(), as_of=datetime.date(2026, 10, 4))
    return table_of(corpus.rows, ARTICLES)


def test_an_article_is_embedded_under_its_short_name_and_number(articles):
    texts = article_texts(articles, " ")

    assert len(texts) == 40
    assert texts[2] == "民法典第一千零四十七条 结婚年龄，男不得早于二十二周岁，女不得早于二十周岁。"


@pytest.mark.parametrize("separator", [" ", "", " | text: "])
def test_the_separator_stands_between_title_and_content(articles, separator):
    texts = article_texts(articles, separator)

    for text, content in zip(texts, articles["content"].to_pylist(), strict=True):
        assert text.endswith(f"条{separator}{content}") or f"之一{separator}{content}" in text


def test_articles_of_one_text_are_twins_and_nothing_else_is(articles):
    twins = twins_of(articles)

    ids = articles["article_id"].to_pylist()
    ((sha256, rows),) = twins.items()
    assert [ids[row] for row in rows] == ["民法典@2020-05-28/1082", "妇女权益保障法@2022-10-30/64"]
    assert articles["sha256"][rows[0]].as_py() == articles["sha256"][rows[1]].as_py() == sha256


@given(st.lists(st.text(), unique=True))
def test_every_id_has_its_row(ids):
    rows = rows_of(ids)

    assert [rows[key] for key in ids] == list(range(len(ids)))
