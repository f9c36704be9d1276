"""What the tests on a GPU share.  Without one every test here is skipped and says why."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from lawvault.config.pipeline import TrainConfig
from lawvault.models.encoder import Prefixes, SentenceEncoder, load_model
from lawvault.train.loop import Task, Team, Trainer

PREFIXES = Prefixes(query="问：", document="文：", title_separator=" ")


@pytest.fixture(scope="session", autouse=True)
def cuda() -> torch.device:
    """The GPU that the tests of this folder need; asked for before any model is made."""
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device here")
    return torch.device("cuda")


@pytest.fixture(scope="session")
def articles(toy_corpus: Path) -> list[str]:
    """The toy corpus, a text an article."""
    rows = [json.loads(line) for line in toy_corpus.read_text().splitlines()]
    return [f"{row['law_name']}{row['article_number']} {row['content']}" for row in rows]


@pytest.fixture
def encoder_on(tiny_model: Path) -> Callable[..., SentenceEncoder]:
    """Return a function that gives the tiny model's encoder on a device."""

    def encoder(device: str, *, dtype: str = "float32", batch_tokens: int = 512) -> SentenceEncoder:
        return SentenceEncoder(
            load_model(str(tiny_model)).to(device),
            PREFIXES,
            max_tokens=96,
            batch_tokens=batch_tokens,
            dtype=dtype,
        )

    return encoder


@pytest.fixture(scope="session")
def task(toy_corpus: Path, toy_journal: Path) -> Task:
    """Each toy question with its article, and the article after that as its negative."""
    rows = [json.loads(line) for line in toy_corpus.read_text().splitlines()]
    texts = [row["content"] for row in rows]
    places = {row["article_number"]: place for place, row in enumerate(rows)}
    triplets, answers = [], {}
    for number, line in enumerate(toy_journal.read_text().splitlines()):
        asked = json.loads(line)
        if asked["number"] not in places:
            continue
        place = places[asked["number"]]
        other = (place + 1) % len(rows)
        answers[str(number)] = {str(place)}
        triplets.append(
            {
                "query_id": str(number),
                "query": asked["question"],
                "positive_id": str(place),
                "positive": texts[place],
                "negative_ids": [str(other)],
                "negatives": [texts[other]],
            }
        )
    return Task(triplets=triplets, answers=answers, prefixes=PREFIXES, seed=17)


@pytest.fixture
def trainer_on(tiny_model: Path, task: Task) -> Callable[..., Trainer]:
    """Return a function that gives a trainer of the tiny model on a device; knobs by name."""

    def trainer(device: str, *, dtype: torch.dtype = torch.float32, **knobs: object) -> Trainer:
        known = {
            "batch_size": 8,
            "accumulation": 2,
            "epochs": 2,
            "learning_rate": 1e-3,
            "matryoshka": [16],
            "max_tokens": 48,
            "checkpoint_steps": 3,
        }
        return Trainer(
            load_model(str(tiny_model)).to(device),
            task,
            TrainConfig(**(known | knobs)),
            team=Team(),
            dtype=dtype,
            batch_tokens=1024,
        )

    return trainer
