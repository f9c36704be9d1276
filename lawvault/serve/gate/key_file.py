"""The file of API keys: what it holds, how it is read, and how it is replaced.

It keeps a keyed hash of each key (BLAKE2b under a pepper of the file), never the key.  A change is
made under a lock, written aside and renamed, so that nothing is lost when two are made at once, and
a reader sees the old file or the new one.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lawvault.errors import ConfigError

FORMAT = 1
SCOPES = ("embed", "search", "laws", "agent", "write", "metrics")
MAX_RATE = 1_000_000
NAME = re.compile(r"(?!env-)[\w.-]{1,40}")
HOW_TO = "python -m lawvault.serve.keys create --file keys.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key as the service knows it; `rate` is requests a minute, 0 for any number."""

    name: str
    scopes: frozenset[str]
    rate: int
    created: str
    digest: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bunch:
    """Keys that were hashed with one pepper."""

    pepper: bytes = field(repr=False)
    keys: tuple[Key, ...] = ()


def digest_of(plain: str, pepper: bytes) -> bytes:
    """Return what is kept of a key."""
    return hashlib.blake2b(
        plain.encode(errors="surrogatepass"), digest_size=32, key=pepper
    ).digest()


def stamp_of(path: Path) -> tuple[int, ...] | None:
    """Return what changes whenever the file is replaced or written, None if it is not there."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_ctime_ns, facts.st_size, facts.st_ino


def read_keys(path: Path) -> Bunch:
    """Return the keys of a file.

    Raises:
        ConfigError: it is not there, not ours, or open to everybody's changes.
    """
    try:
        if path.stat().st_mode & 0o002:
            raise ConfigError(f"{path}: anybody may write keys into it; chmod 600 it")
        return _parsed(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; make a key with `{HOW_TO}`") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ConfigError(f"{path} is no key file of format {FORMAT}") from error


def _parsed(content: dict[str, object]) -> Bunch:
    rows = content["keys"]
    if content["format"] != FORMAT or not isinstance(rows, list):
        raise ValueError(content["format"])
    pepper = bytes.fromhex(str(content["pepper"]))
    if not 16 <= len(pepper) <= 64:
        raise ValueError("pepper")
    keys = tuple(_parsed_key(row) for row in rows)
    if len({key.name for key in keys}) < len(keys):
        raise ValueError("names")
    return Bunch(pepper=pepper, keys=keys)


def _parsed_key(row: dict[str, object]) -> Key:
    scopes, rate, digest = row["scopes"], row["rate"], bytes.fromhex(str(row["digest"]))
    if not isinstance(scopes, list) or not set(scopes) <= set(SCOPES):
        raise ValueError("scopes")
    if type(rate) is not int or not 0 <= rate <= MAX_RATE or len(digest) != 32:
        raise ValueError("rate or digest")
    if not NAME.fullmatch(str(row["name"])):
        raise ValueError("name")
    return Key(
        name=str(row["name"]),
        scopes=frozenset(scopes),
        rate=rate,
        created=str(row["created"]),
        digest=digest,
    )


@contextlib.contextmanager
def changing(path: Path) -> Iterator[Bunch]:
    """Give the keys of a file, empty if it is not there, while nobody else can change it."""
    target = path.resolve()  # so that all links to a file share its lock
    lock = target.with_name(f".{target.name}.lock")
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield read_keys(path) if path.exists() else Bunch(pepper=secrets.token_bytes(32))
    finally:
        os.close(descriptor)


def write_keys(path: Path, bunch: Bunch) -> None:
    """Replace the file at once, readable by its owner only from its first byte on."""
    rows = [
        {
            "name": key.name,
            "digest": key.digest.hex(),
            "scopes": sorted(key.scopes),
            "rate": key.rate,
            "created": key.created,
        }
        for key in bunch.keys
    ]
    content = {"format": FORMAT, "pepper": bunch.pepper.hex(), "keys": rows}
    target = path.resolve()  # a link stays a link
    temporary = target.with_name(f".{target.name}.new")
    try:
        temporary.unlink(missing_ok=True)  # of a killed run
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(target)
        _fsync_folder(target.parent)  # or a power failure could bring a revoked key back
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from error


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
