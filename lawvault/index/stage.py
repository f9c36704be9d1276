"""⑥ index: put the vectors of all articles into a data pack, beside their full texts.

A data pack is what search needs and the desktop app reads: law_db.lancedb, content.db, an index of
words, the vectors of single tokens, the fingerprint of the model that made the vectors, without
which nobody may search them, and calibration.json, which says how to search them best.
"""

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from lawvault.artifacts import Counts, aside, read_table, write_json
from lawvault.config.tree import Config
from lawvault.errors import IntegrityError
from lawvault.index.dev import calibration_of, spread
from lawvault.job import Inputs
from lawvault.models import fingerprint
from lawvault.models.encoder import Encoder, Vectors, build_encoder, set_threads
from lawvault.models.on_ray import States, Texts, states_of, vectors_of
from lawvault.models.texts import article_texts
from lawvault.retrieve import calibration, content, dense, late, lexical
from lawvault.schema import ARTICLES

log = logging.getLogger(__name__)


SAMPLED = 64
"""Articles that are encoded once more, to see that the vectors are this model's, here."""


def index(config: Config, inputs: Inputs, folder: Path) -> Counts:
    """Write vectors, words, texts, fingerprint.json and calibration.json into `folder`.

    Raises:
        IntegrityError: the model has no fingerprint, or does not give its canaries or the vectors
            of articles again, or the two stores differ in their rows.
    """
    articles = read_table(inputs["ingest"], ARTICLES)
    model = inputs["train"] / "model"
    identity = fingerprint.read_fingerprint(model)  # before hours of encoding, not after
    texts = article_texts(articles, config.encoder.title_separator)
    corpus = Texts(
        name=inputs["ingest"].name, side="documents", texts=texts, states=config.index.tokens
    )
    vectors = vectors_of(config, model, corpus)
    states = states_of(config, model, corpus) if corpus.states else None
    _write_stores(articles, vectors, states, folder)
    _copy(inputs["ingest"] / content.FILE, folder / content.FILE)
    _copy(model / fingerprint.FILE, folder / fingerprint.FILE)
    found = _agreed(articles.num_rows, folder)
    set_threads(config.cluster.threads)
    encoder = build_encoder(config.encoder, model, cache=config.cache)
    fingerprint.check_canaries(encoder, identity)
    _check_sample(encoder, texts, vectors)
    chosen = calibration_of(config, inputs, encoder, folder)
    write_json(chosen, folder / calibration.FILE)
    _log_choice(chosen)
    return Counts(
        rows_in=articles.num_rows,
        rows_out=articles.num_rows,
        metrics={
            "dimension": vectors.shape[1],
            "fingerprint": fingerprint.fingerprint_id(identity),
            "vectors_sha256": found,
            "default_mode": chosen["fusion"]["default_mode"],
            "vector_weight": chosen["fusion"]["vector_weight"],
            "late_weight": chosen["fusion"]["late_weight"],
            "no_confident_match_below": chosen["no_confident_match"]["below"],
        },
    )


def _check_sample(encoder: Encoder, texts: list[str], vectors: Vectors) -> None:
    """Refuse vectors that this encoder would not have made, whichever machine made them."""
    rows = list(spread(range(len(texts)), SAMPLED))
    again = encoder.encode_documents([texts[row] for row in rows])
    lowest = float((again * vectors[rows]).sum(axis=1).min(initial=1))
    if not lowest >= fingerprint.MIN_COSINE:  # also for NaN
        raise IntegrityError(
            f"the vectors of articles come out at cosine {lowest:.4f} on {encoder.path}, below "
            f"{fingerprint.MIN_COSINE}: other weights or arithmetic made them; run "
            "`python -m jobs.index` with force=true, or with the encoder.dtype of that machine"
        )


def _log_choice(chosen: dict[str, Any]) -> None:
    for name in ("fusion", "no_confident_match"):
        said = {key: value for key, value in chosen[name].items() if not isinstance(value, dict)}
        log.info("index: %s on %d dev questions: %s", name, chosen["dev_questions"], said)


def _write_stores(
    articles: pa.Table, vectors: Vectors, states: States | None, folder: Path
) -> None:
    """Write vectors, words and the states, if there are any."""
    _once(folder / dense.FOLDER, lambda path: dense.write_vectors(articles, vectors, path))
    _once(folder / lexical.FOLDER, lambda path: lexical.write_keywords(articles, path))
    if states:
        parts = (states.codes, states.ends, states.centre)
        _once(folder / late.FOLDER, lambda path: late.write_tokens(articles, *parts, path))


def _once(folder: Path, write: Callable[[Path], None]) -> None:
    """Write a store, unless a killed run came as far as that: then it is whole."""
    if not folder.is_dir():
        with aside(folder) as path:
            write(path)


def _copy(source: Path, target: Path) -> None:
    with aside(target) as path:
        shutil.copyfile(source, path)


def _agreed(expected: int, folder: Path) -> str:
    """Return the hash of the vectors as they are read back, if both stores hold every article."""
    vectors, texts = dense.DenseIndex(folder), content.Content(folder)
    if not vectors.size == texts.size == expected:
        raise IntegrityError(
            f"{folder}: {expected} articles, but {vectors.size} rows in {dense.FOLDER} and "
            f"{texts.size} in {content.FILE}; run `python -m jobs.index` with force=true"
        )
    return vectors.sha256()
