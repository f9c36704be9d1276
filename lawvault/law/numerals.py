"""Chinese numerals of statutes, both ways, and the addresses built from them (第十七条之一)."""

import re

DIGITS = "零一二三四五六七八九"
UNITS = {"十": 10, "百": 100, "千": 1000}
_NUMERAL = f"[{DIGITS}〇两十百千]+|[0-9０-９]+"
_ARTICLE = re.compile(rf"第({_NUMERAL})条(?:之({_NUMERAL}))?")


def to_int(numeral: str) -> int:
    """Return the number that a Chinese or Arabic numeral below 10,000 stands for.

    Raises:
        ValueError: it is not a numeral.

    >>> to_int("一千零七十七"), to_int("十二"), to_int("二〇"), to_int("585")
    (1077, 12, 20, 585)
    """
    if numeral.isdecimal():
        return int(numeral)
    if not numeral or not set(numeral) <= set(DIGITS + "〇两") | UNITS.keys():
        raise ValueError(f"not a numeral: {numeral!r}")
    values = [_digit(char) for char in numeral]
    if not set(numeral) & UNITS.keys():  # digit by digit, as in 二〇二五
        return int("".join(str(value) for value in values))
    return _with_units(numeral)


def _digit(char: str) -> int:
    if char in UNITS:
        return UNITS[char]
    return {"〇": 0, "两": 2}.get(char, DIGITS.find(char))


def _with_units(numeral: str) -> int:
    total = digit = 0
    for position, char in enumerate(numeral):
        if char not in UNITS:
            digit = _digit(char)
            continue
        bare = position == 0 or numeral[position - 1] in UNITS
        total += (1 if bare else digit) * UNITS[char]  # 十二 = 一十二, 一百十二 = 一百一十二
        digit = 0
    return total + digit


def to_chinese(number: int) -> str:
    """Return a number from 1 to 9999 as statutes write it.

    Raises:
        ValueError: out of range.

    >>> to_chinese(1077), to_chinese(12), to_chinese(110), to_chinese(1005)
    ('一千零七十七', '十二', '一百一十', '一千零五')
    """
    if not 1 <= number <= 9999:
        raise ValueError(f"must be in [1, 9999], got {number}")
    text, gap = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
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
    return to_int(match[1]), to_int(match[2]) if match[2] else 0
