"""Filters: in LanceDB, in memory and on one row they say the same, and they come before ranking."""

import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lawvault.ingest.build import Filters, build_corpus
from lawvault.ingest.files import read_source
from lawvault.retrieve.dense import FOLDER, DenseIndex, write_vectors
from lawvault.retrieve.filters import Columns, Filter
from lawvault.retrieve.lexical import KeywordIndex, LexicalIndex
from lawvault.schema import ARTICLES, table_of

DAYS = st.sampled_from(
    [datetime.date.min, *(datetime.date(y, 1, 1) for y in (1990, 2000, 2021, 2023)), None]
)
INJECTIONS = ["x' OR '1'='1", "' OR 1=1 --", '" OR ""="', "%", "\x00", ""]
SHARING = settings(
    deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def articles(toy_corpus: Path) -> pa.Table:
    """The toy corpus; some of its articles are from elsewhere, or of an unknown day."""
    corpus = build_corpus(read_source(toy_corpus), Filters(), as_of=datetime.date(2026, 10, 4))
    for row in corpus.rows[-10:]:
        row.update(status="已废止", region="北京市", category="地方性法规")
    for row in corpus.rows[::7]:
        row.update(publish_date=None, effective_date=None)
    return table_of(corpus.rows, ARTICLES)


@pytest.fixture(scope="module")
def dense(articles, tmp_path_factory) -> DenseIndex:
    vectors = np.random.default_rng(3).normal(size=(articles.num_rows, 16)).astype(np.float32)
    folder = tmp_path_factory.mktemp("pack")
    write_vectors(
        articles, vectors / np.linalg.norm(vectors, axis=1, keepdims=True), folder / FOLDER
    )
    return DenseIndex(folder)


@pytest.fixture(scope="module")
def in_lancedb(articles, tmp_path_factory) -> DenseIndex:
    """The same with an index, so that LanceDB itself filters."""
    vectors = np.random.default_rng(3).normal(size=(articles.num_rows, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    folder = tmp_path_factory.mktemp("indexed")
    write_vectors(articles, vectors, folder / FOLDER, exact_rows=20)
    return DenseIndex(folder, taken_rows=0)


@pytest.fixture(scope="module")
def columns(dense) -> Columns:
    return Columns(dense.columns())


def values(articles: pa.Table, name: str) -> st.SearchStrategy[list[str]]:
    known = sorted(set(articles[name].to_pylist()))
    return st.lists(st.sampled_from([*known, *INJECTIONS]), max_size=3)


@SHARING
@given(data=st.data())
def test_every_way_of_filtering_says_the_same(articles, dense, in_lancedb, columns, data):
    only = Filter(
        versions=data.draw(st.none() | values(articles, "law_id")),
        **{
            name: data.draw(values(articles, name))
            for name in ("law_name", "category", "region", "status", "issuer")
        },
        published_from=data.draw(DAYS),
        published_to=data.draw(DAYS),
        effective_from=data.draw(DAYS),
        effective_to=data.draw(DAYS),
    )
    plain = [
        {
            key: str(value) if isinstance(value, datetime.date) else value
            for key, value in row.items()
        }
        for row in articles.to_pylist()
    ]
    expected = {row["article_id"] for row in plain if only.allows(row)}
    mask = columns.mask(only)
    kept = np.ones(articles.num_rows, bool) if mask is None else mask
    vector = np.ones(16, np.float32)

    assert {columns.article_ids[row] for row in np.flatnonzero(kept)} == expected
    for index in (dense, in_lancedb):
        assert {hit.article_id for hit in index.search(vector, 100, only)} == expected


@pytest.mark.parametrize("law", ["中华人民共和国刑法", "中华人民共和国妇女权益保障法"])
@pytest.mark.parametrize("query", ["家庭暴力", "离婚", "子女抚养费", "妇女"])
def test_a_filtered_ranking_is_the_whole_ranking_without_the_others(
    articles, dense, columns, law, query
):
    texts = dict(zip(*(articles[n].to_pylist() for n in ("article_id", "content")), strict=True))
    laws = dict(zip(*(articles[n].to_pylist() for n in ("article_id", "law_name")), strict=True))
    index = KeywordIndex(
        columns.article_ids, LexicalIndex([texts[one] for one in columns.article_ids])
    )
    only, vector = Filter(law_name=[law]), np.linspace(-1, 1, 16).astype(np.float32)

    for whole, some in (
        (index.search(query, 100), index.search(query, 3, columns.mask(only))),
        (dense.search(vector, 100), dense.search(vector, 3, only)),
    ):
        of_law = [hit for hit in whole if laws[hit.article_id] == law]
        assert [hit.article_id for hit in some] == [hit.article_id for hit in of_law[:3]]
        assert [hit.rank for hit in some] == list(range(1, len(some) + 1))


def test_an_article_of_an_unknown_day_matches_no_range(articles, columns):
    mask = columns.mask(Filter(published_from=datetime.date.min))

    assert mask is not None
    unknown = sum(day is None for day in articles["publish_date"].to_pylist())
    assert unknown > 0
    assert mask.sum() == articles.num_rows - unknown


def test_thousands_of_versions_are_one_condition(dense, columns):
    only = Filter(versions=[f"法{n}@2020-01-01" for n in range(5000)])

    mask = columns.mask(only)

    assert mask is not None
    assert not mask.any()
    assert dense.search(np.ones(16, np.float32), 10, only) == []
