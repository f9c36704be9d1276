"""Twice what the service can take, for minutes: what is accepted, what is refused, what remains.

    python -m tests.benchmarks.overload [home=…]        MINUTES=10 by default

Accepted requests must stay within the deadline, the rest get 429 or 503, memory stays flat, and
afterwards everything is as before.
"""

import asyncio
import os
import sys

import numpy as np

from lawvault.config.command_line import job
from lawvault.config.tree import Config
from tests.benchmarks.load import (
    Course,
    Target,
    closed_loop,
    memory_of,
    open_loop,
    serving,
)
from tests.benchmarks.serving import questions_of, say, searches, uncached
from tests.ports import free_port

MINUTES = float(os.environ.get("MINUTES", "10"))


async def watched(target: Target, rate: float, root: int) -> tuple[Course, list[float]]:
    """Send `rate` requests a second; return how it went, and the MB of memory every ten seconds."""
    load = asyncio.create_task(open_loop(target, rate, 60 * MINUTES))
    memory: list[float] = []
    while not load.done():
        memory.append(memory_of(root) / 1e6)
        await asyncio.wait([load], timeout=10)
    return load.result(), memory


@job
def main(config: Config) -> None:
    """Run it; end with 1 if a promise was broken."""
    questions = questions_of(config)
    np.random.default_rng(config.seed).shuffle(questions)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    target = Target(url=f"{url}/v1/search", bodies=searches(questions))
    with serving("jobs.serve", *uncached(config, port), ready=f"{url}/health/ready") as root:
        before = asyncio.run(closed_loop(target, 8, 20))
        say("capacity: 8 clients", before.rate, "requests/s")
        course, memory = asyncio.run(watched(target, 2 * before.rate, root))
        after = asyncio.run(closed_loop(target, 8, 20))
    refused = course.counts.get(429, 0) + course.counts.get(503, 0)
    failed = sum(course.counts.values()) - course.counts.get(200, 0) - refused
    say(f"{MINUTES:g} minutes at twice that: accepted", course.rate, "requests/s")
    say("  refused with 429 or 503", refused / course.elapsed, "requests/s")
    say("  anything else (0 wanted)", failed, str(course.counts))
    say("  accepted, p50", course.at(50), "ms")
    say("  accepted, slowest (the deadline is serve.timeout_s)", course.at(100), "ms")
    say("  refused, p99 (target <= 250)", course.at(99, 429), "ms")
    say("memory in the second minute", float(np.median(memory[6:12] or memory)), "MB")
    say("memory in the last minute", float(np.median(memory[-6:])), "MB")
    say("afterwards: 8 clients", after.rate, "requests/s")
    sys.exit(1 if failed or course.at(100) > 1000 * config.serve.timeout_s else 0)


if __name__ == "__main__":
    main()
