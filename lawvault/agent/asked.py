"""What a question names, read without an LLM: provisions, laws, the day and places.

A question is only ever read for these; whatever else it says, an instruction too, is text to be
searched for and changes nothing here.
"""

import datetime
import re
from collections.abc import Iterable, Iterator

from lawvault.agent.days import day_meant
from lawvault.agent.nouns import Asked
from lawvault.agent.places import places_in, regions_of
from lawvault.law.catalogue import Catalogue
from lawvault.law.reference import BARE, Reference
from lawvault.law.references import find_references

MAX_CITATIONS, MAX_LAWS = 20, 10
_MAX_MEANT = 3  # laws that one ambiguous name may stand for
_LONGEST_NAME = 60
_NAME_ENDS = re.compile("(?:[法典例]|规定|办法|细则|规则|解释|决定|[）)])")
_GOES_ON = re.compile(
    "[律院官庭人规定制学治]|的?(?:实施|施行)?(?:条例|细则|办法|规定|解释|司法解释)"
)


def asked(
    text: str, catalogue: Catalogue, *, today: datetime.date, regions: Iterable[str] = ()
) -> Asked:
    """Return what a question names.

    Args:
        catalogue: the names of the laws that can be searched.
        today: the day on which it is asked: 去年 means the year before.
        regions: those whose law can be searched, as spelt there; only these are named.
    """
    references = find_references(text, catalogue=catalogue)
    citations = [one for reference in references for one in _citations(reference)]
    named = [name for reference in references for name in _laws(reference, catalogue)]
    laws = dict.fromkeys([*named, *_spoken_of(text, catalogue)])
    return Asked(
        text=text,
        as_of=day_meant(text, today),
        citations=tuple(dict.fromkeys(citations))[:MAX_CITATIONS],
        laws=tuple(laws)[:MAX_LAWS],
        regions=regions_of(places_in(text), regions),
    )


def _citations(reference: Reference) -> Iterator[str]:
    """Yield the provisions that a reference names, if it says of which law."""
    if not reference.law or reference.kind == BARE:
        return
    for address in reference.addresses()[:MAX_CITATIONS]:
        if address.number:
            yield f"{reference.law}{address}"


def _laws(reference: Reference, catalogue: Catalogue) -> list[str]:
    """Return the laws that a reference is to; a law that nobody knows is not among them."""
    if not reference.law or reference.kind == BARE:
        return []
    return catalogue.laws(reference.law)[:_MAX_MEANT]


def _spoken_of(text: str, catalogue: Catalogue) -> Iterator[str]:
    """Yield the laws whose names, official or popular, stand in a text without an address."""
    position = 0
    for end in (match.end() for match in _NAME_ENDS.finditer(text)):
        name = catalogue.ending(text[max(position, end - _LONGEST_NAME) : end])
        if name and not _GOES_ON.match(text, end):
            position = end
            yield from catalogue.laws(name)[:_MAX_MEANT]
