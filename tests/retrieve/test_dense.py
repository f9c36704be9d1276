"""Vectors in LanceDB: as exact as a sort, filtered before the search, deaf to injected SQL."""

import datetime
import json
import logging
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import lancedb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lawvault.errors import IntegrityError
from lawvault.ingest.build import Filters, build_corpus
from lawvault.ingest.files import read_source
from lawvault.retrieve import dense
from lawvault.retrieve.dense import APPROXIMATE, FOLDER, TABLE, DenseIndex, write_vectors
from lawvault.retrieve.filters import Filter
from lawvault.retrieve.ranking import top_rows
from lawvault.schema import ARTICLES, table_of

ROOT = Path(__file__).parents[2]
FULL_DISK = """
    import resource, signal, sys
    from pathlib import Path
    import numpy as np
    import pyarrow.parquet as pq
    from lawvault.errors import UpstreamError
    from lawvault.retrieve.dense import write_vectors

    articles = pq.read_table(sys.argv[1])
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))  # no file grows beyond it
    try:
        write_vectors(articles, np.eye(40, 64, dtype=np.float32), Path(sys.argv[2]))
    except UpstreamError as error:
        print(error)
"""
INJECTIONS = ("x' OR '1'='1", "' OR 1=1 --", '" OR ""="', "刑法'; DROP TABLE laws_vectors; --", "%")
SHARING = settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def articles(toy_corpus: Path) -> pa.Table:
    """The toy corpus, its last ten articles repealed and from Beijing."""
    corpus = build_corpus(read_source(toy_corpus), Filters(), as_of=datetime.date(2026, 10, 4))
    for row in corpus.rows[-10:]:
        row.update(status="已废止", region="北京市", category="地方性法规")
    return table_of(corpus.rows, ARTICLES)


@pytest.fixture(scope="module")
def vectors(articles: pa.Table) -> np.ndarray:
    """A seeded vector per article; articles 3, 7 and 20 share one."""
    found = unit(np.random.default_rng(17).normal(size=(articles.num_rows, 16)))
    found[[7, 20]] = found[3]
    return found


@pytest.fixture(scope="module")
def index(articles, vectors, tmp_path_factory) -> DenseIndex:
    folder = tmp_path_factory.mktemp("pack")
    write_vectors(articles, vectors, folder / FOLDER)
    return DenseIndex(folder)


def ids(hits) -> list[str]:
    return [hit.article_id for hit in hits]


def query(seed: int) -> np.ndarray:
    return unit(np.random.default_rng(seed).normal(size=(1, 16)))[0]


@SHARING
@given(seed=st.integers(0, 10_000), k=st.integers(1, 50))
def test_hits_are_those_of_an_exact_ranking(index, articles, vectors, seed, k):
    asked = query(seed)
    scores = vectors @ asked
    expected = np.sort(scores)[::-1][:k]

    hits = index.search(asked, k)

    assert len(hits) == min(k, 40)
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    np.testing.assert_allclose([hit.score for hit in hits], expected, atol=1e-5)
    row_of = {name: row for row, name in enumerate(articles["article_id"].to_pylist())}
    np.testing.assert_allclose([scores[row_of[name]] for name in ids(hits)], expected, atol=1e-5)


@SHARING
@given(seed=st.integers(0, 10_000))
def test_without_ties_the_order_is_that_of_the_reference(index, articles, vectors, seed):
    asked = query(seed)
    alone = [row for row in range(40) if row not in (7, 20)]
    names = articles["article_id"].to_pylist()
    expected = [names[alone[row]] for row in top_rows((vectors @ asked)[alone], 38)]

    hits = index.search(asked, 40)

    assert [name for name in ids(hits) if name not in (names[7], names[20])] == expected


def test_ties_break_by_article_id(index, articles, vectors):
    names = articles["article_id"].to_pylist()

    hits = index.search(vectors[3], 3)

    assert ids(hits) == sorted([names[3], names[7], names[20]])
    assert [hit.score for hit in hits] == pytest.approx([1, 1, 1], abs=1e-6)


def test_a_longer_query_vector_gives_the_same_hits(index):
    asked = query(1)

    assert ids(index.search(asked * 7, 10)) == ids(index.search(asked, 10))


def test_an_index_says_how_many_articles_it_has(index):
    assert index.size == 40


@pytest.mark.parametrize(
    ("only", "matching"),
    [
        (Filter(law_name=["中华人民共和国刑法"]), 12),
        (Filter(status=["已废止"]), 10),
        (Filter(status=["已废止", "现行有效"]), 40),
        (Filter(category=["法律"], law_name=["中华人民共和国刑法"]), 2),
        (Filter(region=["北京市"]), 10),
        (Filter(region=["火星"]), 0),
        (Filter(), 40),
    ],
)
def test_filters_are_applied_before_the_search_so_all_that_match_are_found(
    index, articles, only, matching
):
    hits = index.search(query(2), 40, only)
    few = index.search(query(2), min(3, matching) or 1, only)

    assert len(hits) == matching
    assert ids(few) == ids(hits)[:3]
    rows = {row["article_id"]: row for row in articles.to_pylist()}
    for name in ids(hits):
        for field in ("law_name", "category", "region", "status"):
            wanted = getattr(only, field)
            assert not wanted or rows[name][field] in wanted


@pytest.mark.parametrize("field", ["law_name", "category", "region", "status"])
@pytest.mark.parametrize("words", INJECTIONS)
def test_words_that_would_be_sql_are_only_words(index, field, words):
    hits = index.search(query(3), 40, Filter(**{field: [words]}))

    assert hits == []
    assert index.search(query(3), 40) != []


@SHARING
@given(words=st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_no_text_in_a_filter_ever_matches_another_law(index, words):
    assert index.search(query(4), 40, Filter(law_name=[words])) == []


@pytest.mark.parametrize(
    "vector",
    [
        np.zeros(16, np.float32),
        np.full(16, np.nan, np.float32),
        np.array([np.inf] + [0.0] * 15, np.float32),
        np.array([0.5] * 15 + [np.nan], np.float32),
    ],
    ids=["zero", "nan", "infinite", "one nan"],
)
def test_a_vector_that_lancedb_would_answer_with_nothing_is_refused(index, vector):
    with pytest.raises(ValueError, match="not finite or of length 0"):
        index.search(vector, 10)


@pytest.mark.parametrize("value", [0.0, 0.5, np.nan, np.inf])
def test_a_document_vector_that_is_not_of_length_one_is_never_stored(
    articles, vectors, tmp_path, value
):
    broken = vectors.copy()
    broken[5] = value if value != 0.5 else broken[5] * 0.5

    with pytest.raises(IntegrityError, match="vectors must have length 1"):
        write_vectors(articles, broken, tmp_path / FOLDER)

    assert not (tmp_path / FOLDER).exists()


def test_vectors_that_are_too_few_are_never_stored(articles, vectors, tmp_path):
    with pytest.raises(IntegrityError, match="40 articles but 39 vectors"):
        write_vectors(articles, vectors[:-1], tmp_path / FOLDER)


def test_a_full_disk_is_an_error_for_a_person(articles, tmp_path):
    table, database = tmp_path / "articles.parquet", tmp_path / FOLDER
    pq.write_table(articles, table)
    command = [sys.executable, "-c", textwrap.dedent(FULL_DISK), str(table), str(database)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{database}: cannot be written (File too large")


def test_a_pack_without_vectors_names_the_job_that_makes_them(tmp_path):
    with pytest.raises(IntegrityError, match=r"no vector database; run `python -m jobs\.index`"):
        DenseIndex(tmp_path)


def test_the_table_is_the_one_that_the_desktop_app_reads(articles, vectors, tmp_path):
    write_vectors(articles, vectors, tmp_path / FOLDER)

    table = lancedb.connect(tmp_path / FOLDER).open_table(TABLE)

    schema = table.schema
    assert schema.field("chunk_id").type == pa.string()
    assert schema.field("vector").type == pa.list_(pa.float32(), 16)
    assert {"law_name", "category", "region", "status", "publish_date"} <= set(schema.names)
    stored = {row["chunk_id"]: row["vector"] for row in table.to_arrow().to_pylist()}
    for name, vector in zip(articles["article_id"].to_pylist(), vectors, strict=True):
        np.testing.assert_array_equal(np.float32(stored[name]), vector)


def test_equal_content_has_one_hash_whatever_the_files_are_called(articles, vectors, tmp_path):
    for name in ("one", "other"):
        write_vectors(articles, vectors, tmp_path / name / FOLDER)
    turned = vectors.copy()
    turned[0] = -turned[0]
    write_vectors(articles, turned, tmp_path / "turned" / FOLDER)

    one, other, third = (
        DenseIndex(tmp_path / name).sha256() for name in ("one", "other", "turned")
    )

    assert one == other != third


def test_many_questions_at_once_get_what_each_gets_alone(index):
    asked = np.stack([query(seed) for seed in range(20)])
    only = Filter(law_name=["中华人民共和国刑法"])

    with ThreadPoolExecutor(8) as pool:
        alone = list(pool.map(lambda vector: index.search(vector, 5, only), asked))

    assert index.search_many(asked, 5, only) == alone
    assert index.search_many(asked[:0], 5) == []


def test_vectors_come_in_the_order_of_the_ids(index, articles, vectors):
    names = articles["article_id"].to_pylist()
    rows = [31, 0, 39, 0]

    found = index.vectors([names[row] for row in rows])

    np.testing.assert_allclose(found, vectors[rows], atol=1e-6)
    assert index.vectors([]).shape == (0, 16)


@pytest.mark.parametrize("name", ["", "没有@/1", "\U0010ffff"])
def test_vectors_of_an_unknown_article_are_asked_for_in_vain(index, name):
    with pytest.raises(KeyError):
        index.vectors([name])


@pytest.fixture(scope="module")
def many(articles) -> tuple[pa.Table, np.ndarray]:
    """3,000 articles around the directions of forty, 50 of them of one law, in no order of ids."""
    draw = np.random.default_rng(5)
    table = articles.take(pa.array(np.arange(3000) % 40))
    ids = pa.array([f"{row:05}" for row in draw.permutation(3000)])
    laws = pa.array(["少见的法" if row % 60 == 0 else "常见的法" for row in range(3000)])
    for name, column in (("article_id", ids), ("law_name", laws)):
        place = table.schema.get_field_index(name)
        table = table.set_column(place, table.schema.field(place), column)
    around = unit(draw.normal(size=(40, 32)))[np.arange(3000) % 40]
    return table, unit(around + 0.1 * draw.normal(size=(3000, 32)))


@pytest.fixture(scope="module")
def large(many, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("large")
    write_vectors(*many, folder / FOLDER, exact_rows=1000)
    return folder


def exact_ids(many, vector: np.ndarray, k: int, law: str | None = None) -> list[str]:
    table, vectors = many
    names, laws = table["article_id"].to_pylist(), table["law_name"].to_pylist()
    rows = [row for row in range(3000) if law in (None, laws[row])]
    return [names[row] for row in sorted(rows, key=lambda row: -(vectors[row] @ vector))[:k]]


def test_a_large_table_has_an_index_whose_recall_is_measured_and_kept(large, many):
    index = DenseIndex(large)
    draw = np.random.default_rng(99)  # questions that the build did not measure with
    asked = unit(many[1][draw.integers(0, 3000, 50)] + 0.05 * draw.normal(size=(50, 32)))

    found = [set(ids(hits)) for hits in index.search_many(asked, 10)]

    assert index.approximate == dense.Approximate(
        **json.loads((large / FOLDER / APPROXIMATE).read_text())
    )
    assert index.approximate.recall_at_10 >= 0.98
    assert index.approximate.partitions == 54
    shared = [
        len(hits & set(exact_ids(many, vector, 10)))
        for hits, vector in zip(found, asked, strict=True)
    ]
    assert np.mean(shared) >= 9.8


def test_hits_of_an_index_have_the_scores_and_the_order_of_exact_ones(large, many):
    table, vectors = many
    row_of = {name: row for row, name in enumerate(table["article_id"].to_pylist())}

    hits = DenseIndex(large).search(vectors[8], 10)

    expected = [vectors[row_of[hit.article_id]] @ vectors[8] for hit in hits]
    np.testing.assert_allclose([hit.score for hit in hits], expected, atol=1e-5)
    assert [hit.rank for hit in hits] == list(range(1, 11))
    assert hits == sorted(hits, key=lambda hit: (-hit.score, hit.article_id))


@pytest.mark.parametrize("taken_rows", [0, 10_000], ids=["lancedb filters", "taken out"])
def test_a_narrow_filter_finds_all_that_it_leaves_in_a_large_table(large, many, taken_rows):
    index, only = DenseIndex(large, taken_rows=taken_rows), Filter(law_name=["少见的法"])

    for vector in many[1][[1, 2, 3]]:  # of other laws, so that the few lie in far partitions
        expected = exact_ids(many, vector, 50, "少见的法")
        assert ids(index.search(vector, 60, only)) == expected
        assert ids(index.search(vector, 10, only)) == expected[:10]
    assert index.search(many[1][0], 10, Filter(law_name=["火星法"])) == []


def test_vectors_of_a_large_table_come_in_the_order_of_the_ids(large, many):
    table, vectors = many
    names = table["article_id"].to_pylist()
    rows = [2999, 0, 1234, 0]

    found = DenseIndex(large).vectors([names[row] for row in rows])

    np.testing.assert_allclose(found, vectors[rows], atol=1e-6)


def test_a_target_that_few_partitions_miss_takes_more_up_to_all(many, tmp_path, monkeypatch):
    monkeypatch.setattr(dense, "MIN_RECALL", 1.1)

    write_vectors(*many, tmp_path / FOLDER, exact_rows=1000)

    found = DenseIndex(tmp_path).approximate
    assert found.probes == found.partitions
    assert (found.recall_at_10, found.recall_at_100) == (1, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "is damaged"), ("[]", "is damaged"), ("{}", "is damaged"), (None, "of 7 rows")],
)
def test_a_description_of_another_index_is_refused(large, tmp_path, text, message):
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / f"{TABLE}.lance").symlink_to(large / FOLDER / f"{TABLE}.lance")
    known = json.loads((large / FOLDER / APPROXIMATE).read_text())
    (tmp_path / FOLDER / APPROXIMATE).write_text(text or json.dumps({**known, "rows": 7}))

    with pytest.raises(IntegrityError, match=message):
        DenseIndex(tmp_path)


def test_a_large_table_without_an_index_is_searched_exactly_and_says_so(
    many, tmp_path, monkeypatch, caplog
):
    write_vectors(*many, tmp_path / FOLDER)
    monkeypatch.setattr(dense, "EXACT_ROWS", 1000)

    with caplog.at_level(logging.WARNING):
        index = DenseIndex(tmp_path)

    assert "3000 vectors without an index" in caplog.text
    vector = many[1][8]
    assert set(ids(index.search(vector, 20))) == set(exact_ids(many, vector, 20))
