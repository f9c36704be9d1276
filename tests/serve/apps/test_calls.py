"""How one application finds another: rarely asked, never taken to be there when it is gone."""

import asyncio
import threading
import time

import pytest
from ray.serve.exceptions import RayServeException

from lawvault.serve.apps.on_ray import KNOWN_SECONDS, App


class Watched(App):
    """An application that is looked for slowly, and may be gone."""

    def __init__(self) -> None:
        super().__init__("search", "Search")
        self.looked = 0
        self.is_there = True
        self.lock = threading.Lock()

    def _found(self):
        with self.lock:
            self.looked += 1
        time.sleep(0.05)
        if not self.is_there:
            raise RayServeException("gone")
        return f"handle {self.looked}"


def test_of_many_callers_one_asks_whether_an_application_is_still_there():
    app = Watched()

    async def crowd():
        await app._reached()
        app._known_until -= 2 * KNOWN_SECONDS
        return await asyncio.gather(*(app._reached() for _ in range(50)))

    handles = asyncio.run(crowd())

    assert app.looked == 2
    assert handles == ["handle 2"] + ["handle 1"] * 49


def test_an_application_that_is_gone_is_asked_for_again_by_every_caller():
    app = Watched()

    async def gone():
        await app._reached()
        app._known_until -= 2 * KNOWN_SECONDS
        app.is_there = False
        with pytest.raises(RayServeException):
            await app._reached()
        with pytest.raises(RayServeException):
            await app._reached()
        app.is_there = True
        return await app._reached()

    assert asyncio.run(gone()) == "handle 4"
