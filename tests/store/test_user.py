"""What was acknowledged is there, whoever was killed while others went on writing."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from lawvault.errors import IntegrityError, UpstreamError
from lawvault.store.database import Database
from lawvault.store.draft_rows import NewDraft
from lawvault.store.material_rows import NewMaterial
from lawvault.store.user import UserStore

ROOT = Path(__file__).parents[2]
WRITER = """
import contextlib
import sys
from lawvault.store.database import Database
from lawvault.store.draft_rows import NewDraft, NewRevision
from lawvault.store.material_rows import NewMaterial
from lawvault.store.refusals import NameTakenError
from lawvault.store.user import UserStore
url, owner, first, last = sys.argv[1:]
user = UserStore(Database.open(url))
def said(*words):
    print(*words, flush=True)
said("ready")
sys.stdin.readline()
drafts = user.drafts.page(owner).items
draft = drafts[0] if drafts else user.drafts.create(owner, NewDraft(request={}))
draft_id = draft.draft_id
if draft.revision and draft.state == "writing":  # somebody was killed there
    user.drafts.end_revision(owner, draft_id, draft.revision, state="failed")
for number in range(int(first), int(last)):
    text = f"第{number}次" + "法" * 300
    match number % 5:
        case 0:
            newest = user.drafts.get(owner, draft_id).revision
            edit = NewRevision(kind="edit", markdown=text)
            added = user.drafts.add_revision(owner, draft_id, edit, expected=newest)
            said("revision", number, added.number)
        case 1:
            newest = user.drafts.get(owner, draft_id).revision
            opened = user.drafts.begin_revision(owner, draft_id, "revise", expected=newest)
            user.drafts.grow_revision(owner, draft_id, opened.number, text[:100])
            user.drafts.end_revision(
                owner, draft_id, opened.number, state="done", markdown=text)
            said("revision", number, opened.number)
        case 2:
            note = NewMaterial(kind="note", title=str(number), text=text)
            user.materials.add(owner, [note, note])
            said("material", number, 2)
        case 3:
            user.favourites.add(owner, "article", str(number))
            said("favourite", number, 1)
        case _:
            with contextlib.suppress(NameTakenError):  # kept before a kill, and not acknowledged
                user.templates.create(owner, str(number), text)
            said("template", number, 1)
"""


class Writer:
    """A process that does its operations one by one and says of each when it is kept."""

    def __init__(self, url: str, owner: str, first: int, last: int) -> None:
        command = [sys.executable, "-c", WRITER, url, owner, str(first), str(last)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.owner, self.last = owner, last
        self.acknowledged: list[tuple[str, int, int]] = []
        self._process = subprocess.Popen(command, cwd=ROOT, text=True, **pipes)

    def begin(self) -> None:
        assert self._process.stdout is not None
        assert self._process.stdin is not None
        assert self._process.stdout.readline() == "ready\n"
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def kill(self) -> None:
        """Send SIGKILL; one that has ended stays as it is."""
        self._process.send_signal(signal.SIGKILL)

    def finished(self) -> int:
        """Wait for its end; return its exit status."""
        out, errors = self._process.communicate()
        complete = [line.split() for line in out.splitlines(keepends=True) if line.endswith("\n")]
        self.acknowledged += [(kind, int(number), int(what)) for kind, number, what in complete]
        assert errors == "", errors
        return self._process.returncode


def check_kept(user: UserStore, owner: str, acknowledged: list[tuple[str, int, int]]) -> None:
    """Assert that everything which was acknowledged is there, and nothing half of a call."""
    exported = user.transfer.export(owner)
    notes = Counter(row["title"] for row in exported["materials"])
    favourites = {row["ref_id"] for row in exported["favourites"]}
    templates = {row["name"] for row in exported["templates"]}
    revisions = {row["number"]: row for row in exported["drafts"][0]["revisions"]}
    for kind, number, what in acknowledged:
        match kind:
            case "revision":
                assert revisions[what]["markdown"] == f"第{number}次" + "法" * 300
                assert revisions[what]["state"] == "done"
            case "material":
                assert notes[str(number)] >= 2
            case "favourite":
                assert str(number) in favourites
            case _:
                assert str(number) in templates
    assert all(count % 2 == 0 for count in notes.values())
    assert sorted(revisions) == list(range(1, len(revisions) + 1))


@pytest.mark.parametrize(
    ("writers", "operations", "kills"),
    [(2, 25, 1), pytest.param(20, 500, 40, marks=pytest.mark.chaos)],
    ids=["some", "many"],
)
def test_writers_that_are_killed_lose_nothing_and_harm_nobody(file_url, writers, operations, kills):
    seed = int(os.environ.get("DRILL_SEED", "0")) or random.randrange(1, 1 << 32)
    print(f"DRILL_SEED={seed}")
    chance = random.Random(seed)
    Database.open(file_url).close()
    began = time.monotonic()
    acknowledged: dict[str, list[tuple[str, int, int]]] = {}

    def started(owner: str, first: int) -> Writer:
        return Writer(file_url, owner, first, operations)

    running = [started(f"owner {number}", 0) for number in range(writers)]
    for one in running:
        one.begin()
    try:
        for _ in range(kills):
            time.sleep(chance.uniform(0.0, 0.1 * writers))
            victim = running.pop(chance.randrange(len(running)))
            victim.kill()
            victim.finished()
            done = acknowledged.setdefault(victim.owner, [])
            done += victim.acknowledged
            first = max((number for _, number, _ in done), default=-1) + 1
            again = started(victim.owner, first)
            again.begin()
            running.append(again)
        for one in running:
            assert one.finished() == 0
            acknowledged.setdefault(one.owner, []).extend(one.acknowledged)
    finally:
        for one in running:
            one.kill()
    took = time.monotonic() - began

    database = Database.open(file_url)
    for owner, done in acknowledged.items():
        check_kept(UserStore(database), owner, done)
    with database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    database.close()
    total = sum(len(done) for done in acknowledged.values())
    assert total == writers * operations
    print(f"{total} operations of {writers} writers, {kills} killed, {took:.1f} s")


def test_a_damaged_page_is_an_error_and_never_an_empty_library(file_url):
    database = Database.open(file_url)
    user = UserStore(database)
    for number in range(40):
        user.materials.add("a", [NewMaterial(kind="note", text=f"{number}" + "x" * 4000)])
    user.drafts.create("a", NewDraft(request={}))
    database.close()
    file = Path(file_url.removeprefix("sqlite:///"))
    content = bytearray(file.read_bytes())
    content[40960:] = os.urandom(len(content) - 40960)
    file.write_bytes(content)

    with pytest.raises(IntegrityError, match="damaged"):
        UserStore(Database.open(file_url)).transfer.export("a")
    assert file.read_bytes() == content


def test_a_store_that_may_only_be_read_keeps_what_there_is(file_url):
    database = Database.open(file_url)
    user = UserStore(database)
    user.history.add("a", "ask", "问")
    with database.reading() as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")

    with pytest.raises(UpstreamError, match="may only be read"):
        user.history.clear("a")
    assert len(user.history.page("a").items) == 1
    database.close()
