"""Encoding: unit vectors that depend on a text alone, not on its neighbours or the batch size."""

import dataclasses
import random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lawvault.config.pipeline import EncoderConfig
from lawvault.errors import IntegrityError, SourceError
from lawvault.models.encoder import (
    Prefixes,
    SentenceEncoder,
    base_folder,
    build_encoder,
    document_text,
    fastest_dtype,
    load_model,
    prefixes_of,
    set_threads,
    token_batches,
)

PREFIXES = Prefixes(query="问：", document="文：", title_separator=" ")
TEXTS = ("结婚年龄", "夫妻共同财产由双方协议处理", "离婚", "子女", "结婚年龄，男不得早于二十二周岁")
SHARING = settings(
    deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
CHINESE = st.text("结婚年龄男女不得早于夫妻共同财产双方离子，。\n", min_size=1, max_size=40)


@pytest.fixture(scope="module")
def encoder(tiny_model) -> SentenceEncoder:
    return encoder_of(tiny_model)


def encoder_of(folder, **values) -> SentenceEncoder:
    known = {"max_tokens": 128, "batch_tokens": 256, "dtype": "float32"}
    return SentenceEncoder(load_model(str(folder)), PREFIXES, **(known | values))


def test_vectors_are_float32_of_length_one(encoder):
    vectors = encoder.encode_raw(TEXTS)

    assert vectors.shape == (len(TEXTS), encoder.dimension) == (5, 32)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_the_tiny_model_tells_texts_apart(encoder):
    vectors = encoder.encode_raw(TEXTS)

    cosines = vectors @ vectors.T
    assert (cosines - np.eye(len(TEXTS))).max() < 0.99


def test_no_texts_give_no_vectors(encoder):
    assert encoder.encode_queries([]).shape == (0, 32)
    assert encoder.count_tokens([]) == []


@SHARING
@given(st.lists(CHINESE, min_size=1, max_size=6), st.randoms())
def test_a_vector_depends_on_its_text_alone(encoder, texts, rng):
    order = rng.sample(range(len(texts)), len(texts))

    together = encoder.encode_raw(texts)
    shuffled = encoder.encode_raw([texts[row] for row in order])
    alone = np.concatenate([encoder.encode_raw([text]) for text in texts])

    np.testing.assert_allclose(shuffled, together[order], atol=1e-5)
    np.testing.assert_allclose(alone, together, atol=1e-5)


@pytest.mark.parametrize("batch_tokens", [1, 16, 4096])
def test_the_size_of_a_batch_does_not_change_a_vector(encoder, tiny_model, batch_tokens):
    texts = [text * times for text in TEXTS for times in (1, 3, 9)]

    found = encoder_of(tiny_model, batch_tokens=batch_tokens).encode_raw(texts)

    np.testing.assert_allclose(found, encoder.encode_raw(texts), atol=1e-5)


def test_the_same_text_has_the_same_bytes_every_time(encoder):
    texts = list(TEXTS)

    assert encoder.encode_raw(texts).tobytes() == encoder.encode_raw(texts).tobytes()


def test_vectors_are_those_that_sentence_transformers_gives(encoder, tiny_model):
    reference = load_model(str(tiny_model)).encode(list(TEXTS), convert_to_numpy=True)

    np.testing.assert_allclose(encoder.encode_raw(TEXTS), reference, atol=1e-5)


def test_queries_and_documents_are_put_to_the_model_with_their_prefixes(encoder):
    np.testing.assert_array_equal(
        encoder.encode_queries(TEXTS), encoder.encode_raw([f"问：{text}" for text in TEXTS])
    )
    np.testing.assert_array_equal(
        encoder.encode_documents(TEXTS), encoder.encode_raw([f"文：{text}" for text in TEXTS])
    )
    assert not np.allclose(encoder.encode_queries(TEXTS), encoder.encode_documents(TEXTS))


def test_a_text_is_cut_to_the_limit(tiny_model):
    short = encoder_of(tiny_model, max_tokens=10)

    whole, cut = short.encode_raw(["结婚年龄男不得早于二十二周岁", "结婚年龄男不得早"])

    np.testing.assert_allclose(whole, cut, atol=1e-6)


def test_the_limit_is_never_above_that_of_the_model(tiny_model):
    assert encoder_of(tiny_model, max_tokens=32_768).max_tokens == 128
    assert encoder_of(tiny_model, max_tokens=32_768).encode_raw(["婚" * 5_000]).shape == (1, 32)


def test_tokens_are_counted_before_a_text_is_cut(tiny_model):
    short = encoder_of(tiny_model, max_tokens=10)

    assert short.count_tokens(["", "结婚", "婚" * 500]) == [2, 4, 502]


def test_a_character_that_the_model_does_not_know_still_has_a_vector(encoder):
    vectors = encoder.encode_raw(["🙂", "ω", "\x00"])

    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_bfloat16_gives_nearly_the_same_vectors_as_float32(encoder, tiny_model):
    half = encoder_of(tiny_model, dtype="bfloat16").encode_raw(TEXTS)

    assert half.dtype == np.float32
    assert (half * encoder.encode_raw(TEXTS)).sum(axis=1).min() > 0.999


def test_a_model_that_gives_no_finite_vector_is_refused_with_the_text(tiny_model):
    model = load_model(str(tiny_model))
    next(iter(model.parameters())).data.fill_(float("nan"))
    broken = SentenceEncoder(model, PREFIXES, max_tokens=128, batch_tokens=256, dtype="float32")

    with pytest.raises(IntegrityError, match="no finite vector for '结 婚 年 龄'"):
        broken.encode_raw(TEXTS)


def test_an_encoder_is_built_from_a_config(tiny_model):
    config = EncoderConfig(
        model=str(tiny_model), query_prefix="问：", max_tokens=64, engine="torch", dtype="float32"
    )

    built = build_encoder(config, None)
    tuned = build_encoder(dataclasses.replace(config, model="not/there"), tiny_model)

    assert built.prefixes == prefixes_of(config)
    assert built.max_tokens == 64
    assert built.path == f"torch-{built.device.type}-float32"
    np.testing.assert_allclose(built.encode_queries(TEXTS), tuned.encode_queries(TEXTS), atol=1e-5)


def test_tokens_are_cut_and_counted_in_one_go_and_encode_to_the_vectors_of_their_texts(tiny_model):
    short = encoder_of(tiny_model, max_tokens=10)
    texts = [*TEXTS, "", "婚" * 500]

    tokens = short.tokenize(texts)

    assert [len(row) for row in tokens.ids] == [min(count, 10) for count in tokens.counts]
    assert tokens.counts == short.count_tokens(texts) == [len(text) + 2 for text in texts]
    np.testing.assert_array_equal(short.encode_ids(tokens.ids), short.encode_raw(texts))


def test_a_model_that_is_not_there_is_refused_with_its_knob(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    with pytest.raises(SourceError, match=r"encoder\.model=/.* cannot be loaded: "):
        load_model(str(tmp_path / "nowhere"))


def test_a_folder_that_holds_no_model_is_refused(tmp_path):
    (tmp_path / "config.json").write_text("{}")

    with pytest.raises(SourceError, match=r"encoder\.model=.* cannot be loaded: "):
        load_model(str(tmp_path))


def test_a_hub_id_or_folder_is_loaded_as_it_is():
    assert base_folder("google/embeddinggemma-300m") == "google/embeddinggemma-300m"


def test_a_document_is_its_title_and_its_content():
    text = document_text("劳动法第三条", "劳动者享有平等就业的权利", " | text: ")

    assert text == "劳动法第三条 | text: 劳动者享有平等就业的权利"


@given(st.lists(st.integers(0, 60), max_size=60), st.integers(1, 200))
def test_every_row_is_in_one_batch_and_no_batch_is_over_budget(lengths, budget):
    batches = list(token_batches(lengths, budget))

    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    for batch in batches:
        padded = len(batch) * max(lengths[row] for row in batch)
        assert padded <= budget or len(batch) == 1


@given(st.lists(st.integers(1, 60), max_size=60), st.integers(1, 200))
def test_batches_go_from_long_to_short_and_none_could_hold_the_next_row_as_well(lengths, budget):
    batches = list(token_batches(lengths, budget))

    order = [lengths[row] for batch in batches for row in batch]
    assert order == sorted(order, reverse=True)
    for batch in batches[:-1]:
        assert (len(batch) + 1) * lengths[batch[0]] > budget


@given(st.lists(st.integers(0, 9), max_size=30))
def test_rows_of_equal_length_keep_their_order(lengths):
    rows = [row for batch in token_batches(lengths, 20) for row in batch]

    assert rows == sorted(range(len(lengths)), key=lambda row: -lengths[row])


def test_the_arithmetic_of_this_machine_is_one_that_does_not_overflow():
    import torch

    assert fastest_dtype(torch.device("cpu")) in {torch.float32, torch.bfloat16}


def test_threads_are_set_for_torch_and_for_what_it_starts(monkeypatch):
    import torch

    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    before = torch.get_num_threads()
    try:
        set_threads(1)
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


def test_shuffling_many_texts_of_one_length_changes_no_vector(encoder):
    texts = ["".join(random.Random(seed).sample("结婚年龄男女不得早于", 8)) for seed in range(40)]

    forward, backward = encoder.encode_raw(texts), encoder.encode_raw(texts[::-1])

    np.testing.assert_allclose(backward[::-1], forward, atol=1e-5)
