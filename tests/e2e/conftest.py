"""What the tests of whole jobs share: a config as a command line, and the seven works."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lawvault.config.tree import Config, knobs
from lawvault.job import StageWork

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def command_of() -> Callable[..., list[str]]:
    """Return a function that gives the command line which runs a job with a config."""

    def command(job: str, config: Config) -> list[str]:
        options = [
            f"{item.key}={json.dumps(item.default, ensure_ascii=False)}" for item in knobs(config)
        ]
        return [sys.executable, "-m", f"jobs.{job}", *options]

    return command


@pytest.fixture(scope="session")
def works() -> tuple[StageWork, ...]:
    """The work of the seven stages from ingest to export, in their order."""
    from lawvault.evaluate.stage import evaluate
    from lawvault.export.stage import export
    from lawvault.generate.stage import generate
    from lawvault.index.stage import index
    from lawvault.ingest.stage import ingest
    from lawvault.mine.stage import mine
    from lawvault.train.on_ray import train

    return (ingest, generate, mine, train, evaluate, index, export)
