"""The pipeline as a table: what each stage reads, what shapes it, what it writes.

The table names results (`name_of`), finds inputs and draws the picture in the README.  A name is a
hash of *what* shaped a result: knobs, seed, the content of outside files, the names of its inputs,
and a `revision` raised when code changes the output.  It never depends on where or when, so equal
work has an equal name, and changing one knob redoes its stage and those after it, nothing else.
"""

import functools
import hashlib
import importlib.util
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lawvault.config.tree import Config, Knob, knobs
from lawvault.errors import SourceError


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One row: the stages it reads, the config sections that shape it, what it writes."""

    reads: tuple[str, ...]
    knobs: tuple[str, ...]
    writes: tuple[str, ...]
    revision: int = 1


STAGES: dict[str, Stage] = {
    "ingest": Stage(
        reads=(),
        knobs=("corpus", "ingest"),
        writes=("articles", "content.db", "report.json"),
        revision=3,
    ),
    "generate": Stage(
        reads=("ingest",), knobs=("seed", "llm", "generate"), writes=("queries", "qrels")
    ),
    "mine": Stage(
        reads=("ingest", "generate"), knobs=("seed", "encoder", "mine"), writes=("triplets",)
    ),
    "train": Stage(
        reads=("ingest", "generate", "mine"),
        knobs=("seed", "encoder", "train"),
        writes=("model", "losses", "outcome.json"),
        revision=2,
    ),
    "evaluate": Stage(
        reads=("ingest", "generate", "train"),
        knobs=("seed", "encoder", "evaluate"),
        writes=("runs", "report.json", "report.png"),
    ),
    "index": Stage(
        reads=("ingest", "generate", "train"),
        knobs=("seed", "index"),
        writes=("law_db.lancedb", "keywords", "tokens", "content.db", "calibration.json"),
        revision=4,
    ),
    "export": Stage(
        reads=("train", "evaluate", "index"),
        knobs=("export",),
        writes=("huggingface", "data_pack", "evaluation"),
    ),
    "serve": Stage(reads=("train", "index"), knobs=(), writes=()),
}


def name_of(stage: str, config: Config) -> str:
    """Return `mine-3f9a1c07c2`: equal work has an equal name, wherever and whenever it runs.

    Raises:
        SourceError: a knob names a file that is not there.
    """
    row = STAGES[stage]
    shape = {
        "stage": stage,
        "revision": row.revision,
        "inputs": [name_of(name, config) for name in row.reads],
        "knobs": {item.key: _weight(item) for item in _shaping(config, row.knobs)},
    }
    return f"{stage}-{digest(shape)}"


def digest(shape: object) -> str:
    """Return ten hex digits for a JSON-able description; equal descriptions, equal digits."""
    text = json.dumps(shape, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def _shaping(config: Config, sections: tuple[str, ...]) -> list[Knob]:
    return [
        item for item in knobs(config) if not item.where and item.key.partition(".")[0] in sections
    ]


def _weight(item: Knob) -> object:
    if not item.content:
        return item.default
    if isinstance(item.default, list):
        return [content_key(value) for value in item.default]
    return content_key(item.default)


def content_key(value: str) -> str:
    """Return the hash of the file or folder that `value` names, or `value` if it names none."""
    if value.startswith("package:"):
        return _hash_file(package_file(value))
    path = Path(value)
    if value and path.is_file():
        return _hash_file(path)
    if value and path.is_dir():
        inside = [(file.relative_to(path), file) for file in sorted(path.rglob("*"))]
        shown = [(name, file) for name, file in inside if not _is_hidden(name) and file.is_file()]
        return digest([(str(name), _hash_file(file)) for name, file in shown])
    return value


def _is_hidden(name: Path) -> bool:
    """Say whether a file is about the folder (.git, .DS_Store): no reader looks at it."""
    return any(part.startswith(".") for part in name.parts)


def _hash_file(path: Path) -> str:
    status = path.stat()
    return _hash_once(path, status.st_size, status.st_mtime_ns)


@functools.cache
def _hash_once(path: Path, size: int, modified_ns: int) -> str:
    """Return the SHA-256 of a file; size and time are in the key so that a change is seen."""
    del size, modified_ns
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


Provider = Callable[[], Path]
PROVIDERS: dict[str, Provider] = {}
"""Where a `package:` file can be had from if the package is not installed."""


def package_file(value: str) -> Path:
    """Return the file that `package:NAME/PATH` names inside an installed package.

    The package is located, never imported.

    Raises:
        SourceError: the package is not installed, or has no such file.
    """
    package, _, inside = value.removeprefix("package:").partition("/")
    found = importlib.util.find_spec(package) if package.isidentifier() else None
    if found and found.submodule_search_locations:
        path = Path(found.submodule_search_locations[0]) / inside
        if path.is_file():
            return path
    if value in PROVIDERS:
        return PROVIDERS[value]()
    raise SourceError(
        f"{value}: no such file; install its package: pip install {package.replace('_', '-')}"
    )


def locate(value: str) -> Path:
    """Return the path that a knob names: a `package:` file, or a path as it is."""
    return package_file(value) if value.startswith("package:") else Path(value)
