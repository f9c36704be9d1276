"""Amounts in yuan: read from what people type, written in figures and in capitals (大写)."""

import re
from decimal import Decimal

LIMIT = Decimal(10) ** 12
"""Amounts are below one 万亿."""
_AMOUNT = re.compile(
    r"(?:人民币|RMB|[¥￥])?\s*(\d{1,3}(?:[,，]\d{3})+|\d+)(\.\d+)?\s*(万?)\s*元?(?:整)?", re.ASCII
)
_DIGITS = "零壹贰叁肆伍陆柒捌玖"


def amount_of(text: str) -> Decimal:
    """Return an amount in yuan.

    Raises:
        ValueError: it is none; the message says in Chinese why.

    >>> amount_of("50,000.5元"), amount_of("3.5万元")
    (Decimal('50000.50'), Decimal('35000.00'))
    """
    match = _AMOUNT.fullmatch(text.strip())
    if not match:
        raise ValueError("应为不小于 0 的金额，单位为元，如 50000 或 50000.50")
    amount = Decimal(re.sub("[,，]", "", match[1])[:30] + (match[2] or "")[:30])
    amount *= 10_000 if match[3] else 1
    if amount >= LIMIT:
        raise ValueError("金额应小于一万亿元")
    cents = amount.quantize(Decimal("0.01"))
    if cents != amount:
        raise ValueError("金额最多两位小数（精确到分）")
    return cents


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
