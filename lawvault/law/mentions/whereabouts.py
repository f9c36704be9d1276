"""Where a text stands at each of its characters: what 前款 counts from, whose 第三条 is meant.

In a law that is the law itself.  An amendment stands in two: what it quotes will be words of the
amended law, and the articles that it names are that law's; its 前款 outside quotations is its own.
In free text there is no such place.
"""

from collections.abc import Sequence
from dataclasses import replace

from lawvault.law.address import Address
from lawvault.law.mentions.amendments import Found, Quotations, amends_several
from lawvault.law.mentions.anchors import kind_of
from lawvault.law.reference import Place
from lawvault.law.text.layout import Layout


class Whereabouts:
    """The place of a text, asked from left to right."""

    def __init__(self, text: str, place: Place | None) -> None:
        self.place = place
        self._text = text
        self._layout: Layout | None = None
        self._amended = place.amends if place else ""
        self._several = amends_several(self._amended)
        self._quotations = Quotations(text) if self._amended else None

    @property
    def layout(self) -> Layout:
        """The text's own 款, 项 and 目."""
        self._layout = self._layout or Layout(self._text)
        return self._layout

    @property
    def law(self) -> str:
        """The law whose articles are named without a law: the amended one, or the text's own."""
        return self._amended or (self.place.law if self.place else "")

    @property
    def has_articles(self) -> bool:
        """Say whether a 第三条 without a law can be one of the law of the place."""
        place = self.place
        return place is not None and bool(place.amends or place.number or place.order)

    def is_amended_at(self, offset: int, before: Sequence[Found]) -> bool:
        """Say whether a character is part of words that will stand in another law."""
        return self._quotations is not None and self._quotations.at(offset, before) is not None

    def turn_to(self, law: str, offset: int, before: Sequence[Found]) -> None:
        """Note that a decision on several laws names one of them outside its quotations."""
        if self._several and not self.is_amended_at(offset, before):
            self._amended = law

    def at(self, offset: int, before: Sequence[Found]) -> Address | None:
        """Return the provision that a character stands in, None where it is not known."""
        if not self.place:
            return None
        quotation = self._quotations.at(offset, before) if self._quotations else None
        if quotation:
            return quotation.base_of(offset)
        here = self.layout.at(offset)
        place = self.place
        return here and replace(here, number=place.number, sub=place.sub, unit=place.unit)

    def law_at(self, offset: int, before: Sequence[Found]) -> str:
        """Return the law that the provision of `at` belongs to."""
        if self.place and self._amended and not self.is_amended_at(offset, before):
            return self.place.law
        return self.law

    def law_called(self, words: str, offset: int, before: Sequence[Found]) -> str:
        """Return the law that 本法 or 本决定 means; of no words, that of a 第三条 alone."""
        if self.place and words and kind_of(words) == kind_of(self.place.law):
            return self.law_at(offset, before)
        return self.law

    def order_at(self, offset: int, before: Sequence[Found]) -> Sequence[tuple[int, int]]:
        """Return the articles of the law of `law_at`, as far as they are known."""
        if not self.place or self.is_amended_at(offset, before):
            return ()
        return self.place.order
