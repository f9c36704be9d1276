"""The reranker scores as CrossEncoder does, however its pairs are batched."""

import copy
import json
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sentence_transformers import CrossEncoder

from lawvault.errors import IntegrityError, SourceError
from lawvault.models.reranker import Reranker, scores_of
from tests.cross_encoder import write_cross_encoder

LIMIT = 40
WORDS = st.text("离婚孩子归谁抚养第一条民法典的，。 ab", min_size=1, max_size=70)


def loaded(folder, **settings) -> Reranker:
    given_settings = {"max_tokens": LIMIT, "batch_tokens": 256, "dtype": "float32", **settings}
    return Reranker(str(folder), **given_settings)


@pytest.fixture(scope="module")
def tiny_reranker(tmp_path_factory):
    return write_cross_encoder(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def reranker(tiny_reranker):
    return loaded(tiny_reranker)


@pytest.fixture(scope="module")
def reference(tiny_reranker):
    return CrossEncoder(str(tiny_reranker), device="cpu", max_length=LIMIT)


@pytest.fixture
def changed(tiny_reranker, tmp_path):
    """A copy of the model that a test may damage."""
    return shutil.copytree(tiny_reranker, tmp_path / "model")


@settings(deadline=None, max_examples=40)
@given(WORDS, st.lists(WORDS, min_size=1, max_size=12))
def test_scores_are_those_of_sentence_transformers_even_of_pairs_that_are_cut(
    reranker, reference, query, texts
):
    scores = scores_of(reranker.score_all(reranker.tokenize(query, texts)))

    expected = reference.predict([(query, text) for text in texts], show_progress_bar=False)
    assert np.allclose(scores, expected, atol=1e-6)


@settings(deadline=None, max_examples=20)
@given(WORDS, st.lists(WORDS, min_size=1, max_size=8), st.integers(1, 600))
def test_batching_does_not_change_scores(reranker, query, texts, budget):
    pairs = reranker.tokenize(query, texts)
    alone = np.array([reranker.score(pairs, [row])[0] for row in range(len(texts))])
    other = copy.copy(reranker)
    other._batch_tokens = budget

    batches = other.batches(pairs)

    assert sorted(row for rows in batches for row in rows) == list(range(len(texts)))
    assert np.allclose(other.score_all(pairs), alone, atol=1e-5)


def test_which_side_a_token_is_of_reaches_the_model(reranker):
    one, other = (
        reranker.score_all(reranker.tokenize(query, [text]))[0]
        for query, text in (("离婚", "孩子归谁"), ("孩子归谁", "离婚"))
    )

    assert abs(one - other) > 1e-3


def test_a_cut_pair_is_told_with_the_tokens_it_had(reranker):
    pairs = reranker.tokenize("离婚", ["短", "长" * 35, "长" * 36])

    assert pairs.counts == [6, 40, 41]  # 3 special tokens
    assert pairs.cut == [2]
    assert pairs.tokens_read == 6 + 40 + 40


def test_a_text_may_be_limited_to_its_first_tokens(reranker):
    limited = reranker.tokenize("离婚", ["孩子归谁", "孩"], text_tokens=2)

    assert limited.cut == [0]
    assert limited.features == reranker.tokenize("离婚", ["孩子", "孩"]).features


def test_no_texts_have_no_scores(reranker):
    assert reranker.score_all(reranker.tokenize("离婚", [])).shape == (0,)


@pytest.mark.parametrize("text", ["😀", "\x00", "\u200b", "e\u0301", "\U0010ffff", "[SEP][PAD]"])
def test_odd_characters_have_scores_too(reranker, text):
    assert np.isfinite(reranker.score_all(reranker.tokenize(text, [text, "离婚"]))).all()


def test_bfloat16_comes_near_float32_and_does_not_make_texts_tie(reranker, tiny_reranker):
    texts = ["孩子归谁" + "的" * number for number in range(30)]
    half = loaded(tiny_reranker, dtype="bfloat16")

    exact = reranker.score_all(reranker.tokenize("离婚", texts))
    near = half.score_all(half.tokenize("离婚", texts))

    assert np.allclose(near, exact, atol=0.15)
    assert len(set(near.tolist())) > 25


def test_a_model_that_reads_fewer_tokens_than_are_allowed_decides(tiny_reranker):
    assert loaded(tiny_reranker, max_tokens=4096).max_tokens == 128


def test_a_family_whose_positions_begin_later_reads_fewer_tokens(tmp_path):
    from transformers import XLMRobertaForSequenceClassification

    folder = write_cross_encoder(tmp_path, family=XLMRobertaForSequenceClassification, positions=34)
    roberta = loaded(folder, max_tokens=512)
    pairs = roberta.tokenize("离婚", ["孩子归谁" * 10, "孩子"])

    assert roberta.max_tokens == 33
    assert pairs.tokens_read == 33 + 7
    reference = CrossEncoder(str(folder), device="cpu", max_length=33)
    expected = reference.predict(
        [("离婚", "孩子归谁" * 10), ("离婚", "孩子")], show_progress_bar=False
    )
    assert np.allclose(scores_of(roberta.score_all(pairs)), expected, atol=1e-6)


def test_a_folder_that_sentence_transformers_saved_is_read(reference, reranker, tmp_path):
    reference.save_pretrained(str(tmp_path / "saved"))
    saved = loaded(tmp_path / "saved")

    logits = saved.score_all(saved.tokenize("离婚", ["孩子"]))
    assert np.allclose(logits, reranker.score_all(reranker.tokenize("离婚", ["孩子"])), atol=1e-6)


def edit(folder, **values):
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_a_classifier_of_more_labels_is_refused(changed):
    edit(changed, id2label={"0": "no", "1": "yes"}, label2id={"no": 0, "yes": 1})

    with pytest.raises(SourceError, match="2 labels"):
        loaded(changed)


def test_missing_weights_are_not_replaced_by_random_ones(changed):
    from safetensors.torch import load_file, save_file

    weights = load_file(changed / "model.safetensors")
    del weights["classifier.weight"]
    save_file(weights, changed / "model.safetensors", metadata={"format": "pt"})

    with pytest.raises(IntegrityError, match=r"no weights for classifier\.weight"):
        loaded(changed)


def test_a_score_that_is_no_number_is_not_a_score(changed):
    import torch
    from safetensors.torch import load_file, save_file

    weights = load_file(changed / "model.safetensors")
    weights["classifier.bias"] = torch.full((1,), float("nan"))
    save_file(weights, changed / "model.safetensors", metadata={"format": "pt"})
    broken = loaded(changed)

    with pytest.raises(IntegrityError, match="not finite"):
        broken.score_all(broken.tokenize("离婚", ["孩子"]))


def test_pickled_weights_are_never_opened(changed):
    import torch

    (changed / "model.safetensors").unlink()
    torch.save({}, changed / "pytorch_model.bin")

    with pytest.raises(SourceError, match="cannot be loaded"):
        loaded(changed)


def test_code_of_a_model_is_never_run(changed):
    edit(
        changed,
        model_type="unheard",
        auto_map={"AutoConfig": "evil.Config", "AutoModelForSequenceClassification": "evil.Model"},
    )
    (changed / "evil.py").write_text("raise SystemExit('ran')")

    with pytest.raises(SourceError, match="cannot be loaded"):
        loaded(changed)


def test_a_model_that_wants_a_prompt_is_refused(changed):
    settings = changed / "config_sentence_transformers.json"
    settings.write_text(json.dumps({"prompts": {"q": "Rank: "}, "default_prompt_name": "q"}))

    with pytest.raises(SourceError, match="prompt"):
        loaded(changed)


def test_a_folder_that_is_not_there_is_said_to_be_missing(tmp_path):
    with pytest.raises(SourceError, match=r"serve\.reranker\.model=.*nowhere cannot be loaded"):
        loaded(tmp_path / "nowhere")
