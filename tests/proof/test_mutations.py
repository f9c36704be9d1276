"""True sentences about real law pass, and every mutation of one is caught."""

import random
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from lawvault.proof.claims import verify_report
from lawvault.proof.source import Claim
from tests.law_pack import AS_OF, law_pack
from tests.proof.mutations import CLASSES, ELSEWHERE, Mutant, caught, mutants
from tests.proof.true_sentences import SEED, Book, Sentence, true_sentences, untouched

TRUE_SENTENCES = 150


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    return Book(law_pack(tmp_path_factory.mktemp("laws")))


@pytest.fixture(scope="module")
def sentences(book: Book) -> list[Sentence]:
    return true_sentences(book, random.Random(SEED), TRUE_SENTENCES)


@pytest.fixture(scope="module")
def made(book: Book, sentences: list[Sentence]) -> list[Mutant]:
    return mutants(book, sentences, random.Random(SEED))[0]


def test_every_mutant_of_the_deterministic_classes_is_caught(
    book: Book, made: list[Mutant]
) -> None:
    required = [mutant for mutant in made if mutant.name in CLASSES]

    missed = [(m.name, m.sentence.text) for m in required if not caught(book, m)]

    counts = Counter(mutant.name for mutant in required)
    assert missed == []
    assert counts.total() >= 500
    assert min(counts[name] for name in CLASSES) >= 10, counts


def test_a_figure_that_the_provision_has_elsewhere_is_mostly_seen_where_words_are_verbatim(
    book: Book, made: list[Mutant]
) -> None:
    hidden = [mutant for mutant in made if mutant.name.endswith(ELSEWHERE)]

    seen = [mutant for mutant in hidden if caught(book, mutant)]

    assert len(hidden) >= 5
    assert len(seen) >= 0.8 * len(hidden)


def test_a_true_sentence_is_verified_however_it_is_written(
    book: Book, sentences: list[Sentence]
) -> None:
    cases = list(untouched(sentences))

    alarms = [text for _, text, _ in cases if not book.verify(text).passed]

    assert len(cases) >= 400
    assert len(alarms) <= len(cases) * 0.01, alarms


def test_a_turned_modality_is_seen_where_the_words_around_it_are_the_laws(
    book: Book, made: list[Mutant]
) -> None:
    turned = [mutant for mutant in made if mutant.name == "modality"]

    seen = [mutant for mutant in turned if caught(book, mutant)]

    assert len(turned) >= 10
    assert len(seen) >= 0.8 * len(turned)


def test_claims_hold_with_their_evidence_and_not_after_a_mutation(
    book: Book, sentences: list[Sentence], made: list[Mutant]
) -> None:
    words = ("number", "period", "unit of a period", "quotation: word", "quotation: numeral")
    changed = [mutant for mutant in made if mutant.name in words]

    alarms = [s.words for s in sentences if claim_verdict(book, s, s) != "verified"]
    missed = [
        m.sentence.words for m in changed if claim_verdict(book, m.sentence, m.before) == "verified"
    ]

    assert (alarms, missed) == ([], [])


def claim_verdict(book: Book, said: Sentence, source: Sentence) -> str:
    """Return the verdict on a claim that says the one sentence with the other one's article."""
    claim = Claim(
        text="" if said.quoted else said.words,
        evidence=("e1",),
        quote=said.words if said.quoted else "",
    )
    verified = verify_report("", [claim], [book.evidence(source)], book.lookup, AS_OF)
    return verified.claims[0].verdict


BEFORE = date(2025, 10, 4)
OLD_TEXT = "《仲裁法》第五十九条规定：“当事人申请撤销裁决的，应当自收到裁决书之日起六个月内提出。”"
NEW_TEXT = "《仲裁法》第五十九条规定：“当事人在仲裁过程中有权进行辩论。”"


@pytest.mark.parametrize(("true", "false"), [(OLD_TEXT, NEW_TEXT), (NEW_TEXT, OLD_TEXT)])
def test_a_quotation_of_a_superseded_text_holds_only_for_its_time(
    book: Book, true: str, false: str
) -> None:
    day = BEFORE if true == OLD_TEXT else AS_OF

    assert book.verify(true, day).passed
    assert book.verify(false, day).flagged == 1


@pytest.mark.parametrize("law", ["合同法", "婚姻法", "物权法", "担保法", "继承法", "民法总则"])
def test_a_law_that_was_repealed_is_never_good_law(book: Book, law: str) -> None:
    verified = book.verify(f"根据《{law}》第五条，当事人应当遵循公平原则。")

    assert verified.counts == {"repealed": 1}
    assert "⚠【该法已废止】" in verified.markdown


PARAGRAPHS = (Path(__file__).parent / "true_paragraphs.txt").read_text(encoding="utf-8")
ASKED = "我每周工作六天、每天十小时，公司没有签合同，怎么办？"


@pytest.mark.parametrize("paragraph", PARAGRAPHS.strip().split("\n\n"))
def test_a_true_paragraph_of_a_report_raises_no_alarm(book: Book, paragraph: str) -> None:
    verified = book.verify(paragraph, asked=ASKED)

    assert verified.passed, [finding for finding in verified.findings if finding.reason]
