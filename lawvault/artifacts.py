"""Artifacts: folders that are written aside, sealed, renamed, and then only read.

An artifact is complete or absent.  Work happens in `.NAME.partial` beside its final place; sealing
hashes and fsyncs every file, writes `manifest.json` last, and renames the folder.  A killed job
leaves its partial folder, which the next run with the same name goes on from (every file in it was
itself renamed into place, so it is whole).  A file lock keeps two jobs off one artifact; the
kernel drops it when its owner dies, however it dies.

LanceDB and SQLite read a flipped bit without an error, so `verify` compares every file with the
SHA-256 in the manifest.
"""

import contextlib
import errno
import fcntl
import hashlib
import json
import logging
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lawvault.errors import ConfigError, IntegrityError
from lawvault.schema import Contract, check

log = logging.getLogger(__name__)

FORMAT = 1
MANIFEST = "manifest.json"


@dataclass(kw_only=True)
class Counts:
    """What a stage reports: rows in, out and rejected, and numbers worth keeping."""

    rows_in: int
    rows_out: int
    rejected: int = 0
    metrics: dict[str, object] = field(default_factory=dict)


Work = Callable[[Path], Counts]


def publish(home: Path, name: str, work: Work, *, about: dict[str, object]) -> Path:
    """Return the sealed artifact `name`, doing `work` in a partial folder if it is not there.

    Args:
        work: gets the partial folder, possibly with files a killed run left; returns counts.
        about: JSON-able facts for the manifest (inputs, config).

    Raises:
        ConfigError: another live job is making this artifact.
        IntegrityError: a folder of that name is there without a manifest.
    """
    final = home / name
    if is_sealed(final):
        return final
    home.mkdir(parents=True, exist_ok=True)
    with _lock(home / f".{name}.lock"):
        if is_sealed(final):  # made by another job while this one waited for nothing
            return final
        if final.exists():
            raise IntegrityError(f"{final}: no {MANIFEST}; run its stage again with force=true")
        partial = home / f".{name}.partial"
        partial.mkdir(exist_ok=True)
        _sweep(partial)
        start = time.monotonic()
        counts = work(partial)
        _seal(partial, name, counts, {**about, "seconds": round(time.monotonic() - start, 1)})
        partial.rename(final)
        fsync(home)
    return final


def is_sealed(folder: Path) -> bool:
    """Say whether `folder` is a complete artifact."""
    return (folder / MANIFEST).is_file()


def discard(home: Path, name: str) -> None:
    """Remove an artifact and what is left of an unfinished one, so that it is made again.

    Raises:
        ConfigError: another live job is making this artifact.
    """
    if not home.is_dir():
        return
    doomed = home / f".{name}.discarded"
    with _lock(home / f".{name}.lock"):
        _remove(doomed)  # a killed run may have left it half removed
        for folder in (home / name, home / f".{name}.partial"):
            if folder.exists():
                folder.rename(doomed)  # at once out of readers' sight
                _remove(doomed)


def read_manifest(folder: Path) -> dict[str, object]:
    """Return the manifest of an artifact.

    Raises:
        IntegrityError: it is missing or not readable.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
    except (OSError, ValueError) as error:
        raise IntegrityError(f"{folder}: no readable {MANIFEST} ({error})") from error
    found = manifest.get("format") if isinstance(manifest, dict) else None
    if found != FORMAT:
        raise IntegrityError(f"{folder}: format {found}, this code reads {FORMAT}")
    if not isinstance(manifest.get("files"), dict):
        raise IntegrityError(f"{folder}: {MANIFEST} names no files")
    return dict(manifest)


def verify(folder: Path) -> None:
    """Compare every file with the manifest.

    Raises:
        IntegrityError: files were changed, removed or added; all of them are named.
    """
    expected = read_manifest(folder)["files"]
    assert isinstance(expected, dict)
    found = _hashes(folder)
    found.pop(MANIFEST, None)
    wrong = [f"{path} is missing" for path in sorted(expected.keys() - found.keys())]
    wrong += [f"{path} was added" for path in sorted(found.keys() - expected.keys())]
    wrong += [
        f"{path} was changed"
        for path in sorted(expected.keys() & found.keys())
        if expected[path] != found[path]
    ]
    if wrong:
        raise IntegrityError(f"{folder}: {'; '.join(wrong)}; run its stage again with force=true")


def write_table(table: pa.Table, contract: Contract, folder: Path) -> None:
    """Write `table` as `folder/<contract name>/part-0.parquet`, whole or not at all.

    Raises:
        ContractError: the table breaks the contract.
    """
    table = check(table, contract)
    target = folder / contract.name / "part-0.parquet"
    target.parent.mkdir(parents=True, exist_ok=True)
    with aside(target) as path:
        pq.write_table(table, path, compression="zstd")


def read_table(folder: Path, contract: Contract) -> pa.Table:
    """Return the table `contract.name` of an artifact, checked.

    Raises:
        ContractError: the table breaks the contract.
    """
    return check(pq.read_table(folder / contract.name), contract)


@contextlib.contextmanager
def aside(target: Path) -> Iterator[Path]:
    """Give a path beside `target` to write to; on success it takes `target`'s place at once.

    Nothing is at that path when the block begins, even if a killed run left something there.
    """
    temporary = target.with_name(f".{target.name}.new")
    _remove(temporary)
    try:
        yield temporary
        fsync(temporary)
        if target.is_dir():  # left by a killed run: one folder cannot be renamed over another
            _remove(target)
        temporary.rename(target)
    except BaseException:
        _remove(temporary)
        raise


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _sweep(partial: Path) -> None:
    """Remove what a killed run left half written, and its manifest if it came that far."""
    for path in (partial / MANIFEST, *partial.rglob(".*.new")):
        _remove(path)


def write_json(value: object, target: Path) -> None:
    """Write `value` as readable JSON, whole or not at all."""
    with aside(target) as path:
        path.write_text(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def fsync(path: Path) -> None:
    """Put a file, or a folder with all below it, on the disk itself."""
    if path.is_dir():
        for inside in path.iterdir():
            fsync(inside)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _seal(folder: Path, name: str, counts: Counts, about: dict[str, object]) -> None:
    manifest = {
        "name": name,
        "format": FORMAT,
        **asdict(counts),
        **about,
        "commit": _commit(),
        "hardware": _hardware(),
        "files": _hashes(folder),
    }
    fsync(folder)
    write_json(manifest, folder / MANIFEST)
    fsync(folder)


def _hashes(folder: Path) -> dict[str, str]:
    hashes = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            hashes[path.relative_to(folder).as_posix()] = digest
    return hashes


@contextlib.contextmanager
def _lock(path: Path) -> Iterator[None]:
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EAGAIN):
                raise
            file.seek(0)
            raise ConfigError(
                f"{path.name.strip('.')}: another job is at this artifact ({file.read().strip()})"
            ) from error
        file.truncate(0)
        file.write(f"process {os.getpid()} on {platform.node()}")
        file.flush()
        yield  # the file stays: removing it would let two jobs lock two files of one name


def _commit() -> str:
    """Return the commit of this code, `unknown` outside a checkout."""
    here = Path(__file__).parent
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
            cwd=here,
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return found.stdout.strip()


def _hardware() -> dict[str, object]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "machine": platform.machine(),
        "system": platform.system(),
        "cpus": os.cpu_count(),
        "memory_gb": round(memory / 2**30, 1),
    }


def main(folders: Sequence[str]) -> int:
    """Verify artifacts and say so, a line each; return the exit code (0, or 6 if one is not whole).

    python -m lawvault.artifacts runs/index-0123456789
    """
    code = 0
    for folder in folders:
        try:
            verify(Path(folder))
        except IntegrityError as error:
            sys.stderr.write(f"error: {error}\n")
            code = error.exit_code
        else:
            sys.stdout.write(f"{folder}: every file is what {MANIFEST} says\n")
    return code


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python -m lawvault.artifacts FOLDER …")
    sys.exit(main(sys.argv[1:]))
