"""A data pack: every article with its vector, whole or refused, and proof of every byte."""

import copy
import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lawvault.artifacts import read_manifest, read_table, verify
from lawvault.config.pipeline import IndexConfig
from lawvault.errors import IntegrityError, MissingInputError, SourceError
from lawvault.index.dev import MAX_QUESTIONS, off_topic_questions, spread
from lawvault.index.stage import index
from lawvault.job import launch
from lawvault.models.fingerprint import (
    CANARIES,
    check_same,
    fingerprint_id,
    read_fingerprint,
)
from lawvault.models.texts import article_texts
from lawvault.retrieve.calibration import MIN_QUESTIONS, read_calibration
from lawvault.retrieve.content import Content
from lawvault.retrieve.dense import FOLDER, DenseIndex
from lawvault.retrieve.fused import VECTOR_WEIGHT
from lawvault.retrieve.guard import check_path
from lawvault.retrieve.late import open_tokens
from lawvault.schema import ARTICLES, QUERIES

READS = ("ingest", "generate", "train")


@pytest.fixture
def pack(finished, tmp_path) -> Path:
    """A copy of the finished data pack, to be damaged."""
    return shutil.copytree(finished.artifacts["index"], tmp_path / "pack")


@pytest.fixture
def inputs(finished):
    return {name: finished.artifacts[name] for name in READS}


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def a_data_file(pack: Path) -> Path:
    return next((pack / FOLDER).rglob("*.lance/data/*.lance"))


def test_a_pack_holds_every_article_in_both_stores(finished):
    articles = read_table(finished.artifacts["ingest"], ARTICLES)
    pack = finished.artifacts["index"]

    assert DenseIndex(pack).size == Content(pack).size == articles.num_rows == 40


def test_an_article_is_found_by_the_vector_of_its_own_text(finished):
    from lawvault.models.encoder import build_encoder

    config, pack = finished.config, finished.artifacts["index"]
    articles = read_table(finished.artifacts["ingest"], ARTICLES).slice(3, 1)
    encoder = build_encoder(config.encoder, finished.artifacts["train"] / "model")

    vectors = encoder.encode_documents(article_texts(articles, config.encoder.title_separator))
    best = DenseIndex(pack).search(vectors[0], 1)[0]

    assert best.article_id == articles["article_id"][0].as_py()
    assert best.score == pytest.approx(1, abs=1e-3)


def test_a_pack_carries_the_fingerprint_of_its_model(finished):
    model, pack = finished.artifacts["train"] / "model", finished.artifacts["index"]

    check_same(model, pack)
    metrics = read_manifest(pack)["metrics"]

    assert metrics["fingerprint"] == fingerprint_id(read_fingerprint(model))


def test_too_few_dev_questions_choose_nothing_and_the_pack_says_so(finished):
    pack = finished.artifacts["index"]
    queries = read_table(finished.artifacts["generate"], QUERIES)
    dev = [row for row in queries.to_pylist() if row["split"] == "dev"]

    found, said = read_calibration(pack), json.loads((pack / "calibration.json").read_text())

    assert 0 < len(dev) < MIN_QUESTIONS
    assert (found.default_mode, found.vector_weight) == ("vector", VECTOR_WEIGHT)
    assert found.confident_from is None
    assert said["dev_questions"] == len(dev)
    for part in ("fusion", "no_confident_match"):
        assert said[part]["why"] == (
            f"{len(dev)} dev questions, {MIN_QUESTIONS} are needed: raise generate.dev_share"
        )
    assert {probe.query for probe in found.probes} == {row["text"] for row in dev}


def test_the_model_may_search_the_pack_that_it_was_calibrated_with(finished, caplog):
    from lawvault.models.encoder import build_encoder

    encoder = build_encoder(finished.config.encoder, finished.artifacts["train"] / "model")

    with caplog.at_level("INFO", "lawvault"):
        check_path(encoder, finished.artifacts["index"])

    assert f"guard: {encoder.path}, as the data pack" in caplog.text


def test_with_enough_dev_questions_weight_and_threshold_are_chosen(
    finished, inputs, tmp_path, monkeypatch
):
    monkeypatch.setattr("lawvault.retrieve.calibration.MIN_QUESTIONS", 5)

    index(finished.config, inputs, tmp_path)

    said = json.loads((tmp_path / "calibration.json").read_text())
    assert set(said["fusion"]["ndcg@10"]) == {"vector", "keyword", "without_late", "hybrid"}
    assert said["no_confident_match"]["off_topic_flagged"]["total"] == 60
    assert -1 < said["no_confident_match"]["threshold"] < 1


def test_without_any_dev_question_the_canaries_are_the_probes(finished, inputs, tmp_path):
    config = copy.deepcopy(finished.config)
    config.home, config.generate.dev_share = str(tmp_path / "vault"), 0
    from lawvault.generate.stage import generate

    folder = tmp_path / "generate"
    folder.mkdir()
    generate(config, {"ingest": inputs["ingest"]}, folder)

    index(finished.config, {**inputs, "generate": folder}, tmp_path)

    probes = read_calibration(tmp_path).probes
    assert [probe.query for probe in probes] == list(CANARIES)
    assert all(len(probe.found) == 10 for probe in probes)


def test_vectors_that_the_model_would_not_make_are_refused(finished, inputs, tmp_path, monkeypatch):
    from lawvault.models.on_ray import vectors_of

    def turned(*arguments):
        return np.array(vectors_of(*arguments))[:, ::-1]

    monkeypatch.setattr("lawvault.index.stage.vectors_of", turned)

    with pytest.raises(IntegrityError, match=r"vectors of articles come out at cosine -?0\.\d+ on"):
        index(finished.config, inputs, tmp_path)


def test_the_shipped_off_topic_questions_are_all_different():
    questions = off_topic_questions(IndexConfig().off_topic)

    assert len(questions) == len(set(questions)) == 120
    assert max(map(len, questions)) < 25


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_off_topic_questions_that_cannot_be_read_are_an_error(tmp_path, content):
    path = tmp_path / "questions.txt"
    if content:
        path.write_bytes(content)

    with pytest.raises(SourceError, match=r"index\.off_topic=.* cannot be read"):
        off_topic_questions(str(path))


def test_some_of_many_rows_are_spread_over_all():
    rows = spread(range(10 * MAX_QUESTIONS), MAX_QUESTIONS)

    assert len(rows) == len(set(rows)) == MAX_QUESTIONS
    assert rows[0] == 0
    assert rows[-1] >= 10 * MAX_QUESTIONS - 10


def test_equal_work_gives_equal_vectors_though_the_files_have_other_names(
    finished, inputs, tmp_path
):
    first = read_manifest(finished.artifacts["index"])["metrics"]

    second = index(finished.config, inputs, tmp_path).metrics

    assert second == first
    assert a_data_file(tmp_path).name != a_data_file(finished.artifacts["index"]).name


def test_the_hash_of_vectors_sees_one_changed_number(finished, inputs, tmp_path):
    from lawvault.models.on_ray import Texts, vectors_of
    from lawvault.retrieve.dense import write_vectors

    articles = read_table(inputs["ingest"], ARTICLES)
    texts = article_texts(articles, finished.config.encoder.title_separator)
    asked = Texts(name=inputs["ingest"].name, side="documents", texts=texts)
    vectors = np.array(vectors_of(finished.config, inputs["train"] / "model", asked))
    vectors[7, 0] += 1e-5

    write_vectors(articles, vectors, tmp_path / FOLDER)

    known = read_manifest(finished.artifacts["index"])["metrics"]["vectors_sha256"]
    assert DenseIndex(tmp_path).sha256() != known


@pytest.mark.parametrize("left", ["database half written", "database whole", "content half copied"])
def test_what_a_killed_run_left_is_gone_on_from(finished, inputs, tmp_path, left):
    known = read_manifest(finished.artifacts["index"])["metrics"]
    if left == "database half written":
        (tmp_path / f".{FOLDER}.new" / "laws_vectors.lance").mkdir(parents=True)
    if left == "database whole":
        for name in (FOLDER, "keywords", "tokens"):
            shutil.copytree(finished.artifacts["index"] / name, tmp_path / name)
    if left == "content half copied":
        (tmp_path / ".content.db.new").write_bytes(b"SQLite format 3\0 and then the power went")

    counts = index(finished.config, inputs, tmp_path)

    assert counts.metrics == known
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "calibration.json",
        "content.db",
        "fingerprint.json",
        "keywords",
        FOLDER,
        "tokens",
    ]


def test_every_article_is_nearest_to_its_own_text_token_by_token(finished):
    from lawvault.models.encoder import build_encoder

    pack = finished.artifacts["index"]
    articles = read_table(finished.artifacts["ingest"], ARTICLES).sort_by("article_id")
    ids = articles["article_id"].to_pylist()
    encoder = build_encoder(finished.config.encoder, finished.artifacts["train"] / "model")
    texts = article_texts(articles, finished.config.encoder.title_separator)
    tokens = open_tokens(pack, DenseIndex(pack).filterable.article_ids)
    assert tokens is not None

    for row, text in enumerate(texts):
        [own] = encoder.encode_states(encoder.tokenize([f"文：{text}"]).ids)[1]
        near = tokens.closeness(own, ids)
        assert near[row] == pytest.approx(1.3, abs=0.02)
        assert near[row] == max(near)


def test_a_pack_without_tokens_is_made_where_they_are_not_wanted(finished, inputs, tmp_path):
    config = copy.deepcopy(finished.config)
    config.index.tokens = False

    counts = index(config, inputs, tmp_path)

    assert open_tokens(tmp_path, []) is None
    assert counts.metrics["late_weight"] == 0
    assert not (tmp_path / "tokens").exists()


def test_a_model_without_a_fingerprint_is_refused_before_anything_is_encoded(
    finished, inputs, tmp_path
):
    config = copy.deepcopy(finished.config)
    config.home = str(tmp_path / "vault")
    (tmp_path / "train" / "model").mkdir(parents=True)

    with pytest.raises(IntegrityError, match=r"no readable fingerprint\.json"):
        index(config, {**inputs, "train": tmp_path / "train"}, tmp_path)

    assert not Path(config.home).exists()


def test_stores_of_different_length_are_refused(finished, inputs, tmp_path):
    ingested = shutil.copytree(inputs["ingest"], tmp_path / inputs["ingest"].name)
    with sqlite3.connect(ingested / "content.db") as database:
        database.execute("DELETE FROM articles WHERE number = 1040")
    database.close()

    with pytest.raises(IntegrityError, match=r"40 articles, but 40 rows in .* and 39 in"):
        index(finished.config, {**inputs, "ingest": ingested}, tmp_path)


def test_a_missing_model_names_the_command_that_makes_one(lean_config):
    with pytest.raises(MissingInputError, match=r"run `python -m jobs\.ingest`"):
        launch("index", lean_config, index)


def test_verify_accepts_a_pack_as_it_was_sealed_even_after_it_was_read(pack):
    DenseIndex(pack).sha256()
    Content(pack).laws()

    verify(pack)


@pytest.mark.parametrize("store", ["vectors", "texts"])
def test_verify_names_a_flipped_bit_that_the_stores_read_without_an_error(pack, store):
    path = a_data_file(pack) if store == "vectors" else pack / "content.db"
    flip_a_bit(path)

    with pytest.raises(IntegrityError) as refusal:
        verify(pack)

    assert f"{path.relative_to(pack).as_posix()} was changed" in str(refusal.value)


def test_verify_names_a_missing_file_and_an_added_one(pack):
    path = a_data_file(pack)
    path.unlink()
    (pack / FOLDER / "laws_vectors.lance" / "data" / "stranger.lance").touch()

    with pytest.raises(IntegrityError) as refusal:
        verify(pack)

    assert f"{path.relative_to(pack).as_posix()} is missing" in str(refusal.value)
    assert "laws_vectors.lance/data/stranger.lance was added" in str(refusal.value)


def test_a_person_verifies_with_one_command(pack):
    command = [sys.executable, "-m", "lawvault.artifacts", str(pack)]

    whole = subprocess.run(command, capture_output=True, text=True)
    flip_a_bit(pack / "fingerprint.json")
    damaged = subprocess.run(command, capture_output=True, text=True)

    assert (whole.returncode, whole.stderr) == (0, "")
    assert whole.stdout.startswith(str(pack))
    assert damaged.returncode == 6
    assert "fingerprint.json was changed" in damaged.stderr
    assert "Traceback" not in damaged.stderr


def test_a_pack_says_what_it_was_made_from(finished):
    manifest = json.loads((finished.artifacts["index"] / "manifest.json").read_text())

    assert manifest["inputs"] == {name: finished.artifacts[name].name for name in READS}
