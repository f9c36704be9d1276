"""What a reference is, and where a text stands that holds references."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lawvault.law.address import Address

NAMED, OWN, EARLIER, BARE = "named", "own", "earlier", "bare"
"""How a reference comes by its law: by name; by standing in it; by words that point back (该法,
同条, a list); or not at all: then its `law` is the one named before, which may not be meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One reference: text[start:end].

    `law` is the short name of the law, "" where none can be said; `address` is the place in it
    (number 0: the law as a whole), with `through` all places from the one to the other; `reason`
    says why the address is not known.
    """

    start: int
    end: int
    kind: str
    law: str
    address: Address = field(default_factory=Address)
    through: Address | None = None
    reason: str = ""

    def addresses(self) -> list[Address]:
        """Return every address, a range counted through without 之N (`resolve` knows those)."""
        if self.reason:
            return []
        return [self.address] if not self.through else list(between(self.address, self.through))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a text stands: in which law, in which article, and what it may call other laws.

    `order` holds the articles of the law, (number, sub) in their order; 前条 needs it.  `amends`
    is the law that the text amends or interprets: addresses without a law belong to it.
    """

    law: str
    number: int = 0
    sub: int = 0
    unit: str = "条"
    order: Sequence[tuple[int, int]] = ()
    abbreviations: Mapping[str, str] = field(default_factory=dict)
    amends: str = ""


_MAX_RANGE = 2000


def between(first: Address, last: Address) -> Iterator[Address]:
    """Yield the addresses from `first` to `last` on the level where they differ, by number.

    A range that runs backwards or over more than 2,000 numbers yields its two ends.

    >>> [str(a) for a in between(Address(number=3, paragraph=1), Address(number=3, paragraph=3))]
    ['第三条第一款', '第三条第二款', '第三条第三款']
    """
    yield first
    if first == last:
        return
    low, high = _levels(first), _levels(last)
    level = next((i for i, ends in enumerate(zip(low, high, strict=True)) if ends[0] != ends[1]), 0)
    if low[level] < high[level] <= low[level] + _MAX_RANGE:
        for number in range(low[level] + 1, high[level]):
            yield _address([*low[:level], number], first.unit)
        if level == 0 and last.sub:  # 第三条至第五条之一 holds 第五条
            yield _address([last.number], first.unit)
    yield last


def _levels(address: Address) -> list[int]:
    deeper = (address.paragraph or 0, address.item or 0, address.subitem or 0)
    return [address.number, address.sub, *deeper]


def _address(levels: Sequence[int], unit: str) -> Address:
    number, sub, paragraph, item, subitem = [*levels, 0, 0, 0, 0][:5]
    return Address(
        number=number,
        sub=sub,
        paragraph=paragraph or None,
        item=item or None,
        subitem=subitem or None,
        unit=unit,
    )
