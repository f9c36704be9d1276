"""What sentences say of provisions: false figures fail, figures of a case are not checked."""

import random
from pathlib import Path

import pytest

from lawvault.serve.laws.contract import CheckedCitation, VerifyRequest
from lawvault.serve.laws.statutes import Statutes
from tests.law_pack import AS_OF, law_pack, statutes_of
from tests.proof.mutations import mutants
from tests.proof.true_sentences import SEED, Book, true_sentences, untouched

TRUE_SENTENCES = 60
WORDS = ("period", "unit of a period", "number", "quotation: word", "quotation: numeral")


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return law_pack(tmp_path_factory.mktemp("laws"))


@pytest.fixture(scope="module")
def laws(pack: Path) -> Statutes:
    return statutes_of(pack)


def only(laws: Statutes, text: str) -> CheckedCitation:
    answer = laws.verify(VerifyRequest(text=text))
    (citation,) = answer.citations
    assert answer.passed == (citation.verdict == "verified")
    assert answer.counts == {citation.verdict: 1}
    return citation


@pytest.mark.parametrize(
    ("text", "verdict", "wrong"),
    [
        ("《民法典》第一百八十八条规定诉讼时效期间为二年", "unsupported", "二年"),
        ("被告主张《民法典》第一百八十八条规定的诉讼时效期间为二年。", "unsupported", "二年"),
        ("《民法典》第188条规定诉讼时效期间为2年，自知道之日起计算。", "unsupported", "2年"),
        (
            "根据《劳动法》第四十七条，每满一年支付一个月工资",
            ("unsupported", "wrong_article"),
            None,
        ),
    ],
)
def test_a_figure_that_the_provision_has_not_is_not_verified(
    laws: Statutes, text: str, verdict: str | tuple[str, ...], wrong: str | None
) -> None:
    citation = only(laws, text)

    assert citation.verdict in verdict
    assert citation.difference is not None
    assert wrong in (None, text[slice(*citation.difference)])
    assert "figures" in citation.checked
    assert citation.reason


@pytest.mark.parametrize(
    ("text", "checked"),
    [
        ("《民法典》第一百八十八条规定诉讼时效期间为三年", ["address", "figures"]),
        ("《民法典》第一百八十八条规定了诉讼时效。", ["address"]),
        (
            "《劳动合同法》第三十八条规定：“未及时足额支付劳动报酬的”。",
            ["address", "quote"],
        ),
        (
            "原告工作5年3个月，依据《劳动合同法》第四十七条，应得5.5个月工资的经济补偿。",
            ["address"],
        ),
        ("依据《劳动合同法》第八十七条，应支付违法解除的赔偿金120000元。", ["address"]),
        ("依据《劳动合同法》第四十七条，经济补偿为10000元×5.5=55000元。", ["address"]),
        ("《民法典》第五百八十五条，乙方迟延的，每日按货款的0.05%支付违约金。", ["address"]),
    ],
)
def test_a_citation_says_what_it_was_checked_for_and_facts_of_a_case_are_not(
    laws: Statutes, text: str, checked: list[str]
) -> None:
    citation = only(laws, text)

    assert (citation.verdict, citation.checked) == ("verified", checked)


def test_what_was_not_held_against_the_law_was_checked_for_nothing(laws: Statutes) -> None:
    answer = laws.verify(VerifyRequest(text="前款。（2020）京01民终123号。"))

    assert [one.checked for one in answer.citations] == [[] for _ in answer.citations]


def test_true_sentences_pass_and_false_figures_do_not(laws: Statutes, pack: Path) -> None:
    book = Book(pack)
    sentences = true_sentences(book, random.Random(SEED), TRUE_SENTENCES)
    true = [text for _, text, _ in untouched(sentences)]
    false = [
        mutant.sentence.text
        for mutant in mutants(book, sentences, random.Random(SEED))[0]
        if mutant.name in WORDS and mutant.sentence.as_of == AS_OF
    ]

    alarms = [text for text in true if not laws.verify(VerifyRequest(text=text)).passed]
    missed = [text for text in false if laws.verify(VerifyRequest(text=text)).passed]

    assert len(true) >= 200
    assert len(alarms) <= len(true) * 0.01, alarms
    assert len(false) >= 40
    assert len(missed) <= len(false) * 0.05, missed
