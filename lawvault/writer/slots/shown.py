"""Values of slots as the words, lines and blocks of a document."""

import datetime
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from lawvault.writer.document import (
    Blank,
    Block,
    Break,
    Cell,
    Inline,
    Items,
    Paragraph,
    Table,
    Text,
)
from lawvault.writer.slots.cleaning import spoken_day
from lawvault.writer.slots.money import in_capitals, in_figures
from lawvault.writer.slots.parties import Person
from lawvault.writer.slots.slot import EVIDENCE_PARTS, PARTS, Slot
from lawvault.writer.slots.values import Evidence, Value

Line = tuple[Inline, ...]
CHOSEN, OPEN = "☑", "☐"
BOXED = ("choice", "yes_no")
"""The types whose answers have a box each."""
_EVIDENCE_WIDTHS = (1.0, 3.0, 3.0, 4.0)
_IN_PROSE = {
    "birth_date": "{}出生",
    "address": "住{}",
    "seat": "住所地：{}",
    "id_number": "公民身份号码{}",
    "phone": "联系电话{}",
    "credit_code": "统一社会信用代码{}",
}
"""How a paragraph says a part of a person; others stand for themselves."""
_ROLE = "representative_role"
_NOT_LEGAL_PERSONS = re.compile(
    "(?:分公司|分行|支行|分理处|营业部|营业所|办事处|项目部|分所|分店|分社|分院|事务所|业主委员会|合伙企业"
    "|[（(](?:普通|特殊普通|有限)合伙[）)])$"
)
"""Names of organisations that have no 法定代表人, but a 主要负责人."""


def joined(line: Iterable[Inline]) -> Line:
    """Return a line with words that look alike in one run."""
    parts: list[Inline] = []
    for part in line:
        last = parts[-1] if parts else None
        if (
            isinstance(part, Text)
            and isinstance(last, Text)
            and part == replace(last, text=part.text)
        ):
            parts[-1] = replace(last, text=last.text + part.text)
        else:
            parts.append(part)
    return tuple(parts)


def lines_of(slot: Slot, value: Value | None) -> tuple[Line, ...]:
    """Return a value as lines; what was not told is a `Blank`, or boxes that are open."""
    if slot.type in BOXED:
        return (boxes_of(slot, value),)
    if value is None:
        return ((Blank(label=slot.label),),)
    if isinstance(value, tuple):
        items: Sequence[str | Person | Evidence] = value
        return tuple(
            line for number, item in enumerate(items, 1) for line in _item(slot, item, number)
        )
    return tuple((Text(text=line),) for line in _words(slot, value).split("\n") if line.strip())


def inline_of(slot: Slot, value: Value | None) -> Line:
    """Return a value as words in a sentence: names of persons, answers without boxes, 、 lists."""
    if value is None:
        return (Blank(label=slot.label),)
    if isinstance(value, bool):
        return (Text(text="是" if value else "否"),)
    if isinstance(value, tuple):
        labels = {option.value: option.label for option in slot.options}
        items: Sequence[str | Person | Evidence] = value
        names = [labels.get(item, item) if isinstance(item, str) else item.name for item in items]
        return (Text(text="、".join(names)),) if all(names) else (Blank(label=slot.label),)
    lines = lines_of(slot, value)
    return tuple(part for line in lines for part in (Break(), *line))[1:]


def boxes_of(slot: Slot, value: Value | None) -> Line:
    """Return a value as words in a line of a form: as `inline_of`, answers with their boxes."""
    if slot.type not in BOXED:
        return inline_of(slot, value)
    return (Text(text=_boxes(slot, value)),)


def blocks_of(slot: Slot, value: Value | None) -> tuple[Block, ...]:
    """Return a value as blocks of a document."""
    if isinstance(value, tuple) and slot.type == "list":
        texts = [item for item in value if isinstance(item, str)]
        return (Items(items=tuple((_paragraph(text),) for text in texts), start=1),)
    if isinstance(value, tuple) and slot.type == "evidence":
        return (_evidence_table([item for item in value if isinstance(item, Evidence)]),)
    if isinstance(value, tuple) and slot.type == "person":
        persons = [item for item in value if isinstance(item, Person)]
        return tuple(
            Paragraph(content=line) for person in persons for line in _person_prose(slot, person)
        )
    return tuple(Paragraph(content=line) for line in lines_of(slot, value))


def _paragraph(text: str) -> Paragraph:
    return Paragraph(content=(Text(text=text),))


def _words(slot: Slot, value: Value) -> str:
    if isinstance(value, datetime.date):
        return spoken_day(value)
    if isinstance(value, Decimal):
        capitals = f"（大写：{in_capitals(value)}）" if slot.capitals else ""
        return in_figures(value) + capitals
    return str(value)


def _boxes(slot: Slot, value: Value | None) -> str:
    if slot.type == "yes_no":
        told = (value is True, value is False)
        return "　".join(
            (CHOSEN if is_so else OPEN) + name for is_so, name in zip(told, "是否", strict=True)
        )
    chosen = value if isinstance(value, tuple) else ()
    return "　".join(
        (CHOSEN if option.value in chosen else OPEN) + option.label for option in slot.options
    )


def _item(slot: Slot, item: str | Person | Evidence, number: int) -> Sequence[Line]:
    if isinstance(item, Person):
        return _person_lines(slot, item)
    if isinstance(item, Evidence):
        said = [f"{label}：{text}" for label, text in _rest(item) if text]
        words = item.name + (f"（{'；'.join(said)}）" if said else "")
        return ((Text(text=f"{number}. {words}"),),)
    return ((Text(text=f"{number}. {item}"),),)


def _rest(item: Evidence) -> tuple[tuple[str, str], ...]:
    return ((EVIDENCE_PARTS["source"], item.source), (EVIDENCE_PARTS["purpose"], item.purpose))


def _person_lines(slot: Slot, person: Person) -> Sequence[Line]:
    """Return a person as a form has it: a line for each part that is told or required."""
    lines: list[Line] = []
    for part, told in _shown_parts(slot, person):
        label = _label(part, person)
        if part == "gender":
            boxes = "　".join((CHOSEN if told == name else OPEN) + name for name in "男女")
            lines.append((Text(text=f"{label}：{boxes}"),))
        elif told:
            lines.append((Text(text=f"{label}：{told}"),))
        else:
            lines.append((Text(text=f"{label}："), Blank(label=label)))
    return lines


def _shown_parts(slot: Slot, person: Person) -> Iterator[tuple[str, str]]:
    """Yield the parts of a person that a document shows, and what was told of each."""
    for part in PARTS[person.kind]:
        told = person.parts.get(part, "")
        is_shown = told or part in slot.parts or part in person.refused or part == "gender"
        if is_shown and part != _ROLE:
            yield part, told


def _label(part: str, person: Person) -> str:
    """Return what a part is called, a representative as what they are."""
    label = PARTS[person.kind][part]
    if part != "representative" or not (person.name or _ROLE in person.parts):
        return label
    is_legal = not _NOT_LEGAL_PERSONS.search(person.name)
    return person.parts.get(_ROLE) or ("法定代表人" if is_legal else "主要负责人")


def _person_prose(slot: Slot, person: Person) -> list[Line]:
    """Return a person as a pleading has it; the representative has a line of their own."""
    first: list[Inline] = [Text(text=f"{slot.label}：")]
    second: list[Inline] = []
    for part, told in _shown_parts(slot, person):
        if part == "gender" and not told and part not in slot.parts | person.refused:
            continue
        is_second = part.startswith("representative") or (part == "phone" and bool(second))
        line = second if is_second else first
        is_one_word = part == "job" and "workplace" in person.parts  # 某厂排版员
        if len(line) > (0 if is_second else 1) and not is_one_word:
            line.append(Text(text="，"))
        if part == "representative":
            line.append(Text(text=f"{_label(part, person)}："))
        key = "seat" if part == "address" and person.kind == "legal" else part
        before, _, after = _IN_PROSE.get(key, "{}").partition("{}")
        words: tuple[Inline, ...] = (Text(text=before + told + after),)
        line += words if told else (Blank(label=PARTS[person.kind][part]),)
    return [joined((*line, Text(text="。"))) for line in (first, second) if line]


def _evidence_table(evidence: Sequence[Evidence]) -> Table:
    names = ("序号", *EVIDENCE_PARTS.values())
    header = tuple(_cell(name, is_header=True) for name in names)
    rows = [
        tuple(_cell(text) for text in (str(number), item.name, item.source, item.purpose))
        for number, item in enumerate(evidence, start=1)
    ]
    return Table(rows=(header, *rows), columns=len(names), widths=_EVIDENCE_WIDTHS)


def _cell(text: str, *, is_header: bool = False) -> Cell:
    return Cell(paragraphs=((Text(text=text),) if text else (),), is_header=is_header)
