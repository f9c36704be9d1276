"""Citations get the verdict that a careful reader of the statute book would give."""

import dataclasses
import datetime
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawvault.law.address import Address
from lawvault.law.catalogue import Catalogue
from lawvault.law.citations import VERDICTS, Citation, Report, verify_citations
from lawvault.law.mentions.relative import Numbers
from lawvault.law.normal import find
from lawvault.law.numerals import article_address
from lawvault.law.resolve import LawVersion, Target
from lawvault.law.validity import IN_FORCE, PENDING, REPEALED, Version

TODAY = datetime.date(2026, 10, 4)
LABOUR = "劳动合同法@2012-12-28"
OLD_SECURITY, SECURITY = "治安管理处罚法@2012-10-26", "治安管理处罚法@2025-06-27"

TEXTS = {
    LABOUR: {
        "第三十八条": "用人单位有下列情形之一的，劳动者可以解除劳动合同：\n"
        "（一）未按照劳动合同约定提供劳动保护或者劳动条件的；\n"
        "（二）未及时足额支付劳动报酬的；\n"
        "用人单位以暴力、威胁或者非法限制人身自由的手段强迫劳动者劳动的，"
        "劳动者可以立即解除劳动合同，不需事先告知用人单位。",
        "第四十六条": "有下列情形之一的，用人单位应当向劳动者支付经济补偿：\n"
        "（一）劳动者依照本法第三十八条规定解除劳动合同的；",
        "第四十七条": "经济补偿按劳动者在本单位工作的年限，每满一年支付一个月工资的标准支付。"
        "六个月以上不满一年的，按一年计算；不满六个月的，向劳动者支付半个月工资的经济补偿。",
    },
    "合同法@1999-03-15": {"第五十二条": "有下列情形之一的，合同无效：\n（一）以欺诈手段订立合同。"},
    OLD_SECURITY: {"第十条": "治安管理处罚的种类分为：\n（一）警告；\n（二）罚款；"},
    SECURITY: {"第十条": "治安管理处罚的种类包括：\n（一）警告；\n（二）罚款；"},
    "民法典@2020-05-28": {"第一千零七十九条": "夫妻一方要求离婚的，可以由有关组织进行调解。"},
    "生态环境法典@2026-03-12": {"第一条": "为了保护生态环境，制定本法。"},
    "甲市物业条例@2020-01-01": {"第一条": "为了规范物业，制定本条例。"},
    "乙市物业条例@2020-01-01": {"第一条": "为了规范物业，制定本条例。"},
}


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


VERSIONS = {
    LABOUR: (IN_FORCE, "2008-01-01"),
    "合同法@1999-03-15": (REPEALED, "1999-10-01"),
    OLD_SECURITY: ("已被修改", "2006-03-01"),
    SECURITY: (IN_FORCE, "2026-01-01"),
    "民法典@2020-05-28": (IN_FORCE, "2021-01-01"),
    "生态环境法典@2026-03-12": (PENDING, "2026-12-01"),
    "甲市物业条例@2020-01-01": (IN_FORCE, "2020-01-01"),
    "乙市物业条例@2020-01-01": (IN_FORCE, "2020-01-01"),
    "无文法@2020-01-01": (IN_FORCE, "2020-01-01"),
    "改后法@2010-01-01": ("已被修改", "2010-01-01"),
}


class StatuteBook:
    """A small statute book: what `verify_citations` asks of any store of law."""

    known_on = TODAY

    def __init__(self) -> None:
        self.catalogue = Catalogue(law_id.partition("@")[0] for law_id in VERSIONS)
        for city in "甲乙":
            self.catalogue.add("物业条例", f"{city}市物业条例")

    def laws(self, name: str) -> Sequence[str]:
        return self.catalogue.laws(name)

    def versions(self, law: str) -> Sequence[LawVersion]:
        found = [law_id for law_id in VERSIONS if law_id.partition("@")[0] == law]
        return [LawVersion(law_id=law_id, version=_version(law_id)) for law_id in found]

    def articles(self, law_id: str) -> Sequence[Numbers]:
        addresses = (article_address(label) for label in TEXTS.get(law_id, {}))
        return [address for address in addresses if address]

    def content(self, law_id: str, address: Address) -> str | None:
        return TEXTS.get(law_id, {}).get(address.article or "")

    def holding(self, quote: str, law_id: str) -> Sequence[Target]:
        ordered = [law_id, *(other for other in TEXTS if other != law_id)]
        return [
            Target(law=known.partition("@")[0], law_id=known, address=Address(number=n, sub=s))
            for known in ordered
            for label, content in TEXTS[known].items()
            if find(quote, content)
            for n, s in [article_address(label) or (0, 0)]
        ]


class Broken(StatuteBook):
    """A store that is down."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def versions(self, law: str) -> Sequence[LawVersion]:
        raise self.error


def _version(law_id: str) -> Version:
    law, _, date = law_id.partition("@")
    word, effective = VERSIONS[law_id]
    return Version(law=law, version_date=day(date), effective_date=day(effective), word=word)


def check(text: str, as_of: datetime.date = TODAY) -> Report:
    book = StatuteBook()
    return verify_citations(text, book, as_of, catalogue=book.catalogue)


def only(text: str, as_of: datetime.date = TODAY) -> Citation:
    report = check(text, as_of)
    assert len(report.citations) == 1, report.citations
    return report.citations[0]


CASES = [
    ("《劳动合同法》第三十八条", "verified"),
    ("中华人民共和国劳动合同法第38条第1款第（2）项", "verified"),
    ("《劳动合同法》第三十八条规定：“未及时足额支付劳动报酬的”", "verified"),
    ("《劳动合同法》第三十八条第一款第二项规定“未及时足额支付劳动报酬”", "verified"),
    ("“未及时足额支付劳动报酬的”（《劳动合同法》第三十八条）", "verified"),
    ("《劳动合同法》第三十八条：“用人单位有下列情形之一的,劳动者可以解除劳动合同: "
     "①未按照劳动合同约定提供劳动保护或者劳动条件的；”", "verified"),
    ("《劳动合同法》第四十七条规定：“经济补偿按劳动者在本单位工作的年限……六个月以上不满一年的，"
     "按一年计算”", "verified"),
    ("《劳动合同法》第三十八条规定：“未及时支付劳动报酬的”", "quote_mismatch"),
    ("《劳动合同法》第四十七条规定：“每满一年支付两个月工资”", "quote_mismatch"),
    ("《劳动合同法》第三十八条第二款规定：“未及时足额支付劳动报酬的”", "quote_mismatch"),
    ("《劳动合同法》第四十六条规定：“未及时足额支付劳动报酬的”", "wrong_article"),
    ("《劳动合同法》第四十六条规定：“夫妻一方要求离婚的，可以由有关组织进行调解”", "wrong_article"),
    ("《劳动合同法实施条例》第20条", "no_such_law"),
    ("《民法典婚姻家庭编解释（一）》第5条", "no_such_law"),
    ("《劳动合同法》第三百条", "no_such_article"),
    ("《劳动合同法》第三十八条之一", "no_such_article"),
    ("《劳动合同法》第三十八条第三款", "no_such_paragraph"),
    ("《劳动合同法》第三十八条第一款第九项", "no_such_paragraph"),
    ("《合同法》第五十二条", "repealed"),
    ("《生态环境法典》第一条", "not_yet_effective"),
    ("《物业条例》第一条", "ambiguous"),
    ("第三十八条规定，可以解除劳动合同", "ambiguous"),
    ("（2020）最高法民终123号民事判决", "out_of_scope"),
    ("《房屋租赁合同》第八条", "out_of_scope"),
    ("指导案例24号", "out_of_scope"),
    ("《无文法》第三条", "inconclusive"),
    ("《无文法》规定：“某某的文字”", "inconclusive"),
    ("《劳动合同法》规定：“未及时足额支付劳动报酬的”", "verified"),
    ("《劳动合同法》规定：“迟延支付劳动报酬的”", "quote_mismatch"),
    ("《劳动合同法》第三十八条规定：“及时足额支付劳动报酬的”", "quote_mismatch"),
    ("《劳动合同法》第三十八条规定：“用人单位有下列情形之一的，劳动者可以解除劳动合同：（二）未及时足额支付"
     "劳动报酬的；”", "verified"),
    ("《劳动合同法》第三十八条第一款第二项规定：“用人单位有下列情形之一的，劳动者可以解除劳动合同：未及时足额"
     "支付劳动报酬的”", "verified"),
    ("《劳动合同法》第三十八条第一款第一项规定：“用人单位有下列情形之一的，劳动者可以解除劳动合同：（二）未及时"
     "足额支付劳动报酬的”", "quote_mismatch"),
    ("《劳动合同法》第三十八条规定：“用人单位有下列情形之一的，劳动者可以解除劳动合同：足额支付劳动报酬的”",
     "quote_mismatch"),
    ("《劳动合同法》第三十八条规定：“用人单位有下列情形之一的，劳动者应当解除劳动合同：（二）未及时足额支付"
     "劳动报酬的”", "quote_mismatch"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "verdict"), CASES)
def test_each_citation_gets_its_verdict(text: str, verdict: str) -> None:
    assert only(text).verdict == verdict, only(text).reason


def test_every_verdict_has_a_case() -> None:
    assert {verdict for _, verdict in CASES} == set(VERDICTS)


def test_only_a_verified_citation_comes_without_a_reason() -> None:
    for text, verdict in CASES:
        assert bool(only(text).reason) == (verdict != "verified"), text


def test_a_misquotation_shows_the_words_that_differ_and_what_they_should_be() -> None:
    text = "《劳动合同法》第四十七条规定：“每满一年支付两个月工资的标准”"

    citation = only(text)

    assert citation.difference is not None
    assert text[slice(*citation.difference)] == "两"
    assert citation.should_be == "一"


@pytest.mark.parametrize(
    "words",
    [
        "未及时足额支付劳动报酬的，劳动者必须解除劳动合同",
        "用人单位有下列情形之一的，劳动者可以解除劳动合同：（二）未及时支付劳动报酬的；",
        "用人单位未及时足额支付劳动报酬，劳动者应当立即通知用人单位解除劳动合同",
    ],
)
def test_words_of_the_law_that_cannot_be_put_in_are_not_offered(words: str) -> None:
    citation = only(f"《劳动合同法》第三十八条规定：“{words}”")

    assert (citation.verdict, citation.should_be) == ("quote_mismatch", "")


@pytest.mark.parametrize(
    ("text", "as_of", "cause"),
    [
        ("《无文法》第三条", TODAY, "no_text"),
        ("《无文法》规定：“某某的文字”", TODAY, "no_text"),
        ("《无文法》第三条", day("2019-12-31"), "unknown"),
        ("《改后法》第三条", TODAY, "amended"),
        ("《劳动合同法》第三条", TODAY, ""),
    ],
)
def test_what_could_not_be_looked_up_is_told_with_its_cause(
    text: str, as_of: datetime.date, cause: str
) -> None:
    citation = only(text, as_of)

    assert citation.cause == cause
    assert (citation.verdict == "inconclusive") == bool(cause)


def test_a_wrong_article_is_told_where_the_words_stand() -> None:
    citation = only("《劳动合同法》第四十七条规定：“用人单位应当向劳动者支付经济补偿”")

    assert citation.verdict == "wrong_article"
    assert [(found.law_id, str(found.address)) for found in citation.found] == [
        (LABOUR, "第四十六条")
    ]


def test_words_of_another_paragraph_are_not_verified_and_their_place_is_told() -> None:
    citation = only("《劳动合同法》第三十八条第二款规定：“未及时足额支付劳动报酬的”")

    assert [str(found.address) for found in citation.found] == ["第三十八条第一款第二项"]


@pytest.mark.parametrize(
    ("as_of", "words", "verdict"),
    [
        ("2025-12-31", "治安管理处罚的种类分为", "verified"),
        ("2026-01-01", "治安管理处罚的种类分为", "wrong_article"),
        ("2026-01-01", "治安管理处罚的种类包括", "verified"),
        ("2005-01-01", "治安管理处罚的种类分为", "not_yet_effective"),
    ],
)
def test_the_day_decides_which_text_a_quotation_is_held_against(
    as_of: str, words: str, verdict: str
) -> None:
    citation = only(f"《治安管理处罚法》第十条规定：“{words}”", day(as_of))

    assert citation.verdict == verdict, citation


@pytest.mark.parametrize(
    "error", [OSError("disk"), TimeoutError("slow"), RuntimeError("bug"), KeyError("row")]
)
def test_a_lookup_that_fails_makes_the_citation_inconclusive_and_never_verified(
    error: Exception,
) -> None:
    book = Broken(error)

    report = verify_citations("《劳动合同法》第三十八条", book, TODAY, catalogue=book.catalogue)

    assert [citation.verdict for citation in report.citations] == ["inconclusive"]
    assert type(error).__name__ in report.citations[0].reason
    assert not report.passed


def test_a_text_without_citations_has_not_passed() -> None:
    report = check("老板拖欠工资，可以要求补偿。")

    assert report.citations == ()
    assert not report.passed


def test_a_text_of_cases_only_has_not_passed() -> None:
    assert not check("见（2020）最高法民终123号民事判决。").passed


def test_a_text_passes_if_every_citation_is_verified() -> None:
    text = "依据《劳动合同法》第三十八条第一款第二项、第四十六条第一项和第四十七条，可以要求补偿。"

    report = check(text)

    assert report.counts() == {"verified": 3}
    assert report.passed


def test_one_bad_citation_spoils_the_text_and_the_others_keep_their_verdict() -> None:
    report = check("《劳动合同法》第三十八条、《劳动合同法》第三百条、《民法典》第一千零七十九条")

    assert [c.verdict for c in report.citations] == ["verified", "no_such_article", "verified"]
    assert not report.passed


def test_references_inside_quoted_words_are_the_laws_own() -> None:
    citation = only(
        "《劳动合同法》第四十六条规定：“（一）劳动者依照本法第三十八条规定解除劳动合同的；”"
    )

    assert (citation.verdict, str(citation.address)) == ("verified", "第四十六条")


def test_a_quotation_after_a_list_may_be_from_any_of_the_list() -> None:
    text = "《劳动合同法》第三十八条、第四十七条规定：“未及时足额支付劳动报酬的”"

    report = check(text)

    assert [citation.verdict for citation in report.citations] == ["verified", "verified"]
    assert [bool(citation.quote) for citation in report.citations] == [True, False]


def test_a_quotation_that_none_of_the_list_has_spoils_the_nearest() -> None:
    report = check("《劳动合同法》第三十八条、第四十七条规定：“应当向劳动者支付经济补偿”")

    assert [c.verdict for c in report.citations] == ["verified", "wrong_article"]


def test_words_in_quotation_marks_that_no_reference_leads_to_are_not_held_against_the_law() -> None:
    report = check("所谓“老赖”，依据《劳动合同法》第三十八条，可以被起诉。")

    assert [(c.verdict, c.quote) for c in report.citations] == [("verified", None)]


def test_citations_come_in_the_order_of_the_text() -> None:
    report = check("（2020）最高法民终123号判决引用《劳动合同法》第三十八条。指导案例24号亦同。")

    starts = [citation.start for citation in report.citations]
    assert len(starts) == 3
    assert starts == sorted(starts)


TRUE = "《中华人民共和国劳动合同法》第三十八条第一款第二项规定：“未及时足额支付劳动报酬的”"
MUTATIONS = [
    ("劳动合同法", "劳动合同法实施条例"),
    ("劳动合同法", "民法典"),
    ("劳动合同法", "合同法"),
    ("第三十八条", "第八十三条"),
    ("第三十八条", "第四十六条"),
    ("第三十八条", "第三十八条之一"),
    ("第一款", "第二款"),
    ("第一款", "第三款"),
    ("第二项", "第一项"),
    ("第二项", "第七项"),
    ("未及时", "及时"),
    ("足额", ""),
    ("支付", "发放"),
    ("报酬的", "报酬和补偿的"),
]


def test_the_sentence_that_is_mutated_is_true() -> None:
    assert only(TRUE).verdict == "verified"


@pytest.mark.parametrize(("old", "new"), MUTATIONS)
def test_every_mutation_of_a_true_citation_is_caught(old: str, new: str) -> None:
    text = TRUE.replace(old, new)

    assert text != TRUE
    assert only(text).verdict not in ("verified", "inconclusive")


def test_formatting_alone_never_makes_a_mismatch() -> None:
    assert find("甲", "甲")  # the lookup below relies on it
    quoted = "用人单位有下列情形之一的，\n　劳动者 可以解除劳动合同：\n(1)未按照劳动合同约定"

    citation = only(f"《劳动合同法》第３８条规定：“{quoted}”")

    assert citation.verdict == "verified", citation


PIECES = st.sampled_from(
    [
        *(
            "《劳动合同法》",
            "第三十八条",
            "第一款",
            "第（二）项",
            "规定：",
            "“",
            "”",
            "本法",
            "前款",
        ),
        *(
            "未及时足额支付劳动报酬的",
            "、",
            "和",
            "……",
            "（",
            "）",
            "。",
            "\n",
            "见",
            "《合同法》",
            "不",
        ),
        *("（2020）最高法民终123号", "同法", "该条", "，", " "),
    ]
)


@settings(max_examples=500, deadline=None)
@given(st.lists(PIECES | st.text(max_size=3), max_size=14).map("".join))
def test_any_text_gets_verdicts_whose_spans_lie_in_it(text: str) -> None:
    report = check(text)

    for citation in report.citations:
        assert citation.verdict in VERDICTS
        assert 0 <= citation.start < citation.end <= len(text)
        assert citation.verdict == "verified" or citation.reason
        for span in filter(None, (citation.quote, citation.difference)):
            assert 0 <= span[0] <= span[1] <= len(text)


def test_citations_are_plain_data() -> None:
    assert dataclasses.asdict(only("《劳动合同法》第三十八条"))["verdict"] == "verified"
