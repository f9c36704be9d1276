"""The models that one replica holds: that of the newest release, and for a while the one before.

While a service goes over from one release to another, questions come for both: a data pack is only
ever searched with vectors of the model that made it.  So whoever asks says which release it has
open, and a model that is not here yet is loaded, once for all who wait, beside the event loop.
"""

import asyncio
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lawvault.models.encoder import Encoder, build_encoder, prefixes_of, set_threads
from lawvault.models.fingerprint import check_canaries, read_fingerprint
from lawvault.retrieve.guard import check_path
from lawvault.serve.embed.embedder import Embedder
from lawvault.serve.production import EncodingArgs
from lawvault.serve.release import AGAIN_SECONDS, Clock, Release

KEEP_SECONDS = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A loaded model, and the door to it."""

    encoder: Encoder
    embedder: Embedder


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    error: Exception
    until: float


class Models:
    """Loaded models by the release they belong to."""

    def __init__(
        self,
        load: Callable[[Release], Model],
        prove: Callable[[Model, Path], None],
        *,
        clock: Clock = time.monotonic,
    ) -> None:
        """Load with `load`; `prove` raises if a model must not be used with a data pack."""
        self._load, self._prove, self._clock = load, prove, clock
        self._lock = threading.Lock()
        self._held: dict[str, Model] = {}
        self._used: dict[str, float] = {}
        self._proven: set[str] = set()
        self._opening: dict[str, asyncio.Task[Model]] = {}
        self._failures: dict[str, _Failure] = {}

    def open(self, release: Release) -> Model:
        """Return the model of a release, loaded and proven; blocks until it is.

        Raises:
            LawVaultError: it cannot be loaded, or does not go with the data pack.
        """
        key = _model_of(release)
        with self._lock:
            model = self._held.get(key) or self._load(release)
            self._prove(model, release.pack)
            self._held[key], self._used[key] = model, self._clock()
            self._proven.add(release.model_dump_json())
        return model

    def loaded(self, release: Release) -> Model | None:
        """Return the model of a release if it is loaded and proven; never blocks."""
        key = _model_of(release)
        model = self._held.get(key)
        if model is None or release.model_dump_json() not in self._proven:
            return None
        self._used[key] = self._clock()
        return model

    async def of(self, release: Release) -> Model:
        """Return the model of a release; what fails is not tried again for a while.

        Raises:
            LawVaultError: as `open`.
        """
        model, name = self.loaded(release), release.model_dump_json()
        if model is not None:
            return model
        failure = self._failures.get(name)
        if failure is not None and self._clock() < failure.until:
            raise failure.error.with_traceback(None)
        if name not in self._opening:
            self._opening[name] = asyncio.create_task(self._opened(release, name))
        return await asyncio.shield(self._opening[name])  # the others still wait if one leaves

    def forget(self, *, but: Release) -> None:
        """Drop the models that nobody has asked for lately, except that of `but`."""
        oldest = self._clock() - KEEP_SECONDS
        for key, used in list(self._used.items()):
            if used < oldest and key != _model_of(but):
                del self._held[key], self._used[key]

    async def _opened(self, release: Release, name: str) -> Model:
        try:
            return await asyncio.to_thread(self.open, release)
        except Exception as error:  # to be told to whoever asks next
            traceback.clear_frames(error.__traceback__)  # they hold the model that is no use
            self._failures[name] = _Failure(error=error, until=self._clock() + AGAIN_SECONDS)
            raise
        finally:
            del self._opening[name]


def loader(args: EncodingArgs) -> Callable[[Release], Model]:
    """Return what loads the model of a release, proven on its own canaries.

    Arithmetic takes `args.threads` from now on: a fractional CPU would leave it one.
    """
    set_threads(args.threads)

    def load(release: Release) -> Model:
        encoder = build_encoder(release.encoder, release.model, cache=args.cache)
        check_canaries(encoder, read_fingerprint(release.model))
        embedder = Embedder(
            encoder,
            prefixes_of(release.encoder),
            max_tokens=encoder.max_tokens,
            config=args.serve,
        )
        return Model(encoder=encoder, embedder=embedder)

    return load


def prove(model: Model, pack: Path) -> None:
    """Refuse to make vectors that those of the data pack do not go with."""
    check_path(model.encoder, pack)


def _model_of(release: Release) -> str:
    return release.model_dump_json(exclude={"pack"})
