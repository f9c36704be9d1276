"""A report gets the verdicts that a careful reader with the statute book beside him would give."""

import dataclasses
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawvault.agent.nouns import Evidence
from lawvault.proof.claims import CLAIM_VERDICTS, Verified, verify_report
from lawvault.proof.marking import inert
from lawvault.proof.prose import sentences
from lawvault.proof.source import Claim
from tests.law.test_citations import LABOUR, TEXTS, TODAY, Broken, StatuteBook, day


def article(marker: str, law_id: str, number: str, law_name: str = "") -> Evidence:
    return Evidence(
        id=marker,
        article_id=f"{law_id}:{number}",
        law_id=law_id,
        law_name=law_name or f"中华人民共和国{law_id.partition('@')[0]}",
        article_number=number,
        content=TEXTS[law_id][number],
        status="现行有效",
        effective_date="",
        traces=(),
    )


EVIDENCE = [
    article("e1", LABOUR, "第三十八条"),
    article("e2", LABOUR, "第四十七条"),
    article("e3", "合同法@1999-03-15", "第五十二条"),
    article("e4", "生态环境法典@2026-03-12", "第一条"),
    article("e5", "治安管理处罚法@2012-10-26", "第十条"),
]


def verify(prose: str = "", *claims: Claim, asked: str = "") -> Verified:
    book = StatuteBook()
    return verify_report(
        prose, claims, EVIDENCE, book, TODAY, catalogue=book.catalogue, asked=asked
    )


def claim(text: str, *evidence: str, quote: str = "") -> Claim:
    return Claim(text=text, evidence=evidence, quote=quote)


CLAIMS = [
    (claim("未及时足额支付劳动报酬的，劳动者可以解除劳动合同", "e1"), "verified"),
    (claim("可以解除", "e1", quote="未及时足额支付劳动报酬的"), "verified"),
    (claim("每满1年支付1个月工资，不满6个月的支付半个月", "e2"), "verified"),
    (claim("每满一年支付两个月工资", "e2"), "unsupported"),
    (claim("工作三年，补偿合计3个月工资", "e2"), "unsupported"),
    (claim("不满六个月的，不得向劳动者支付半个月工资的经济补偿", "e2"), "verified"),
    (claim("可以解除", "e1", quote="未足额支付劳动报酬的"), "quote_mismatch"),
    (claim("可以解除", "e1", quote="每满一年支付一个月工资"), "wrong_article"),
    (claim("合同无效", "e3"), "repealed"),
    (claim("为了保护生态环境", "e4"), "not_yet_effective"),
    (claim("治安管理处罚的种类包括警告", "e5", quote="治安管理处罚的种类包括"), "verified"),
    (claim("治安管理处罚分为几种", "e5", quote="治安管理处罚的种类分为"), "quote_mismatch"),
    (claim("可以解除劳动合同"), "uncited"),
    (claim("可以解除劳动合同", "e99"), "uncited"),
    (claim("依据《劳动合同法》第三百条可以解除", "e1"), "no_such_article"),
    (claim("依据《劳动合同法实施条例》第3条可以解除", "e1"), "no_such_law"),
    (claim("不足六个月", "e2", quote="每满一年……半个月工资"), "quote_mismatch"),
    (claim("按年计算", "e2", quote="每满一年支付……按一年计算"), "quote_mismatch"),
    (
        claim("按年计算", "e2", quote="每满一年支付一个月工资……六个月以上不满一年的，按一年计算"),
        "verified",
    ),
    (claim("法律写明“未及时足额支付劳动报酬和补偿的”", "e1"), "quote_mismatch"),
]


@pytest.mark.parametrize(("said", "verdict"), CLAIMS)
def test_each_claim_gets_its_verdict(said: Claim, verdict: str) -> None:
    checked = verify("", said).claims[0]

    assert checked.verdict == verdict, checked.reason
    assert bool(checked.reason) == (verdict != "verified")


def test_a_verdict_is_one_of_those_known() -> None:
    assert {verdict for _, verdict in CLAIMS} <= set(CLAIM_VERDICTS)


def test_derived_arithmetic_is_unsupported_and_told_as_such() -> None:
    checked = verify("", claim("工作两年，补偿为8000元×2=16000元", "e2")).claims[0]

    assert checked.verdict == "unsupported"
    assert "推算" in checked.reason


def test_ids_outside_the_evidence_are_removed_and_counted() -> None:
    said = claim("未及时足额支付劳动报酬的，可以解除[e8]", "e1", "e7")

    verified = verify("可以解除[e9]，见[e1]。", said)

    assert verified.removed == ("e9", "e7", "e8")
    assert verified.claims[0].claim.evidence == ("e1",)
    assert verified.claims[0].verdict == "verified"
    assert "e9" not in verified.markdown


PROSE = [
    ("依据[e1]，可以解除。", {"verified": 1}, ""),
    ("依据《劳动合同法》第三百条，可以解除。", {"no_such_article": 1}, "第三百条⚠【该法无此条】"),
    (
        "《劳动合同法》第三十八条规定：“未及时支付劳动报酬的”。",
        {"quote_mismatch": 1},
        "⚠【引文与法条不符",
    ),
    (
        "《劳动合同法》第四十六条规定：“未及时足额支付劳动报酬的”。",
        {"wrong_article": 1},
        "⚠【引文见《劳动合同法》第三十八条】",
    ),
    (
        "根据《劳动合同法》第四十七条，每满一年支付三个月工资。",
        {"verified": 1, "unsupported": 1},
        "三个月⚠【“三个月”不见于所引法条】工资",
    ),
    (
        "根据《劳动合同法》第四十七条第一款，不满六个月的，支付半个月工资；满一年的支付两个月。",
        {"verified": 1, "unsupported": 1},
        "两个月⚠【",
    ),
    ("用人单位应当支付经济补偿。", {"uncited": 1}, "支付经济补偿⚠【未注明法律依据】。"),
    ("## 实操建议\n您应当保存好工资流水。", {}, ""),
    ("## 实操建议\n应当在一年内申请仲裁。", {"uncited": 1}, "⚠【未注明法律依据】"),
    ("见（2020）最高法民终123号判决。", {"out_of_scope": 1}, "⚠【非法律条文，未核实】"),
    ("《房屋租赁合同》第八条另有约定。", {"out_of_scope": 1}, ""),
    (
        "《劳动合同法》第三十八条列举了情形。第四十六条规定“用人单位应当向劳动者支付经济补偿”。",
        {"verified": 2},
        "",
    ),
    (
        "《劳动合同法》第三十八条列举了情形。第四十六条规定“用人单位应当向劳动者支付赔偿”。",
        {"verified": 1, "quote_mismatch": 1},
        "⚠【引文与法条不符，原文见《劳动合同法》第四十六条】",
    ),
    ("第三十八条规定，可以解除劳动合同。", {"ambiguous": 1}, "⚠【所指法条不明】"),
    (
        "《劳动合同法》第三十八条规定：“未及时足额支付劳动报酬的，劳动者必须解除劳动合同”。",
        {"quote_mismatch": 1},
        "劳动合同⚠【引文与法条不符，原文见《劳动合同法》第三十八条】",
    ),
    (
        "《劳动合同法》第四十七条规定：“每满一年支付两个月工资的标准支付”。",
        {"quote_mismatch": 1},
        "⚠【引文与法条不符，应为“一”】",
    ),
    ("依据相关司法解释，利息按年利率24%计算。", {"uncited": 1}, "24%计算⚠【未注明法律依据】"),
    ("根据有关规定，赔偿金为工资的三倍。", {"uncited": 1}, "⚠【未注明法律依据】"),
    ("## 建议\n按照法律规定，利率为24%。", {"uncited": 1}, "⚠【未注明法律依据】"),
    ("按照合同约定和公司规定，每月发放8000元。", {}, ""),
    ("依据双方签订的协议规定，货款为5万元。", {}, ""),
    ("按照本所规定，代理费为5万元。", {}, ""),
    ("依据相关司法解释，利息另行计算。", {}, ""),
    ("《无文法》第三条。", {"inconclusive": 1}, "⚠【未收录该法正文，未能核实】"),
    (
        "《改后法》第三条。",
        {"inconclusive": 1},
        "⚠【该法已修改，未收录当日有效的文本，未能核实】",
    ),
    (
        "根据《采购合同》（编号A-1）第六条、第七条，贵司应当在三十日内付款。",
        {"out_of_scope": 2},
        "",
    ),
    ("合同第八条约定，逾期的应当每日支付百分之一。", {}, ""),
    ("合同第八条约定的违约金过高的，应当予以减少。", {"uncited": 1}, "⚠【未注明法律依据】"),
    (
        "根据《劳动合同法》第三十八条和公司员工手册第十二条规定的三日，可以解除。",
        {"verified": 1},
        "",
    ),
]


@pytest.mark.parametrize(("prose", "counts", "flag"), PROSE)
def test_each_sentence_gets_its_flag(prose: str, counts: dict[str, int], flag: str) -> None:
    verified = verify(prose)

    assert verified.counts == counts, verified.findings
    assert flag in verified.markdown
    assert ("⚠" in verified.markdown) == bool(flag) == bool(verified.flagged)


def test_what_the_user_told_needs_no_law_where_the_report_speaks_to_him() -> None:
    prose = "您工作了3年，根据《劳动合同法》第四十七条，每满一年支付一个月工资。"

    assert verify(prose, asked="我工作3年被辞退").flagged == 0
    assert verify(prose).flagged == 1
    assert verify(prose.replace("一个月", "3年"), asked="我工作3年被辞退").flagged == 1


@pytest.mark.parametrize("error", [OSError("disk"), TimeoutError("slow"), KeyError("row")])
def test_a_lookup_that_fails_verifies_nothing(error: Exception) -> None:
    book = Broken(error)

    verified = verify_report(
        "《劳动合同法》第三十八条。", [claim("可以解除", "e1")], EVIDENCE, book, TODAY
    )

    assert verified.counts == {"inconclusive": 2}
    assert "⚠【未能核实】" in verified.markdown
    assert not verified.passed


def test_a_law_that_takes_effect_later_is_flagged_before_that_day() -> None:
    book = StatuteBook()
    prose = "根据《劳动合同法》第四十七条，每满一年支付一个月工资。"

    verified = verify_report(prose, (), (), book, day("2007-12-31"), catalogue=book.catalogue)

    assert verified.counts == {"not_yet_effective": 1}


def test_a_report_that_cites_nothing_has_not_passed() -> None:
    assert not verify("没有法律问题。").passed
    assert verify("依据[e1]，可以解除。").passed


@pytest.mark.parametrize("prose", [prose for prose, _, _ in PROSE])
def test_a_report_that_was_checked_is_checked_again_to_the_same(prose: str) -> None:
    once = verify(prose)

    again = verify(once.markdown)

    assert (again.markdown, again.findings) == (once.markdown, once.findings)


PIECES = st.sampled_from(
    [
        *("《劳动合同法》", "第三十八条", "第一款", "[e1]", "[e77]", "规定：", "“", "”", "⚠【"),
        *(
            "未及时足额支付劳动报酬的",
            "应当",
            "两个月",
            "20%",
            "。",
            "；",
            "\n",
            "\n\n",
            "## 建议\n",
        ),
        *("<img src=x>", "[a](http://b.c)", "本法", "前款", "（", "）", "】", "您", "，"),
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES | st.text(max_size=2), max_size=16).map("".join))
def test_any_prose_is_checked_with_exact_positions_and_its_flags_come_off_again(prose: str) -> None:
    verified = verify(prose, claim(prose, "e1", quote=prose))

    for finding in verified.findings:
        assert 0 <= finding.start < finding.end <= len(verified.text)
        assert finding.verdict in CLAIM_VERDICTS
        assert finding.verdict in ("verified", "out_of_scope") or finding.reason
    assert inert(verified.markdown) == verified.text
    assert "<img" not in verified.markdown


def test_a_sentence_is_what_stands_between_full_stops_and_semicolons() -> None:
    text = "甲。“乙；丙。”丁；戊（己。庚）。"

    assert [text[s.start : s.end] for s in sentences(text)] == [
        "甲。",
        "“乙；丙。”",
        "丁；",
        "戊（己。",
        "庚）。",
    ]


def test_what_was_verified_is_plain_data() -> None:
    verified = verify("依据[e1]，可以解除。", claim("可以解除", "e1"))

    assert (
        json.loads(json.dumps(dataclasses.asdict(verified)))["findings"][0]["verdict"] == "verified"
    )


def test_emphasis_hides_no_figure_of_a_claim():
    (checked,) = verify("", claim("每满一年支付**三**个月工资", "e2")).claims

    assert checked.verdict != "verified"


def test_the_condition_of_another_article_is_told_with_its_place():
    said = verify("未及时足额支付劳动报酬的，劳动者可以解除劳动合同[e2]。")

    assert [one.verdict for one in said.findings if one.reason] == ["wrong_article"]
    assert any("第三十八条" in one.reason for one in said.findings)
