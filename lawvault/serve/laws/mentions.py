"""References and citations of a text, from what the law rooms say to what goes over the wire."""

from collections.abc import Mapping, Sequence

from lawvault.law.address import Address
from lawvault.law.kept import KeptLookup
from lawvault.law.names import short_name
from lawvault.law.quoted import holds
from lawvault.law.resolve import Resolution
from lawvault.law.resolve import Target as Place
from lawvault.retrieve.content import Content
from lawvault.retrieve.laws import ContentLookup
from lawvault.serve.laws.contract import CheckedCitation, ResolvedReference, Target, Targets
from lawvault.serve.laws.names import validity_of
from lawvault.serve.laws.stated import Held
from lawvault.serve.laws.words import spoken, spoken_problem

MAX_TARGETS = 20
"""Provisions listed for one reference; `total` counts all."""
MAX_TEXT = 2_000_000
"""Characters of provisions in one answer."""
MAX_SEARCHES = 50
"""Quotations of one text that are searched for in all law; each reads the whole corpus."""
_MAX_FOUND = 5
_FAILED = "the lookup failed"

TEXT_LEFT_OUT, LOOKUP_FAILED, SEARCH_LIMITED = "text_left_out", "lookup_failed", "search_limited"


class OnceLookup:
    """What is known of laws, read at most once: for one request, in one thread.

    Laws, versions and articles are kept as reports keep them; of an article the id is told, too,
    and only so many quotations are searched for.
    """

    def __init__(self, content: Content, lookup: ContentLookup) -> None:
        self._content, self._lookup = content, lookup
        kept = KeptLookup(lookup)
        self.laws, self.versions, self.articles = kept.laws, kept.versions, kept.articles
        self.known_on = kept.known_on
        self.is_search_limited = False
        self._rows: dict[tuple[str, str], tuple[str, str] | None] = {}
        self._texts: dict[str, Sequence[Mapping[str, object]]] = {}
        self._held: dict[tuple[str, str], Sequence[Place]] = {}

    def content(self, law_id: str, address: Address) -> str | None:
        """Return the text of an article, None if the version has no such article."""
        found = self.article(law_id, address)
        return found[1] if found else None

    def article(self, law_id: str, address: Address) -> tuple[str, str] | None:
        """Return id and text of the article that an address lies in."""
        key = (law_id, address.article or "")
        if key not in self._rows:
            row = self._content.article(*key)
            self._rows[key] = (str(row["article_id"]), str(row["content"])) if row else None
        return self._rows[key]

    def holding(self, quote: str, law_id: str) -> Sequence[Place]:
        """Return up to five articles that hold a quotation, those of `law_id` first.

        Of the quotations of one text only so many are searched for in all law, those after them
        in `law_id` alone.
        """
        key = (quote, law_id)
        if key not in self._held:
            self.is_search_limited |= len(self._held) >= MAX_SEARCHES
            search = self._holding_in if self.is_search_limited else self._lookup.holding
            self._held[key] = search(quote, law_id)
        return self._held[key]

    def _holding_in(self, quote: str, law_id: str) -> Sequence[Place]:
        if law_id not in self._texts:
            self._texts[law_id] = self._content.articles(law_id)
        return [_place(row) for row in self._texts[law_id] if holds(str(row["content"]), quote)][
            :_MAX_FOUND
        ]


def _place(row: Mapping[str, object]) -> Place:
    """Return the place of a whole article; of a text without numbers the law's."""
    number, sub = row["number"], row["sub_number"]
    address = Address()
    if isinstance(number, int):
        address = Address(number=number, sub=sub if isinstance(sub, int) else 0)
    return Place(
        law=short_name(str(row["law_name"])),
        law_id=str(row["law_id"]),
        address=address,
        end=len(str(row["content"])),
    )


class Writer:
    """Writes references and citations with the words they lead to, up to a limit of words."""

    def __init__(self, text: str, lookup: OnceLookup) -> None:
        self._text, self._lookup = text, lookup
        self._left = MAX_TEXT
        self.degraded = [SEARCH_LIMITED] if lookup.is_search_limited else []

    def reference(self, resolution: Resolution) -> ResolvedReference:
        """Return a reference and where it leads."""
        reference, standing = resolution.reference, resolution.standing
        return ResolvedReference(
            start=reference.start,
            end=reference.end,
            text=self._text[reference.start : reference.end],
            kind=reference.kind,
            law=reference.law,
            address=str(reference.address),
            through=str(reference.through) if reference.through else None,
            problem=resolution.problem,
            reason=spoken_problem(resolution.problem),
            validity=validity_of(standing) if standing else None,
            targets=self._targets(resolution.targets),
            candidates=self._targets((*resolution.reached, *resolution.candidates)),
        )

    def citation(self, held: Held) -> CheckedCitation:
        """Return a citation and its verdict; what failed inside is not for clients to read."""
        citation, fault = held.citation, held.fault
        if citation.reason.startswith(_FAILED):
            self._note(LOOKUP_FAILED)
        return CheckedCitation(
            start=citation.start,
            end=citation.end,
            text=self._text[citation.start : citation.end],
            verdict=fault.verdict if fault else citation.verdict,
            reason=fault.reason if fault else spoken(citation),
            checked=list(held.checked),
            law=citation.law,
            address=str(citation.address or ""),
            quote=citation.quote,
            difference=(fault.start, fault.end) if fault else citation.difference,
            should_be=citation.should_be,
            targets=self._targets(citation.targets),
            found=self._targets(citation.found),
        )

    def _targets(self, places: Sequence[Place]) -> Targets:
        return Targets(
            total=len(places), data=[self._target(place) for place in places[:MAX_TARGETS]]
        )

    def _target(self, place: Place) -> Target:
        article = (
            self._lookup.article(place.law_id, place.address) if place.address.number else None
        )
        words = article[1][place.start : place.end] if article else None
        if words is not None and len(words) > self._left:
            words = None
            self._note(TEXT_LEFT_OUT)
        self._left -= len(words or "")
        return Target(
            law=place.law,
            law_id=place.law_id,
            article_id=article[0] if article else None,
            article_number=place.address.article,
            address=str(place.address),
            start=place.start,
            end=place.end,
            text=words,
        )

    def _note(self, word: str) -> None:
        if word not in self.degraded:
            self.degraded.append(word)
