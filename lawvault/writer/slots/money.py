"""Amounts in yuan: read from what people type, written in figures and in capitals (大写)."""

import re
from decimal import Decimal

from lawvault.law.numerals import to_int
from lawvault.writer.slots.cleaning import half_width

LIMIT = Decimal(10) ** 12
"""Amounts are below one 万亿."""
_AMOUNT = re.compile(
    r"(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(亿|[百千]?万|[百千]?)(?:元|圆)?[整正]?", re.ASCII
)
_UNITS = {"": 1, "百": 100, "千": 1000, "万": 10**4, "百万": 10**6, "千万": 10**7, "亿": 10**8}
_SPOKEN = re.compile(
    "(?:([零一二三四五六七八九十百千〇两]+)亿)?([零一二三四五六七八九十百千万〇两]*)元?整?"
    "(?:([一二三四五六七八九])角)?(?:零?([一二三四五六七八九])分)?整?"
)
_PLAIN_CAPITALS = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰仟圆正", "一二三四五六七八九十百千元整")
_DIGITS = "零壹贰叁肆伍陆柒捌玖"


def amount_of(text: str) -> Decimal:
    """Return an amount in yuan.

    Raises:
        ValueError: it is none; the message says in Chinese why.

    >>> amount_of("50,000.5元"), amount_of("3.5万元"), amount_of("五万元")
    (Decimal('50000.50'), Decimal('35000.00'), Decimal('50000.00'))
    """
    plain = re.sub(r"\s|^(?:人民币|RMB|[¥￥])", "", half_width(text.strip()))
    match = _AMOUNT.fullmatch(plain)
    if match:
        amount = Decimal(match[1].replace(",", "")[:30] + (match[2] or "")[:30]) * _UNITS[match[3]]
    else:
        amount = _spoken(plain.translate(_PLAIN_CAPITALS))
    if amount >= LIMIT:
        raise ValueError("金额应小于一万亿元")
    cents = amount.quantize(Decimal("0.01"))
    if cents != amount:
        raise ValueError("金额最多两位小数（精确到分）")
    return cents


def _spoken(text: str) -> Decimal:
    """Return an amount that is told in Chinese numerals, capitals or not."""
    match = _SPOKEN.fullmatch(text)
    try:
        if not match or not any(match.groups()):
            raise ValueError(text)
        above, yuan, *cents = (part or "零" for part in match.groups())
        whole = to_int(above) * 10**8 + to_int(yuan.lstrip("零") or "零" if match[1] else yuan)
    except ValueError:
        message = "应为不小于 0 的金额，单位为元，如 50000、50000.50、5万元或五万元"
        raise ValueError(message) from None
    return whole + Decimal(to_int(cents[0]) * 10 + to_int(cents[1])) / 100


def in_figures(amount: Decimal) -> str:
    """Return an amount as documents write it.

    >>> in_figures(Decimal("50000.00")), in_figures(Decimal("1234.50"))
    ('50,000元', '1,234.50元')
    """
    return f"{amount:,.2f}".removesuffix(".00") + "元"


def in_capitals(amount: Decimal) -> str:
    """Return an amount below `LIMIT` in the characters that cannot be altered.

    Source: 支付结算办法, annex 1 (正确填写票据和结算凭证的基本规定).

    >>> in_capitals(Decimal("50000")), in_capitals(Decimal("1409.50")), in_capitals(Decimal("0.05"))
    ('人民币伍万元整', '人民币壹仟肆佰零玖元伍角整', '人民币伍分')
    """
    yuan, cents = divmod(int(amount * 100), 100)
    words = f"{_whole(yuan)}元" if yuan else ""
    jiao, fen = divmod(cents, 10)
    if not cents:
        return f"人民币{words or '零元'}整"
    if jiao:
        words += f"{_DIGITS[jiao]}角"
    elif yuan:
        words += "零"
    return f"人民币{words}{_DIGITS[fen] + '分' if fen else '整'}"


def _whole(number: int) -> str:
    """Return a number from 1 to below `LIMIT` in capitals."""
    text = ""
    for unit, name in ((10**8, "亿"), (10**4, "万"), (1, "")):
        part, number = divmod(number, unit)
        if not part:
            text += "零" if text and number else ""
            continue
        gap = "零" if text and part < 1000 and not text.endswith("零") else ""
        text += gap + _below_ten_thousand(part) + name
    return text


def _below_ten_thousand(number: int) -> str:
    digits = f"{number:04d}"
    words = "".join(
        _DIGITS[int(digit)] + unit if digit != "0" else "零"
        for digit, unit in zip(digits, ("仟", "佰", "拾", ""), strict=True)
    )
    return re.sub("零+", "零", words).strip("零")
