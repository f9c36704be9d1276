"""Mining on the toy corpus: which article becomes whose negative, held against a plain ranking."""

import copy
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from lawvault.artifacts import read_table, write_table
from lawvault.config.pipeline import MineConfig
from lawvault.config.tree import Config
from lawvault.errors import SourceError
from lawvault.generate.stage import generate
from lawvault.ingest.stage import ingest
from lawvault.job import run_stages
from lawvault.mine.stage import mine, training_queries
from lawvault.models.encoder import build_encoder, set_threads
from lawvault.models.texts import article_texts, twins_of
from lawvault.schema import ARTICLES, QRELS, QUERIES, REJECTS, TRIPLETS

Mined = list[dict[str, object]]
CLOSE = 1e-5  # a text alone and in a batch gives the same vector but for rounding


@pytest.fixture
def inputs(toy_config: Config) -> dict[str, Path]:
    return run_stages(toy_config, (ingest, generate))


@pytest.fixture
def mined(toy_config: Config, inputs: dict[str, Path], tmp_path: Path) -> Callable[..., Mined]:
    """Return a function that mines with other ranks, seed or inputs, and returns the triplets."""

    def run(**changes: object) -> Mined:
        config = copy.deepcopy(toy_config)
        config.mine = changes.get("mine", config.mine)
        config.seed = changes.get("seed", config.seed)
        folder = tmp_path / f"mined-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        mine(config, {**inputs, **changes.get("inputs", {})}, folder)
        return read_table(folder, TRIPLETS).to_pylist()

    return run


class Ranking:
    """All articles for every training query by brute force: texts encoded one by one, sorted."""

    def __init__(self, config: Config, inputs: dict[str, Path]) -> None:
        set_threads(config.cluster.threads)
        articles = read_table(inputs["ingest"], ARTICLES)
        queries = training_queries(read_table(inputs["generate"], QUERIES))
        encoder = build_encoder(config.encoder, None)
        texts = article_texts(articles, config.encoder.title_separator)
        self.ids = articles["article_id"].to_pylist()
        self.twins = twins_of(articles)
        documents = np.concatenate([encoder.encode_documents([text]) for text in texts])
        self.scores = {
            row["query_id"]: documents @ encoder.encode_queries([row["text"]])[0]
            for row in queries.to_pylist()
        }
        self.answers: dict[str, set[str]] = {}
        for row in read_table(inputs["generate"], QRELS).to_pylist():
            self.answers.setdefault(row["query_id"], set()).add(row["article_id"])

    def others(self, query_id: str) -> list[tuple[float, str]]:
        """Return (score, id) of every article that does not answer the query, best first."""
        pairs = zip(self.scores[query_id].tolist(), self.ids, strict=True)
        return sorted((p for p in pairs if p[1] not in self.answers[query_id]), reverse=True)

    def score(self, query_id: str, article_id: str) -> float:
        return float(self.scores[query_id][self.ids.index(article_id)])


@pytest.fixture
def ranking(toy_config: Config, inputs: dict[str, Path]) -> Ranking:
    return Ranking(toy_config, inputs)


def test_the_articles_recipe_takes_the_nearest_article_that_is_no_answer(mined, ranking):
    triplets = mined(mine=MineConfig())  # the class defaults are that recipe

    assert len(triplets) == len(ranking.scores) > 50
    for row in triplets:
        (negative,) = row["negative_ids"]
        nearest = ranking.others(row["query_id"])[0][0]
        assert negative not in ranking.answers[row["query_id"]]
        assert ranking.score(row["query_id"], negative) == pytest.approx(nearest, abs=CLOSE)


def test_the_laptops_recipe_draws_inside_its_ranks(mined, ranking):
    triplets = mined(mine=MineConfig(rank_from=3, rank_to=6, num_negatives=2))

    ranks = set()
    for row in triplets:
        scores = [score for score, _ in ranking.others(row["query_id"])]
        assert len(row["negative_ids"]) == 2
        for negative in row["negative_ids"]:
            score = ranking.score(row["query_id"], negative)
            assert scores[5] - CLOSE <= score <= scores[2] + CLOSE
            ranks.add(int(np.argmin(np.abs(np.array(scores) - score))) + 1)
    assert ranks == {3, 4, 5, 6}


def test_scores_and_texts_of_a_triplet_are_those_of_its_ids(mined, ranking, inputs):
    articles = read_table(inputs["ingest"], ARTICLES)
    text_of = dict(zip(ranking.ids, article_texts(articles, " "), strict=True))

    for row in mined(mine=MineConfig(rank_to=4, num_negatives=3)):
        assert row["positive"] == text_of[row["positive_id"]]
        assert row["negatives"] == [text_of[key] for key in row["negative_ids"]]
        found = [row["positive_score"], *row["negative_scores"]]
        ids = [row["positive_id"], *row["negative_ids"]]
        wanted = [ranking.score(row["query_id"], key) for key in ids]
        assert found == pytest.approx(wanted, abs=CLOSE)
        assert row["negative_scores"] == sorted(row["negative_scores"], reverse=True)


def test_an_identical_text_of_another_law_is_no_negative(toy_config, tmp_path):
    toy_config.generate.dev_share = toy_config.generate.test_share = 0  # train on all, twins too
    toy_config.mine = MineConfig(rank_to=40, num_negatives=40)  # whatever is no answer
    inputs = run_stages(toy_config, (ingest, generate))
    articles = read_table(inputs["ingest"], ARTICLES)
    ids = articles["article_id"].to_pylist()
    ((one, other),) = [[ids[row] for row in same] for same in twins_of(articles).values()]

    mine(toy_config, inputs, tmp_path)

    triplets = read_table(tmp_path, TRIPLETS).to_pylist()
    triplets = [row for row in triplets if row["positive_id"] in (one, other)]
    assert triplets, "the toy corpus has a text that stands in two laws"
    for row in triplets:
        assert set(row["negative_ids"]) == set(ids) - {one, other}


def test_an_equal_seed_draws_equal_negatives_and_another_seed_others(mined):
    knobs = MineConfig(rank_from=2, rank_to=9)

    assert mined(mine=knobs, seed=5) == mined(mine=knobs, seed=5) != mined(mine=knobs, seed=6)


def written(inputs: dict[str, Path], folder: Path, **tables: pa.Table) -> dict[str, Path]:
    """Return the inputs of mining with other tables, under a name of their own."""
    folder.mkdir()
    for contract in (QUERIES, QRELS):
        table = tables.get(contract.name)
        write_table(
            read_table(inputs["generate"], contract) if table is None else table, contract, folder
        )
    return {**inputs, "generate": folder}


def test_negatives_do_not_depend_on_the_order_of_the_queries(mined, inputs, tmp_path):
    queries = read_table(inputs["generate"], QUERIES)
    order = list(range(queries.num_rows))
    random.Random(3).shuffle(order)
    shuffled = written(inputs, tmp_path / "generate-shuffled", queries=queries.take(order))
    knobs = MineConfig(rank_from=2, rank_to=9)

    before, after = mined(mine=knobs), mined(mine=knobs, inputs=shuffled)

    assert [row["query_id"] for row in before] != [row["query_id"] for row in after]
    chosen = {row["query_id"]: row["negative_ids"] for row in before}
    assert chosen == {row["query_id"]: row["negative_ids"] for row in after}


def test_only_kept_questions_of_the_train_split_are_mined(mined, inputs):
    queries = {row["query_id"]: row for row in read_table(inputs["generate"], QUERIES).to_pylist()}

    triplets = mined()

    assert {queries[row["query_id"]]["split"] for row in triplets} == {"train"}
    assert all(queries[row["query_id"]]["kept"] for row in triplets)
    assert {row["split"] for row in queries.values()} == {"train", "dev", "test"}


def test_a_question_without_a_negative_is_a_reject_and_not_lost(toy_config, inputs, tmp_path):
    queries = training_queries(read_table(inputs["generate"], QUERIES))
    articles = read_table(inputs["ingest"], ARTICLES)["article_id"].to_pylist()
    lonely = queries["query_id"][0].as_py()
    qrels = read_table(inputs["generate"], QRELS).to_pylist()
    qrels = [row for row in qrels if row["query_id"] != lonely]
    qrels += [{"query_id": lonely, "article_id": key, "grade": 1} for key in articles]
    table = pa.Table.from_pylist(qrels, schema=QRELS.columns)
    poor = written(inputs, tmp_path / "generate-lonely", qrels=table)
    folder = tmp_path / "mined"
    folder.mkdir()

    counts = mine(toy_config, poor, folder)

    assert (counts.rows_in, counts.rows_out, counts.rejected) == (len(queries), len(queries) - 1, 1)
    assert lonely not in read_table(folder, TRIPLETS)["query_id"].to_pylist()
    (reject,) = read_table(folder, REJECTS).to_pylist()
    assert (reject["source"], reject["reason"]) == (lonely, "no negative")
    assert reject["row"] == queries["text"][0].as_py()


def test_a_corpus_in_which_no_question_keeps_a_negative_is_refused(toy_config, inputs, tmp_path):
    queries = training_queries(read_table(inputs["generate"], QUERIES))
    articles = read_table(inputs["ingest"], ARTICLES)["article_id"].to_pylist()
    pairs = [(query, key) for query in queries["query_id"].to_pylist() for key in articles]
    rows = [{"query_id": query, "article_id": key, "grade": 1} for query, key in pairs]
    table = pa.Table.from_pylist(rows, schema=QRELS.columns)
    hopeless = written(inputs, tmp_path / "generate-hopeless", qrels=table)
    folder = tmp_path / "mined"
    folder.mkdir()

    with pytest.raises(SourceError, match="no question keeps a negative"):
        mine(toy_config, hopeless, folder)


def test_a_corpus_smaller_than_the_ranks_is_refused_before_any_model_is_loaded(
    lean_config, tmp_path
):
    inputs = run_stages(lean_config, (ingest, generate))
    lean_config.mine.rank_from = lean_config.mine.rank_to = 40

    with pytest.raises(SourceError, match=r"40 articles, mine\.rank_from=40") as refusal:
        mine(lean_config, inputs, tmp_path)

    assert refusal.value.exit_code == 3


def test_no_question_to_train_on_is_refused_before_any_model_is_loaded(lean_config, tmp_path):
    inputs = run_stages(lean_config, (ingest, generate))
    queries = read_table(inputs["generate"], QUERIES)
    measured = queries.filter(pa.compute.equal(queries["split"], "test"))
    inputs = written(inputs, tmp_path / "generate-untrained", queries=measured)

    with pytest.raises(SourceError, match=r"raise generate\.questions"):
        mine(lean_config, inputs, tmp_path)


def test_the_manifest_says_how_many_negatives_score_above_their_positive(
    toy_config, inputs, tmp_path
):
    folder = tmp_path / "mined"
    folder.mkdir()

    counts = mine(toy_config, inputs, folder)

    triplets = read_table(folder, TRIPLETS).to_pylist()
    above = [row["negative_scores"][0] > row["positive_score"] for row in triplets]
    share = counts.metrics["share_of_negatives_above_their_positive"]
    assert share == pytest.approx(sum(above) / len(above), abs=1e-4)
    assert 0 < share < 1
