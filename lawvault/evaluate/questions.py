"""The questions that measure: our own test queries, or a file of real ones in STARD's format.

STARD (Su et al. 2024, arXiv 2406.15313) names articles by law and number as they were in 2024; law
has changed since.  A judgment counts only if the corpus has an article of that law and number whose
first 300 characters are alike (difflib ratio above 0.7, white space removed).
"""

import difflib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lawvault.errors import SourceError
from lawvault.law.names import comparable
from lawvault.law.numerals import article_address
from lawvault.retrieve.metrics import judged_by_query


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """Queries in order, their judgments, and the group each is drawn with (bootstrap clusters)."""

    name: str
    query_ids: list[str]
    texts: list[str]
    judged: list[dict[str, int]]
    groups: list[str]
    left_out: int = 0


def own_questions(
    name: str, queries: Iterable[Mapping[str, object]], qrels: Iterable[Mapping[str, object]]
) -> Questions:
    """Return the kept queries of the test split; queries of one article form a group."""
    rows = [row for row in queries if row["kept"] and row["split"] == "test"]
    judged = judged_by_query(qrels)
    return Questions(
        name=name,
        query_ids=[str(row["query_id"]) for row in rows],
        texts=[str(row["text"]) for row in rows],
        judged=[judged.get(str(row["query_id"]), {}) for row in rows],
        groups=[str(row["article_id"]) for row in rows],
    )


MIN_RATIO, COMPARED_CHARS = 0.7, 300
_NAME = re.compile(r"(.+?)(第[^第条]+条(?:之[一二三四五六七八九十]+)?)")


def stard_questions(path: Path, articles: Iterable[Mapping[str, object]]) -> Questions:
    """Return the questions of a STARD file that keep an answer in the corpus.

    Raises:
        SourceError: the file is missing or of another format, or no question keeps an answer.
    """
    try:
        rows = json.loads(path.read_text())
        pairs = [_question_of(row) for row in rows]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise SourceError(
            f"{path}: not a file in STARD's format ({type(error).__name__}: {error}); "
            "evaluate.questions names it"
        ) from error
    by_address = _by_address(articles)
    kept = []
    for query_id, text, answers in pairs:
        judged = _judged(answers, by_address)
        if judged:
            kept.append((query_id, text, judged))
    if not kept:
        raise SourceError(f"{path}: none of {len(pairs)} questions has its answer in the corpus")
    return Questions(
        name=f"{path.parent.name}/{path.name}",
        query_ids=[query_id for query_id, _, _ in kept],
        texts=[text for _, text, _ in kept],
        judged=[judged for _, _, judged in kept],
        groups=[query_id for query_id, _, _ in kept],
        left_out=len(pairs) - len(kept),
    )


def _question_of(row: Any) -> tuple[str, str, dict[str, str]]:  # noqa: ANN401 - from outside
    """Return id, text and answers (name -> text) of one row, or raise for what it is instead."""
    text, answers = row["问题"], row["相关法规"]
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"问题 of query {row['query_id']} is no text")
    if not isinstance(answers, dict) or not all(isinstance(v, str) for v in answers.values()):
        raise ValueError(f"相关法规 of query {row['query_id']} is no object of texts")
    return str(row["query_id"]), text, answers


Address = tuple[str, tuple[int, int] | None]


def _by_address(articles: Iterable[Mapping[str, object]]) -> dict[Address, list[tuple[str, str]]]:
    found: dict[Address, list[tuple[str, str]]] = {}
    for row in articles:
        address = (comparable(str(row["law_name"])), article_address(str(row["article_number"])))
        found.setdefault(address, []).append((str(row["article_id"]), str(row["content"])))
    return found


def _judged(
    answers: Mapping[str, str], by_address: Mapping[Address, Sequence[tuple[str, str]]]
) -> dict[str, int]:
    judged = {}
    for name, text in answers.items():
        match = _NAME.fullmatch(name.strip())
        if not match:
            continue
        address = (comparable(match[1]), article_address(match[2]))
        for article_id, content in by_address.get(address, ()):
            if alike(text, content):
                judged[article_id] = 1
    return judged


def alike(one: str, other: str) -> bool:
    """Say whether two texts of an article begin nearly alike."""
    left, right = ("".join(text.split())[:COMPARED_CHARS] for text in (one, other))
    return difflib.SequenceMatcher(None, left, right, autojunk=False).ratio() > MIN_RATIO
