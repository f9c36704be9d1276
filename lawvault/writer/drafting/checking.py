"""What a check of a passage says beyond its verdicts: where the law speaks, where nobody knows."""

import re
from collections.abc import Sequence

from lawvault.proof.cited import REASONS, Finding
from lawvault.proof.claims import Verified
from lawvault.proof.marking import Flag, inert, marked, spelled
from lawvault.proof.prose import sentences
from lawvault.proof.source import Source

_CITATION = re.compile(
    r"《[^《》\n]{2,60}》(?:第[^，。；、（）\s]{1,16}?条(?:之[一二三四五六七八九十]+)?)?"
)


def unverified(text: str, sources: Sequence[Source]) -> Verified:
    """Return a text in which every citation says that it could not be looked up."""
    prose = spelled(inert(text), {one.id: one for one in sources})
    findings = tuple(
        Finding(
            kind="citation",
            start=match.start(),
            end=match.end(),
            verdict="inconclusive",
            reason=REASONS["inconclusive"],
        )
        for match in _CITATION.finditer(prose.text)
    )
    flags = [Flag(start=f.start, end=f.end, reason=f.reason) for f in findings]
    return Verified(
        text=prose.text,
        markdown=marked(prose.text, flags),
        findings=findings,
        claims=(),
        removed=prose.unknown,
    )


def lawful(verified: Verified) -> list[tuple[int, int]]:
    """Return the sentences that cite a provision and say what it says."""
    good = [f.start for f in verified.findings if f.verdict == "verified"]
    bad = [f.start for f in verified.findings if f.reason]
    return [
        (one.start, one.end)
        for one in sentences(verified.text)
        if any(one.start <= place < one.end for place in good)
        and not any(one.start <= place < one.end for place in bad)
    ]


def is_mendable(verified: Verified) -> bool:
    """Say whether something is wrong that an LLM could mend; what is not known it cannot."""
    return any(one.reason and one.verdict != "inconclusive" for one in verified.findings)
