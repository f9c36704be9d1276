"""Which slots the words of a template use, and what only looks like one."""

from collections.abc import Collection, Iterable

from lawvault.writer.slots.slot import Slot
from lawvault.writer.templates.error import TemplateError
from lawvault.writer.templates.placeholders import Used, placeholders

MAX_SLOTS = 200
MAX_NOTES = 20


def check_use(text: str, known: Collection[str], *, lines_before: int = 0) -> tuple[str, ...]:
    """Return a note for everything in `text` that looks like a slot and is not `known`.

    Raises:
        TemplateError: a slot is not closed.
    """
    strange = [
        used for used in placeholders(text, lines_before=lines_before) if used.id not in known
    ]
    return _notes(strange)


def by_use(text: str) -> tuple[tuple[Slot, ...], tuple[str, ...]]:
    """Return the slots that a text without declarations uses, and notes on what is none.

    Raises:
        TemplateError: a slot is not closed, or there are too many.
    """
    used = list(placeholders(text))
    slots = {place.id: place for place in used if place.id and not place.is_spaced}
    refuse_too_many(len(slots))
    strange = [place for place in used if place.id not in slots]
    return tuple(Slot(id=name, type="text", label=name) for name in slots), _notes(strange)


def refuse_too_many(count: int) -> None:
    """Raise TemplateError if a template has more than `MAX_SLOTS` slots."""
    if count > MAX_SLOTS:
        raise TemplateError(f"共 {count} 个填写项，上限为 {MAX_SLOTS} 个")


def _notes(strange: Iterable[Used]) -> tuple[str, ...]:
    notes = [
        f"第{used.line}行第{used.column}列的“{used.text[:40]}”不是已声明的填写项，按普通文字保留"
        for used in strange
    ]
    more = len(notes) - MAX_NOTES
    return (*notes[:MAX_NOTES], f"另有 {more} 处同样情形") if more > 0 else tuple(notes)
