"""Artifacts are complete or absent, whatever kills, fills or touches them."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lawvault.artifacts import (
    MANIFEST,
    Counts,
    Work,
    aside,
    discard,
    is_sealed,
    publish,
    read_manifest,
    read_table,
    verify,
    write_json,
    write_table,
)
from lawvault.errors import ConfigError, ContractError, IntegrityError
from lawvault.schema import QRELS, QUERIES, table_of

ROOT = Path(__file__).parents[1]
NAME = "mine-0123456789"
ROW = {"query_id": "q", "article_id": "a", "grade": 1}


def write_two_files(folder: Path) -> Counts:
    """The work of a small stage: a table and a file."""
    write_table(table_of([ROW], QRELS), QRELS, folder)
    (folder / "note.txt").write_text("law")
    return Counts(rows_in=2, rows_out=1, rejected=1, metrics={"laws": 1})


def made(home: Path, work: Work = write_two_files) -> Path:
    return publish(home, NAME, work, about={"stage": "mine", "inputs": {"ingest": "ingest-9"}})


@contextmanager
def another_job(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a process that works at the artifact until it is told to go on or is killed."""
    code = f"""
        import sys
        from pathlib import Path
        from lawvault.artifacts import Counts, publish

        def work(folder):
            (folder / "half.txt").write_text("half")
            print("working", flush=True)
            sys.stdin.readline()
            (folder / "whole.txt").write_text("whole")
            return Counts(rows_in=1, rows_out=1)

        publish(Path({str(home)!r}), {NAME!r}, work, about={{}})
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=ROOT, **pipes) as process:
        try:
            assert process.stdout.readline() == "working\n"
            yield process
        finally:
            process.kill()


def test_an_artifact_holds_what_the_work_wrote_and_a_manifest_of_it(tmp_path):
    folder = made(tmp_path)

    manifest = read_manifest(folder)
    assert folder == tmp_path / NAME
    assert is_sealed(folder)
    assert manifest["name"] == NAME
    assert (manifest["rows_in"], manifest["rows_out"], manifest["rejected"]) == (2, 1, 1)
    assert manifest["metrics"] == {"laws": 1}
    assert manifest["stage"] == "mine"
    assert manifest["inputs"] == {"ingest": "ingest-9"}
    assert manifest["seconds"] >= 0
    assert manifest["hardware"]["cpus"] == os.cpu_count()
    assert set(manifest["files"]) == {"note.txt", "qrels/part-0.parquet"}
    verify(folder)


def test_an_artifact_is_made_once(tmp_path):
    made(tmp_path)

    def never(folder: Path) -> Counts:
        raise AssertionError("made again")

    assert made(tmp_path, never) == tmp_path / NAME


def test_equal_work_gives_equal_files(tmp_path):
    one, other = made(tmp_path / "one"), made(tmp_path / "other")

    assert read_manifest(one)["files"] == read_manifest(other)["files"]


def test_work_that_fails_leaves_no_artifact_and_its_error_travels(tmp_path):
    def fails(folder: Path) -> Counts:
        (folder / "half.txt").write_text("half")
        raise ValueError("no law")

    with pytest.raises(ValueError, match="no law"):
        made(tmp_path, fails)

    assert not (tmp_path / NAME).exists()


def test_work_that_was_interrupted_is_gone_on_with(tmp_path):
    def interrupted(folder: Path) -> Counts:
        (folder / "first.txt").write_text("first")
        raise KeyboardInterrupt

    def goes_on(folder: Path) -> Counts:
        assert (folder / "first.txt").read_text() == "first"
        return write_two_files(folder)

    with pytest.raises(KeyboardInterrupt):
        made(tmp_path, interrupted)
    folder = made(tmp_path, goes_on)

    verify(folder)
    assert (folder / "first.txt").is_file()
    assert not (tmp_path / f".{NAME}.partial").exists()


def test_a_killed_job_leaves_no_artifact_and_the_next_one_gets_its_lock_and_its_files(tmp_path):
    with another_job(tmp_path) as process:
        process.kill()
        process.wait()
        assert not (tmp_path / NAME).exists()

        def goes_on(folder: Path) -> Counts:
            assert (folder / "half.txt").read_text() == "half"
            return write_two_files(folder)

        folder = made(tmp_path, goes_on)

    assert process.returncode == -signal.SIGKILL
    verify(folder)


def test_a_second_job_at_one_artifact_is_refused_and_told_whose_it_is(tmp_path):
    with another_job(tmp_path) as process:
        with pytest.raises(ConfigError, match=f"{NAME}.*another job .*process {process.pid} on"):
            made(tmp_path)
        process.communicate("go on\n")

    assert process.returncode == 0
    assert (made(tmp_path) / "whole.txt").is_file()
    verify(tmp_path / NAME)


def test_what_another_job_works_at_is_not_discarded(tmp_path):
    with another_job(tmp_path) as process:
        with pytest.raises(ConfigError, match=f"another job .*process {process.pid} on"):
            discard(tmp_path, NAME)
        process.communicate("go on\n")

    verify(tmp_path / NAME)


def test_two_artifacts_are_made_side_by_side(tmp_path):
    with another_job(tmp_path):
        folder = publish(tmp_path, "train-0123456789", write_two_files, about={})

    verify(folder)


@pytest.mark.parametrize(
    "left", ["manifest.json", ".manifest.json.new", "qrels/.part-0.parquet.new", ".model.new/w"]
)
def test_what_a_kill_left_half_written_never_enters_an_artifact(tmp_path, left):
    path = tmp_path / f".{NAME}.partial" / left
    path.parent.mkdir(parents=True)
    path.write_text("{}")

    folder = made(tmp_path)

    verify(folder)
    assert set(read_manifest(folder)["files"]) == {"note.txt", "qrels/part-0.parquet"}


def test_a_folder_that_lost_its_manifest_is_refused_before_any_work(tmp_path):
    (made(tmp_path) / MANIFEST).unlink()

    def never(folder: Path) -> Counts:
        raise AssertionError("worked in vain")

    with pytest.raises(IntegrityError, match=r"no manifest\.json; run its stage again with force"):
        made(tmp_path, never)


def test_discard_removes_an_artifact_and_what_was_begun(tmp_path):
    made(tmp_path)
    (tmp_path / f".{NAME}.partial").mkdir()
    other = publish(tmp_path, "train-0123456789", write_two_files, about={})

    discard(tmp_path, NAME)

    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {other.name}
    verify(made(tmp_path))


def test_discard_goes_on_where_a_killed_one_stopped(tmp_path):
    made(tmp_path)
    left = tmp_path / f".{NAME}.discarded" / "qrels"
    left.mkdir(parents=True)

    discard(tmp_path, NAME)

    assert [path for path in tmp_path.iterdir() if path.is_dir()] == []


def test_there_may_be_nothing_to_discard(tmp_path):
    discard(tmp_path / "nowhere", NAME)
    discard(tmp_path, NAME)

    assert not (tmp_path / "nowhere").exists()


def test_verify_names_every_file_that_was_changed_removed_or_added(tmp_path):
    def work(folder: Path) -> Counts:
        for name in ("changed.bin", "removed.bin", "kept.bin"):
            (folder / name).write_bytes(b"law" * 100)
        return Counts(rows_in=0, rows_out=0)

    folder = made(tmp_path, work)
    verify(folder)
    (folder / "removed.bin").unlink()
    (folder / "sub").mkdir()
    (folder / "sub" / "added.bin").write_bytes(b"law")
    (folder / "changed.bin").write_bytes(b"law" * 99 + b"lax")

    with pytest.raises(IntegrityError) as refusal:
        verify(folder)

    assert str(refusal.value) == (
        f"{folder}: removed.bin is missing; sub/added.bin was added; changed.bin was changed; "
        "run its stage again with force=true"
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(data=st.data())
def test_verify_finds_any_flipped_bit(tmp_path, data):
    folder = made(tmp_path)
    path = folder / data.draw(st.sampled_from(["note.txt", "qrels/part-0.parquet"]))
    before = path.read_bytes()
    place = data.draw(st.integers(0, len(before) - 1))
    flipped = before[place] ^ (1 << data.draw(st.integers(0, 7)))

    path.write_bytes(before[:place] + bytes([flipped]) + before[place + 1 :])
    try:
        with pytest.raises(IntegrityError, match=f"{path.name} was changed"):
            verify(folder)
    finally:
        path.write_bytes(before)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (None, r"no readable manifest\.json"),
        ("", r"no readable manifest\.json"),
        ('{"name": "mine-01', r"no readable manifest\.json"),
        ("[]", "format None, this code reads 1"),
        ('{"format": 2, "files": {}}', "format 2, this code reads 1"),
        ('{"format": 1}', r"manifest\.json names no files"),
    ],
)
def test_a_manifest_that_cannot_be_read_is_no_manifest(tmp_path, text, complaint):
    folder = made(tmp_path)
    (folder / MANIFEST).unlink()
    if text is not None:
        (folder / MANIFEST).write_text(text)

    with pytest.raises(IntegrityError, match=complaint):
        verify(folder)


def test_the_command_line_verifies_and_names_the_artifact_that_is_not_whole(tmp_path):
    whole, broken = made(tmp_path / "one"), made(tmp_path / "other")
    (broken / "note.txt").write_text("lax")

    done = run_python("-m", "lawvault.artifacts", str(broken), str(whole))

    assert done.returncode == 6
    assert done.stdout == f"{whole}: every file is what {MANIFEST} says\n"
    assert done.stderr.startswith(f"error: {broken}: note.txt was changed")
    assert done.stderr.count("\n") == 1


def test_a_file_written_aside_takes_its_place_at_once(tmp_path):
    target = tmp_path / "law.txt"
    target.write_text("old")

    with aside(target) as path:
        path.write_text("new")
        assert target.read_text() == "old"

    assert target.read_text() == "new"
    assert [file.name for file in tmp_path.iterdir()] == ["law.txt"]


def writes_a_file(path: Path) -> None:
    path.write_text("new")
    raise KeyboardInterrupt


def writes_a_folder(path: Path) -> None:
    path.mkdir()
    (path / "inside").write_text("new")
    raise KeyboardInterrupt


def writes_nothing(path: Path) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("write", [writes_a_file, writes_a_folder, writes_nothing])
def test_an_error_while_writing_aside_leaves_nothing_and_the_old_file(tmp_path, write):
    target = tmp_path / "law.txt"
    target.write_text("old")

    with pytest.raises(KeyboardInterrupt), aside(target) as path:
        write(path)

    assert target.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["law.txt"]


def test_a_folder_written_aside_does_not_mix_with_what_a_killed_run_left(tmp_path):
    left = tmp_path / ".model.new"
    left.mkdir()
    (left / "stale").write_text("stale")

    with aside(tmp_path / "model") as path:
        path.mkdir()
        (path / "fresh").write_text("fresh")

    assert [file.name for file in (tmp_path / "model").iterdir()] == ["fresh"]


def test_a_folder_written_aside_takes_the_place_of_the_one_that_a_killed_run_finished(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "stale").write_text("stale")

    with aside(tmp_path / "model") as path:
        path.mkdir()
        (path / "fresh").write_text("fresh")

    assert [file.name for file in (tmp_path / "model").iterdir()] == ["fresh"]


def test_a_table_comes_back_as_it_was_written(tmp_path):
    table = table_of([ROW, {**ROW, "query_id": "问"}], QRELS)

    write_table(table, QRELS, tmp_path)

    assert read_table(tmp_path, QRELS).equals(table)


def test_a_table_that_breaks_its_contract_is_not_written(tmp_path):
    table = table_of([ROW], QRELS)

    with pytest.raises(ContractError, match="queries: column tone is missing"):
        write_table(table.append_column("kept", [[True]]), QUERIES, tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_table_that_breaks_its_contract_is_not_read(tmp_path):
    write_table(table_of([ROW], QRELS), QRELS, tmp_path)
    (tmp_path / "qrels").rename(tmp_path / "queries")

    with pytest.raises(ContractError, match="queries: column tone is missing"):
        read_table(tmp_path, QUERIES)


def test_json_is_readable_and_never_holds_what_is_no_json(tmp_path):
    target = tmp_path / "report.json"
    write_json({"law": "民法典"}, target)

    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json({"loss": float("nan")}, target)

    assert json.loads(target.read_text()) == {"law": "民法典"}
    assert "民法典" in target.read_text()


FULL_DISK = """
    import resource, runpy, signal, sys
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    size = int(sys.argv.pop(1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))  # no file grows beyond it
    runpy.run_module("jobs.ingest", run_name="__main__")
"""


@pytest.mark.parametrize("size", [1_000, 4_000, 60_000])
def test_a_full_disk_ends_a_job_with_exit_code_four_and_without_an_artifact(
    tmp_path, toy_corpus, size
):
    home = tmp_path / "vault"
    options = ["corpus=national", f"home={home}", f"corpus.sources=[{toy_corpus}]"]

    full = run_python("-c", textwrap.dedent(FULL_DISK), str(size), *options)
    sealed = list(home.glob("ingest-*"))
    whole = run_python("-m", "jobs.ingest", *options)

    assert full.returncode == 4, full.stderr
    assert full.stderr.startswith("error: ")
    assert full.stderr.count("\n") == 1
    assert sealed == []
    assert whole.returncode == 0, whole.stderr
    (folder,) = home.glob("ingest-*")
    verify(folder)


def run_python(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
