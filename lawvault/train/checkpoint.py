"""Checkpoints: everything a training needs to go on as if it had never stopped, in one file.

safetensors, never pickle (a pickle runs code when it is read).  A file is written aside and
renamed; one that cannot be read is skipped for the one before it, with a warning.  Random numbers
need no place here: each step seeds its own.
"""

import contextlib
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from lawvault.artifacts import aside
from lawvault.errors import UpstreamError

log = logging.getLogger(__name__)

KEEP = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a training stands: steps done, what each of them reported, and its arithmetic.

    The arithmetic (`float32` or `bfloat16`) is kept because measuring which one is faster may
    come out otherwise when a training goes on.
    """

    steps: int
    losses: list[dict[str, float]]
    dtype: str


def save_checkpoint(
    folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer, progress: Progress
) -> None:
    """Write a checkpoint and remove all but the newest `KEEP`.

    Raises:
        UpstreamError: it cannot be written; the checkpoints before it are as they were.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for name, parameter in model.named_parameters():
        if "exp_avg" not in optimizer.state.get(parameter, {}):
            continue  # frozen, or never reached by a gradient, as Bert's unused pooler
        tensors[f"weight/{name}"] = parameter.detach()
        for key in ("exp_avg", "exp_avg_sq"):
            tensors[f"{key}/{name}"] = optimizer.state[parameter][key]
    path = folder / f"step-{progress.steps:07d}.safetensors"
    metadata = {
        "steps": str(progress.steps),
        "losses": json.dumps(progress.losses),
        "dtype": progress.dtype,
    }
    with writing(path), aside(path) as temporary:
        contiguous = {name: tensor.contiguous() for name, tensor in tensors.items()}
        save_file(contiguous, temporary, metadata=metadata)
    for old in sorted(folder.glob("step-*.safetensors"))[:-KEEP]:
        old.unlink()


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Say of safetensors' own error, as on a full disk, what could not be written.

    Raises:
        UpstreamError: in its place.
    """
    try:
        yield
    except SafetensorError as error:
        raise UpstreamError(f"{path} cannot be written: {error}") from error


def load_checkpoint(
    folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer
) -> Progress | None:
    """Put the newest readable checkpoint into model and optimizer, and return where it stands."""
    for path in sorted(folder.glob("step-*.safetensors"), reverse=True):
        try:
            with safe_open(path, framework="pt") as file:
                metadata = file.metadata()
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except SafetensorError as error:
            log.warning("train: %s cannot be read (%s), taking the one before it", path, error)
            continue
        _restore(model, optimizer, tensors, int(metadata["steps"]))
        return Progress(
            steps=int(metadata["steps"]),
            losses=json.loads(metadata["losses"]),
            dtype=metadata["dtype"],
        )
    return None


@torch.no_grad()
def _restore(
    model: nn.Module, optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor], steps: int
) -> None:
    for name, parameter in model.named_parameters():
        if f"weight/{name}" not in tensors:
            continue
        parameter.copy_(tensors[f"weight/{name}"])
        optimizer.state[parameter] = {
            "step": torch.tensor(float(steps)),
            "exp_avg": tensors[f"exp_avg/{name}"].to(parameter.device),
            "exp_avg_sq": tensors[f"exp_avg_sq/{name}"].to(parameter.device),
        }
