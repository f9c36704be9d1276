"""What people answer, held against the slots of a template.

A value comes from a form, a file or an LLM: nothing about it is believed.  What is not right is
not used; the error says in Chinese what, where and how to mend it.
"""

import datetime
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from lawvault.writer.slots.cleaning import (
    MAX_ITEMS,
    Cleaning,
    ValueFaultError,
    fields_of,
    half_width,
    is_empty,
    listed,
    within,
)
from lawvault.writer.slots.money import amount_of, in_figures
from lawvault.writer.slots.parties import Person, read_persons
from lawvault.writer.slots.slot import EVIDENCE_PARTS, Slot

_YES = {"true": True, "yes": True, "是": True, "false": False, "no": False, "否": False}
_EVIDENCE_CHARS = 1_000
_USUAL_AMOUNT = re.compile(r"[¥￥]?[\d,]+(?:\.\d+)? ?元?整?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One piece of evidence."""

    name: str
    source: str = ""
    purpose: str = ""


Value = (
    str
    | bool
    | int
    | Decimal
    | datetime.date
    | tuple[str, ...]
    | tuple[Person, ...]
    | tuple[Evidence, ...]
)
"""A value that is right; choices are the options' values, lists, persons, evidence are tuples."""


def read_value(slot: Slot, raw: object, cleaning: Cleaning) -> Value:
    """Return the value that `raw` (JSON) is for `slot`.

    Raises:
        ValueFaultError: it is none.
    """
    return _READERS[slot.type](slot, raw, cleaning)


def _text(slot: Slot, raw: object, cleaning: Cleaning) -> str:
    return cleaning.text(raw, slot.limit, lines=slot.type == "long_text")


def _date(slot: Slot, raw: object, cleaning: Cleaning) -> datetime.date:
    return cleaning.day(cleaning.text(raw, slot.limit))


def _money(slot: Slot, raw: object, cleaning: Cleaning) -> Decimal:
    text = cleaning.text(raw, slot.limit)
    try:
        amount = amount_of(text)
    except ValueError as error:
        raise ValueFaultError(str(error)) from None
    if not _USUAL_AMOUNT.fullmatch(text):
        cleaning.readings.append(f"“{text}”读作 {in_figures(amount)}")
    return amount


def _integer(slot: Slot, raw: object, cleaning: Cleaning) -> int:
    text = half_width(cleaning.text(raw, slot.limit))
    if not re.fullmatch(r"-?\d{1,15}", text, re.ASCII):
        raise ValueFaultError(f"“{text[:20]}”不是整数")
    number = int(text)
    if slot.min is not None and number < slot.min:
        raise ValueFaultError(f"应不小于 {slot.min}，现为 {number}")
    if slot.max is not None and number > slot.max:
        raise ValueFaultError(f"应不大于 {slot.max}，现为 {number}")
    return number


def _yes_no(slot: Slot, raw: object, cleaning: Cleaning) -> bool:
    if isinstance(raw, bool):
        return raw
    answer = _YES.get(cleaning.text(raw, slot.limit))
    if answer is None:
        raise ValueFaultError("应为“是”或“否”")
    return answer


def _choice(slot: Slot, raw: object, cleaning: Cleaning) -> tuple[str, ...]:
    by_name = {option.label: option.value for option in slot.options}
    by_name |= {option.value: option.value for option in slot.options}
    chosen: list[str] = []
    for item in listed(raw):
        name = cleaning.text(item, slot.limit)
        if name not in by_name:
            options = "、".join(option.label for option in slot.options)
            raise ValueFaultError(f"没有“{name[:20]}”这一选项；可选：{options}")
        chosen.append(by_name[name])
    if len(set(chosen)) > 1 and not slot.many:
        raise ValueFaultError("只能选一项")
    return tuple(value for value in slot.answers() if value in chosen)


def _list(slot: Slot, raw: object, cleaning: Cleaning) -> tuple[str, ...]:
    if isinstance(raw, str):
        raw = cleaning.text(raw, slot.limit * MAX_ITEMS, lines=True).split("\n")
    texts = [
        within(f"第 {number} 条", item, slot.limit, cleaning)
        for number, item in enumerate(listed(raw), start=1)
    ]
    return tuple(filter(None, texts))


def _evidence(slot: Slot, raw: object, cleaning: Cleaning) -> tuple[Evidence, ...]:
    pieces = [item for item in listed(raw) if not is_empty(item)]
    found = []
    for number, piece in enumerate(pieces, start=1):
        where = f"第 {number} 项证据"
        piece = {"name": piece} if isinstance(piece, str) else piece
        parts = {
            name: within(where + EVIDENCE_PARTS[name], value, _EVIDENCE_CHARS, cleaning)
            for name, value in fields_of(piece, EVIDENCE_PARTS, where).items()
        }
        if not parts.get("name"):
            raise ValueFaultError(f"{where}没有名称")
        found.append(Evidence(**parts))
    return tuple(found)


_READERS: Mapping[str, Callable[[Slot, object, Cleaning], Value]] = {
    "text": _text,
    "long_text": _text,
    "date": _date,
    "money": _money,
    "integer": _integer,
    "yes_no": _yes_no,
    "choice": _choice,
    "list": _list,
    "evidence": _evidence,
    "person": read_persons,
}
