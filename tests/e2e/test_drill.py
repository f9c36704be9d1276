"""Fault drills: whatever kills, interrupts or starves a job, the next run ends with the same bytes.

Each job is a real process in a session of its own.  Kills come at random moments of its work, drawn
from a seed that is printed; DRILL_SEED=n draws them again.  Law of the real corpus makes the work
long enough to be hit; nothing sleeps in it.
"""

import copy
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from lawvault.artifacts import is_sealed, verify
from lawvault.config.llm import LlmConfig
from lawvault.config.pipeline import CorpusConfig, TrainConfig
from lawvault.config.tree import Config
from lawvault.job import run_stages
from lawvault.stages import name_of
from tests.e2e.sessions import kill_session

ROOT = Path(__file__).parents[2]
ORDER = ("ingest", "generate", "mine", "train", "evaluate", "index", "export")
EVERYDAY = ["民法典", "劳动法", "劳动合同法", "劳动争议调解仲裁法", "社会保险法"]
SEED = int(os.environ.get("DRILL_SEED", random.SystemRandom().randrange(10**6)))
INTERRUPTED = (130, -signal.SIGINT)
"""A shell calls both 130; Python ends by the signal itself if it passed through an `exec`."""
MOMENTS = ((0.0, 0.5), (0.0, 0.3), (0.2, 0.7))
"""What share of a stage's undisturbed time passes before each kill: drawn between these.

The clock starts where the work begins; for the second kill where it has something to go on from.
"""


@dataclass(frozen=True, kw_only=True)
class Drill:
    """A stage, the vault it starts from, and how to run it."""

    stage: str
    config: Config
    start: Path  # the vault with all it reads; copied to config.home
    command: list[str]

    @property
    def home(self) -> Path:
        return Path(self.config.home)

    @property
    def name(self) -> str:
        return name_of(self.stage, self.config)

    def reset(self) -> None:
        """Put the vault back to where the stage has not begun."""
        if self.home.exists():
            shutil.rmtree(self.home)
        shutil.copytree(self.start, self.home)

    @property
    def partial(self) -> Path:
        return self.home / f".{self.name}.partial"

    def has_saved(self) -> bool:
        """Say whether a training has a checkpoint; any other stage begins anew or where it was."""
        if self.stage != "train":
            return self.partial.is_dir()
        return any(self.partial.glob("checkpoints/step-*.safetensors"))

    def is_done(self) -> bool:
        return is_sealed(self.home / self.name)


class Job:
    """A job as a process in a session of its own, its output in files."""

    def __init__(self, drill: Drill) -> None:
        self.drill = drill
        self.log = drill.home.with_name("log.txt")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                drill.command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
            )

    def wait_for(self, happened: Callable[[], bool]) -> float:
        """Return the time at which something happened, or the process ended without it."""
        while self.process.poll() is None and not happened():
            time.sleep(0.005)
        return time.monotonic()

    def wait_until(self, moment: float) -> None:
        """Let the job work until `moment`, or until it ends."""
        while self.process.poll() is None and time.monotonic() < moment:
            time.sleep(0.002)

    def kill(self) -> None:
        """Kill every process of the session: the job, its Ray, its workers."""
        kill_session(self.process)

    def end(self) -> tuple[int, str]:
        """Return exit code and output of a job that ends by itself."""
        code = self.process.wait(timeout=240)
        self.kill()  # Ray's agents end by themselves, but take up to a minute for it
        return code, self.log.read_text(errors="replace")


def contents(drill: Drill) -> dict[str, object]:
    """Return what the stage made, by content: hashes of files, counts and metrics of manifests.

    LanceDB names its files at random, so for those the manifest's hash of the vectors stands.
    """
    found: dict[str, object] = {}
    for folder in (drill.home / drill.name, *drill.home.glob("vectors-*")):
        verify(folder)
        manifest = json.loads((folder / "manifest.json").read_text())
        random_names = "law_db.lancedb/" if drill.stage == "index" else "\0"
        for path, digest in manifest["files"].items():
            if not path.startswith(random_names):
                found[f"{folder.name}/{path}"] = digest
        for key in ("rows_in", "rows_out", "rejected", "metrics", "inputs"):
            found[f"{folder.name}: {key}"] = manifest.get(key)
    return found


def undisturbed(drill: Drill) -> tuple[dict[str, object], float]:
    """Return what a run that nobody disturbs makes, and the seconds of its work."""
    drill.reset()
    job = Job(drill)
    begin = job.wait_for(drill.partial.is_dir)
    code, log = job.end()
    assert code == 0, log
    return contents(drill), time.monotonic() - begin


def killed(drill: Drill, seconds: float, draw: random.Random) -> list[str]:
    """Kill the job at three random moments of its work; return the log of each run.

    Where the machine was faster than the undisturbed run and a job ended before its kill, the
    drill begins again with a shorter time: every kill that counts hit an unfinished stage.
    """
    logs: list[str] = []
    for _ in range(12):
        low, high = MOMENTS[len(logs)]
        job = Job(drill)
        begin = job.wait_for(drill.has_saved if len(logs) == 1 else drill.partial.is_dir)
        job.wait_until(begin + draw.uniform(low, high) * seconds)
        job.kill()
        if job.process.returncode == -signal.SIGKILL and not drill.is_done():
            assert drill.partial.is_dir()
            logs.append(job.log.read_text(errors="replace"))
        else:
            drill.reset()
            logs, seconds = [], 0.6 * seconds
        if len(logs) == len(MOMENTS):
            return logs
    raise AssertionError(f"no three kills in a row hit the {seconds:.3f} s of work")


@pytest.fixture(scope="session")
def law_config(finished, tmp_path_factory) -> Config:
    """The config of a vault with real everyday law, all its stages done with the tiny model."""
    from lawvault.evaluate.stage import evaluate
    from lawvault.generate.stage import generate
    from lawvault.index.stage import index
    from lawvault.ingest.stage import ingest
    from lawvault.mine.stage import mine
    from lawvault.train.on_ray import train

    config = copy.deepcopy(finished.config)
    config.home = str(tmp_path_factory.mktemp("law") / "vault")
    config.corpus, config.llm = CorpusConfig(law=EVERYDAY), LlmConfig()
    config.train = TrainConfig(
        batch_size=32, accumulation=1, epochs=1, max_tokens=48, checkpoint_steps=10
    )
    config.train.matryoshka, config.train.merge_weights = [], [0.5, 1.0]
    run_stages(config, (ingest, generate, mine, train, evaluate, index))
    return config


@dataclass(frozen=True, kw_only=True)
class Rehearsed:
    """A drill, what a run that nobody disturbs makes of it, and the seconds of its work."""

    drill: Drill
    expected: dict[str, object]
    seconds: float


@pytest.fixture(scope="module")
def rehearsed(request, finished, command_of, tmp_path_factory) -> Callable[..., Rehearsed]:
    """Return a function that sets up the drill of a stage, once, and puts its vault back."""

    def set_up(stage: str, mode: str, knobs: dict[str, int], *, encoded: bool) -> Drill:
        of_law = stage != "train"
        config = copy.deepcopy(request.getfixturevalue("law_config") if of_law else finished.config)
        folder = tmp_path_factory.mktemp(f"{stage}-{mode}")
        (folder / "start").mkdir()
        for earlier in ORDER[: ORDER.index(stage)]:
            name = name_of(earlier, config)
            shutil.copytree(Path(config.home) / name, folder / "start" / name)
        for vectors in Path(config.home).glob("vectors-*") if encoded else ():
            shutil.copytree(vectors, folder / "start" / vectors.name)
        config.home, config.cluster.mode = str(folder / "vault"), mode
        for name, value in knobs.items() if stage == "train" else ():
            setattr(config.train, name, value)
        config.cluster.train_workers = 2 if (stage, mode) == ("train", "local") else 0
        command = command_of(stage, config)
        return Drill(stage=stage, config=config, start=folder / "start", command=command)

    done: dict[tuple, Rehearsed] = {}

    def rehearse(
        stage: str, mode: str = "inline", epochs: int = 8, *, encoded: bool = False
    ) -> Rehearsed:
        knobs = {"epochs": epochs, "checkpoint_steps": 10}
        key = (stage, mode, epochs, encoded)
        if key not in done:
            drill = set_up(stage, mode, knobs, encoded=encoded)
            expected, seconds = undisturbed(drill)
            done[key] = Rehearsed(drill=drill, expected=expected, seconds=seconds)
        done[key].drill.reset()
        return done[key]

    return rehearse


@pytest.fixture
def seed(capsys) -> int:
    with capsys.disabled():
        print(f"\ndrill seed {SEED} (DRILL_SEED={SEED} draws the same moments)", end=" ")
    return SEED


def chaos(*cases: object) -> list[object]:
    return [pytest.param(*case, marks=pytest.mark.chaos) for case in cases]


INLINE = [(stage, "inline") for stage in ORDER if stage != "train"]
ON_RAY = [(stage, "local") for stage in ("mine", "train", "evaluate", "index")]


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("stage", "mode"), [("train", "inline"), *chaos(*INLINE, *ON_RAY)])
def test_a_job_killed_three_times_ends_with_the_bytes_of_one_that_was_not(
    rehearsed, seed, stage, mode
):
    plan = rehearsed(stage, mode)

    logs = killed(plan.drill, plan.seconds, random.Random(f"{seed}:{stage}:{mode}"))
    code, log = Job(plan.drill).end()

    assert code == 0, log
    assert contents(plan.drill) == plan.expected
    if (stage, mode) == ("train", "inline"):  # a Ray worker's log stays with Ray
        assert any("going on after step" in text for text in (*logs, log)), "nothing was resumed"


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("stage", "mode"), chaos(("train", "inline"), *INLINE, *ON_RAY))
def test_a_job_ended_by_ctrl_c_says_so_and_goes_on(rehearsed, seed, stage, mode):
    plan = rehearsed(stage, mode)
    drill, draw = plan.drill, random.Random(f"{seed}:{stage}:{mode}:interrupt")

    job = Job(drill)
    begin = job.wait_for(drill.partial.is_dir)
    job.wait_until(begin + draw.uniform(0, 0.5) * plan.seconds)
    os.killpg(job.process.pid, signal.SIGINT)
    code, log = job.end()

    assert code in INTERRUPTED, log
    assert log.splitlines()[-1] == "error: interrupted; the same command goes on from here"
    assert "Traceback" not in log
    assert not drill.is_done()
    code, log = Job(drill).end()
    assert code == 0, log
    assert contents(drill) == plan.expected


LIMITS = [(stage, size) for stage in ORDER if stage != "train" for size in (1_000, 40_000)]


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("stage", "size"), chaos(("train", 100_000), ("train", 1_000), *LIMITS))
def test_a_full_disk_ends_a_job_with_exit_code_four_and_without_an_artifact(rehearsed, stage, size):
    def fill_the_disk() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    plan = rehearsed(stage)
    drill = plan.drill

    full = subprocess.run(
        drill.command, cwd=ROOT, capture_output=True, text=True, preexec_fn=fill_the_disk
    )

    assert full.returncode == 4, full.stderr
    assert full.stderr.splitlines()[-1].startswith("error: ")
    assert "Traceback" not in full.stderr
    assert not drill.is_done()
    code, log = Job(drill).end()
    assert code == 0, log
    assert contents(drill) == plan.expected


CRASHING = """
    import os, runpy, signal, sys

    left, module = int(sys.argv[1]), sys.argv[2]
    rename = os.rename

    def crash(*args, **kwargs):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return rename(*args, **kwargs)

    os.rename = crash
    sys.argv = [module, *sys.argv[3:]]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
"""


@pytest.mark.chaos
@pytest.mark.timeout(900)
@pytest.mark.parametrize("stage", ORDER)
def test_a_job_killed_at_any_of_its_renames_ends_with_the_same_bytes(rehearsed, stage):
    """Every step that makes something visible is a rename: die just before each of them."""
    # Mining dies at every rename of encoding too; evaluation need not do all that again.
    plan = rehearsed(stage, epochs=1, encoded=stage == "evaluate")
    drill, points = plan.drill, 0
    while True:
        drill.reset()
        crashing = [sys.executable, "-c", textwrap.dedent(CRASHING), str(points + 1)]
        crashed = subprocess.run(
            [*crashing, f"jobs.{stage}", *drill.command[3:]], cwd=ROOT, capture_output=True
        )
        if crashed.returncode == 0:
            break
        assert crashed.returncode == -signal.SIGKILL, crashed.stderr
        assert not drill.is_done()
        points += 1

        code, log = Job(drill).end()

        assert code == 0, f"after a kill at rename {points}: {log}"
        assert contents(drill) == plan.expected, f"after a kill at rename {points}"
    assert points >= 4  # at least a table or file, the manifest, the artifact itself
