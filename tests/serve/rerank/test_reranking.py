"""Many requests share one reranker: turns are taken, limits hold, and what is left is dropped."""

import asyncio
import threading

import numpy as np
import pytest

from lawvault.models.reranker import Reranker
from lawvault.serve.contract import ApiError
from lawvault.serve.rerank.reranking import AT_WORK, Reranking, Task
from tests.cross_encoder import write_cross_encoder


class Watched(Reranker):
    """A reranker that remembers whose batches it scored, and can be made to wait."""

    def __init__(self, folder) -> None:
        super().__init__(str(folder), max_tokens=40, batch_tokens=64, dtype="float32")
        self.seen: list[int] = []
        self.at_once = self.most_at_once = 0
        self.tokenizing: list[threading.Thread] = []
        self.gate = threading.Event()
        self.gate.set()

    def tokenize(self, query, texts, *, text_tokens=None):
        self.tokenizing.append(threading.current_thread())
        return super().tokenize(query, texts, text_tokens=text_tokens)

    def score(self, pairs, rows):
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        assert self.gate.wait(10)
        self.seen.append(len(pairs.counts))
        logits = super().score(pairs, rows)
        self.at_once -= 1
        return logits


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_cross_encoder(tmp_path_factory.mktemp("model"))


@pytest.fixture
def reranker(folder):
    return Watched(folder)


def door(reranker, **limits) -> Reranking:
    return Reranking(reranker, **{"max_total_tokens": 10_000, **limits})


def test_scores_come_in_the_order_of_the_texts(reranker):
    texts = ["孩子归谁" + "的" * number for number in range(17)]

    scored = asyncio.run(door(reranker).rerank(Task(query="离婚", texts=texts)))

    expected = reranker.score_all(reranker.tokenize("离婚", texts))
    assert np.allclose(scored.logits, expected, atol=1e-5)
    assert scored.cut == []


def test_a_small_request_does_not_wait_for_all_of_a_large_one(reranker):
    async def both():
        reranking = door(reranker)
        large = Task(query="离婚", texts=["孩子" * 10] * 30)
        await asyncio.gather(
            reranking.rerank(large), reranking.rerank(Task(query="离婚", texts=["孩子"]))
        )

    asyncio.run(both())

    assert reranker.seen.index(1) < 5
    assert reranker.seen.count(30) == 15


def test_only_one_batch_is_in_the_model_even_after_a_client_left(reranker):
    async def leave():
        reranking = door(reranker)
        reranker.gate.clear()
        gone = asyncio.create_task(reranking.rerank(Task(query="离婚", texts=["孩子" * 10] * 30)))
        while not reranker.at_once:
            await asyncio.sleep(0.001)
        gone.cancel()
        stays = asyncio.create_task(reranking.rerank(Task(query="离婚", texts=["孩子"])))
        await asyncio.sleep(0.05)
        reranker.gate.set()
        await stays

    asyncio.run(leave())

    assert reranker.most_at_once == 1
    assert reranker.seen == [30, 1]  # the other 14 batches were never made


def test_many_requests_at_once_all_get_their_own_scores(reranker):
    texts = [f"孩子{'归' * number}" for number in range(AT_WORK * 3)]

    async def all_of_them():
        reranking = door(reranker)
        tasks = [Task(query="离婚", texts=[text]) for text in texts]
        return await asyncio.gather(*map(reranking.rerank, tasks))

    scored = asyncio.run(all_of_them())

    expected = reranker.score_all(reranker.tokenize("离婚", texts))
    assert np.allclose([one.logits[0] for one in scored], expected, atol=1e-5)


def test_requests_take_turns_at_the_tokenizer_which_keeps_whether_it_cuts(reranker):
    tasks = [
        Task(query="离婚", texts=["长" * 200 if n % 2 else "孩子归谁"], may_cut=True)
        for n in range(AT_WORK * 2)
    ]

    async def all_of_them():
        reranking = door(reranker)
        return await asyncio.gather(*map(reranking.rerank, tasks))

    scored = asyncio.run(all_of_them())

    assert [(one.cut, one.tokens_read) for one in scored] == [([], 9), ([0], 40)] * AT_WORK
    assert len(set(reranker.tokenizing)) == 1


def test_a_pair_that_is_too_long_is_refused_unless_it_may_be_cut(reranker):
    task = {"query": "离婚", "texts": ["短", "长" * 36], "param": "texts"}

    with pytest.raises(ApiError) as refused:
        asyncio.run(door(reranker).rerank(Task(**task)))
    scored = asyncio.run(door(reranker).rerank(Task(**task, may_cut=True)))

    assert (refused.value.status, refused.value.code) == (400, "input_too_long")
    assert refused.value.param == "texts[1]"
    assert scored.cut == [1]
    assert scored.tokens_read == 6 + 40


def test_all_pairs_together_have_a_limit(reranker):
    task = Task(query="离婚", texts=["孩子"] * 10)  # 7 tokens each

    assert asyncio.run(door(reranker, max_total_tokens=70).rerank(task)).tokens_read == 70
    with pytest.raises(ApiError) as refused:
        asyncio.run(door(reranker, max_total_tokens=69).rerank(task))
    assert (refused.value.code, refused.value.param) == ("input_too_long", "documents")
    assert reranker.seen == [10, 10]  # the refused one cost nothing


def test_a_score_that_is_no_number_is_an_error_of_the_service(reranker):
    reranker._model.classifier.bias.data.fill_(float("nan"))

    with pytest.raises(ApiError) as refused:
        asyncio.run(door(reranker).rerank(Task(query="离婚", texts=["孩子"])))

    assert (refused.value.status, refused.value.code) == (500, "bad_score")
