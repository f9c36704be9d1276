"""Whose turn it is at the model: little padding, no starving, no paying for others' bad texts."""

import asyncio
import random
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.errors import IntegrityError
from lawvault.serve.contract import ApiError
from lawvault.serve.embed.batcher import Batcher, Text

BAD = 10**6


class Model:
    """Turns ids into a vector of the first of them, and remembers its batches.

    Closing `open` makes its next batch wait, so that a test can let requests pile up.
    """

    def __init__(self) -> None:
        self.batches: list[list[list[int]]] = []
        self.open = threading.Event()
        self.open.set()
        self.kept: list[int] = []

    def encode(self, ids: list[list[int]]) -> np.ndarray:
        self.open.wait(10)
        self.batches.append(ids)
        if any(row[0] >= BAD for row in ids):
            raise IntegrityError("no finite vector")
        return np.array([[row[0]] for row in ids], np.float32)

    def batcher(self, batch_tokens: int = 100, max_waiting_tokens: int = 10**6) -> Batcher:
        return Batcher(
            self.encode,
            batch_tokens=batch_tokens,
            max_waiting_tokens=max_waiting_tokens,
            keep=lambda text, vector: self.kept.append(int(vector[0])),
        )

    def batch_of(self, number: int) -> int:
        """Return in which batch the text of that number was."""
        return next(at for at, ids in enumerate(self.batches) if number in [row[0] for row in ids])


def text(number: int, length: int = 10) -> Text:
    return Text(key=str(number).encode(), ids=[number] + [0] * (length - 1), tokens=length)


def texts(first: int, count: int, length: int = 10) -> list[Text]:
    return [text(number, length) for number in range(first, first + count)]


def values(vectors) -> list[int]:
    return [int(vector[0]) for vector in vectors]


async def start(batcher: Batcher, *requests: list[Text]) -> list[asyncio.Task]:
    tasks = [asyncio.create_task(batcher.encode(request)) for request in requests]
    await asyncio.sleep(0)
    return tasks


async def piled_up(model: Model, batcher: Batcher, *requests: list[Text]) -> list:
    """Return the results of `requests` that all came while a first batch was in the model."""
    model.open.clear()
    first = await start(batcher, [text(0)])
    await asyncio.sleep(0)
    tasks = await start(batcher, *requests)
    model.open.set()
    return (await asyncio.gather(*first, *tasks, return_exceptions=True))[1:]


def assert_nothing_is_left(batcher: Batcher) -> None:
    assert (batcher.stats().waiting_texts, batcher.stats().waiting_tokens) == (0, 0)
    assert not batcher._queued
    assert not batcher._waiting


@given(
    st.lists(
        st.lists(st.tuples(st.integers(1, 40), st.integers(1, 60)), min_size=1, max_size=30),
        min_size=1,
        max_size=8,
    ),
    st.integers(20, 300),
)
def test_everybody_gets_the_vectors_of_their_own_texts_in_order(requests, budget):
    model = Model()
    batcher = model.batcher(budget)
    # A text of one number has one length, as equal keys mean equal ids.
    wanted = [[text(100 * n + length, length) for n, length in request] for request in requests]

    results = asyncio.run(piled_up(model, batcher, *wanted))

    for request, vectors in zip(wanted, results, strict=True):
        assert values(vectors) == [one.ids[0] for one in request]
    for ids in model.batches:
        assert len(ids) == 1 or len(ids) * max(map(len, ids)) <= budget
    seen = [row[0] for ids in model.batches for row in ids]
    assert len(seen) == len(set(seen))
    assert_nothing_is_left(batcher)


def test_requests_that_wait_together_are_encoded_together():
    model = Model()

    asyncio.run(piled_up(model, model.batcher(), texts(1, 1), texts(2, 1), texts(3, 1)))

    assert [len(ids) for ids in model.batches] == [1, 3]


def test_a_question_waits_neither_behind_nor_among_long_articles_that_came_first():
    model = Model()

    asyncio.run(piled_up(model, model.batcher(), texts(100, 2048, 50), [text(7, 12)]))

    assert model.batch_of(7) == 1
    assert len(model.batches[1]) == 1


def test_a_question_does_not_pay_for_short_texts_of_a_large_request():
    model = Model()

    asyncio.run(piled_up(model, model.batcher(), texts(100, 2048, 12), [text(7, 12)]))

    assert len(model.batches[1]) == 1


def test_a_question_that_comes_later_waits_for_two_batches_at_most():
    async def one_after_another(model: Model) -> list[int]:
        batcher, waits = model.batcher(), []
        articles = asyncio.create_task(batcher.encode(texts(1000, 300, 50)))
        for number in range(1, 40):
            await asyncio.sleep(0)
            before = len(model.batches)
            await batcher.encode([text(number, 12)])
            waits.append(model.batch_of(number) - before)
        await articles
        return waits

    assert max(asyncio.run(one_after_another(Model()))) <= 2


def test_articles_are_encoded_however_many_questions_keep_coming():
    async def crowd(model: Model) -> int:
        batcher = model.batcher()
        articles = asyncio.create_task(batcher.encode(texts(10_000, 20, 50)))
        numbers = iter(range(1, 10_000))

        async def ask() -> None:
            while not articles.done():
                await batcher.encode([text(next(numbers), 12)])

        await asyncio.gather(articles, *(ask() for _ in range(8)))
        return len(model.batches)

    # 10 batches of articles at a cost of 164; half of the work is theirs.
    assert asyncio.run(asyncio.wait_for(crowd(Model()), 30)) < 60


def test_little_of_a_batch_is_padding():
    model, draw = Model(), random.Random(0)
    batcher = model.batcher(512)
    requests = [
        [text(1000 * row + n, draw.randint(10, 256)) for n in range(100)] for row in range(1, 9)
    ]

    asyncio.run(piled_up(model, batcher, *requests))

    stats = batcher.stats()
    assert stats.tokens == 10 + sum(len(one.ids) for request in requests for one in request)
    assert stats.padded_tokens < 1.1 * stats.tokens


def test_equal_texts_of_all_who_wait_are_encoded_once():
    model = Model()

    results = asyncio.run(
        piled_up(model, model.batcher(), [text(7), text(7), text(8)], [text(8), text(0)])
    )

    assert [values(vectors) for vectors in results] == [[7, 7, 8], [8, 0]]
    assert sorted(row[0] for ids in model.batches for row in ids) == [0, 7, 8]


def test_a_text_that_breaks_the_model_fails_its_own_requests_only():
    model, bad = Model(), text(BAD)
    batcher = model.batcher()

    results = asyncio.run(
        piled_up(model, batcher, [text(1)], [text(2), bad], [text(3)], [bad], texts(4, 30))
    )

    failed = [isinstance(result, IntegrityError) for result in results]
    assert failed == [False, True, False, True, False]
    assert values(results[4]) == list(range(4, 34))
    assert_nothing_is_left(batcher)


def test_a_model_that_gives_too_few_vectors_is_an_error_and_hangs_nobody():
    batcher = Batcher(
        lambda ids: np.empty((0, 1), np.float32),
        batch_tokens=100,
        max_waiting_tokens=100,
        keep=lambda text, vector: None,
    )

    with pytest.raises(IntegrityError, match="0 vectors for 1 texts"):
        asyncio.run(asyncio.wait_for(batcher.encode([text(1)]), 10))


def test_more_than_may_wait_is_refused_and_what_waits_is_served():
    async def too_much(model: Model) -> list:
        batcher = model.batcher(max_waiting_tokens=100)
        results = await piled_up(model, batcher, texts(1, 5), texts(1, 9), texts(20, 6))
        assert_nothing_is_left(batcher)
        return results

    first, second, third = asyncio.run(too_much(Model()))

    assert values(first) == [1, 2, 3, 4, 5]
    assert values(second) == list(range(1, 10))  # five of these waited already
    assert isinstance(third, ApiError)
    assert (third.status, third.code) == (429, "too_many_tokens_waiting")


def test_a_question_is_let_in_however_many_articles_of_one_client_wait():
    async def beside(model: Model) -> list:
        batcher = model.batcher(max_waiting_tokens=250)
        model.open.clear()
        tasks = await start(batcher, texts(1, 900), [text(1000)], texts(2000, 11))
        model.open.set()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert_nothing_is_left(batcher)
        return results

    articles, question, more_articles = asyncio.run(beside(Model()))

    assert len(articles) == 900
    assert values(question) == [1000]
    assert more_articles.status == 429  # larger than a batch, so it waits behind all of them


def test_questions_have_the_same_limit_among_themselves():
    async def crowd(model: Model) -> list:
        batcher = model.batcher(max_waiting_tokens=250)
        results = await piled_up(model, batcher, *([text(number)] for number in range(1, 41)))
        assert_nothing_is_left(batcher)
        return results

    answers = asyncio.run(crowd(Model()))

    assert [isinstance(one, ApiError) for one in answers] == [False] * 24 + [True] * 16


def test_a_request_larger_than_may_wait_is_taken_when_nobody_waits():
    model = Model()

    vectors = asyncio.run(model.batcher(max_waiting_tokens=100).encode(texts(1, 50)))

    assert values(vectors) == list(range(1, 51))


def test_what_a_caller_who_left_still_wanted_is_not_encoded():
    async def leave(model: Model) -> None:
        batcher = model.batcher()
        model.open.clear()
        (first,) = await start(batcher, [text(0)])
        await asyncio.sleep(0)
        left, stays = await start(batcher, texts(100, 1000), [text(7)])
        left.cancel()
        await asyncio.sleep(0)
        assert batcher.stats().waiting_texts == 2
        model.open.set()
        assert values(await stays) == [7]
        await first

    model = Model()
    asyncio.run(leave(model))

    assert [[row[0] for row in ids] for ids in model.batches] == [[0], [7]]


def test_who_wants_the_same_as_a_caller_who_left_gets_it():
    async def leave(model: Model) -> list[int]:
        batcher = model.batcher()
        model.open.clear()
        (first,) = await start(batcher, [text(0)])
        await asyncio.sleep(0)
        left, stays = await start(batcher, [text(7)], [text(7), text(0)])
        left.cancel()
        first.cancel()  # its text is in the model
        await asyncio.sleep(0)
        model.open.set()
        return values(await stays)

    assert asyncio.run(leave(Model())) == [7, 0]


def test_a_vector_that_was_made_is_kept_although_its_caller_left():
    async def leave(model: Model) -> None:
        model.open.clear()
        (left,) = await start(model.batcher(), [text(7)])
        await asyncio.sleep(0.01)
        left.cancel()
        model.open.set()
        while not model.kept:
            await asyncio.sleep(0.001)

    model = Model()
    asyncio.run(asyncio.wait_for(leave(model), 10))

    assert model.kept == [7]


@pytest.mark.parametrize("seed", range(3))
def test_two_hundred_callers_who_leave_at_any_moment_leave_nothing_behind(seed):
    draw = random.Random(seed)

    async def drill(model: Model) -> None:
        batcher = model.batcher()
        wanted = [
            [text(draw.randint(1, 500), 10) for _ in range(draw.randint(1, 20))] for _ in range(400)
        ]
        callers = [asyncio.create_task(batcher.encode(request)) for request in wanted]
        leaving = set(draw.sample(range(400), 200))
        for row in draw.sample(sorted(leaving), 200):
            await asyncio.sleep(draw.choice([0, 0, 0.001]))
            callers[row].cancel()
        results = await asyncio.gather(*callers, return_exceptions=True)
        for row, (request, result) in enumerate(zip(wanted, results, strict=True)):
            if isinstance(result, asyncio.CancelledError):
                assert row in leaving
                continue
            assert values(result) == [one.ids[0] for one in request]
        await asyncio.sleep(0.05)
        assert_nothing_is_left(batcher)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(drill(Model()))


def test_a_batcher_that_was_idle_works_again_even_in_another_loop():
    model = Model()
    batcher = model.batcher()

    for number in (1, 2):
        assert values(asyncio.run(asyncio.wait_for(batcher.encode([text(number)]), 10))) == [number]


def test_a_batcher_whose_loop_ended_in_the_middle_works_in_the_next():
    async def give_up(model: Model, batcher: Batcher) -> None:
        await start(batcher, texts(1, 100))
        await asyncio.sleep(0.01)

    model = Model()
    batcher = model.batcher()
    model.open.clear()
    asyncio.run(give_up(model, batcher))
    model.open.set()

    assert_nothing_is_left(batcher)
    assert values(asyncio.run(asyncio.wait_for(batcher.encode([text(7)]), 10))) == [7]
