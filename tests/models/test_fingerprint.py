"""Fingerprints: what built the vectors is what searches them, or nothing is searched."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lawvault.config.pipeline import EncoderConfig
from lawvault.errors import IntegrityError
from lawvault.models.encoder import SentenceEncoder, build_encoder, load_model
from lawvault.models.fingerprint import (
    CANARIES,
    FILE,
    MIN_COSINE,
    check_canaries,
    check_same,
    fingerprint_id,
    read_fingerprint,
    weights_hash,
    write_fingerprint,
)

CONFIG = EncoderConfig(query_prefix="问：", document_prefix="文：", max_tokens=96, dtype="float32")


def encoder_of(folder: Path, **values: object) -> SentenceEncoder:
    config = EncoderConfig(**(vars(CONFIG) | values))
    return build_encoder(config, folder)


@pytest.fixture
def model(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy of the tiny model with its fingerprint."""
    folder = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    encoder = encoder_of(folder)
    write_fingerprint(folder, encoder, encoder.prefixes, "tiny")
    return folder


@pytest.fixture
def pack(model: Path, tmp_path: Path) -> Path:
    """A data pack as the index stage leaves it: with a copy of the fingerprint."""
    folder = tmp_path / "pack"
    folder.mkdir()
    shutil.copy(model / FILE, folder / FILE)
    return folder


def canaries_of(fingerprint: dict) -> list[list[float]]:
    """The vectors of the reference, to be read or damaged."""
    return fingerprint["canaries"][fingerprint["reference"]]


def other_weights(tiny_model: Path, folder: Path) -> Path:
    """Save the tiny model with every weight of one matrix turned round."""
    model = load_model(str(tiny_model))
    matrix = next(iter(model.parameters()))
    matrix.data.copy_(matrix.data.flip(0))
    model.save(str(folder), create_model_card=False)
    return folder


def test_a_fingerprint_says_what_the_model_is(model):
    fingerprint = read_fingerprint(model)

    assert fingerprint["base"] == "tiny"
    assert fingerprint["dimension"] == 32
    assert (fingerprint["query_prefix"], fingerprint["document_prefix"]) == ("问：", "文：")
    assert fingerprint["weights_sha256"] == weights_hash(model)
    assert fingerprint["reference"] == encoder_of(model).path
    assert len(canaries_of(fingerprint)) == 2 * len(CANARIES)


def test_a_model_knows_its_own_canaries_again(model):
    assert check_canaries(encoder_of(model), read_fingerprint(model)) > 0.99999


def test_a_model_and_its_pack_belong_together(model, pack):
    check_same(model, pack)


def test_the_arithmetic_may_be_another_one(model):
    half = encoder_of(model, dtype="bfloat16")

    assert check_canaries(half, read_fingerprint(model)) >= MIN_COSINE


@pytest.mark.parametrize(
    "values",
    [
        {"query_prefix": "问"},
        {"query_prefix": ""},
        {"document_prefix": "问："},
        {"max_tokens": 16},
    ],
)
def test_another_prefix_or_limit_is_refused_by_the_canaries(model, values):
    with pytest.raises(IntegrityError, match=r"index_model_mismatch: .* come out at cosine 0\.\d+"):
        check_canaries(encoder_of(model, **values), read_fingerprint(model))


class Distorted:
    """An encoder whose vectors go through one more step than they should."""

    def __init__(self, encoder: SentenceEncoder, step: Callable, path: str = "torch-other") -> None:
        self.encoder, self.step, self.path = encoder, step, path
        self.dimension = encoder.dimension

    def encode_queries(self, texts: list[str]) -> np.ndarray:
        return self.step(self.encoder.encode_queries(texts))

    def encode_documents(self, texts: list[str]) -> np.ndarray:
        return self.step(self.encoder.encode_documents(texts))


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (lambda vectors: vectors * 2, "vectors of length 2 to 2, those .* normalised to 1"),
        (lambda vectors: vectors * 0, "vectors of length 0 to 0"),
        (lambda vectors: vectors * np.nan, "vectors of length nan to nan"),
        (lambda vectors: vectors[:, ::-1], r"cosine -?0\.\d+ on torch-other"),
        (lambda vectors: vectors[:, :16], "dimension 16, the vectors have 32"),
    ],
    ids=["longer", "zero", "no numbers", "other order", "cut"],
)
def test_vectors_that_went_through_another_step_are_refused(model, step, reason):
    with pytest.raises(IntegrityError, match=f"index_model_mismatch: .*{reason}"):
        check_canaries(Distorted(encoder_of(model), step), read_fingerprint(model))


def test_another_pooling_is_refused(model):
    pooled = load_model(str(model))
    pooled[1].pooling_mode = ("cls",)
    other = SentenceEncoder(
        pooled, encoder_of(model).prefixes, max_tokens=96, batch_tokens=4096, dtype="float32"
    )

    with pytest.raises(IntegrityError, match=r"index_model_mismatch: .* cosine -?0\.\d+"):
        check_canaries(other, read_fingerprint(model))


def test_each_path_is_held_against_its_own_canaries_or_else_the_reference(model):
    exact = encoder_of(model)
    turned = Distorted(exact, lambda vectors: vectors[:, ::-1], "odd-path")
    write_fingerprint(model, exact, exact.prefixes, "tiny", also=[turned])
    fingerprint = read_fingerprint(model)

    assert list(fingerprint["canaries"]) == [exact.path, "odd-path"]
    assert check_canaries(turned, fingerprint) > 0.99999
    assert check_canaries(exact, fingerprint) > 0.99999
    with pytest.raises(IntegrityError, match=f"on new-path, below 0.999 to {exact.path}"):
        check_canaries(Distorted(exact, turned.step, "new-path"), fingerprint)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"canaries": [[1.0]]}, "names no numeric path"),
        ({"canaries": None}, "names no numeric path"),
        ({"reference": "elsewhere"}, "no canaries of its reference elsewhere"),
    ],
)
def test_canaries_without_a_path_are_refused(model, change, reason):
    fingerprint = read_fingerprint(model) | change

    with pytest.raises(IntegrityError, match=reason):
        check_canaries(Distorted(encoder_of(model), np.asarray), fingerprint)


def test_a_model_is_the_same_whatever_machines_have_tried_it(model, pack):
    encoder = encoder_of(model)
    half = Distorted(encoder, np.asarray, "torch-cuda-bfloat16")

    write_fingerprint(model, half, encoder.prefixes, "tiny", also=[encoder])

    check_same(model, pack)
    assert fingerprint_id(read_fingerprint(model)) == fingerprint_id(read_fingerprint(pack))


def test_other_weights_of_the_same_shape_are_refused_by_the_canaries(model, tiny_model, tmp_path):
    other = encoder_of(other_weights(tiny_model, tmp_path / "other"))

    with pytest.raises(IntegrityError, match="index_model_mismatch"):
        check_canaries(other, read_fingerprint(model))


def test_vectors_of_another_dimension_are_refused(model):
    fingerprint = read_fingerprint(model)
    rows = canaries_of(fingerprint)
    rows[:] = [row[:16] for row in rows]

    with pytest.raises(IntegrityError, match="dimension 32, the vectors have 16"):
        check_canaries(encoder_of(model), fingerprint)


def test_canaries_that_are_no_numbers_are_refused(model):
    fingerprint = read_fingerprint(model)
    canaries_of(fingerprint)[3][5] = float("nan")

    with pytest.raises(IntegrityError, match=r"cosine nan on .*, below"):
        check_canaries(encoder_of(model), fingerprint)


def test_a_pack_of_other_weights_is_refused_with_what_differs(model, pack, tiny_model, tmp_path):
    other = other_weights(tiny_model, tmp_path / "other")
    encoder = encoder_of(other)
    write_fingerprint(other, encoder, encoder.prefixes, "tiny")

    with pytest.raises(IntegrityError) as refusal:
        check_same(other, pack)

    assert "weights_sha256 differ" in str(refusal.value)
    assert "run `python -m jobs.index` with this model" in str(refusal.value)


@pytest.mark.parametrize("key", ["query_prefix", "title_separator", "dimension", "base"])
def test_a_pack_that_differs_in_one_thing_is_refused_by_its_name(model, pack, key):
    fingerprint = read_fingerprint(pack)
    fingerprint[key] = "another"
    (pack / FILE).write_text(json.dumps(fingerprint))

    with pytest.raises(IntegrityError, match=f"was not built by .*: {key} differ"):
        check_same(model, pack)


@pytest.mark.parametrize("text", [None, "", "{", "[1]", "7"])
def test_a_fingerprint_that_cannot_be_read_is_none(model, pack, text):
    (pack / FILE).unlink()
    if text is not None:
        (pack / FILE).write_text(text)

    with pytest.raises(IntegrityError, match=r"no readable fingerprint\.json"):
        check_same(model, pack)


def test_equal_models_have_one_id_and_others_another(model, pack):
    one, same = read_fingerprint(model), read_fingerprint(pack)

    assert fingerprint_id(one) == fingerprint_id(same)
    assert len(fingerprint_id(one)) == 16
    assert fingerprint_id({**same, "query_prefix": "?"}) != fingerprint_id(one)


def test_the_hash_of_weights_sees_content_and_name_and_no_other_file(model):
    before = weights_hash(model)

    (model / "README.md").write_text("new")
    assert weights_hash(model) == before
    (model / "model.safetensors").rename(model / "renamed.safetensors")
    assert weights_hash(model) != before


def test_writing_a_fingerprint_twice_gives_the_same_bytes(model):
    before = (model / FILE).read_bytes()
    encoder = encoder_of(model)

    write_fingerprint(model, encoder, encoder.prefixes, "tiny")

    assert (model / FILE).read_bytes() == before
