"""What is served: a model, how text is put to it, and the data pack of its vectors.

A small file, the pointer, names the three; `python -m jobs.serve serve.publish=true` replaces it at
once and whole.  Replicas look at it every second and go over by themselves: the new is opened
beside the old, requests in work keep what they began with, and what cannot be opened is refused and
reported while the old goes on.  To go back is to publish the older config again.
"""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from lawvault.artifacts import verify, write_json
from lawvault.config.limits import check_limits
from lawvault.config.pipeline import EncoderConfig
from lawvault.config.tree import Config
from lawvault.errors import ConfigError, IntegrityError, UpstreamError
from lawvault.models.fingerprint import FILE, check_same, read_fingerprint
from lawvault.retrieve import content, dense

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
AGAIN_SECONDS = 30.0
"""After which a release that was refused is tried again: what it lacked may have come."""

Clock = Callable[[], float]
Opened = TypeVar("Opened")


class Release(BaseModel):
    """A model folder and the data pack it built, both absolute, and how text is put to it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: Path
    pack: Path
    encoder: EncoderConfig


def pointer_of(config: Config) -> Path:
    """Return the absolute path of the pointer that a service of this home and port follows."""
    return (Path(config.home) / f"release-{config.serve.port}.json").resolve()


def release_of(config: Config, model: Path, pack: Path) -> Release:
    """Return what a config would have served."""
    return Release(model=model.resolve(), pack=pack.resolve(), encoder=config.encoder)


def check_release(release: Release) -> None:
    """Refuse what cannot be served, before anything is told to serve it.

    Raises:
        IntegrityError: the data pack is damaged, or belongs to another model.
    """
    check_same(release.model, release.pack)
    verify(release.pack)


def write_release(release: Release, pointer: Path) -> None:
    """Have `pointer` name `release`, on the disk itself; readers see the old or the new.

    Raises:
        UpstreamError: the file cannot be written.
    """
    try:
        pointer.parent.mkdir(parents=True, exist_ok=True)
        write_json(release.model_dump(mode="json"), pointer)
        folder = os.open(pointer.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise UpstreamError(f"{pointer}: cannot be written ({error.strerror})") from error


def read_release(pointer: Path) -> Release:
    """Return what `pointer` names.

    Raises:
        IntegrityError: there is no such file, or it names no release.
    """
    try:
        release = Release.model_validate_json(pointer.read_bytes())
        check_limits(release.encoder, "encoder.")
    except OSError as error:
        raise IntegrityError(f"{pointer}: cannot be read ({error.strerror})") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise IntegrityError(f"{pointer}: names no release ({place} {first['msg']})") from error
    except ConfigError as error:
        raise IntegrityError(f"{pointer}: {error}") from error
    return release


def publish(release: Release, pointer: Path) -> Release:
    """Have a service go over to `release`; return what it served until now.

    Raises:
        ConfigError: nothing follows this pointer, or the vectors have another dimension, which
            the gateway tells its clients once.
        IntegrityError: as `check_release`.
    """
    check_release(release)
    if not pointer.is_file():
        raise ConfigError(
            f"nothing serves from {pointer}: give serve.port and home of the service, or start "
            "one with this config"
        )
    before = read_release(pointer)
    dimensions = [dimension_of(one.model) for one in (before, release)]
    if dimensions[0] != dimensions[1]:
        raise ConfigError(
            f"the vectors of {release.model} have {dimensions[1]} dimensions, those served have "
            f"{dimensions[0]}: start the service again, or deploy a config that serve.write makes"
        )
    write_release(release, pointer)
    return before


def dimension_of(model: Path) -> int:
    """Return the length of a model's vectors."""
    return int(str(read_fingerprint(model)["dimension"]))


def missing_of(release: Release) -> str:
    """Return a word for what has gone from under a release since it was opened, or ''."""
    parts = {
        "pack_missing": release.pack,
        "content_missing": release.pack / content.FILE,
        "vectors_missing": release.pack / dense.FOLDER,
        "model_missing": release.model / FILE,
    }
    return next((word for word, path in parts.items() if not _is_there(path)), "")


def _is_there(path: Path) -> bool:
    try:
        path.stat()
    except OSError:  # also of a volume that fails, where `exists` raises
        return False
    return True


class Follower(Generic[Opened]):
    """What was opened for the release that a pointer names.  `opened` changes at once, whole.

    `trouble` is a word for why the pointer is not followed, or ''.
    """

    def __init__(
        self,
        pointer: Path,
        release: Release,
        opened: Opened,
        open_release: Callable[[Release], Awaitable[Opened]],
        *,
        clock: Clock = time.monotonic,
    ) -> None:
        """Hold `opened`, which is `release` opened; what comes later goes through `open_release`.

        That must not block the event loop.
        """
        self._pointer, self._open, self._clock = pointer, open_release, clock
        self.release, self.opened, self.trouble = release, opened, ""
        self._refused: Release | None = None
        self._again_at = 0.0

    async def look(self) -> None:
        """Go over to what the pointer names, if that is new and can be opened."""
        try:
            named = await asyncio.to_thread(read_release, self._pointer)
        except IntegrityError as error:
            if not self.trouble:
                log.error("serve: %s stays: %s", self.release.pack, error)
            self.trouble = "release_unreadable"
            return
        if named == self.release:
            self.trouble = ""
            return
        if named == self._refused and self._clock() < self._again_at:
            return
        try:
            opened = await self._open(named)
        except Exception:  # whatever is wrong with the new, the old goes on
            self._refused, self._again_at = named, self._clock() + AGAIN_SECONDS
            self.trouble = "release_refused"
            log.exception("serve: %s cannot be served, %s stays", named.pack, self.release.pack)
            return
        self.release, self.opened, self.trouble = named, opened, ""
        log.warning("serve: now %s with %s", named.pack, named.model)
