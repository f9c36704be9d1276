"""⑤ evaluate: rank all articles for every question by BM25, base and tuned model, and compare."""

import json
import logging
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from tqdm import tqdm

from lawvault.artifacts import Counts, read_manifest, read_table, write_json, write_table
from lawvault.config.tree import Config
from lawvault.errors import SourceError
from lawvault.evaluate.compare import rank_moves
from lawvault.evaluate.picture import draw_report
from lawvault.evaluate.questions import Questions, own_questions, stard_questions
from lawvault.job import Inputs
from lawvault.models.on_ray import Texts, vectors_of
from lawvault.models.texts import article_texts, rows_of
from lawvault.retrieve.intervals import paired_difference
from lawvault.retrieve.lexical import LexicalIndex
from lawvault.retrieve.metrics import MEASURES, measure_all
from lawvault.retrieve.ranking import Scores, rank_of, score_blocks, top_rows
from lawvault.schema import ARTICLES, QRELS, QUERIES, RUNS, table_of
from lawvault.stages import content_key

log = logging.getLogger(__name__)

BM25, BASE, TUNED = "bm25", "base", "tuned"


@dataclass(kw_only=True)
class Ranked:
    """What one system made of the questions, in their order."""

    rankings: list[list[str]]
    scores: list[list[float]]
    ranks: list[int]  # of the best-ranked right article, from 1, among all articles
    measures: list[dict[str, float]]


def evaluate(config: Config, inputs: Inputs, folder: Path) -> Counts:
    """Write runs/, qrels/, report.json and report.png into `folder`.

    Raises:
        SourceError: there is no question to measure with.
    """
    articles = read_table(inputs["ingest"], ARTICLES)
    questions = _questions(config, inputs, articles)
    ids = articles["article_id"].to_pylist()
    texts = article_texts(articles, config.encoder.title_separator)
    systems = {
        BM25: _rank(
            _bm25_scores(texts, questions), questions, ids, config.evaluate.depth, above=0.0
        ),
        BASE: _dense(config, inputs, questions, (ids, texts), None),
        TUNED: _dense(config, inputs, questions, (ids, texts), inputs["train"] / "model"),
    }
    report = build_report(config, questions, systems, articles)
    report["train"] = read_manifest(inputs["train"])["metrics"]
    write_table(table_of(_run_rows(questions, systems), RUNS), RUNS, folder)
    write_table(table_of(_qrel_rows(questions), QRELS), QRELS, folder)
    write_json(report, folder / "report.json")
    draw_report(report, folder / "report.png")
    return Counts(
        rows_in=len(questions.texts) + questions.left_out,
        rows_out=len(questions.texts),
        rejected=questions.left_out,
        metrics={name: report["systems"][name]["ndcg@10"] for name in systems},
    )


def _questions(config: Config, inputs: Inputs, articles: pa.Table) -> Questions:
    if config.evaluate.questions:
        return stard_questions(Path(config.evaluate.questions), articles.to_pylist())
    queries = read_table(inputs["generate"], QUERIES).to_pylist()
    qrels = read_table(inputs["generate"], QRELS).to_pylist()
    questions = own_questions(f"{inputs['generate'].name}/test", queries, qrels)
    if not questions.texts:
        raise SourceError("no test question: raise generate.test_share or set evaluate.questions")
    return questions


def _bm25_scores(texts: list[str], questions: Questions) -> Iterator[Scores]:
    index = LexicalIndex(texts)
    for text in tqdm(questions.texts, desc="rank by BM25", mininterval=5):
        yield index.scores(text)


def _dense(
    config: Config,
    inputs: Inputs,
    questions: Questions,
    corpus: tuple[list[str], list[str]],
    model: Path | None,
) -> Ranked:
    ids, texts = corpus
    name = questions.name
    if config.evaluate.questions:
        name = content_key(config.evaluate.questions) + inputs["ingest"].name
    of_corpus = Texts(
        name=inputs["ingest"].name,
        side="documents",
        texts=texts,
        states=bool(model and config.index.tokens),  # as `index` wants them of the same model
    )
    documents = vectors_of(config, model, of_corpus)
    queries = vectors_of(config, model, Texts(name=name, side="queries", texts=questions.texts))
    scores = (row for _, block in score_blocks(queries, documents) for row in block)
    return _rank(scores, questions, ids, config.evaluate.depth)


def _rank(
    scores: Iterator[Scores],
    questions: Questions,
    ids: list[str],
    depth: int,
    *,
    above: float = -math.inf,
) -> Ranked:
    """Return the rankings; what scores no more than `above` is not found at all."""
    ranked = Ranked(rankings=[], scores=[], ranks=[], measures=[])
    row_of = rows_of(ids)
    for own, judged in zip(scores, questions.judged, strict=True):
        rows = [row for row in top_rows(own, depth) if own[row] > above]
        ranking = [ids[row] for row in rows]
        ranked.rankings.append(ranking)
        ranked.scores.append([float(own[row]) for row in rows])
        ranked.ranks.append(min(rank_of(own, row_of[article_id]) for article_id in judged))
        ranked.measures.append(measure_all(ranking, judged))
    return ranked


def build_report(
    config: Config, questions: Questions, systems: dict[str, Ranked], articles: pa.Table
) -> dict[str, Any]:
    """Return the report as JSON-able data: means, differences with intervals, rank moves."""

    def mean(values: list[float]) -> float:
        return round(sum(values) / len(values), 4)

    means = {
        name: {measure: mean([row[measure] for row in ranked.measures]) for measure in MEASURES}
        for name, ranked in systems.items()
    }
    differences = {
        measure: paired_difference(
            [row[measure] for row in systems[BASE].measures],
            [row[measure] for row in systems[TUNED].measures],
            questions.groups,
            resamples=config.evaluate.resamples,
            seed=config.seed,
        )
        for measure in MEASURES
    }
    return {
        "questions": questions.name,
        "queries": len(questions.texts),
        "groups": len(set(questions.groups)),
        "queries_without_answer_in_corpus": questions.left_out,
        "articles": articles.num_rows,
        "encoder": config.encoder.model,
        "systems": means,
        "tuned_minus_base": {key: _rounded(asdict(value)) for key, value in differences.items()},
        "ranks": _rounded(rank_moves(systems[BASE].ranks, systems[TUNED].ranks)),
        "example": _example(questions, systems, articles),
    }


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {key: round(value, 4) for key, value in values.items()}


def _example(
    questions: Questions, systems: dict[str, Ranked], articles: pa.Table
) -> dict[str, Any]:
    """Return the first question whose right article rose into the first three, else the first."""
    ranks = zip(systems[BASE].ranks, systems[TUNED].ranks, strict=True)
    risen = (place for place, (old, new) in enumerate(ranks) if old > 3 >= new)
    place = next(risen, 0)
    row_of = rows_of(articles["article_id"].to_pylist())

    def shown(article_id: str) -> dict[str, Any]:
        row = articles.slice(row_of[article_id], 1).to_pylist()[0]
        return {
            "article": f"{row['law_name']}{row['article_number']}",
            "content": row["content"][:80],
            "right": article_id in questions.judged[place],
        }

    return {
        "question": questions.texts[place],
        "chosen": "the first question whose right article rose into the first three",
        "before": [shown(key) for key in systems[BASE].rankings[place][:3]],
        "after": [shown(key) for key in systems[TUNED].rankings[place][:3]],
        "rank_before": systems[BASE].ranks[place],
        "rank_after": systems[TUNED].ranks[place],
    }


def show_report(folder: Path) -> None:
    """Say what the report of a sealed evaluation holds."""
    for line in table_lines(json.loads((folder / "report.json").read_text())):
        log.info("%s", line)


def table_lines(report: dict[str, Any]) -> list[str]:
    """Return the report as lines for a terminal."""
    lines = [
        f"{report['queries']} questions ({report['questions']}) over {report['articles']} articles",
        "  system  " + "".join(f"{measure:>12}" for measure in MEASURES),
    ]
    for name, means in report["systems"].items():
        lines.append(f"  {name:8}" + "".join(f"{means[measure]:12.4f}" for measure in MEASURES))
    difference = report["tuned_minus_base"]["ndcg@10"]
    lines.append(
        f"  tuned − base, nDCG@10: {difference['mean']:+.4f} "
        f"(95 % paired bootstrap {difference['low']:+.4f} to {difference['high']:+.4f})"
    )
    shares = ", ".join(f"{share:.1%} {move}" for move, share in report["ranks"].items())
    lines += [f"  rank of the right article, base → tuned: {shares}", *_example_lines(report)]
    return lines


def _example_lines(report: dict[str, Any]) -> list[str]:
    example = report["example"]
    lines = [f"  example: {example['question']}"]
    for word in ("before", "after"):
        lines.append(f"    {word}, right article at rank {example[f'rank_{word}']}:")
        for hit in example[word]:
            mark = "✓" if hit["right"] else " "
            text = hit["content"].replace("\n", " ")[:40]
            lines.append(f"      {mark} {hit['article']}  {text}…")
    return lines


def _run_rows(questions: Questions, systems: dict[str, Ranked]) -> list[dict[str, object]]:
    return [
        {
            "system": name,
            "query_id": query_id,
            "article_id": article_id,
            "rank": rank,
            "score": score,
        }
        for name, ranked in systems.items()
        for query_id, ranking, scores in zip(
            questions.query_ids, ranked.rankings, ranked.scores, strict=True
        )
        for rank, (article_id, score) in enumerate(zip(ranking, scores, strict=True), start=1)
    ]


def _qrel_rows(questions: Questions) -> list[dict[str, object]]:
    return [
        {"query_id": query_id, "article_id": article_id, "grade": grade}
        for query_id, judged in zip(questions.query_ids, questions.judged, strict=True)
        for article_id, grade in judged.items()
    ]
