"""The names by which laws are known: official, short, defined in a text, popular.

A catalogue answers two questions: which laws a name means (none, one, or several: then it is
ambiguous), and which law's name a stretch of text ends with (违反治安管理处罚法 -> 治安管理处罚法).
"""

import bisect
import re
from collections.abc import Iterable

from lawvault.law.names import comparable, short_name
from lawvault.law.numerals import NUMERAL

POPULAR = {
    "民诉法": "民事诉讼法",
    "刑诉法": "刑事诉讼法",
    "行诉法": "行政诉讼法",
    "海诉法": "海事诉讼特别程序法",
    "消法": "消费者权益保护法",
    "消保法": "消费者权益保护法",
    "消费者保护法": "消费者权益保护法",
    "消费者权益法": "消费者权益保护法",
    "道交法": "道路交通安全法",
    "道路交通法": "道路交通安全法",
    "交通安全法": "道路交通安全法",
    "劳合法": "劳动合同法",
    "劳动仲裁法": "劳动争议调解仲裁法",
    "劳动争议仲裁法": "劳动争议调解仲裁法",
    "调解仲裁法": "劳动争议调解仲裁法",
    "社保法": "社会保险法",
    "治安处罚法": "治安管理处罚法",
    "治安法": "治安管理处罚法",
    "治管法": "治安管理处罚法",
    "未保法": "未成年人保护法",
    "未成年保护法": "未成年人保护法",
    "预防未成年犯罪法": "预防未成年人犯罪法",
    "妇保法": "妇女权益保障法",
    "妇女保护法": "妇女权益保障法",
    "妇女权益法": "妇女权益保障法",
    "妇女保障法": "妇女权益保障法",
    "老年法": "老年人权益保障法",
    "老年人保护法": "老年人权益保障法",
    "老年人保障法": "老年人权益保障法",
    "残保法": "残疾人保障法",
    "反家暴法": "反家庭暴力法",
    "反诈法": "反电信网络诈骗法",
    "反电诈法": "反电信网络诈骗法",
    "反电信诈骗法": "反电信网络诈骗法",
    "反恐法": "反恐怖主义法",
    "个保法": "个人信息保护法",
    "数安法": "数据安全法",
    "网安法": "网络安全法",
    "电商法": "电子商务法",
    "保密法": "保守国家秘密法",
    "土管法": "土地管理法",
    "土地承包法": "农村土地承包法",
    "房地产管理法": "城市房地产管理法",
    "个税法": "个人所得税法",
    "企税法": "企业所得税法",
    "税收征管法": "税收征收管理法",
    "税征法": "税收征收管理法",
    "征管法": "税收征收管理法",
    "环保法": "环境保护法",
    "环评法": "环境影响评价法",
    "固废法": "固体废物污染环境防治法",
    "野保法": "野生动物保护法",
    "食安法": "食品安全法",
    "药管法": "药品管理法",
    "传染病法": "传染病防治法",
    "职防法": "职业病防治法",
    "计生法": "人口与计划生育法",
    "安生法": "安全生产法",
    "特设法": "特种设备安全法",
    "破产法": "企业破产法",
    "反不当竞争法": "反不正当竞争法",
    "银监法": "银行业监督管理法",
    "招投标法": "招标投标法",
    "政采法": "政府采购法",
    "家教法": "家庭教育促进法",
    "义教法": "义务教育法",
    "民办教育法": "民办教育促进法",
    "退役军人法": "退役军人保障法",
    "法援法": "法律援助法",
    "国赔法": "国家赔偿法",
    "复议法": "行政复议法",
    "身份证法": "居民身份证法",
    "出入境管理法": "出境入境管理法",
    "村委会组织法": "村民委员会组织法",
    "居委会组织法": "城市居民委员会组织法",
    "法院组织法": "人民法院组织法",
    "检察院组织法": "人民检察院组织法",
    "陪审员法": "人民陪审员法",
    "法律适用法": "涉外民事关系法律适用法",
    "香港基本法": "香港特别行政区基本法",
    "澳门基本法": "澳门特别行政区基本法",
    "香港国安法": "香港特别行政区维护国家安全法",
    "港区国安法": "香港特别行政区维护国家安全法",
    "工伤条例": "工伤保险条例",
}
"""Names that people and courts use -> short official name, each of one law only."""

_SHARED = {"基本法": "特别行政区基本法"}
"""A name that people give to several laws -> what the official names of these end with."""

ISSUERS = (
    "最高人民法院|最高人民检察院|全国人民代表大会常务委员会|全国人民代表大会|全国人大常委会|国务院办公厅|国务院"
    "|公安部|司法部|财政部|最高法|最高检|两高"
)
"""Who issues interpretations and decisions that are named after what they are about."""

_INTERPRETATION = re.compile(
    r"(?:最高人民法院|最高人民检察院|[、和])*关于适用[《〈](?P<law>[^》〉]+)[》〉]"
    r"(?:有关)?(?P<part>[^的》]{0,12}?)(?:若干问题)?的?(?P<kind>解释|规定)(?P<number>[（(][^）)]+[）)])?"
)


def aliases(law_name: str) -> list[str]:
    """Return other names of a law that follow from its official one, short name first.

    >>> aliases("最高人民法院关于适用《中华人民共和国民法典》婚姻家庭编的解释（一）")[1:3]
    ['民法典婚姻家庭编解释（一）', '民法典婚姻家庭编的解释（一）']
    """
    short = short_name(law_name)
    found = [short, *_popular(short)]
    match = _INTERPRETATION.fullmatch("".join(law_name.split()))
    if match:
        law, part, number = short_name(match["law"]), match["part"], match["number"] or ""
        laws = [law, *_popular(law)]
        found += [
            f"{law}{part}{link}{match['kind']}{number}" for law in laws for link in ("", "的")
        ]
        found += [f"{law}{part}{kind}{number}" for law in laws for kind in ("司法解释", "解释")]
        found += [f"{part}{kind}{number}" for kind in ("解释", "的解释", "司法解释") if part]
        found += [f"{law}{kind}{number}" for kind in ("解释", "司法解释") if number]
    found += [_unbracketed(name) for name in found]
    return list(dict.fromkeys(found))


def _popular(short: str) -> list[str]:
    shared = [name for name, end in _SHARED.items() if short.endswith(end)]
    return [name for name, law in POPULAR.items() if law == short] + shared


def _unbracketed(name: str) -> str:
    """Return 刑法修正案十一 for 刑法修正案（十一）."""
    return re.sub(rf"[（(]({NUMERAL})[）)]$", r"\1", name)


_ISSUED = re.compile(rf"^(?:(?:{ISSUERS})[、和与]?)+(?=关于)")
_STATE = "中华人民共和国"
_MARKS = re.compile(f"[〈〉]|{_STATE}")


def _plain(key: str) -> str:
    """Return a comparable name without issuers, brackets and the state: names are quoted so, too.

    >>> _plain("最高人民法院关于适用〈中华人民共和国刑法〉的解释")
    '关于适用刑法的解释'
    """
    return _MARKS.sub("", _ISSUED.sub("", key))


class Catalogue:
    """Names -> laws.  Laws go by their short names; names compare without width and spaces."""

    def __init__(self, laws: Iterable[str] = ()) -> None:
        self._laws: dict[str, set[str]] = {}
        self._plain: dict[str, set[str]] = {}
        self._lengths: dict[str, list[int]] = {}  # by the last two characters, longest first
        for law in laws:
            self.add_law(law)

    def add_law(self, law_name: str) -> None:
        """Make a law known by its official name and what follows from it."""
        for alias in aliases(law_name):
            self.add(alias, law_name)
        plain = _plain(comparable(law_name))
        self._plain.setdefault(plain, set()).add(short_name(law_name))

    def add(self, alias: str, law: str) -> None:
        """Let `alias` mean `law`, too."""
        key = comparable(alias)
        self._laws.setdefault(key, set()).add(short_name(law))
        lengths = self._lengths.setdefault(key[-2:], [])
        if len(key) not in lengths:
            bisect.insort(lengths, len(key), key=_descending)

    def laws(self, name: str) -> list[str]:
        """Return the short names of the laws that `name` means, sorted; [] if none is known.

        A name that is not known as it stands is looked for without issuer and brackets.
        """
        key = comparable(name)
        return sorted(self._laws.get(key) or self._plain.get(_plain(key)) or [])

    def __contains__(self, name: str) -> bool:
        return bool(self.laws(name))

    def ending(self, text: str) -> str | None:
        """Return the longest known name, as written, that `text` ends with.

        >>> Catalogue(["劳动法", "劳动合同法"]).ending("和劳动合同法")
        '劳动合同法'
        """
        if not self._lengths:
            return None
        key = comparable(text)
        for length in self._lengths.get(key[-2:], ()):
            if length <= len(key) and key[-length:] in self._laws:
                return _written(text, key[-length:])
        return None


def _descending(length: int) -> int:
    return -length


def _written(text: str, key: str) -> str:
    """Return how the name that a text ends with is written there."""
    start = next(s for s in range(len(text) - 1, -1, -1) if comparable(text[s:]) == key)
    begin = start - len(_STATE)
    return text[begin:] if begin >= 0 and text.startswith(_STATE, begin) else text[start:]
