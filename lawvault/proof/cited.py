"""The prose of a report, sentence by sentence, held against the provisions that it cites.

A sentence is held against its own citations; one without any goes on from those above it in its
paragraph or list.  Where a citation does not hold, it is flagged and the sentence says no more.
"""

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from lawvault.law.catalogue import Catalogue
from lawvault.law.citations import Citation, verify_citations
from lawvault.law.kept import KeptLookup
from lawvault.law.mentions.outside import rests_on_clause
from lawvault.law.quoted import holds
from lawvault.law.resolve import Target
from lawvault.proof.cited_elsewhere import of_another
from lawvault.proof.cited_near import Near, goes_on, near_of, notes, with_notes
from lawvault.proof.cited_rules import states_rule
from lawvault.proof.marking import inert
from lawvault.proof.prose import Sentence, Unemphasised, sentences, unemphasised
from lawvault.proof.source import Source
from lawvault.proof.support import Fault, faults, misquotations, telling

REASONS = {
    "quote_mismatch": "引文与法条不符",
    "wrong_article": "引文不在该条",
    "no_such_law": "未收录此法，无法核实",
    "no_such_article": "该法无此条",
    "no_such_paragraph": "该条无此款项",
    "repealed": "该法已废止",
    "not_yet_effective": "该法尚未施行",
    "ambiguous": "所指法条不明",
    "out_of_scope": "非法律条文，未核实",
    "inconclusive": "未能核实",
    "unsupported": "所引法条中没有此内容",
    "uncited": "未注明法律依据",
    "no_text": "未收录该法正文，未能核实",
    "amended": "该法已修改，未收录当日有效的文本，未能核实",
    "unknown": "该法当日是否有效不明，未能核实",
}
"""What each verdict but `verified` says in a report, and each cause of `inconclusive`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The verdict on text[start:end] of a report; `reason` is Chinese, "" where nothing is flagged.

    Of sentences only faults are told: `unsupported`, `uncited`, and words of a law that are said of
    another provision (`wrong_article`) or quoted wrongly (`quote_mismatch`).
    """

    kind: Literal["citation", "sentence"]
    start: int
    end: int
    verdict: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """text[start:end], a sentence, held against `sources`: the words of all that it cites."""

    start: int
    end: int
    citations: tuple[Citation, ...]
    sources: tuple[str, ...]
    faults: tuple[Fault, ...]


_MAX_SOURCES = 50
_CONCLUDES = re.compile(
    "应当|不得|必须|有权|无权|无效|依法|法律规定"
    "|(?:可以|可)(?:依法)?(?:要求|请求|主张|解除|撤销|拒绝)|能够?(?:依法)?(?:要求|请求|主张)"
    "|应(?:支付|承担|赔偿|返还|给付|补偿)(?![的而但])"
)
_ADVICE = re.compile("建议|未检索|未涉及|说明|提示|提醒|免责|证据|路径|步骤|节点")
_ASIDE = re.compile("您|你|本案|例如|比如|假设|假如|建议|最好|尽量")
_DUE = re.compile(r"(?:日|天|月|年)(?:之)?(?:内|以内|前|届满)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """The law and the evidence of one report, on one day; `asked` is the user's question."""

    lookup: KeptLookup
    as_of: datetime.date
    evidence: Mapping[str, Source]
    catalogue: Catalogue | None = None
    asked: str = ""

    def citations(self, text: str) -> tuple[Citation, ...]:
        """Return the citations of a text with their verdicts."""
        bare = unemphasised(text)
        return tuple(_stood(citation, bare) for citation in self._read(bare.text))

    def _read(self, text: str) -> tuple[Citation, ...]:
        report = verify_citations(text, self.lookup, self.as_of, catalogue=self.catalogue)
        return report.citations

    def sources(self, citation: Citation, *, whole: bool = False) -> list[str]:
        """Return the words of what is cited, a 项 with the words that lead to it.

        `whole` gives whole articles.  Of a law as a whole they are those of its that are at hand.
        """
        named = [t for t in (*citation.targets, *citation.found) if t.address.number]
        if named:
            return [self.lookup.text_of(target, whole=whole) for target in named]
        laws = _laws(citation.targets)
        return [one.content for one in self.evidence.values() if one.law_id in laws]

    def findings(self, text: str) -> Iterator[Finding]:
        """Yield a finding for every citation of a text, and one for every fault of a sentence."""
        bare = unemphasised(text)
        for one in self._findings(bare.text):
            start, end = bare.stood(one.start, one.end)
            yield replace(one, start=start, end=end)

    def _findings(self, text: str) -> Iterator[Finding]:
        units = list(sentences(text, headings=True))
        citations = self._settled(text, units)
        yield from map(finding_of, citations)
        cited = [citation for citation in citations if citation.verdict != "out_of_scope"]
        noted = notes(text)
        for unit in units:
            words = text[unit.start : unit.end]
            near = with_notes(near_of(unit, cited, units), words, cited, found=noted)
            for fault in self._faults(words, unit, near):
                yield Finding(
                    kind="sentence",
                    start=unit.start + fault.start,
                    end=unit.start + fault.end,
                    verdict=fault.verdict,
                    reason=inert(fault.reason),
                )

    def stated(self, text: str, citations: Sequence[Citation]) -> Iterator[Stated]:
        """Yield the sentences of a text whose own citations all hold and have words, with faults.

        `citations` are those of the text, in order; what is no law counts as none.  A sentence that
        cites a whole code states nothing of any one provision, and is left out.
        """
        units = list(sentences(text))
        cited = [citation for citation in citations if citation.verdict != "out_of_scope"]
        for unit in units:
            near = near_of(unit, cited, units)
            sources = tuple(source for citation in near.own for source in self.sources(citation))
            if not 0 < len(sources) <= _MAX_SOURCES or any(
                citation.verdict != "verified" for citation in near.own
            ):
                continue
            found = self._faults(text[unit.start : unit.end], unit, near)
            yield Stated(
                start=unit.start,
                end=unit.end,
                citations=near.own,
                sources=sources,
                faults=tuple(
                    replace(one, start=unit.start + one.start, end=unit.start + one.end)
                    for one in found
                ),
            )

    def _faults(self, words: str, unit: Sentence, near: Near) -> list[Fault]:
        if any(citation.verdict != "verified" for citation in near.own):
            return []
        if not near.own:
            return self._going_on(words, unit, near)
        sources = [source for citation in near.own for source in self.sources(citation)]
        if not sources:
            return []
        quoted = [(c.quote[0] - unit.start, c.quote[1] - unit.start) for c in near.own if c.quote]
        return [
            *misquotations(words, sources, quoted),
            *(list(faults(words, sources, facts=self.asked)) or self._elsewhere(words, near.own)),
        ]

    def _going_on(self, words: str, unit: Sentence, near: Near) -> list[Fault]:
        """Return what is wrong with a sentence that cites no law itself."""
        is_title = bool(unit.level)
        if rests_on_clause(words) or (is_title and not states_rule(words, self.asked)):
            return []
        if not near.around:
            return _uncited(words, unit, told=self.asked)
        good = [citation for citation in near.around if citation.verdict == "verified"]
        sources = [source for c in good for source in self.sources(c, whole=True)]
        aside = _ASIDE.search(words) and not concludes(words) and not near.same
        if not sources or aside:
            return []
        return list(faults(words, sources, facts=self.asked))

    def _elsewhere(self, words: str, citations: Sequence[Citation]) -> list[Fault]:
        """Return words of a sentence, figures or a condition, that are another provision's."""
        cited = [t for c in citations for t in c.targets if t.address.number]
        sources = [source for citation in citations for source in self.sources(citation)]
        for start, end in telling(words, sources) if cited else ():
            read = self._read(f"《{cited[0].law}》{cited[0].address}：“{words[start:end]}”")
            found = [target for citation in read[:1] for target in citation.found]
            if found:
                reason = f"此内容见{_spoken(found[0])}"
                return [Fault(start=start, end=end, verdict="wrong_article", reason=reason)]
        whole = [source for one in citations for source in self.sources(one, whole=True)]
        other = of_another(words, cited, whole, self.lookup) if cited else None
        if other is None:
            return []
        (start, end), target = other
        reason = f"此内容见{_spoken(target)}"
        return [Fault(start=start, end=end, verdict="wrong_article", reason=reason)]

    def _settled(self, text: str, units: Sequence[Sentence]) -> list[Citation]:
        """Return the citations; a mere 第四十六条 is of the law that its paragraph just cited.

        前款 and the like are none where the provision just cited says them itself.
        """
        settled = list[Citation]()
        before: Citation | None = None
        for citation in self._read(text):
            if before is None or not goes_on(citation, before, units):
                settled.append(citation)
            elif _laws(citation.found) == _laws(before.targets):
                settled.append(self._of_law_before(text, citation))
            elif not any(text[citation.start : citation.end] in s for s in self.sources(before)):
                settled.append(citation)
            if settled and settled[-1].verdict != "out_of_scope":
                before = settled[-1]
        return settled

    def _of_law_before(self, text: str, citation: Citation) -> Citation:
        read = replace(citation, verdict="verified", reason="", targets=citation.found, found=())
        if not citation.quote:
            return read
        words = text[slice(*citation.quote)]
        if any(holds(source, words) for source in self.sources(read)):
            return read
        return replace(read, verdict="quote_mismatch", reason="the law's words are others")


def concludes(words: str) -> bool:
    """Say whether a sentence concludes something about the law.

    >>> concludes("用人单位应当支付经济补偿"), concludes("你可以先与对方沟通")
    (True, False)
    """
    return bool(_CONCLUDES.search(words))


def _uncited(words: str, unit: Sentence, *, told: str) -> list[Fault]:
    """Return the sentence if it concludes; advice does so only with a time limit or a figure."""
    is_rule = states_rule(words, told)
    advice = _ADVICE.search(unit.heading) and not (is_rule or _DUE.search(words))
    if advice or not (is_rule or concludes(words)):
        return []
    end = len(words.rstrip("。；;！!？?"))
    return [Fault(start=0, end=end, verdict="uncited", reason=REASONS["uncited"])]


def _laws(targets: Sequence[Target]) -> set[str]:
    return {target.law_id for target in targets}


def _stood(citation: Citation, bare: Unemphasised) -> Citation:
    """Return a citation of a text without emphasis as one of the text with its marks."""
    start, end = bare.stood(citation.start, citation.end)
    quote, difference = (
        bare.stood(*span) if span and span[0] < span[1] else None
        for span in (citation.quote, citation.difference)
    )
    return replace(citation, start=start, end=end, quote=quote, difference=difference)


def finding_of(citation: Citation) -> Finding:
    """Return a citation's verdict with its reason in Chinese, flagged at the words at fault."""
    start, end = citation.start, citation.end
    if citation.verdict in ("quote_mismatch", "wrong_article") and citation.quote:
        start, end = citation.quote
    return Finding(
        kind="citation", start=start, end=end, verdict=citation.verdict, reason=_reason(citation)
    )


def _reason(citation: Citation) -> str:
    if citation.verdict == "verified" or (citation.verdict == "out_of_scope" and citation.law):
        return ""
    reason = REASONS[citation.cause or citation.verdict]
    if citation.verdict in ("quote_mismatch", "wrong_article") and citation.found:
        return inert(f"引文见{_spoken(citation.found[0])}")
    if citation.should_be:
        return inert(f"{reason}，应为“{citation.should_be}”")
    named = [target for target in citation.targets if target.address.number]
    if citation.verdict == "quote_mismatch" and named:
        return inert(f"{reason}，原文见{_spoken(named[0])}")
    return reason


def _spoken(target: Target) -> str:
    return f"《{target.law}》{target.address}"
