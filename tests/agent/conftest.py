"""What the tests of the agent share: a toy corpus of invented law, and a library over it.

`law.jsonl` holds about 200 articles of eight laws that do not exist (示例劳动法, …), one of them in
two versions, one of 广东 alone; `references.jsonl` says by hand which refers to which, and how.
"""

import datetime
import json
from pathlib import Path

import pytest

from lawvault.agent.local import LocalLibrary
from lawvault.agent.nouns import Found
from lawvault.ingest.build import Filters, corpus_of
from lawvault.ingest.content_db import write_content_db
from lawvault.ingest.files import read_source
from lawvault.ingest.merge import merge
from lawvault.ingest.references import ReferenceIndex
from lawvault.retrieve.content import FILE, Content
from lawvault.retrieve.laws import ContentLookup
from lawvault.schema import ARTICLES, LAWS, table_of

HERE = Path(__file__).parent
TODAY = datetime.date(2026, 3, 2)


@pytest.fixture(scope="session")
def toy_law(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the content.db of the toy corpus, all versions searchable; read only."""
    return write_toy_law(tmp_path_factory.mktemp("toy_law"))


def write_toy_law(folder: Path) -> Path:
    """Write the content.db of the toy corpus into a folder, and return that."""
    merged = merge([("toy", read_source(HERE / "law.jsonl"))])
    corpus = corpus_of(merged, Filters(), as_of=TODAY)
    assert corpus.rejects == []
    rows, known = table_of(corpus.rows, ARTICLES), table_of(corpus.laws, LAWS)
    write_content_db(
        rows,
        folder / FILE,
        as_of=TODAY,
        laws=known,
        references=ReferenceIndex([rows], known, TODAY).rows(),
    )
    return folder


@pytest.fixture(scope="session")
def content(toy_law: Path) -> Content:
    """The content.db of the toy corpus."""
    return Content(toy_law)


@pytest.fixture(scope="session")
def library(content: Content) -> LocalLibrary:
    """A library over the toy corpus; safe for many tests."""
    return LocalLibrary(content)


@pytest.fixture(scope="session")
def lookup(content: Content) -> ContentLookup:
    """What reports are checked against: the law of the toy corpus."""
    return ContentLookup(content)


@pytest.fixture(scope="session")
def reference_graph() -> dict[tuple[str, str], str]:
    """(source, target) -> kind, of all references between two articles of the toy corpus."""
    lines = (HERE / "references.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return {(row["source"], row["target"]): row["kind"] for row in rows}


def found(name: str, score: float = 1.0) -> Found:
    """An article of that name, which is also its text, as a search with that score finds it."""
    return Found(
        article_id=name,
        law_id="法",
        law_name="某法",
        article_number=f"第{name}条",
        content=name,
        status="现行有效",
        effective_date="",
        score=score,
    )
