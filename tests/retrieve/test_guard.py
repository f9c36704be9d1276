"""The guard: a model searches the pack that it made, on any path that finds the same; no other."""

import json
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from lawvault.artifacts import write_json
from lawvault.errors import IntegrityError
from lawvault.models.encoder import Prefixes
from lawvault.models.fingerprint import FILE as FINGERPRINT
from lawvault.models.fingerprint import check_same, write_fingerprint
from lawvault.retrieve.calibration import FILE, calibrate
from lawvault.retrieve.dense import FOLDER, DenseIndex, write_vectors
from lawvault.retrieve.filters import COLUMNS, DATES
from lawvault.retrieve.guard import MIN_OVERLAP, check_path, probes_of

DIMENSION = 64


@dataclass(frozen=True, kw_only=True)
class CharacterEncoder:
    """Mean of a random vector for each character: a real encoder with everything to get wrong."""

    path: str = "torch-cpu-float32"
    prefixes: Prefixes = Prefixes(query="问：", document="文：", title_separator=" ")
    seed: int = 1
    pooling: str = "mean"
    bits: int = 32
    noise: float = 0.0
    length: float = 1.0
    dimension: int = DIMENSION
    max_tokens: int = 4096
    table: dict[str, NDArray[np.float32]] = field(default_factory=dict)

    def encode_queries(self, texts: list[str]) -> NDArray[np.float32]:
        return self.encode_raw([self.prefixes.query + text for text in texts])

    def encode_documents(self, texts: list[str]) -> NDArray[np.float32]:
        return self.encode_raw([self.prefixes.document + text for text in texts])

    def encode_raw(self, texts: list[str]) -> NDArray[np.float32]:
        rows = [np.stack([self._of(character) for character in text]) for text in texts]
        vectors = np.stack([row.mean(0) if self.pooling == "mean" else row[-1] for row in rows])
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        if self.bits < 32:
            steps = 2 ** (self.bits - 1) - 1
            largest = np.abs(vectors).max(axis=1, keepdims=True)
            vectors = np.round(vectors / largest * steps)
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        for row, text in enumerate(texts if self.noise else []):
            noise = np.random.default_rng([7, *map(ord, text)]).normal(size=self.dimension)
            vectors[row] += self.noise * noise / np.linalg.norm(noise)
            vectors[row] /= np.linalg.norm(vectors[row])
        return np.asarray(vectors * self.length, np.float32)

    def _of(self, character: str) -> NDArray[np.float32]:
        if character not in self.table:
            draw = np.random.default_rng([self.seed, ord(character)])
            self.table[character] = draw.normal(size=self.dimension).astype(np.float32)
        return self.table[character]


@dataclass(frozen=True, kw_only=True)
class Made:
    """A model folder, the pack that its encoder made, and the encoder."""

    encoder: CharacterEncoder
    model: Path
    pack: Path


def model_of(encoder: CharacterEncoder, folder: Path) -> Path:
    """Write a model folder of one weight file and a fingerprint."""
    folder.mkdir()
    (folder / "model.safetensors").write_text(f"weights {encoder.seed}")
    write_fingerprint(folder, encoder, encoder.prefixes, "characters")
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory, toy_corpus, toy_journal) -> Made:
    """300 short articles, and the toy questions as probes."""
    folder, encoder = tmp_path_factory.mktemp("guard"), CharacterEncoder()
    model, pack = model_of(encoder, folder / "model"), folder / "pack"
    pack.mkdir()
    rows = [json.loads(line) for line in toy_corpus.read_text().splitlines()]
    parts = [row["content"][at : at + 40] for row in rows for at in range(0, 320, 40)]
    texts = [part for part in parts if len(part) > 5][:300]
    articles = pa.table(
        {
            "article_id": [f"法@2020-01-01/{n}" for n in range(len(texts))],
            **{name: ["x"] * len(texts) for name in COLUMNS},
            **{name: pa.array([None] * len(texts), pa.date32()) for name in DATES},
        }
    )
    write_vectors(articles, encoder.encode_documents(texts), pack / FOLDER)
    shutil.copy(model / FINGERPRINT, pack / FINGERPRINT)
    queries = [json.loads(line)["question"] for line in toy_journal.read_text().splitlines()]
    probes = probes_of(DenseIndex(pack), queries, encoder.encode_queries(queries))
    write_json(calibrate([], [], probes, path=encoder.path, seed=1), pack / FILE)
    return Made(encoder=encoder, model=model, pack=pack)


def test_the_path_that_made_the_pack_needs_no_probes(made, caplog, tmp_path):
    pack = shutil.copytree(made.pack, tmp_path / "pack")
    shutil.rmtree(pack / FOLDER)

    with caplog.at_level("INFO", "lawvault"):
        check_path(made.encoder, pack)

    assert "guard: torch-cpu-float32, as the data pack; canaries at cosine 1.0" in caplog.text


def test_another_path_that_finds_the_same_is_let_in_with_its_overlap_in_the_log(made, caplog):
    other = replace(made.encoder, path="openvino-cpu-bfloat16", bits=16)

    with caplog.at_level("INFO", "lawvault"):
        check_path(other, made.pack)

    (line,) = [record.getMessage() for record in caplog.records if record.name.endswith("guard")]
    assert line.startswith("guard: openvino-cpu-bfloat16 finds ")
    assert "of what torch-cpu-float32 found (152 questions, " in line


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"seed": 2, "table": {}}, r"canaries come out at cosine -?0\.\d+"),
        ({"prefixes": Prefixes(query="query: ", document="文：", title_separator=" ")}, "canaries"),
        ({"prefixes": Prefixes(query="问：", document="", title_separator=" ")}, "canaries"),
        ({"pooling": "last"}, "canaries"),
        ({"length": 2.0}, "vectors of length 2 to 2, those of the data pack are normalised to 1"),
        ({"dimension": 32, "table": {}}, "dimension 32, the vectors have 64"),
        ({"bits": 3}, "canaries"),
    ],
    ids=["weights", "query prefix", "document prefix", "pooling", "length", "dimension", "3 bits"],
)
@pytest.mark.parametrize("path", ["torch-cpu-float32", "torch-cuda-bfloat16"])
def test_another_way_to_make_vectors_is_refused_with_its_reason(made, change, reason, path):
    with pytest.raises(IntegrityError, match=f"^index_model_mismatch: .*{reason}"):
        check_path(replace(made.encoder, path=path, **change), made.pack)


def test_a_precision_that_the_canaries_pass_and_the_ranking_does_not_is_refused(made):
    coarse = replace(made.encoder, path="coarse", noise=0.042)

    with pytest.raises(IntegrityError) as refusal:
        check_path(coarse, made.pack)

    assert "index_model_mismatch: coarse finds 0." in str(refusal.value)
    assert "that torch-cpu-float32 found" in str(refusal.value)
    assert f"below {MIN_OVERLAP}" in str(refusal.value)


def test_another_model_of_the_same_dimension_is_refused_by_its_hash(made, tmp_path):
    other = model_of(replace(made.encoder, seed=2, table={}), tmp_path / "model")

    with pytest.raises(IntegrityError, match=r"index_model_mismatch: .* weights_sha256 differ"):
        check_same(other, made.pack)


def test_a_path_cannot_be_tried_without_probes(made, tmp_path):
    pack = shutil.copytree(made.pack, tmp_path / "pack")
    said = json.loads((pack / FILE).read_text())
    write_json(said | {"probes": []}, pack / FILE)

    with pytest.raises(IntegrityError, match=r"index_model_mismatch: .* has no probes to try"):
        check_path(replace(made.encoder, path="other"), pack)


def test_vectors_of_another_model_under_the_right_fingerprint_are_refused(made, tmp_path):
    """A pack whose vectors were swapped: no hash of the model can show it, the probes do."""
    pack = shutil.copytree(made.pack, tmp_path / "pack")
    ids = DenseIndex(pack).filterable.article_ids
    turned = DenseIndex(pack).vectors(ids)[:, ::-1]
    shutil.rmtree(pack / FOLDER)
    columns = {name: ["x"] * len(ids) for name in COLUMNS}
    days = {name: pa.array([None] * len(ids), pa.date32()) for name in DATES}
    write_vectors(pa.table({"article_id": ids, **columns, **days}), turned, pack / FOLDER)

    with pytest.raises(IntegrityError, match=r"index_model_mismatch: other finds 0\.[01]\d+ of"):
        check_path(replace(made.encoder, path="other"), pack)
