"""What the tests of training share: the toy triplets as a task, and trainers of a tiny model."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lawvault.artifacts import read_table
from lawvault.schema import QRELS, TRIPLETS


@pytest.fixture(scope="session")
def task(finished):
    """The triplets that the pipeline mined from the toy corpus."""
    from lawvault.models.encoder import prefixes_of
    from lawvault.train.loop import Task

    answers: dict[str, set[str]] = {}
    for row in read_table(finished.artifacts["generate"], QRELS).to_pylist():
        answers.setdefault(row["query_id"], set()).add(row["article_id"])
    return Task(
        triplets=read_table(finished.artifacts["mine"], TRIPLETS).to_pylist(),
        answers=answers,
        prefixes=prefixes_of(finished.config.encoder),
        seed=17,
    )


@pytest.fixture
def make_trainer(task, tiny_model: Path, toy_config) -> Callable:
    """Return a function that gives a trainer over a fresh tiny model; knobs by name."""
    import torch

    from lawvault.models.encoder import load_model, set_threads
    from lawvault.train.loop import Team, Trainer

    def make(*, of=task, batch_tokens: int = 4096, **knobs: object) -> Trainer:
        set_threads(1)
        toy_config.train.epochs = 1  # 19 steps
        for name, value in knobs.items():
            assert hasattr(toy_config.train, name)
            setattr(toy_config.train, name, value)
        return Trainer(
            load_model(str(tiny_model)),
            of,
            toy_config.train,
            team=Team(),
            dtype=torch.float32,
            batch_tokens=batch_tokens,
        )

    return make


@pytest.fixture(scope="session")
def weights_sha256() -> Callable:
    """Return a function that hashes all weights of a model, names and bytes."""
    import hashlib

    def of(model) -> str:
        total = hashlib.sha256()
        for name, value in sorted(model.state_dict().items()):
            total.update(name.encode() + value.contiguous().numpy().tobytes())
        return total.hexdigest()

    return of
