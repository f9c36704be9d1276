"""The stage of training: what it writes, what it refuses, and two Ray workers on the tiny model."""

import copy
import json
import logging
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pytest

from lawvault.artifacts import read_manifest, read_table, write_table
from lawvault.errors import IntegrityError, SourceError
from lawvault.models.encoder import SentenceEncoder, build_encoder, load_model, prefixes_of
from lawvault.models.fingerprint import check_canaries, read_fingerprint
from lawvault.models.texts import article_texts
from lawvault.retrieve.metrics import ndcg
from lawvault.schema import ARTICLES, LOSSES, QRELS, QUERIES, TRIPLETS
from lawvault.train.merge import distractors
from lawvault.train.on_ray import train


@pytest.fixture
def config(finished):
    return copy.deepcopy(finished.config)


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "train"
    path.mkdir()
    return path


def with_triplets(finished, folder, rows: int):
    """Return the stage's inputs with only the first `rows` triplets."""
    triplets = read_table(finished.artifacts["mine"], TRIPLETS).slice(0, rows)
    write_table(triplets, TRIPLETS, folder)
    return {**finished.artifacts, "mine": folder}


def without_dev(finished, folder):
    """Return the stage's inputs with no question in the dev split."""
    queries = read_table(finished.artifacts["generate"], QUERIES)
    write_table(queries.filter(pc.not_equal(queries["split"], "dev")), QUERIES, folder)
    write_table(read_table(finished.artifacts["generate"], QRELS), QRELS, folder)
    return {**finished.artifacts, "generate": folder}


def test_a_sealed_training_holds_a_model_its_losses_and_what_was_chosen(finished):
    folder = finished.artifacts["train"]
    losses = read_table(folder, LOSSES)
    metrics = read_manifest(folder)["metrics"]

    assert losses["step"].to_pylist() == list(range(1, 96))  # 76 triplets by 4, 5 epochs
    assert read_manifest(folder)["rows_out"] == 95
    assert metrics["merge_weight"] in (0.5, 1.0)
    assert metrics["dev_ndcg@10"].keys() == {"0.0", "0.5", "1.0"}
    assert {path.name for path in folder.iterdir()} == {
        *("model", "losses", "outcome.json", "config.yaml", "manifest.json")
    }


def test_the_saved_model_is_the_chosen_merge_with_its_prefixes_and_fingerprint(finished):
    folder, config = finished.artifacts["train"] / "model", finished.config
    model = load_model(str(folder))
    encoder = build_encoder(config.encoder, folder)

    assert model.prompts["query"] == "问："
    assert model.prompts["document"] == "文："
    assert check_canaries(encoder, read_fingerprint(folder)) > 0.99999
    texts = ["离婚 孩子归谁"]
    untrained = build_encoder(config.encoder, None).encode_queries(texts)
    assert not np.allclose(encoder.encode_queries(texts), untrained, atol=1e-4)


def test_the_limits_of_training_are_not_saved_with_the_tokenizer(finished):
    saved = json.loads((finished.artifacts["train"] / "model" / "tokenizer.json").read_text())
    base = json.loads((Path(finished.config.encoder.model) / "tokenizer.json").read_text())

    assert saved["truncation"] is None
    assert saved["padding"] is None
    assert saved["model"] == base["model"]


def test_the_dev_score_of_the_chosen_merge_is_that_of_the_saved_model(finished):
    config, artifacts = finished.config, finished.artifacts
    articles = read_table(artifacts["ingest"], ARTICLES)
    ids, texts = articles["article_id"].to_pylist(), article_texts(articles, " ")
    queries = read_table(artifacts["generate"], QUERIES)
    queries = queries.filter(pc.and_(queries["kept"], pc.equal(queries["split"], "dev")))
    judged: dict[str, dict[str, int]] = {}
    for row in read_table(artifacts["generate"], QRELS).to_pylist():
        judged.setdefault(row["query_id"], {})[row["article_id"]] = 1
    own = [judged[key] for key in queries["query_id"].to_pylist()]
    rows = distractors(ids, {key for found in own for key in found}, 10, config.seed)
    encoder = SentenceEncoder(
        load_model(str(artifacts["train"] / "model")),
        prefixes_of(config.encoder),
        max_tokens=config.encoder.max_tokens,
        batch_tokens=config.encoder.batch_tokens,
        dtype="float32",
    )
    scores = (
        encoder.encode_queries(queries["text"].to_pylist())
        @ encoder.encode_documents([texts[row] for row in rows]).T
    )

    values = [
        ndcg([ids[rows[place]] for place in np.argsort(-own_scores, kind="stable")], found, k=10)
        for own_scores, found in zip(scores, own, strict=True)
    ]

    metrics = read_manifest(artifacts["train"])["metrics"]
    assert len(values) == metrics["dev_queries"] == 28
    chosen = metrics["dev_ndcg@10"][str(metrics["merge_weight"])]
    assert np.mean(values) == pytest.approx(chosen, abs=1e-3)
    others = [metrics["dev_ndcg@10"][weight] for weight in ("0.5", "1.0")]
    assert chosen == max(others)


def test_too_few_triplets_are_refused_before_a_model_is_loaded(finished, config, tmp_path, folder):
    inputs = with_triplets(finished, tmp_path / "mine", 1)
    config.encoder.model = "nowhere"

    with pytest.raises(SourceError, match="1 triplets: two for each worker") as refusal:
        train(config, inputs, folder)

    assert refusal.value.exit_code == 3


def test_more_workers_need_more_triplets(finished, config, tmp_path, folder):
    inputs = with_triplets(finished, tmp_path / "mine", 5)
    config.cluster.train_workers = 3

    with pytest.raises(SourceError, match="5 triplets"):
        train(config, inputs, folder)


def test_merge_weights_without_dev_questions_are_refused(finished, config, tmp_path, folder):
    inputs = without_dev(finished, tmp_path / "generate")
    config.encoder.model = "nowhere"

    with pytest.raises(SourceError, match=r"no dev question .* raise generate\.dev_share"):
        train(config, inputs, folder)


def test_one_merge_weight_needs_no_dev_questions(finished, config, tmp_path, folder):
    inputs = without_dev(finished, tmp_path / "generate")
    config.train.merge_weights = [0.5]

    counts = train(config, inputs, folder)

    assert counts.metrics == {"merge_weight": 0.5, "dev_queries": 0}


def test_a_training_with_fewer_triplets_than_a_batch_takes_them_all(
    finished, config, tmp_path, folder
):
    counts = train(config, with_triplets(finished, tmp_path / "mine", 3), folder)

    assert (counts.rows_in, counts.rows_out) == (3, 5)


def test_a_finished_training_that_was_not_sealed_is_not_trained_again(finished, config, folder):
    first = train(config, finished.artifacts, folder)
    written = (folder / "model" / "model.safetensors").stat()
    config.encoder.model = "nowhere"  # nor is any model loaded

    second = train(config, finished.artifacts, folder)

    assert second == first
    again = (folder / "model" / "model.safetensors").stat()
    assert (again.st_ino, again.st_mtime_ns) == (written.st_ino, written.st_mtime_ns)


def test_the_log_shows_the_losses_by_epoch_and_step_and_what_dev_chose(
    finished, config, folder, caplog
):
    with caplog.at_level(logging.INFO, logger="lawvault"):
        counts = train(config, finished.artifacts, folder)

    lines = [record.getMessage() for record in caplog.records]
    losses = read_table(folder, LOSSES).to_pylist()
    mean = np.mean([row["loss"] for row in losses[:9]])
    assert lines[0] == f"train: epoch 1, steps    1 to    9: loss {mean:.4f}"
    chosen = [line for line in lines if line.endswith(" ← chosen")]
    assert len(chosen) == 1
    assert f"merge weight {counts.metrics['merge_weight']}: " in chosen[0]
    assert sum("merge weight" in line for line in lines) == 3


def test_one_seed_gives_one_model_and_another_seed_another(finished, config, tmp_path):
    hashes = []
    for number, seed in enumerate((17, 17, 18)):
        folder = tmp_path / str(number)
        folder.mkdir()
        config.seed = seed
        train(config, finished.artifacts, folder)
        hashes.append(read_fingerprint(folder / "model")["weights_sha256"])

    assert hashes[0] == hashes[1] != hashes[2]


def test_a_broken_loss_ends_with_the_queries_named_and_no_model(finished, config, folder):
    broken = broken_base(finished, folder.parent / "broken")
    config.encoder.model = str(broken)

    with pytest.raises(IntegrityError, match=r"step 1 has loss nan.*Queries of the step"):
        train(config, finished.artifacts, folder)

    assert not (folder / "model").exists()
    assert not (folder / "outcome.json").exists()


def broken_base(finished, target):
    """Return a copy of the base whose weights are not numbers."""
    import torch

    model = load_model(finished.config.encoder.model)
    model[0].auto_model.get_input_embeddings().weight.data.fill_(torch.nan)
    model.save(str(target), create_model_card=False)
    return target


@pytest.mark.ray
@pytest.mark.chaos
def test_two_ray_workers_train_one_model(finished, config, folder, local_ray):
    config.cluster.mode, config.cluster.train_workers = "local", 2

    counts = train(config, finished.artifacts, folder)

    losses = read_table(folder, LOSSES)
    assert counts.rows_out == losses.num_rows == 45  # 76 triplets, two batches of 4 a step
    assert pc.all(pc.is_finite(losses["loss"])).as_py()
    assert json.loads((folder / "outcome.json").read_text())["merge_weight"] in (0.5, 1.0)
    encoder = build_encoder(config.encoder, folder / "model")
    assert check_canaries(encoder, read_fingerprint(folder / "model")) > 0.99999
    base = build_encoder(config.encoder, None).encode_queries(["离婚"])
    assert not np.allclose(encoder.encode_queries(["离婚"]), base, atol=1e-4)
    assert sorted(path.name for path in folder.iterdir()) == ["losses", "model", "outcome.json"]


@pytest.mark.chaos
@pytest.mark.ray
def test_an_error_made_for_a_person_comes_through_from_a_ray_worker(
    finished, config, folder, local_ray
):
    config.cluster.mode, config.cluster.train_workers = "local", 1
    config.encoder.model = str(broken_base(finished, folder.parent / "broken"))

    with pytest.raises(IntegrityError, match=r"step 1 has loss nan"):
        train(config, finished.artifacts, folder)
