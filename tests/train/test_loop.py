"""The training loop: what a step does, and that a killed training ends as one that was not."""

import json
import subprocess
import sys
import textwrap
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from lawvault.errors import IntegrityError
from lawvault.train.loop import Trainer

ROOT = Path(__file__).parents[2]


class Killed(BaseException):
    """Ends a training from outside, as a signal would: nothing in our code catches it."""


def kill_after(steps: int):
    """Return a report function that ends the training right after that step's checkpoint."""

    def report(metrics: dict[str, float]) -> None:
        if metrics["step"] == steps:
            raise Killed

    return report


def nothing(metrics: dict[str, float]) -> None:
    """Report to nobody."""


def trained(trainer: Trainer, folder: Path) -> tuple[list[dict], Trainer]:
    return trainer.fit(folder, nothing), trainer


def dropouts(model: nn.Module) -> list[nn.Dropout]:
    return [m for m in model.modules() if isinstance(m, nn.Dropout) and m.p > 0]


SHAPES = [
    {"accumulation": 1, "epochs": 1, "checkpoint_steps": 4},  # 19 steps
    {"accumulation": 3, "epochs": 3, "checkpoint_steps": 1},  # 7 steps an epoch, the last smaller
]


@pytest.mark.parametrize(
    ("shape", "killed"), [(SHAPES[0], 4), (SHAPES[0], 16), (SHAPES[1], 7), (SHAPES[1], 9)]
)
def test_a_killed_training_goes_on_to_the_very_weights_of_one_that_was_not(
    make_trainer, weights_sha256, tmp_path, shape, killed
):
    whole, reference = trained(make_trainer(**shape), tmp_path / "whole")
    assert dropouts(reference.model), "without dropout, random numbers would not be tested"

    with pytest.raises(Killed):
        make_trainer(**shape).fit(tmp_path / "killed", kill_after(killed))
    torch.manual_seed(99)  # another process, another state of its generator
    again, resumed = trained(make_trainer(**shape), tmp_path / "killed")

    assert 0 < killed < len(whole)
    assert again == whole
    assert weights_sha256(resumed.model) == weights_sha256(reference.model)
    assert weights_sha256(resumed.model) != weights_sha256(make_trainer().model)


def test_a_training_killed_between_checkpoints_repeats_the_steps_since_the_last(
    make_trainer, weights_sha256, tmp_path, monkeypatch
):
    whole, reference = trained(make_trainer(), tmp_path / "whole")
    trainer, taken = make_trainer(), []
    step = trainer.step

    def until_six(number: int) -> dict:
        if number == 6:
            raise Killed
        taken.append(number)
        return step(number)

    monkeypatch.setattr(trainer, "step", until_six)
    with pytest.raises(Killed):
        trainer.fit(tmp_path / "killed", nothing)
    again, resumed = trained(make_trainer(), tmp_path / "killed")

    assert taken == [0, 1, 2, 3, 4, 5]
    assert [path.name for path in (tmp_path / "killed").iterdir() if "0000004" in path.name] == []
    assert again == whole
    assert weights_sha256(resumed.model) == weights_sha256(reference.model)


def test_a_finished_training_is_not_trained_again(make_trainer, weights_sha256, tmp_path):
    _, first = trained(make_trainer(), tmp_path)
    second = make_trainer()
    losses = second.fit(tmp_path, nothing)

    assert len(losses) == first.plan.steps
    assert weights_sha256(second.model) == weights_sha256(first.model)


def test_a_training_keeps_the_arithmetic_it_began_with(make_trainer, tmp_path):
    trainer = make_trainer()
    trainer.dtype = torch.bfloat16
    with pytest.raises(Killed):
        trainer.fit(tmp_path, kill_after(4))

    resumed = make_trainer()
    assert resumed.dtype == torch.float32
    resumed.fit(tmp_path, nothing)

    assert resumed.dtype == torch.bfloat16


def test_dropout_is_on_while_training_and_off_afterwards(make_trainer, monkeypatch, tmp_path):
    trainer = make_trainer()
    states = []
    step = trainer.step
    monkeypatch.setattr(
        trainer,
        "step",
        lambda number: (states.append({m.training for m in dropouts(trainer.model)}), step(number))[
            1
        ],
    )

    trainer.fit(tmp_path, nothing)

    assert states == [{True}] * trainer.plan.steps
    assert {module.training for module in dropouts(trainer.model)} == {False}


def test_dropout_differs_from_batch_to_batch_and_is_a_function_of_the_seed(make_trainer, task):
    one, same, other = (make_trainer(of=replace(task, seed=seed)) for seed in (17, 17, 18))
    rows = [task.triplets[row] for row in range(4)]
    for trainer in (one, same, other):
        trainer.plan = replace(trainer.plan, seed=0)  # the same batches for all
        trainer.model.train()

    losses = [trainer.step(0)["loss"] for trainer in (one, same, other)]

    assert losses[0] == losses[1] != losses[2]
    torch.manual_seed(1)
    assert one.loss(rows).item() != one.loss(rows).item()


def test_training_lowers_the_loss_and_moves_every_kind_of_weight(make_trainer, tmp_path):
    trainer = make_trainer(epochs=6, learning_rate=5e-3)
    before = {name: value.clone() for name, value in trainer.model.state_dict().items()}

    losses = trainer.fit(tmp_path, nothing)

    steps = trainer.plan.steps_per_epoch
    first, last = losses[:steps], losses[-steps:]
    assert sum(row["loss"] for row in last) < 0.6 * sum(row["loss"] for row in first)
    after = trainer.model.state_dict()
    still = [name for name in before if torch.equal(before[name], after[name])]
    assert all("pooler" in name or "position_ids" in name for name in still)


def test_the_loss_table_has_one_row_for_each_step(make_trainer, tmp_path):
    trainer = make_trainer(epochs=2, accumulation=2)

    losses = trainer.fit(tmp_path, nothing)

    assert [row["step"] for row in losses] == list(range(1, trainer.plan.steps + 1))
    assert [row["epoch"] for row in losses] == [1] * 10 + [2] * 10
    assert all(row["loss"] > 0 and row["gradient_norm"] > 0 for row in losses)
    rates = [row["learning_rate"] for row in losses]
    assert max(rates) == trainer.knobs.learning_rate
    assert {group["lr"] for group in trainer.optimizer.param_groups} == {rates[-1]}


def test_every_worker_reports_after_each_checkpoint_and_at_the_end(make_trainer, tmp_path):
    reported = []

    make_trainer(checkpoint_steps=8).fit(tmp_path, reported.append)

    assert [metrics["step"] for metrics in reported] == [8, 16, 19]


def test_frozen_token_embeddings_stay_as_they_are_and_the_rest_is_trained(make_trainer, tmp_path):
    trainer = make_trainer(freeze_embeddings=True)
    table = trainer.model[0].auto_model.get_input_embeddings().weight
    before = {name: value.detach().clone() for name, value in trainer.model.named_parameters()}
    frozen = table.detach().clone()

    trainer.fit(tmp_path, nothing)

    assert torch.equal(table, frozen)
    moved = [n for n, v in trainer.model.named_parameters() if not torch.equal(before[n], v)]
    assert any("attention" in name for name in moved)
    assert not any("word_embeddings" in name for name in moved)


def test_token_embeddings_move_when_they_are_not_frozen(make_trainer, tmp_path):
    trainer = make_trainer()
    table = trainer.model[0].auto_model.get_input_embeddings().weight
    before = table.detach().clone()

    trainer.fit(tmp_path, nothing)

    assert not torch.equal(table, before)


UNKNOWN = "\U0001f600"  # a character that no toy text holds


def broken_by_one_query(trainer: Trainer, step: int) -> str:
    """Make the loss of `step` not a number, and return the id of the query that does it."""
    tokenizer = trainer.model.tokenizer
    table = trainer.model[0].auto_model.get_input_embeddings().weight
    assert not table.requires_grad, "a checkpoint would mend a table that is trained"
    table.data[tokenizer.unk_token_id] = torch.nan
    triplets = [dict(row) for row in trainer.task.triplets]
    texts = [row["query"] for row in triplets] + [row["positive"] for row in triplets]
    assert all(tokenizer.unk_token_id not in ids for ids in tokenizer(texts)["input_ids"])
    row = trainer.plan.batches(step, 0)[0][0]
    triplets[row]["query"] = UNKNOWN + triplets[row]["query"]
    trainer.task = replace(trainer.task, triplets=triplets)
    return triplets[row]["query_id"]


def test_a_broken_loss_stops_before_the_step_and_names_step_and_queries(make_trainer, tmp_path):
    trainer = make_trainer(checkpoint_steps=1, freeze_embeddings=True)
    query_id = broken_by_one_query(trainer, step=3)

    with pytest.raises(IntegrityError) as refusal:
        trainer.fit(tmp_path, nothing)

    assert "step 4 has loss nan" in str(refusal.value)
    assert query_id in str(refusal.value)
    assert refusal.value.exit_code == 6
    kept = load_file(tmp_path / "step-0000003.safetensors")
    held = [name for name, _ in trainer.model.named_parameters() if f"weight/{name}" in kept]
    assert len(held) > 20
    for name in held:
        assert torch.equal(kept[f"weight/{name}"], trainer.model.get_parameter(name)), name
    assert not (tmp_path / "step-0000004.safetensors").exists()


def test_a_training_that_broke_goes_on_once_its_cause_is_mended(
    make_trainer, weights_sha256, tmp_path
):
    shape = {"checkpoint_steps": 1, "freeze_embeddings": True}
    _, reference = trained(make_trainer(**shape), tmp_path / "whole")
    broken = make_trainer(**shape)
    broken_by_one_query(broken, step=3)
    with pytest.raises(IntegrityError):
        broken.fit(tmp_path / "broken", nothing)

    _, mended = trained(make_trainer(**shape), tmp_path / "broken")

    assert weights_sha256(mended.model) == weights_sha256(reference.model)


@pytest.mark.parametrize("batch_tokens", [16, 60, 200, 100_000])
def test_length_sorted_pieces_give_the_vectors_of_one_padded_pass(make_trainer, task, batch_tokens):
    trainer = make_trainer(batch_tokens=batch_tokens, max_tokens=64)
    texts = [row["query"] for row in task.triplets[:8]] + [task.triplets[0]["positive"], "？", ""]
    tokens = trainer.model.tokenizer(
        texts, truncation=True, max_length=64, padding=True, return_tensors="pt"
    )
    assert len({int(row.sum()) for row in tokens["attention_mask"]}) > 5

    pieces = trainer.embed(texts)
    whole = trainer.model(dict(tokens))["sentence_embedding"]

    torch.testing.assert_close(pieces, whole, rtol=0, atol=1e-5)
    table = trainer.model[0].auto_model.get_input_embeddings().weight
    found, wanted = (torch.autograd.grad(v[:, 0].sum(), table)[0] for v in (pieces, whole))
    assert wanted.abs().max() > 1e-3
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-5)


def test_recomputing_activations_changes_no_loss_and_no_weight(
    make_trainer, weights_sha256, tmp_path
):
    kept, recomputed = (
        trained(make_trainer(recompute=value, batch_tokens=60), tmp_path / str(value))
        for value in (False, True)
    )

    assert dropouts(kept[1].model), "dropout must be the same in both passes"
    assert recomputed[0] == kept[0]
    assert weights_sha256(recomputed[1].model) == weights_sha256(kept[1].model)


def test_texts_are_cut_to_the_tokens_of_training(make_trainer):
    trainer = make_trainer(max_tokens=8)

    short, long = trainer.embed(["一二三四五六七八九十", "一二三四五六" + "离婚" * 40])

    torch.testing.assert_close(short, long, rtol=0, atol=1e-5)


def test_a_batch_counts_no_document_against_a_query_that_it_answers(make_trainer, task):
    trainer = make_trainer(matryoshka=[])
    pairs: dict[str, list] = {}
    for row in task.triplets:
        pairs.setdefault(row["positive_id"], []).append(row)
    same = next(rows[:2] for rows in pairs.values() if len(rows) > 1)
    other = next(row for row in task.triplets if row["positive_id"] != same[0]["positive_id"])
    batch = [dict(row, negatives=[], negative_ids=[]) for row in (*same, other)]

    loss = trainer.loss(batch)

    cosines = vectors(trainer, batch, "query") @ vectors(trainer, batch, "document").T
    scores = trainer.knobs.scale * cosines
    scores[0, 1] = scores[1, 0] = -torch.inf
    wanted = nn.functional.cross_entropy(scores, torch.arange(3))
    assert loss.item() == pytest.approx(wanted.item(), abs=1e-4)


def vectors(trainer: Trainer, batch: list[dict], side: str) -> torch.Tensor:
    prefix = getattr(trainer.task.prefixes, side)
    texts = [prefix + row["query" if side == "query" else "positive"] for row in batch]
    return nn.functional.normalize(trainer.embed(texts), dim=-1)


def test_accumulated_batches_give_the_mean_of_their_gradients(make_trainer):
    trainer = make_trainer(accumulation=3)
    parameters = trainer.parameters
    batches = trainer.plan.batches(0, 0)
    assert len(batches) == 3
    means = [torch.zeros_like(value) for value in parameters]
    for rows in batches:
        loss = trainer.loss([trainer.task.triplets[row] for row in rows])
        grads = torch.autograd.grad(loss, parameters, allow_unused=True)
        for mean, grad in zip(means, grads, strict=True):
            mean += 0 if grad is None else grad / 3
    norm = torch.cat([mean.reshape(-1) for mean in means]).norm().item()

    row = trainer.step(0)  # in eval mode: no dropout, so the numbers compare

    assert row["gradient_norm"] == pytest.approx(norm, rel=1e-4)


def test_gradients_are_clipped_to_the_norm(make_trainer, monkeypatch):
    trainer = make_trainer(max_gradient_norm=0.01)
    seen = []
    monkeypatch.setattr(
        trainer.optimizer,
        "step",
        lambda: seen.append(
            torch.cat([p.grad.reshape(-1) for p in trainer.parameters if p.grad is not None]).norm()
        ),
    )

    row = trainer.step(0)

    assert row["gradient_norm"] > 0.1
    assert seen[0].item() == pytest.approx(0.01, rel=1e-3)


def test_biases_and_norms_do_not_decay(make_trainer):
    trainer = make_trainer(weight_decay=0.5)

    decays = {
        id(value): group["weight_decay"]
        for group in trainer.optimizer.param_groups
        for value in group["params"]
    }

    for name, value in trainer.model.named_parameters():
        assert decays[id(value)] == (0.5 if value.ndim > 1 else 0.0), name
    assert set(decays.values()) == {0.0, 0.5}


WORKER = """
    import json, os, sys
    import torch
    from safetensors.torch import save_file
    from lawvault.config.pipeline import TrainConfig
    from lawvault.models.encoder import Prefixes, load_model, set_threads
    from lawvault.train.loop import Task, Team, Trainer

    given = json.loads(sys.stdin.read())
    rank = int(sys.argv[1])
    set_threads(1)
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{given['rendezvous']}", rank=rank, world_size=2
    )
    trainer = Trainer(
        load_model(given["model"]),
        Task(
            triplets=given["triplets"],
            answers={key: set(found) for key, found in given["answers"].items()},
            prefixes=Prefixes(**given["prefixes"]),
            seed=given["seed"],
        ),
        TrainConfig(**given["knobs"]),
        team=Team(rank=rank, world=2),
        dtype=torch.float32,
        batch_tokens=4096,
    )
    trainer.model.eval()  # dropout differs from worker to worker
    rows = [trainer.step(step) for step in range(3)]
    save_file(dict(trainer.model.named_parameters()), f"{given['folder']}/{rank}.safetensors")
    print(json.dumps(rows))
    torch.distributed.barrier()  # a worker whose peer has left aborts
    torch.distributed.destroy_process_group()
"""


def test_two_workers_take_the_steps_of_one_that_accumulates_twice_as_many_batches(
    make_trainer, tiny_model, task, tmp_path
):
    one = make_trainer(accumulation=4, learning_rate=2e-5)
    knobs = {**asdict(one.knobs), "accumulation": 2}
    given = {
        "rendezvous": str(tmp_path / "rendezvous"),
        "folder": str(tmp_path),
        "model": str(tiny_model),
        "triplets": task.triplets,
        "answers": {key: sorted(found) for key, found in task.answers.items()},
        "prefixes": {
            name: getattr(task.prefixes, name) for name in ("query", "document", "title_separator")
        },
        "seed": task.seed,
        "knobs": knobs,
    }
    command = [sys.executable, "-c", textwrap.dedent(WORKER)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    workers = [
        subprocess.Popen([*command, str(rank)], cwd=ROOT, text=True, **pipes) for rank in range(2)
    ]
    for worker in workers:
        worker.stdin.write(json.dumps(given))
        worker.stdin.close()
        worker.stdin = None

    ends = [worker.communicate(timeout=120) for worker in workers]

    assert [worker.returncode for worker in workers] == [0, 0], ends
    rows = [json.loads(out.splitlines()[-1]) for out, _ in ends]
    alone = [one.step(step) for step in range(3)]
    for step, (left, right) in enumerate(zip(*rows, strict=True)):
        assert left["loss"] != right["loss"]
        mean = (left["loss"] + right["loss"]) / 2
        assert mean == pytest.approx(alone[step]["loss"], rel=1e-4)
        assert left["gradient_norm"] == right["gradient_norm"]
        assert left["gradient_norm"] == pytest.approx(alone[step]["gradient_norm"], rel=1e-3)
    first, second = (load_file(tmp_path / f"{rank}.safetensors") for rank in range(2))
    for name, value in one.model.named_parameters():
        assert torch.equal(first[name], second[name]), name
        torch.testing.assert_close(first[name], value.detach(), rtol=1e-3, atol=1e-5)
