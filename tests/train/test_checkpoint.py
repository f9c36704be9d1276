"""Checkpoints: whole or not there, the newest readable one counts, and never a pickle."""

import contextlib
import logging
import os
import re
import resource
import signal
from collections.abc import Iterator

import pytest
import torch
from torch import nn

from lawvault.errors import UpstreamError
from lawvault.train.checkpoint import KEEP, Progress, load_checkpoint, save_checkpoint
from lawvault.train.loop import build_optimizer


def small(seed: int) -> tuple[nn.Module, torch.optim.Optimizer]:
    """Return a small model with a part that no gradient reaches, and its optimizer."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = nn.ModuleDict({"used": nn.Linear(4, 3), "unused": nn.Linear(2, 2)})
    return model, build_optimizer(model, weight_decay=0.1)


def stepped(model: nn.Module, optimizer: torch.optim.Optimizer, steps: int) -> None:
    for number in range(steps):
        model["used"](torch.full((2, 4), number + 1.0)).square().sum().backward()
        optimizer.step()
        optimizer.zero_grad()


def progress(steps: int) -> Progress:
    losses = [{"step": step + 1, "loss": 1 / (step + 3)} for step in range(steps)]
    return Progress(steps=steps, losses=losses, dtype="float32")


@pytest.fixture
def saved(tmp_path):
    """A folder with the checkpoints of steps 2 and 4, and what model and optimizer were at 4."""
    model, optimizer = small(1)
    for steps in (2, 4):
        stepped(model, optimizer, 2)
        save_checkpoint(tmp_path, model, optimizer, progress(steps))
    return tmp_path, model, optimizer


def test_a_checkpoint_gives_back_weights_optimizer_and_progress(saved):
    folder, model, optimizer = saved
    other, its_optimizer = small(2)

    found = load_checkpoint(folder, other, its_optimizer)

    assert found == progress(4)
    assert torch.equal(other["used"].weight, model["used"].weight)
    stepped(model, optimizer, 3)
    stepped(other, its_optimizer, 3)
    assert torch.equal(other["used"].weight, model["used"].weight)
    assert torch.equal(other["used"].bias, model["used"].bias)


def test_without_the_optimizers_state_the_next_steps_would_differ(saved):
    folder, model, optimizer = saved
    other, its_optimizer = small(2)
    load_checkpoint(folder, other, its_optimizer)
    its_optimizer.state.clear()

    stepped(model, optimizer, 3)
    stepped(other, its_optimizer, 3)

    assert not torch.equal(other["used"].weight, model["used"].weight)


def test_what_no_gradient_reached_is_left_as_it_is(saved):
    folder, _, _ = saved
    other, its_optimizer = small(2)
    before = other["unused"].weight.detach().clone()

    load_checkpoint(folder, other, its_optimizer)

    assert torch.equal(other["unused"].weight, before)


def test_there_is_no_progress_where_there_is_no_checkpoint(tmp_path):
    model, optimizer = small(1)

    assert load_checkpoint(tmp_path / "nowhere", model, optimizer) is None
    assert optimizer.state == {}


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def cut_in_its_header(data: bytes) -> bytes:
    return data[:20]


def emptied(data: bytes) -> bytes:
    return b""


def scrambled(data: bytes) -> bytes:
    return os.urandom(len(data))


@pytest.mark.parametrize("damage", [cut, cut_in_its_header, emptied, scrambled])
def test_a_broken_newest_checkpoint_is_skipped_with_a_warning(saved, caplog, damage):
    folder, model, _ = saved
    newest = folder / "step-0000004.safetensors"
    newest.write_bytes(damage(newest.read_bytes()))
    other, its_optimizer = small(2)

    with caplog.at_level(logging.WARNING):
        found = load_checkpoint(folder, other, its_optimizer)

    assert found == progress(2)
    (warning,) = caplog.records
    assert re.search(
        r"step-0000004\.safetensors cannot be read .*the one before it", warning.message
    )
    assert not torch.equal(other["used"].weight, model["used"].weight)


def test_broken_checkpoints_only_are_as_good_as_none_but_never_in_silence(saved, caplog):
    folder, _, _ = saved
    for path in folder.iterdir():
        path.write_bytes(cut(path.read_bytes()))
    model, optimizer = small(2)
    before = model["used"].weight.detach().clone()

    with caplog.at_level(logging.WARNING):
        assert load_checkpoint(folder, model, optimizer) is None

    assert torch.equal(model["used"].weight, before)
    assert len(caplog.records) == 2


def test_only_the_newest_checkpoints_are_kept(tmp_path):
    model, optimizer = small(1)

    for steps in range(1, 6):
        stepped(model, optimizer, 1)
        save_checkpoint(tmp_path, model, optimizer, progress(steps))

    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [f"step-{step:07d}.safetensors" for step in (4, 5)]
    assert len(names) == KEEP


def test_what_a_kill_left_half_written_is_no_checkpoint(saved):
    folder, _, _ = saved
    (folder / ".step-0000006.safetensors.new").write_bytes(b"half")
    model, optimizer = small(2)

    assert load_checkpoint(folder, model, optimizer).steps == 4


@contextlib.contextmanager
def files_limited_to(size: int) -> Iterator[None]:
    """Let this process write no file longer than `size` bytes, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    assert signal.getsignal(signal.SIGXFSZ) == signal.SIG_IGN  # as Python starts
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_checkpoint_that_cannot_be_written_leaves_the_ones_before_it(saved):
    folder, model, optimizer = saved
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    with files_limited_to(200), pytest.raises(UpstreamError, match="cannot be written") as refusal:
        save_checkpoint(folder, model, optimizer, progress(6))

    assert refusal.value.exit_code == 4
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
