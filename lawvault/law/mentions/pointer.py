"""Words that point without a law: what a lone 第二款, 前款 or 该条 goes on from."""

from collections.abc import Sequence
from dataclasses import replace

from lawvault.law.address import Address
from lawvault.law.mentions.anchors import VIOLATES
from lawvault.law.mentions.grammar import Mention
from lawvault.law.mentions.relative import back
from lawvault.law.mentions.trail import Trail
from lawvault.law.mentions.whereabouts import Whereabouts
from lawvault.law.reference import Reference

LEVELS = {"条": 1, "款": 2, "项": 3}
REACH = 2000
"""How far back in a text such words may point."""


class Pointer:
    """Finds what words point to, from where they stand and what was found before them."""

    def __init__(self, text: str, where: Whereabouts, trail: Trail) -> None:
        self._text, self._where, self._trail = text, where, trail

    def back(self, offset: int, unit: str, count: int) -> tuple[list[Address], str]:
        """Return the 条, 款 or 项 before the place of `offset`, or why they cannot be said."""
        here = self._where.at(offset, self._trail.found)
        return back(here, unit, count, self._where.order_at(offset, self._trail.found))

    def narrows(self, start: int, end: int, unit: str, count: int) -> bool:
        """Read 第二十四条第二款前三项: the first three 项 of the 款 that the words follow."""
        last = self._trail.last()
        if not last or last.end != start or unit == "条" or not count:
            return False
        base = last.through or last.address
        ends = [_nth(base, unit, number) for number in (1, count)]
        self._trail.narrow(ends[0], ends[1] if count > 1 else None, end)
        return True

    def before(self, offset: int, part: Address) -> Reference | None:
        """Return the reference that a lone part goes on from, None if none, or if the part is of
        the place that the words stand in."""
        here, last = self._here(offset), self._trail.last()
        if last and offset - last.end > REACH:
            last = None
        if here is None or not self._points_away(here, offset, part):
            return last if here is None else None
        near = (
            self._where.place is None or self._text.find("\n", last.end if last else 0, offset) < 0
        )
        if last and near:
            return last
        return self._lead(here, offset) or (last if self._has_no(here, offset, part) else None)

    def _here(self, offset: int) -> Address | None:
        """Return the place whose parts may be meant; outside its quotations an amendment means
        those of the article it changes."""
        place = self._where.place
        if place and place.amends and not self._where.is_amended_at(offset, self._trail.found):
            return None
        return self._where.at(offset, self._trail.found)

    def _points_away(self, here: Address, offset: int, part: Address) -> bool:
        """Say whether a part is one of another article: this one has none such, or it would be
        the very 项 that names it, or it is said to be violated."""
        if _is_itself(here, part) or self._is_violated(offset):
            return True
        if self._where.is_amended_at(offset, self._trail.found):
            return part.item is not None and here.item is None and not part.paragraph
        return part != Address(subitem=part.subitem) and not self._has(here, part)

    def _is_violated(self, offset: int) -> bool:
        return bool(VIOLATES.search(self._text[max(0, offset - 6) : offset]))

    def _has_no(self, here: Address, offset: int, part: Address) -> bool:
        """Say whether a part cannot be of the article that the words stand in."""
        if _is_itself(here, part):
            return True
        item = part.item if self._is_violated(offset) and not part.paragraph else None
        return item is not None and not self._where.layout.has_item(item)

    def _has(self, here: Address, part: Address) -> bool:
        return self._where.layout.has(part, here.paragraph or 1)

    def _lead(self, here: Address, offset: int) -> Reference | None:
        """Return the article that the head of a list names: 违反第九条规定的：（一）违反第一项……"""
        if not here.item or self._where.is_amended_at(offset, self._trail.found):
            return None
        return self._trail.last_within(*self._where.layout.lead(here.paragraph or 1))

    def base(self, before: Reference, mention: Mention) -> Address:
        """Return the place that a part goes deeper into, of the reference it goes on from."""
        base, part = before.through or before.address, mention.address
        if part.paragraph:
            return base.whole
        return down_to(base, "款" if part.item else "项")

    def holder(self, offset: int, part: Address) -> Address | None:
        """Return the place that a part lies in which is of the article that the words stand in: for
        第（一）项 its own 款, else the only one that has it."""
        here = self._here(offset)
        if here is None or _is_itself(here, part):
            return None
        if part.paragraph:
            return here.whole
        if part.item is None:
            return here
        if self._where.is_amended_at(offset, self._trail.found) or self._has(here, part):
            return down_to(here, "款")
        only = self._where.layout.only_with(part.item)
        return replace(here.whole, paragraph=only) if only else down_to(here, "款")


def _is_itself(here: Address, part: Address) -> bool:
    """Say whether 第三项 stands in a third 项 itself, which does not name itself."""
    return part.item is not None and part.item == here.item and not part.paragraph


def _nth(base: Address, unit: str, number: int) -> Address:
    return replace(base, paragraph=number) if unit == "款" else replace(base, item=number)


def down_to(address: Address, unit: str) -> Address:
    """Return the 条, 款 or 项 that an address lies in."""
    if unit == "条":
        return address.whole
    item = None if unit == "款" else address.item
    return replace(address, item=item, subitem=None)


def level_of(address: Address) -> int:
    """Return the highest level that an address names: 1 条, 2 款, 3 项, 4 目."""
    if address.number:
        return 1
    if address.paragraph:
        return 2
    return 3 if address.item else 4


def under(mentions: Sequence[Mention], base: Address) -> list[Mention]:
    """Return mentions of 款, 项, 目 with `base` put before what they name."""

    def whole(address: Address) -> Address:
        if address.number:
            return address
        if address.paragraph:
            return replace(address, number=base.number, sub=base.sub, unit=base.unit)
        if address.item:
            return replace(base, item=address.item, subitem=address.subitem)
        return replace(base, subitem=address.subitem)

    return [
        replace(
            mention,
            address=whole(mention.address),
            through=whole(mention.through) if mention.through else None,
        )
        for mention in mentions
    ]
