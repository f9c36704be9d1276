"""Load for servers: processes that are started and ended, clients that ask and note how it went."""

import asyncio
import collections
import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import numpy as np

Body = dict[str, object]


@dataclass(kw_only=True)
class Course:
    """What came back: seconds of every answer by its status; 0 stands for none at all."""

    seconds: dict[int, list[float]] = field(default_factory=lambda: collections.defaultdict(list))
    elapsed: float = 0.0

    @property
    def rate(self) -> float:
        """Answers of status 200 a second."""
        return len(self.seconds[200]) / self.elapsed

    def at(self, percentile: float, status: int = 200) -> float:
        """Milliseconds below which `percentile` percent of the answers of `status` came."""
        return 1000 * float(np.percentile(self.seconds[status] or [np.nan], percentile))

    @property
    def counts(self) -> dict[int, int]:
        """How many answers had each status."""
        return {status: len(times) for status, times in sorted(self.seconds.items()) if times}


@dataclass(frozen=True, kw_only=True)
class Target:
    """One route and what is sent to it, in turn."""

    url: str
    bodies: Sequence[Body]

    async def ask(self, client: aiohttp.ClientSession, number: int, course: Course) -> None:
        """Send request `number` and note how it went."""
        start, status = time.perf_counter(), 0
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with client.post(self.url, json=self.bodies[number % len(self.bodies)]) as answer:
                await answer.read()
                status = answer.status
        course.seconds[status].append(time.perf_counter() - start)


@contextlib.asynccontextmanager
async def _client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=180)
    ) as client:
        yield client


async def closed_loop(target: Target, clients: int, seconds: float, first: int = 0) -> Course:
    """Let `clients` ask one after another for so long; request numbers start at `first`."""
    course, numbers = Course(), iter(range(first, 1 << 40))
    start = time.perf_counter()

    async def one(client: aiohttp.ClientSession) -> None:
        while time.perf_counter() - start < seconds:
            await target.ask(client, next(numbers), course)

    async with _client() as client:
        await asyncio.gather(*(one(client) for _ in range(clients)))
    course.elapsed = time.perf_counter() - start
    return course


async def open_loop(target: Target, rate: float, seconds: float) -> Course:
    """Send `rate` requests a second for so long, whether or not answers come."""
    course, waiting = Course(), set()
    start = time.perf_counter()
    async with _client() as client:
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, start + number / rate - time.perf_counter()))
            task = asyncio.create_task(target.ask(client, number, course))
            waiting.add(task)
            task.add_done_callback(waiting.discard)
        await asyncio.gather(*waiting)
    course.elapsed = time.perf_counter() - start
    return course


@contextlib.contextmanager
def serving(module: str, *arguments: str, ready: str) -> Iterator[int]:
    """Run `python -m module …` until the block ends; yield its pid once `ready` answers 200."""
    command = [sys.executable, "-m", module, *arguments]
    process = subprocess.Popen(command, stdout=sys.stderr, start_new_session=True)
    try:
        _wait_for(ready, process)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args} ended with {process.returncode}")
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=5)
            return
        time.sleep(0.2)
    raise RuntimeError(f"{url} does not answer")


def memory_of(root: int) -> int:
    """Return the bytes of memory that a process and all below it have to themselves, in all."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with contextlib.suppress(OSError):
                parents[int(folder.name)] = int(
                    (folder / "stat").read_text().rpartition(")")[2].split()[1]
                )
    family, total = {root}, 0
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    for pid in family:
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{pid}/statm").read_text().split()
            total += (int(words[1]) - int(words[2])) * os.sysconf("SC_PAGE_SIZE")
    return total
