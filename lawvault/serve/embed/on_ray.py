"""The application `embedding`: it holds the model, proves it on its canaries, encodes for all."""

import asyncio
import dataclasses
import time
from pathlib import Path
from typing import Any, NoReturn

from lawvault.errors import IntegrityError, LawVaultError
from lawvault.serve.apps.on_ray import bound, stand_back
from lawvault.serve.contract import ApiError, Side
from lawvault.serve.embed.embedder import Embedded, Embedder, Read
from lawvault.serve.embed.models import Models, loader, prove
from lawvault.serve.production import EmbeddingArgs
from lawvault.serve.release import LOOK_SECONDS, Follower, Release, read_release


class Embedding:
    """A replica: follows the pointer, and loads what else it is asked for."""

    def __init__(self, args: EmbeddingArgs) -> None:
        stand_back()
        self._args = args
        self._models = Models(loader(args.encoding), prove)
        pointer = Path(args.release)
        release = read_release(pointer)
        self._follower = Follower(pointer, release, self._models.open(release), self._models.of)
        self._following = asyncio.get_running_loop().create_task(self._follow())
        self._answered = time.monotonic()

    async def embed(
        self, texts: list[str], side: Side, may_cut: bool, release: Release | None = None
    ) -> Embedded:
        """Return the vectors of `texts` by the model of `release`, or by the newest."""
        embedder = await self._embedder(release)
        embedded = await embedder.embed(texts, side, may_cut=may_cut)
        self._answered = time.monotonic()
        return embedded

    async def read(self, question: str, compared: str, release: Release | None = None) -> Read:
        """Return what `Embedder.read` does by the model of `release`, or by the newest."""
        read = await (await self._embedder(release)).read(question, compared)
        self._answered = time.monotonic()
        return read

    async def prepare(self, release: Release) -> None:
        """Return once the model of `release` is loaded and goes with its data pack.

        Raises:
            LawVaultError: it does not.
        """
        await self._models.of(release)

    async def stats(self) -> dict[str, float]:
        """Return what this replica counted: its cache, and the batches it made."""
        stats = dataclasses.asdict(self._follower.opened.embedder.stats())
        return {
            f"{part}_{name}": float(value)
            for part, counts in stats.items()
            for name, value in counts.items()
        }

    async def ready(self) -> str:
        """Return `ok`, and after a comma why the newest release is not served."""
        trouble = self._follower.trouble
        return f"ok, {trouble}" if trouble else "ok"

    async def check_health(self) -> None:
        """Encode a text, unless that was done a moment ago.

        Raises:
            ApiError: the model gives no vector; Serve replaces the replica.
            IntegrityError: it no longer follows the pointer.
        """
        if self._following.done():
            raise IntegrityError("the release pointer is no longer followed")
        if time.monotonic() - self._answered <= self._args.health_period_s:
            return
        try:
            await self.embed([f"健康 {time.time_ns()}"], "raw", may_cut=True)
        except ApiError as error:
            if error.status != 429:  # busy is not broken
                raise

    async def _embedder(self, release: Release | None) -> Embedder:
        if release is None:
            return self._follower.opened.embedder
        try:
            return (await self._models.of(release)).embedder
        except ApiError:
            raise
        except LawVaultError as error:
            raise ApiError(503, "model_unavailable", "此模型未能载入，请稍后重试") from error

    async def _follow(self) -> NoReturn:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self._follower.look()
            self._models.forget(but=self._follower.release)


def build(args: EmbeddingArgs) -> Any:  # noqa: ANN401 - Ray
    """Return the application, as `serve deploy` asks for it."""
    return bound(Embedding, args)
