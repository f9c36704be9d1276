"""Amendments: texts that change another law, and the words they put between “ and ”.

将刑法第二百零一条修改为：“……” puts words into 第二百零一条; what they call 前款 is a 款 of that
article, not of the amendment.
"""

import bisect
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from lawvault.law.address import Address
from lawvault.law.numerals import NUMERAL, int_or_none
from lawvault.law.text.layout import Layout
from lawvault.law.text.quotation import Quote, quotes


class Found(Protocol):
    """An address that was found in the text before."""

    @property
    def start(self) -> int:
        """Where its words begin in the text."""

    @property
    def end(self) -> int:
        """Where they end."""

    @property
    def address(self) -> Address:
        """What they name."""

    @property
    def through(self) -> Address | None:
        """The last of the range they name, if they name one."""


_LABEL = re.compile(
    rf"(?:^|[“\"])[ \u3000]*第({NUMERAL})条(?:之({NUMERAL}))?[ \u3000]", re.MULTILINE
)


class Quotation:
    """Words that an amendment puts into another law, and where they will stand there.

    `before` are the addresses found before it: the quotation belongs at the last of them, unless
    it has labels of its own (“第三条 …).
    """

    def __init__(self, text: str, quote: Quote, before: Sequence[Found]) -> None:
        self._text, self._quote = text, quote
        self._begins = _announced(before, quote.start)
        self._labels = list(_LABEL.finditer(text, quote.start, quote.end))
        self._heads = [label.start() for label in self._labels]
        self._layouts: dict[int, Layout] = {}

    def base_of(self, offset: int) -> Address | None:
        """Return the place in the amended law of a character of the text; None: unknown."""
        index = bisect.bisect_right(self._heads, offset) - 1
        here = self._laid_out(index, offset)
        if here is None:
            return None
        if index >= 0:
            number, sub = _labelled(self._labels[index])
            return replace(here, number=number, sub=sub) if number else None
        return self._continued(here)

    def _continued(self, here: Address) -> Address | None:
        """Return the place of words without a label of their own."""
        base = self._begins
        if base is None:
            return None
        paragraph = (base.paragraph or 1) + (here.paragraph or 1) - 1
        item = here.item or (base.item if here.paragraph == 1 else None)
        return replace(here, number=base.number, sub=base.sub, paragraph=paragraph, item=item)

    def _laid_out(self, index: int, offset: int) -> Address | None:
        """Return the place of a character among the words after label `index`, -1 before all."""
        start = self._labels[index].end() if index >= 0 else self._quote.start
        if index not in self._layouts:
            ends = [*self._heads[index + 1 : index + 2], self._quote.end]
            self._layouts[index] = Layout(self._text[start : ends[0]].rstrip("\n"))
        return self._layouts[index].at(offset - start)


def _labelled(label: re.Match[str]) -> tuple[int, int]:
    return int_or_none(label[1]) or 0, int_or_none(label[2] or "0") or 0


def _announced(before: Sequence[Found], start: int) -> Address | None:
    """Return where a quotation begins: the last address before it, or the first of the list of 款
    that the last one ends (增加两款作为第二款、第三款)."""
    last = len(before) - 1
    while last >= 0 and (before[last].end > start or not before[last].address.number):
        last -= 1
    if last < 0:
        return None
    first = last
    while first and _listed(before[first - 1], before[first]):
        first -= 1
    chosen = before[first]
    return (chosen.through if first == last else None) or chosen.address


def _listed(one: Found, other: Found) -> bool:
    return 0 <= other.start - one.end <= 1 and bool(one.address.paragraph)


class Quotations:
    """All the quotations of an amendment."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._quotes = quotes(text)
        self._starts = [quote.start for quote in self._quotes]
        self._known: dict[int, Quotation] = {}

    def at(self, offset: int, before: Sequence[Found]) -> Quotation | None:
        """Return the quotation that a character lies in; `before` was found before it."""
        index = bisect.bisect_right(self._starts, offset) - 1
        if index < 0 or offset >= self._quotes[index].end:
            return None
        if index not in self._known:
            self._known[index] = Quotation(self._text, self._quotes[index], before)
        return self._known[index]


_OWN_AMENDED = re.compile(r"(?P<law>.+(?:法|法典|条例))修正案(?:[（(].*[）)])?")
_CHANGED = re.compile(r"关于(?:修改|修订|修正)(?P<law>.+)的(?:决定|决议)")
_INTERPRETED = re.compile(
    r"关于[《〈]?(?P<law>[^《》〈〉]*?(?:法|法典|条例))[》〉]?第.+(?:解释|决定)"
    r"|关于(?:执行|适用)[《〈]?(?P<named>[^《》〈〉]+?法)[》〉]?(?:确定|分则规定的犯罪的)罪名的"
)
_LONGEST = 300  # characters of a title
_APPLIED = re.compile(r"^(?:适用|实施|执行)")
_ONE = re.compile(r"[《〈]([^《》〈〉]+(?:〈[^《》〈〉]+〉[^《》〈〉]*)*)[》〉]")


def amended_by(law_name: str) -> str:
    """Return what a law amends or interprets, by its title; "" if nothing.

    That is the name of one law, or words that say that there are more: see `amends_several`.

    >>> amended_by("中华人民共和国刑法修正案（八）")
    '中华人民共和国刑法'
    >>> amended_by("国务院关于修改部分行政法规的决定")
    '部分行政法规'
    """
    name = "".join(law_name.split())[:_LONGEST]
    own = _OWN_AMENDED.fullmatch(name)
    if own:
        return own["law"]
    changed = _CHANGED.search(name)
    if changed:
        one = _ONE.fullmatch(changed["law"])
        return one[1] if one else changed["law"]
    match = _INTERPRETED.search(name)
    return _APPLIED.sub("", match["law"] or match["named"]) if match else ""


def amends_several(amended: str) -> bool:
    """Say whether what `amended_by` returned names more than one law.

    >>> amends_several("《甲法》等八部法律"), amends_several("中华人民共和国刑法")
    (True, False)
    """
    return bool(re.search(r"^(?:部分|有关|若干|一批|个别)|[》〉].*[等、和《]", amended))
