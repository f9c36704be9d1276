"""One replica holds several models, each loaded once, beside the event loop."""

import asyncio
import gc
import time
import weakref
from pathlib import Path

import pytest

from lawvault.config.pipeline import EncoderConfig
from lawvault.errors import IntegrityError
from lawvault.models.encoder import Prefixes
from lawvault.serve.embed.embedder import Embedder
from lawvault.serve.embed.models import KEEP_SECONDS, Model, Models
from lawvault.serve.release import AGAIN_SECONDS, Release


def release(model: str = "m", pack: str = "p") -> Release:
    return Release(model=Path("/", model), pack=Path("/", pack), encoder=EncoderConfig())


class Shelf:
    """Where models come from: counts what is loaded, and what is held against which pack."""

    def __init__(self, encoder, prefixes) -> None:
        self._model = Model(encoder=encoder, embedder=Embedder(encoder, prefixes, max_tokens=60))
        self.now = 0.0
        self.loaded: list[str] = []
        self.proven: list[str] = []
        self.broken: set[str] = set()
        self.models = Models(self._load, self._prove, clock=lambda: self.now)

    def _load(self, release: Release) -> Model:
        self.loaded.append(release.model.name)
        time.sleep(0.05)
        if release.model.name in self.broken:
            raise IntegrityError("index_model_mismatch")
        return self._model

    def _prove(self, model: Model, pack: Path) -> None:
        self.proven.append(pack.name)
        if pack.name in self.broken:
            raise IntegrityError("index_model_mismatch")


@pytest.fixture
def shelf(built, prefixes) -> Shelf:
    return Shelf(built.encoder, prefixes)


@pytest.fixture
def prefixes() -> Prefixes:
    return Prefixes(query="问：", document="文：", title_separator=" ")


def test_who_cannot_wait_learns_at_once_whether_a_model_is_there_and_proven(shelf):
    assert shelf.models.loaded(release()) is None
    assert shelf.loaded == []

    opened = shelf.models.open(release())

    assert shelf.models.loaded(release()) is opened
    assert shelf.models.loaded(release(pack="another")) is None


def test_many_who_ask_at_once_wait_for_one_load_and_the_loop_goes_on(shelf):
    async def asking() -> int:
        waiting = asyncio.gather(*(shelf.models.of(release()) for _ in range(20)))
        turns = 0
        while not waiting.done():
            await asyncio.sleep(0.001)
            turns += 1
        return turns

    turns = asyncio.run(asking())

    assert shelf.loaded == ["m"]
    assert turns > 5


def test_a_new_pack_of_the_same_model_is_proven_but_loads_nothing(shelf):
    shelf.models.open(release(pack="p"))

    asyncio.run(shelf.models.of(release(pack="q")))
    asyncio.run(shelf.models.of(release(pack="q")))

    assert (shelf.loaded, shelf.proven) == (["m"], ["p", "q"])


@pytest.mark.parametrize("broken", ["m", "p"])
def test_what_fails_is_told_to_all_and_not_tried_again_at_once(shelf, broken):
    shelf.broken = {broken}

    for _ in range(3):
        with pytest.raises(IntegrityError, match="mismatch"):
            asyncio.run(shelf.models.of(release()))
    tried = len(shelf.loaded)
    shelf.broken, shelf.now = set(), AGAIN_SECONDS
    asyncio.run(shelf.models.of(release()))

    assert tried == 1
    assert shelf.proven[-1] == "p"


def test_a_pack_that_is_refused_leaves_the_model_of_another_in_place(shelf):
    shelf.models.open(release(pack="p"))
    shelf.broken = {"q"}

    with pytest.raises(IntegrityError):
        asyncio.run(shelf.models.of(release(pack="q")))
    asyncio.run(shelf.models.of(release(pack="p")))

    assert shelf.loaded == ["m"]


def test_a_model_that_was_refused_is_not_kept_in_memory_by_its_error(built, prefixes):
    kept = []

    def load(release: Release) -> Model:
        model = Model(
            encoder=built.encoder, embedder=Embedder(built.encoder, prefixes, max_tokens=60)
        )
        kept.append(weakref.ref(model.embedder))
        return model

    def prove(model: Model, pack: Path) -> None:
        raise IntegrityError("index_model_mismatch")

    models = Models(load, prove)
    with pytest.raises(IntegrityError) as refusal:
        asyncio.run(models.of(release()))
    del refusal
    gc.collect()

    assert [one() for one in kept] == [None]


def test_one_who_leaves_takes_the_load_from_nobody(shelf):
    async def asking() -> Model:
        one = asyncio.create_task(shelf.models.of(release()))
        other = asyncio.create_task(shelf.models.of(release()))
        await asyncio.sleep(0.01)
        one.cancel()
        return await other

    assert asyncio.run(asking()).encoder.dimension == 64
    assert shelf.loaded == ["m"]


def test_the_model_before_is_dropped_when_nobody_has_asked_for_it_for_a_while(shelf):
    old, new = release("old"), release("new")
    shelf.models.open(old)
    shelf.models.open(new)
    shelf.models.forget(but=new)
    asyncio.run(shelf.models.of(old))
    kept = list(shelf.loaded)

    shelf.now = KEEP_SECONDS + 1
    shelf.models.forget(but=new)
    asyncio.run(shelf.models.of(new))
    asyncio.run(shelf.models.of(old))

    assert kept == ["old", "new"]
    assert shelf.loaded == ["old", "new", "old"]
