"""Print what sharing the model does for many callers at once, with the real encoder.

    python -m tests.benchmarks.batching

Every line is measured in this process, distinct texts everywhere, seeds fixed.  Beside the seconds
of the clock stands what does not depend on other work on this machine: padding and batches.
"""

import asyncio
import random
import sys
import time
from collections.abc import Iterator

import numpy as np

from lawvault.config.serve import ServeConfig
from lawvault.config.tree import Config
from lawvault.models.encoder import Encoder, build_encoder, prefixes_of, set_threads
from lawvault.serve.embed.embedder import Embedder

CLIENTS, QUESTIONS, ARTICLES = 8, 64, 2048
WORDS = "劳动合同解除终止赔偿工资离婚子女抚养房屋租赁担保债务侵权责任起诉期限公司股东出资行政处罚"


def text(draw: random.Random, low: int, high: int) -> str:
    """Return a text of that many characters, unlike any other."""
    return "".join(draw.choices(WORDS, k=draw.randint(low, high)))


def questions(draw: random.Random) -> Iterator[str]:
    """Yield questions of a sentence without end."""
    while True:
        yield text(draw, 8, 40)


async def one_by_one(embedder: Embedder, asked: Iterator[str]) -> float:
    """Return the questions per second of one client."""
    begin = time.perf_counter()
    for _ in range(QUESTIONS):
        await embedder.embed([next(asked)], "query")
    return QUESTIONS / (time.perf_counter() - begin)


async def together(embedder: Embedder, asked: Iterator[str]) -> float:
    """Return the questions per second of `CLIENTS` clients."""
    begin = time.perf_counter()

    async def client() -> None:
        for _ in range(QUESTIONS // CLIENTS):
            await embedder.embed([next(asked)], "query")

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return QUESTIONS / (time.perf_counter() - begin)


async def beside_articles(
    embedder: Embedder, asked: Iterator[str], articles: list[str], *, seconds: float
) -> list[float]:
    """Return the milliseconds of questions that come while one request has many articles."""
    large = asyncio.create_task(embedder.embed(articles, "document", may_cut=True))
    await asyncio.sleep(0.3)
    waits, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end and not large.done():
        begin = time.perf_counter()
        await embedder.embed([next(asked)], "query")
        waits.append(1000 * (time.perf_counter() - begin))
        await asyncio.sleep(0.05)  # somewhere in the middle of the next batch
    large.cancel()
    await asyncio.wait([large])
    return waits


async def padding(embedder: Embedder, draw: random.Random) -> str:
    """Return how much of a mixed load is padding."""
    before = embedder.stats().batches
    requests = [[text(draw, 8, 40)] for _ in range(16)]
    requests += [[text(draw, 20, 230) for _ in range(24)] for _ in range(4)]
    await asyncio.gather(*(embedder.embed(one, "document", may_cut=True) for one in requests))
    after = embedder.stats().batches
    padded = after.padded_tokens - before.padded_tokens
    share = 1 - (after.tokens - before.tokens) / padded
    return f"{100 * share:.1f} % of {padded} tokens in {after.batches - before.batches} batches"


async def measure(encoder: Encoder, config: Config) -> None:
    """Print the table."""
    draw = random.Random(0)
    asked = questions(draw)
    embedder = Embedder(
        encoder,
        prefixes_of(config.encoder),
        max_tokens=config.encoder.max_tokens,
        config=ServeConfig(),
    )
    await one_by_one(embedder, asked)
    say("questions/s, one client", f"{await one_by_one(embedder, asked):.1f}")
    say(f"questions/s, {CLIENTS} clients", f"{await together(embedder, asked):.1f}")
    say("padding of 16 questions and 4 x 24 texts at once", await padding(embedder, draw))
    articles = [text(draw, 30, 200) for _ in range(ARTICLES)]
    waits = await beside_articles(embedder, asked, articles, seconds=15)
    p50, p99 = np.percentile(waits, [50, 99])
    say(f"a question beside {ARTICLES} articles, p50, p99", f"{p50:.0f} ms, {p99:.0f} ms")
    begin = time.perf_counter()
    question = next(asked)
    await embedder.embed([question], "query")
    alone = time.perf_counter()
    await embedder.embed([question], "query")
    again = time.perf_counter()
    say(
        "a question alone; again, known",
        f"{1e3 * (alone - begin):.1f} ms; {1e3 * (again - alone):.2f} ms",
    )


def say(what: str, value: str) -> None:
    """Print one line of the table."""
    sys.stdout.write(f"  {what:50} {value}\n")
    sys.stdout.flush()


def main() -> None:
    """Load the encoder as serving does, and measure."""
    config = Config()
    set_threads(config.cluster.threads)
    encoder = build_encoder(config.encoder, None, cache=config.cache)
    say("numeric path", encoder.path)
    asyncio.run(measure(encoder, config))


if __name__ == "__main__":
    main()
