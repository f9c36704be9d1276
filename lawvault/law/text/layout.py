"""The layout of one text: in which 款, 项 and 目 each of its characters stands."""

import bisect
from collections.abc import Sequence

from lawvault.law.address import Address
from lawvault.law.provisions import Provision, paragraphs

MAX_NUMBER = 9999
"""No provision has a higher number; a text that seems to is not laid out as law."""


class Layout:
    """The 款 of a text with their parts, cut once and looked up by offset.

    >>> str(Layout("甲：\\n（一）乙；\\n（二）丙。").at(11))
    '第一款第二项'
    """

    def __init__(self, text: str) -> None:
        self._paragraphs = paragraphs(text)
        self._by_item: dict[int, list[int]] | None = None

    def at(self, offset: int) -> Address | None:
        """Return the place of a character (number 0), None beyond the numbers that laws have.

        A line break belongs to the line that it ends.
        """
        paragraph = _holding(self._paragraphs, offset)
        if paragraph is None:
            return Address(paragraph=1)
        item = _holding(paragraph.parts, offset)
        part = _holding(item.parts, offset) if item else None
        numbers = [found.number if found else None for found in (paragraph, item, part)]
        if any(number is not None and not 0 < number <= MAX_NUMBER for number in numbers):
            return None
        return Address(paragraph=numbers[0], item=numbers[1], subitem=numbers[2])

    def has(self, part: Address, paragraph: int) -> bool:
        """Say whether there is such a 款, or whether this 款 has such a 项."""
        if part.paragraph:
            return part.paragraph <= len(self._paragraphs)
        if not 0 < paragraph <= len(self._paragraphs):
            return False
        return any(item.number == part.item for item in self._paragraphs[paragraph - 1].parts)

    def only_with(self, item: int) -> int | None:
        """Return the one 款 that has a 项 of this number, None if none or several have."""
        found = self._with(item)
        return found[0] if len(found) == 1 else None

    def has_item(self, item: int) -> bool:
        """Say whether any 款 has a 项 of this number."""
        return bool(self._with(item))

    def _with(self, item: int) -> list[int]:
        if self._by_item is None:
            self._by_item = {}
            for paragraph in self._paragraphs:
                for number in {part.number for part in paragraph.parts}:
                    self._by_item.setdefault(number, []).append(paragraph.number)
        return self._by_item.get(item, [])

    def lead(self, paragraph: int) -> tuple[int, int]:
        """Return the span of the words that a 款 begins with, before its first 项."""
        found = self._paragraphs[paragraph - 1]
        return found.start, found.parts[0].start if found.parts else found.end


def _holding(provisions: Sequence[Provision], offset: int) -> Provision | None:
    """Return the last provision that the character lies in."""
    index = bisect.bisect_right(provisions, offset, key=_start) - 1
    if index < 0 or offset > provisions[index].end:
        return None
    return provisions[index]


def _start(provision: Provision) -> int:
    return provision.start
