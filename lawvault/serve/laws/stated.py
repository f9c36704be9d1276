"""What the sentences of a text say of the provisions that they cite, held against these.

A figure that no provision cited has, a figure of another rule, 不得 for 应当: these are seen
without understanding the sentence, see `lawvault.proof.support`.  A court's or a lawyer's text has
figures of the case, too, which no law has; where a figure may be one of these, it is not checked.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lawvault.law.citations import Citation
from lawvault.proof.cited import Law, Stated
from lawvault.proof.figures import figures, strangers
from lawvault.proof.support import Fault, own_words
from lawvault.serve.laws.contract import Aspect

_UNCHECKED = ("out_of_scope", "inconclusive", "ambiguous")
_JUDGED_BY_WORDS = ("verified", "quote_mismatch", "wrong_article")
_PARTY = re.compile(
    "原告|被告|申请人|上诉人|甲方|乙方|丙方|我方|贵司|我司|本案|本人|[您你某]|我(?!国)"
)
_COMPUTED = re.compile("[×*+＋=＝]|合计|共计|总计|(?<!起)计算|折合|推算|相当于")
_RULES = "规定"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A citation, what it was checked for, and the first fault of what its sentence says of it."""

    citation: Citation
    checked: tuple[Aspect, ...]
    fault: Fault | None = None


def held(text: str, citations: Sequence[Citation], law: Law) -> list[Held]:
    """Return the citations of a text with what their sentences say held against the law."""
    compared = set[Citation]()
    faults: dict[Citation, Fault] = {}
    for one in law.stated(text, citations):
        kept = [fault for fault in one.faults if not _may_be_a_fact(fault, one, text)]
        if len(kept) == len(one.faults) and figures(own_words(text[one.start : one.end])):
            compared.update(one.citations)
        for fault in kept:
            faults.setdefault(_meant(fault, one), fault)
    return [
        Held(
            citation=one,
            checked=_checked(one, is_compared=one in compared or one in faults),
            fault=faults.get(one),
        )
        for one in citations
    ]


def _checked(citation: Citation, *, is_compared: bool) -> tuple[Aspect, ...]:
    if citation.verdict in _UNCHECKED:
        return ()
    has_words = citation.quote is not None and citation.verdict in _JUDGED_BY_WORDS
    words: tuple[Aspect, ...] = ("quote",) if has_words else ()
    stated: tuple[Aspect, ...] = ("figures",) if is_compared else ()
    return ("address", *words, *stated)


def _meant(fault: Fault, stated: Stated) -> Citation:
    """Return the citation that words at fault belong to: the last before them, else the first."""
    before = [citation for citation in stated.citations if citation.start <= fault.start]
    return before[-1] if before else stated.citations[0]


def _may_be_a_fact(fault: Fault, stated: Stated, text: str) -> bool:
    """Say whether words at fault may be a figure of the case, which no law can have."""
    if not strangers(text[fault.start : fault.end], stated.sources):
        return False
    kinds = {figure.kind for source in stated.sources for figure in figures(source)}
    if "元" not in kinds and all(f.kind == "元" for f in figures(text[fault.start : fault.end])):
        return True
    if _beside_the_law(_COMPUTED, text[stated.start : stated.end], stated):
        return True
    if not _beside_the_law(_PARTY, text[stated.start : stated.end], stated):
        return False
    between = text[_meant(fault, stated).end : fault.start]
    return _RULES not in between or bool(_PARTY.search(between.partition(_RULES)[2]))


def _beside_the_law(words: re.Pattern[str], sentence: str, stated: Stated) -> bool:
    """Say whether a sentence has some of these words that the provisions cited have not."""
    found = {match[0] for match in words.finditer(sentence)}
    return any(not any(word in source for source in stated.sources) for word in found)
