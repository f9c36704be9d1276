"""A real store for each test: a SQLite file, and a PostgreSQL server where one is installed."""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from lawvault.store.database import Database
from lawvault.store.runs import RunStore
from lawvault.store.tables import METADATA
from lawvault.store.user import UserStore


def installed(program: str) -> str | None:
    """Return where a program of PostgreSQL is; Debian keeps them off the PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    return shutil.which(program) or (str(debian[-1]) if debian else None)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Return the URL of a server of our own, reached by a socket only."""
    initdb, server = installed("initdb"), installed("postgres")
    if initdb is None or server is None or importlib.util.find_spec("psycopg") is None:
        pytest.skip("needs a PostgreSQL server and psycopg")
    user = 65534 if os.geteuid() == 0 else os.geteuid()  # PostgreSQL refuses to run as root
    with tempfile.TemporaryDirectory() as folder:  # short: a socket's path has 107 bytes
        os.chown(folder, user, -1)
        command = [initdb, "-D", f"{folder}/data", "-U", "lawvault", "--auth=trust", "-E", "UTF8"]
        subprocess.run(command, user=user, check=True, capture_output=True, cwd=folder)
        options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}"]
        command = [server, "-D", f"{folder}/data", *options]
        running = subprocess.Popen(
            command, user=user, stderr=subprocess.PIPE, text=True, cwd=folder
        )
        assert running.stderr is not None
        with running.stderr:
            for line in running.stderr:
                if "ready to accept connections" in line:
                    break
            yield f"postgresql+psycopg://lawvault@/postgres?host={folder}"
            running.terminate()
            running.stderr.read()
            running.wait()


@pytest.fixture
def file_url(tmp_path) -> str:
    return f"sqlite:///{tmp_path}/store/lawvault.sqlite"


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return str(request.getfixturevalue("file_url"))
    return str(request.getfixturevalue("postgres"))


@pytest.fixture
def database(url) -> Iterator[Database]:
    opened = Database.open(url)
    with opened.writing() as connection:
        for table in reversed(METADATA.sorted_tables):
            connection.execute(delete(table))
    yield opened
    opened.close()


@pytest.fixture
def runs(database) -> RunStore:
    return RunStore(database)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def user(database, clock) -> UserStore:
    return UserStore(database, clock=clock)
