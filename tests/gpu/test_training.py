"""Training on a GPU: the losses of a CPU, and the very weights again after a kill.

The weights are compared bit by bit on texts so short that attention has one order of summing; with
longer ones two runs of one training differ by themselves, in the fourth digit of the loss.
"""

import pytest
import torch

from lawvault.train.loop import Trainer
from lawvault.train.merge import choose_weight


class Killed(BaseException):
    """Ends a training from outside, as a signal would: nothing in our code catches it."""


def nothing(metrics: dict[str, float]) -> None:
    """Report to nobody."""


def kill_after(steps: int):
    """Return a report function that ends the training right after that step's checkpoint."""

    def report(metrics: dict[str, float]) -> None:
        if metrics["step"] == steps:
            raise Killed

    return report


def without_dropout(trainer: Trainer) -> Trainer:
    """Return the trainer with dropout off: devices draw other random numbers."""
    for module in trainer.model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    for config in (trainer.model[0].auto_model.config,):
        config.attention_probs_dropout_prob = config.hidden_dropout_prob = 0.0
    return trainer


def test_losses_and_gradients_of_a_gpu_are_those_of_a_cpu(trainer_on, tmp_path):
    here, there = (
        without_dropout(trainer_on(device)).fit(tmp_path / device, nothing)
        for device in ("cuda", "cpu")
    )

    assert len(here) == len(there) > 10
    for found, wanted in zip(here, there, strict=True):
        assert found["loss"] == pytest.approx(wanted["loss"], rel=1e-3)
        assert found["gradient_norm"] == pytest.approx(wanted["gradient_norm"], rel=1e-2)


def test_bfloat16_on_a_gpu_trains_as_float32_does(trainer_on, tmp_path):
    half, full = (
        without_dropout(trainer_on("cuda", dtype=dtype)).fit(tmp_path / str(dtype), nothing)
        for dtype in (torch.bfloat16, torch.float32)
    )

    assert half[-1]["loss"] < 0.9 * half[0]["loss"]
    for found, wanted in zip(half, full, strict=True):
        assert found["loss"] == pytest.approx(wanted["loss"], rel=0.05)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("killed", [3, 9])
def test_a_training_killed_on_a_gpu_goes_on_to_the_very_weights_of_one_that_was_not(
    trainer_on, tmp_path, dtype, killed
):
    reference = trainer_on("cuda", dtype=dtype)
    whole = reference.fit(tmp_path / "whole", nothing)

    with pytest.raises(Killed):
        trainer_on("cuda", dtype=dtype).fit(tmp_path / "killed", kill_after(killed))
    torch.manual_seed(99)  # another process, another state of its generators
    resumed = trainer_on("cuda", dtype=dtype)
    again = resumed.fit(tmp_path / "killed", nothing)

    assert 0 < killed < len(whole)
    assert again == whole
    for name, value in reference.model.state_dict().items():
        assert torch.equal(value, resumed.model.state_dict()[name]), name


@pytest.mark.parametrize(("begun", "ended"), [("cuda", "cpu"), ("cpu", "cuda")])
def test_a_checkpoint_goes_on_on_the_other_kind_of_device(trainer_on, tmp_path, begun, ended):
    whole = without_dropout(trainer_on(begun)).fit(tmp_path / "whole", nothing)
    with pytest.raises(Killed):
        without_dropout(trainer_on(begun)).fit(tmp_path / "moved", kill_after(6))

    moved = without_dropout(trainer_on(ended)).fit(tmp_path / "moved", nothing)

    assert moved[:6] == whole[:6]
    for found, wanted in zip(moved[6:], whole[6:], strict=True):
        assert found["loss"] == pytest.approx(wanted["loss"], rel=1e-3)


def test_the_memory_of_a_step_does_not_grow_from_step_to_step(trainer_on, tmp_path):
    trainer = trainer_on("cuda", epochs=8, checkpoint_steps=1000)
    held = []
    step = trainer.step
    trainer.step = lambda number: (step(number), held.append(torch.cuda.memory_allocated()))[0]

    trainer.fit(tmp_path, nothing)

    assert held[-1] <= held[2]


def test_recomputing_activations_changes_no_loss(trainer_on, tmp_path):
    kept, again = (
        trainer_on("cuda", recompute=value).fit(tmp_path / str(value), nothing)
        for value in (False, True)
    )

    for found, wanted in zip(again, kept, strict=True):
        assert found["loss"] == pytest.approx(wanted["loss"], rel=1e-4)


def test_the_merge_of_a_model_on_a_gpu_with_its_base_is_that_of_a_cpu(trainer_on):
    merged: dict[str, dict[str, torch.Tensor]] = {}
    for device in ("cuda", "cpu"):
        model = trainer_on(device).model
        base = {
            name: value.detach().to("cpu", copy=True) for name, value in model.named_parameters()
        }
        with torch.no_grad():
            for value in model.parameters():
                value.add_(0.5)
        choice = choose_weight(model, base, [0.5], lambda: 1.0)
        assert choice.weight == 0.5
        merged[device] = {name: value.detach().cpu() for name, value in model.named_parameters()}

    for name, value in merged["cuda"].items():
        assert torch.equal(value, merged["cpu"][name]), name
        assert not torch.equal(value, base[name]), name
