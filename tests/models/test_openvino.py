"""OpenVINO gives the vectors of torch, from a model that is converted once and never half."""

import dataclasses
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lawvault.config.pipeline import EncoderConfig
from lawvault.errors import ConfigError, IntegrityError
from lawvault.models import openvino
from lawvault.models.encoder import (
    OpenVinoEncoder,
    SentenceEncoder,
    build_encoder,
    load_model,
    prefixes_of,
    set_threads,
)

TEXTS = [f"第{number}条 夫妻共同财产{'由双方协议处理' * (number % 9)}" for number in range(60)]
CHINESE = st.text("结婚年龄男女不得早于夫妻共同财产双方离子，。\n", max_size=60)
SHARING = settings(
    deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def config(tiny_model) -> EncoderConfig:
    return EncoderConfig(
        model=str(tiny_model), max_tokens=96, engine="openvino", dtype="float32", batch_tokens=256
    )


@pytest.fixture(scope="module")
def ours(config, cache) -> OpenVinoEncoder:
    return build_encoder(config, None, cache=str(cache))


@pytest.fixture(scope="module")
def plain(config) -> SentenceEncoder:
    return build_encoder(dataclasses.replace(config, engine="torch"), None)


def test_vectors_are_those_of_torch_for_texts_of_all_lengths(ours, plain):
    assert ours.path == "openvino-cpu-float32"
    assert (ours.dimension, ours.max_tokens) == (plain.dimension, plain.max_tokens) == (32, 96)
    np.testing.assert_allclose(ours.encode_raw(TEXTS), plain.encode_raw(TEXTS), atol=1e-5)
    np.testing.assert_allclose(ours.encode_queries(TEXTS), plain.encode_queries(TEXTS), atol=1e-5)


def test_states_are_those_of_torch_row_by_row_and_the_vectors_stay_the_same(ours, plain):
    ids = ours.tokenize(TEXTS).ids

    vectors, states = ours.encode_states(ids)
    expected_vectors, expected = plain.encode_states(ids)

    assert [one.shape for one in states] == [(len(row), 32) for row in ids]
    np.testing.assert_allclose(vectors, ours.encode_ids(ids), atol=1e-6)
    np.testing.assert_allclose(vectors, expected_vectors, atol=1e-5)
    for one, other in zip(states, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-5)
    alone = ours.encode_states(ids[:1])[1][0]  # one batch, as a question is
    np.testing.assert_allclose(alone, states[0], atol=2e-5)


@SHARING
@given(st.lists(CHINESE, max_size=12), st.randoms())
def test_a_vector_depends_on_its_text_alone_whatever_the_order(ours, plain, texts, rng):
    order = rng.sample(range(len(texts)), len(texts))

    together = ours.encode_raw(texts)

    assert together.shape == (len(texts), 32)
    np.testing.assert_allclose(together, plain.encode_raw(texts), atol=1e-5)
    shuffled = ours.encode_raw([texts[row] for row in order])
    np.testing.assert_allclose(shuffled, together[order], atol=1e-5)


def test_longer_texts_are_cut_where_torch_cuts_them(ours, plain):
    texts = ["婚" * length for length in (0, 1, 93, 94, 95, 500)]

    assert ours.tokenize(texts) == plain.tokenize(texts)
    assert ours.count_tokens(texts) == [2, 3, 95, 96, 97, 502]
    np.testing.assert_allclose(ours.encode_raw(texts), plain.encode_raw(texts), atol=1e-5)


def test_threads_that_encode_at_once_get_their_own_vectors(ours):
    expected = ours.encode_raw(TEXTS)
    found: dict[int, np.ndarray] = {}

    def encode(number: int) -> None:
        found[number] = ours.encode_raw(TEXTS[number::4])

    workers = [threading.Thread(target=encode, args=(number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    for number in range(4):
        np.testing.assert_allclose(found[number], expected[number::4], atol=1e-5)


def test_the_threads_of_the_config_are_the_streams_of_the_model(config, cache):
    import torch

    before = torch.get_num_threads()
    try:
        set_threads(1)
        assert build_encoder(config, None, cache=str(cache)).model.threads == 1
        set_threads(2)
        assert build_encoder(config, None, cache=str(cache)).model.threads == 2
    finally:
        set_threads(before)


def test_a_batch_gives_all_streams_work_and_stays_in_a_cores_cache(ours):
    ours.model.threads, before = 2, ours.model.threads
    try:
        assert ours.model.budget([[1] * 50] * 1000, 4096) == openvino.STREAM_TOKENS
        assert ours.model.budget([[1] * 50] * 1000, 512) == 512
        assert ours.model.budget([[1] * 50] * 20, 4096) == 500
        assert ours.model.budget([[1] * 15], 4096) == openvino.WIDE_TOKENS
    finally:
        ours.model.threads = before


def test_bfloat16_gives_nearly_the_vectors_of_float32(config, cache, plain):
    half = build_encoder(dataclasses.replace(config, dtype="bfloat16"), None, cache=str(cache))

    assert half.path == "openvino-cpu-bfloat16"
    assert (half.encode_raw(TEXTS) * plain.encode_raw(TEXTS)).sum(axis=1).min() > 0.999


def test_a_model_is_converted_once_and_the_kept_one_gives_the_same_bytes(
    config, cache, ours, monkeypatch
):
    monkeypatch.setattr("lawvault.models.encoder.load_model", _not_to_be_called)

    again = build_encoder(config, None, cache=str(cache))

    assert len(list(cache.glob("openvino-*"))) == 1
    np.testing.assert_array_equal(again.encode_raw(TEXTS[:1]), ours.encode_raw(TEXTS[:1]))


def _not_to_be_called(folder: str) -> None:
    raise AssertionError(f"{folder} was loaded again")


def test_other_weights_are_another_converted_model(config, cache, ours, tmp_path):
    model = load_model(config.model)
    next(iter(model.parameters())).data.mul_(1.5)
    model.save(str(tmp_path / "other"), create_model_card=False)

    other = build_encoder(config, tmp_path / "other", cache=str(cache))

    assert len(list(cache.glob("openvino-*"))) == 2
    assert (other.encode_raw(TEXTS) * ours.encode_raw(TEXTS)).sum(axis=1).min() < 0.9999


def test_a_killed_conversion_leaves_nothing_that_is_taken_for_a_model(config, tmp_path, ours):
    code = f"""
import os
from lawvault.config.pipeline import EncoderConfig
from lawvault.models import encoder, openvino
openvino._check = lambda model, folder: os._exit(9)  # when the graph is written already
encoder.build_encoder({config!r}, None, cache={str(tmp_path)!r})
"""

    killed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert killed.returncode == 9, killed.stderr
    assert list(tmp_path.glob("openvino-*")) == []
    again = build_encoder(config, None, cache=str(tmp_path))
    np.testing.assert_array_equal(again.encode_raw(TEXTS[:1]), ours.encode_raw(TEXTS[:1]))
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".new")] == []


def test_the_cache_forgets_the_models_that_were_used_longest_ago(config, tmp_path, monkeypatch):
    monkeypatch.setattr(openvino, "KEPT", 2)
    for number in range(3):
        old = tmp_path / f"openvino-{number}"
        old.mkdir()
        os.utime(old, (number, number))

    build_encoder(config, None, cache=str(tmp_path))

    assert len(list(tmp_path.glob("openvino-*"))) == 2
    assert (tmp_path / "openvino-2").exists()


def test_a_model_that_gives_no_finite_vector_is_refused_with_the_text(config, tmp_path):
    model = load_model(config.model)
    next(iter(model.parameters())).data.fill_(float("nan"))
    model.save(str(tmp_path / "broken"), create_model_card=False)
    broken = build_encoder(config, tmp_path / "broken", cache=str(tmp_path / "cache"))

    with pytest.raises(IntegrityError, match="no finite vector for '结 婚'"):
        broken.encode_raw(["结婚"])


@pytest.fixture
def strange(tiny_model, tmp_path) -> Path:
    """Return a model with a module that is in no graph of ours."""
    from sentence_transformers.sentence_transformer.modules import LayerNorm

    model = load_model(str(tiny_model))
    model.append(LayerNorm(32))
    model.save(str(tmp_path / "strange"), create_model_card=False)
    return tmp_path / "strange"


def test_auto_says_in_a_line_that_torch_encodes_a_model_that_cannot_be_converted(
    config, strange, tmp_path, caplog
):
    auto = dataclasses.replace(config, engine="auto")

    encoder = build_encoder(auto, strange, cache=str(tmp_path / "cache"))

    assert encoder.path == "torch-cpu-float32"
    (record,) = [record for record in caplog.records if record.levelname == "WARNING"]
    assert "torch encodes, which is slower here" in record.getMessage()
    assert "a module LayerNorm" in record.getMessage()


def test_a_model_that_cannot_be_converted_is_refused_where_openvino_was_asked_for(
    config, strange, tmp_path
):
    with pytest.raises(ConfigError, match=r"engine=openvino cannot run this model: .* LayerNorm"):
        build_encoder(config, strange, cache=str(tmp_path / "cache"))

    assert list((tmp_path / "cache").glob("openvino-*")) == []


def test_a_graph_that_gives_other_vectors_than_torch_is_refused(config, tmp_path, monkeypatch):
    monkeypatch.setattr(openvino, "MIN_COSINE", 1.1)

    with pytest.raises(ConfigError, match=r"its vectors are at cosine 1\.00000 to those of torch"):
        openvino.convert(load_model(config.model), tmp_path)


@pytest.mark.parametrize(
    ("engine", "says"),
    [
        ("openvino", "ConfigError: encoder.engine=openvino needs OpenVINO: pip install"),
        ("auto", "torch-cpu-float32"),
    ],
)
def test_without_openvino_auto_takes_torch_and_says_so_and_openvino_is_an_error(
    config, tmp_path, engine, says
):
    code = f"""
import logging, sys
sys.modules["openvino"] = None  # as if it were not installed: no import finds it
logging.basicConfig(level="WARNING")
from lawvault.config.pipeline import EncoderConfig
from lawvault.models.encoder import build_encoder
config = {dataclasses.replace(config, engine=engine)!r}
print(build_encoder(config, None, cache={str(tmp_path)!r}).path)
"""

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert says in done.stdout + done.stderr
    assert "pip install 'openvino>=2026.4,<2027'" in done.stderr
    assert done.returncode == (engine == "openvino")


def test_openvino_does_not_report_its_use_to_anybody(tmp_path):
    code = "from lawvault.models import openvino; openvino.has_bfloat16()"

    subprocess.run(
        [sys.executable, "-c", code], check=True, env={"HOME": str(tmp_path), "PYTHONPATH": "."}
    )

    assert list(tmp_path.iterdir()) == [], "it keeps the id of its user there"


@pytest.mark.model
def test_e5_in_the_arithmetic_of_this_cpu_is_at_cosine_9999_to_float32(e5_model, cache):
    config = EncoderConfig(engine="openvino")
    texts = [*TEXTS, "老板拖欠工资，我自己辞职走人能要补偿吗", "？", "", "依照本法第三十八条" * 90]

    ours = build_encoder(config, e5_model, cache=str(cache))
    plain = SentenceEncoder(
        load_model(str(e5_model)),
        prefixes_of(config),
        max_tokens=config.max_tokens,
        batch_tokens=config.batch_tokens,
        dtype="float32",
    )

    cosines = (ours.encode_queries(texts) * plain.encode_queries(texts)).sum(axis=1)
    assert cosines.min() >= 0.9999
