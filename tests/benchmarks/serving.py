"""What the service adds to the bare model, and how it stands beside a server without batching.

    python -m tests.benchmarks.serving [home=…]

Serves the demo's artifacts (`make demo SERVE=0` makes them) without the cache of embeddings, for
the questions are few; all ratios are taken one after the other on the same machine.
"""

import asyncio
import json
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from lawvault.artifacts import read_table
from lawvault.config.command_line import job
from lawvault.config.tree import Config
from lawvault.job import find_inputs
from lawvault.models.encoder import Encoder, build_encoder, set_threads
from lawvault.retrieve.dense import DenseIndex
from lawvault.schema import QUERIES
from tests.benchmarks.load import Body, Course, Target, closed_loop, serving
from tests.serve.wire import free_port

SECONDS = 15.0


def say(what: str, value: float, unit: str) -> None:
    """Print one line of the table."""
    sys.stdout.write(f"  {what:66} {value:9.1f} {unit}\n")
    sys.stdout.flush()


def questions_of(config: Config) -> list[str]:
    """Return the texts of all queries that the demo has, each once."""
    table = read_table(find_inputs("evaluate", config)["generate"], QUERIES)
    return sorted(set(table["text"].to_pylist()))


def milliseconds(work: Callable[[str], object], questions: Iterator[str], times: int) -> float:
    """Return the median of `times` calls, each with another question."""
    taken = []
    for _ in range(times):
        question, start = next(questions), time.perf_counter()
        work(question)
        taken.append(time.perf_counter() - start)
    return 1000 * float(np.median(taken[times // 5 :]))


def inside(encoder: Encoder, pack: Path, questions: Iterator[str]) -> tuple[float, float]:
    """Return the milliseconds of one bare encoding and of one exact scan, in this process."""
    index = DenseIndex(pack)
    encode = milliseconds(lambda text: encoder.encode_queries([text]), questions, 100)
    vectors = encoder.encode_queries([next(questions) for _ in range(60)])
    rows = iter(vectors)
    scan = milliseconds(lambda _: index.search(next(rows), 10), questions, 60)
    return encode, scan


def uncached(config: Config, port: int) -> list[str]:
    """Return the options of a service that computes every vector."""
    return [f"serve.port={port}", f"home={config.home}", "serve.embedding_cache_mb=0"]


def searches(questions: list[str], **more: object) -> list[Body]:
    """Return one search request per question."""
    return [{"query": question, "k": 10, **more} for question in questions]


def run(url: str, bodies: list[Body], clients: int, seconds: float = SECONDS) -> Course:
    """Ask with so many clients, after a second to warm up that is not counted."""
    target = Target(url=url, bodies=bodies)
    asyncio.run(closed_loop(target, clients, 1.0, first=len(bodies) // 2))
    return asyncio.run(closed_loop(target, clients, seconds))


def replica_milliseconds(url: str, bodies: list[Body]) -> float:
    """Return the median of what the search replica says that it took, asked one after another."""
    taken = []
    for body in bodies:
        request = urllib.request.Request(
            url, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request) as answer:
            taken.append(json.load(answer)["milliseconds"])
    return float(np.median(taken[len(taken) // 5 :]))


def ours(config: Config, questions: list[str], bare: tuple[float, float]) -> dict[str, Course]:
    """Measure our service; return its courses with 8 clients."""
    encode, scan = bare
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    options = uncached(config, port)
    embeds: list[Body] = [{"model": config.serve.model_name, "input": text} for text in questions]
    vector, hybrid = searches(questions, mode="vector"), searches(questions, mode="hybrid")
    with serving("jobs.serve", *options, ready=f"{url}/health/ready"):
        one = run(f"{url}/v1/embeddings", embeds, 1)
        say("embedding over HTTP, 1 client, p50", one.at(50), "ms")
        say("  HTTP adds (target <= 15)", one.at(50) - encode, "ms")
        inner = replica_milliseconds(f"{url}/v1/search", vector[-100:])
        say("vector search inside its replica, p50", inner, "ms")
        say("  / (encoding + one exact scan), x (target <= 1.3)", inner / (encode + scan), "")
        for name, bodies in (("vector", vector), ("hybrid", hybrid)):
            course = run(f"{url}/v1/search", bodies, 1)
            say(f"{name} search over HTTP, 1 client, p50", course.at(50), "ms")
            if name == "vector":
                say("  HTTP adds (target <= 25)", course.at(50) - encode - scan, "ms")
        courses = {
            "embedding": run(f"{url}/v1/embeddings", embeds, 8),
            "vector search": run(f"{url}/v1/search", vector, 8),
            "hybrid search": run(f"{url}/v1/search", hybrid, 8),
        }
    for name, course in courses.items():
        say(f"{name}, 8 clients", course.rate, "requests/s")
        say(f"{name}, 8 clients, p50", course.at(50), "ms")
        say("  p99 / p50, x (target <= 4)", course.at(99) / course.at(50), "")
    return courses


def beside_the_peer(inputs: dict[str, Path], questions: list[str], ours: dict[str, Course]) -> None:
    """Measure the server without batching on the same questions."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    arguments = (str(inputs["train"] / "model"), str(inputs["index"]), str(port))
    with serving("tests.benchmarks.peer", *arguments, ready=f"{url}/openapi.json"):
        embedding = run(f"{url}/embed", [{"input": text} for text in questions], 8)
        search = run(f"{url}/search", searches(questions), 8)
    for name, course in (("embedding", embedding), ("vector search", search)):
        say(f"{name}, FastAPI + SentenceTransformer, 8 clients", course.rate, "requests/s")
        say("  ours is faster, x (target >= 2)", ours[name].rate / course.rate, "")


@job
def main(config: Config) -> None:
    """Run all of it."""
    inputs, questions = find_inputs("serve", config), questions_of(config)
    np.random.default_rng(config.seed).shuffle(questions)
    set_threads(config.cluster.threads)
    encoder = build_encoder(config.encoder, inputs["train"] / "model", cache=config.cache)
    bare = inside(encoder, inputs["index"], iter(questions))
    say(f"encode one question, bare ({encoder.path}), p50", bare[0], "ms")
    say("one exact scan of the pack, p50", bare[1], "ms")
    beside_the_peer(inputs, questions, ours(config, questions, bare))


if __name__ == "__main__":
    main()
