"""The release: a model that loads anywhere, a data pack of its own, runs that any tool reads."""

import copy
import hashlib
import json
import shutil
from collections import defaultdict
from pathlib import Path

import ir_measures
import numpy as np
import pyarrow as pa
import pytest
from sentence_transformers import SentenceTransformer

from lawvault.artifacts import read_manifest, read_table, verify, write_table
from lawvault.errors import ConfigError, IntegrityError
from lawvault.export.stage import export
from lawvault.models.encoder import build_encoder
from lawvault.models.fingerprint import check_canaries, check_same, read_fingerprint
from lawvault.retrieve.dense import DenseIndex
from lawvault.schema import QRELS, RUNS

QUESTIONS = ["老公家暴 离婚", "彩礼要退吗", "孩子归谁"]
SYSTEMS = ("bm25", "base", "tuned")


@pytest.fixture
def release(finished):
    return finished.artifacts["export"]


@pytest.fixture
def inputs(finished, tmp_path):
    """Copies of what export reads, to be changed."""
    copied = {}
    for stage in ("train", "evaluate", "index"):
        folder = finished.artifacts[stage]
        copied[stage] = shutil.copytree(folder, tmp_path / "inputs" / folder.name)
    return copied


def released(finished, inputs, folder, **changes: str) -> None:
    config = copy.deepcopy(finished.config)
    for name, value in changes.items():
        setattr(config.export, name, value)
    folder.mkdir()
    export(config, inputs, folder)


def test_the_released_folder_loads_by_itself_and_gives_the_same_vectors(finished, release):
    model = SentenceTransformer(str(release / "huggingface"))
    encoder = build_encoder(finished.config.encoder, finished.artifacts["train"] / "model")

    queries = model.encode_query(QUESTIONS)
    documents = model.encode_document(["民法典第一千零七十九条 夫妻一方要求离婚的"])

    np.testing.assert_allclose(queries, encoder.encode_queries(QUESTIONS), atol=1e-5)
    ours = encoder.encode_documents(["民法典第一千零七十九条 夫妻一方要求离婚的"])
    np.testing.assert_allclose(documents, ours, atol=1e-5)
    plain = model.encode(QUESTIONS, normalize_embeddings=True)
    assert not np.allclose(queries, plain, atol=1e-3), "the prefixes are part of the model"


def test_the_releases_weights_are_safetensors_and_nothing_that_runs_when_read(release):
    suffixes = {path.suffix for path in (release / "huggingface").rglob("*") if path.is_file()}

    assert ".safetensors" in suffixes
    assert suffixes <= {".safetensors", ".json", ".md", ".png"}


def test_model_and_data_pack_of_a_release_belong_together(finished, release):
    check_same(release / "huggingface", release / "data_pack")
    encoder = build_encoder(finished.config.encoder, release / "huggingface")
    assert check_canaries(encoder, read_fingerprint(release / "data_pack")) > 0.99999

    hits = DenseIndex(release / "data_pack").search(encoder.encode_queries(QUESTIONS)[0], 3)

    verify(release / "data_pack")
    assert [hit.rank for hit in hits] == [1, 2, 3]


def test_the_card_shows_the_report_that_lies_beside_it(release):
    card = (release / "huggingface" / "README.md").read_text()
    report = json.loads((release / "evaluation" / "report.json").read_text())

    for name in SYSTEMS:
        assert f"| {name} | {report['systems'][name]['hit@1']:.3f} |" in card
    assert (release / "huggingface" / "report.png").is_file()


def by_query(run) -> dict[str, list[str]]:
    rows = defaultdict(list)
    for hit in run:
        rows[hit.query_id].append((hit.score, hit.doc_id))
    return {
        query_id: [doc for _, doc in sorted(hits, reverse=True)] for query_id, hits in rows.items()
    }


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_released_run_read_by_ir_measures_gives_the_numbers_of_the_report(release, system):
    qrels = list(ir_measures.read_trec_qrels(str(release / "evaluation" / "qrels.trec")))
    run = list(ir_measures.read_trec_run(str(release / "evaluation" / f"{system}.trec")))
    report = json.loads((release / "evaluation" / "report.json").read_text())

    found = ir_measures.calc_aggregate(
        [ir_measures.nDCG @ 10, ir_measures.RR @ 10, ir_measures.R @ 5], qrels, run
    )

    means = report["systems"][system]
    assert len(qrels) >= 48
    assert found[ir_measures.nDCG @ 10] == pytest.approx(means["ndcg@10"], abs=5e-5)
    assert found[ir_measures.RR @ 10] == pytest.approx(means["mrr@10"], abs=5e-5)
    assert found[ir_measures.R @ 5] == pytest.approx(means["recall@5"], abs=5e-5)


@pytest.mark.parametrize("system", SYSTEMS)
def test_sorting_a_released_run_by_score_keeps_our_ranks(finished, release, system):
    run = ir_measures.read_trec_run(str(release / "evaluation" / f"{system}.trec"))
    wanted = defaultdict(list)
    for row in read_table(finished.artifacts["evaluate"], RUNS).to_pylist():
        if row["system"] == system:
            wanted[row["query_id"]].append(row["article_id"])

    assert by_query(run) == wanted


def resealed(folder: Path, name: str) -> None:
    """Make the manifest of an artifact agree with a file that was changed."""
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_tools_that_break_ties_otherwise_keep_our_ranks(finished, inputs, tmp_path):
    runs = read_table(inputs["evaluate"], RUNS)
    level = pa.array([1.0] * runs.num_rows, pa.float32())
    place = runs.schema.get_field_index("score")
    write_table(runs.set_column(place, "score", level), RUNS, inputs["evaluate"])
    resealed(inputs["evaluate"], "runs/part-0.parquet")

    released(finished, inputs, tmp_path / "release")

    wanted = defaultdict(list)
    for row in runs.to_pylist():
        if row["system"] == "tuned":
            wanted[row["query_id"]].append(row["article_id"])
    path = tmp_path / "release" / "evaluation" / "tuned.trec"
    assert by_query(ir_measures.read_trec_run(str(path))) == wanted


def test_every_judgment_is_released(finished, release):
    rows = read_table(finished.artifacts["evaluate"], QRELS).to_pylist()

    qrels = ir_measures.read_trec_qrels(str(release / "evaluation" / "qrels.trec"))

    found = {(row.query_id, row.doc_id, row.relevance) for row in qrels}
    assert found == {(row["query_id"], row["article_id"], row["grade"]) for row in rows}


@pytest.mark.parametrize(
    ("stage", "name"),
    [
        ("train", "model/model.safetensors"),
        ("evaluate", "report.json"),
        ("index", "content.db"),
    ],
)
def test_an_input_that_was_changed_after_it_was_sealed_is_refused(
    finished, inputs, tmp_path, stage, name
):
    path = inputs[stage] / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)

    with pytest.raises(IntegrityError, match=f"{name} was changed") as refusal:
        released(finished, inputs, tmp_path / "release")

    assert refusal.value.exit_code == 6
    assert list((tmp_path / "release").iterdir()) == []


def test_a_data_pack_of_another_model_is_refused(finished, inputs, tmp_path):
    path = inputs["index"] / "fingerprint.json"
    fingerprint = json.loads(path.read_text())
    path.write_text(json.dumps({**fingerprint, "weights_sha256": "0" * 64}))
    resealed(inputs["index"], "fingerprint.json")

    with pytest.raises(IntegrityError, match=r"index_model_mismatch.*weights_sha256"):
        released(finished, inputs, tmp_path / "release")


def test_a_release_without_a_licence_is_refused_before_anything_is_written(
    finished, inputs, tmp_path
):
    with pytest.raises(ConfigError, match=r"export\.licence must name"):
        released(finished, inputs, tmp_path / "release", licence="")

    assert list((tmp_path / "release").iterdir()) == []


def test_a_release_bears_the_name_that_was_chosen(finished, inputs, tmp_path):
    released(finished, inputs, tmp_path / "release", name="law-of-my-town")

    card = (tmp_path / "release" / "huggingface" / "README.md").read_text()
    assert "# law-of-my-town\n" in card


def test_releasing_over_what_a_killed_run_left_gives_the_same_files(finished, inputs, tmp_path):
    folder = tmp_path / "release"
    released(finished, inputs, folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    export(finished.config, inputs, folder)

    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_the_manifest_counts_the_files_and_names_the_licence(release):
    manifest = read_manifest(release)

    files = [path for path in release.rglob("*") if path.is_file()]
    assert manifest["rows_out"] == len(files) - 1  # all but the manifest itself
    assert manifest["metrics"] == {"licence": "mit"}
