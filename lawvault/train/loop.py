"""The training loop: batches, loss, step, checkpoint.

Written out because resuming must be exact: a training that was killed and goes on ends with the
same weights, bit for bit on a CPU, as one that was not.  Batches and dropout are functions of
(seed, step, worker), gradients are averaged over workers explicitly, and nothing else has memory.

Within a batch all documents are embedded together in length-sorted pieces: the same loss as padding
them to one length, at about half the arithmetic.  With `train.recompute` only one piece's
activations are held at a time: the same gradients with much less memory, at one more forward pass.
"""

import contextlib
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint as recomputed
from tqdm import tqdm

from lawvault.config.pipeline import TrainConfig
from lawvault.errors import IntegrityError
from lawvault.models.encoder import Prefixes, token_batches
from lawvault.train.batches import Plan, learning_rate
from lawvault.train.checkpoint import Progress, load_checkpoint, save_checkpoint
from lawvault.train.loss import contrastive_loss, hidden_documents, matryoshka_dimensions

log = logging.getLogger(__name__)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """The workers that train together; one worker is a team too."""

    rank: int = 0
    world: int = 1

    def average_gradients(self, parameters: Sequence[nn.Parameter]) -> None:
        """Replace each worker's gradients by the mean over all workers."""
        if self.world == 1:
            return
        flat = torch.cat([_gradient(parameter).reshape(-1) for parameter in parameters])
        torch.distributed.all_reduce(flat)
        flat /= self.world
        begin = 0
        for parameter in parameters:
            size = parameter.numel()
            parameter.grad = flat[begin : begin + size].view_as(parameter).clone()
            begin += size


def _gradient(parameter: nn.Parameter) -> Tensor:
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is trained on: triplets, and for each query all articles that answer it."""

    triplets: Sequence[Row]
    answers: dict[str, set[str]]
    prefixes: Prefixes
    seed: int


class Trainer:
    """One worker's part of a training; `fit` runs it from its newest checkpoint to the end."""

    def __init__(
        self,
        model: SentenceTransformer,
        task: Task,
        knobs: TrainConfig,
        *,
        team: Team,
        dtype: torch.dtype,
        batch_tokens: int,
    ) -> None:
        self.model, self.task, self.knobs, self.team = model, task, knobs, team
        self.dtype, self.batch_tokens = dtype, batch_tokens
        self.plan = Plan(
            rows=len(task.triplets),
            batch_size=knobs.batch_size,
            accumulation=knobs.accumulation,
            epochs=knobs.epochs,
            world=team.world,
            seed=task.seed,
        )
        if knobs.freeze_embeddings:
            freeze_token_embeddings(model)
        self.parameters = [value for value in model.parameters() if value.requires_grad]
        self.optimizer = build_optimizer(model, knobs.weight_decay)
        full = int(model.get_embedding_dimension() or 0)
        self.dimensions = matryoshka_dimensions(knobs.matryoshka, full)
        self.max_tokens = min(knobs.max_tokens, model.max_seq_length or knobs.max_tokens)

    def fit(self, checkpoints: Path, report: Callable[[dict[str, float]], None]) -> list[Row]:
        """Train to the end and return one row per optimizer step (the contract LOSSES).

        Args:
            checkpoints: folder that all workers see; only the first worker writes.
            report: called by every worker after each checkpoint.

        Raises:
            IntegrityError: loss or gradient is not finite; the weights were not touched by it.
        """
        losses, steps = self._resume(checkpoints), self.plan.steps
        self.model.train()
        rows = self.plan.batches_per_epoch * self.plan.epochs * self.plan.batch_rows
        with tqdm(
            total=rows * self.team.world,
            initial=min(len(losses) * self._step_rows(), rows * self.team.world),
            desc="train",
            unit="triplet",
            mininterval=5,
            disable=self.team.rank > 0,
        ) as bar:
            for step in range(len(losses), steps):
                losses.append(self.step(step))
                bar.update(self._step_rows())
                bar.set_postfix(loss=f"{losses[-1]['loss']:.4f}", refresh=False)
                if (step + 1) % self.knobs.checkpoint_steps and step + 1 < steps:
                    continue
                if self.team.rank == 0:
                    dtype = str(self.dtype).removeprefix("torch.")
                    done = Progress(steps=step + 1, losses=losses, dtype=dtype)
                    save_checkpoint(checkpoints, self.model, self.optimizer, done)
                report({"step": step + 1, "loss": losses[-1]["loss"]})
        self.model.eval()
        return losses

    def _resume(self, checkpoints: Path) -> list[Row]:
        """Go on from the newest checkpoint and return the losses so far, one for each step."""
        progress = load_checkpoint(checkpoints, self.model, self.optimizer)
        if not progress:
            return []
        self.dtype = getattr(torch, progress.dtype)
        log.info("train: going on after step %d of %d", progress.steps, self.plan.steps)
        return list(progress.losses)

    def _step_rows(self) -> int:
        return self.plan.batch_rows * self.plan.accumulation * self.plan.world

    def step(self, step: int) -> Row:
        """Make one optimizer step and return its row of the loss table."""
        batches = self.plan.batches(step, self.team.rank)
        total = 0.0
        for nth, rows in enumerate(batches):
            torch.manual_seed(_seed(self.task.seed, step, nth, self.team.rank))
            loss = self.loss([self.task.triplets[row] for row in rows]) / len(batches)
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.item()
        self.team.average_gradients(self.parameters)
        norm = nn.utils.clip_grad_norm_(self.parameters, self.knobs.max_gradient_norm).item()
        self._refuse_broken(step, total, norm, batches)
        rate = learning_rate(
            step, self.plan.steps, self.knobs.learning_rate, self.knobs.warmup_share
        )
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return {
            "step": step + 1,
            "epoch": step // self.plan.steps_per_epoch + 1,
            "loss": total,
            "gradient_norm": norm,
            "learning_rate": rate,
        }

    def loss(self, triplets: Sequence[Row]) -> Tensor:
        """Return the loss of one batch of triplets."""
        prefixes = self.task.prefixes
        documents = [row["positive"] for row in triplets]
        document_ids = [row["positive_id"] for row in triplets]
        for row in triplets:
            documents += row["negatives"]
            document_ids += row["negative_ids"]
        answers = [self.task.answers[row["query_id"]] for row in triplets]
        with _autocast(self.model.device, self.dtype):
            queries_BD = self.embed([prefixes.query + row["query"] for row in triplets])
            documents_MD = self.embed([prefixes.document + text for text in documents])
        return contrastive_loss(
            queries_BD.float(),
            documents_MD.float(),
            hidden_documents(answers, document_ids).to(queries_BD.device),
            scale=self.knobs.scale,
            dimensions=self.dimensions,
        )

    def embed(self, texts: Sequence[str]) -> Tensor:
        """Return [n, dimension] with gradients, in the order of `texts`."""
        tokenizer = self.model.tokenizer
        ids = tokenizer(list(texts), truncation=True, max_length=self.max_tokens)["input_ids"]
        order, pieces = list[int](), list[Tensor]()
        for rows in token_batches([len(row) for row in ids], self.batch_tokens):
            padded = tokenizer.pad({"input_ids": [ids[row] for row in rows]}, return_tensors="pt")
            features = {key: value.to(self.model.device) for key, value in padded.items()}
            pieces.append(self._vectors(features))
            order += rows
        back = torch.tensor(order, device=self.model.device).argsort()
        return torch.cat(pieces)[back]

    def _vectors(self, features: dict[str, Tensor]) -> Tensor:
        if not self.knobs.recompute:
            return self._forward(features)
        vectors: Tensor = recomputed(self._forward, features, use_reentrant=False)
        return vectors

    def _forward(self, features: dict[str, Tensor]) -> Tensor:
        vectors: Tensor = self.model(dict(features))["sentence_embedding"]
        return vectors

    def _refuse_broken(self, step: int, loss: float, norm: float, batches: list[list[int]]) -> None:
        if torch.isfinite(torch.tensor([loss, norm])).all():
            return
        ids = [self.task.triplets[row]["query_id"] for rows in batches for row in rows]
        raise IntegrityError(
            f"train: step {step + 1} has loss {loss} and gradient norm {norm}; its weights were "
            f"not changed. Queries of the step: {', '.join(ids[:8])}, …. A lower "
            "train.learning_rate or encoder.dtype=float32 may help"
        )


def build_optimizer(model: nn.Module, weight_decay: float) -> torch.optim.AdamW:
    """Return AdamW that decays matrices, not biases and norms."""
    trained = [value for value in model.parameters() if value.requires_grad]
    return torch.optim.AdamW(
        [
            {"params": [p for p in trained if p.ndim > 1], "weight_decay": weight_decay},
            {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
        ]
    )


def freeze_token_embeddings(model: SentenceTransformer) -> None:
    """Keep the table of token embeddings as it is: most of a small model, and slow to learn."""
    model[0].auto_model.get_input_embeddings().requires_grad_(False)


def _autocast(device: torch.device, dtype: torch.dtype) -> contextlib.AbstractContextManager[Any]:
    if dtype == torch.float32:
        return contextlib.nullcontext()
    return torch.autocast(device.type, dtype=dtype)


def _seed(seed: int, step: int, batch: int, rank: int) -> int:
    return random.Random(f"{seed}:{step}:{batch}:{rank}").getrandbits(31)
