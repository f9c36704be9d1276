"""The trail of a text: the references found so far, and what later words may point back to."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from lawvault.law.address import Address
from lawvault.law.mentions.anchors import kind_of
from lawvault.law.mentions.grammar import Mention
from lawvault.law.reference import BARE, EARLIER, OWN, Reference

_MOST = 50
"""各该条 means a handful of articles; a list beyond this many is no sentence of a law."""


@dataclass(slots=True, kw_only=True)
class Trail:
    """`named` is the law named last; nothing before `floor` belongs to the next reference.

    `left` is where something was named last that is no law, and `before` the law named before it.
    """

    found: list[Reference] = field(default_factory=list)
    named: str = ""
    floor: int = 0
    before: str = ""
    left: int | None = None
    _by_kind: dict[str, str] = field(default_factory=dict)

    def name(self, law: str) -> str:
        """Note that a law was named, and return it."""
        self.named = law
        self._by_kind[kind_of(law)] = law
        return law

    def called(self, words: str) -> str:
        """Return the law of that kind that was named last: 该条例; "" if none was."""
        return self._by_kind.get(kind_of(words), "")

    def add(self, mentions: Sequence[Mention], kind: str, law: str) -> int:
        """Add references to places in one law, and return where they end."""
        self.found += [
            Reference(
                start=mention.start,
                end=mention.end,
                kind=kind,
                law=law,
                address=mention.address,
                through=mention.through,
                reason="" if law else "no law is named",
            )
            for mention in mentions
        ]
        self.floor = mentions[-1].end
        return self.floor

    def add_law(self, start: int, end: int, law: str, kind: str) -> None:
        """Add a reference to a law as a whole."""
        self.found.append(Reference(start=start, end=end, kind=kind, law=law))

    def add_unknown(self, start: int, end: int, law: str, reason: str) -> int:
        """Add a reference whose address cannot be said, and return where it ends."""
        self.found.append(Reference(start=start, end=end, kind=OWN, law=law, reason=reason))
        self.floor = end
        return end

    def leave(self, end: int) -> int:
        """Note that what is no law was named up to `end`: later words do not go on from a law."""
        self.before, self.named = self.named or self.before, ""
        self.left = self.floor = end
        return end

    @property
    def since(self) -> int | None:
        """Where the last reference ended; None if there was none."""
        return self.found[-1].end if self.found else None

    def last(self) -> Reference | None:
        """Return the last reference, if it has the address of an article and nothing that is no
        law was named after it."""
        found = self.found[-1] if self.found else None
        if found is None or (self.left is not None and found.end <= self.left):
            return None
        return found if found.address.number and not found.reason else None

    def last_within(self, start: int, end: int) -> Reference | None:
        """Return the last reference to an article that begins in a stretch of the text."""
        for found in reversed(self.found):
            if found.start < start:
                return None
            if found.start < end and found.address.number and not found.reason:
                return found
        return None

    def follow(self, before: Reference, mentions: Sequence[Mention]) -> int:
        """Add what goes on from a reference before: it is as sure of its law as that one."""
        kind = before.kind if before.kind in (OWN, BARE) else EARLIER
        return self.add(mentions, kind, before.law)

    def narrow(self, first: Address, through: Address | None, end: int) -> int:
        """Let the last reference mean parts of the place it means: 第二款前三项."""
        self.found[-1] = replace(self.found[-1], end=end, address=first, through=through)
        self.floor = end
        return end

    def each(self, since: int, unit: str) -> list[Reference]:
        """Return the provisions of the law named last that were named since an offset, once each,
        with a 款 if `unit` is 款."""
        found: dict[tuple[Address, Address | None], Reference] = {}
        for reference in itertools.islice(reversed(self.found), _MOST):
            if reference.start <= since:
                break
            fits = reference.address.number and not reference.reason
            if fits and (unit != "款" or reference.address.paragraph):
                found.setdefault((reference.address, reference.through), reference)
        listed = list(reversed(found.values()))
        return [reference for reference in listed if reference.law == listed[-1].law]
