"""The stage generate as a job runs it, on the toy corpus and its journal."""

import logging
import shutil
from collections import Counter
from pathlib import Path

import pytest

from lawvault.artifacts import read_manifest, read_table, verify
from lawvault.config.tree import Config
from lawvault.errors import SourceError
from lawvault.generate.stage import generate
from lawvault.ingest.stage import ingest
from lawvault.job import launch
from lawvault.schema import QRELS, QUERIES, REJECTS


def run(config: Config) -> Path:
    launch("ingest", config, ingest)
    return launch("generate", config, generate)


def kept(folder: Path, split: str) -> set[str]:
    rows = read_table(folder, QUERIES).to_pylist()
    return {row["query_id"] for row in rows if row["kept"] and row["split"] == split}


def test_the_toy_corpus_gets_its_questions_in_all_tones(lean_config):
    folder = run(lean_config)

    queries = read_table(folder, QUERIES).to_pylist()
    assert Counter(row["tone"] for row in queries) == {
        "help": 38,
        "search": 38,
        "story": 38,
        "consult": 38,
    }
    assert {row["generator"] for row in queries} == {"lawvault-shipped"}
    assert {row["split"] for row in queries} == {"train", "dev", "test"}
    verify(folder)


def test_counts_of_the_manifest_are_those_of_the_tables(lean_config):
    folder = run(lean_config)

    manifest = read_manifest(folder)
    sizes = {split: len(kept(folder, split)) for split in ("train", "dev", "test")}
    assert manifest["metrics"] == {"kept": sizes, "articles_with_questions": 38}
    assert manifest["rows_in"] == 40
    assert manifest["rows_out"] == sum(sizes.values())


def test_no_article_is_in_two_splits_and_identical_texts_share_theirs(lean_config):
    folder = run(lean_config)

    split_of = {row["query_id"]: row["split"] for row in read_table(folder, QUERIES).to_pylist()}
    splits: dict[str, set[str]] = {}
    for row in read_table(folder, QRELS).to_pylist():
        splits.setdefault(row["article_id"], set()).add(split_of[row["query_id"]])
    assert all(len(found) == 1 for found in splits.values())
    twins = ("民法典@2020-05-28/1082", "妇女权益保障法@2022-10-30/64")
    assert splits[twins[0]] == splits[twins[1]]


def test_an_article_keeps_its_split_in_a_smaller_corpus(lean_config, tmp_path):
    whole = read_table(run(lean_config), QUERIES).to_pylist()
    lean_config.corpus.law = ["刑法"]

    part = read_table(run(lean_config), QUERIES).to_pylist()

    split_of = {row["query_id"]: row["split"] for row in whole}
    assert len(part) == 48
    assert all(row["split"] == split_of[row["query_id"]] for row in part)


def test_a_sample_of_ten_is_contained_in_a_sample_of_twenty(lean_config):
    lean_config.generate.questions = "10"
    few = run(lean_config)
    lean_config.generate.questions = "20"
    many = run(lean_config)

    assert len(kept(few, "train")) == 10
    assert len(kept(many, "train")) == 20
    assert kept(few, "train") < kept(many, "train")
    assert kept(few, "test") == kept(many, "test")


def test_what_was_not_drawn_stays_on_record(lean_config):
    lean_config.generate.questions = "10"

    queries = read_table(run(lean_config), QUERIES).to_pylist()

    assert len(queries) == 152
    dropped = [row for row in queries if not row["kept"]]
    assert {row["drop_reason"] for row in dropped} == {"not drawn"}
    assert {row["split"] for row in dropped} == {"train"}


@pytest.fixture
def broken_journal(toy_journal: Path, tmp_path: Path) -> Path:
    """The toy journal with its second line cut short."""
    path = Path(shutil.copy(toy_journal, tmp_path / "questions.jsonl"))
    lines = path.read_text().splitlines()
    lines[1] = lines[1][:60]
    path.write_text("\n".join(lines))
    return path


def test_a_broken_journal_line_is_skipped_counted_and_named(lean_config, broken_journal, caplog):
    lean_config.llm.journal = str(broken_journal)

    with caplog.at_level(logging.WARNING, logger="lawvault"):
        folder = run(lean_config)

    (reject,) = read_table(folder, REJECTS).to_pylist()
    assert reject["line"] == 2
    assert reject["reason"].startswith("Invalid control character")
    assert read_manifest(folder)["rejected"] == 1
    assert read_table(folder, QUERIES).num_rows == 151
    assert f"generate: {broken_journal} line 2 is skipped: Invalid control character" in caplog.text


def test_too_many_broken_lines_stop_the_job_and_the_first_is_named(lean_config, broken_journal):
    lean_config.llm.journal = str(broken_journal)
    lean_config.generate.max_reject_share = 0.001

    with pytest.raises(SourceError) as refusal:
        run(lean_config)

    assert str(refusal.value).startswith(
        f"{broken_journal}: 1 of 152 lines are broken, more than "
        "generate.max_reject_share=0.001; first: line 2: Invalid control character"
    )


def test_a_journal_without_a_question_for_the_corpus_is_refused_with_what_to_change(
    lean_config, tmp_path
):
    path = tmp_path / "questions.jsonl"
    path.write_text("")
    lean_config.llm.journal = str(path)

    with pytest.raises(SourceError, match=r"choose another corpus, journal or generate\.tones"):
        run(lean_config)


def test_a_tone_that_no_question_has_is_refused_by_name(lean_config):
    lean_config.generate.tones = ["shout"]

    with pytest.raises(SourceError, match="in the tones shout: choose another"):
        run(lean_config)
