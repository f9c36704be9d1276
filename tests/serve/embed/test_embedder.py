"""The door of the encoder: prefixes, limits, and a cache that nobody can tell from the model."""

import asyncio
import threading
import traceback

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.config.serve import ServeConfig
from lawvault.errors import IntegrityError
from lawvault.models.encoder import Prefixes
from lawvault.serve.contract import ApiError
from lawvault.serve.embed.embedder import Embedder
from tests.serve.conftest import CountingEncoder

PREFIXES = Prefixes(query="问：", document="文：", title_separator=" ")
LONG = "离婚" * 300
"""More than is tokenized without a thread."""


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
        def encode_ids(self, ids):
            return np.full((len(ids), self.dimension), value, np.float32)

    embedder = Embedder(Broken(), PREFIXES, max_tokens=60)
    with pytest.raises(ApiError) as failure:
        asyncio.run(embedder.embed(["问"], "query"))

    assert (failure.value.status, failure.value.code) == (500, "bad_vector")
    assert embedder.stats().cache.entries == 0


def test_what_a_model_says_of_a_text_it_cannot_encode_reaches_nobody(built, caplog):
    secret = "我的" + "秘密"  # not in one piece in these lines, which a traceback shows

    class Broken(type(built.encoder)):
        def encode_ids(self, ids):
            raise IntegrityError(f"the model gives no finite vector for {secret!r}")

    embedder = Embedder(Broken(), PREFIXES, max_tokens=60)
    with pytest.raises(ApiError) as failure:
        asyncio.run(embedder.embed([secret], "query"))

    assert (failure.value.status, failure.value.code) == (500, "bad_vector")
    told = "".join(traceback.format_exception(failure.value)) + caplog.text
    assert "one of 1 texts" in told
    assert secret not in told


def recorded(built):
    """Return an encoder that remembers what it tokenized and how many texts it encoded."""

    class Recorder(type(built.encoder)):
        def __init__(self):
            self.tokenized, self.encoded = [], []

        def tokenize(self, texts):
            self.tokenized.extend(texts)
            return super().tokenize(texts)

        def encode_ids(self, ids):
            self.encoded.extend(ids)
            return super().encode_ids(ids)

    return Recorder()


def test_a_text_that_is_known_costs_neither_tokenizer_nor_model(built):
    encoder = recorded(built)
    embedder = Embedder(encoder, PREFIXES, max_tokens=60)

    first = asyncio.run(embedder.embed(["离婚", "工资"], "query"))
    again = asyncio.run(embedder.embed(["工资", "离婚"], "query"))

    assert again.vectors.tobytes() == first.vectors[::-1].tobytes()
    assert again.tokens == first.tokens[::-1]
    assert encoder.tokenized == ["问：离婚", "问：工资"]
    assert len(encoder.encoded) == 2
    assert (embedder.stats().cache.hits, embedder.stats().cache.misses) == (2, 2)


def test_the_same_text_on_another_side_is_another_text(built):
    encoder = recorded(built)
    embedder = Embedder(encoder, PREFIXES, max_tokens=60)

    query = asyncio.run(embedder.embed(["离婚"], "query"))
    document = asyncio.run(embedder.embed(["离婚"], "document"))

    assert not np.array_equal(query.vectors, document.vectors)
    assert encoder.tokenized == ["问：离婚", "文：离婚"]


def test_a_text_that_was_cut_for_one_caller_is_refused_to_the_next_who_does_not_allow_it(built):
    embedder = Embedder(built.encoder, PREFIXES, max_tokens=60)
    cut = asyncio.run(embedder.embed(["长" * 57], "query", may_cut=True))

    with pytest.raises(ApiError) as refusal:
        asyncio.run(embedder.embed(["短", "长" * 57], "query"))

    assert refusal.value.param == "input[1]"
    again = asyncio.run(embedder.embed(["长" * 57], "query", may_cut=True))
    assert (again.tokens, again.tokens_read) == (cut.tokens, cut.tokens_read)
    assert embedder.stats().cache.hits == 2


@given(st.lists(st.lists(st.text("离婚工资", min_size=1, max_size=8), min_size=1, max_size=9)))
def test_with_and_without_a_cache_vectors_and_tokens_are_the_same(built, requests):
    with_cache = Embedder(built.encoder, PREFIXES, max_tokens=60)
    without = Embedder(
        built.encoder, PREFIXES, max_tokens=60, config=ServeConfig(embedding_cache_mb=0)
    )

    async def all_of(embedder):
        return [await embedder.embed(request, "raw") for request in requests]

    for ours, theirs in zip(
        asyncio.run(all_of(with_cache)), asyncio.run(all_of(without)), strict=True
    ):
        assert np.array_equal(ours.vectors, theirs.vectors)
        assert (ours.tokens, ours.tokens_read) == (theirs.tokens, theirs.tokens_read)


def test_callers_who_ask_the_same_at_once_share_one_encoding(built):
    encoder = recorded(built)
    embedder = Embedder(encoder, PREFIXES, max_tokens=60)

    async def crowd():
        return await asyncio.gather(*(embedder.embed(["离婚", "离婚"], "query") for _ in range(9)))

    results = asyncio.run(crowd())

    assert len(encoder.encoded) == 1
    assert len({result.vectors.tobytes() for result in results}) == 1


def test_what_others_had_encoded_while_a_text_was_tokenized_is_not_encoded_again(built):
    encoder = recorded(built)
    embedder = Embedder(encoder, PREFIXES, max_tokens=60)
    tokenize, first_is_done = encoder.tokenize, threading.Event()

    def slowly(texts):
        if encoder.tokenized:
            assert first_is_done.wait(10)
        return tokenize(texts)

    encoder.tokenize = slowly

    async def two():
        asks = (embedder.embed([LONG], "query", may_cut=True) for _ in "ab")
        first, second = map(asyncio.create_task, asks)
        await first
        first_is_done.set()
        return await second

    asyncio.run(two())

    assert encoder.tokenized == [f"问：{LONG}"] * 2
    assert len(encoder.encoded) == 1


def test_too_many_waiting_tokens_are_refused_with_429_and_small_limits_let_one_in(built):
    one_is_refused = threading.Event()

    class Held(type(built.encoder)):
        def encode_ids(self, ids):
            assert one_is_refused.wait(10)
            return super().encode_ids(ids)

    config = ServeConfig(max_waiting_tokens=10)
    embedder = Embedder(Held(), PREFIXES, max_tokens=60, config=config)

    async def two():
        asks = [asyncio.create_task(embedder.embed([word * 20], "query")) for word in "离婚"]
        await asyncio.wait(asks, return_when=asyncio.FIRST_COMPLETED)
        one_is_refused.set()
        return await asyncio.gather(*asks, return_exceptions=True)

    first, second = asyncio.run(two())

    assert first.tokens == [24]
    assert (second.status, second.code) == (429, "too_many_tokens_waiting")


@pytest.mark.parametrize(("text", "waits_for_tokens"), [("问", True), (LONG, False)])
def test_the_event_loop_waits_for_no_model_and_for_the_tokens_of_a_short_text_only(
    built, text, waits_for_tokens
):
    tokenizing, encoding = set(), set()

    class Watched(type(built.encoder)):
        def tokenize(self, texts):
            tokenizing.add(threading.current_thread())
            return super().tokenize(texts)

        def encode_ids(self, ids):
            encoding.add(threading.current_thread())
            return super().encode_ids(ids)

    embedder = Embedder(Watched(), PREFIXES, max_tokens=60)
    asyncio.run(embedder.embed([text], "query", may_cut=True))

    assert encoding.isdisjoint({threading.main_thread()})
    assert (threading.main_thread() in tokenizing) == waits_for_tokens
    assert tokenizing.isdisjoint(encoding)


def test_nothing_to_embed_is_an_empty_answer(built):
    embedded = asyncio.run(Embedder(built.encoder, PREFIXES, max_tokens=60).embed([], "query"))

    assert embedded.vectors.shape == (0, 64)


def states_of(built, text):
    """Return the states of the characters of a text, with nothing around them."""
    _, (states,) = built.encoder.encode_states([[ord(one) for one in f"前{text}后"]])
    return states[1:-1]


def read(embedder, question, compared=None):
    """Return a question as it is read, compared as itself unless another text is given."""
    return asyncio.run(embedder.read(question, question if compared is None else compared))


@pytest.mark.parametrize("text", ["离婚后孩子归谁", "孩", "长" * 300])
def test_a_question_has_its_vector_and_the_states_of_its_own_tokens(built, text):
    embedder = Embedder(built.encoder, PREFIXES, max_tokens=600)

    found = read(embedder, text)

    assert np.array_equal(found.embedded.vectors, built.encoder.encode_queries([text]))
    assert np.array_equal(found.states, states_of(built, text))
    assert found.embedded.tokens == [len(text) + 4]


def test_the_vector_is_that_of_the_question_and_the_states_are_those_of_the_other_text(built):
    found = read(Embedder(built.encoder, PREFIXES, max_tokens=60), "离婚", "离婚 解除婚姻关系")

    assert np.array_equal(found.embedded.vectors, built.encoder.encode_queries(["离婚"]))
    assert np.array_equal(found.states, states_of(built, "离婚 解除婚姻关系"))


def test_both_texts_go_through_the_model_together_and_a_text_that_is_both_goes_once():
    encoder = CountingEncoder()
    embedder = Embedder(encoder, PREFIXES, max_tokens=60)

    read(embedder, "离婚", "离婚 解除婚姻关系")
    read(embedder, "工资")

    assert encoder.passes == [2, 1]


def test_what_is_known_of_a_question_does_not_go_through_the_model_again():
    encoder = CountingEncoder()
    embedder = Embedder(encoder, PREFIXES, max_tokens=60)
    [vector] = asyncio.run(embedder.embed(["离婚"], "query")).vectors

    first = read(embedder, "离婚", "离婚 解除婚姻关系")
    second = read(embedder, "离婚", "离婚 解除婚姻关系")
    read(embedder, "离婚 解除婚姻关系", "离婚")

    assert encoder.passes == [1, 2]
    assert np.array_equal(first.states, second.states)
    assert np.array_equal(second.embedded.vectors, [vector])


def test_states_and_vectors_are_kept_within_one_limit():
    encoder, config = CountingEncoder(), ServeConfig(embedding_cache_mb=1)
    embedder = Embedder(encoder, PREFIXES, max_tokens=4000, config=config)
    questions = [word * 3000 for word in "离婚工资房租"]  # 16 float32 a token: 1.1 MiB

    for question in questions:
        read(embedder, question)
        read(embedder, question)

    assert encoder.passes == [1] * 6
    read(embedder, questions[-1])
    read(embedder, questions[0])
    assert encoder.passes == [1] * 7
    assert 0 < embedder.stats().cache.bytes <= 1 << 20


def test_without_a_cache_every_question_is_read():
    encoder, config = CountingEncoder(), ServeConfig(embedding_cache_mb=0)
    embedder = Embedder(encoder, PREFIXES, max_tokens=60, config=config)

    one, other = read(embedder, "离婚"), read(embedder, "离婚")

    assert encoder.passes == [1, 1]
    assert np.array_equal(one.states, other.states)


def test_a_question_of_no_tokens_has_those_that_are_put_around_it(built):
    found = read(Embedder(built.encoder, PREFIXES, max_tokens=60), "")

    assert np.array_equal(found.states, states_of(built, "$问：$"))


def test_of_a_question_that_is_too_long_there_is_what_is_read_and_it_says_so(built):
    class Short(type(built.encoder)):
        max_tokens = 10

    found = read(Embedder(Short(), PREFIXES, max_tokens=10), "长" * 300)

    assert np.array_equal(found.states, states_of(built, "长" * 6))
    assert found.embedded.is_cut(0)


def test_what_a_model_says_of_a_question_it_gives_no_states_for_reaches_nobody(built, caplog):
    secret = "我的" + "秘密"  # not in one piece in these lines, which a traceback shows

    class Broken(type(built.encoder)):
        def encode_states(self, ids):
            raise IntegrityError(f"the model gives no finite vector for {secret!r}")

    with pytest.raises(ApiError) as failure:
        read(Embedder(Broken(), PREFIXES, max_tokens=60), secret)

    assert (failure.value.status, failure.value.code) == (500, "bad_vector")
    assert secret not in "".join(traceback.format_exception(failure.value)) + caplog.text


def test_a_vector_that_is_of_no_use_is_refused_and_not_kept(built):
    class Long(type(built.encoder)):
        def encode_states(self, ids):
            vectors, states = super().encode_states(ids)
            return 2 * vectors, states

    embedder = Embedder(Long(), PREFIXES, max_tokens=60)
    for _ in range(2):
        with pytest.raises(ApiError) as failure:
            read(embedder, "离婚")
        assert (failure.value.status, failure.value.code) == (500, "bad_vector")


def test_questions_of_many_go_together_beside_the_texts_that_have_no_states(built):
    encoded, stated = [], []

    class Recorder(type(built.encoder)):
        def encode_ids(self, ids):
            encoded.append(len(ids))
            return super().encode_ids(ids)

        def encode_states(self, ids):
            stated.append(len(ids))
            return built.encoder.encode_states(ids)

    embedder = Embedder(Recorder(), PREFIXES, max_tokens=60)
    texts = ["离婚", "工资", "房租", "离婚"]

    async def all_at_once():
        vectors = [asyncio.create_task(embedder.embed([text], "query")) for text in texts]
        questions = [asyncio.create_task(embedder.read(text, text)) for text in texts]
        await asyncio.sleep(0)  # each puts its text into its queue
        return embedder.stats(), await asyncio.gather(*vectors), await asyncio.gather(*questions)

    waiting, vectors, questions = asyncio.run(all_at_once())

    assert (waiting.batches.waiting_texts, waiting.questions.waiting_texts) == (3, 3)
    assert encoded == stated == [3]
    for text, one, question in zip(texts, vectors, questions, strict=True):
        assert np.array_equal(one.vectors, built.encoder.encode_queries([text]))
        assert np.array_equal(question.states, states_of(built, text))
    assert embedder.stats().cache.entries == 6


def test_too_many_waiting_questions_are_refused_while_other_texts_still_have_room(built):
    one_is_refused = threading.Event()

    class Held(type(built.encoder)):
        def encode_states(self, ids):
            assert one_is_refused.wait(10)
            return super().encode_states(ids)

    config = ServeConfig(max_waiting_tokens=10)
    embedder = Embedder(Held(), PREFIXES, max_tokens=60, config=config)

    async def two():
        asks = [asyncio.create_task(embedder.read(word * 20, word * 20)) for word in "离婚"]
        await asyncio.wait(asks, return_when=asyncio.FIRST_COMPLETED)
        await embedder.embed(["问"], "query")
        one_is_refused.set()
        return await asyncio.gather(*asks, return_exceptions=True)

    first, second = asyncio.run(two())

    assert len(first.states) == 20
    assert (second.status, second.code) == (429, "too_many_tokens_waiting")
