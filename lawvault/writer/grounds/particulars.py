"""Concrete particulars of a case in Chinese prose: days, amounts, names, numbers, addresses.

Whoever invents facts invents these.  What is found is meant to be few and sure: a name counts
behind the role of a party, at a label, beside kin or a form of address, or as that of a company; an
address down to its street; evidence where a text says that it is there.
"""

import datetime
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from lawvault.law.numerals import int_or_none
from lawvault.proof.figures import Figure, figures
from lawvault.writer.grounds.evidence import claimed, lasting
from lawvault.writer.grounds.names import behind_roles, others

Kind = Literal[
    "日期", "金额", "案号", "地址", "法院", "姓名或名称", "性别或民族", "号码", "证据", "时间长短"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Particular:
    """text[start:end] tells something of the case; `value` is what it says, however written.

    Of days it is (year, month, day), 0 for what is not said; of amounts yuan; of others words.
    """

    start: int
    end: int
    kind: Kind
    value: tuple[int, int, int] | Fraction | str


_YEAR = r"(?:[12]\d{3}|[〇○零一二三四五六七八九]{4})"
_SMALL = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3})"
_DAYS = re.compile(
    rf"(?P<y>{_YEAR})\s?(?:年|[-/.](?=\s?{_SMALL}\s?月))(?:\s?(?P<m>{_SMALL})\s?月(?:份|底|初)?(?:\s?(?P<d>{_SMALL})\s?[日号])?)?"
    rf"|(?<![\d.-])(?P<y2>[12]\d{{3}})(?P<sep>[-/.])(?P<m2>\d{{1,2}})(?P=sep)(?P<d2>\d{{1,2}})(?![\d.-])"
    rf"|(?<!\d)(?P<m3>{_SMALL})\s?月\s?(?P<d3>{_SMALL})\s?[日号]"
)
_SIGNED = re.compile(r"[¥￥]\s?(\d[\d,]*(?:\.\d+)?)")
_CAPITALS = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰仟圆", "一二三四五六七八九十百千元")
_CASE = re.compile(r"[（(〔\[]\d{4}[）)〕\]][\u4e00-\u9fff]\d{0,6}[\u4e00-\u9fff]{0,6}\d{1,7}号")
_NUMBER = re.compile(
    r"(?<![\dA-Za-z.])(?=(?:[A-Za-z-]*\d){6})[\dA-Za-z][\dA-Za-z-]{6,24}(?![\dA-Za-z%])"
    r"(?!\.\d|\s?[元万亿年月日号])"
)
_PLACE = r"(?:[\u4e00-\u9fff]{2,9}?(?:省|自治区|市|自治州|地区))"
_ADDRESS = re.compile(
    rf"{_PLACE}{{0,2}}[\u4e00-\u9fff]{{2,9}}?(?:市|区|县|旗|镇|乡)"
    r"[\u4e00-\u9fffA-Za-z\d]{0,20}?(?:路|街|道|巷|村|里|弄|小区|园)"
    r"[\u4e00-\u9fffA-Za-z\d-]{0,12}?\d+[\u4e00-\u9fffA-Za-z\d-]{0,12}?(?:号|室|栋|幢|单元|楼|层)"
    r"(?:[\d\-A-Za-z]+(?:号|室|栋|幢|单元|楼|层))*"
)
_COURT = re.compile(
    rf"{_PLACE}{{0,2}}(?:[\u4e00-\u9fff]{{2,7}}?(?:市|区|县|旗))?"
    r"(?:(?:高级|中级|基层|互联网|知识产权)?人民法院|劳动(?:人事)?争议仲裁委员会|仲裁委员会)"
)
_COMPANY = re.compile(
    r"(?!股份有限|有限)[\u4e00-\u9fffA-Za-z\d][\u4e00-\u9fffA-Za-z\d（）()]{1,29}?"
    r"(?P<kind>有限责任公司|股份有限公司|有限公司|合伙企业[（(]有限合伙[）)]|律师事务所)"
)
_LABELLED = re.compile(
    r"(?P<label>姓名|名称|法定代表人|负责人|联系人|住所地?|住址|地址|户籍(?:所在)?地|联系电话|电话|"
    r"公民身份号码|身份证号码?|统一社会信用代码|账号|开户行|合同编?号|订单号|传真|邮编|电子邮箱)"
    r"[：:][ 　*]*"
    r"(?P<value>[^，,。；;、\n【（(*|<]{2,50})"
)
_PERSONAL = re.compile(r"(?<=[，,])\s?(?P<value>[男女]|[\u4e00-\u9fff]{1,4}族)(?=[，,。；\n]|$)")
_LEAD = re.compile(
    r"^.*(?:原告|被告|申请人|第三人|甲方|乙方|上诉人|公司(?=.)|接受|委托|包括|设立|成立|作为|[与和向在由是系为至于及的对从给即经称住到入])"
)
_GENERIC = re.compile(
    r"某|所在地?|住所|本[公院]|该|上述|有管辖权|当地|依法|同级|上级|相关|有关|各级|户籍地|履行地|签订地|不动产"
)

_BLANK = re.compile(r"【(?:[^【】：:\n]{0,30}[：:])?[ 　_]*】")


def particulars(text: str) -> list[Particular]:
    """Return the particulars of a text in order; none overlaps another.

    >>> [(p.kind, text[p.start : p.end]) for text in ["原告张三于2024年3月5日借款五万元。"]
    ...  for p in particulars(text)]
    [('姓名或名称', '张三'), ('日期', '2024年3月5日'), ('金额', '五万元')]
    """
    found = list[Particular]()
    taken = bytearray(len(text) + 1)
    for blank in _BLANK.finditer(text):
        taken[blank.start() : blank.end()] = b"\1" * len(blank[0])
    for search in _SEARCHES:
        for one in search(text):
            if one.start < one.end and not any(taken[one.start : one.end]):
                found.append(one)
                taken[one.start : one.end] = b"\1" * (one.end - one.start)
    return sorted(found, key=lambda one: one.start)


def plain(words: str) -> str:
    """Return words as they compare: without width, spaces, hyphens, and signs of emphasis."""
    folded = unicodedata.normalize("NFKC", words).translate(_BRACKETS)
    return re.sub(r"[\s*_-]+", "", folded).casefold()


_BRACKETS = str.maketrans("〔〕[]【】", "()()()")


def _cases(text: str) -> Iterator[Particular]:
    yield from (_words(match.span(), text, "案号") for match in _CASE.finditer(text))


def _days(text: str) -> Iterator[Particular]:
    for match in _DAYS.finditer(text):
        year, month, day = (
            int_or_none(match[f"{part}"] or match[f"{part}2"] or _third(match, part) or "0") or 0
            for part in "ymd"
        )
        if _may_be(year, month, day):
            start, end = match.span()
            yield Particular(start=start, end=end, kind="日期", value=(year, month, day))


def _third(match: re.Match[str], part: str) -> str | None:
    return None if part == "y" else match[f"{part}3"]


def _may_be(year: int, month: int, day: int) -> bool:
    try:
        datetime.date(year or 2000, month or 1, day or 1)
    except ValueError:
        return False
    return True


def _amounts(text: str) -> Iterator[Particular]:
    for one in figures(text.translate(_CAPITALS)):
        if one.kind == "元":
            end = one.end - len(one.bound)
            yield Particular(start=one.start, end=end, kind="金额", value=one.value)
    for match in _SIGNED.finditer(text):
        value = Fraction(match[1].replace(",", ""))
        yield Particular(start=match.start(), end=match.end(), kind="金额", value=value)


def _labelled(text: str) -> Iterator[Particular]:
    for match in _LABELLED.finditer(text):
        start, end = match.span("value")
        end -= len(match["value"]) - len(match["value"].rstrip())
        yield _words((start, end), text, _KINDS.get(match["label"][:2], "姓名或名称"))
    for match in _PERSONAL.finditer(text):
        yield _words(match.span("value"), text, "性别或民族")


_KINDS: dict[str, Kind] = {
    "住所": "地址",
    "住址": "地址",
    "地址": "地址",
    "户籍": "地址",
    "联系": "号码",
    "电话": "号码",
    "公民": "号码",
    "身份": "号码",
    "统一": "号码",
    "账号": "号码",
    "合同": "号码",
    "订单": "号码",
    "传真": "号码",
    "邮编": "号码",
    "电子": "号码",
}


def _addresses(text: str) -> Iterator[Particular]:
    for match in _ADDRESS.finditer(text):
        yield _words(_without_lead(match), text, "地址")


def _courts(text: str) -> Iterator[Particular]:
    for match in _COURT.finditer(text):
        start, end = _without_lead(match)
        named = re.match(r"[\u4e00-\u9fff]{1,12}(?:省|市|区|县|旗|自治州)", text[start:end])
        if named and not _GENERIC.search(text[start:end]):
            yield _words((start, end), text, "法院")


def _names(text: str) -> Iterator[Particular]:
    for match in _COMPANY.finditer(text):
        start, end = _without_lead(match)
        if match.start("kind") - start > 1 and not _GENERIC.search(text[start:end]):
            yield _words((start, end), text, "姓名或名称")
    for span in behind_roles(text):
        yield _words(span, text, "姓名或名称")
    for start, end, name in others(text):
        yield Particular(start=start, end=end, kind="姓名或名称", value=plain(name))


def _evidence(text: str) -> Iterator[Particular]:
    yield from (_words(span, text, "证据") for span in claimed(text))


def _lengths(text: str) -> Iterator[Particular]:
    for one in lasting(text):
        yield Particular(start=one.start, end=one.end, kind="时间长短", value=spoken(one))


def spoken(figure: Figure) -> str:
    """Return what a figure says, however written: 七天 and 一周 are the same."""
    return f"{figure.value}{figure.kind}"


def _numbers(text: str) -> Iterator[Particular]:
    yield from (_words(match.span(), text, "号码") for match in _NUMBER.finditer(text))


def _without_lead(match: re.Match[str]) -> tuple[int, int]:
    """Return the place of a name without the words that lead to it."""
    lead = _LEAD.match(match[0][:-4])
    return match.start() + (lead.end() if lead else 0), match.end()


def _words(span: tuple[int, int], text: str, kind: Kind) -> Particular:
    start, end = span
    return Particular(start=start, end=end, kind=kind, value=plain(text[start:end]))


_SEARCHES = (
    *(_cases, _days, _amounts, _labelled, _addresses, _courts, _names, _numbers),
    *(_evidence, _lengths),
)
"""What is looked for, what is surest first: a later one takes no place of an earlier."""
