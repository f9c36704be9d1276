"""The form of a template: what a page asks, and what comes back from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lawvault.writer.slots.cleaning import MAX_ITEMS, Cleaning, ValueFaultError, is_empty
from lawvault.writer.slots.parties import Person
from lawvault.writer.slots.slot import EVIDENCE_PARTS, KINDS, PARTS, Condition, Slot
from lawvault.writer.slots.values import Value, read_value
from lawvault.writer.templates.fields import Section
from lawvault.writer.templates.template import Template

SECTION_CHARS = 50_000
"""How long a section may be that a person writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Something required that was not told; `part` is that of a person, "" for a whole slot."""

    slot: str
    label: str
    part: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A value that cannot be used, and in Chinese why and how to mend it."""

    slot: str
    label: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What was told for a template, checked.

    `values` are those that are right, by slot; `written` the sections that came with words;
    `silent` the ids whose condition does not hold; `notes` say what was cleaned or left out.
    """

    values: Mapping[str, Value]
    written: Mapping[str, str]
    silent: frozenset[str]
    missing: tuple[Missing, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]


def form_of(template: Template) -> dict[str, Any]:
    """Return what a page needs to ask for the values of a template; plain JSON.

    `groups` hold the fields in order; a field with `when` is shown while the field `slot` has the
    answer `value`.  `sections` are what an LLM writes; a person may write them instead, under
    their id.
    """
    groups: dict[str, list[dict[str, Any]]] = {}
    for slot in template.slots:
        groups.setdefault(slot.group or "填写事项", []).append(_field(slot))
    return {
        "id": template.id,
        "name": template.name,
        "version": template.version,
        "kind": template.kind,
        "profile": template.profile,
        "description": template.description,
        "groups": [{"label": label, "fields": fields} for label, fields in groups.items()],
        "sections": [_section_field(section) for section in template.sections],
        "notes": list(template.notes),
    }


def values_of(template: Template, answers: Mapping[str, Any]) -> Answers:
    """Return what is right, missing and wrong in the answers (JSON, by slot or section id).

    Nothing is raised for a bad answer: it is left out and named in `problems`.  What is neither a
    slot nor a section is a problem, too; an answer whose condition does not hold is left out with
    a note.
    """
    reading = _Reading()
    for slot in template.slots:
        reading.slot(slot, answers.get(slot.id))
    for section in template.sections:
        reading.section(section, answers.get(section.id))
    asked = template.names() - {sheet.id for sheet in template.sheets}
    for name in answers:
        if name not in asked:
            message = "模板没有这一填写项，请删除或核对名称"
            shown = str(name)[:40]
            reading.problems.append(Problem(slot=shown, label=shown, message=message))
    return Answers(
        values=reading.values,
        written=reading.written,
        silent=frozenset(reading.silent),
        missing=tuple(reading.missing),
        problems=tuple(reading.problems),
        notes=tuple(reading.notes),
    )


def holds(when: Condition | None, values: Mapping[str, Value]) -> bool:
    """Say whether a condition holds; where there is none, it does."""
    if when is None:
        return True
    value = values.get(when.slot)
    if isinstance(value, bool):
        return when.value == ("yes" if value else "no")
    return isinstance(value, tuple) and when.value in value


class _Reading:
    """The answers read so far, in the order of the template."""

    def __init__(self) -> None:
        self.values: dict[str, Value] = {}
        self.written: dict[str, str] = {}
        self.silent: set[str] = set()
        self.missing: list[Missing] = []
        self.problems: list[Problem] = []
        self.notes: list[str] = []
        self._slots: dict[str, Slot] = {}

    def slot(self, slot: Slot, raw: object) -> None:
        """Take in the answer to one slot."""
        self._slots[slot.id] = slot
        if not self._is_asked(slot.id, slot.label, slot.when, raw):
            return
        value = None if is_empty(raw) else self._value(slot, raw)
        if value is None or value == "" or value == ():
            if slot.required:
                self.missing.append(Missing(slot=slot.id, label=slot.label, help=slot.help))
            return
        self.values[slot.id] = value
        if isinstance(value, tuple):
            persons = [person for person in value if isinstance(person, Person)]
            self.missing += _missing_parts(slot, persons)

    def section(self, section: Section, raw: object) -> None:
        """Take in the words of a section, if a person wrote it."""
        if not self._is_asked(section.id, section.heading, section.when, raw) or is_empty(raw):
            return
        slot = Slot(id=section.id, type="long_text", label=section.heading, max_chars=SECTION_CHARS)
        value = self._value(slot, raw)
        if isinstance(value, str) and value:
            self.written[section.id] = value

    def _is_asked(self, name: str, label: str, when: Condition | None, raw: object) -> bool:
        if holds(when, self.values):
            return True
        self.silent.add(name)
        if not is_empty(raw):
            self.notes.append(f"“{label}”在所选情形下不适用，未写入")
        return False

    def _value(self, slot: Slot, raw: object) -> Value | None:
        cleaning = Cleaning()
        try:
            value = read_value(slot, raw, cleaning)
        except ValueFaultError as fault:
            self.problems.append(Problem(slot=slot.id, label=slot.label, message=str(fault)))
            return None
        self.problems += [
            Problem(slot=slot.id, label=slot.label, message=f"{fault}；这一项未写入")
            for fault in cleaning.faults
        ]
        self.notes += [f"“{slot.label}”中的{reading}，请核对" for reading in cleaning.readings]
        if cleaning.removed:
            self.notes.append(f"“{slot.label}”中去除了 {cleaning.removed} 个不可见或控制字符")
        return value


def _missing_parts(slot: Slot, persons: Sequence[Person]) -> list[Missing]:
    found = []
    for number, person in enumerate(persons, start=1):
        who = f"{slot.label}（第 {number} 位）" if len(persons) > 1 else slot.label
        for part, label in PARTS[person.kind].items():
            if part in slot.parts and part not in person.parts:
                found.append(Missing(slot=slot.id, label=f"{who}·{label}", part=part))
    return found


def _field(slot: Slot) -> dict[str, Any]:
    field: dict[str, Any] = {
        "id": slot.id,
        "type": slot.type,
        "label": slot.label,
        "required": slot.required,
        "help": slot.help,
        "example": slot.example,
    }
    if slot.when:
        field["when"] = {"slot": slot.when.slot, "value": slot.when.value}
    return field | _of_type(slot)


def _of_type(slot: Slot) -> dict[str, Any]:
    """Return what only fields of this type have."""
    if slot.type == "choice":
        options = [{"value": option.value, "label": option.label} for option in slot.options]
        return {"many": slot.many, "options": options}
    if slot.type == "person":
        return {"many": slot.many, "max_items": MAX_ITEMS, "kinds": _kinds(slot)}
    if slot.type == "evidence":
        parts = [{"id": part, "label": label} for part, label in EVIDENCE_PARTS.items()]
        return {"max_items": MAX_ITEMS, "parts": parts}
    if slot.type == "integer":
        return {"min": slot.min, "max": slot.max}
    if slot.type == "list":
        return {"max_items": MAX_ITEMS, "max_chars": slot.limit}
    return {"max_chars": slot.limit} if slot.type in ("text", "long_text") else {}


def _kinds(slot: Slot) -> list[dict[str, Any]]:
    return [
        {
            "value": kind,
            "label": label,
            "parts": [
                {"id": part, "label": name, "required": part in slot.parts}
                for part, name in PARTS[kind].items()
            ],
        }
        for kind, label in KINDS.items()
    ]


def _section_field(section: Section) -> dict[str, Any]:
    field: dict[str, Any] = {
        "id": section.id,
        "type": "long_text",
        "label": section.heading,
        "required": False,
        "help": section.guidance,
        "citations": section.citations,
        "max_chars": SECTION_CHARS,
    }
    if section.when:
        field["when"] = {"slot": section.when.slot, "value": section.when.value}
    return field
