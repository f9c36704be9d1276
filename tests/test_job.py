"""The frame of every job: finished work is not redone, and every end has its exit code."""

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import yaml

from lawvault import errors
from lawvault.artifacts import Counts, is_sealed, read_manifest, verify
from lawvault.config.tree import Config
from lawvault.errors import LawVaultError, MissingInputError
from lawvault.generate.stage import generate
from lawvault.ingest.stage import ingest
from lawvault.job import Inputs, find_inputs, launch, run_stages
from lawvault.stages import name_of

ROOT = Path(__file__).parents[1]

BLOCKING = """
    import sys
    from lawvault.artifacts import Counts
    from lawvault.config.command_line import job
    from lawvault.job import launch

    def work(config, inputs, folder):
        (folder / "first.txt").write_text("first")
        print("working", flush=True)
        sys.stdin.readline()
        return Counts(rows_in=1, rows_out=1)

    @job
    def main(config):
        launch("ingest", config, work)

    main()
"""
FAILING = """
    from lawvault.config.command_line import job
    from lawvault import errors

    @job
    def main(config):
        ERROR

    main()
"""
SESSION = """
    import sys
    from lawvault.config.command_line import job
    from lawvault.config.tree import Config
    from lawvault.job import session

    @job
    def main(config):
        with session(config):
            import ray
            print("CPUs", ray.cluster_resources()["CPU"])
            with session(config):
                print("nested")
            print("still", ray.is_initialized())
        print("after", ray.is_initialized())

    main()
"""

INLINE = """
    import sys
    from lawvault.config.command_line import job
    from lawvault.ingest.stage import ingest
    from lawvault.job import launch, session

    @job
    def main(config):
        with session(config):
            launch("ingest", config, ingest)
        print("ray loaded:", "ray" in sys.modules)

    main()
"""


def run_script(code: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", textwrap.dedent(code), *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def run_job(stage: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", f"jobs.{stage}", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def toy_options(config: Config) -> list[str]:
    """Return the options that give a job in another process the toy corpus and journal."""
    (source,) = config.corpus.sources
    options = [f"home={config.home}", "corpus=national", f"corpus.sources=[{source}]"]
    return [*options, f"llm.journal={config.llm.journal}", "cluster=inline"]


def test_a_job_leaves_its_artifact_with_config_and_manifest(lean_config):
    folder = launch("ingest", lean_config, ingest)

    manifest = read_manifest(folder)
    config = yaml.safe_load((folder / "config.yaml").read_text())
    assert folder == Path(lean_config.home) / name_of("ingest", lean_config)
    assert manifest["stage"] == "ingest"
    assert manifest["inputs"] == {}
    assert config["corpus"]["sources"] == lean_config.corpus.sources
    assert set(config) == {"home", "cache", "seed", "force"} | {
        key for key in vars(lean_config) if hasattr(getattr(lean_config, key), "__dict__")
    }
    verify(folder)


def test_a_job_names_the_artifacts_that_it_read(lean_config):
    first = launch("ingest", lean_config, ingest)

    second = launch("generate", lean_config, generate)

    assert read_manifest(second)["inputs"] == {"ingest": first.name}


def test_finished_work_is_not_done_again_and_says_so(lean_config, caplog):
    launch("ingest", lean_config, ingest)
    before = (Path(lean_config.home) / name_of("ingest", lean_config)).stat().st_mtime_ns

    def never(config: Config, inputs: Inputs, folder: Path) -> Counts:
        raise AssertionError("done again")

    with caplog.at_level("INFO", logger="lawvault"):
        folder = launch("ingest", lean_config, never)

    assert folder.stat().st_mtime_ns == before
    assert f"ingest: done before → {folder}" in caplog.text


def test_a_job_ends_with_one_line_of_counts(lean_config, caplog):
    with caplog.at_level("INFO", logger="lawvault"):
        folder = launch("ingest", lean_config, ingest)

    last = caplog.messages[-1]
    assert last.startswith("ingest: in 40, out 40, rejected 0 in ")
    assert last.endswith(f" s → {folder}")


def test_force_does_finished_work_again(lean_config):
    folder = launch("ingest", lean_config, ingest)
    (folder / "stale.txt").write_text("stale")
    before = read_manifest(folder)["files"]["content.db"]

    lean_config.force = True
    again = launch("ingest", lean_config, ingest)

    assert again == folder
    assert not (folder / "stale.txt").exists()
    assert read_manifest(folder)["files"]["content.db"] == before
    verify(folder)


def test_a_missing_stage_is_named_with_the_command_that_makes_it(lean_config):
    with pytest.raises(MissingInputError) as refusal:
        find_inputs("generate", lean_config)

    missing = Path(lean_config.home) / name_of("ingest", lean_config)
    assert str(refusal.value) == (
        f"generate needs {missing}: run `python -m jobs.ingest` with the same options"
    )


def test_the_input_of_another_config_is_not_taken(lean_config):
    launch("ingest", lean_config, ingest)
    lean_config.corpus.as_of = "2030-01-01"

    with pytest.raises(MissingInputError):
        find_inputs("generate", lean_config)


def test_a_half_made_input_is_not_taken(lean_config):
    folder = launch("ingest", lean_config, ingest)
    (folder / "manifest.json").unlink()

    with pytest.raises(MissingInputError):
        find_inputs("generate", lean_config)


def test_several_stages_run_in_order_each_once(lean_config):
    made = run_stages(lean_config, (ingest, generate))
    again = run_stages(lean_config, (ingest, generate))

    assert list(made) == ["ingest", "generate"]
    assert again == made
    assert all(is_sealed(folder) for folder in made.values())


def test_a_job_without_its_input_ends_with_exit_code_three_and_the_command(lean_config):
    done = run_job("generate", *toy_options(lean_config))

    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr.startswith("error: generate needs ")
    assert done.stderr.endswith("run `python -m jobs.ingest` with the same options\n")


def test_a_job_of_another_process_makes_the_same_artifact(lean_config):
    done = run_job("ingest", *toy_options(lean_config))

    assert done.returncode == 0, done.stderr
    assert is_sealed(Path(lean_config.home) / name_of("ingest", lean_config))
    assert "ingest: in 40, out 40, rejected 0" in done.stdout
    assert done.stderr == ""


def test_ctrl_c_ends_a_job_with_exit_code_130_and_the_same_command_goes_on(lean_config):
    command = [sys.executable, "-c", textwrap.dedent(BLOCKING), *toy_options(lean_config)]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, cwd=ROOT, text=True, **pipes) as process:
        assert process.stdout.readline() == "working\n"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()

    assert process.returncode == 130
    assert said == "error: interrupted; the same command goes on from here\n"
    assert not is_sealed(Path(lean_config.home) / name_of("ingest", lean_config))
    folder = launch("ingest", lean_config, ingest)
    assert (folder / "first.txt").read_text() == "first"
    verify(folder)


def all_errors() -> list[type[LawVaultError]]:
    found = [value for value in vars(errors).values() if isinstance(value, type)]
    return [error for error in found if LawVaultError in error.__bases__]


@pytest.mark.parametrize("error", all_errors(), ids=lambda error: error.__name__)
def test_an_error_for_a_person_is_one_line_and_its_own_exit_code(error):
    raising = f"raise errors.{error.__name__}('what, where, how to mend')"

    done = run_script(FAILING.replace("ERROR", raising))

    assert done.returncode == error.exit_code
    assert done.stderr == "error: what, where, how to mend\n"


def test_a_failing_file_system_is_one_line_with_the_file_and_exit_code_four():
    done = run_script(FAILING.replace("ERROR", "open('/nowhere/at/all')"))

    assert done.returncode == 4
    assert done.stderr == "error: No such file or directory: /nowhere/at/all\n"


def test_a_bug_keeps_its_traceback_and_ends_with_exit_code_one():
    done = run_script(FAILING.replace("ERROR", "{}['a bug']"))

    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "KeyError: 'a bug'" in done.stderr


def test_every_exit_code_means_one_thing():
    codes = {error.__name__: error.exit_code for error in all_errors()}

    assert codes == {
        "BudgetError": 5,
        "CitationError": 6,
        "ConfigError": 2,
        "ContractError": 3,
        "IntegrityError": 6,
        "MissingInputError": 3,
        "SourceError": 3,
        "UpstreamError": 4,
    }


@pytest.mark.parametrize(
    ("options", "wanted", "given", "free"),
    [
        (["cluster.workers=2"], "2", "2", "1.5"),
        (["cluster.cpus=4", "cluster.workers=3", "cluster.cpus_per_worker=1.5"], "4.5", "4", "3.5"),
    ],
)
def test_workers_that_ray_would_wait_for_without_end_are_refused(options, wanted, given, free):
    done = run_script(SESSION, *options)

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        f"error: cluster.workers x cluster.cpus_per_worker = {wanted} CPUs, but of {given} only "
        f"{free} can be given away: lower one of them or raise cluster.cpus\n"
    )


def test_a_relative_home_is_refused_in_a_job_that_a_cluster_runs(monkeypatch):
    monkeypatch.setenv("RAY_JOB_CONFIG_JSON_ENV_VAR", "{}")

    done = run_job("ingest")

    assert done.returncode == 2
    assert done.stderr.startswith("error: home=runs would vanish with the job's unpacked working")
    assert done.stderr.count("\n") == 1


def test_an_inline_job_never_loads_ray(lean_config):
    done = run_script(INLINE, *toy_options(lean_config))

    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("ray loaded: False\n")


@pytest.mark.ray
def test_a_session_starts_a_ray_of_its_own_shares_it_and_stops_it():
    done = run_script(SESSION)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["CPUs 2.0", "nested", "still True", "after False"]
