"""Encoding for many callers: no waiting for others' piles, no paying for their bad texts."""

import asyncio
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.errors import IntegrityError
from lawvault.models.encoder import Prefixes
from lawvault.serve.contract import ApiError
from lawvault.serve.embed.embedder import Batcher, Embedder

PREFIXES = Prefixes(query="问：", document="文：", title_separator=" ")


class Recorder:
    """Turns a text of one number into a vector that holds it, and remembers its batches.

    Its first batch waits for `open`, so that a test can let requests pile up; `-1` breaks it.
    """

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.open = threading.Event()
        self.open.set()

    def encode(self, texts):
        self.open.wait(10)
        self.batches.append(list(texts))
        if "-1" in texts:
            raise IntegrityError("no finite vector")
        return np.array([[float(text)] for text in texts], np.float32)


def numbers(first: int, count: int) -> list[str]:
    return [str(number) for number in range(first, first + count)]


async def piled_up(recorder: Recorder, *requests: list[str], max_texts: int = 8):
    """Return the results of `requests` that all came while a first batch was in the model."""
    batcher = Batcher(recorder.encode, max_texts)
    recorder.open.clear()
    first = asyncio.create_task(batcher.encode(["0"]))
    await asyncio.sleep(0)
    waiting = [asyncio.create_task(batcher.encode(request)) for request in requests]
    await asyncio.sleep(0)
    recorder.open.set()
    await first
    return await asyncio.gather(*waiting, return_exceptions=True)


@given(st.lists(st.integers(1, 30), min_size=1, max_size=12), st.integers(1, 9))
def test_everybody_gets_the_vectors_of_their_own_texts_in_order(sizes, max_texts):
    requests = [numbers(1000 * row, size) for row, size in enumerate(sizes)]
    recorder = Recorder()

    results = asyncio.run(piled_up(recorder, *requests, max_texts=max_texts))

    for request, vectors in zip(requests, results, strict=True):
        assert vectors[:, 0].tolist() == [float(text) for text in request]
    assert max(map(len, recorder.batches)) <= max_texts


def test_requests_that_wait_together_are_encoded_together():
    recorder = Recorder()

    asyncio.run(piled_up(recorder, ["1"], ["2"], ["3"]))

    assert recorder.batches == [["0"], ["1", "2", "3"]]


def test_a_single_text_does_not_wait_for_a_thousand_that_came_first():
    recorder = Recorder()

    asyncio.run(piled_up(recorder, numbers(100, 1000), ["7"]))

    assert "7" in recorder.batches[1]
    assert len(recorder.batches) > 100


def test_a_text_that_breaks_the_model_fails_its_own_request_only():
    results = asyncio.run(piled_up(Recorder(), ["1"], ["2", "-1"], ["3"]))

    assert [isinstance(result, IntegrityError) for result in results] == [False, True, False]
    assert results[0].tolist() == [[1.0]]
    assert results[2].tolist() == [[3.0]]


def test_what_a_caller_who_left_still_wanted_is_not_encoded():
    recorder = Recorder()

    async def leave() -> np.ndarray:
        batcher = Batcher(recorder.encode, 8)
        recorder.open.clear()
        first = asyncio.create_task(batcher.encode(["0"]))
        await asyncio.sleep(0)
        left = asyncio.create_task(batcher.encode(numbers(100, 1000)))
        stays = asyncio.create_task(batcher.encode(["7"]))
        await asyncio.sleep(0)
        left.cancel()
        recorder.open.set()
        await first
        return await stays

    vectors = asyncio.run(leave())

    assert vectors.tolist() == [[7.0]]
    assert recorder.batches == [["0"], ["7"]]


def test_a_batcher_that_was_idle_works_again():
    recorder = Recorder()

    async def twice() -> None:
        batcher = Batcher(recorder.encode, 8)
        await batcher.encode(["1"])
        await asyncio.sleep(0)
        await batcher.encode(["2"])

    asyncio.run(asyncio.wait_for(twice(), 10))

    assert recorder.batches == [["1"], ["2"]]


@pytest.mark.parametrize(("side", "prefix"), [("query", "问："), ("document", "文："), ("raw", "")])
def test_each_side_gets_its_own_prefix_and_it_counts_as_tokens(built, side, prefix):
    embedder = Embedder(built.encoder, PREFIXES, max_tokens=60)

    embedded = asyncio.run(embedder.embed(["离婚后孩子归谁"], side))

    expected = built.encoder.encode_raw([prefix + "离婚后孩子归谁"])
    assert np.array_equal(embedded.vectors, expected)
    assert embedded.tokens == [len(prefix) + 7 + 2]


def test_a_text_longer_than_the_model_reads_is_refused_and_never_cut_silently(built):
    embedder = Embedder(built.encoder, PREFIXES, max_tokens=60)

    with pytest.raises(ApiError) as refusal:
        asyncio.run(embedder.embed(["短", "长" * 57], "query"))

    assert (refusal.value.status, refusal.value.code) == (400, "input_too_long")
    assert refusal.value.param == "input[1]"
    assert "61" in refusal.value.message
    assert "60" in refusal.value.message


def test_a_text_of_exactly_the_limit_is_taken(built):
    embedder = Embedder(built.encoder, PREFIXES, max_tokens=60)

    embedded = asyncio.run(embedder.embed(["长" * 56], "query"))

    assert embedded.tokens == [60]
    assert not embedded.is_cut(0)


def test_who_allows_cutting_is_told_what_was_cut(built):
    embedder = Embedder(built.encoder, PREFIXES, max_tokens=60)

    embedded = asyncio.run(embedder.embed(["短", "长" * 57], "query", may_cut=True))

    assert [embedded.is_cut(row) for row in range(2)] == [False, True]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.0])
def test_a_vector_that_cannot_be_searched_is_an_error(built, value):
    class Broken(type(built.encoder)):
        def encode_raw(self, texts):
            return np.full((len(texts), self.dimension), value, np.float32)

    with pytest.raises(ApiError) as failure:
        asyncio.run(Embedder(Broken(), PREFIXES, max_tokens=60).embed(["问"], "query"))

    assert (failure.value.status, failure.value.code) == (500, "bad_vector")
