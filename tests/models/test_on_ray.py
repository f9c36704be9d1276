"""Vectors of a table: encoded once, gone on with after a kill, the same with and without Ray."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lawvault.artifacts import read_manifest, verify
from lawvault.config.tree import Config
from lawvault.models import on_ray
from lawvault.models.encoder import build_encoder
from lawvault.models.on_ray import EncodePart, Texts, states_of, vectors_of
from lawvault.models.states import coded

TEXTS = [f"第{number}条 夫妻共同财产{'由双方协议处理' * (number % 5)}" for number in range(70)]


@pytest.fixture
def config(toy_config: Config, monkeypatch: pytest.MonkeyPatch) -> Config:
    """Return the toy config, with parts so small that there are several."""
    monkeypatch.setattr(on_ray, "PART_ROWS", 16)
    toy_config.cluster.threads = 1
    return toy_config


def documents(name: str = "ingest-0/articles") -> Texts:
    return Texts(name=name, side="documents", texts=TEXTS)


def artifacts(config: Config) -> list[Path]:
    return sorted(Path(config.home).glob("vectors-*"))


def test_vectors_are_those_of_the_encoder_in_the_order_of_the_texts(config):
    encoder = build_encoder(config.encoder, None)

    vectors = vectors_of(config, None, documents())

    assert vectors.shape == (70, 32)
    np.testing.assert_allclose(vectors, encoder.encode_documents(TEXTS), atol=1e-5)


def test_the_side_decides_the_prefix(config):
    queries = vectors_of(config, None, Texts(name="q", side="queries", texts=TEXTS))

    encoder = build_encoder(config.encoder, None)
    np.testing.assert_allclose(queries, encoder.encode_queries(TEXTS), atol=1e-5)


def test_vectors_are_an_artifact_that_is_made_once(config):
    vectors_of(config, None, documents())
    (folder,) = artifacts(config)
    before = (folder / "vectors.npy").stat().st_mtime_ns

    vectors_of(config, None, documents())

    assert artifacts(config) == [folder]
    assert (folder / "vectors.npy").stat().st_mtime_ns == before
    assert set(read_manifest(folder)["files"]) == {"vectors.npy"}
    verify(folder)


def test_another_table_side_model_or_prefix_is_another_artifact(config, tiny_model, tmp_path):
    vectors_of(config, None, documents())
    vectors_of(config, None, documents("ingest-1/articles"))
    vectors_of(config, None, Texts(name="ingest-0/articles", side="queries", texts=TEXTS))
    tuned = tmp_path / "train-0" / "model"
    tuned.parent.mkdir()
    tuned.symlink_to(tiny_model)
    vectors_of(config, tuned, documents())
    config.encoder.document_prefix = "案："
    vectors_of(config, None, documents())

    assert len(artifacts(config)) == 5


def test_states_are_kept_beside_the_same_vectors_where_they_are_asked_for(config):
    asked = replace(documents(), states=True)
    plain = np.array(vectors_of(config, None, documents()))

    found = states_of(config, None, asked)

    np.testing.assert_allclose(vectors_of(config, None, asked), plain, atol=1e-6)
    encoder = build_encoder(config.encoder, None)
    ids = encoder.tokenize([f"文：{text}" for text in TEXTS]).ids
    every = encoder.encode_states(ids)[1]
    assert found.ends.tolist() == np.cumsum([len(one) for one in ids]).tolist()
    assert np.array_equal(found.codes, coded(np.concatenate(every), found.centre))
    folder = next(one for one in artifacts(config) if (one / "codes.npy").is_file())
    assert set(read_manifest(folder)["files"]) == {
        "vectors.npy",
        "codes.npy",
        "ends.npy",
        "centre.npy",
    }


def test_a_killed_run_goes_on_with_the_states_that_are_missing(config, monkeypatch):
    asked = replace(documents(), states=True)
    original = EncodePart.__call__

    def killed(self: EncodePart, batch):
        if batch["part"][0].as_py() == 2:
            raise KeyboardInterrupt
        return original(self, batch)

    with monkeypatch.context() as patch:
        patch.setattr(EncodePart, "__call__", killed)
        with pytest.raises(KeyboardInterrupt):
            vectors_of(config, None, asked)
    found = states_of(config, None, asked)
    config.home = f"{config.home}-again"
    whole = states_of(config, None, asked)

    assert np.array_equal(found.codes, whole.codes)
    assert np.array_equal(found.ends, whole.ends)
    assert np.array_equal(found.centre, whole.centre)


def test_how_encoding_is_spread_does_not_change_the_name(config):
    vectors_of(config, None, documents())
    config.encoder.batch_tokens, config.cluster.threads = 256, 2
    vectors_of(config, None, documents())

    assert len(artifacts(config)) == 1


def test_a_killed_run_goes_on_with_the_parts_that_are_missing(config, monkeypatch):
    whole = np.array(vectors_of(config, None, documents()))
    (folder,) = artifacts(config)
    config.home = f"{config.home}-again"
    partial = Path(config.home) / f".{folder.name}.partial"
    partial.mkdir(parents=True)
    np.save(partial / "part-000001.npy", whole[16:32])
    encoded: list[int] = []
    original = EncodePart.__call__

    def counting(self: EncodePart, batch):
        encoded.append(batch["part"][0].as_py())
        return original(self, batch)

    monkeypatch.setattr(EncodePart, "__call__", counting)
    again = vectors_of(config, None, documents())

    assert encoded == [0, 2, 3, 4]
    np.testing.assert_allclose(again, whole, atol=1e-6)


@pytest.mark.ray
def test_vectors_and_states_with_ray_are_those_without(config, local_ray):
    asked = replace(documents(), states=True)
    inline, here = np.array(vectors_of(config, None, asked)), states_of(config, None, asked)
    config.home = f"{config.home}-ray"
    config.cluster.mode, config.cluster.workers = "local", 2

    spread, there = vectors_of(config, None, asked), states_of(config, None, asked)

    np.testing.assert_allclose(spread, inline, atol=1e-6)
    np.testing.assert_allclose(there.centre, here.centre, atol=1e-6)
    assert np.array_equal(there.ends, here.ends)
    assert (there.codes != here.codes).mean() < 0.001  # what lay between two steps may differ
    verify(artifacts(config)[0])
