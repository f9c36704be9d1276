"""Parties: natural persons and organisations, part by part."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lawvault.writer.cleaning import (
    Cleaning,
    ValueFaultError,
    date_of,
    fields_of,
    is_empty,
    listed,
    within,
)
from lawvault.writer.identity import birth_date_of, credit_code_fault, id_number_fault, phone_fault
from lawvault.writer.slots import KINDS, PARTS, Slot

_GENDERS = ("男", "女")
_PART_CHARS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A party: `kind` natural or legal, and its parts by name (`slots.PARTS`), those given."""

    kind: str
    parts: Mapping[str, str]

    @property
    def name(self) -> str:
        """The name, "" if not told."""
        return self.parts.get("name", "")


def read_persons(slot: Slot, raw: object, cleaning: Cleaning) -> tuple[Person, ...]:
    """Return the persons that `raw` (JSON, one or a list) tells of.

    Raises:
        ValueFaultError: one is not told in parts, has a wrong number or contradicts itself, or
            there are more than the slot takes.
    """
    persons = [item for item in listed(raw) if not is_empty(item)]
    if len(persons) > 1 and not slot.many:
        raise ValueFaultError("只能填一人（一个单位）")
    return tuple(
        _person(person, f"第 {number} 位" if len(persons) > 1 else "", cleaning)
        for number, person in enumerate(persons, start=1)
    )


def _person(raw: object, where: str, cleaning: Cleaning) -> Person:
    kind = raw.get("kind") if isinstance(raw, Mapping) else None
    if not isinstance(raw, Mapping) or not isinstance(kind, str) or kind not in KINDS:
        message = "请分项填写，并用 kind 说明是自然人（natural）还是法人、非法人组织（legal）"
        raise ValueFaultError(where + message)
    told = {name: value for name, value in raw.items() if name != "kind"}
    parts = {}
    for name, value in fields_of(told, PARTS[kind], where).items():
        field = where + PARTS[kind][name]
        parts[name] = _checked(name, within(field, value, _PART_CHARS, cleaning), field)
    _refuse_contradiction(parts, where)
    return Person(kind=kind, parts={name: text for name, text in parts.items() if text})


def _checked(name: str, text: str, where: str) -> str:
    if not text:
        return ""
    if name == "birth_date":
        return _day(text, where)
    if name == "gender" and text not in _GENDERS:
        raise ValueFaultError(f"{where}应为“男”或“女”")
    if name in _CHECKS:
        text = re.sub(r"[ \u3000]", "", text.upper()) if name != "phone" else text
        fault = _CHECKS[name](text)
        if fault:
            raise ValueFaultError(f"{where}“{text[:24]}”有误：{fault}")
    return text


def _day(text: str, where: str) -> str:
    try:
        day = date_of(text)
    except ValueFaultError as error:
        raise ValueFaultError(f"{where}：{error}") from None
    return f"{day.year}年{day.month}月{day.day}日"


def _refuse_contradiction(parts: Mapping[str, str], where: str) -> None:
    number = parts.get("id_number", "")
    if not number:
        return
    day, gender = birth_date_of(number), parts.get("gender", "")
    told = parts.get("birth_date", "")
    if told and day and date_of(told) != day:
        raise ValueFaultError(f"{where}出生日期“{told}”与身份证号中的 {day} 不一致，请核对")
    if gender and gender != _GENDERS[1 - int(number[16]) % 2]:
        raise ValueFaultError(f"{where}性别“{gender}”与身份证号第 17 位不一致，请核对")


_CHECKS: Mapping[str, Callable[[str], str]] = {
    "id_number": id_number_fault,
    "credit_code": credit_code_fault,
    "phone": phone_fault,
}
