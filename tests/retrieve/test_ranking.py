"""Exact ranking: ties break by row, ranks and rankings agree, blocks change nothing."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from lawvault.retrieve.ranking import BLOCK_QUERIES, nearest, rank_of, score_blocks, top_rows

FEW_VALUES = st.sampled_from([-1.0, -0.5, 0.0, 0.25, 0.5, 1.0])  # so that ties are common
SCORES = arrays.arrays(np.float32, st.integers(0, 40), elements=FEW_VALUES) | arrays.arrays(
    np.float32, st.integers(0, 40), elements=st.floats(-1, 1, width=32)
)


def naive_order(scores: np.ndarray) -> list[int]:
    return sorted(range(len(scores)), key=lambda row: (-float(scores[row]), row))


@given(SCORES, st.integers(0, 50))
def test_the_best_rows_are_those_of_a_plain_sort_ties_included(scores, k):
    assert top_rows(scores, k).tolist() == naive_order(scores)[:k]


@given(SCORES.filter(len))
def test_a_rank_is_the_place_in_the_ranking(scores):
    ranking = top_rows(scores, len(scores)).tolist()

    ranks = [rank_of(scores, row) for row in range(len(scores))]

    assert [ranking[rank - 1] for rank in ranks] == list(range(len(scores)))


@given(SCORES, st.integers(0, 20), st.integers(0, 20))
def test_a_longer_ranking_begins_with_the_shorter_one(scores, k, more):
    longer = top_rows(scores, k + more).tolist()

    assert longer[:k] == top_rows(scores, k).tolist()


def test_all_rows_equal_are_ranked_by_row():
    assert top_rows(np.full(6, 0.5, np.float32), 4).tolist() == [0, 1, 2, 3]
    assert rank_of(np.full(6, 0.5, np.float32), 5) == 6


def test_scores_are_dot_products_block_by_block():
    rng = np.random.default_rng(17)
    queries = rng.normal(size=(2 * BLOCK_QUERIES + 3, 8)).astype(np.float32)
    documents = rng.normal(size=(11, 8)).astype(np.float32)

    blocks = list(score_blocks(queries, documents))

    assert [begin for begin, _ in blocks] == [0, BLOCK_QUERIES, 2 * BLOCK_QUERIES]
    assert [len(scores) for _, scores in blocks] == [BLOCK_QUERIES, BLOCK_QUERIES, 3]
    found = np.concatenate([scores for _, scores in blocks])
    np.testing.assert_allclose(found, queries @ documents.T, rtol=1e-5, atol=1e-5)


def test_no_queries_give_no_blocks():
    documents = np.ones((3, 8), np.float32)

    assert list(score_blocks(np.empty((0, 8), np.float32), documents)) == []


def test_vectors_on_disk_are_scored_as_those_in_memory(tmp_path):
    vectors = np.random.default_rng(17).normal(size=(5, 8)).astype(np.float32)
    np.save(tmp_path / "vectors.npy", vectors)
    mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r")

    ((_, scores),) = score_blocks(mapped, mapped)

    np.testing.assert_array_equal(scores, next(iter(score_blocks(vectors, vectors)))[1])


@given(st.integers(0, 10_000), st.integers(0, 60), st.sampled_from([None, 0.0, 0.3, 1.0]))
def test_the_nearest_rows_are_those_of_a_plain_sort_of_all_products(seed, k, share):
    draw = np.random.default_rng(seed)
    documents = draw.normal(size=(50, 16)).astype(np.float32)
    documents[[4, 30]] = documents[17]
    query = draw.normal(size=16).astype(np.float32)
    mask = None if share is None else draw.random(50) < share

    rows, scores = nearest(query, documents, k, mask)

    products = np.vecdot(documents, query)
    allowed = [row for row in range(50) if mask is None or mask[row]]
    assert rows.tolist() == sorted(allowed, key=lambda row: (-products[row], row))[:k]
    np.testing.assert_allclose(scores, documents[rows] @ query, atol=1e-5)


def test_equal_rows_score_the_same_wherever_they_stand_and_whoever_asks():
    draw = np.random.default_rng(3)
    row = draw.normal(size=384).astype(np.float32)
    documents, query = np.tile(row, (1003, 1)), draw.normal(size=384).astype(np.float32)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: nearest(query, documents, 7), range(32)))

    assert {(tuple(rows.tolist()), tuple(set(scores))) for rows, scores in found} == {
        (tuple(range(7)), (found[0][1][0],))
    }
