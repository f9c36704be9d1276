"""The fields of a template, from YAML: slots, sections that are written, sheets of a form."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lawvault.writer.profiles import PROFILES
from lawvault.writer.slots.cleaning import Cleaning, ValueFaultError
from lawvault.writer.slots.slot import PARTS, SLOT_TYPES, Condition, Option, Slot
from lawvault.writer.slots.values import read_value
from lawvault.writer.templates.error import TemplateError
from lawvault.writer.templates.placeholders import IDENTIFIER, placeholders
from lawvault.writer.templates.plain_yaml import Node
from lawvault.writer.templates.use import refuse_too_many

_CONDITION = re.compile(rf"({IDENTIFIER})\s*==\s*(\S+)")
_OF_ALL = ("id", "type", "label", "group", "required", "help", "example", "when")
_OF_TYPE: Mapping[str, tuple[str, ...]] = {
    "text": ("max_chars",),
    "long_text": ("max_chars",),
    "list": ("max_chars",),
    "integer": ("min", "max"),
    "money": ("capitals",),
    "choice": ("options", "many"),
    "person": ("parts", "many"),
}
_WORDS = ("id", "name", "version", "kind", "profile", "description", "title")
FIELDS = (*_WORDS, "slots", "sections", "sheets", "body", "signature", "appendix")
"""The fields of a template."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part that an LLM or a person writes: what it is about, and what it has to cite."""

    id: str
    heading: str
    guidance: str
    citations: str = ""
    when: Condition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a sheet: an item and what is told of it, a line each; a heading if no lines."""

    label: str
    lines: tuple[str, ...] = ()
    when: Condition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table of an 要素式 form: items at the left, answers at the right."""

    id: str
    caption: str
    rows: tuple[Row, ...]


def read_fields(fields: Mapping[str, Node]) -> dict[str, Any]:
    """Return the arguments of a Template that its fields tell, without its body.

    Raises:
        TemplateError: one of them is wrong, or an id is used twice.
    """
    told: dict[str, Any] = {name: fields[name].text() for name in _WORDS if name in fields}
    if told.get("profile", "lawfirm") not in PROFILES:
        raise fields["profile"].wrong(f"没有这种版式；可用的有：{'、'.join(PROFILES)}")
    slots: dict[str, Slot] = {}
    for node in _items(fields, "slots"):
        slot = _slot(node, slots)
        slots[slot.id] = slot
    refuse_too_many(len(slots))
    taken = set(slots)
    sections = [_section(node, slots, taken) for node in _items(fields, "sections")]
    sheets = [_sheet(node, slots, taken) for node in _items(fields, "sheets")]
    told |= {"slots": tuple(slots.values()), "sections": tuple(sections), "sheets": tuple(sheets)}
    for name in ("signature", "appendix"):
        told[name] = tuple(_line(node, slots) for node in _items(fields, name))
    if "title" in told:
        _line(fields["title"], slots)
    return told


def _items(fields: Mapping[str, Node], name: str) -> list[Node]:
    return fields[name].items() if name in fields else []


def _id(node: Node, fields: Mapping[str, Node], taken: Iterable[str]) -> str:
    if "id" not in fields:
        raise node.wrong("缺少 id")
    found = fields["id"].text()
    if not re.fullmatch(IDENTIFIER, found):
        raise fields["id"].wrong(
            f"id“{found[:40]}”应以文字开头，只含文字、数字和下划线，至多 40 字"
        )
    if found in taken:
        raise fields["id"].wrong(f"id“{found}”重复，每个填写项、章节、表格的 id 都应不同")
    return found


def _slot(node: Node, before: Mapping[str, Slot]) -> Slot:
    fields = node.fields()
    kind = fields["type"].text() if "type" in fields else "text"
    if kind not in SLOT_TYPES:
        known = "、".join(f"{name}（{label}）" for name, label in SLOT_TYPES.items())
        raise fields["type"].wrong(f"没有“{kind[:20]}”这种类型；可用的有：{known}")
    node.fields(*_OF_ALL, *_OF_TYPE.get(kind, ()))
    name = _id(node, fields, before)
    told = {key: _READERS[key](fields[key]) for key in _READERS if key in fields}
    if kind == "choice" and len(told.get("options", ())) < 2:
        raise node.wrong(f"选项“{name}”应在 options 中列出至少两项")
    if "when" in fields:
        told["when"] = _condition(fields["when"], before)
    slot = Slot(**{"label": name, **told, "id": name, "type": kind})
    _try_example(slot, fields)
    return slot


def _try_example(slot: Slot, fields: Mapping[str, Node]) -> None:
    if slot.example is None:
        return
    cleaning = Cleaning()
    try:
        read_value(slot, slot.example, cleaning)
        if cleaning.faults:
            raise ValueFaultError(cleaning.faults[0])
    except ValueFaultError as error:
        raise fields["example"].wrong(f"“{slot.id}”的示例不符合自己的类型：{error}") from None


def _options(node: Node) -> tuple[Option, ...]:
    options: dict[str, Option] = {}
    for item in node.items():
        if isinstance(item.value, str):
            option = Option(value=item.value, label=item.value)
        else:
            fields = item.fields("value", "label")
            if len(fields) != 2:
                raise item.wrong("选项应写明 value 和 label，或只写一段文字")
            option = Option(value=fields["value"].text(), label=fields["label"].text())
        if not option.value or option.value in options:
            raise item.wrong(f"选项“{option.value[:20]}”为空或重复")
        options[option.value] = option
    return tuple(options.values())


def _parts(node: Node) -> frozenset[str]:
    known = {part for parts in PARTS.values() for part in parts}
    for item in node.items():
        if item.text() not in known:
            raise item.wrong(
                f"当事人没有“{item.text()[:20]}”这一项；可用的有：{'、'.join(sorted(known))}"
            )
    return frozenset(item.text() for item in node.items()) | {"name"}


def _condition(node: Node, slots: Mapping[str, Slot]) -> Condition:
    match = _CONDITION.fullmatch(node.text().strip())
    if not match:
        raise node.wrong("条件只能写作“填写项 == 答案”，如 party_kind == legal")
    slot = slots.get(match[1])
    if slot is None:
        raise node.wrong(f"条件中的“{match[1]}”应是在前面声明过的填写项")
    if match[2] not in slot.answers():
        answers = "、".join(slot.answers())
        raise node.wrong(
            f"“{match[2]}”不是“{match[1]}”的答案；可用的有：{answers or '无，它不是选项'}"
        )
    return Condition(slot=match[1], value=match[2])


def _line(node: Node, slots: Mapping[str, Slot]) -> str:
    text = node.text().strip()
    if "\n" in text:
        raise node.wrong("这里只能写一行，多行请分成多项")
    try:
        for used in placeholders(text):
            if used.id not in slots:
                raise node.wrong(f"“{used.text}”不是已声明的填写项")
    except TemplateError as error:
        raise error if error.line == node.line else node.wrong(str(error)) from None
    return text


def _section(node: Node, slots: Mapping[str, Slot], taken: set[str]) -> Section:
    fields = node.fields("id", "heading", "guidance", "citations", "when")
    name = _id(node, fields, taken)
    taken.add(name)
    for needed in ("heading", "guidance"):
        if needed not in fields:
            raise node.wrong(f"章节“{name}”缺少 {needed}")
    return Section(
        id=name,
        heading=fields["heading"].text(),
        guidance=fields["guidance"].text().strip(),
        citations=fields["citations"].text().strip() if "citations" in fields else "",
        when=_condition(fields["when"], slots) if "when" in fields else None,
    )


def _sheet(node: Node, slots: Mapping[str, Slot], taken: set[str]) -> Sheet:
    fields = node.fields("id", "caption", "rows")
    name = _id(node, fields, taken)
    taken.add(name)
    caption = fields["caption"].text() if "caption" in fields else ""
    rows = tuple(_row(row, slots) for row in _items(fields, "rows"))
    if not rows:
        raise node.wrong(f"表格“{name}”没有 rows")
    return Sheet(id=name, caption=caption, rows=rows)


def _row(node: Node, slots: Mapping[str, Slot]) -> Row:
    fields = node.fields("label", "lines", "when")
    if "label" not in fields:
        raise node.wrong("表格的行缺少 label")
    return Row(
        label=fields["label"].text(),
        lines=tuple(_line(line, slots) for line in _items(fields, "lines")),
        when=_condition(fields["when"], slots) if "when" in fields else None,
    )


_READERS: Mapping[str, Callable[[Node], Any]] = {
    "label": Node.text,
    "group": Node.text,
    "help": Node.text,
    "required": Node.flag,
    "many": Node.flag,
    "capitals": Node.flag,
    "max_chars": Node.number,
    "min": Node.number,
    "max": Node.number,
    "example": Node.plain,
    "options": _options,
    "parts": _parts,
}
