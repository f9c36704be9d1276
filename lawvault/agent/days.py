"""The day whose law a question asks about, from the dates it tells: 2019年5月, 去年3月, 三年前.

What is told less exactly than a day is its last day.  The last date that is past counts: what is
asked about comes after what led to it.  A date that only says since when something is so (2015年
入职, 至今), of a birth, or of a law (2018年修正) is no such date, and what is still to come is a
term; then, as where nothing is told, it is the law of today.
"""

import calendar
import datetime
import re
import unicodedata
from collections.abc import Iterator

from lawvault.law.numerals import to_int

_NUMBER = "[0-9]{1,2}|[一二三四五六七八九十]{1,3}"
_TOLD = re.compile(
    r"(?:(?P<year>(?<![0-9])(?:19|20)[0-9]{2}|[一二][九〇零○0][一二三四五六七八九〇零○]{2})年"
    r"|(?P<near>大前年|前年|去年|今年))"
    rf"(?:(?P<month>{_NUMBER})月(?:份|(?P<day>{_NUMBER})[日号])?|(?P<end>年?初|年?底|年?末)?)"
)
_FIGURES = re.compile(
    r"(?<![0-9.])(?P<year>(?:19|20)[0-9]{2})(?P<mark>[-/.])(?P<month>[0-9]{1,2})"
    r"(?:(?P=mark)(?P<day>[0-9]{1,2}))?(?![0-9.])"
)
_AGO = re.compile(
    r"(?P<count>[0-9]{1,3}|[一二两三四五六七八九十]{1,3})(?P<half>多)?(?P<unit>年|个月|个?星期|周|天)(?:以)?前"
)
_NEAR_DAYS = {"昨天": 1, "前天": 2, "上周": 7, "上星期": 7, "上个月": 30, "上月": 30}
_NEAR = re.compile("|".join(_NEAR_DAYS))
_NOW = re.compile("现在|目前|如今|今天|刚刚|至今|到现在|今日|最近|近日|[这前][几两]天|前阵子")
_YEARS_BACK = {"今年": 0, "去年": 1, "前年": 2, "大前年": 3}
_BACKGROUND = re.compile(
    r"^(?:生人|生的|版|[^，。？；]{0,6}?(?:出生|修正|修订|修改|施行|实施|公布|颁布|入职|进厂|进公司|参加工作"
    r"|结婚|领证|登记|认识|开始|以来|至今|到现在|起(?!诉)|新法|新规))"
)
_DAYS_OF = {"年": 365, "个月": 30, "天": 1}


def day_meant(text: str, today: datetime.date) -> datetime.date:
    """Return the day whose law counts for a question.

    >>> day_meant("2019年5月发生的车祸", datetime.date(2026, 1, 1))
    datetime.date(2019, 5, 31)
    >>> day_meant("去年被辞退", datetime.date(2026, 1, 1))
    datetime.date(2025, 12, 31)
    """
    plain = unicodedata.normalize("NFKC", text)
    if _NOW.search(plain):
        return today
    return max((day for day in _days(plain, today) if day <= today), default=today)


def _days(text: str, today: datetime.date) -> Iterator[datetime.date]:
    """Yield the days that a text tells; of what lasts until today, today."""
    for pattern in (_TOLD, _FIGURES):
        for match in pattern.finditer(text):
            day = _told(match.groupdict(), today)
            if day and not _BACKGROUND.match(text[match.end() :]):
                yield day
    for match in _AGO.finditer(text):
        if not _BACKGROUND.match(text[match.end() :]):
            yield _ago(match, today)
    for match in _NEAR.finditer(text):
        yield today - datetime.timedelta(days=_NEAR_DAYS[match[0]])


def _told(told: dict[str, str | None], today: datetime.date) -> datetime.date | None:
    """Return the last day of what is told, not after today where that is inside it."""
    near, written = told.get("near"), told["year"]
    year = today.year - _YEARS_BACK[near] if near else to_int(written or "")
    month = to_int(told["month"]) if told["month"] else 1 if "初" in (told.get("end") or "") else 12
    if not 1 <= month <= 12:
        return None
    last = calendar.monthrange(year, month)[1]
    day = to_int(str(told["day"])) if told.get("day") else last
    if not 1 <= day <= last:
        return None
    found = datetime.date(year, month, day)
    first = found if told.get("day") else datetime.date(year, month if told["month"] else 1, 1)
    return today if first <= today < found else found


def _ago(match: re.Match[str], today: datetime.date) -> datetime.date:
    count, unit = to_int(match["count"].replace("两", "二")), match["unit"]
    days = count * _DAYS_OF.get(unit, 7)
    return today - datetime.timedelta(days=min(days, today.toordinal() - 1))
