"""References and citations held against a real content.db of national law."""

import datetime
from pathlib import Path

import pytest

from lawvault.law.citations import Citation, verify_citations
from lawvault.law.references import find_references
from lawvault.law.resolve import Resolution, resolve
from lawvault.retrieve.content import FILE, Content
from lawvault.retrieve.laws import ContentLookup
from tests.law_pack import AS_OF, law_pack

LAWS_KEPT = ("民法典", "刑法", "劳动法", "劳动合同法", "道路交通安全法", "仲裁法", "公司法")


@pytest.fixture(scope="module")
def lookup(tmp_path_factory: pytest.TempPathFactory) -> ContentLookup:
    """Seven laws with all their versions; of the other national laws only that they exist."""
    return ContentLookup(Content(law_pack(tmp_path_factory.mktemp("pack"), LAWS_KEPT)))


def only(text: str, lookup: ContentLookup, as_of: datetime.date = AS_OF) -> Citation:
    report = verify_citations(text, lookup, as_of, catalogue=lookup.catalogue)
    assert len(report.citations) == 1, report.citations
    return report.citations[0]


def resolved(text: str, lookup: ContentLookup) -> Resolution:
    (reference,) = find_references(text, catalogue=lookup.catalogue)
    return resolve(reference, lookup, AS_OF)


@pytest.mark.parametrize(
    "text",
    [
        "《劳动合同法实施条例》第20条",
        "《道路交通安全法实施条例》第50条",
        "《民法典婚姻家庭编解释（一）》第5条",
    ],
)
def test_a_law_that_only_begins_like_a_known_one_is_never_verified(
    text: str, lookup: ContentLookup
) -> None:
    assert only(text, lookup).verdict == "no_such_law"


def test_articles_with_and_without_a_suffix_are_two(lookup: ContentLookup) -> None:
    plain = resolved("刑法第一百三十三条", lookup).targets[0]
    suffixed = resolved("刑法第一百三十三条之一", lookup).targets[0]

    assert lookup.content(plain.law_id, plain.address) != lookup.content(
        suffixed.law_id, suffixed.address
    )


def test_a_reference_leads_to_the_words_of_its_item(lookup: ContentLookup) -> None:
    (target,) = resolved("《劳动合同法》第三十八条第一款第（二）项", lookup).targets

    content = lookup.content(target.law_id, target.address)
    assert content is not None
    assert content[target.start : target.end] == "（二）未及时足额支付劳动报酬的；"


def test_a_range_takes_in_what_was_inserted_later(lookup: ContentLookup) -> None:
    targets = resolved("刑法第一百四十一条至第一百四十三条", lookup).targets

    assert [target.address.article for target in targets] == [
        "第一百四十一条",
        "第一百四十二条",
        "第一百四十二条之一",
        "第一百四十三条",
    ]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("《民法典》第一千零七十七条", "verified"),
        ("民法典585条", "verified"),
        ("《公司法》第二十条第三款", "no_such_paragraph"),
        ("民法典第一千二百六十一条", "no_such_article"),
        ("《劳动合同法》第三十八条规定：“未及时足额支付劳动报酬的”", "verified"),
        ("《劳动法》第三十八条规定：“未及时足额支付劳动报酬的”", "wrong_article"),
        ("《个人信息保护法》第三条", "inconclusive"),
    ],
)
def test_verdicts_on_real_law(text: str, verdict: str, lookup: ContentLookup) -> None:
    assert only(text, lookup).verdict == verdict, only(text, lookup)


def test_a_law_of_which_only_the_repeal_is_known_is_repealed_and_not_unknown(
    lookup: ContentLookup,
) -> None:
    citation = only("依据《合同法》第五十二条", lookup)

    assert citation.verdict == "repealed"
    assert "2021-01-01" in citation.reason
    assert only("《合同法》第五十二条", lookup, datetime.date(2019, 1, 1)).verdict == "inconclusive"


def test_words_of_another_law_are_found_there(lookup: ContentLookup) -> None:
    citation = only("《劳动法》第三十八条规定：“未及时足额支付劳动报酬的”", lookup)

    assert "劳动合同法第三十八条" in citation.reason


def test_on_a_day_before_the_oldest_text_at_hand_nothing_is_known(lookup: ContentLookup) -> None:
    citation = only("《公司法》第二十条", lookup, datetime.date(2020, 1, 1))

    assert citation.verdict == "inconclusive"
    assert "公司法" in citation.reason


def test_the_text_of_the_day_is_the_one_that_counts(lookup: ContentLookup) -> None:
    text = "《仲裁法》第九十六条"  # the text of 2017 had 80 articles

    assert only(text, lookup, datetime.date(2026, 3, 1)).verdict == "verified"
    assert only(text, lookup, datetime.date(2026, 2, 28)).verdict == "no_such_article"


def test_a_pack_that_is_gone_makes_citations_inconclusive(
    lookup: ContentLookup, tmp_path: Path
) -> None:
    source = Path(lookup._content._path)
    (tmp_path / FILE).write_bytes(source.read_bytes())
    moved = ContentLookup(Content(tmp_path))
    (tmp_path / FILE).unlink()

    assert only("《劳动合同法》第三十八条", moved).verdict == "inconclusive"
