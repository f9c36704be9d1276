"""Vectors in LanceDB: the table `laws_vectors` of a data pack.

Columns: `chunk_id` (the article_id, under the desktop app's name), `vector` (float32, length 1) and
the columns to filter by.  Filters are typed expressions, applied before the search; nothing is ever
built by putting strings together.  LanceDB's default metric is L2: cosine is asked for.

Up to `EXACT_ROWS` the vectors are read into memory and searched exactly, which takes a tenth
of the time of LanceDB's own scan.  Above, the table carries an IVF index, whose recall is measured
when it is built and kept beside the table in `approximate.json`.

LanceDB is imported where it is used: it warns about every later fork, and Ray starts by forking.
"""

import dataclasses
import hashlib
import json
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from lawvault.artifacts import write_json
from lawvault.errors import IntegrityError, UpstreamError
from lawvault.models.encoder import Vectors
from lawvault.retrieve.filters import COLUMNS, DATES, Columns, Filter, Mask
from lawvault.retrieve.ids import row_among
from lawvault.retrieve.ranking import Rows, Scores, nearest
from lawvault.schema import Hit

log = logging.getLogger(__name__)

FOLDER, TABLE = "law_db.lancedb", "laws_vectors"
APPROXIMATE = "approximate.json"
EXACT_ROWS = 100_000
"""Rows up to which every search looks at every vector; 150 MB in memory at 384 dimensions."""
TAKEN_ROWS = 10_000
"""Rows left by a filter that are read from a larger table and searched exactly."""
MIN_RECALL = 0.98
DEPTHS = (10, 100)
SAMPLE, NOISE = 128, 0.5
"""Queries to measure recall with: rows, each plus noise of this length (cosine about 0.9)."""
SLACK = 1e-5
"""More than LanceDB's cosine of two float32 vectors is off from ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approximate:
    """How the IVF index of a table is searched, and how much of the exact hits it finds so."""

    kind: str
    rows: int
    partitions: int
    probes: int
    """Partitions that a search without filter looks into."""
    recall_at_10: float
    recall_at_100: float
    queries: int


def write_vectors(
    articles: pa.Table, vectors: Vectors, database: Path, *, exact_rows: int = EXACT_ROWS
) -> None:
    """Write one row per article into the new LanceDB `database`, a folder that is its own.

    Args:
        exact_rows: above this number of rows the table gets an index.

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
        table = lancedb.connect(database).create_table(TABLE, pa.table(columns))
        if len(flat) > exact_rows:
            approximate = _write_index(table, flat)
            write_json(dataclasses.asdict(approximate), database / APPROXIMATE)
    except RuntimeError as error:
        if "LanceError(IO)" not in str(error):
            raise
        reason = str(error).partition("LanceError(IO): ")[2].partition(", /")[0]
        raise UpstreamError(f"{database}: cannot be written ({reason})") from error


def _write_index(table: Any, vectors: Vectors) -> Approximate:  # noqa: ANN401 - untyped
    """Index the table by IVF; look into as many partitions as `MIN_RECALL` takes.

    IVF_FLAT keeps whole vectors: with every partition looked into, it is exact.
    """
    from lancedb.index import IvfFlat

    partitions = math.isqrt(len(vectors))
    table.create_index(
        "vector",
        config=IvfFlat(
            distance_type="cosine", num_partitions=partitions, max_iterations=20, sample_rate=64
        ),
    )
    queries = _sample(vectors)
    exact = [nearest(query, vectors, max(DEPTHS))[1] for query in queries]
    probes, recalls = 1, _recalls(table, queries, exact, 1)
    while min(recalls) < MIN_RECALL and probes < partitions:
        probes = min(2 * probes, partitions)
        recalls = _recalls(table, queries, exact, probes)
    log.info(
        "index: IVF of %d partitions, %d looked into: recall@10 %.4f, recall@100 %.4f",
        partitions,
        probes,
        *recalls,
    )
    return Approximate(
        kind="IVF_FLAT",
        rows=len(vectors),
        partitions=partitions,
        probes=probes,
        recall_at_10=recalls[0],
        recall_at_100=recalls[1],
        queries=len(queries),
    )


def _sample(vectors: Vectors) -> Vectors:
    draw = np.random.default_rng(0)
    rows = draw.choice(len(vectors), min(SAMPLE, len(vectors)), replace=False)
    noise = draw.normal(size=(len(rows), vectors.shape[1])) * NOISE / math.sqrt(vectors.shape[1])
    return _of_length_one(np.asarray(vectors[rows] + noise, np.float32))


def _recalls(
    table: Any,  # noqa: ANN401 - LanceDB's tables are untyped
    queries: Vectors,
    exact: Sequence[Scores],
    probes: int,
) -> tuple[float, float]:
    """Return the shares of the 10 and of the 100 best that are found; equal scores are as good."""
    shares = []
    for query, best in zip(queries, exact, strict=True):
        request = table.search(query).distance_type("cosine").nprobes(probes)
        rows = request.select(["_distance"]).limit(max(DEPTHS)).to_arrow()
        scores = 1 - rows["_distance"].to_numpy()
        depths = [min(depth, len(best)) for depth in DEPTHS]
        shares.append(
            [min(1, (scores >= best[depth - 1] - SLACK).sum() / depth) for depth in depths]
        )
    at_10, at_100 = np.mean(shares, axis=0).round(4).tolist()
    return at_10, at_100


class DenseIndex:
    """An open table of vectors, read only; its methods may be called by many threads at once."""

    def __init__(self, folder: Path, *, taken_rows: int = TAKEN_ROWS) -> None:
        import lancedb

        path = folder / FOLDER
        if not path.is_dir():
            raise IntegrityError(f"{path}: no vector database; run `python -m jobs.index`")
        self._table = lancedb.connect(path).open_table(TABLE)
        self._taken_rows = taken_rows
        self.size = self._table.count_rows()
        self.filterable = Columns(self.columns())
        """What the rows can be filtered by, in the order of their ids."""
        self.approximate = _read_approximate(path / APPROXIMATE, self.size)
        """How the table's index is searched; None if all searches are exact."""
        self._vectors: Vectors | None = None
        if self.approximate is None and self.size <= EXACT_ROWS:
            rows = self._table.search().select(["vector"]).limit(self.size).to_arrow()
            self._vectors = _of_length_one(_matrix(rows)[self.filterable.places])
        elif self.approximate is None:
            log.warning(
                "%s: %d vectors without an index, each search reads all of them; "
                "run `python -m jobs.index` with force=true",
                path,
                self.size,
            )

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

    def vectors(self, article_ids: Sequence[str]) -> Vectors:
        """Return the vectors of articles [n, dimension], of length 1, in the order of the ids.

        Raises:
            KeyError: there is no article of that id.
        """
        known = self.filterable.article_ids
        rows = []
        for article_id in article_ids:
            row = row_among(known, article_id)
            if row is None:
                raise KeyError(article_id)
            rows.append(row)
        return self._read(np.array(rows, np.int64))

    def search(self, vector: Vectors, k: int, only: Filter | None = None) -> list[Hit]:
        """Return up to `k` hits by cosine for one query vector [dimension], best first.

        Equal hits are ordered by id.  Hits are exact unless the table has an index
        (`approximate`) and the filter leaves more than `TAKEN_ROWS` rows.

        Raises:
            ValueError: the vector is not finite or of length 0.
        """
        return self.search_many(np.asarray(vector)[None], k, only)[0]

    def search_many(self, vectors: Vectors, k: int, only: Filter | None = None) -> list[list[Hit]]:
        """Return the hits of each query of [q, dimension], the same as `search` of each."""
        queries, only = _queries(vectors), only or Filter()
        mask = self.filterable.mask(only)
        if self._vectors is not None:
            held = self._vectors
            return [self._hits(*nearest(query, held, k, mask)) for query in queries]
        if mask is not None and mask.sum() <= self._taken_rows:
            rows = np.flatnonzero(mask)
            some = self._read(rows)
            near = [nearest(query, some, k) for query in queries]
            return [self._hits(rows[best], scores) for best, scores in near]
        return [self._in_table(query, k, only, mask) for query in queries]

    def _hits(self, rows: Rows, scores: Scores) -> list[Hit]:
        ids = self.filterable.article_ids
        return [
            Hit(article_id=ids[row], score=score, rank=rank)
            for rank, (row, score) in enumerate(zip(rows, scores.tolist(), strict=True), start=1)
        ]

    def _read(self, rows: Rows) -> Vectors:
        """Return vectors by the places of their ids among the sorted ones."""
        if self._vectors is not None:
            return self._vectors[rows]
        places, back = np.unique(self.filterable.places[rows], return_inverse=True)
        taken = self._table.take_offsets(places.tolist()).select(["vector"]).to_arrow()
        return _of_length_one(_matrix(taken)[back])

    def _in_table(self, query: Vectors, k: int, only: Filter, mask: Mask | None) -> list[Hit]:
        request = self._table.search(query).distance_type("cosine")
        condition = _condition(only)
        if condition is not None:
            request = request.where(condition, prefilter=True)
        if self.approximate is None:
            request = request.bypass_vector_index()
        else:
            request = request.nprobes(_probes(self.approximate, mask))
        found = request.select(["chunk_id", "_distance"]).limit(k).to_list()
        found.sort(key=lambda row: (row["_distance"], row["chunk_id"]))
        return [
            Hit(article_id=row["chunk_id"], score=1 - row["_distance"], rank=rank)
            for rank, row in enumerate(found, start=1)
        ]


def _read_approximate(path: Path, rows: int) -> Approximate | None:
    if not path.is_file():
        return None
    try:
        found = Approximate(**json.loads(path.read_bytes()))
    except (TypeError, ValueError) as error:
        raise IntegrityError(f"{path}: is damaged; run `python -m jobs.index`") from error
    if found.rows != rows:
        raise IntegrityError(f"{path}: is of {found.rows} rows, but the table has {rows}")
    return found


def _probes(approximate: Approximate, mask: Mask | None) -> int:
    """Return how many partitions to look into: more where a filter thins them out."""
    left = 1.0 if mask is None else float(mask.mean())
    return min(approximate.partitions, math.ceil(approximate.probes / left))


def _queries(vectors: Vectors) -> Vectors:
    """Return query vectors of length 1; LanceDB finds nothing for those that have none."""
    lengths = np.linalg.norm(vectors, axis=1)
    if not (np.isfinite(lengths) & (lengths > 0)).all():
        raise ValueError("the query vector is not finite or of length 0")
    return _of_length_one(vectors)


def _of_length_one(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def _matrix(rows: pa.Table) -> Vectors:
    column = rows["vector"].combine_chunks()
    return np.asarray(column.flatten().to_numpy().reshape(len(column), column.type.list_size))


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
