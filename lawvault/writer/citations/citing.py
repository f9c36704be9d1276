"""The citations of a document held against the law, and told in it: notes, marks, rows of a table.

`cite` runs where the law lies and takes texts; `texts_of` and `with_citations` run where the
document lies and ask nothing.  Between the two goes plain data, so that one call checks all of a
document.  A citation that holds gets a note with the words of its provision, and only such a one;
anything else gets a mark that says what is wrong.
"""

import datetime
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from typing import Literal

from lawvault.law.citations import Citation
from lawvault.law.kept import KeptLookup
from lawvault.law.normal import Span
from lawvault.proof.cited import Finding, Law
from lawvault.proof.source import Source
from lawvault.retrieve.content import Content
from lawvault.retrieve.laws import ContentLookup
from lawvault.writer.citations.clean import APPENDIX, plain
from lawvault.writer.citations.flow import flow_of, notes_in_order, spoken_words, with_lines
from lawvault.writer.citations.provision import note_of, provenance_of
from lawvault.writer.citations.telling import Telling
from lawvault.writer.citations.told import Facts, facts_of, is_fact
from lawvault.writer.document import (
    Block,
    Checked,
    Document,
    Footnote,
    Heading,
    Inline,
    Items,
    Mark,
    Paragraph,
    Provenance,
    Text,
)

Style = Literal["footnote", "appendix", "inline"]
"""Where provisions are told: below the page, in a list at the end, or nowhere (marks only)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """One citation of a text, or one fault of a sentence, and its verdict.

    `start` to `end` is the citation or the words at fault; `flag` is the span that a mark stands
    behind; `reason` is Chinese, "" where nothing is to be marked.  `targets` are the provisions
    cited, `found` those where the words stand instead.
    """

    kind: Literal["citation", "sentence"]
    start: int
    end: int
    verdict: str
    reason: str = ""
    flag: Span
    quote: Span | None = None
    should_be: str = ""
    targets: tuple[Provenance, ...] = ()
    found: tuple[Provenance, ...] = ()


def cite(
    text: str,
    content: Content,
    *,
    lookup: ContentLookup,
    as_of: datetime.date,
    evidence: Iterable[Source] = (),
    asked: str = "",
) -> tuple[Cited, ...]:
    """Return the verdict on every citation of a text, and every fault of its sentences, in order.

    Args:
        evidence: articles at hand, for sentences that cite a law as a whole.
        asked: facts that the user told; their figures need no law in a sentence on the parties.
    """
    law = Law(
        lookup=KeptLookup(lookup),
        as_of=as_of,
        evidence={one.id: one for one in evidence},
        catalogue=lookup.catalogue,
        asked=asked,
    )
    findings = list(law.findings(text))
    told = [finding for finding in findings if finding.kind == "citation"]
    kept = dict[object, Provenance]()
    cited = [
        _cited(citation, finding, text, content, kept)
        for citation, finding in _settled(law.citations(text), told)
    ]
    facts = facts_of(asked)
    cited += [
        _fault(finding)
        for finding in findings
        if finding.kind == "sentence" and not _is_told(finding, text, facts)
    ]
    return tuple(sorted(cited, key=lambda one: (one.start, one.end, one.kind)))


def _settled(
    citations: Sequence[Citation], findings: Sequence[Finding]
) -> Iterator[tuple[Citation, Finding]]:
    """Yield the citations that the findings are about, with these.

    A mere 第四十六条 whose law the paragraph told was found among the candidates.
    """
    waiting = list(citations)
    for finding in findings:
        while not _is_about(finding, waiting[0]):
            waiting.pop(0)
        citation = waiting.pop(0)
        if citation.verdict == "ambiguous" != finding.verdict:
            citation = replace(citation, targets=citation.found, found=())
        yield citation, finding


def _is_about(finding: Finding, citation: Citation) -> bool:
    spans = [(citation.start, citation.end), citation.quote]
    return (finding.start, finding.end) in spans


def _cited(
    citation: Citation,
    finding: Finding,
    text: str,
    content: Content,
    kept: dict[object, Provenance],
) -> Cited:
    quote = text[slice(*citation.quote)] if citation.quote else ""
    for target in (*citation.targets, *citation.found):
        if target not in kept:
            kept[target] = provenance_of(target, content)
    return Cited(
        kind="citation",
        start=citation.start,
        end=citation.end,
        verdict=finding.verdict,
        reason=finding.reason,
        flag=(finding.start, finding.end),
        quote=citation.quote,
        should_be=citation.should_be,
        targets=tuple(
            replace(kept[target], verdict=finding.verdict, quote=quote)
            for target in citation.targets
        ),
        found=tuple(kept[target] for target in citation.found),
    )


def _is_told(finding: Finding, text: str, facts: Facts) -> bool:
    """Say whether a figure that no law has is one that the user told of a party."""
    start, end = finding.start, finding.end
    is_strange = finding.verdict == "unsupported"
    return is_strange and is_fact(text[start:end], sentence_at(text, start, end), facts)


def _fault(finding: Finding) -> Cited:
    return Cited(
        kind="sentence",
        start=finding.start,
        end=finding.end,
        verdict=finding.verdict,
        reason=finding.reason,
        flag=(finding.start, finding.end),
    )


def without_frame(
    texts: Sequence[str], cited: Sequence[Sequence[Cited]], frame: Set[str]
) -> tuple[tuple[Cited, ...], ...]:
    """Return the verdicts on texts but those that a sentence of a template's frame names no law.

    A template claims nothing of a case.  What its sentences cite is checked like anything else.

    Args:
        frame: whole sentences of the frame, see `lawvault.writer.drafting.frames.own_sentences`.
    """
    return tuple(
        tuple(
            one
            for one in found
            if one.verdict != "uncited" or text[one.start : one.end] not in frame
        )
        for text, found in zip(texts, cited, strict=True)
    )


def texts_of(document: Document) -> tuple[str, ...]:
    """Return the texts to be cited: that of the document, then of every footnote in order.

    Each is cited for itself: 同法 in a footnote never means a law of the page above it.
    """
    bare = plain(document)
    notes = (bare.notes[id_] for id_ in notes_in_order(bare))
    return flow_of(bare.blocks).text, *(spoken_words(note.content) for note in notes)


def with_citations(
    document: Document,
    cited: Sequence[Sequence[Cited]],
    *,
    style: Style = "footnote",
    full_first: bool = True,
) -> Document:
    """Return a document with its citations told; what was told of them before is replaced.

    Args:
        cited: what `cite` returned for each of `texts_of(document)`.
        full_first: a provision is told in full where it comes first, and then by 同前注〔N〕.

    Raises:
        ValueError: `cited` is of another document.
    """
    bare = plain(document)
    ids = notes_in_order(bare)
    if len(cited) != 1 + len(ids):
        raise ValueError(f"{1 + len(ids)} texts were to be cited, got {len(cited)} results")
    flow = flow_of(bare.blocks)
    telling = Telling(bare.notes, full_first=full_first)
    added = list(_marks(cited[0]))
    if style == "footnote":
        for one in cited[0]:
            if one.kind == "citation" and one.verdict == "verified" and not one.reason:
                added += ((one.end, note) for note in telling.told(one.targets))
    blocks = with_lines(bare.blocks, flow.put(sorted(added, key=lambda one: one[0])))
    checked = list(_rows(flow.text, cited[0]))
    notes = dict(bare.notes)
    for id_, found in zip(ids, cited[1:], strict=True):
        notes[id_] = _marked(notes[id_], found)
        checked += _rows(spoken_words(bare.notes[id_].content), found)
    if style == "appendix":
        blocks += _appendix(checked)
    told = replace(bare, blocks=blocks, notes=notes | telling.notes, checked=tuple(checked))
    return telling.numbered(told)


def _marks(cited: Iterable[Cited]) -> Iterator[tuple[int, Inline]]:
    """Yield a mark behind every fault, one for each reason at a place."""
    seen = set[tuple[int, str]]()
    for one in cited:
        key = (one.flag[1], one.reason)
        if one.reason and key not in seen:
            seen.add(key)
            yield one.flag[1], Mark(reason=one.reason)


def _marked(note: Footnote, cited: Sequence[Cited]) -> Footnote:
    blocks = (Paragraph(content=note.content),)
    return replace(note, content=flow_of(blocks).put(_marks(cited))[0])


def _rows(text: str, cited: Iterable[Cited]) -> Iterator[Checked]:
    """Yield the rows of the table of citations: one for each provision of each citation."""
    for one in cited:
        if one.verdict == "out_of_scope" and not one.reason:
            continue
        for target in one.targets or (None,):
            yield Checked(
                kind=one.kind,
                citation=text[one.start : one.end],
                verdict=one.verdict,
                reason=one.reason,
                provenance=target,
                context=sentence_at(text, one.start, one.end),
            )


_STOPS, _MAX_CONTEXT = "。！？；\n", 300


def sentence_at(text: str, start: int, end: int) -> str:
    """Return the sentence that text[start:end] stands in, as far as it is near.

    >>> sentence_at("甲。乙第三条丙。丁", 3, 6)
    '乙第三条丙。'
    """
    near, far = max(0, start - _MAX_CONTEXT), min(len(text), end + _MAX_CONTEXT)
    first = max(near, 1 + max(text.rfind(stop, near, start) for stop in _STOPS))
    ends = (at for stop in _STOPS if (at := text.find(stop, end, far)) >= 0)
    return text[first : min(ends, default=far) + 1].strip().removeprefix("# ")


def _appendix(rows: Iterable[Checked]) -> tuple[Block, ...]:
    provisions = dict[tuple[str, str], Provenance]()
    for row in rows:
        if row.provenance and row.verdict == "verified":
            key = (row.provenance.law_id, row.provenance.address)
            provisions.setdefault(key, row.provenance)
    if not provisions:
        return ()
    items = tuple((Paragraph(content=note_of(one)),) for one in provisions.values())
    heading = Heading(level=1, content=(Text(text=APPENDIX),))
    return heading, Items(items=items, start=1)
