"""A report says nothing of the law that was not looked up: rules, headings, emphasis, markers."""

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.agent.nouns import Evidence
from lawvault.law.address import Address
from lawvault.law.catalogue import Catalogue
from lawvault.law.mentions.relative import Numbers
from lawvault.proof.cited_near import notes
from lawvault.proof.claims import Verified, verify_report
from lawvault.proof.prose import sentences, unemphasised
from tests.proof.test_clauses import LAST, TODAY, WholeBook

TEXTS = {
    ("劳动合同法", 19): (
        "劳动合同期限三个月以上不满一年的，试用期不得超过一个月；劳动合同期限一年以上不满三年的，试用期不得超过二个月；三年以上固"
        "定期限和无固定期限的劳动合同，试用期不得超过六个月。\n同一用人单位与同一劳动者只能约定一次试用期。\n以完成一定工作任务为"
        "期限的劳动合同或者劳动合同期限不满三个月的，不得约定试用期。\n试用期包含在劳动合同期限内。劳动合同仅约定试用期的，试用期"
        "不成立，该期限为劳动合同期限。"
    ),
    ("劳动合同法", 82): (
        "用人单位自用工之日起超过一个月不满一年未与劳动者订立书面劳动合同的，应当向劳动者每月支付二倍的工资。\n用人单位违反本法规"
        "定不与劳动者订立无固定期限劳动合同的，自应当订立无固定期限劳动合同之日起向劳动者每月支付二倍的工资。"
    ),
    ("劳动合同法", 87): (
        "用人单位违反本法规定解除或者终止劳动合同的，应当依照本法第四十七条规定的经济补偿标准的二倍向劳动者支付赔偿金。"
    ),
    ("民法典", 692): (
        "保证期间是确定保证人承担保证责任的期间，不发生中止、中断和延长。\n债权人与保证人可以约定保证期间，但是约定的保证期间早于"
        "主债务履行期限或者与主债务履行期限同时届满的，视为没有约定；没有约定或者约定不明确的，保证期间为主债务履行期限届满之日起"
        "六个月。\n债权人与债务人对主债务履行期限没有约定或者约定不明确的，保证期间自债权人请求债务人履行债务的宽限期届满之日起计"
        "算。"
    ),
    ("劳动争议调解仲裁法", 27): (
        "劳动争议申请仲裁的时效期间为一年。仲裁时效期间从当事人知道或者应当知道其权利被侵害之日起计算。\n前款规定的仲裁时效，因当"
        "事人一方向对方当事人主张权利，或者向有关部门请求权利救济，或者对方当事人同意履行义务而中断。从中断时起，仲裁时效期间重新"
        "计算。\n因不可抗力或者有其他正当理由，当事人不能在本条第一款规定的仲裁时效期间申请仲裁的，仲裁时效中止。从中止时效的原因"
        "消除之日起，仲裁时效期间继续计算。\n劳动关系存续期间因拖欠劳动报酬发生争议的，劳动者申请仲裁不受本条第一款规定的仲裁时效"
        "期间的限制；但是，劳动关系终止的，应当自劳动关系终止之日起一年内提出。"
    ),
}


class Book(WholeBook):
    """The real words of a few articles, and some words for every other article of their laws."""

    catalogue = Catalogue({**LAST, "劳动争议调解仲裁法": 54})

    def articles(self, law_id: str) -> Sequence[Numbers]:
        return [(number, 0) for number in range(1, LAST.get(law_id, 54) + 1)]

    def content(self, law_id: str, address: Address) -> str | None:
        if (address.number, 0) not in self.articles(law_id):
            return None
        return TEXTS.get((law_id, address.number), "甲。")


def verify(text: str, asked: str = "") -> Verified:
    """Return a report verified whose e20 is the article on how long one may go to arbitration."""
    one = Evidence(
        id="e20",
        article_id="a",
        law_id="劳动争议调解仲裁法",
        law_name="中华人民共和国劳动争议调解仲裁法",
        article_number="第二十七条",
        content=TEXTS["劳动争议调解仲裁法", 27],
        status="现行有效",
        effective_date="2008-05-01",
        traces=(),
    )
    book = Book()
    return verify_report(text, (), [one], book, TODAY, catalogue=book.catalogue, asked=asked)


WRONG = [
    "## 核心结论\n\n试用期最长一年。",
    "仲裁时效是三年，别错过。",
    "赔偿金是月工资的三倍。",
    "租期最长三十年。",
    "- 离婚冷静期：60日",
    "| 仲裁时效 | 3年 |",
    "公司应支付双倍工资。",
    "您能要求三倍赔偿。",
    "公司要赔您双倍工资。",
    "## 实操建议\n\n时间节点：应在三年内申请仲裁。",
    "仲裁时效为三年[^1]。\n\n[^1]: 劳动法教材",
    "仲裁时效为三年[1]。\n\n[1] 见[e20]",
    "> 仲裁时效为三年。\n\n依据[e20]。",
    "仲裁时效为**3**年[e20]。",
    "仲裁时效为*3*年[e20]。",
    "仲裁时效为`3`年[e20]。",
    "仲裁时效为3 **年**[e20]。",
    "仲裁时效为***3***年[e20]。",
    "《劳动合同法》（第120条）规定可以解除。",
    "《劳动合同法》第**120**条规定可以解除。",
    "《劳动合同法》第壹佰贰拾条规定可以解除。",
    "《劳动合同法》（第38条、第120条）规定可以解除。",
    "《劳动合同法》(第120条)规定可以解除。",
    "《劳动合同法》第一百二十零条规定可以解除。",
    "《劳动合同法》第XX条规定可以解除。",
    "仲裁时效为三年（e20）。",
    "仲裁时效为三年(e20)。",
    "仲裁时效为三年〔e20〕。",
    "仲裁时效为三年[e 20]。",
    "仲裁时效为三年\\[e20\\]。",
    "仲裁时效为三年[^e20]。",
    "仲裁时效为三年[证据e20]。",
    "仲裁时效为三年[e20-e21]。",
    "仲裁时效为三年[**e20**]。",
    "仲裁时效为三年[e20 第一款]。",
    "仲裁时效为三年e20。",
    "## 结论：你能拿到三倍工资（《劳动合同法》第82条）",
    "## 时效为三年",
    "## 仲裁时效为三年\n\n依据[e20]，仲裁时效期间为一年。",
    "**仲裁时效为三年**",
]
"""What passed before: a period of three years for one, 第八十二条 gives two times."""


@pytest.mark.parametrize("text", WRONG)
def test_a_false_rule_is_flagged_however_it_is_written(text: str) -> None:
    assert verify(text).flagged, text


TRUE = [
    "试用期包含在劳动合同期限内（《劳动合同法》第十九条）。",
    "根据《劳动合同法》（第八十二条），用人单位应当每月支付二倍的工资。",
    "依据《劳动合同法》（第38条、第46条），劳动者可以解除劳动合同并取得经济补偿。",
    "仲裁时效期间为**一年**[e20]。",
    "申请仲裁的时效期间为`1`年（e20）。",
    "劳动争议申请仲裁的时效期间为 **1** 年[证据e20]。",
    "依据e20，仲裁时效期间从当事人知道或者应当知道其权利被侵害之日起计算。",
    "公司拖欠您三个月工资，总额约24000元。",
    "原告月工资8000元，工作满三年。",
    "请求裁决被申请人支付二倍工资差额88000元。",
    "合同约定租期三年，每月租金5000元。",
    "双方约定试用期三个月。",
    "乙方应于收货后三十日内付款。",
    "本所将在三日内出具书面意见。",
    "建议您在七日内整理好工资流水和考勤记录。",
    "整个程序大约需要三个月。",
    "本报告共分三部分，其中第二部分讨论违约责任。",
    "您可以先与公司协商，协商不成再申请仲裁。",
    "租赁合同第三条约定，押金为两个月租金。",
    "借款本金10万元，年利率12%，借期两年。",
    "员工手册第十二条规定，旷工三日视为严重违纪。",
    "被告已于2025年3月1日收到起诉状副本。",
    "被执行人被判处有期徒刑三年，缓刑四年。",
    "货款共计5万元，已付2万元。",
    "您在公司工作了5年，月工资8000元。",
    "以上意见仅供参考，具体以仲裁委员会的认定为准。",
    "2. 提交证据目录一式3份。",
    "| 项目 | 金额 |",
    "| 工资 | 8000元 |",
    "孩子今年3岁，一直随您生活。",
    "对方应收账款账龄超过180天。",
    "房屋面积90平方米，总价200万元。",
    "仲裁委员会受理后一般会组织调解。",
    "## 一、关于3个月工资的争议",
    "**核心结论**：仲裁时效期间为一年[e20]。",
    "## 仲裁时效为一年\n\n依据[e20]，申请仲裁的时效期间为一年。",
    "# 结论：可以主张二倍工资（《劳动合同法》第八十二条）",
    "仲裁时效期间为一年[^1]。\n\n[^1]: 《劳动争议调解仲裁法》第二十七条。",
    "公司的做法缺乏依据。",
    "您的诉求有较大可能获得支持。",
    "试用期满后，公司未为您缴纳社会保险。",
    "相应3个月的工资单见附件二。",
    "案件受理费按50%减半收取，为25元。",
    "律师费为诉讼标的额的8%。",
    "该设备价格上涨了三倍。",
    "公司成立于2015年，注册资本500万元，员工30余人。",
    "您2023年入职，2025年离职，离职前12个月的平均工资为9000元。",
    "保证期间为主债务履行期限届满之日起六个月（《民法典》第六百九十二条）。",
    "赔偿金为经济补偿标准的二倍（《劳动合同法》第八十七条）。",
]
"""What lawyers write: facts, clauses, petitions, advice, and the law as it is."""


@pytest.mark.parametrize("text", TRUE)
def test_a_true_sentence_of_a_lawyer_is_not_flagged(text: str) -> None:
    verified = verify(text)

    assert verified.flagged == 0, [one for one in verified.findings if one.reason]


def test_a_figure_that_the_user_told_is_no_rule_without_a_source() -> None:
    said = "试用期最长一年。"

    assert verify(said, asked="合同写着试用期一年").flagged == 0
    assert verify(said).markdown == "试用期最长一年⚠【未注明法律依据】。"


def test_a_flag_stands_where_the_emphasised_words_stood() -> None:
    verified = verify("《劳动合同法》第**120**条规定，时效为**3**年[e20]。")

    bad = [verified.text[one.start : one.end] for one in verified.findings if one.reason]
    assert bad == ["《劳动合同法》第**120**条"]
    assert "第**120**条⚠【该法无此条】" in verified.markdown


@given(st.text(alphabet="年三*`第条 #\n3\\\\", max_size=40))
def test_every_character_that_is_read_stood_where_it_is_said_to_have_stood(text: str) -> None:
    bare = unemphasised(text)

    assert [text[at] for at in bare.places] == list(bare.text)
    assert list(bare.places) == sorted(set(bare.places))
    assert re.sub("[*`]", "", bare.text) == re.sub("[*`]", "", text)


def test_headings_are_sentences_only_where_they_are_asked_for() -> None:
    text = "# 结论\n甲。\n\n**乙丁**\n丙。"

    found = [(text[s.start : s.end], s.level, s.block) for s in sentences(text, headings=True)]
    assert found == [("结论", 1, 1), ("甲。", 0, 2), ("乙丁", 7, 4), ("丙。", 0, 5)]
    assert [text[s.start : s.end] for s in sentences(text)] == ["甲。", "丙。"]


def test_a_footnote_is_found_by_the_line_it_begins() -> None:
    assert notes("甲[^1]。\n\n[^1]：乙") == {"1": (8, 14)}
