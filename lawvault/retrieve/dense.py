"""Vectors in LanceDB: the table `laws_vectors` of a data pack.

Columns: `chunk_id` (the article_id, under the desktop app's name), `vector` (float32, length 1) and
the columns to filter by.  Filters are typed expressions, applied before the search; nothing is ever
built by putting strings together.  LanceDB's default metric is L2: cosine is asked for.

LanceDB is imported where it is used: it warns about every later fork, and Ray starts by forking.
"""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from lawvault.errors import IntegrityError, UpstreamError
from lawvault.models.encoder import Vectors
from lawvault.retrieve.filters import COLUMNS, DATES, Filter
from lawvault.schema import Hit

FOLDER, TABLE = "law_db.lancedb", "laws_vectors"


def write_vectors(articles: pa.Table, vectors: Vectors, database: Path) -> None:
    """Write one row per article into the new LanceDB `database`, a folder that is its own.

    Raises:
        IntegrityError: rows and vectors differ in number, or a vector is not of length 1.
        UpstreamError: the disk is full or fails.
    """
    if articles.num_rows != len(vectors):
        raise IntegrityError(f"{articles.num_rows} articles but {len(vectors)} vectors")
    flat = np.ascontiguousarray(vectors, np.float32)
    lengths = np.linalg.norm(flat, axis=1)
    if not np.allclose(lengths, 1, atol=1e-3):
        raise IntegrityError(
            f"vectors must have length 1, found {lengths.min()} to {lengths.max()}"
        )
    columns = {
        "chunk_id": articles["article_id"],
        "vector": pa.FixedSizeListArray.from_arrays(pa.array(flat.reshape(-1)), flat.shape[1]),
        **{name: articles[name] for name in (*COLUMNS, *DATES)},
    }
    import lancedb

    try:
        lancedb.connect(database).create_table(TABLE, pa.table(columns))
    except RuntimeError as error:
        if "LanceError(IO)" not in str(error):
            raise
        reason = str(error).partition("LanceError(IO): ")[2].partition(", /")[0]
        raise UpstreamError(f"{database}: cannot be written ({reason})") from error


class DenseIndex:
    """An open table of vectors, read only."""

    def __init__(self, folder: Path) -> None:
        import lancedb

        path = folder / FOLDER
        if not path.is_dir():
            raise IntegrityError(f"{path}: no vector database; run `python -m jobs.index`")
        self._table = lancedb.connect(path).open_table(TABLE)
        self.size = self._table.count_rows()

    def sha256(self) -> str:
        """Return a hash of ids and vectors in the order of their rows.

        LanceDB names its files at random, so equal content is not equal bytes on disk.
        """
        rows = self._table.search().select(["chunk_id", "vector"]).limit(self.size).to_arrow()
        total = hashlib.sha256()
        for batch in rows.to_batches():
            vectors = batch["vector"].flatten().to_numpy().astype("<f4")
            width = len(vectors) // max(batch.num_rows, 1)
            for number, article_id in enumerate(batch["chunk_id"].to_pylist()):
                total.update(article_id.encode() + b"\0")
                total.update(vectors[number * width : (number + 1) * width].tobytes())
        return total.hexdigest()

    def columns(self) -> pa.Table:
        """Return the ids and the columns to filter by, in the order of the rows."""
        names = ["chunk_id", *COLUMNS, *DATES]
        return self._table.search().select(names).limit(self.size).to_arrow()

    def search(self, vector: Vectors, k: int, only: Filter | None = None) -> list[Hit]:
        """Return up to `k` hits by cosine for one query vector [dimension], best first.

        Raises:
            ValueError: the vector is not finite or of length 0 (LanceDB would find nothing).
        """
        norm = float(np.linalg.norm(vector))
        if not np.isfinite(norm) or norm == 0:
            raise ValueError("the query vector is not finite or of length 0")
        request = self._table.search(np.asarray(vector, np.float32)).distance_type("cosine")
        condition = _condition(only or Filter())
        if condition is not None:
            request = request.where(condition, prefilter=True)
        found = request.bypass_vector_index().select(["chunk_id", "_distance"]).limit(k).to_list()
        found.sort(key=lambda row: (row["_distance"], row["chunk_id"]))
        return [
            Hit(article_id=row["chunk_id"], score=1 - row["_distance"], rank=rank)
            for rank, row in enumerate(found, start=1)
        ]


def _condition(only: Filter) -> Any:  # noqa: ANN401 - LanceDB's expressions are untyped
    from lancedb.expr import col, lit

    found = None
    for column, kind, values, day in only.conditions():
        if kind == "in":
            part = col(column).isin([lit(value) for value in values]) if values else lit(False)
        else:
            part = col(column) >= lit(day) if kind == "from" else col(column) <= lit(day)
        found = part if found is None else found & part
    return found
