"""A job goes through Ray's job server, as on a cluster: `ray job submit --working-dir . -- …`."""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
START_SECONDS = 90

pytestmark = [pytest.mark.ray, pytest.mark.timeout(400)]


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def wait_for_job_server(address, token):
    request = urllib.request.Request(
        f"{address}/api/jobs/", headers={"Authorization": f"Bearer {token}"}
    )
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(request, timeout=5):
                return
        except OSError as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


@pytest.fixture(scope="module")
def head(tmp_path_factory):
    """A head node of our own on free ports, with token authentication; yields (address, env)."""
    port, dashboard, client, agent, metrics = free_ports(5)
    token = secrets.token_hex(32)
    env = {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": token,
        "RAY_USAGE_STATS_ENABLED": "0",
    }
    folder = tmp_path_factory.mktemp("ray")
    command = [str(BIN / "ray"), "start", "--head", "--block", "--num-cpus=2"]
    command += [f"--port={port}", f"--dashboard-port={dashboard}", "--dashboard-host=127.0.0.1"]
    command += [f"--ray-client-server-port={client}", f"--metrics-export-port={metrics}"]
    command += [f"--dashboard-agent-listen-port={agent}", f"--temp-dir={folder}"]
    command += [f"--object-store-memory={200 << 20}"]
    with (folder / "head.log").open("w") as log:
        process = subprocess.Popen(
            command, env=env, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
        )
    address = f"http://127.0.0.1:{dashboard}"
    try:
        wait_for_job_server(address, token)
        yield address, env
    finally:
        kill_session(process.pid)
        process.wait(30)


def kill_session(session):
    """Kill every process of a session: Ray's own stop would end other people's clusters, too."""
    table = subprocess.run(["ps", "-e", "-o", "pid="], capture_output=True, text=True, check=True)
    for pid in map(int, table.stdout.split()):
        with contextlib.suppress(ProcessLookupError):
            if os.getsid(pid) == session:
                os.kill(pid, signal.SIGKILL)


def submit(head, *overrides):
    address, env = head
    command = [str(BIN / "ray"), "job", "submit", "--address", address, "--working-dir", "."]
    return subprocess.run(
        [*command, "--", "python", "-m", "jobs.ingest", *overrides],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
    )


def test_a_submitted_job_leaves_a_sealed_artifact_where_it_was_told(head, tmp_path, toy_corpus):
    done = submit(
        head, f"home={tmp_path}/vault", f"corpus.sources=[{toy_corpus}]", "corpus.laws=[]"
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert len(list((tmp_path / "vault").glob("ingest-*/manifest.json"))) == 1


def test_a_relative_home_under_a_job_server_is_refused_with_the_remedy(head, toy_corpus):
    done = submit(head, "home=runs", f"corpus.sources=[{toy_corpus}]", "corpus.laws=[]")

    assert done.returncode != 0
    assert "home=runs would vanish" in done.stdout + done.stderr


def test_nobody_submits_without_the_token(head):
    address, _ = head

    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{address}/api/jobs/", timeout=5)

    with refused.value as answer:
        assert answer.code == 401
