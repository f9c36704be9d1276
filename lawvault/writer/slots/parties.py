"""Parties: natural persons and organisations, part by part."""

import datetime
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from lawvault.writer.slots.cleaning import (
    Cleaning,
    ValueFaultError,
    date_of,
    fields_of,
    half_width,
    is_empty,
    listed,
    spoken_day,
    within,
)
from lawvault.writer.slots.identity import (
    birth_date_of,
    credit_code_fault,
    id_number_fault,
    phone_fault,
)
from lawvault.writer.slots.slot import KINDS, PARTS, Slot

_GENDERS = ("男", "女")
_PART_CHARS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A party: `kind` natural or legal, and its parts by name (`slots.PARTS`), those given.

    `refused` are parts that were given and cannot be used: a document leaves a blank for them.
    """

    kind: str
    parts: Mapping[str, str]
    refused: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The name, "" if not told."""
        return self.parts.get("name", "")


def read_persons(slot: Slot, raw: object, cleaning: Cleaning) -> tuple[Person, ...]:
    """Return the persons that `raw` (JSON, one or a list) tells of.

    A part that is wrong, or contradicts another, is left out and told in `cleaning.faults`.

    Raises:
        ValueFaultError: one is not told in parts, or there are more than the slot takes.
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
    try:
        fields_of(told, PARTS[kind], where)
    except ValueFaultError as fault:
        cleaning.faults.append(str(fault))
    parts, refused = dict[str, str](), set[str]()
    for name in filter(told.__contains__, PARTS[kind]):
        field = where + PARTS[kind][name]
        try:
            text = within(field, told[name], _PART_CHARS, cleaning)
            parts[name] = _checked(name, text, where=field, cleaning=cleaning)
        except ValueFaultError as fault:
            refused.add(name)
            cleaning.faults.append(str(fault))
    for names, message in _contradictions(parts, where):
        refused |= names
        cleaning.faults.append(message)
    kept = {name: text for name, text in parts.items() if text and name not in refused}
    return Person(kind=kind, parts=kept, refused=frozenset(refused))


def _checked(name: str, text: str, *, where: str, cleaning: Cleaning) -> str:
    if not text:
        return ""
    if name == "birth_date":
        return _day_of_birth(text, where, cleaning)
    if name == "gender" and text not in _GENDERS:
        raise ValueFaultError(f"{where}应为“男”或“女”")
    if name in _CHECKS:
        text = half_width(text)
        text = re.sub(r"[ \u3000]", "", text.upper()) if name != "phone" else text
        fault = _CHECKS[name](text)
        if fault:
            raise ValueFaultError(f"{where}“{text[:24]}”有误：{fault}")
    return text


def _day_of_birth(text: str, where: str, cleaning: Cleaning) -> str:
    try:
        day = cleaning.day(text)
    except ValueFaultError as error:
        raise ValueFaultError(f"{where}：{error}") from None
    if day > datetime.date.today():
        raise ValueFaultError(f"{where}“{text}”晚于今天，请核对")
    return spoken_day(day)


def _contradictions(parts: Mapping[str, str], where: str) -> Iterator[tuple[set[str], str]]:
    """Yield the parts that cannot both be true, and what to say of them."""
    number = parts.get("id_number", "")
    if not number:
        return
    day, gender = birth_date_of(number), parts.get("gender", "")
    told = parts.get("birth_date", "")
    if told and day and date_of(told) != day:
        message = f"{where}出生日期“{told}”与身份证号中的 {spoken_day(day)} 不一致，请核对"
        yield {"birth_date", "id_number"}, message
    if gender and gender != _GENDERS[1 - int(number[16]) % 2]:
        message = f"{where}性别“{gender}”与身份证号第 17 位不一致，请核对"
        yield {"gender", "id_number"}, message


_CHECKS: Mapping[str, Callable[[str], str]] = {
    "id_number": id_number_fault,
    "credit_code": credit_code_fault,
    "phone": phone_fault,
}
