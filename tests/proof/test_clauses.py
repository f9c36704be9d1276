"""A mere 第三条 is the law's, or a clause of a contract, a charter, house rules.

The sentences are of contracts, briefs and letters.  The statute book has every number that a clause
may have, so that a clause taken for an article of the law would be `verified`.
"""

import datetime
from collections.abc import Sequence

import pytest

from lawvault.law.address import Address
from lawvault.law.catalogue import Catalogue
from lawvault.law.mentions.relative import Numbers
from lawvault.law.resolve import LawVersion, Target
from lawvault.law.validity import IN_FORCE, Version
from lawvault.proof.claims import verify_report

TODAY = datetime.date(2026, 10, 4)
LAST = {"民法典": 1260, "劳动合同法": 98, "劳动法": 107, "公司法": 266, "民事诉讼法": 306}


class WholeBook:
    """A statute book that has every article of its laws, each of two 款 without figures."""

    known_on = TODAY
    catalogue = Catalogue(LAST)

    def laws(self, name: str) -> Sequence[str]:
        return self.catalogue.laws(name)

    def versions(self, law: str) -> Sequence[LawVersion]:
        day = datetime.date(2020, 1, 1)
        version = Version(law=law, version_date=day, effective_date=day, word=IN_FORCE)
        return [LawVersion(law_id=law, version=version)]

    def articles(self, law_id: str) -> Sequence[Numbers]:
        return [(number, 0) for number in range(1, LAST[law_id] + 1)]

    def content(self, law_id: str, address: Address) -> str | None:
        return (
            "甲：\n（一）乙；\n（二）丙；\n（三）丁。\n戊。"
            if address.number <= LAST[law_id]
            else None
        )

    def holding(self, quote: str, law_id: str) -> Sequence[Target]:
        return []


def read(text: str) -> tuple[list[str], list[str]]:
    """Return the citations that are verified, and those that are flagged."""
    book = WholeBook()
    found = verify_report(text, (), (), book, TODAY, catalogue=book.catalogue)
    citations = [one for one in found.findings if one.kind == "citation"]
    good = [found.text[c.start : c.end] for c in citations if c.verdict == "verified"]
    return good, [found.text[c.start : c.end] for c in citations if c.reason]


OF_THE_LAW = [
    ("根据《民法典》第五百零九条，应当全面履行。第五百七十七条规定了违约责任。",
     ["《民法典》第五百零九条", "第五百七十七条"]),
    ("《劳动合同法》第三十八条列举了被迫解除的情形，第四十六条规定了经济补偿。",
     ["《劳动合同法》第三十八条", "第四十六条"]),
    ("违反《劳动合同法》第三十七条给单位造成损失的，应依第九十条赔偿。",
     ["《劳动合同法》第三十七条", "第九十条"]),
    ("合同第三条约定了交货期，依照《民法典》第五百七十七条，被告违约；第五百八十四条规定了损失的范围。",
     ["《民法典》第五百七十七条", "第五百八十四条"]),
    ("员工手册第十二条不得与《劳动合同法》第三十九条相抵触，第四十三条的通知工会程序亦不可缺。",
     ["《劳动合同法》第三十九条", "第四十三条"]),
    ("约定不明的，依照《民法典》第五百一十条；仍不能确定的，适用第五百一十一条。",
     ["《民法典》第五百一十条", "第五百一十一条"]),
    ("双方约定的违约金过高，《民法典》第五百八十五条允许调减，第五百八十四条可作参照。",
     ["《民法典》第五百八十五条", "第五百八十四条"]),
    ("原告依据劳动合同法第八十二条主张二倍工资，并依第八十七条主张赔偿金。",
     ["劳动合同法第八十二条", "第八十七条"]),
    ("判决书认定事实清楚，适用《民法典》第一千一百六十五条正确，第一千一百六十六条不适用于本案。",
     ["《民法典》第一千一百六十五条", "第一千一百六十六条"]),
    ("补充协议符合《民法典》第一百四十三条，亦无第一百五十三条规定的无效情形。",
     ["《民法典》第一百四十三条", "第一百五十三条"]),
    ("我方已依《民法典》第五百六十五条通知解除合同，第五百六十六条规定的后果随之发生。",
     ["《民法典》第五百六十五条", "第五百六十六条"]),
    ("《民事诉讼法》第一百二十二条规定起诉的条件，第一百二十七条规定不予受理的情形。",
     ["《民事诉讼法》第一百二十二条", "第一百二十七条"]),
    ("《劳动法》第四十四条规定了加班工资。第五十条要求按月支付，第五十一条规定法定休假日照付工资。",
     ["《劳动法》第四十四条", "第五十条", "第五十一条"]),
    ("《公司法》第二十一条禁止滥用股东权利；该法第二十三条规定了连带责任。",
     ["《公司法》第二十一条", "该法第二十三条"]),
    ("根据《民法典》第五百六十三条第一款第三项，贵司经催告仍未履行；第五百六十六条第二款明确了违约责任。",
     ["《民法典》第五百六十三条第一款第三项", "第五百六十六条第二款"]),
    ("《民法典》第五百八十五条第二款允许调整违约金，合同第八条约定的违约金应予调减。",
     ["《民法典》第五百八十五条第二款"]),
    ("合同第三条约定货款，第五百七十七条规定的违约责任见《民法典》第五百七十八条。",
     ["《民法典》第五百七十八条"]),
    ("根据《民法典》第五百零九条应当守约。合同第三条约定货款。第五百七十七条规定了违约责任。",
     ["《民法典》第五百零九条", "第五百七十七条"]),
    ("依照《民法典》第五百八十四条赔偿。《买卖合同》第八条的违约金未超过第五百八十五条第二款的限度。",
     ["《民法典》第五百八十四条", "第五百八十五条第二款"]),
    ("章程的修改依照《公司法》第六十六条，第五十九条规定了股东会的职权。",
     ["《公司法》第六十六条", "第五十九条"]),
    ("招标文件与合同不一致的，《民法典》第四百九十条、第四百九十一条均不适用。",
     ["《民法典》第四百九十条", "第四百九十一条"]),
    ("公司依照《劳动合同法》第四条制定了规章制度，第三十九条允许据此解除。",
     ["《劳动合同法》第四条", "第三十九条"]),
    ("劳动合同虽未约定，《劳动合同法》第二十三条仍允许另行约定，第二十四条限定了期限。",
     ["《劳动合同法》第二十三条", "第二十四条"]),
    ("《民法典》第七百零三条是租赁合同的定义。第七百零四条列举了合同的内容，第七百零五条规定了期限。",
     ["《民法典》第七百零三条", "第七百零四条", "第七百零五条"]),
    ("根据《民法典》第四百六十九条，合同可以采用书面形式，第四百七十条第一款列举了一般条款。",
     ["《民法典》第四百六十九条", "第四百七十条第一款"]),
]  # fmt: skip
"""A sentence, and all that it cites of the law; its other articles are flagged at most."""


@pytest.mark.parametrize(("text", "cited"), OF_THE_LAW, ids=lambda value: "")
def test_a_mere_article_is_of_the_law_that_the_words_go_on_from(
    text: str, cited: list[str]
) -> None:
    assert read(text)[0] == cited


CLAUSES = [
    "根据《民法典》第五百零九条，双方应当守约。合同第三条约定货款，第五条约定交货。",
    "根据《民法典》第五百零九条，补充协议第二条及第四条有效，第六条约定管辖。",
    "根据《民法典》第五百零九条，原合同第七条第二款有效，第九条约定管辖法院。",
    "根据《劳动合同法》第三十九条，公司规章制度第十二条规定旷工三日可以解除。",
    "根据《劳动合同法》第三十九条，员工手册第十二条列明了严重违纪，第十五条规定了处理程序。",
    "根据《劳动合同法》第三十九条，公司《考勤管理办法》第五条有明确要求，该办法第八条亦同。",
    "根据《劳动合同法》第三十九条，被告制定的《奖惩办法》第五条列举了违纪情形，第六条同此。",
    "根据《劳动合同法》第三十九条，本公司考勤管理规定第八条合法有效。",
    "根据《劳动合同法》第三十九条，公司考核办法第五条规定的末位淘汰不得作为解除依据。",
    "根据《公司法》第六十六条，本公司章程第三十条要求三分之二以上同意，第三十一条规定了表决程序。",
    "根据《公司法》第六十六条，《公司章程》第三十条、第三十一条均有要求。",
    "根据《公司法》第二十一条，股东协议第四条有效，该条第二款限制转让。",
    "根据《民法典》第四百九十条，招标文件第十条与投标文件第三条不一致，第十一条优先。",
    "根据《民法典》第五百七十七条，一审判决第二项应予维持，判决书第三项应予撤销。",
    "根据《民法典》第五百七十七条，请求支持诉讼请求第一项、第二项。",
    "根据《民法典》第五百七十七条，仲裁裁决书第三项已生效。",
    "根据《民法典》第五百八十五条，本合同第八条的违约金有效，第九条同样约定了利息。",
    "根据《民法典》第五百八十五条，双方约定违约金按第八条计算。",
    "根据《民法典》第五百八十五条，依照双方约定的第八条计算违约金。",
    "根据《民法典》第四百九十六条，保险条款第六条属格式条款，第七条应作相同认定。",
    "根据《民法典》第七百零三条，租赁合同（编号HT-01）第三条合法，第五条亦同。",
    "根据《民法典》第二百七十八条，管理规约第四条有效，业主公约第五条亦同。",
    "根据《民法典》第五百零九条，合同附件一第二条、第三条具有同等效力。",
    "根据《民法典》第五百零九条，合同专用条款第5条优先于通用条款第8条。",
    "根据《民法典》第五百零九条，备忘录第三条和意向书第四条有拘束力，第五条除外。",
    "根据《民法典》第五百零一条，保密协议第三条有效；第五条明确约定了违约金。",
    "根据《民法典》第六百七十五条，借条第二条载明还款期限，该条第一款写明利率。",
    "依据《家具定作合同》第三条、第五条，合同第三条约定货款，第五条约定交货。",
    "《房屋租赁合同》第五条、第六条约定了租金。第七条约定押金。",
    "根据《民法典》第五百零九条，出让合同第二十条、前款及上一条约定了竣工日期。",
    "《员工手册》第十二条规定旷工三日属严重违纪，第十三条规定了申诉程序。",
]


@pytest.mark.parametrize("text", CLAUSES, ids=range(len(CLAUSES)))
def test_a_clause_of_what_is_no_law_is_neither_verified_nor_flagged(text: str) -> None:
    good, flagged = read(text)

    assert [words for words in good if "《" not in words] == []
    assert len(good) <= 1
    assert flagged == []


@pytest.mark.parametrize(
    "text",
    [
        "依据《上市公司收购管理办法》第五条，投资者应当披露。",
        "用人单位违反《工资支付暂行规定》第六条。",
        "依据《公司法实施细则》第五条，股东可以查阅。",
        "依据《律师执业管理办法》第五条办理。",
        "根据《民法典》第五百零九条，会议纪要第五条规定应当守约。",
    ],
)
def test_rules_that_may_be_law_stay_citations(text: str) -> None:
    assert len(read(text)[1]) == 1


CONTRACT = """# 家具定作合同

双方依照《民法典》第五百零九条履行。

## 第一条　标的

定作家具一套，价款见第三条。

## 第三条　违约责任

前款以外的，按第一条办理；《民法典》第五百七十七条另有规定，第五百八十四条亦适用。

第二款不影响第一条。
"""


PLAIN = """劳动合同书

根据《劳动合同法》，双方订立本合同。

第一条 合同期限
试用期按第二条执行，上条另有约定的除外。

第二条 解除
甲方可以依照《劳动合同法》第三十九条解除合同，经济补偿依第四十七条计算。

第三条：竞业限制
按第一条和《劳动合同法》第二十三条办理，第二十四条规定了期限。前款约定的义务不受第二款影响。
"""


def test_a_contract_without_markdown_is_read_alike() -> None:
    assert read(PLAIN) == (
        [
            "《劳动合同法》",
            "《劳动合同法》第三十九条",
            "第四十七条",
            "《劳动合同法》第二十三条",
            "第二十四条",
        ],
        [],
    )


def test_lines_that_quote_articles_of_a_law_are_no_labels() -> None:
    text = "《劳动合同法》第三十八条另有规定。\n\n第四十六条　应当补偿。\n\n第四十七条　按年限。"

    assert read(text) == (["《劳动合同法》第三十八条"], ["第四十六条", "第四十七条"])


def test_the_headings_of_a_contract_and_what_names_them_are_no_citations() -> None:
    good, flagged = read(CONTRACT)

    assert good == ["《民法典》第五百零九条", "《民法典》第五百七十七条", "第五百八十四条"]
    assert flagged == []


def test_a_heading_goes_on_from_no_paragraph() -> None:
    text = "双方依照《民法典》第五百零九条履行。\n\n## 第五条　违约责任\n\n甲方违约的，赔偿。"

    assert read(text) == (["《民法典》第五百零九条"], ["第五条"])


@pytest.mark.parametrize(
    "name",
    ["《民法典合同编》", "《民法典·合同编》", "《中华人民共和国民法典》（合同编）", "民法典·合同编",
     "《民法典》·合同编", "《民法典第三编合同》", "《民法典》合同编通则"],
)  # fmt: skip
def test_a_book_of_a_code_is_cited_as_the_code(name: str) -> None:
    assert read(f"根据{name}第五百七十七条，应当赔偿。") == ([f"{name}第五百七十七条"], [])
    assert read(f"根据{name}第五千条，应当赔偿。") == ([], [f"{name}第五千条"])
