"""What was acknowledged is there after any kill, and what goes wrong says so in words."""

import contextlib
import os
import re
import secrets
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lawvault.config.limits import checked
from lawvault.config.places import StoreConfig
from lawvault.config.tree import Config
from lawvault.errors import ConfigError, IntegrityError, UpstreamError
from lawvault.store.database import Database, url_of
from lawvault.store.runs import RunStore

ROOT = Path(__file__).parents[2]
WRITER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from lawvault.store.database import Database
from lawvault.store.runs import RunStore
url, number, *run_ids = sys.argv[1:]
runs = RunStore(Database.open(url))
def write(run_id):
    runs.create("a", run_id, {})
    for seq in range(1, int(number) + 1):
        event = {"seq": seq, "time": 1.0, "kind": "plan", "data": {"text": "法" * 200}}
        runs.append(run_id, [event])
        print(seq, flush=True)
with ThreadPoolExecutor(len(run_ids)) as pool:
    list(pool.map(write, run_ids))
"""


def writer(url: str, number: int, *run_ids: str) -> subprocess.Popen[str]:
    """Start a process in which one thread a run adds so many events, one by one."""
    command = [sys.executable, "-c", WRITER, url, str(number), *run_ids]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=ROOT, text=True, **pipes)


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def killed_after(running: subprocess.Popen[str], acknowledged: int) -> int:
    """Kill a writer with SIGKILL after so many acknowledgements; return how many came in all."""
    assert running.stdout is not None
    for line in running.stdout:
        if int(line) >= acknowledged:
            break
    os.kill(running.pid, signal.SIGKILL)
    rest = running.communicate()[0].split()
    return int(rest[-1]) if rest else acknowledged


@pytest.mark.parametrize(
    "points",
    [(1, 60, 333), pytest.param(tuple(range(2, 500, 20)), marks=pytest.mark.chaos)],
    ids=["some", "many"],
)
def test_every_acknowledged_write_is_there_after_kill_9(file_url, points):
    for point in points:
        run_id = secrets.token_hex(16)

        acknowledged = killed_after(writer(file_url, 500, run_id), point)

        database = Database.open(file_url)
        seqs = [event["seq"] for event in RunStore(database).events("a", run_id)]
        assert acknowledged < 500, "it should have been killed in the middle"
        assert len(seqs) >= acknowledged >= point
        assert seqs == list(range(1, len(seqs) + 1))
        with database.reading() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        database.close()


@pytest.mark.parametrize("number", [25, pytest.param(500, marks=pytest.mark.chaos)])
def test_eight_writers_in_four_processes_that_make_one_store_at_once_lose_nothing(url, number):
    ids = [secrets.token_hex(16) for _ in range(8)]
    running = [writer(url, number, *ids[first : first + 2]) for first in range(0, 8, 2)]

    said = [process.communicate() for process in running]

    assert [errors for _, errors in said] == [""] * 4
    database = Database.open(url)
    runs = RunStore(database)
    assert {runs.get("a", run_id).num_events for run_id in ids} == {number}
    database.close()


def test_a_store_that_another_holds_waits_its_turn_and_then_says_so(file_url):
    database = Database.open(file_url, patience_s=0.2)
    runs = RunStore(database)
    runs.create("a", run_id := secrets.token_hex(16), {})
    holder = sqlite3.connect(file_of(file_url), isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")

    with pytest.raises(UpstreamError, match="in use by others"):
        runs.heartbeat(run_id)
    assert runs.get("a", run_id).state == "running"  # reading does not wait for writers

    threading.Timer(0.05, holder.rollback).start()
    runs.heartbeat(run_id)
    holder.close()
    database.close()


def test_writers_of_one_process_wait_no_longer_than_told(file_url):
    database = Database.open(file_url, patience_s=0.1)

    with (
        database.writing(),
        pytest.raises(UpstreamError, match="in use by others"),
        database.writing(),
    ):
        pass
    database.close()


def test_a_full_disk_keeps_what_there_was_and_says_so(file_url):
    database = Database.open(file_url)
    runs = RunStore(database)
    runs.create("a", run_id := secrets.token_hex(16), {})
    event = {"seq": 1, "time": 1.0, "kind": "plan", "data": {"text": "x" * 1_000_000}}
    with database.reading() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 20")

    with pytest.raises(UpstreamError, match="disk is full") as told:
        runs.append(run_id, [event])

    assert "xxx" not in str(told.value)
    assert "INSERT" not in str(told.value)
    assert runs.get("a", run_id).num_events == 0
    database.close()


@contextlib.contextmanager
def without_rights() -> Iterator[None]:
    """Be somebody whom rights bind, which they do not for root."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


@pytest.mark.parametrize(("file_mode", "folder_mode"), [(0o444, 0o755), (0o666, 0o555)])
def test_a_store_that_may_only_be_read_is_refused_at_the_start(file_mode, folder_mode):
    with tempfile.TemporaryDirectory() as name:  # everybody may enter it, unlike tmp_path
        folder, url = Path(name), f"sqlite:///{name}/x.sqlite"
        Database.open(url).close()
        folder.joinpath("x.sqlite").chmod(file_mode)
        folder.chmod(folder_mode)

        with without_rights(), pytest.raises(UpstreamError, match=re.escape(f"{folder}/x.sqlite")):
            Database.open(url)

        folder.chmod(0o700)


@pytest.mark.parametrize("content", [b"no database at all, but longer than a page" * 200])
def test_a_file_of_something_else_is_refused_and_left_as_it_is(file_url, content):
    file = file_of(file_url)
    file.parent.mkdir()
    file.write_bytes(content)

    with pytest.raises(IntegrityError, match="no SQLite database"):
        Database.open(file_url)
    assert file.read_bytes() == content


def test_a_damaged_page_is_an_error_and_never_a_new_empty_store(file_url):
    database = Database.open(file_url)
    runs = RunStore(database)
    for _ in range(50):
        runs.create("a", secrets.token_hex(16), {"text": "x" * 2000})
    database.close()
    file = file_of(file_url)
    content = bytearray(file.read_bytes())
    content[8192:] = os.urandom(len(content) - 8192)
    file.write_bytes(content)

    with pytest.raises(IntegrityError, match="damaged"):
        RunStore(Database.open(file_url)).page("a")
    assert file.read_bytes() == content


def test_a_store_whose_file_is_gone_but_whose_log_is_there_is_not_made_anew(file_url):
    file = file_of(file_url)
    file.parent.mkdir()
    file.with_name(f"{file.name}-wal").write_bytes(b"changes")

    with pytest.raises(IntegrityError, match="restore"):
        Database.open(file_url)
    assert not file.exists()


def test_another_sqlite_database_is_not_written_into(file_url):
    file = file_of(file_url)
    file.parent.mkdir()
    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE chunks (id TEXT)")
    other.close()
    before = file.read_bytes()

    with pytest.raises(IntegrityError, match="something else"):
        Database.open(file_url)
    assert file.read_bytes() == before


def test_only_its_owner_may_read_the_store(file_url):
    old_mask = os.umask(0)
    try:
        database = Database.open(file_url)
        RunStore(database).create("a", secrets.token_hex(16), {})
    finally:
        os.umask(old_mask)
    folder = file_of(file_url).parent

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}

    assert len(modes) == 3  # the file, its log and the index of the log
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    database.close()


def test_sqlite_is_set_to_lose_nothing(file_url):
    database = Database.open(file_url)

    with database.reading() as connection:
        set_to = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }

    full = 2
    assert set_to == {
        "journal_mode": "wal",
        "synchronous": full,
        "foreign_keys": 1,
        "busy_timeout": 10_000,
    }
    database.close()


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "sqlite://", "sqlite:///:memory:", "sqlite:///file:x?uri=true", "mysql://h/d"],
)
def test_a_url_that_names_no_store_is_refused(url):
    with pytest.raises(ConfigError, match=r"store\.url must"):
        Database.open(url)


def test_a_server_that_is_not_there_is_an_error_of_the_outside(tmp_path):
    pytest.importorskip("psycopg", reason="needs psycopg")

    with pytest.raises(UpstreamError, match="cannot be used"):
        Database.open(f"postgresql+psycopg://lawvault@/x?host={tmp_path}")


@pytest.mark.parametrize(
    "url", ["postgresql://me:secret@db/x", "postgresql://db/x?password=secret"]
)
def test_a_password_in_the_config_is_refused_and_not_repeated(url):
    with pytest.raises(ConfigError, match="PGPASSWORD") as told:
        checked(Config(store=StoreConfig(url=url)))

    assert "secret" not in str(told.value)


def test_the_store_lies_below_home_unless_it_is_named(tmp_path):
    named = Config(store=StoreConfig(url="postgresql://lawvault@db/x"))

    assert url_of(Config(home=str(tmp_path))) == f"sqlite:///{tmp_path}/store/lawvault.sqlite"
    assert url_of(named) == "postgresql://lawvault@db/x"


def test_a_home_with_odd_characters_is_found_again(tmp_path):
    url = url_of(Config(home=str(tmp_path / "a b?c#d%20法")))

    Database.open(url).close()

    assert (tmp_path / "a b?c#d%20法" / "store" / "lawvault.sqlite").is_file()
