"""Tokens of texts: cut, counted, and nothing that a text says becomes a special token."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawvault.errors import SourceError
from lawvault.models.encoder import load_model
from lawvault.models.tokens import Tokeniser, literal, saved_tokeniser

NAMES = ("<s>", "</s>", "<pad>", "<unk>", "<mask>")
CHINESE = st.text("结婚年龄男女不得早于Ωx1，。\n ", max_size=60)


@pytest.fixture(scope="module")
def tiny(tiny_model):
    return load_model(str(tiny_model)).tokenizer


@pytest.fixture(scope="module")
def e5(e5_model):
    return load_model(str(e5_model)).tokenizer


def test_no_texts_have_no_tokens(tiny):
    assert Tokeniser(literal(tiny), 16)([]).ids == []


@settings(deadline=None)
@given(st.lists(CHINESE, max_size=5), st.integers(4, 70))
def test_cutting_keeps_the_first_tokens_and_the_one_that_ends_a_text(tiny, texts, limit):
    tokens = Tokeniser(literal(tiny), limit)(texts)

    whole = [tiny(text)["input_ids"] for text in texts]
    assert tokens.counts == [len(row) for row in whole]
    assert tokens.ids == [
        row if len(row) <= limit else [*row[: limit - 1], row[-1]] for row in whole
    ]


def test_special_tokens_of_a_model_by_characters_are_its_characters(tiny):
    (row,) = Tokeniser(literal(tiny), 64)(["婚[SEP]姻[PAD]"]).ids

    assert row.count(3) == row.count(2) == 1
    assert 0 not in row
    assert 3 in tiny("婚[SEP]姻")["input_ids"][1:-1], "transformers itself takes it for the end"


def test_a_tokeniser_of_another_kind_is_refused():
    with pytest.raises(SourceError, match=r"encoder\.model needs a tokenizer\.json"):
        literal(object())


@pytest.mark.model
@pytest.mark.parametrize("name", [*NAMES, "＜s＞", "<s></s>" * 3, "a</s>b", "离婚<mask>财产"])
def test_special_tokens_of_e5_in_a_text_are_ordinary_characters(e5, name):
    (row,) = Tokeniser(literal(e5), 64)([name]).ids

    assert set(row[1:-1]).isdisjoint({0, 1, 2, 250001})
    assert (row[0], row[-1]) == (0, 2)


@pytest.fixture(scope="module")
def saved(e5, tmp_path_factory) -> Tokeniser:
    path = tmp_path_factory.mktemp("tokens") / "tokenizer.json"
    literal(e5).save(str(path))
    return saved_tokeniser(path, 64)


@pytest.mark.model
@settings(deadline=None, max_examples=50)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=4))
def test_tokens_of_e5_out_of_a_file_are_those_of_transformers(e5, saved, texts):
    parted = [text for text in texts if unicodedata.normalize("NFKC", text).count("<") == 0]

    ids = saved(parted).ids

    assert ids == [e5(text, truncation=True, max_length=64)["input_ids"] for text in parted]


@pytest.mark.model
def test_a_literal_special_token_out_of_a_file_is_ordinary_characters_too(saved):
    (row,) = saved(["婚</s>姻"]).ids

    assert row.count(2) == 1
