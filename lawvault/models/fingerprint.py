"""The fingerprint of a model: proof that a model and a set of vectors belong together.

A vector of another model of equal dimension is searched without any error and finds wrong law.  So
a model folder carries `fingerprint.json`: base, hash of the weights, dimension, prefixes, and
canaries: fixed texts with the vectors this very model gave them, for each numeric path (engine,
device, arithmetic) on which it was tried.  A data pack carries a copy; whoever brings the two
together calls `check_same` (equal hashes) and `check_canaries` (the loaded model still gives those
vectors, whatever its dtype, prefix or pooling has become).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from lawvault.artifacts import write_json
from lawvault.errors import IntegrityError
from lawvault.models.encoder import Encoder, Prefixes, Vectors

FILE = "fingerprint.json"
MIN_COSINE = 0.999
LENGTH_TOLERANCE = 1e-3
IDENTITY = (
    *("base", "weights_sha256", "dimension"),
    *("query_prefix", "document_prefix", "title_separator"),
)
"""What a model is.  Its canaries are not: they say which machines have tried it."""
CANARIES = (
    "老板拖欠工资，我自己辞职走人能要补偿吗",
    "离婚 孩子归谁",
    "第五百七十七条 当事人一方不履行合同义务或者履行合同义务不符合约定的，应当承担继续履行、"
    "采取补救措施或者赔偿损失等违约责任。",
    "有下列情形之一的，劳动者可以解除劳动合同：\n（一）未及时足额支付劳动报酬的；\n"
    "（二）未依法为劳动者缴纳社会保险费的。",
    "前款规定的期限为十五日",
    "12345.67元",
    "？",
    "民法典",
    "依照本法第三十八条第一款第（二）项的规定" * 40,  # longer than any window we cut to
)


def write_fingerprint(
    folder: Path,
    encoder: Encoder,
    prefixes: Prefixes,
    base: str,
    *,
    also: Sequence[Encoder] = (),
) -> None:
    """Write `fingerprint.json` into a model folder.

    Args:
        encoder: the reference, whose canaries hold for every path that has none of its own.
        base: what the model was made from.
        also: the same model on other numeric paths, whose canaries are recorded, too.
    """
    canaries = {one.path: _rounded(_canary_vectors(one)) for one in (encoder, *also)}
    write_json(
        {
            "base": base,
            "weights_sha256": weights_hash(folder),
            "dimension": encoder.dimension,
            "query_prefix": prefixes.query,
            "document_prefix": prefixes.document,
            "title_separator": prefixes.title_separator,
            "reference": encoder.path,
            "canaries": canaries,
        },
        folder / FILE,
    )


def read_fingerprint(folder: Path) -> dict[str, object]:
    """Return the fingerprint of a model folder or data pack.

    Raises:
        IntegrityError: there is none that can be read.
    """
    try:
        return dict(json.loads((folder / FILE).read_bytes()))
    except (OSError, ValueError, TypeError) as error:
        raise IntegrityError(f"{folder}: no readable {FILE} ({error})") from error


def fingerprint_id(fingerprint: Mapping[str, object]) -> str:
    """Return 16 hex digits that stand for a model in answers and manifests, on any machine."""
    identity = {key: fingerprint.get(key) for key in IDENTITY}
    text = json.dumps(identity, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def check_same(model: Path, pack: Path) -> None:
    """Refuse a data pack that another model built.

    Raises:
        IntegrityError: the fingerprints differ; the message says in what.
    """
    of_model, of_pack = read_fingerprint(model), read_fingerprint(pack)
    differing = [key for key in IDENTITY if of_model.get(key) != of_pack.get(key)]
    if differing:
        raise IntegrityError(
            f"index_model_mismatch: {pack} was not built by {model}: {', '.join(differing)} "
            "differ; run `python -m jobs.index` with this model"
        )


def check_canaries(encoder: Encoder, fingerprint: Mapping[str, object]) -> float:
    """Return the lowest cosine between the canaries' vectors then and now.

    They are compared with those of the encoder's own numeric path, or else of the reference.

    Raises:
        IntegrityError: it is below `MIN_COSINE`, or the dimension is another one, or the vectors
            are not of length 1.
    """
    path, then = _recorded(encoder.path, fingerprint)
    now = _canary_vectors(encoder)
    if then.shape != now.shape:
        raise IntegrityError(
            f"index_model_mismatch: dimension {now.shape[1]}, the vectors have {then.shape[-1]}"
        )
    check_lengths(now)
    lowest = float((then * now).sum(axis=1).min())
    if not lowest >= MIN_COSINE:  # also for NaN
        raise IntegrityError(
            f"index_model_mismatch: the model's own canaries come out at cosine {lowest:.4f} on "
            f"{encoder.path}, below {MIN_COSINE} to {path}: other weights, prefix, pooling or "
            "arithmetic"
        )
    return lowest


def check_lengths(vectors: Vectors) -> None:
    """Refuse vectors [n, dimension] that are not normalised.

    Raises:
        IntegrityError: one is not of length 1.
    """
    lengths = np.linalg.norm(vectors, axis=1)
    if not np.allclose(lengths, 1, atol=LENGTH_TOLERANCE):
        raise IntegrityError(
            f"index_model_mismatch: vectors of length {lengths.min():.4g} to {lengths.max():.4g}, "
            "those of the data pack are normalised to 1"
        )


def _recorded(path: str, fingerprint: Mapping[str, object]) -> tuple[str, Vectors]:
    """Return the canaries to compare a path with, and the path that they are of."""
    canaries = fingerprint.get("canaries")
    if not isinstance(canaries, dict):
        raise IntegrityError(f"{FILE} names no numeric path of its canaries: train the model again")
    found = path if path in canaries else str(fingerprint.get("reference"))
    if found not in canaries:
        raise IntegrityError(f"{FILE} has no canaries of its reference {found}")
    return found, np.asarray(canaries[found], np.float32)


def weights_hash(folder: Path) -> str:
    """Return one SHA-256 over all weight files of a model folder, by name."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*.safetensors")):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        total.update(f"{path.relative_to(folder).as_posix()} {digest}\n".encode())
    return total.hexdigest()


def _canary_vectors(encoder: Encoder) -> Vectors:
    """Queries and documents both, so that a changed prefix of either shows."""
    texts = list(CANARIES)
    return np.concatenate([encoder.encode_queries(texts), encoder.encode_documents(texts)])


def _rounded(vectors: Vectors) -> list[list[float]]:
    return [[round(float(value), 6) for value in row] for row in vectors]
