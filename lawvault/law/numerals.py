"""Chinese numerals of statutes, both ways, and the addresses built from them (第十七条之一).

A numeral is read only if it has exactly one reading: 十十, 二三十, or 一百五 (150 to some, 105 to
others) are refused, not guessed.
"""

import re
from functools import lru_cache

DIGITS = "零一二三四五六七八九"
NUMERAL = f"(?:[{DIGITS}〇○两十百千万]+|[0-9０-９]+)"
"""Pattern of what may be a numeral; `to_int` has the last word."""

_ARTICLE = re.compile(rf"第({NUMERAL})条(?:之({NUMERAL}))?")
_PLAIN = str.maketrans("〇○两０１２３４５６７８９", "零零二0123456789")
_DIGIT = "[一二三四五六七八九]"
_SECTION = (
    rf"(?:({_DIGIT}?)千)?(?:零?({_DIGIT}?)百)?(?:零?({_DIGIT}?)十)?(?:零?(?<![百千万])({_DIGIT}))?"
)
_WITH_UNITS = re.compile(rf"(?![零万])(?:{_SECTION}万)?(?:(?<=万)零)?{_SECTION}")
_DIGIT_BY_DIGIT = re.compile(f"[{DIGITS}0]+")
_MAX_CHARS = 16
_CACHED = 1 << 14


@lru_cache(_CACHED)
def to_int(numeral: str) -> int:
    """Return the number that a Chinese or Arabic numeral stands for.

    Raises:
        ValueError: it is not a numeral, or longer than any number of a statute.

    >>> to_int("一千零七十七"), to_int("一万二千三百四十五"), to_int("二〇"), to_int("５８５")
    (1077, 12345, 20, 585)
    """
    plain = numeral.translate(_PLAIN)
    if not plain or len(plain) > _MAX_CHARS:
        raise ValueError(f"not a numeral: {numeral[:40]!r}")
    if plain.isascii() and plain.isdecimal():
        return int(plain)
    if _DIGIT_BY_DIGIT.fullmatch(plain):  # 二〇二五, and 一九九0 of old texts
        return int("".join(str(max(DIGITS.find(char), 0)) for char in plain))
    match = _WITH_UNITS.fullmatch(plain)
    if not match:
        raise ValueError(f"not a numeral: {numeral!r}")
    values = [_value(digit) for digit in match.groups()]
    return _section(values[:4]) * 10_000 + _section(values[4:])


def int_or_none(numeral: str) -> int | None:
    """Return what `to_int` does, or None where it would refuse.

    >>> int_or_none("十二"), int_or_none("十十")
    (12, None)
    """
    try:
        return to_int(numeral)
    except ValueError:
        return None


def _value(digit: str | None) -> int:
    """Return the value before a unit: 1 for a bare one (十二, 一百十二), 0 where there is none."""
    if digit is None:
        return 0
    return DIGITS.index(digit) if digit else 1


def _section(values: list[int]) -> int:
    thousands, hundreds, tens, ones = values
    return thousands * 1000 + hundreds * 100 + tens * 10 + ones


@lru_cache(_CACHED)
def to_chinese(number: int) -> str:
    """Return a number from 1 to 99,999 as statutes write it.

    Raises:
        ValueError: out of range.

    >>> to_chinese(1077), to_chinese(12), to_chinese(110), to_chinese(10_005)
    ('一千零七十七', '十二', '一百一十', '一万零五')
    """
    if not 1 <= number <= 99_999:
        raise ValueError(f"must be in [1, 99999], got {number}")
    text, gap = "", False
    for unit, name in ((10_000, "万"), (1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit == 0:
            gap = bool(text)
            continue
        text += ("零" if gap else "") + DIGITS[digit] + name
        gap = False
    return text.removeprefix("一") if text.startswith("一十") else text


def article_address(text: str) -> tuple[int, int] | None:
    """Return (number, sub_number) of 第…条[之…], or None if `text` is not just that.

    >>> article_address("第十七条之一"), article_address("第38条"), article_address("条目一")
    ((17, 1), (38, 0), None)
    """
    match = _ARTICLE.fullmatch(text.strip())
    if not match:
        return None
    number, sub_number = int_or_none(match[1]), int_or_none(match[2] or "零")
    if number is None or sub_number is None:  # 第十十条
        return None
    return number, sub_number
