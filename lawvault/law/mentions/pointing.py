"""References without a law or an article: 第二款, 前款, 本条第二款, 该条, 各该款, 上述规定."""

import re
from collections.abc import Sequence
from dataclasses import replace

from lawvault.law.address import Address
from lawvault.law.mentions.anchors import is_spoken_of, reads_as_reference
from lawvault.law.mentions.grammar import Mention, chain
from lawvault.law.mentions.named import words_before
from lawvault.law.mentions.outside import Outside, is_outside
from lawvault.law.mentions.pointer import LEVELS, REACH, Pointer, down_to, level_of, under
from lawvault.law.mentions.relative import count_of
from lawvault.law.mentions.trail import Trail
from lawvault.law.mentions.whereabouts import Whereabouts
from lawvault.law.reference import BARE, OWN


class Pointing:
    """Adds what words point to, to the trail of one text; each handler returns where to go on."""

    def __init__(self, text: str, where: Whereabouts, trail: Trail, outside: Outside) -> None:
        self._text, self._where, self._trail, self._outside = text, where, trail, outside
        self._pointer = Pointer(text, where, trail)

    def parts(self, mentions: list[Mention]) -> int:
        """Add 第二款 or 第（一）项 that stand alone: of the provision named before, or of the place
        they stand in."""
        first = mentions[0]
        if self._text[first.start - 1 : first.start] == "条":  # of an article that was not read
            return mentions[-1].end
        if not self._where.place and is_outside(
            words_before(self._text, first.start, floor=self._trail.floor)
        ):
            return self._trail.leave(mentions[-1].end)
        before = self._pointer.before(first.start, first.address)
        if before:
            if not self._where.place and not reads_as_reference(
                self._text, mentions[-1].end, Address()
            ):
                return mentions[-1].end
            return self._trail.follow(before, under(mentions, self._pointer.base(before, first)))
        holder = self._pointer.holder(first.start, first.address)
        if holder is None:
            return mentions[-1].end
        return self._add_here(under(mentions, holder), first.start)

    def _add_here(self, mentions: Sequence[Mention], offset: int) -> int:
        """Add parts of the provision that the text stands in."""
        law = self._where.law_at(offset, self._trail.found)
        return self._trail.add(mentions, OWN if self._where.place else BARE, law)

    def relative(self, match: re.Match[str]) -> int:
        """Add 前款, 上一条."""
        start, end, unit = match.start(), match.end(), match[0][-1]
        count = count_of(match[0])
        if self._pointer.narrows(start, end, unit, count):
            return end
        if not self._where.place and self._outside.counts_back(start, end):
            return end
        bases, reason = self._pointer.back(start, unit, count)
        deeper = self._deeper(end, unit)
        if reason:
            law = self._where.law_at(start, self._trail.found) or self._trail.named
            parts = [mention.end for mention in deeper if not mention.address.number]
            return self._trail.add_unknown(start, max([end, *parts]), law, reason)
        for base in bases:
            self._add_here(_reaching(match, base, deeper), start)
        return self._trail.floor

    def own_part(self, match: re.Match[str]) -> int:
        """Add 本条第二款, 本款第（一）项; 本条 alone is the article itself."""
        here = self._where.at(match.start(), self._trail.found)
        if here is None:
            return match.end()
        unit = match[0][-1]
        deeper = self._deeper(match.end(), unit)
        return self._add_here(_reaching(match, down_to(here, unit), deeper), match.start())

    def same(self, match: re.Match[str]) -> int:
        """Add 该条第二款, 同款: they go on from the reference before."""
        before, unit = self._trail.last(), match[0][-1]
        if before is None or match.start() - before.end > REACH:
            return match.end()
        if self._text[match.start() - 1 : match.start()] == "各":
            return self._each(match)
        deeper = self._deeper(match.end(), unit)
        base = down_to(before.through or before.address, unit)
        if not deeper and not is_spoken_of(self._text, match.end()):
            return match.end()
        if unit == "款" and base.paragraph is None:
            return match.end()
        return self._trail.follow(before, _reaching(match, base, deeper))

    def _each(self, match: re.Match[str]) -> int:
        """Add 各该款: every provision of that level that the sentence names before it."""
        first = max(0, match.start() - REACH)
        sentence = max(self._text.rfind(stop, first, match.start()) for stop in "。\n")
        named = self._trail.each(sentence, match[0][-1])
        if not named:
            return match.end()
        each = [
            Mention(start=match.start(), end=match.end(), address=r.address, through=r.through)
            for r in named
        ]
        return self._trail.follow(named[-1], each)

    def vague(self, match: re.Match[str]) -> int:
        """Note 上述规定 of a law, which says no address."""
        if not self._where.place:
            return match.end()
        law = self._where.law_at(match.start(), self._trail.found)
        reason = "means words before it, not an address"
        return self._trail.add_unknown(match.start(), match.end(), law, reason)

    def _deeper(self, end: int, unit: str) -> list[Mention]:
        """Return the addresses that follow 前款 or 该条 and lie inside it."""
        mentions = chain(self._text, end, Address())
        return mentions if mentions and level_of(mentions[0].address) > LEVELS[unit] else []


def _reaching(match: re.Match[str], base: Address, deeper: Sequence[Mention]) -> list[Mention]:
    """Return 前款 itself, or what follows it inside it, beginning with the word."""
    if not deeper:
        return [Mention(start=match.start(), end=match.end(), address=base)]
    mentions = under(deeper, base)
    mentions[0] = replace(mentions[0], start=match.start())
    return mentions
