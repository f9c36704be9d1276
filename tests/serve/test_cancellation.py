"""Clients that go away, and crowds: work ends with them, places come back, others are served.

Over real sockets, with uvicorn in a thread, because who leaves can only be seen there.
"""

import asyncio
import json
import random
import socket
import threading
import time

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from lawvault.config.serve import ServeConfig
from lawvault.serve.gate.admission import Admission
from lawvault.serve.keys import VARIABLE, KeyRing
from tests.serve.wire import HOST, listening, until


class Slow:
    """An inside that takes its time, and counts who is in it and who was sent away."""

    def __init__(self, seconds: float, *, streaming: bool = False, at_once: int = 1000) -> None:
        self.seconds, self.streaming = seconds, streaming
        self.inside = self.finished = self.cancelled = 0
        self._turns = asyncio.Semaphore(at_once)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.inside += 1
        try:
            async with self._turns:
                if self.streaming:
                    await send({"type": "http.response.start", "status": 200, "headers": []})
                for _ in range(10):
                    await asyncio.sleep(self.seconds / 10)
                    if self.streaming:
                        piece = {"type": "http.response.body", "body": b"x", "more_body": True}
                        await send(piece)
            if not self.streaming:
                await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"done"})
            self.finished += 1
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.inside -= 1


def asks(port: int) -> socket.socket:
    client = socket.create_connection((HOST, port))
    client.sendall(
        f"POST /v1/search HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 2\r\n\r\n{{}}".encode()
    )
    return client


@pytest.mark.parametrize("streaming", [False, True])
def test_work_ends_within_a_second_when_its_client_leaves(streaming):
    inside = Slow(60, streaming=streaming)
    gate = Admission(inside, ServeConfig(max_concurrent=1))

    with listening(gate) as port:
        client = asks(port)
        until(lambda: inside.inside == 1)
        client.close()
        seconds = until(lambda: inside.inside == 0)

    assert seconds < 1
    assert gate.in_work == 0
    assert (inside.cancelled, inside.finished) == (1, 0)


def test_two_hundred_clients_that_leave_at_any_moment_leave_nothing_behind():
    inside = Slow(0.3)
    gate = Admission(inside, ServeConfig(max_concurrent=1000))
    tasks: set[int] = set()

    async def counted(scope, receive, send):
        if scope["path"] == "/tasks":
            tasks.add(len(asyncio.all_tasks()))
        await gate(scope, receive, send)

    chance = random.Random(17)
    with listening(counted) as port:
        httpx.get(f"http://{HOST}:{port}/tasks")
        before = max(tasks)
        for _ in range(200):
            client = asks(port)
            threading.Timer(chance.uniform(0, 0.35), client.close).start()
        until(lambda: inside.inside == 0 and inside.cancelled + inside.finished >= 200)
        time.sleep(0.1)
        tasks.clear()
        httpx.get(f"http://{HOST}:{port}/tasks")

    assert inside.cancelled > 100
    assert gate.in_work == 0
    assert max(tasks) <= before


async def crowd(gate: Admission, clients: int, seconds: float) -> tuple[int, list[float]]:
    """Have clients ask one after another; return how many answers came, and how long a 429 took."""
    answered, refusals = 0, []
    end = time.monotonic() + seconds

    async def client() -> None:
        nonlocal answered
        while time.monotonic() < end:
            begin = time.monotonic()
            answer = await ask_gate(gate)
            if answer["status"] == 200:
                answered += 1
                continue
            assert answer["status"] == 429
            assert answer["retry-after"] == "1"
            assert answer["body"]["error"]["code"] == "too_many_requests"
            refusals.append(time.monotonic() - begin)
            await asyncio.sleep(0.25)  # sooner than it was told

    await asyncio.gather(*[client() for _ in range(clients)])
    return answered, refusals


async def ask_gate(gate: Admission, headers: tuple[tuple[bytes, bytes], ...] = ()) -> dict:
    """Send one request straight to the gate; return status, headers and JSON of the answer."""
    said: dict = {"body": None}
    complete = asyncio.Event()
    requests = iter([{"type": "http.request", "body": b"{}"}])

    async def receive():
        for message in requests:
            return message
        await complete.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        if message["type"] == "http.response.start":
            said["status"] = message["status"]
            said.update({name.decode(): value.decode() for name, value in message["headers"]})
            return
        if said["status"] != 200:
            said["body"] = json.loads(message["body"])
        complete.set()

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/search",
        "headers": [(b"host", HOST.encode()), *headers],
    }
    await gate(scope, receive, send)
    return said


def test_a_crowd_is_turned_away_at_once_and_slows_nobody_who_is_in():
    inside = Slow(0.1, at_once=16)
    gate = Admission(inside, ServeConfig(max_concurrent=32))

    async def course() -> tuple[dict[int, int], list[float]]:
        goodput, refusals = {}, []
        for clients in (1, 4, 16, 64, 200):
            goodput[clients], refused = await crowd(gate, clients, seconds=1.5)
            refusals += refused
            print(f"{clients} clients: {goodput[clients] / 1.5:.0f} answers/s, {len(refused)} 429")
        return goodput, refusals

    goodput, refusals = asyncio.run(course())

    slowest = sorted(refusals)[int(len(refusals) * 0.99)]
    print(f"99 of 100 refusals within {1000 * slowest:.1f} ms")
    assert slowest <= 0.25
    assert goodput[200] >= 0.9 * max(goodput.values())
    assert gate.in_work == 0


def test_a_key_that_asks_for_all_there_is_does_not_starve_another():
    inside = Slow(0.05, at_once=8)
    keys = KeyRing.load("", {VARIABLE: "the-key-of-the-hog,the-key-of-the-other"})
    gate = Admission(inside, ServeConfig(max_concurrent=16), keys=keys)
    hog, other = (
        ((b"authorization", b"Bearer the-key-of-the-" + name),) for name in (b"hog", b"other")
    )

    async def course() -> list[int]:
        end = time.monotonic() + 1.5

        async def greedy() -> None:
            while time.monotonic() < end:
                if (await ask_gate(gate, hog))["status"] == 429:
                    await asyncio.sleep(0.02)

        async def modest() -> list[int]:
            return [(await ask_gate(gate, other))["status"] for _ in range(8)]

        _, statuses = await asyncio.gather(asyncio.gather(*[greedy() for _ in range(60)]), modest())
        return statuses

    assert asyncio.run(course()) == [200] * 8
