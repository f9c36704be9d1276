"""Articles that are of no law: of contracts, charters, house rules, or of the text itself.

In free text a 第三条 belongs to what is named right before it; alone, to what the article before
it in its sentence was of.  约定 behind it is a word of contracts; and a text whose own lines begin
with 第一条, 第二条, … speaks of these.
"""

import re

from lawvault.law.mentions.grammar import NO_COUNT
from lawvault.law.mentions.named import is_law_title, led_off
from lawvault.law.mentions.trail import Trail
from lawvault.law.numerals import NUMERAL, int_or_none

_DOCUMENTS = (
    "判决书?|裁定书?|裁决书?|调解书|决定书|通知书|主文|合同(?:书|正文|文本)?|协议(?:书|正文)?|条款|章程|公约|条约"
    "|协定|议定书|保单|清单|起诉[书状]|上诉状|答辩状|申请书|承诺[书函]|担保函|保函|声明书?|公证书|遗嘱|指导案例"
    "|手册|制度|守则|规程|规约|民约|[厂校]规|附[件录表]|(?:招标|投标|采购|磋商|谈判)文件|标书|备忘录|意向书|订单"
    "|借条|欠条|请求(?:事项)?|约定"
)
_OUTSIDE = (
    rf"(?:{_DOCUMENTS})"
    r"(?:[（(][^（）()\n]{1,20}[）)]|[一二三四五六七八九十\d]{1,3}|项下|[里内上])?"
)
OUTSIDE = re.compile(f"{_OUTSIDE}$")
"""What has a 第三条, too, and is no law."""
_A_CLAUSE = (
    rf"{_OUTSIDE}》?(?:[（(][^（）()\n]{{1,30}}[）)])?[的中之]?第[ ]?{NUMERAL}[ ]?[条款项]"
    rf"(?:(?:[、和及与至]|第[ ]?{NUMERAL}[ ]?[条款项])*第[ ]?{NUMERAL}[ ]?[条款项])?"
)
_CLAUSE = re.compile(_A_CLAUSE)
_RESTS = re.compile(
    rf"(?:根据|依据|按照|依照)[^，。；\n]{{0,20}}?{_A_CLAUSE}"
    rf"|{_A_CLAUSE}(?:[^，。；\n]{{0,4}}?)(?:约定|规定|载明|写明|明确)(?!的)"
)

_RULES = "(?:办法|规定|规则|细则|制度|守则|手册|规程|规范|标准|方案|政策|决定|通知)"
_COMPANY = "(?<![市券险托货理保款租])公司(?!债|登|信|注|强|股)"
_OWNER = rf"(?:{_COMPANY}|集团|[我贵][司厂校院]|[本我贵]单位|有限公司)"
_HOUSE = re.compile(
    rf"(?:^{_OWNER}|^[本我贵该][公司单位厂校院]{{1,2}}|有限公司|员工|考勤|请假|加班).{{0,24}}{_RULES}"
    r"(?:[（(][^（）()]*[）)])?$|(?:公司|^|集团|合作社|合伙企业|学校|大学|医院)章程$"
)
_OWNED = re.compile(
    rf"(?:{_OWNER}|用人单位|单位内部|被告|原告|被申请人|申请人)(?:自行|内部)?"
    r"(?:制定|制订|颁布|发布|公布|施行|实施|现行|出台|下发)?[的之]?$"
)
_RULE = re.compile(rf"{_RULES}(?:[（(][^（）()]*[）)])?$")
_OF_LAW = re.compile(
    "(?<!办)法(?![务律人定])|条例|解释|^[\u4e00-\u9fff]{2,8}[省市州县]|^国家|^国务院"
)
_SHORTENED = re.compile(r"解释[一二三四五六七八九十\d]{1,3}$|[（(]法[）)]$")
_UNNAMED = re.compile(
    "(?:办法|规则|意见|通知|决定|标准|规范|指引|指南|纪要|批复|公告|细则|方案)"
    "(?:[（(][^（）()]{1,12}[）)])?$"
)


def is_house_rule(name: str, before: str = "") -> bool:
    """Say whether a name is that of a rule of some company, by itself or by the words before it.

    It may be a law's name all the same, where a catalogue knows it.

    >>> is_house_rule("员工考勤管理办法"), is_house_rule("差旅管理办法", "依据公司制定的")
    (True, True)
    >>> is_house_rule("上市公司收购管理办法"), is_house_rule("工资支付暂行规定", "公司违反")
    (False, False)
    """
    if _OF_LAW.search(name):
        return False
    return bool(_HOUSE.search(name) or (_RULE.search(name) and _OWNED.search(before)))


def is_norm_title(name: str) -> bool:
    """Say whether a title in 《》 is that of a law or another norm, and of no company's rule.

    >>> is_norm_title("工资支付暂行规定"), is_norm_title("员工手册"), is_norm_title("公司章程")
    (True, False, False)
    >>> is_norm_title("婚姻法解释二"), is_norm_title("劳动合同（法）")
    (True, True)
    """
    return bool(is_law_title(name) or _SHORTENED.search(name)) and not is_house_rule(name)


def is_outside(before: str) -> bool:
    """Say whether the words that end where an address begins name what is no law.

    >>> is_outside("原合同"), is_outside("违反了公司的考核办法"), is_outside("依照民法典")
    (True, True, False)
    """
    if OUTSIDE.search(before):
        return True
    run = re.search(r"[\u4e00-\u9fff（）()]+$", before)
    name = led_off(run[0]) if run else ""
    return bool(name) and is_house_rule(name, before[: -len(name)])


def speaks_of_clause(words: str) -> bool:
    """Say whether words name an article of what is no law.

    >>> speaks_of_clause("员工手册第十二条规定旷工三日"), speaks_of_clause("劳动合同法第三十九条")
    (True, False)
    """
    return bool(_CLAUSE.search(words))


def rests_on_clause(words: str) -> bool:
    """Say whether a sentence tells what a clause says, or gives one as its ground.

    >>> rests_on_clause("合同第六条约定，三十日内付款"), rests_on_clause("合同第六条约定的利息过高")
    (True, False)
    """
    return bool(_RESTS.search(words))


def is_unnamed_norm(before: str) -> bool:
    """Say whether words call some norm by its kind only, whose article then is of no law named.

    >>> is_unnamed_norm("会议纪要"), is_unnamed_norm("按照该规定")
    (True, False)
    """
    return bool(_UNNAMED.search(before))


_LABEL = re.compile(
    rf"^[ \t\u3000]*(?P<head>(?:#{{1,6}}[ \t]*)?(?:\*\*|__)?)"
    rf"(?P<label>第[ ]?(?P<number>{NUMERAL})[ ]?条{NO_COUNT}(?:之{NUMERAL})?)"
    r"(?:(?P<gap>[ \t\u3000：:．.*_]|、(?!第)|$)|(?![规的第所之、和及与或至中，]))",
    re.MULTILINE,
)
_FIRST = 2  # the articles of a whole begin with 第一条, what a text quotes of a law mostly does not


def labels(text: str) -> dict[int, tuple[int, int]]:
    """Return where each 第N条 that heads a part of the text itself begins -> its end and N.

    Those are headings, where there are two or more; other lines count only together with a first
    or second article.

    >>> labels("第一条　标的\\n\\n第二条　价款\\n\\n违反第二条的")
    {0: (3, 1), 8: (11, 2)}
    """
    lines = [match for match in _LABEL.finditer(text) if match["head"] or match["gap"] is not None]
    found = [(match, int_or_none(match["number"]) or 0) for match in lines]
    if not any(0 < number <= _FIRST for _, number in found):
        found = [one for one in found if one[0]["head"]]
    if len(found) < 2:
        return {}
    return {match.start("label"): (match.end("label"), number) for match, number in found}


_AGREED = re.compile(
    "(?:[之中内里所已就对将也亦均还则又另仅只都]|明确|特别|另行|同时|分别|进一步)*约定(?!不明|俗成)"
)
_AGREED_ON = re.compile(
    r"(?:双方|各方|三方|当事人|甲方|乙方)[^，。；！？\n《》]{0,12}约定[^，。；！？\n《》法]{0,15}$"
)
_STOPS = re.compile(r"[。！？\n]")
_MOST_CLAUSES = 250
"""No contract and no charter has as many; 上市公司章程指引 has 209."""


def is_beyond_clauses(number: int) -> bool:
    """Say whether only a law has so many articles."""
    return number > _MOST_CLAUSES


class Outside:
    """The articles of no law in one free text, asked from left to right."""

    def __init__(self, text: str, trail: Trail) -> None:
        self._text, self._trail = text, trail
        self.labels = labels(text)
        self._own = {number for _, number in self.labels.values()}

    def claims(self, number: int, start: int, end: int) -> bool:
        """Say whether text[start:end], a 第N条 without a law, is of no law."""
        if is_beyond_clauses(number):
            return False
        if _AGREED.match(self._text, end) or _AGREED_ON.search(
            self._text[max(0, start - 40) : start]
        ):
            return True
        if self._goes_on_outside(start):
            return True
        return self.has(number) and not self._together(self._trail.since, start)

    def counts_back(self, start: int, end: int) -> bool:
        """Say whether text[start:end], a 前款, is one of the text itself, or of a contract."""
        if _AGREED.match(self._text, end) or self._goes_on_outside(start):
            return True
        return bool(self.labels) and not self._together(self._trail.since, start)

    def has(self, number: int) -> bool:
        """Say whether the text itself has a 第N条."""
        return number in self._own

    def _goes_on_outside(self, start: int) -> bool:
        """Say whether the article named last, in the same sentence, is of no law."""
        left = self._trail.left
        return left is not None and left >= (self._trail.since or 0) and self._together(left, start)

    def _together(self, since: int | None, start: int) -> bool:
        """Say whether a place stands in the sentence in which something ended."""
        return since is not None and not _STOPS.search(self._text, since, start)
