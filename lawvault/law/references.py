"""References: every mention of a provision in a text, with its address and the law it belongs to.

A reference names its law (《劳动合同法》第三十八条, 治安管理处罚法第十二条), or takes it from the
list it stands in, from the law it stands in (本法第三条, 前款, 第二款), or from a law named before
it (该法第五条).  Whether that law and that place exist is not asked here; `resolve` does that.

What is not a reference: a mention of 编, 章 or 节; 本法 or 前述 without an address; in free text,
an article of a contract or of house rules, and 第三条 that heads a part of the text itself.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from lawvault.law.address import Address
from lawvault.law.catalogue import Catalogue
from lawvault.law.mentions.anchors import (
    ANCHOR,
    LABELLED,
    SAME,
    SELF,
    kind_of,
    reads_as_reference,
)
from lawvault.law.mentions.grammar import Mention, after_title, chain, past_briefs, unread_after
from lawvault.law.mentions.named import (
    WINDOW,
    definitions,
    foreign_before,
    is_law_title,
    name_before,
    titles_at,
    with_titles,
    without_books,
    words_before,
)
from lawvault.law.mentions.outside import (
    Outside,
    is_beyond_clauses,
    is_house_rule,
    is_norm_title,
    is_outside,
    is_unnamed_norm,
)
from lawvault.law.mentions.pointing import Pointing
from lawvault.law.mentions.query import listed_laws, spelled
from lawvault.law.mentions.trail import Trail
from lawvault.law.mentions.whereabouts import Whereabouts
from lawvault.law.names import short_name
from lawvault.law.reference import BARE, EARLIER, NAMED, OWN, Place, Reference

_SIMPLIFIED = {"條": "条", "項": "项", "編": "编"}
"""Traditional characters of addresses; each is one character, so places stay."""


def find_references(
    text: str,
    place: Place | None = None,
    catalogue: Catalogue | None = None,
    *,
    is_query: bool = False,
) -> list[Reference]:
    """Return the references in `text`, in order.

    `place` says where the text stands; without it the text is free: 第二款 alone means nothing
    there, 第三条 alone is a reference whose law is the one named before, if any.  `catalogue`
    knows the names of laws that stand without 《》; without it they are told by their last words.
    With `is_query`, the text is what someone types to find a provision: there 民法典585 and
    劳动法和民法典 are references, in prose they are not.

    >>> [(r.law, str(r.address)) for r in find_references("违反治安管理处罚法第十二条")]
    [('治安管理处罚法', '第十二条')]
    """
    known = catalogue or Catalogue()
    for traditional, simplified in _SIMPLIFIED.items():
        text = text.replace(traditional, simplified)
    if not place:
        text = with_titles(text, known)
    if not is_query:
        return _Finder(text, place, known).references()
    query = spelled(text, known)
    found = listed_laws(query.text, known) or _Finder(query.text, place, known).references()
    return [
        replace(one, start=query.offsets[one.start], end=query.offsets[one.end]) for one in found
    ]


class _Finder:
    """One pass over one text, from left to right; a handler returns where to go on."""

    def __init__(self, text: str, place: Place | None, catalogue: Catalogue) -> None:
        self.text, self.place, self.catalogue = text, place, catalogue
        self.trail = Trail()
        self.where = Whereabouts(text, place)
        self.outside = Outside("" if place else text, self.trail)
        self.pointing = Pointing(text, self.where, self.trail, self.outside)
        self.names = {**(place.abbreviations if place else {}), **definitions(text)}
        self.handlers: dict[str, Callable[[re.Match[str]], int]] = {
            "book": self._book,
            "before": self.pointing.relative,
            "last": self.pointing.relative,
            "own": self.pointing.own_part,
            "same": self.pointing.same,
            "vague": self.pointing.vague,
            "chain": self._chain,
            "arabic": self._arabic,
        }

    def references(self) -> list[Reference]:
        position = 0
        while match := ANCHOR.search(self.text, position):
            position = max(self.handlers[str(match.lastgroup)](match), match.start() + 1)
        return self.trail.found

    # --- laws named in 《》

    def _book(self, match: re.Match[str]) -> int:
        """Add the title with its address, or alone if it is that of a law."""
        titles = [t for t in titles_at(self.text, match.start()) if t[0] >= self.trail.floor]
        for start, end, name in titles:
            mentions = after_title(self.text, end)
            if mentions and self._is_own(start, end):
                return self._articles(mentions)
            if mentions:
                return self._titled(start, name, mentions)
        if not titles:
            return match.end()
        start, end, name = titles[0] if titles[0][2] in self.catalogue else titles[-1]
        if not (is_law_title(without_books(name)) or name in self.catalogue):
            self.trail.floor = start + 1
            return start + 1  # 《劳动合同法第三十八条》: what is inside may be a reference
        start, law = self._law_titled(start, name)
        unread = None if self.place else unread_after(self.text, end)
        if unread:
            return self.trail.add_unknown(start, unread, law, "the number of its article says none")
        self.trail.add_law(start, end, law, NAMED)
        self.trail.floor = past_briefs(self.text, end)
        return self.trail.floor

    def _titled(self, start: int, name: str, mentions: list[Mention]) -> int:
        """Add the articles behind a title; what follows those of 《买卖合同》 is of no law."""
        named = self.trail.named
        start, law = self._law_titled(start, name)
        mentions[0] = replace(mentions[0], start=start)
        end = self.trail.add(mentions, NAMED, law)
        if self.place or law in self.catalogue or is_norm_title(law):
            return end
        self.trail.named = named
        return self.trail.leave(end)

    def _is_own(self, start: int, end: int) -> bool:
        """Say whether a title is 本《规定》."""
        return bool(SELF.search(self.text[max(0, start - 1) : end]))

    def _law_titled(self, start: int, name: str) -> tuple[int, str]:
        """Return where a title begins and its law; 德国《民法典》 is not ours."""
        foreign = foreign_before(self.text, start, floor=self.trail.floor)
        if foreign is not None:
            return foreign, self.trail.name(self.text[foreign:start] + short_name(name))
        law = self._law_of(name)
        before = self.text[max(self.trail.floor, start - WINDOW) : start]
        if not self.place and law not in self.catalogue and is_house_rule(law, before):
            law = law if is_house_rule(law) else f"公司{law}"
        self.trail.name(law)
        self.where.turn_to(law, start, self.trail.found)
        return start, law

    def _law_of(self, name: str) -> str:
        """Return the short name of the law that a name means here."""
        full = self.names.get(name) or self.names.get(short_name(name)) or name
        whole = without_books(full)
        known = self.catalogue.laws(full) or self.catalogue.laws(whole)
        return known[0] if len(known) == 1 else short_name(whole)

    # --- 第三条

    def _chain(self, match: re.Match[str]) -> int:
        label = self.outside.labels.get(match.start())
        if label:
            return self.trail.leave(label[0])
        mentions = chain(self.text, match.start(), Address())
        if not mentions:
            return match.end()
        if mentions[0].address.number:
            return self._articles(mentions)
        return self.pointing.parts(mentions)

    def _arabic(self, match: re.Match[str]) -> int:
        if self._name(match.start()) is None:
            return match.end()
        mentions = chain(self.text, match.start(), Address(), arabic=True)
        return self._articles(mentions) if mentions else match.end()

    def _name(self, start: int) -> tuple[int, str] | None:
        return name_before(
            self.text, start, floor=self.trail.floor, catalogue=self.catalogue, names=self.names
        )

    def _articles(self, mentions: list[Mention]) -> int:
        """Add articles as of the law that the words before them name or point to."""
        start, floor = mentions[0].start, self.trail.floor
        before = words_before(self.text, start, floor=floor)
        offset = max(floor, start - WINDOW)
        own, same = SELF.search(before), SAME.search(before)
        if own:
            mentions[0] = replace(mentions[0], start=offset + own.start())
            return self._own(mentions, own[0])
        if same:
            return self._called(mentions, offset + same.start(), same[0])
        name = self._name(start)
        if name and not self._is_of_house(name):
            mentions[0] = replace(mentions[0], start=name[0])
            return self.trail.add(mentions, NAMED, self.trail.name(self._law_of(name[1])))
        if name or is_outside(before):
            return self.trail.leave(mentions[-1].end)
        return self._unnamed(mentions, is_norm=is_unnamed_norm(before))

    def _called(self, mentions: list[Mention], start: int, words: str) -> int:
        """Add articles of 该条例; of 该章程 none, where that was said of no law."""
        law = self.trail.called(words)
        if not law and self.trail.left is not None:
            return self.trail.leave(mentions[-1].end)
        mentions[0] = replace(mentions[0], start=start)
        return self.trail.add(mentions, EARLIER, law)

    def _is_of_house(self, name: tuple[int, str]) -> bool:
        if self.place or name[1] in self.catalogue or name[1] in self.names:
            return False
        return is_house_rule(name[1], words_before(self.text, name[0], floor=self.trail.floor))

    def _unnamed(self, mentions: list[Mention], *, is_norm: bool) -> int:
        """Add articles without a law: of the law they stand in, or of one that is not sure."""
        if self.place:
            is_label = not self.place.amends and self._is_label(mentions)
            return mentions[-1].end if is_label else self._own(mentions)
        first, last = mentions[0], mentions[-1]
        number = first.address.number
        if self.outside.claims(number, first.start, last.end):
            return self.trail.leave(last.end)
        if not reads_as_reference(self.text, last.end, last.address):
            return last.end
        if is_norm or self.outside.has(number):
            return self.trail.add(mentions, BARE, "")
        law = self.trail.named or (self.trail.before if is_beyond_clauses(number) else "")
        return self.trail.add(mentions, BARE, law)

    def _is_label(self, mentions: Sequence[Mention]) -> bool:
        """Say whether 第三条 heads an article that a source printed inside another."""
        mention = mentions[0]
        if len(mentions) > 1 or mention.address.part or mention.through:
            return False
        alone = self.text[mention.end : mention.end + 1] in (" ", "\u3000")
        return alone and bool(LABELLED.search(self.text[max(0, mention.start - 4) : mention.start]))

    def _own(self, mentions: list[Mention], words: str = "") -> int:
        """Add articles of the law that the text stands in; in free text that is not known."""
        if not self.place or not (words or self.where.has_articles):
            named = self.trail.named
            law = named if not words or kind_of(words) == kind_of(named) else ""
            return self.trail.add(mentions, BARE, law)
        law = self.where.law_called(words, mentions[0].start, self.trail.found)
        return self.trail.add(mentions, OWN, law)
