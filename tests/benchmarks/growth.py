"""Print how build, search and recall grow with the number of articles: 24,000 times each factor.

    python -m tests.benchmarks.growth [FACTOR,FACTOR]

The vectors are those of the built-in corpus, each many times with seeded noise; the questions are
some of them with other noise.  Factor 100 takes some 10 GB of memory, 8 GB of disk and a quarter of
an hour; the default is 1,10.
"""

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa

from lawvault.artifacts import read_table
from lawvault.config.limits import checked
from lawvault.config.tree import Config
from lawvault.ingest.stage import ingest
from lawvault.models.encoder import Vectors, build_encoder, set_threads
from lawvault.models.texts import article_texts
from lawvault.retrieve.dense import FOLDER, DenseIndex, write_vectors
from lawvault.retrieve.filters import COLUMNS, DATES, Filter
from lawvault.retrieve.lexical import FOLDER as KEYWORDS
from lawvault.retrieve.lexical import KeywordIndex, load_words, write_keywords
from lawvault.schema import ARTICLES
from tests.benchmarks.__main__ import say

ARTICLE_COUNT, ENCODED, QUERIES, THREADS, BLOCK = 24_000, 256, 96, 8, 100_000
MOST_WORDS = 240_000
"""Articles up to which words are indexed, too: cutting takes half a millisecond each."""


def noisy(vectors: Vectors, draw: np.random.Generator) -> Vectors:
    """Return the vectors at a cosine of about 0.9 of what they were."""
    noise = draw.standard_normal(vectors.shape, np.float32) / np.sqrt(vectors.shape[1])
    moved = vectors + 0.5 * noise
    return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), np.float32)


def grown(vectors: Vectors, count: int) -> Vectors:
    """Return `count` vectors, made block by block."""
    draw = np.random.default_rng(0)
    found = np.empty((count, vectors.shape[1]), np.float32)
    for begin in range(0, count, BLOCK):
        end = min(begin + BLOCK, count)
        found[begin:end] = noisy(vectors[np.arange(begin, end) % len(vectors)], draw)
    return found


def multiplied(articles: pa.Table, count: int) -> pa.Table:
    """Return `count` articles with ids of their own; of very many, without their texts."""
    names = {"article_id", *COLUMNS, *DATES}
    if count <= MOST_WORDS:
        names |= {"article_number", "content"}
    many = articles.select(sorted(names)).take(pa.array(np.arange(count) % articles.num_rows))
    place = many.schema.get_field_index("article_id")
    ids = pa.array([f"{row:08}" for row in range(count)])
    return many.set_column(place, many.schema.field(place), ids)


def times(work: Callable[[int], object], threads: int) -> tuple[float, float, float]:
    """Return p50 and p99 in milliseconds, and calls a second, of QUERIES calls."""

    def one(number: int) -> float:
        start = time.perf_counter()
        work(number)
        return 1000 * (time.perf_counter() - start)

    one(0)
    start = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        taken = list(pool.map(one, range(QUERIES)))
    seconds = time.perf_counter() - start
    return float(np.median(taken)), float(np.quantile(taken, 0.99)), QUERIES / seconds


def searches(what: str, work: Callable[[int], object]) -> None:
    """Print how long calls take, one after the other and eight at once."""
    for threads in (1, THREADS):
        middle, slowest, rate = times(work, threads)
        at_once = f"{what}, {threads} at once"
        say(f"{at_once}: p50", middle, "ms")
        say(f"{at_once}: p99", slowest, "ms")
        say(f"{at_once}: rate", rate, "queries/s")


def timed(what: str, work: Callable[[], object]) -> None:
    """Print the seconds that `work` takes."""
    start = time.perf_counter()
    work()
    say(what, time.perf_counter() - start, "s")


def megabytes(folder: Path) -> float:
    """Return the size of the files below `folder`."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def exact(vectors: Vectors, queries: Vectors) -> Iterator[set[str]]:
    """Yield the ids of the 10 best of each query by a plain product."""
    for query in queries:
        best = np.argpartition(-(vectors @ query), 10)[:10]
        yield {f"{row:08}" for row in best}


def meaning(articles: pa.Table, vectors: Vectors, pack: Path) -> None:
    """Measure the vectors of a pack."""
    timed("write vectors", lambda: write_vectors(articles, vectors, pack / FOLDER))
    say("  on disk", megabytes(pack / FOLDER), "MB")
    start = time.perf_counter()
    index = DenseIndex(pack)
    say("open them", time.perf_counter() - start, "s")
    draw = np.random.default_rng(1)
    queries = noisy(vectors[draw.integers(0, len(vectors), QUERIES)], draw)
    searches("search by meaning", lambda number: index.search(queries[number], 10))
    law = Filter(law_name=[articles["law_name"][0].as_py()])
    searches("  within one law", lambda number: index.search(queries[number], 10, law))
    found = [
        {hit.article_id for hit in index.search(query, 10)} & best
        for query, best in zip(queries, exact(vectors, queries), strict=True)
    ]
    say("recall@10 against exact, x 100", 100 * np.mean([len(best) / 10 for best in found]), "")
    if index.approximate:
        say("  of the partitions, looked into", index.approximate.probes, "")
        say("  partitions", index.approximate.partitions, "")


def words(articles: pa.Table, pack: Path) -> None:
    """Measure the index of words of a pack."""
    questions = [text[:30] for text in articles["content"].slice(0, QUERIES).to_pylist()]
    ids = articles["article_id"].to_pylist()
    timed("write words", lambda: write_keywords(articles, pack / KEYWORDS))
    say("  on disk", megabytes(pack / KEYWORDS), "MB")
    start = time.perf_counter()
    index = KeywordIndex.open(pack / KEYWORDS, ids)
    say("open them", time.perf_counter() - start, "s")
    searches("search by words", lambda number: index.search(questions[number], 10))


def main(arguments: Sequence[str]) -> None:
    """Measure each factor."""
    config = checked(Config())
    set_threads(config.cluster.threads)
    load_words()
    with tempfile.TemporaryDirectory() as folder:
        ingest(config, {}, Path(folder))
        articles = read_table(Path(folder), ARTICLES)
    texts = article_texts(articles, config.encoder.title_separator)[:ENCODED]
    some = build_encoder(config.encoder, None).encode_documents(texts)
    for factor in map(int, (arguments or ["1,10"])[0].split(",")):
        count = ARTICLE_COUNT * factor
        sys.stdout.write(f"{count:,} articles\n")
        many = multiplied(articles, count)
        with tempfile.TemporaryDirectory() as folder:
            meaning(many, grown(some, count), Path(folder))
            if count <= MOST_WORDS:
                words(many, Path(folder))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        say("memory at most, so far", peak, "MB")


if __name__ == "__main__":
    main(sys.argv[1:])
