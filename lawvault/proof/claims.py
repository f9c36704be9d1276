"""Whether a report holds: every citation of its prose and every claim held against the law.

Nothing here asks an LLM.  Citations get the verdicts of `lawvault.law.citations`; a sentence is
then held against the provisions that it cites, and a claim against its evidence: quotations
verbatim after normalisation, figures by value.  What could not be looked up is `inconclusive`,
never `verified`.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from lawvault.law.catalogue import Catalogue
from lawvault.law.citations import VERDICTS, QuoteLookup
from lawvault.law.kept import KeptLookup
from lawvault.law.quoted import abridges, holds
from lawvault.proof.cited import REASONS, Finding, Law, finding_of
from lawvault.proof.marking import Flag, citation_of, inert, marked, spelled
from lawvault.proof.prose import unemphasised
from lawvault.proof.source import Claim, Source
from lawvault.proof.support import faults, misquotations

CLAIM_VERDICTS = (*VERDICTS, "unsupported", "uncited")
"""Verdicts on claims and sentences: those on citations; `unsupported`, its sources do not hold what
it says; `uncited`, it concludes something about the law and cites nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedClaim:
    """A claim without the evidence ids that name nothing (`removed`), and its verdict."""

    claim: Claim
    verdict: str
    reason: str = ""
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A report that was checked.

    `text` is its prose, inert and with evidence markers spelled out; the findings' positions are
    in it.  `markdown` is the same with every fault flagged.  `removed` are the markers and ids that
    named no evidence, with repeats.
    """

    text: str
    markdown: str
    findings: tuple[Finding, ...]
    claims: tuple[CheckedClaim, ...]
    removed: tuple[str, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many citations, sentences and claims got each verdict, zeros left out."""
        found = [f.verdict for f in self.findings] + [c.verdict for c in self.claims]
        return {verdict: found.count(verdict) for verdict in CLAIM_VERDICTS if verdict in found}

    @property
    def verified(self) -> int:
        """How many citations and claims hold."""
        return self.counts.get("verified", 0)

    @property
    def flagged(self) -> int:
        """How many places of the prose are flagged, and claims that do not hold."""
        bad = sum(claim.verdict != "verified" for claim in self.claims)
        return bad + sum(bool(finding.reason) for finding in self.findings)

    @property
    def passed(self) -> bool:
        """True if something was cited and nothing is flagged."""
        return bool(self.verified) and not self.flagged


def verify_report(
    markdown: str,
    claims: Sequence[Claim],
    evidence: Sequence[Source],
    lookup: QuoteLookup,
    as_of: datetime.date,
    *,
    catalogue: Catalogue | None = None,
    asked: str = "",
) -> Verified:
    """Return the report with every citation and claim verified or flagged.

    Args:
        markdown: the prose, as an LLM wrote it or as this function returned it.
        catalogue: knows the names of laws without 《》.
        asked: the question; figures that the user told of himself need no law.
    """
    known = {one.id: one for one in evidence}
    law = Law(
        lookup=KeptLookup(lookup), as_of=as_of, evidence=known, catalogue=catalogue, asked=asked
    )
    prose = spelled(inert(markdown), known)
    findings = tuple(law.findings(prose.text))
    checked = tuple(_checked(claim, law) for claim in claims)
    flags = [Flag(start=f.start, end=f.end, reason=f.reason) for f in findings if f.reason]
    return Verified(
        text=prose.text,
        markdown=marked(prose.text, flags),
        findings=findings,
        claims=checked,
        removed=(*prose.unknown, *(marker for one in checked for marker in one.removed)),
    )


def _checked(claim: Claim, law: Law) -> CheckedClaim:
    """Return the claim with its verdict, without the ids that name no evidence."""
    prose = spelled(inert(claim.text), law.evidence)
    removed = [marker for marker in claim.evidence if marker not in law.evidence]
    kept = Claim(
        text=unemphasised(prose.text).text,
        evidence=tuple(marker for marker in claim.evidence if marker in law.evidence),
        quote=inert(claim.quote),
    )
    verdict, reason = _verdict(kept, law)
    return CheckedClaim(
        claim=kept, verdict=verdict, reason=reason, removed=(*removed, *prose.unknown)
    )


def _verdict(claim: Claim, law: Law) -> tuple[str, str]:
    if not claim.evidence:
        return "uncited", REASONS["uncited"]
    sources = list[str]()
    for one in (law.evidence[marker] for marker in claim.evidence):
        verdict, content = _in_force(one, law)
        if verdict != "verified":
            return verdict, f"{citation_of(one)}：{REASONS[verdict]}"
        sources.append(content)
    if claim.quote and not any(_has(source, claim.quote) for source in sources):
        return _misquoted(claim, law)
    for citation in law.citations(claim.text):
        finding = finding_of(citation)
        if finding.reason:
            return finding.verdict, finding.reason
        sources += law.sources(citation)
    wrong = [*misquotations(claim.text, sources, ()), *faults(claim.text, sources, facts=law.asked)]
    if not wrong:
        return "verified", ""
    return wrong[0].verdict, "；".join(dict.fromkeys(fault.reason for fault in wrong))


def _has(article: str, quote: str) -> bool:
    return holds(article, quote) or abridges(article, (0, len(article)), quote)


def _in_force(one: Source, law: Law) -> tuple[str, str]:
    """Return the verdict on an article as law of the day, and its words as in force on that day.

    That an article exists is known from the search; a law whose name is not clear stays with it.
    """
    for citation in law.citations(citation_of(one))[:1]:
        if citation.verdict in ("repealed", "not_yet_effective", "inconclusive"):
            return citation.verdict, ""
        others = [t for t in citation.targets if t.law_id != one.law_id and t.address.number]
        if citation.verdict == "verified" and others:
            return "verified", law.lookup.text_of(others[0])
    return "verified", one.content


def _misquoted(claim: Claim, law: Law) -> tuple[str, str]:
    others = [one for one in law.evidence.values() if one.id not in claim.evidence]
    for one in others:
        if _has(one.content, claim.quote):
            return "wrong_article", f"引文见{citation_of(one)}"
    return "quote_mismatch", REASONS["quote_mismatch"]
