"""Figures of Chinese legal text: periods, amounts, shares, multiples, ages, and what they come to.

三十日, 30 日 and ３０天 are one figure; so are 百分之五十, 50% and 五成, 二倍, 双倍 and 200%,
一年, 壹年 and 12个月.  三十日 and 一个月 are not: the law counts them differently.  Figures compare
by kind and value, so a text can say a number in its own way, but not another number.  Days of the
calendar are no figures, nor are the numbers of articles.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from lawvault.law.numerals import int_or_none


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """text[start:end], e.g. 三十日以上: `value` of `kind`, `bound` 以上, 以下 or nothing."""

    start: int
    end: int
    kind: str
    value: Fraction
    bound: str = ""


_DIGITS = "〇○零一二三四五六七八九两0-9０-９"
_ARABIC_NUMBER = (
    r"[0-9０-９]{1,12}(?:[,，][0-9０-９]{3}(?![0-9０-９]))*(?:[.．][0-9０-９]{1,4})?"
    r"[ ]?[百千万亿]{0,2}"
)
_NUMBER = (
    rf"(?:{_ARABIC_NUMBER}"
    r"|[〇○零一二三四五六七八九两十百千万亿]{1,14}(?:点[零一二三四五六七八九]{1,4})?)"
)
_UNITS: dict[str, tuple[str, Fraction]] = {
    "个工作日": ("工作日", Fraction(1)),
    "工作日": ("工作日", Fraction(1)),
    "日": ("日", Fraction(1)),
    "天": ("日", Fraction(1)),
    "个星期": ("日", Fraction(7)),
    "星期": ("日", Fraction(7)),
    "周": ("日", Fraction(7)),
    "个月": ("月", Fraction(1)),
    "年": ("月", Fraction(12)),
    "周年": ("月", Fraction(12)),
    "周岁": ("岁", Fraction(1)),
    "岁": ("岁", Fraction(1)),
    "个小时": ("小时", Fraction(1)),
    "小时": ("小时", Fraction(1)),
    "h": ("小时", Fraction(1)),
    "元": ("元", Fraction(1)),
    "圆": ("元", Fraction(1)),
    "倍": ("比", Fraction(1)),
    "成": ("比", Fraction(1, 10)),
    "折": ("比", Fraction(1, 10)),
    "%": ("比", Fraction(1, 100)),
    "％": ("比", Fraction(1, 100)),
    "‰": ("比", Fraction(1, 1000)),
    "毫克": ("克", Fraction(1, 1000)),
    "千克": ("克", Fraction(1000)),
    "公斤": ("克", Fraction(1000)),
    "吨": ("克", Fraction(1_000_000)),
    "克": ("克", Fraction(1)),
    "平方米": ("平方米", Fraction(1)),
    "次": ("次", Fraction(1)),
    "人": ("人", Fraction(1)),
}
_NO_UNIT = {
    "h": "(?![a-zA-Z])",
    "成": "(?![员立为功交果分年熟就长不])",
    "周": "(?!年)",
    "周年": "(?![庆纪])",
}
"""Behind a unit: what makes it another word."""

_UNIT = "|".join(
    f"{unit}{_NO_UNIT.get(unit, '')}" for unit in sorted(_UNITS, key=len, reverse=True)
)
_BOUND = r"(?:及)?(?P<bound>以上|以下|之上|之下)?"
_TWO_DIGITS = rf"[ ]?[{_DIGITS}十]{{1,3}}[ ]?"
_MONTH_AND_DAY = rf"{_TWO_DIGITS}月{_TWO_DIGITS}[日号]"
_DAY = re.compile(rf"[{_DIGITS}]{{4}}[ ]?年(?:{_MONTH_AND_DAY}|{_TWO_DIGITS}月)?|{_MONTH_AND_DAY}")
_FIGURE = re.compile(
    rf"(?<![第波{_DIGITS}十百千万亿.．¥￥])(?:"
    rf"(?P<whole>{_NUMBER})分之(?P<part>{_NUMBER})"
    rf"|(?:(?P<low>{_NUMBER})[至到~～—–-])?(?P<number>{_NUMBER})[ ]?(?P<unit>{_UNIT})(?P<half>半)?"
    rf"|(?P<double>双倍)|半(?P<half_of>个月|年|天|日)"
    rf"|(?P<wholes>{_NUMBER})个半(?P<part_of>月|小时|星期)"
    rf"|[¥￥][ ]?(?P<money>{_NUMBER})(?:[ ]?元)?)"
    rf"(?![性级位数余多几]){_BOUND}"
)
_UNCOUNTED = re.compile(r"[一1１]次")
_CAPITALS = dict(zip("壹贰叁肆伍陆柒捌玖拾佰仟", "一二三四五六七八九十百千", strict=True))
_CAPITAL = re.compile(
    rf"(?<![队入退行大内登着水海收捡放])[{''.join(_CAPITALS)}][{''.join(_CAPITALS)}零万亿]*"
    rf"(?=[至到、]|分之|{_UNIT})"
)
_ORDINARY = str.maketrans(_CAPITALS)


def figures(text: str) -> list[Figure]:
    """Return the figures of a text in order.

    >>> [(f.kind, str(f.value), f.bound) for f in figures("处五年以上有期徒刑，并处2万元罚金")]
    [('月', '60', '以上'), ('元', '20000', '')]
    >>> figures("自2021年1月1日起，依照第三十条第二款") == []
    True
    """
    text = _CAPITAL.sub(lambda match: match[0].translate(_ORDINARY), text)
    days = [match.span() for match in _DAY.finditer(text)]
    found = list[Figure]()
    for match in _FIGURE.finditer(text):
        if any(start < match.end() and match.start() < end for start, end in days):
            continue
        found += _figures_of(match)
    return found


@lru_cache(512)
def figures_of(law: str) -> tuple[Figure, ...]:
    """Return the figures of a text that is asked for again and again, as a provision is."""
    return tuple(figures(law))


def _figures_of(match: re.Match[str]) -> list[Figure]:
    start, end = match.span()
    bound = (match["bound"] or "").replace("之", "以")
    unit = match["unit"] or match["part_of"]
    if unit in ("次", "人") and not _counts(match):
        return []
    kind, scale = _UNITS[_NAMED.get(unit, unit) or match["half_of"] or _implied(match)]
    values = [value * scale for value in _values(match)]
    return [Figure(start=start, end=end, kind=kind, value=v, bound=bound) for v in values]


_NAMED = {"月": "个月"}


def _implied(match: re.Match[str]) -> str:
    """Return the unit of a figure that names none: 双倍, 百分之十; ￥100."""
    return "元" if match["money"] else "倍"


def _counts(match: re.Match[str]) -> bool:
    """Say whether 次 or 人 is a figure: 两次, 三人以上, but not 一次 or 夫妻二人."""
    if match["unit"] == "人":
        return bool(match["bound"])
    return not _UNCOUNTED.match(match[0])


def _values(match: re.Match[str]) -> list[Fraction]:
    """Return the numbers in front of the unit, none where one of them has no clear reading."""
    if match["double"]:
        return [Fraction(2)]
    if match["half_of"]:
        return [Fraction(1, 2)]
    if match["whole"]:
        whole = _SCALES.get(match["whole"]) or number_of(match["whole"])
        part = number_of(match["part"])
        return [part / whole] if whole and part is not None else []
    said = (match["low"], match["number"] or match["wholes"] or match["money"])
    numbers = [number_of(words) for words in said if words]
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers):
        return []
    if match["unit"] == "折":
        return [known[-1] if known[-1] <= _TEN else known[-1] / _TEN]
    has_half = match["half"] or match["wholes"]
    return [*known[:-1], known[-1] + Fraction(1, 2)] if has_half else known


_TEN = 10  # 八折 is 80 %, 八五折 is 85 %


_ARABIC = re.compile(r"([0-9]+(?:\.[0-9]+)?)([百千万亿]*)")
_SCALES = {"百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}
_WIDE = str.maketrans("０１２３４５６７８９．", "0123456789.")


def number_of(words: str) -> Fraction | None:
    """Return what a number comes to, None if it has no one reading.

    >>> [str(number_of(words)) for words in ("2,000", "1.5万", "三千五百", "一点五", "两亿零五万")]
    ['2000', '15000', '3500', '3/2', '200050000']
    """
    plain = words.translate(_WIDE).replace(",", "").replace("，", "").replace(" ", "")
    arabic = _ARABIC.fullmatch(plain)
    if arabic:
        value = Fraction(arabic[1])
        for scale in arabic[2]:
            value *= _SCALES[scale]
        return value
    whole, _, decimals = plain.partition("点")
    hundreds, _, rest = whole.rpartition("亿")
    if not whole or whole.startswith("亿"):
        return None
    high, low = _integer(hundreds), _integer(rest)
    digits = _integer(f"零{decimals}") if decimals else 0
    if high is None or low is None or digits is None:
        return None
    return high * _SCALES["亿"] + low + Fraction(digits, 10 ** len(decimals))


def _integer(words: str) -> int | None:
    return int_or_none(words.removeprefix("零") or words) if words else 0


def strangers(text: str, sources: Iterable[str]) -> list[Figure]:
    """Return the figures of `text` that no source has.

    One that is 以上 where every source that has it says 以下, or the other way round, is none of
    theirs either.

    >>> [f.start for f in strangers("30天内支付20%", ["三十日内"])]
    [6]
    """
    known: dict[tuple[str, Fraction], set[str]] = {}
    for source in sources:
        for figure in figures_of(source):
            known.setdefault((figure.kind, figure.value), set()).add(figure.bound)
    return [f for f in figures(text) if not _agrees(f.bound, known.get((f.kind, f.value)))]


def _agrees(bound: str, bounds: set[str] | None) -> bool:
    if not bounds:
        return False
    return not bound or "" in bounds or bound in bounds
