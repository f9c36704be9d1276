"""How a job is called: what a mistake on the command line gets back, and what `--help` says."""

import subprocess
import sys
from pathlib import Path

import pytest

from lawvault.config.command_line import job
from lawvault.config.tree import CONF, Config, knobs

ROOT = Path(__file__).parents[2]
MISTAKES = {
    "mine.rank_form=3": "unknown key mine.rank_form; did you mean mine.rank_from?",
    "traim.epochs=3": "unknown key traim; did you mean train.scale?",
    "+mine.depth=3": "unknown key mine.depth; did you mean ",
    "+zzzzzzzzzzzzzzzz=3": "unknown key zzzzzzzzzzzzzzzz; --help lists all keys",
    "train.epochs=three": "train.epochs: Value 'three' of type 'str' could not be converted to Int",
    "train.epochs=1.5": "train.epochs: Value '1.5' of type 'float' could not be converted to Int",
    "force=perhaps": "force: Value 'perhaps' is not a valid bool",
    "encoder.model=null": "encoder.model: field 'encoder.model' is not Optional",
    "generate.tones=help": "generate.tones: Invalid value assigned: str is not a ListConfig",
    "train.learning_rate=nan": "train.learning_rate must be in [1e-09, 1], got nan",
    "corpus.law=[劳动法]": "non-ASCII words need quotes, as in 'corpus.law=[\"劳动法\"]'",
    "train.epochs": "cannot read train.epochs: an option is written key=value",
    "encoder=colossal": "Could not find 'encoder/colossal' Available options in 'encoder': ",
    "home=${nowhere}": "home: Interpolation key 'nowhere' not found",
    "seed=???": "seed: Missing mandatory value: seed",
    "mine=7": "mine: Invalid type assigned: int is not a subclass of MineConfig",
    "@x=1": "cannot read @x=1: an option is written key=value",
    "~mine": "cannot read ~mine: no key can be taken away; write key=value, or leave it out",
}


def run(*options: str) -> subprocess.CompletedProcess[str]:
    """Run a job with options that must stop it before it works."""
    command = [sys.executable, "-m", "jobs.ingest", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_on_the_command_line_gets_one_line_and_exit_code_two(mistake):
    done = run(mistake)

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert MISTAKES[mistake] in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("option", "complaint"),
    [
        ("=1", "an option is written key=value"),
        ("+=1", "an option is written key=value"),
        ("@x=national", "an option is written key=value"),
        ("~corpus", "no key can be taken away"),
        ("~corpus=everyday", "no key can be taken away"),
        ("~seed", "no key can be taken away"),
        ("corpus=1", "corpus is a group and takes the name of one of its choices"),
        ("corpus=", "corpus is a group"),
        ("recipe=null", "recipe is a group"),
        ("recipe=[]", "recipe is a group"),
        ("recipe=[article,2]", "recipe is a group"),
        ("corpus@mine=true", "corpus is a group"),
        ("hydra=1", "hydra is a group"),
        ("hydra/help=1", "hydra/help is a group"),
    ],
)
def test_an_option_that_names_no_value_of_a_key_is_refused_before_anything_is_composed(
    option, complaint, monkeypatch, capsys
):
    monkeypatch.setenv("HYDRA_FULL_ERROR", "")  # a job sets it
    monkeypatch.setattr(sys, "argv", ["ingest", "--cfg", "job", "seed=3", option])

    @job
    def main(config: Config) -> None:
        raise AssertionError("worked")

    with pytest.raises(SystemExit) as end:
        main()

    assert end.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"error: cannot read {option}: {complaint}")
    assert said.err.count("\n") == 1


def test_help_explains_every_key_with_its_default_and_limits():
    done = run("--help")

    assert done.returncode == 0
    for item in knobs():
        assert f"\n  {item.key}=" in done.stdout
        assert f"\n      {item.meaning}" in done.stdout
    assert "worst rank a negative may have (1 to 100000)" in done.stdout
    assert "(inline | local | attach)" in done.stdout
    for group in {path.parent for path in CONF.glob("*/*.yaml")}:
        choices = sorted(path.stem for path in group.glob("*.yaml"))
        assert f"{group.name}: {', '.join(choices)}" in done.stdout


def test_a_composed_config_writes_no_folders_and_no_log_files(tmp_path):
    command = [sys.executable, "-m", "jobs.ingest", "--cfg", "job"]
    place = {"PYTHONPATH": str(ROOT), "PATH": ""}

    done = subprocess.run(command, cwd=tmp_path, env=place, capture_output=True, text=True)

    assert done.returncode == 0
    assert "rank_from: 10" in done.stdout
    assert list(tmp_path.iterdir()) == []
