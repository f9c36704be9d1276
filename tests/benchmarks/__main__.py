"""Print what the expensive parts do on this machine, each beside what it is compared with.

    python -m tests.benchmarks

Everything is measured on the same articles in one process, best of three, seeds fixed.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa

from lawvault.artifacts import read_table
from lawvault.config.limits import checked
from lawvault.config.pipeline import TrainConfig
from lawvault.config.tree import Config
from lawvault.ingest.stage import ingest
from lawvault.law.normal import normalise
from lawvault.law.provisions import paragraphs
from lawvault.law.reference import Place
from lawvault.law.references import find_references
from lawvault.law.structure import parse_law
from lawvault.models.encoder import (
    base_folder,
    fastest_dtype,
    load_model,
    prefixes_of,
    set_threads,
)
from lawvault.models.texts import article_texts
from lawvault.retrieve.dense import FOLDER, DenseIndex, write_vectors
from lawvault.retrieve.ranking import score_blocks, top_rows
from lawvault.schema import ARTICLES
from lawvault.train.loop import Task, Team, Trainer
from tests.benchmarks.encoding import encoding

ARTICLE_COUNT, TRIPLET_COUNT = 256, 96


def best_of_three(work: Callable[[], object]) -> float:
    """Return the seconds of the fastest of three runs after one to warm up."""
    work()
    times = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def say(what: str, value: float, unit: str) -> None:
    """Print one line of the table."""
    sys.stdout.write(f"  {what:58} {value:10.1f} {unit}\n")
    sys.stdout.flush()


def training(config: Config, texts: list[str]) -> None:
    """Measure triplets per second of the training loop under the laptop recipe's settings."""
    model = load_model(base_folder(config.encoder.model))
    rows = [
        {
            "query_id": str(n),
            "query": texts[n][10:40],
            "positive_id": str(n),
            "positive": texts[n],
            "negative_ids": [str(n + TRIPLET_COUNT)],
            "negatives": [texts[n + TRIPLET_COUNT]],
        }
        for n in range(TRIPLET_COUNT)
    ]
    task = Task(
        triplets=rows,
        answers={row["query_id"]: {row["positive_id"]} for row in rows},
        prefixes=prefixes_of(config.encoder),
        seed=config.seed,
    )
    trainer = Trainer(
        model,
        task,
        TrainConfig(accumulation=1, epochs=100, matryoshka=[], freeze_embeddings=True),
        team=Team(),
        dtype=fastest_dtype(model.device),
        batch_tokens=config.encoder.batch_tokens,
    )
    model.train()
    step = iter(range(10_000))
    seconds = best_of_three(lambda: trainer.step(next(step)))
    say(f"train, batch of 24 ({trainer.dtype})", 24 / seconds, "triplets/s")


def searching(articles: pa.Table) -> None:
    """Measure exact ranking, bare and as a data pack is searched, over 24,000 vectors."""
    draw = np.random.default_rng(0)
    vectors = draw.normal(size=(24_000, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    queries = vectors[:256]

    def rank() -> None:
        for _, block in score_blocks(queries, vectors):
            for scores in block:
                top_rows(scores, 50)

    say("rank 24,000 articles exactly, top 50", 256 / best_of_three(rank), "queries/s")
    repeated = articles.take(pa.array(np.arange(24_000) % articles.num_rows))
    with tempfile.TemporaryDirectory() as folder:
        write_vectors(repeated, vectors, Path(folder) / FOLDER)
        index = DenseIndex(Path(folder))
        seconds = best_of_three(lambda: [index.search(vector, 10) for vector in queries[:32]])
    say("search a data pack of 24,000 vectors, top 10", 1000 * seconds / 32, "ms/query")


def reading_law(articles: pa.Table) -> None:
    """Measure how much text of law is cut, searched for references and normalised in a minute."""
    contents = articles["content"].to_pylist()
    labels = articles["article_number"].to_pylist()
    text = "\n".join(f"{a}\u3000{b}" for a, b in zip(labels, contents, strict=True))
    megabytes = len(text.encode()) / 1e6
    places = [
        Place(law="民法典", number=number or 0, sub=sub or 0)
        for number, sub in zip(
            articles["number"].to_pylist(), articles["sub_number"].to_pylist(), strict=True
        )
    ]

    def references() -> None:
        for content, place in zip(contents, places, strict=True):
            find_references(content, place)

    for what, work in (
        ("cut a law into its parts", lambda: parse_law(text)),
        ("cut articles into 款 and 项", lambda: [paragraphs(content) for content in contents]),
        ("find references", references),
        ("normalise", lambda: [normalise(content).text for content in contents]),
    ):
        say(what, megabytes / best_of_three(work) * 60, "MB/min")


def main() -> None:
    """Run all benchmarks."""
    config = checked(Config())
    set_threads(config.cluster.threads)
    with tempfile.TemporaryDirectory() as folder:
        ingest(config, {}, Path(folder))
        reading_law(read_table(Path(folder), ARTICLES))
        articles = read_table(Path(folder), ARTICLES).slice(0, ARTICLE_COUNT)
    texts = article_texts(articles, config.encoder.title_separator)
    encoding(config, texts)
    training(config, texts)
    searching(articles)


if __name__ == "__main__":
    main()
