"""Citations: does the law that a text names exist, is it in force, and does it say so?

A citation is a reference together with the words that the text quotes from it.  Each gets one
verdict; what could not be checked is `inconclusive`, never `verified`, and a text without
citations has not passed.
"""

import datetime
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from lawvault.law.address import Address
from lawvault.law.catalogue import Catalogue
from lawvault.law.mentions.outside import is_norm_title
from lawvault.law.normal import Span
from lawvault.law.quoted import (
    abridges,
    can_be_put_in,
    holds,
    misquoted,
    place_of,
    quotations,
)
from lawvault.law.reference import Place, Reference
from lawvault.law.references import find_references
from lawvault.law.resolve import (
    AMBIGUOUS,
    NO_ADDRESS,
    NO_LAW_NAMED,
    NO_SUCH_ARTICLE,
    NO_SUCH_LAW,
    NO_SUCH_PART,
    NO_TEXT,
    Lookup,
    Resolution,
    Target,
    resolve,
)
from lawvault.law.validity import PENDING, REPEALED, SUPERSEDED

log = logging.getLogger(__name__)

VERDICTS = (
    "verified",
    "quote_mismatch",
    "wrong_article",
    "no_such_law",
    "no_such_article",
    "no_such_paragraph",
    "repealed",
    "not_yet_effective",
    "ambiguous",
    "out_of_scope",
    "inconclusive",
)
"""All verdicts; `verified` is the only good one."""


class QuoteLookup(Lookup, Protocol):
    """A lookup that can also say which articles hold some words."""

    def holding(self, quote: str, law_id: str) -> Sequence[Target]:
        """Return articles of a version whose text holds the quotation, after normalisation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """One citation of a text and its verdict.

    `start` to `end` is the reference, `quote` the span of the words quoted, without marks.
    `targets` are the provisions cited; `found` those in which the quotation stands instead
    (`wrong_article`), or where a mere slip of 款 or version put it.  `difference` is, for
    `quote_mismatch`, the span in the text that differs, and `should_be` the law's words for it;
    both only where these words can simply be put in its place.  `cause` says why the law could not
    be looked up (`inconclusive`): `no_text`, `amended` or `unknown`; "" where a lookup failed.
    """

    start: int
    end: int
    verdict: str
    reason: str
    law: str = ""
    address: Address | None = None
    quote: Span | None = None
    targets: tuple[Target, ...] = ()
    found: tuple[Target, ...] = ()
    difference: Span | None = None
    should_be: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All citations of a text, in order."""

    citations: tuple[Citation, ...]
    as_of: datetime.date

    @property
    def passed(self) -> bool:
        """True if there are citations and all that are in scope are verified."""
        verdicts = [c.verdict for c in self.citations if c.verdict != "out_of_scope"]
        return bool(verdicts) and all(verdict == "verified" for verdict in verdicts)

    def counts(self) -> dict[str, int]:
        """Return how many citations got each verdict, zeros left out."""
        found = [citation.verdict for citation in self.citations]
        return {verdict: found.count(verdict) for verdict in VERDICTS if verdict in found}


def verify_citations(
    text: str,
    lookup: QuoteLookup,
    as_of: datetime.date,
    *,
    catalogue: Catalogue | None = None,
    place: Place | None = None,
) -> Report:
    """Return the verdict on every citation in `text`, on the day `as_of`.

    References inside words that are quoted from a law are the law's own and no citations.
    `catalogue` knows the names of laws without 《》; `place` is given where the text is itself
    part of a law.  If the lookup fails, the citation is `inconclusive` and the rest goes on.
    """
    references = find_references(text, place, catalogue)
    quoted = quotations(text, references)
    check = _Check(text=text, lookup=lookup, as_of=as_of)
    found = {
        index: check.reference(reference)
        for index, reference in enumerate(references)
        if not any(start <= reference.start and reference.end <= end for (start, end), _ in quoted)
    }
    for quote, owners in quoted:
        tried = [(i, check.quotation(found[i], quote)) for i in owners if i in found]
        found |= [one for one in tried if one[1].verdict == "verified"][:1] or tried[:1]
    citations = [*found.values(), *_outside(text, references)]
    citations.sort(key=lambda citation: (citation.start, citation.end))
    return Report(citations=tuple(citations), as_of=as_of)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Check:
    """What citations of one text are held against."""

    text: str
    lookup: QuoteLookup
    as_of: datetime.date

    def reference(self, reference: Reference) -> Citation:
        """Return the verdict on law and place."""
        citation = Citation(
            start=reference.start,
            end=reference.end,
            verdict="verified",
            reason="",
            law=reference.law,
            address=reference.address if reference.address.number else None,
        )
        return self._safely(citation, lambda: self._placed(citation, reference))

    def quotation(self, citation: Citation, quote: Span) -> Citation:
        """Return the verdict on words quoted, if law and place stand well and had no words yet."""
        if citation.verdict != "verified" or citation.quote:
            return citation if citation.quote else replace(citation, quote=quote)
        citation = replace(citation, quote=quote)
        return self._safely(citation, lambda: self._quoted(citation, self.text[slice(*quote)]))

    def _safely(self, citation: Citation, check: Callable[[], Citation]) -> Citation:
        try:
            return check()
        except Exception as error:  # whatever a lookup raises: nothing was checked
            log.warning("a lookup failed: nothing was checked", exc_info=True)
            reason = f"the lookup failed: {type(error).__name__}: {error}"
            return replace(citation, verdict="inconclusive", reason=reason)

    def _placed(self, citation: Citation, reference: Reference) -> Citation:
        resolution = resolve(reference, self.lookup, self.as_of)
        citation = replace(citation, targets=resolution.targets, found=resolution.candidates)
        if resolution.problem == NO_SUCH_LAW and not is_norm_title(reference.law):
            reason = f"{reference.law} is no law by its name"
            return replace(citation, verdict="out_of_scope", reason=reason)
        verdict, reason = _standing(resolution)
        if not verdict and resolution.problem:
            verdict, reason = _PROBLEMS[resolution.problem], resolution.reason
        cause = _cause(resolution) if verdict == "inconclusive" else ""
        return replace(citation, verdict=verdict or "verified", reason=reason, cause=cause)

    def _quoted(self, citation: Citation, words: str) -> Citation:
        targets = [target for target in citation.targets if target.address.number]
        if not targets:
            return self._quoted_from_law(citation, words)
        contents = [self.lookup.content(t.law_id, t.address) or "" for t in targets]
        provisions = [c[t.start : t.end] for c, t in zip(contents, targets, strict=True)]
        if any(holds(provision, words) for provision in provisions):
            return citation
        spans = [(content, (t.start, t.end)) for content, t in zip(contents, targets, strict=True)]
        if any(abridges(content, span, words) for content, span in spans):
            return citation
        for content, target in zip(contents, targets, strict=True):
            place = place_of(content, words, target.address)
            if place:
                reason = f"the words stand in {place[0]}, not in {target.address}"
                at = replace(target, address=place[0], start=place[1], end=place[2])
                return replace(citation, verdict="quote_mismatch", reason=reason, found=(at,))
        elsewhere = self._holding(words, citation.targets[0].law_id)
        if elsewhere:
            reason = f"the words stand in {'、'.join(f'{t.law}{t.address}' for t in elsewhere)}"
            return replace(citation, verdict="wrong_article", reason=reason, found=elsewhere)
        return _misquoting(citation, words, provisions)

    def _quoted_from_law(self, citation: Citation, words: str) -> Citation:
        """Return the verdict on words quoted from a law of which no article is named."""
        law_id = citation.targets[0].law_id
        if not self.lookup.articles(law_id):
            reason = f"the text of {law_id} is not at hand: the quotation was not checked"
            return replace(citation, verdict="inconclusive", reason=reason, cause=NO_TEXT)
        found = tuple(t for t in self._holding(words, law_id) if t.law_id == law_id)
        if found:
            return replace(citation, found=found)
        reason = f"no article of {law_id} has these words"
        return replace(citation, verdict="quote_mismatch", reason=reason)

    def _holding(self, words: str, law_id: str) -> tuple[Target, ...]:
        """Return articles that say what is quoted, those of the law cited first."""
        return tuple(
            target
            for target in self.lookup.holding(words, law_id)
            if holds(self.lookup.content(target.law_id, target.address) or "", words)
        )


_PROBLEMS = {
    NO_LAW_NAMED: "ambiguous",
    NO_SUCH_LAW: "no_such_law",
    AMBIGUOUS: "ambiguous",
    NO_SUCH_ARTICLE: "no_such_article",
    NO_SUCH_PART: "no_such_paragraph",
    NO_ADDRESS: "ambiguous",
    NO_TEXT: "inconclusive",
}


def _standing(resolution: Resolution) -> tuple[str, str]:
    """Return the verdict and reason that the law's validity alone gives, ("", "") if it is good."""
    standing = resolution.standing
    if standing is None or standing.version is not None:
        return "", ""
    law = standing.about.law if standing.about else resolution.reference.law
    if standing.status == REPEALED:
        since = f" on {standing.since}" if standing.since else ""
        return "repealed", f"{law} was repealed{since}"
    if standing.status == PENDING:
        since = f" before {standing.since}" if standing.since else ""
        return "not_yet_effective", f"{law} is not in force{since}"
    if standing.status == SUPERSEDED:
        return "inconclusive", f"{law} was amended, and the text then in force is not at hand"
    return "inconclusive", f"which text of {law} was in force on that day is not known"


def _cause(resolution: Resolution) -> str:
    """Return why a law that is known could not be looked up."""
    standing = resolution.standing
    if standing is None or standing.version is not None:
        return NO_TEXT
    return "amended" if standing.status == SUPERSEDED else "unknown"


def _misquoting(citation: Citation, words: str, provisions: Sequence[str]) -> Citation:
    """Return the citation with the words that are not the law's, and the law's own for them."""
    citation = replace(citation, verdict="quote_mismatch")
    wrong = misquoted(words, provisions)
    if wrong is None or citation.quote is None:
        reason = "the words stand there in another order, or a negation before them is left out"
        return replace(citation, reason=reason)
    (start, end), should_be = wrong
    if not can_be_put_in(should_be, words[start:end], words):
        return replace(citation, reason="the law's words are others")
    offset = citation.quote[0]
    return replace(
        citation,
        reason="the law's words are others",
        difference=(offset + start, offset + end),
        should_be=should_be,
    )


_CASES = re.compile(
    r"[（(〔\[]\s*(?:19|20)\d{2}\s*[）)〕\]]\s*[\u4e00-\u9fff]{1,3}[\u4e00-\u9fff0-9]{0,10}?[\u4e00-\u9fff]{1,4}\d{0,5}"
    r"字?第?\s*\d{1,6}号(?:之[一二三四五六七八九十])?|(?:指导性?案例|参考案例)第?\s*\d{1,4}\s*号"
    r"|(?:GB|GB/T|GA|GA/T|ISO|DB)\s?/?T?\s?\d{2,6}(?:[-—]\d{4})?"
)


def _outside(text: str, references: Sequence[Reference]) -> Iterator[Citation]:
    """Yield what is cited and is no law: case numbers, guiding cases, technical standards."""
    for match in _CASES.finditer(text):
        if any(r.start < match.end() and match.start() < r.end for r in references):
            continue
        yield Citation(
            start=match.start(),
            end=match.end(),
            verdict="out_of_scope",
            reason="a case or standard, not a provision of a law",
        )
