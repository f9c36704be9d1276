"""Jobs through Ray's job server: a head of our own, closed by a token, and `ray job submit`."""

import copy
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from lawvault.artifacts import read_manifest, verify
from lawvault.stages import name_of
from tests.e2e.sessions import kill_session
from tests.ports import free_ports

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
MAX_UPLOAD_BYTES = 5_000_000
TOO_EARLY = "No available agent to submit job, please try again later"

pytestmark = [pytest.mark.ray, pytest.mark.timeout(240)]


@dataclass(frozen=True, kw_only=True)
class Head:
    """A running head: its job server, its folder, and the environment that may talk to it."""

    address: str
    folder: Path
    environment: dict[str, str]

    def submit(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Submit a job from the checkout, wait for its end, and return what the terminal showed.

        A head that has just begun has no agent for jobs yet, and says to try again later.
        """
        deadline = time.monotonic() + 90
        while TOO_EARLY in (done := self._submit(command)).stderr:
            assert time.monotonic() < deadline, done.stderr
        return done

    def _submit(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        options = ["--address", self.address, "--working-dir", ".", "--log-style", "record"]
        return subprocess.run(
            [str(BIN / "ray"), "job", "submit", *options, "--", *command],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=150,
        )


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def head() -> Iterator[Head]:
    """A head on free ports with a folder of its own, as `ray start` makes it; killed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="lawvault-ray-", dir="/tmp"))  # sockets need short paths
    gcs, dashboard, client, agent = free_ports(4)
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("RAY_")},
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    }
    command = [
        *(str(BIN / "ray"), "start", "--head", "--block", "--num-cpus=2"),
        *(f"--port={gcs}", f"--ray-client-server-port={client}", f"--temp-dir={folder}"),
        *("--dashboard-host=127.0.0.1", f"--dashboard-port={dashboard}"),
        *(f"--dashboard-agent-listen-port={agent}", "--object-store-memory=100000000"),
    ]
    with (folder / "head.log").open("w") as log:
        process = subprocess.Popen(
            command, cwd="/", env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        deadline = time.monotonic() + 90
        while not answers(dashboard) or not answers(agent):
            assert process.poll() is None, (folder / "head.log").read_text()
            assert time.monotonic() < deadline, (folder / "head.log").read_text()
            time.sleep(0.2)
        address = f"http://127.0.0.1:{dashboard}"
        yield Head(address=address, folder=folder, environment=environment)
    finally:
        kill_session(process)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def submitted(head, finished, command_of, tmp_path_factory):
    """The ingest of the toy corpus as a submitted job, its end and its config."""
    config = copy.deepcopy(finished.config)
    config.home = str(tmp_path_factory.mktemp("shared") / "vault")
    command = ["python", *command_of("ingest", config)[1:]]
    return head.submit(*command), config


def test_a_submitted_job_succeeds_and_its_artifact_lies_in_the_shared_home(submitted, finished):
    done, config = submitted

    assert done.returncode == 0, done.stdout + done.stderr
    assert "succeeded" in done.stdout + done.stderr
    folder = Path(config.home) / name_of("ingest", config)
    verify(folder)
    assert "ingest: in 40, out 40, rejected 0 in " in done.stdout
    assert str(folder) in done.stdout
    own = {k: v for k, v in read_manifest(folder)["files"].items() if k != "config.yaml"}
    library = read_manifest(finished.artifacts["ingest"])["files"]
    assert own == {key: value for key, value in library.items() if key != "config.yaml"}


def test_what_is_uploaded_is_the_code_and_nothing_else(submitted, head):
    assert submitted[0].returncode == 0
    package = next(head.folder.glob("session_2*/runtime_resources/working_dir_files/_ray_pkg_*/"))

    files = [
        path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    ]

    names = {path.relative_to(package).parts[0] for path in files}
    assert {"lawvault", "jobs", "conf", "pyproject.toml"} <= names
    assert not names & {".git", ".venv", "tests", "docs", "runs", ".hypothesis"}
    assert not [name for name in names if name.startswith(".env")]
    assert sum(path.stat().st_size for path in files) < MAX_UPLOAD_BYTES


@pytest.mark.chaos
def test_a_submitted_job_works_on_the_cluster_that_runs_it(submitted, head, finished, command_of):
    _, config = submitted
    config = copy.deepcopy(config)
    config.cluster.mode = "attach"
    for stage in ("ingest", "generate"):
        target = Path(config.home) / name_of(stage, config)
        shutil.copytree(finished.artifacts[stage], target, dirs_exist_ok=True)

    done = head.submit("python", *command_of("mine", config)[1:])

    assert done.returncode == 0, done.stdout + done.stderr
    own = read_manifest(Path(config.home) / name_of("mine", config))["files"]
    library = read_manifest(finished.artifacts["mine"])["files"]
    assert own["triplets/part-0.parquet"] == library["triplets/part-0.parquet"]


def test_a_home_that_would_vanish_with_the_job_is_refused_in_its_log(head):
    done = head.submit("python", "-m", "jobs.ingest", "home=runs")

    shown = done.stdout + done.stderr
    assert done.returncode != 0
    assert "error: home=runs would vanish with the job's unpacked working directory" in shown
    assert "give an absolute folder, as home=/" in shown
    assert "exit code 2" in shown
    assert "Traceback" not in shown


def test_without_the_token_nobody_submits(head, tmp_path):
    stranger = Head(
        address=head.address,
        folder=head.folder,
        environment={
            **head.environment,
            "RAY_AUTH_TOKEN": secrets.token_hex(32),
            "HOME": str(tmp_path),
        },
    )

    done = stranger.submit("python", "-c", f"open({str(tmp_path / 'mark')!r}, 'w')")

    assert done.returncode != 0
    assert not (tmp_path / "mark").exists()
