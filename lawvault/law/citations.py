"""Citations: does the law that a text names exist, is it in force, and does it say so?

A citation is a reference together with the words that the text quotes from it.  Each gets one
verdict; what could not be checked is `inconclusive`, never `verified`, and a text without
citations has not passed.
"""

import datetime
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from lawvault.law.address import Address
from lawvault.law.catalogue import Catalogue
from lawvault.law.mentions.named import is_law_title
from lawvault.law.normal import Normal, first_difference, normalise
from lawvault.law.provisions import places
from lawvault.law.reference import OWN, Place, Reference
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
from lawvault.law.text.quotation import Quote, quotes
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

Span = tuple[int, int]


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
    `quote_mismatch`, the span in the text that differs, and `should_be` the law's words for it.
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

    `catalogue` knows the names of laws without 《》; `place` is given where the text is itself
    part of a law.  If the lookup fails, the citation is `inconclusive` and the rest goes on.
    """
    references = find_references(text, place, catalogue)
    quoted = _assigned(text, references)
    found = [
        _judged(text, reference, quote, lookup, as_of)
        for reference, quote in zip(references, quoted, strict=True)
    ]
    found += _outside(text, references)
    found.sort(key=lambda citation: (citation.start, citation.end))
    return Report(citations=tuple(found), as_of=as_of)


# --- which quotation belongs to which reference

_BETWEEN = re.compile(
    r"[ \u3000\n>]*(?:的?(?:明确)?(?:规定|载明|指出|要求|内容为|原文为|表述为|写明)(?:的是|了|的)?"
    r"|所称的?|所说的?|的|中的|之)?"
    r"[ \u3000\n>]*[：:，,]?[ \u3000\n>]*"
)
_AROUND = re.compile(
    r"[ \u3000]*[。，；,;]?[ \u3000]*[（(]?(?:见|参见|依据|根据|出自|引自)?[ \u3000]*"
)
_MIN_QUOTE = 2


def _assigned(text: str, references: Sequence[Reference]) -> list[Span | None]:
    """Return for each reference the span of the words quoted from it, or None.

    A quotation belongs to the reference right before it (第三十八条规定：“…”), or to the one in
    brackets right after it (“…”（《劳动合同法》第三十八条）).
    """
    found: list[Span | None] = [None] * len(references)
    for quote in quotes(text):
        span = (quote.start + 1, quote.end - 1)
        if len(normalise(text[span[0] : span[1]]).text) < _MIN_QUOTE:
            continue
        index = _owner(text, quote, references)
        if index is not None and found[index] is None:
            found[index] = span
    return found


def _owner(text: str, quote: Quote, references: Sequence[Reference]) -> int | None:
    before = [i for i, r in enumerate(references) if r.end <= quote.start]
    if before and _BETWEEN.fullmatch(text, references[before[-1]].end, quote.start):
        return before[-1]
    after = [i for i, r in enumerate(references) if r.start >= quote.end]
    if after and _AROUND.fullmatch(text, quote.end, references[after[0]].start):
        return after[0]
    return None


# --- verdicts

_PROBLEMS = {
    NO_LAW_NAMED: "ambiguous",
    NO_SUCH_LAW: "no_such_law",
    AMBIGUOUS: "ambiguous",
    NO_SUCH_ARTICLE: "no_such_article",
    NO_SUCH_PART: "no_such_paragraph",
    NO_ADDRESS: "ambiguous",
    NO_TEXT: "inconclusive",
}


def _judged(
    text: str,
    reference: Reference,
    quote: Span | None,
    lookup: QuoteLookup,
    as_of: datetime.date,
) -> Citation:
    citation = Citation(
        start=reference.start,
        end=reference.end,
        verdict="verified",
        reason="",
        law=reference.law,
        address=reference.address if reference.address.number else None,
        quote=quote,
    )
    if reference.kind != OWN and reference.law and not _in_scope(text, reference):
        reason = f"{reference.law} is no law by its name"
        return replace(citation, verdict="out_of_scope", reason=reason)
    try:
        resolution = resolve(reference, lookup, as_of)
        citation = _placed(citation, resolution)
        return _quoted(text, citation, resolution, lookup)
    except Exception as error:  # whatever a lookup raises: nothing was checked
        log.warning("lookup failed for %s", reference.law, exc_info=True)
        reason = f"the lookup failed: {type(error).__name__}: {error}"
        return replace(citation, verdict="inconclusive", reason=reason)


def _in_scope(text: str, reference: Reference) -> bool:
    named = text[reference.start : reference.end]
    return not named.startswith("《") or is_law_title(reference.law)


def _placed(citation: Citation, resolution: Resolution) -> Citation:
    """Return the citation with the verdict on its law and place."""
    citation = replace(citation, targets=resolution.targets, found=resolution.candidates)
    verdict, reason = _standing(resolution)
    if verdict:
        return replace(citation, verdict=verdict, reason=reason)
    if resolution.problem:
        verdict = _PROBLEMS[resolution.problem]
        return replace(citation, verdict=verdict, reason=resolution.reason)
    return citation


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


def _quoted(text: str, citation: Citation, resolution: Resolution, lookup: QuoteLookup) -> Citation:
    """Return the citation with the verdict on its quotation, if it stood well so far."""
    if citation.quote is None or citation.verdict != "verified":
        return citation
    targets = [target for target in resolution.targets if target.address.number]
    if not targets:
        return replace(citation, reason="a law as a whole: the quotation was not checked")
    words = text[citation.quote[0] : citation.quote[1]]
    contents = [lookup.content(t.law_id, t.address) or "" for t in targets]
    provisions = [c[t.start : t.end] for c, t in zip(contents, targets, strict=True)]
    if any(_holds(provision, words) for provision in provisions):
        return citation
    for content, target in zip(contents, targets, strict=True):
        place = _place_in(content, words, target)
        if place:
            reason = f"the words stand in {place.address}, not in {target.address}"
            return replace(citation, verdict="quote_mismatch", reason=reason, found=(place,))
    elsewhere = tuple(
        found
        for law_id in dict.fromkeys(target.law_id for target in targets)
        for found in lookup.holding(words, law_id)
    )
    if elsewhere:
        named = "、".join(f"{found.law}{found.address}" for found in elsewhere)
        reason = f"the words stand in {named}"
        return replace(citation, verdict="wrong_article", reason=reason, found=elsewhere)
    return _mismatch(text, citation, provisions)


_NEGATIONS = "未不非无"


def _parts(words: str) -> list[str]:
    """Return the pieces of a quotation that leaves words out with ……"""
    pieces = re.split(r"…+|\.{3,}", words)
    return [piece for piece in pieces if normalise(piece).text] or [words]


def _holds(provision: str, words: str) -> bool:
    """Say whether a provision has the pieces of a quotation, in their order.

    Words that leave the law's negation out (及时支付 of 未及时支付) are not what it says.
    """
    start, text = 0, normalise(provision).text
    for piece in _parts(words):
        plain = _core(normalise(piece))
        at = text.find(plain, start)
        while at > 0 and text[at - 1] in _NEGATIONS:
            at = text.find(plain, at + 1)
        if at < 0:
            return False
        start = at + len(plain)
    return True


def _core(piece: Normal) -> str:
    """Return a quotation without the last stop, which often is the sentence's own."""
    return piece.text.rstrip("。;；,，:：") or piece.text


def _place_in(content: str, words: str, target: Target) -> Target | None:
    """Return the smallest 款 or 项 of the article that has the words."""
    found = None
    for place, start, end in places(content, target.address.number, target.address.sub):
        if _holds(content[start:end], words):
            found = replace(target, address=place, start=start, end=end)
    return found


def _mismatch(text: str, citation: Citation, provisions: Sequence[str]) -> Citation:
    """Return the citation as misquoted, with the words that differ."""
    assert citation.quote is not None
    start, end = citation.quote
    pieces = [p for p in _parts(text[start:end]) if not any(_holds(q, p) for q in provisions)]
    piece = pieces[0] if pieces else text[start:end]
    offset = text.index(piece, start, end)
    provision = max(provisions, key=lambda words: _likeness(piece, words))
    spans = first_difference(piece, provision)
    if spans is None:
        reason = "the words stand there in another order, or a negation before them is left out"
        return replace(citation, verdict="quote_mismatch", reason=reason)
    (low, high), (law_low, law_high) = spans
    return replace(
        citation,
        verdict="quote_mismatch",
        reason="the law's words are others",
        difference=(offset + low, offset + high),
        should_be=provision[law_low:law_high],
    )


def _likeness(piece: str, words: str) -> int:
    grams = {piece[i : i + 2] for i in range(len(piece) - 1)}
    return sum(gram in words for gram in grams)


# --- what is cited but is no law

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
