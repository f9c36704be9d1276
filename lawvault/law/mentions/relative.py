"""Words that count back from where they stand: 前款, 前两条, 上一项."""

import re
from collections.abc import Sequence
from dataclasses import replace

from lawvault.law.address import Address
from lawvault.law.numerals import NUMERAL, int_or_none

Numbers = tuple[int, int]
"""(number, sub) of an article."""

MAX_BACK = 100
"""Nobody counts back further."""


def count_of(word: str) -> int:
    """Return how many 款 前两款 means: 前款 is one, 前几款 does not say (0).

    >>> count_of("前两款"), count_of("前款"), count_of("上一条"), count_of("前几项")
    (2, 1, 1, 0)
    """
    if word.startswith("上"):
        return 1
    numeral = re.search(f"{NUMERAL}|几", word)
    return (int_or_none(numeral[0]) or 0) if numeral else 1


def back(
    here: Address | None, unit: str, count: int, order: Sequence[Numbers]
) -> tuple[list[Address], str]:
    """Return the `count` 条, 款 or 项 before `here`, or why they cannot be said.

    `order` holds the articles of the law in their order, as far as it is known.

    >>> [str(a) for a in back(Address(number=163, paragraph=3), "款", 2, ())[0]]
    ['第一百六十三条第一款', '第一百六十三条第二款']
    """
    if here is None:
        return [], f"前{unit} outside an article"
    if not 0 < count <= MAX_BACK:
        return [], f"does not say how many {unit}"
    if unit == "条":
        return _articles(here, count, order)
    if unit == "款":
        last = (here.paragraph or 1) - 1
        if last < count:
            return [], f"{last} 款 stand before it"
        numbers = range(last - count + 1, last + 1)
        return [replace(here.whole, paragraph=number) for number in numbers], ""
    if not here.item or here.item <= count:
        return [], "no 项 of that number stands before it"
    numbers = range(here.item - count, here.item)
    return [replace(here, item=number, subitem=None) for number in numbers], ""


def _articles(here: Address, count: int, order: Sequence[Numbers]) -> tuple[list[Address], str]:
    own = (here.number, here.sub)
    if own in order and here.unit == "条":
        index = order.index(own)
        if index < count:
            return [], "no article stands before it"
        return [Address(number=n, sub=s) for n, s in order[index - count : index]], ""
    if here.unit != "条" and here.number > count:  # 条目 have no 之N
        numbers = range(here.number - count, here.number)
        return [replace(here.whole, number=number) for number in numbers], ""
    return [], "the order of the articles is not known"
