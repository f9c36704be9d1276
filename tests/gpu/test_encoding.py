"""Encoders and rerankers on a GPU: the vectors and scores of a CPU, and proof that they are."""

import json

import numpy as np
import pytest
import torch

from lawvault.config.pipeline import EncoderConfig
from lawvault.errors import IntegrityError
from lawvault.models.encoder import build_encoder, load_model, prefixes_of
from lawvault.models.fingerprint import check_canaries, read_fingerprint, write_fingerprint
from lawvault.models.reranker import Reranker
from tests.cross_encoder import write_cross_encoder


@pytest.mark.parametrize(("dtype", "lowest"), [("float32", 0.99999), ("bfloat16", 0.999)])
def test_a_gpu_gives_the_vectors_of_a_cpu(encoder_on, articles, dtype, lowest):
    found = encoder_on("cuda", dtype=dtype).encode_documents(articles)

    wanted = encoder_on("cpu").encode_documents(articles)
    assert found.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert (found * wanted).sum(axis=1).min() > lowest


def test_a_vector_depends_on_its_text_alone_on_a_gpu_too(encoder_on, articles):
    together = encoder_on("cuda", batch_tokens=100_000).encode_documents(articles)

    encoder = encoder_on("cuda", batch_tokens=256)
    alone = np.concatenate([encoder.encode_documents([text]) for text in articles])

    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-5)


def test_by_itself_a_gpu_is_taken_with_torch_and_bfloat16(tiny_model):
    encoder = build_encoder(EncoderConfig(model=str(tiny_model)), None)

    assert encoder.path == "torch-cuda-bfloat16"


def test_float32_on_a_gpu_is_float32(cuda):
    left, right = torch.rand(2, 512, 512, generator=torch.Generator().manual_seed(17))

    found = (left.to(cuda) @ right.to(cuda)).cpu().double()

    wanted = left.double() @ right.double()
    assert ((found - wanted).abs() / wanted).max() < 1e-5, "TF32 would be off by 1e-3"


@pytest.mark.parametrize(("here", "there"), [("cpu", "cuda"), ("cuda", "cpu")])
def test_a_fingerprint_holds_on_the_other_kind_of_device(
    encoder_on, tiny_model, tmp_path, here, there
):
    prefixes = prefixes_of(EncoderConfig())
    encoder = encoder_on(here)
    write_fingerprint(tmp_path, encoder, prefixes, "tiny")
    fingerprint = read_fingerprint(tmp_path)
    assert list(fingerprint["canaries"]) == [encoder.path] == [f"torch-{here}-float32"]

    for dtype in ("float32", "bfloat16"):
        assert check_canaries(encoder_on(there, dtype=dtype), fingerprint) > 0.999

    other = encoder_on(there)
    with torch.no_grad():
        other.transformer.auto_model.get_input_embeddings().weight.neg_()
    with pytest.raises(IntegrityError, match="index_model_mismatch"):
        check_canaries(other, fingerprint)


def test_a_model_of_a_gpu_is_loaded_for_each_numeric_path_it_was_tried_on(encoder_on, tmp_path):
    prefixes = prefixes_of(EncoderConfig())
    exact, fast = encoder_on("cuda"), encoder_on("cuda", dtype="bfloat16")
    write_fingerprint(tmp_path, exact, prefixes, "tiny", also=[fast])

    canaries = json.loads((tmp_path / "fingerprint.json").read_text())["canaries"]

    assert list(canaries) == ["torch-cuda-float32", "torch-cuda-bfloat16"]
    assert check_canaries(fast, read_fingerprint(tmp_path)) > 0.9999


def test_a_model_is_loaded_onto_the_gpu_without_attention_that_is_planned_for_each_shape(
    tiny_model,
):
    assert load_model(str(tiny_model)).device.type == "cuda"
    assert not torch.backends.cuda.cudnn_sdp_enabled()


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-4), ("bfloat16", 0.1)])
def test_a_reranker_gives_the_scores_of_a_cpu(tmp_path, monkeypatch, dtype, tolerance):
    folder = str(write_cross_encoder(tmp_path))
    texts = ["离婚，孩子归谁。", "民法典第一条" * 8, "短", ""]
    logits = []
    for available in (True, False):
        monkeypatch.setattr(torch.cuda, "is_available", lambda available=available: available)
        reranker = Reranker(folder, max_tokens=64, batch_tokens=256, dtype=dtype)
        logits.append(reranker.score_all(reranker.tokenize("离婚", texts)))

    assert np.ptp(logits[0]) > 0.01
    np.testing.assert_allclose(logits[0], logits[1], rtol=0, atol=tolerance)
