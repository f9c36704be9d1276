"""Words that came from outside, made fit for a document."""

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from lawvault.writer.markdown.spelling import is_seen

MAX_ITEMS = 50
"""How many persons, items or pieces of evidence one slot holds."""
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|年(\d{1,2})月(\d{1,2})日)", re.ASCII)


class ValueFaultError(ValueError):
    """A value is not what its slot asks for; the message is Chinese."""


@dataclass(slots=True, kw_only=True)
class Cleaning:
    """What was taken out of the value of one slot: how many characters."""

    removed: int = 0

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
    """Return the day that 2026-03-02 or 2026年3月2日 names.

    Raises:
        ValueFaultError: it names none.
    """
    match = _DATE.fullmatch(text)
    if not match:
        raise ValueFaultError(f"“{text[:20]}”不是日期，应写作 2026-03-02 或 2026年3月2日")
    year, month, day = (int(part) for part in match.groups() if part)
    try:
        found = datetime.date(year, month, day)
    except ValueError:
        raise ValueFaultError(f"“{text[:20]}”这一天不存在，请核对年月日") from None
    if not 1900 <= year <= 2100:
        raise ValueFaultError(f"年份 {year} 不在 1900 至 2100 之间，请核对")
    return found


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
