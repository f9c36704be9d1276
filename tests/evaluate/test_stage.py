"""The stage on the toy corpus: runs, report and picture, held against others' arithmetic."""

import collections
import copy
import json
import math
import shutil

import ir_measures
import numpy as np
import pyarrow.compute as pc
import pytest

from lawvault.artifacts import read_manifest, read_table, write_table
from lawvault.errors import SourceError
from lawvault.evaluate.stage import evaluate, show_report, table_lines
from lawvault.models.encoder import build_encoder
from lawvault.models.texts import article_texts
from lawvault.retrieve.lexical import LexicalIndex, words_of
from lawvault.retrieve.metrics import MEASURES
from lawvault.schema import ARTICLES, QRELS, QUERIES, RUNS

SYSTEMS = ("bm25", "base", "tuned")
THEIRS = {"hit": "Success", "recall": "R", "mrr": "RR", "ndcg": "nDCG"}


@pytest.fixture
def report(finished) -> dict:
    return json.loads((finished.artifacts["evaluate"] / "report.json").read_text())


@pytest.fixture
def config(finished, tmp_path_factory):
    """The config of the finished pipeline, with a vault of its own that has the vectors already."""
    config = copy.deepcopy(finished.config)
    config.home = str(tmp_path_factory.mktemp("evaluate") / "vault")
    shutil.copytree(finished.config.home, config.home)
    return config


@pytest.fixture(scope="session")
def texts(finished) -> list[str]:
    return article_texts(read_table(finished.artifacts["ingest"], ARTICLES), " ")


def measured(finished) -> list[dict]:
    """Return the questions of the test split."""
    queries = read_table(finished.artifacts["generate"], QUERIES)
    return queries.filter(pc.and_(queries["kept"], pc.equal(queries["split"], "test"))).to_pylist()


def rankings(folder) -> dict[tuple[str, str], list[dict]]:
    """Return the lines of every run by system and query, in the order of their ranks."""
    found = collections.defaultdict(list)
    for row in read_table(folder, RUNS).to_pylist():
        found[row["system"], row["query_id"]].append(row)
    return {key: sorted(rows, key=lambda row: row["rank"]) for key, rows in found.items()}


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_report_says_what_ir_measures_finds_in_the_runs(finished, report, system):
    folder = finished.artifacts["evaluate"]
    qrels = [
        ir_measures.Qrel(row["query_id"], row["article_id"], row["grade"])
        for row in read_table(folder, QRELS).to_pylist()
    ]
    run = [
        ir_measures.ScoredDoc(row["query_id"], row["article_id"], -float(row["rank"]))
        for row in read_table(folder, RUNS).to_pylist()
        if row["system"] == system
    ]
    names = {name: THEIRS[name.split("@")[0]] + "@" + name.split("@")[1] for name in MEASURES}
    measures = {name: ir_measures.parse_measure(text) for name, text in names.items()}

    theirs = ir_measures.calc_aggregate(measures.values(), qrels, run)

    for name, measure in measures.items():
        assert report["systems"][system][name] == pytest.approx(theirs[measure], abs=5e-5), name
    assert 0 < report["systems"][system]["ndcg@10"] < 1


def test_all_three_systems_answered_the_same_questions(finished):
    ids = {row["query_id"] for row in measured(finished)}

    runs = rankings(finished.artifacts["evaluate"])

    assert len(ids) == 48
    for system in SYSTEMS:
        assert {query_id for name, query_id in runs if name == system} <= ids
    assert {query_id for name, query_id in runs if name == "tuned"} == ids


def test_a_ranking_counts_from_one_and_larger_scores_come_first(finished):
    for rows in rankings(finished.artifacts["evaluate"]).values():
        assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
        assert len(rows) <= finished.config.evaluate.depth
        scores = [row["score"] for row in rows]
        assert scores == sorted(scores, reverse=True)
        assert len({row["article_id"] for row in rows}) == len(rows)


def naive_bm25(query: str, texts: list[str]) -> list[float]:
    """Return BM25 as in Robertson and Zaragoza 2009 with Lucene's idf, k1 = 1.5, b = 0.75."""
    bags = [collections.Counter(words_of(text)) for text in texts]
    lengths = [sum(bag.values()) for bag in bags]
    average = sum(lengths) / len(lengths)
    scores = [0.0] * len(texts)
    for word in words_of(query):
        frequency = sum(word in bag for bag in bags)
        if not frequency:
            continue
        idf = math.log(1 + (len(texts) - frequency + 0.5) / (frequency + 0.5))
        for row, bag in enumerate(bags):
            norm = 1.5 * (0.25 + 0.75 * lengths[row] / average)
            scores[row] += idf * bag[word] / (bag[word] + norm)
    return scores


def test_bm25_scores_as_a_naive_bm25_does(finished, texts):
    index = LexicalIndex(texts)
    queries = [row["text"] for row in measured(finished)]

    for query in [*queries, "离婚 离婚 离婚", "彩礼 zzzz", texts[3]]:
        np.testing.assert_allclose(index.scores(query), naive_bm25(query, texts), rtol=1e-5)


def test_the_bm25_run_is_the_ranking_of_a_naive_bm25(finished, texts):
    ids = read_table(finished.artifacts["ingest"], ARTICLES)["article_id"].to_pylist()
    runs = rankings(finished.artifacts["evaluate"])

    for row in measured(finished):
        scores = naive_bm25(row["text"], texts)
        order = sorted(range(len(ids)), key=lambda place: (-round(scores[place], 5), place))
        wanted = [ids[place] for place in order[:10] if scores[place] > 0]
        assert [hit["article_id"] for hit in runs["bm25", row["query_id"]]] == wanted


@pytest.mark.parametrize("system", ["base", "tuned"])
def test_a_dense_run_is_the_ranking_of_the_model_by_brute_force(finished, texts, system):
    ids = read_table(finished.artifacts["ingest"], ARTICLES)["article_id"].to_pylist()
    model = finished.artifacts["train"] / "model" if system == "tuned" else None
    encoder = build_encoder(finished.config.encoder, model)
    documents = encoder.encode_documents(texts)
    runs = rankings(finished.artifacts["evaluate"])

    for row in measured(finished):
        cosines = documents @ encoder.encode_queries([row["text"]])[0]
        hits = runs[system, row["query_id"]]
        found = [cosines[ids.index(hit["article_id"])] for hit in hits]
        np.testing.assert_allclose([hit["score"] for hit in hits], found, atol=1e-5)
        np.testing.assert_allclose(found, np.sort(cosines)[::-1][:10], atol=1e-5)


def test_the_difference_of_the_report_is_that_of_its_means(report):
    for measure in MEASURES:
        difference = report["tuned_minus_base"][measure]
        means = report["systems"]["tuned"][measure] - report["systems"]["base"][measure]
        assert difference["mean"] == pytest.approx(means, abs=2e-4)
        assert difference["low"] <= difference["mean"] <= difference["high"]
    assert sum(report["ranks"].values()) == pytest.approx(1, abs=1e-3)


def test_the_example_shows_one_question_before_and_after(finished, report):
    example = report["example"]
    (row,) = [row for row in measured(finished) if row["text"] == example["question"]]
    runs = rankings(finished.artifacts["evaluate"])

    for system, word in (("base", "before"), ("tuned", "after")):
        right = {
            hit["rank"]
            for hit in runs[system, row["query_id"]]
            if hit["article_id"] == row["article_id"]
        }
        shown = [place for place, hit in enumerate(example[word], start=1) if hit["right"]]
        assert len(example[word]) == 3
        assert shown == [rank for rank in sorted(right) if rank <= 3]
        if right:
            assert example[f"rank_{word}"] == min(right)


def test_the_report_says_what_it_measured(finished, report):
    assert report["questions"] == f"{finished.artifacts['generate'].name}/test"
    assert (report["queries"], report["articles"]) == (48, 40)
    assert report["groups"] == len({row["article_id"] for row in measured(finished)})
    assert report["train"] == read_manifest(finished.artifacts["train"])["metrics"]
    assert (finished.artifacts["evaluate"] / "report.png").read_bytes().startswith(b"\x89PNG")


def test_the_manifest_holds_the_numbers_of_the_report(finished, report):
    manifest = read_manifest(finished.artifacts["evaluate"])

    assert (manifest["rows_in"], manifest["rows_out"], manifest["rejected"]) == (48, 48, 0)
    assert manifest["metrics"] == {name: report["systems"][name]["ndcg@10"] for name in SYSTEMS}


def test_the_table_for_a_terminal_holds_every_number(finished, report, caplog):
    lines = table_lines(report)

    for name, line in zip(SYSTEMS, lines[2:5], strict=True):
        wanted = [f"{report['systems'][name][measure]:.4f}" for measure in MEASURES]
        assert line.split() == [name, *wanted]
    difference = report["tuned_minus_base"]["ndcg@10"]
    assert any(f"{difference['mean']:+.4f} (95 % paired bootstrap" in line for line in lines)
    with caplog.at_level("INFO", logger="lawvault"):
        show_report(finished.artifacts["evaluate"])
    assert [record.getMessage() for record in caplog.records] == lines


def stard_file(finished, folder):
    """Write questions in STARD's format for the toy corpus; one has no answer in it."""
    articles = read_table(finished.artifacts["ingest"], ARTICLES).to_pylist()[:6]
    rows = [
        {
            "query_id": number,
            "问题": f"{row['content'][:6]}怎么办",
            "相关法规": {row["law_name"] + row["article_number"]: row["content"]},
        }
        for number, row in enumerate(articles)
    ]
    rows.append({"query_id": 99, "问题": "@@@@", "相关法规": rows[0]["相关法规"]})
    rows.append({"query_id": 100, "问题": "怎么开公司", "相关法规": {"公司法第三条": "企业法人"}})
    path = folder / "queries.json"
    path.write_text(json.dumps(rows, ensure_ascii=False))
    return path


@pytest.fixture
def real_evaluation(finished, config, tmp_path):
    """Return the folder of an evaluation with questions from a file."""
    config.evaluate.questions = str(stard_file(finished, tmp_path))
    folder = tmp_path / "evaluate"
    folder.mkdir()
    counts = evaluate(config, finished.artifacts, folder)
    return counts, folder


def test_questions_from_a_file_are_measured_and_those_without_an_answer_counted(real_evaluation):
    counts, folder = real_evaluation
    report = json.loads((folder / "report.json").read_text())

    assert (counts.rows_in, counts.rows_out, counts.rejected) == (8, 7, 1)
    assert report["queries_without_answer_in_corpus"] == 1
    assert report["groups"] == report["queries"] == 7


def test_a_question_that_a_system_finds_nothing_for_counts_as_zero(real_evaluation):
    _, folder = real_evaluation
    report = json.loads((folder / "report.json").read_text())
    runs = rankings(folder)

    found = [("bm25", str(number)) in runs for number in (*range(6), 99)]

    assert found == [True] * 6 + [False]
    firsts = [runs["bm25", str(number)][0]["article_id"] for number in range(6)]
    right = {row["query_id"]: row["article_id"] for row in read_table(folder, QRELS).to_pylist()}
    hits = sum(first == right[str(number)] for number, first in enumerate(firsts))
    assert hits > 0
    assert report["systems"]["bm25"]["hit@1"] == pytest.approx(hits / 7, abs=5e-5)


def test_a_broken_file_of_questions_ends_with_exit_code_three(finished, config, tmp_path):
    config.evaluate.questions = str(tmp_path / "queries.json")
    (tmp_path / "queries.json").write_text("[{")

    with pytest.raises(SourceError, match="not a file in STARD's format") as refusal:
        evaluate(config, finished.artifacts, tmp_path)

    assert refusal.value.exit_code == 3
    assert not (tmp_path / "report.json").exists()


def test_no_question_to_measure_with_is_refused(finished, config, tmp_path):
    queries = read_table(finished.artifacts["generate"], QUERIES)
    folder = tmp_path / "generate"
    write_table(queries.filter(pc.not_equal(queries["split"], "test")), QUERIES, folder)
    write_table(read_table(finished.artifacts["generate"], QRELS), QRELS, folder)

    with pytest.raises(SourceError, match=r"raise generate\.test_share or set evaluate\.questions"):
        evaluate(config, {**finished.artifacts, "generate": folder}, tmp_path)


def test_measuring_again_gives_the_very_bytes(finished, config, tmp_path):
    evaluate(config, finished.artifacts, tmp_path)

    sealed = read_manifest(finished.artifacts["evaluate"])["files"]
    for name in ("report.json", "report.png", "runs/part-0.parquet", "qrels/part-0.parquet"):
        assert (tmp_path / name).read_bytes() == (
            finished.artifacts["evaluate"] / name
        ).read_bytes()
        assert name in sealed
