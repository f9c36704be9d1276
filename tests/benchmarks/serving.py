"""What the service adds to the bare model, and how it stands beside a server without batching.

    python -m tests.benchmarks.serving [home=…]

Serves the demo's artifacts (`make demo SERVE=0` makes them) without the cache of embeddings, for
the questions are few.  A machine is not equally fast all the time, so what makes a ratio is
measured in turns, in short rounds, while both servers run.
"""

import asyncio
import collections
import functools
import itertools
import json
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
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
from tests.ports import free_port

CALLS, ROUNDS, SECONDS = 150, 5, 5.0
"""Calls of each kind by one client; rounds by eight, and how long each is."""

Times = Mapping[str, Sequence[float]]
"""Milliseconds of single calls, by what was called."""


def say(what: str, value: float, unit: str) -> None:
    """Print one line of the table."""
    sys.stdout.write(f"  {what:66} {value:9.2f} {unit}\n")
    sys.stdout.flush()


def questions_of(config: Config) -> list[str]:
    """Return the texts of all queries that the demo has, each once, shuffled."""
    table = read_table(find_inputs("evaluate", config)["generate"], QUERIES)
    questions = sorted(set(table["text"].to_pylist()))
    np.random.default_rng(config.seed).shuffle(questions)
    return questions


def took(work: Callable[[], object]) -> float:
    """Return the milliseconds of one call."""
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)


@dataclass(frozen=True, kw_only=True)
class Ours:
    """Our service: what it is asked, and how long it says that it took."""

    url: str
    model: str

    def embedding(self, question: str) -> Body:
        """Return the request for one vector."""
        return {"model": self.model, "input": question}

    def ask(self, route: str, body: Body) -> bytes:
        """Return the answer to one request."""
        data, kind = json.dumps(body).encode(), {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}{route}", data, kind)
        with urllib.request.urlopen(request) as answer:
            read: bytes = answer.read()
        return read

    def inside(self, question: str) -> float:
        """Return the milliseconds that a search by meaning took inside its replica."""
        return float(json.loads(self.ask("/v1/search", search(question, "vector")))["milliseconds"])


def search(question: str, mode: str) -> Body:
    """Return one request for ten articles."""
    return {"query": question, "k": 10, "mode": mode}


def searches(questions: list[str], mode: str = "auto") -> list[Body]:
    """Return one search request per question."""
    return [search(question, mode) for question in questions]


def uncached(config: Config, port: int) -> list[str]:
    """Return the options of a service that computes every vector."""
    return [f"serve.port={port}", f"home={config.home}", "serve.embedding_cache_mb=0"]


def one_client(ours: Ours, encoder: Encoder, index: DenseIndex, questions: list[str]) -> Times:
    """Ask one after another, the bare model after every call, so that all find the machine alike.

    `in a row` are bare encodings with nothing between them: the caches of the CPU stay theirs,
    which no service can have that is asked now and then.
    """
    asked, taken = itertools.cycle(questions), collections.defaultdict[str, list[float]](list)

    def bare(question: str) -> None:
        index.search(encoder.encode_queries([question])[0], 10)

    calls: dict[str, Callable[[str], object]] = {
        "embedding": lambda text: ours.ask("/v1/embeddings", ours.embedding(text)),
        "vector": lambda text: ours.ask("/v1/search", search(text, "vector")),
        "hybrid": lambda text: ours.ask("/v1/search", search(text, "hybrid")),
    }
    for _ in range(CALLS):
        for name, call in calls.items():
            taken[name].append(took(functools.partial(call, next(asked))))
            taken["bare"].append(took(functools.partial(bare, next(asked))))
        taken["inside"].append(ours.inside(next(asked)))
        taken["bare"].append(took(functools.partial(bare, next(asked))))
    for _ in range(CALLS):
        taken["in a row"].append(took(functools.partial(bare, next(asked))))
    return {name: times[len(times) // 5 :] for name, times in taken.items()}


def show_one_client(taken: Times) -> None:
    """Print what one client waits for."""
    of = {name: float(np.median(times)) for name, times in taken.items()}
    say("one encoding and one exact scan, bare, p50", of["bare"], "ms")
    say("  the same in a row, nothing between, p50", of["in a row"], "ms")
    say("embedding over HTTP, p50", of["embedding"], "ms")
    say("  HTTP adds (target <= 15)", of["embedding"] - of["bare"], "ms")
    say("vector search inside its replica, p50", of["inside"], "ms")
    say("  / bare, x (target <= 1.3)", of["inside"] / of["bare"], "")
    say("  / bare in a row, x", of["inside"] / of["in a row"], "")
    say("vector search over HTTP, p50", of["vector"], "ms")
    say("  HTTP adds (target <= 25)", of["vector"] - of["bare"], "ms")
    say("hybrid search over HTTP, p50", of["hybrid"], "ms")


def eight_clients(targets: Mapping[str, Target]) -> dict[str, list[Course]]:
    """Ask every target in turn by eight clients; return the courses of all rounds."""
    courses = collections.defaultdict[str, list[Course]](list)
    for number in range(ROUNDS + 1):
        for name, target in targets.items():
            first = number * len(target.bodies) // (ROUNDS + 1)
            courses[name].append(asyncio.run(closed_loop(target, 8, SECONDS, first=first)))
    return {name: rounds[1:] for name, rounds in courses.items()}  # the first one warms up


def show_eight_clients(courses: Mapping[str, Sequence[Course]]) -> None:
    """Print rates and spreads, and how we stand beside the peer, round by round."""
    for name, rounds in courses.items():
        say(f"{name}, 8 clients", float(np.median([one.rate for one in rounds])), "requests/s")
        spread = float(np.median([one.at(99) / one.at(50) for one in rounds]))
        say("  p99 / p50, x (target <= 4)", spread, "")
    for name in ("embedding", "vector search"):
        pairs = zip(courses[name], courses[f"{name}, peer"], strict=True)
        ratios = sorted(ours.rate / theirs.rate for ours, theirs in pairs)
        say(f"{name}, ours / peer, x (target >= 2)", float(np.median(ratios)), "")
        say("  least and most of the rounds", ratios[0], f"{ratios[-1]:.2f}")


@job
def main(config: Config) -> None:
    """Run all of it."""
    inputs, questions = find_inputs("serve", config), questions_of(config)
    model, pack = inputs["train"] / "model", inputs["index"]
    set_threads(config.cluster.threads)
    encoder = build_encoder(config.encoder, model, cache=config.cache)
    index = DenseIndex(pack)
    port, peer = free_port(), free_port()
    ours = Ours(url=f"http://127.0.0.1:{port}", model=config.serve.model_name)
    theirs = f"http://127.0.0.1:{peer}"
    vector, hybrid = searches(questions, "vector"), searches(questions, "hybrid")
    targets = {
        "embedding": Target(
            url=f"{ours.url}/v1/embeddings", bodies=[ours.embedding(text) for text in questions]
        ),
        "embedding, peer": Target(
            url=f"{theirs}/embed", bodies=[{"input": text} for text in questions]
        ),
        "vector search": Target(url=f"{ours.url}/v1/search", bodies=vector),
        "vector search, peer": Target(url=f"{theirs}/search", bodies=vector),
        "hybrid search": Target(url=f"{ours.url}/v1/search", bodies=hybrid),
    }
    with (
        serving("jobs.serve", *uncached(config, port), ready=f"{ours.url}/health/ready"),
        serving_peer(model, pack, peer),
    ):
        show_one_client(one_client(ours, encoder, index, questions))
        show_eight_clients(eight_clients(targets))


def serving_peer(model: Path, pack: Path, port: int) -> AbstractContextManager[int]:
    """Run the server without batching until the block ends."""
    ready = f"http://127.0.0.1:{port}/openapi.json"
    return serving("tests.benchmarks.peer", str(model), str(pack), str(port), ready=ready)


if __name__ == "__main__":
    main()
