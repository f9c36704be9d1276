"""The whole loop on toy law: a golden number, nothing done twice, nothing redone without need."""

import copy
import functools
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from lawvault.artifacts import verify
from lawvault.job import StageWork, run_stages
from lawvault.retrieve.metrics import MEASURES
from lawvault.stages import STAGES, name_of

ROOT = Path(__file__).parents[2]
ORDER = ("ingest", "generate", "mine", "train", "evaluate", "index", "export")
GOLDEN_NDCG = {"bm25": 0.5292, "base": 0.2620, "tuned": 0.3553}
"""nDCG@10 of 48 test questions over 40 articles; the base is random, training is real."""


def recorded(works: tuple[StageWork, ...], calls: list[str]) -> list[StageWork]:
    """Return the works, each of which notes its name in `calls` before it begins."""

    def noted(work: StageWork) -> StageWork:
        @functools.wraps(work)
        def wrapper(config, inputs, folder):
            calls.append(work.__name__)
            return work(config, inputs, folder)

        return wrapper

    return [noted(work) for work in works]


def times(home: Path) -> dict[str, int]:
    """Return when each file of every artifact was last written."""
    return {
        str(path): path.stat().st_mtime_ns
        for path in home.rglob("*")
        if path.is_file() and not path.name.endswith(".lock")
    }


@pytest.fixture
def config(finished, tmp_path):
    """The config of a finished pipeline, over a copy of its vault."""
    config = copy.deepcopy(finished.config)
    config.home = str(shutil.copytree(finished.config.home, tmp_path / "vault"))
    return config


def test_every_stage_sealed_an_artifact_whose_files_are_what_its_manifest_says(finished):
    assert tuple(finished.artifacts) == ORDER
    for stage, folder in finished.artifacts.items():
        verify(folder)
        assert folder.name == name_of(stage, finished.config)
        for written in STAGES[stage].writes:
            assert (folder / written).exists(), f"{stage} did not write {written}"


def test_the_toy_corpus_is_ranked_as_well_as_ever(finished):
    report = json.loads((finished.artifacts["evaluate"] / "report.json").read_text())

    found = {name: means["ndcg@10"] for name, means in report["systems"].items()}

    assert found["bm25"] == pytest.approx(GOLDEN_NDCG["bm25"], abs=1e-4)
    assert found == pytest.approx(GOLDEN_NDCG, abs=0.03)  # another CPU rounds otherwise
    assert report["tuned_minus_base"]["ndcg@10"]["low"] > 0


def test_a_second_run_calls_no_work_and_touches_no_file(config, works):
    calls: list[str] = []
    before = times(Path(config.home))

    made = run_stages(config, recorded(works, calls))

    assert calls == []
    assert times(Path(config.home)) == before
    assert len(before) > 40
    assert tuple(made) == ORDER


def test_changing_a_knob_of_train_redoes_train_and_what_follows_and_nothing_before(config, works):
    calls: list[str] = []
    before = times(Path(config.home))
    config.train.learning_rate *= 2

    made = run_stages(config, recorded(works, calls))

    assert calls == ["train", "evaluate", "index", "export"]
    after = times(Path(config.home))
    assert {path: after[path] for path in before} == before
    for stage, folder in made.items():
        verify(folder)
        assert (str(folder / "manifest.json") in before) == (
            stage in ("ingest", "generate", "mine")
        )


def test_the_base_is_not_encoded_again_when_only_training_changed(config, works):
    vectors = set(Path(config.home).glob("vectors-*"))
    config.train.learning_rate *= 2

    run_stages(config, works)

    added = set(Path(config.home).glob("vectors-*")) - vectors
    assert len(vectors) == 5  # base: articles, train and test questions; tuned: articles and test
    assert len(added) == 2


def test_changing_only_the_name_of_the_release_redoes_only_the_release(config, works):
    calls: list[str] = []
    config.export.name = "another-name"

    run_stages(config, recorded(works, calls))

    assert calls == ["export"]


def test_force_makes_everything_again_and_the_same(config, works, finished):
    calls: list[str] = []
    config.force = True

    run_stages(config, recorded(works[:4], calls))

    assert calls == ["ingest", "generate", "mine", "train"]
    for stage in ("ingest", "generate", "mine", "train"):
        new = Path(config.home) / name_of(stage, config)
        old = finished.artifacts[stage]
        assert hashes(new) == hashes(old), stage


def hashes(folder: Path) -> dict[str, str]:
    files = json.loads((folder / "manifest.json").read_text())["files"]
    return {path: digest for path, digest in files.items() if path != "config.yaml"}


@pytest.fixture(scope="module")
def first_run(finished, command_of, tmp_path_factory):
    """The pipeline as a command in an empty vault."""
    config = copy.deepcopy(finished.config)
    config.home = str(tmp_path_factory.mktemp("command") / "vault")
    command = command_of("pipeline", config)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200)
    return config, command, done


def test_the_pipeline_as_a_command_prints_the_table_and_what_one_wants_next(first_run):
    done = first_run[2]

    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    for stage in ORDER:
        assert any(line.startswith(f"{stage}: in ") and " → " in line for line in lines), stage
    (header,) = [line for line in lines if line.split()[:1] == ["system"]]
    assert header.split()[1:] == list(MEASURES)
    table = lines[lines.index(header) + 1 :]
    assert [line.split()[0] for line in table[:3]] == ["bm25", "base", "tuned"]
    assert float(table[0].split()[-1]) == pytest.approx(GOLDEN_NDCG["bm25"], abs=1e-4)
    for word in ("model folder", "report", "data pack"):
        (line,) = [line for line in lines if line.startswith(f"{word} ")]
        assert Path(line.split()[-1]).exists()


def test_the_command_makes_what_the_library_makes(first_run, finished):
    config, _, _ = first_run

    for stage in ("ingest", "generate", "mine", "train", "evaluate"):
        folder = Path(config.home) / name_of(stage, config)
        assert hashes(folder) == hashes(finished.artifacts[stage]), stage


def test_a_second_command_skips_every_stage_and_prints_the_table_again(first_run):
    config, command, first = first_run
    before = times(Path(config.home))

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100)

    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split(":")[0] for line in lines if ": done before → " in line] == list(ORDER)
    assert times(Path(config.home)) == before
    start = next(line for line in lines if line.split()[:1] == ["system"])
    assert (
        lines[lines.index(start) :]
        == first.stdout.splitlines()[first.stdout.splitlines().index(start) :]
    )


def test_a_job_names_the_command_that_makes_what_it_lacks(finished, command_of, tmp_path):
    config = copy.deepcopy(finished.config)
    config.home = str(tmp_path / "empty")
    environment = {**os.environ, "PYTHONWARNINGS": "default"}

    done = subprocess.run(
        command_of("evaluate", config), cwd=ROOT, capture_output=True, text=True, env=environment
    )

    assert done.returncode == 3
    assert "run `python -m jobs.ingest` with the same options" in done.stderr
    assert done.stderr.count("\n") == 1
