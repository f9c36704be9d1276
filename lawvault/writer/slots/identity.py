"""Numbers that prove themselves: identity cards, unified social credit codes, telephones.

Sources: GB 11643-1999 (check character after ISO 7064 MOD 11-2), GB 32100-2015 (MOD 31).
"""

import datetime
import re

_ID = re.compile(r"[1-9]\d{16}[\dX]", re.ASCII)
_ID_CHECKS = "10X98765432"
_CODE_CHARS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CODE = re.compile(rf"[{_CODE_CHARS}]{{18}}")
_PHONE = re.compile(
    r"(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}"
    r"|(?:\+?86[- ]?)?(?:\(0\d{2,3}\) ?|0\d{2,3}[- ]?)?[2-9]\d{6,7}(?:(?:-|转) ?\d{1,6})?"
    r"|(?:400|800)[- ]?\d{3}[- ]?\d{4}",
    re.ASCII,
)
_BETWEEN_PHONES = re.compile(r"\s*[、,;/或]\s*")


def id_number_fault(number: str) -> str:
    """Return what is wrong with the number of an identity card, "" if nothing is.

    >>> id_number_fault("11010519491231002X"), id_number_fault("110105194912310021")[:5]
    ('', '校验位不对')
    """
    if not _ID.fullmatch(number):
        return f"应为 18 位，前 17 位是数字，末位是数字或 X；现有 {len(number)} 个字符"
    born = birth_date_of(number)
    if not born:
        return f"第 7 至 14 位“{number[6:14]}”不是一个日期"
    if born > datetime.date.today():
        return f"第 7 至 14 位“{number[6:14]}”晚于今天"
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(number[:17]))
    if _ID_CHECKS[total % 11] != number[17]:
        return "校验位不对，请核对各位数字"
    return ""


def birth_date_of(number: str) -> datetime.date | None:
    """Return the date of birth that an 18-digit number holds, None if that is no date."""
    try:
        return datetime.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def credit_code_fault(code: str) -> str:
    """Return what is wrong with a unified social credit code, "" if nothing is.

    >>> credit_code_fault("91350100M000100Y43"), credit_code_fault("91350100M000100Y44")[:5]
    ('', '校验位不对')
    """
    if not _CODE.fullmatch(code):
        return f"应为 18 位数字或大写字母（不用 I、O、S、V、Z）；现有 {len(code)} 个字符"
    total = sum(_CODE_CHARS.index(char) * (3**place % 31) for place, char in enumerate(code[:17]))
    if _CODE_CHARS[-total % 31] != code[17]:
        return "校验位不对，请核对各位字符"
    return ""


def phone_fault(number: str) -> str:
    """Return what is wrong with one Chinese telephone number or several, "" if nothing is.

    >>> phone_fault("+86 138-0013-8000、010-66778899"), bool(phone_fault("12345"))
    ('', True)
    """
    if all(_PHONE.fullmatch(one) for one in _BETWEEN_PHONES.split(number)):
        return ""
    return "应为 11 位手机号或带区号的固定电话，如 13800138000、010-66778899"
