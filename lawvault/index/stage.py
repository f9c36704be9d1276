"""⑥ index: put the vectors of all articles into a data pack, beside their full texts.

A data pack is what search needs and the desktop app reads: law_db.lancedb, content.db, and the
fingerprint of the model that made the vectors, without which nobody may search them.
"""

import logging
import shutil
from pathlib import Path

import pyarrow as pa

from lawvault.artifacts import Counts, aside, read_table
from lawvault.config import Config
from lawvault.errors import IntegrityError
from lawvault.job import Inputs
from lawvault.models import fingerprint
from lawvault.models.encoder import Vectors
from lawvault.models.on_ray import Texts, vectors_of
from lawvault.models.texts import article_texts
from lawvault.retrieve import content, dense
from lawvault.schema import ARTICLES

log = logging.getLogger(__name__)


def index(config: Config, inputs: Inputs, folder: Path) -> Counts:
    """Write law_db.lancedb, content.db and fingerprint.json into `folder`.

    Raises:
        IntegrityError: the model has no fingerprint, or the two stores differ in their rows.
    """
    articles = read_table(inputs["ingest"], ARTICLES)
    model = inputs["train"] / "model"
    identity = fingerprint.read_fingerprint(model)  # before hours of encoding, not after
    texts = Texts(
        name=inputs["ingest"].name,
        side="documents",
        texts=article_texts(articles, config.encoder.title_separator),
    )
    vectors = vectors_of(config, model, texts)
    _write_database(articles, vectors, folder / dense.FOLDER)
    _copy(inputs["ingest"] / content.FILE, folder / content.FILE)
    _copy(model / fingerprint.FILE, folder / fingerprint.FILE)
    return Counts(
        rows_in=articles.num_rows,
        rows_out=articles.num_rows,
        metrics={
            "dimension": vectors.shape[1],
            "fingerprint": fingerprint.fingerprint_id(identity),
            "vectors_sha256": _agreed(articles.num_rows, folder),
        },
    )


def _write_database(articles: pa.Table, vectors: Vectors, target: Path) -> None:
    """Write the vectors, unless a killed run came as far as that: then they are whole."""
    if target.is_dir():
        return
    with aside(target) as path:
        dense.write_vectors(articles, vectors, path)


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
