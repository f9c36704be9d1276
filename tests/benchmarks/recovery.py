"""A replica of each application is killed: how long until the service answers again.

    python -m tests.benchmarks.recovery [home=…]        ROUNDS=3 by default

Nothing else may run beside it: a replica that starts needs both cores.
"""

import asyncio
import collections
import os
import sys
import time

import aiohttp
import numpy as np
import psutil

from lawvault.config.command_line import job
from lawvault.config.tree import Config
from tests.benchmarks.load import Body, serving
from tests.benchmarks.serving import say, uncached
from tests.ports import free_port

ROUNDS = int(os.environ.get("ROUNDS", "3"))
WANTED_SECONDS = 5.0
REST_SECONDS = 8.0
"""Between two deaths: a search replica loads its own model after it has begun to answer."""
SEARCH: tuple[str, Body] = ("/v1/search", {"query": "老板拖欠工资", "mode": "hybrid"})
EMBED: tuple[str, Body] = ("/v1/embeddings", {"model": "lawvault-embed", "input": "拖欠工资"})
ASKED = {"search": SEARCH, "embedding": EMBED, "gateway": SEARCH}


def replica_of(application: str, root: int) -> psutil.Process:
    """Return the process of an application's only replica."""
    below = psutil.Process(root).children(recursive=True)
    (found,) = (one for one in below if f"ServeReplica:{application}:" in " ".join(one.cmdline()))
    return found


async def seconds_without(url: str, application: str, root: int) -> tuple[float, dict[int, int]]:
    """Kill a replica; return the seconds until the first 200, and what came before by status."""
    path, body = ASKED[application]
    seen: collections.Counter[int] = collections.Counter()
    replica = replica_of(application, root)
    async with aiohttp.ClientSession() as client:
        start = time.perf_counter()
        replica.kill()
        replica.wait(10)
        while True:
            status = 0
            try:
                async with client.post(url + path, json=body) as answer:
                    status = answer.status
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)
            if status == 200:
                return time.perf_counter() - start, dict(seen)
            seen[status] += 1
            await asyncio.sleep(0.05)


@job
def main(config: Config) -> None:
    """Run it; end with 1 if an application took longer than was promised."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    slowest = 0.0
    with serving("jobs.serve", *uncached(config, port), ready=f"{url}/health/ready") as root:
        for application in ASKED:
            took = []
            for _ in range(ROUNDS):
                time.sleep(REST_SECONDS)
                seconds, seen = asyncio.run(seconds_without(url, application, root))
                took.append(seconds)
                say(f"{application} killed, first answer after", seconds, f"s, before it {seen}")
            slowest = max(slowest, float(np.median(took)))
    say("slowest median (target <= 5)", slowest, "s")
    sys.exit(1 if slowest > WANTED_SECONDS else 0)


if __name__ == "__main__":
    main()
