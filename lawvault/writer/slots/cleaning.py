"""Words that came from outside, made fit for a document."""

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from lawvault.law.numerals import to_int
from lawvault.law.seen import is_seen

MAX_ITEMS = 50
"""How many persons, items or pieces of evidence one slot holds."""
_DATE = re.compile(
    r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})|(\d{4})年(\d{1,2})月(\d{1,2})[日号]|(\d{4})(\d\d)(\d\d)"
    r"|([〇○零一二三四五六七八九]{4})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})日",
    re.ASCII,
)
_USUAL_DATE = re.compile(r"\d{4}(?:-\d{1,2}-\d{1,2}|年\d{1,2}月\d{1,2}日)", re.ASCII)
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


class ValueFaultError(ValueError):
    """A value is not what its slot asks for; the message is Chinese."""


@dataclass(slots=True, kw_only=True)
class Cleaning:
    """What became of the value of one slot.

    `removed`: how many characters were taken out.  `faults`: parts that cannot be used, and were
    left out of a value that is used.  `readings`: what was told in an unusual spelling, and how it
    was read.  All but the first are Chinese.
    """

    removed: int = 0
    faults: list[str] = field(default_factory=list)
    readings: list[str] = field(default_factory=list)

    def text(self, raw: object, limit: int, *, lines: bool = False) -> str:
        """Return `raw` as words without what no document can hold.

        Raises:
            ValueFaultError: it is no text, or longer than `limit`.
        """
        if isinstance(raw, int | float | Decimal) and not isinstance(raw, bool):
            raw = str(raw)
        if not isinstance(raw, str):
            raise ValueFaultError("应为文字")
        if len(raw) > limit:
            raise ValueFaultError(f"共 {len(raw)} 字，上限为 {limit} 字，请删减")
        text = raw.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
        kept = "".join(char for char in text if char == "\n" or is_seen(char))
        self.removed += len(text) - len(kept)
        return kept.strip() if lines else " ".join(kept.split("\n")).strip()

    def day(self, text: str) -> datetime.date:
        """Return `date_of(text)`, and note how an unusual spelling was read.

        Raises:
            ValueFaultError: it is no day.
        """
        day = date_of(text)
        if not _USUAL_DATE.fullmatch(text):
            self.readings.append(f"“{text}”读作 {spoken_day(day)}")
        return day


def is_empty(raw: object, depth: int = 3) -> bool:
    """Say whether a value says nothing, as an empty field of a form does."""
    if isinstance(raw, str):
        return not raw.strip()
    if isinstance(raw, Mapping) and depth:
        return all(is_empty(value, depth - 1) for key, value in raw.items() if key != "kind")
    if isinstance(raw, list | tuple) and depth:
        return all(is_empty(value, depth - 1) for value in raw)
    return raw is None


def date_of(text: str) -> datetime.date:
    """Return the day that 2026-03-02, 2026/3/2, 20260302 or 2026年3月2日 names.

    >>> date_of("２０２６．３．２"), date_of("二〇二六年三月二日")
    (datetime.date(2026, 3, 2), datetime.date(2026, 3, 2))

    Raises:
        ValueFaultError: it names none.
    """
    match = _DATE.fullmatch(re.sub(r"\s", "", half_width(text)))
    if not match:
        raise ValueFaultError(f"“{text[:20]}”不是日期，应写作 2026-03-02 或 2026年3月2日")
    year, month, day = (to_int(part) for part in match.groups() if part and part not in "-/.")
    try:
        found = datetime.date(year, month, day)
    except ValueError:
        raise ValueFaultError(f"“{text[:20]}”这一天不存在，请核对年月日") from None
    if not 1900 <= year <= 2100:
        raise ValueFaultError(f"年份 {year} 不在 1900 至 2100 之间，请核对")
    return found


def spoken_day(day: datetime.date) -> str:
    """Return a day as documents write it.

    >>> spoken_day(datetime.date(2026, 3, 2))
    '2026年3月2日'
    """
    return f"{day.year}年{day.month}月{day.day}日"


def half_width(text: str) -> str:
    """Return digits, Latin letters and their signs in the width of ASCII.

    >>> half_width("１００．５元，Ｘ")
    '100.5元,X'
    """
    return text.translate(_FULL_WIDTH)


def within(where: str, raw: object, limit: int, cleaning: Cleaning) -> str:
    """Return one field of a value as a line, "" if it says nothing.

    Raises:
        ValueFaultError: it is no text or too long; the message begins with `where`.
    """
    try:
        return "" if is_empty(raw) else cleaning.text(raw, limit)
    except ValueFaultError as error:
        raise ValueFaultError(f"{where}：{error}") from None


def fields_of(raw: object, known: Mapping[str, str], where: str) -> Mapping[str, object]:
    """Return the fields of a value, all of them `known` (field: label).

    Raises:
        ValueFaultError: it has no fields, or others.
    """
    if not isinstance(raw, Mapping):
        raise ValueFaultError(f"{where}应分项填写：{'、'.join(known.values())}")
    for name in raw:
        if name not in known:
            offered = "、".join(f"{key}（{label}）" for key, label in known.items())
            shown = str(name)[:20].encode(errors="backslashreplace").decode()
            raise ValueFaultError(f"{where}没有“{shown}”这一项；可填：{offered}")
    return raw


def listed(raw: object) -> list[object]:
    """Return the items of a value; a single one is a list of one.

    Raises:
        ValueFaultError: there are more than `MAX_ITEMS`.
    """
    items = list(raw) if isinstance(raw, list | tuple) else [raw]
    if len(items) > MAX_ITEMS:
        raise ValueFaultError(f"共 {len(items)} 项，上限为 {MAX_ITEMS} 项")
    return items
