"""States: what of a text's tokens is its own, and how little of them has to be kept."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.config.pipeline import EncoderConfig
from lawvault.models.encoder import build_encoder
from lawvault.models.states import (
    centre_of,
    coded,
    cosines,
    directions,
    own_rows,
    question_states,
)


def some_states(width: int, *, seed: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((60, width)) + 5 * rng.standard_normal(width)).astype(np.float32)


@pytest.mark.parametrize("width", [2, 7, 384])
def test_four_bits_keep_the_directions(width):
    states = some_states(width)
    centre = centre_of([states[:20], states[20:]])

    codes = coded(states, centre)

    assert codes.shape == (60, -(-width // 2))
    unit = directions(states, centre)
    assert np.abs(cosines(unit, codes) - unit @ unit.T).max() < 0.1
    assert np.diag(cosines(unit, codes)).min() > 0.98


def test_the_centre_is_the_mean_of_all_states_and_not_of_texts():
    one, two = np.zeros((3, 2), np.float32), np.full((1, 2), 4, np.float32)

    assert centre_of([one, two]).tolist() == [1, 1]


def test_a_state_at_the_centre_is_near_to_nothing():
    centre = np.array([1, 2], np.float32)
    states = np.array([[1, 2], [3, 2]], np.float32)

    assert cosines(directions(states, centre), coded(states, centre)).tolist() == [[0, 0], [0, 1]]


@given(st.integers(1, 9), st.integers(-20, 20))
def test_how_far_from_the_centre_a_state_lies_is_no_matter(width, power):
    states, centre = some_states(width), np.zeros(width, np.float32)

    assert np.array_equal(coded(states * np.float32(2.0**power), centre), coded(states, centre))


@pytest.fixture(scope="module")
def encoder(tiny_model):
    config = EncoderConfig(
        model=str(tiny_model),
        query_prefix="问：",
        document_prefix="文：",
        engine="torch",
        dtype="float32",
    )
    return build_encoder(config, None)


def test_a_question_is_its_own_tokens_without_prefix_and_special_ones(encoder):
    states = question_states(encoder, "离婚孩子")

    every = encoder.encode_states(encoder.tokenize(["问：离婚孩子"]).ids)[1][0]
    assert len(every) == 8  # [CLS] 问 ： 离 婚 孩 子 [SEP]
    assert np.allclose(states, every[3:7])


def test_a_question_of_nothing_keeps_all_tokens(encoder):
    assert own_rows([0, 1, 2, 3], [0, 1, 2, 3]) == slice(0, 4)
    assert len(question_states(encoder, "")) == 4


@pytest.mark.parametrize("first", [[], [1]])
@pytest.mark.parametrize("last", [[], [2]])
@pytest.mark.parametrize("prefix", [[], [7, 8]])
def test_special_tokens_are_left_out_wherever_a_tokenizer_puts_them(first, last, prefix):
    ids = [*first, *prefix, 11, 12, *last]

    assert ids[own_rows(ids, [*first, *prefix, *last])] == [11, 12]
