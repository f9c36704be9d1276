"""Exact ranking: ties break by row, ranks and rankings agree, blocks change nothing."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from lawvault.retrieve.ranking import BLOCK_QUERIES, rank_of, score_blocks, top_rows

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
