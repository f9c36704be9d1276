"""Words that a text quotes from a law: whose they are, and whether the law has them.

Comparison is verbatim after normalisation: spaces, width, marks and the style of item labels do
not count, everything else does.
"""

import bisect
import re
from collections.abc import Iterator, Sequence

from lawvault.law.address import Address
from lawvault.law.normal import Normal, Span, first_difference, normalise
from lawvault.law.provisions import Provision, paragraphs, places
from lawvault.law.reference import Reference
from lawvault.law.text.quotation import Quote, quotes

_BLANK = r"[ \u3000\n>]*"
_SAYS = re.compile(
    rf"{_BLANK}(?:的?(?:明确)?(?:规定|载明|指出|要求|内容为|原文为|表述为|写明)(?:的是|了|的)?"
    rf"|所称的?|所说的?|的|中的|之)?{_BLANK}[：:，,]?{_BLANK}"
)
_FROM = re.compile(
    rf"{_BLANK}[。；;]?{_BLANK}"
    rf"(?:[（(]{_BLANK}(?:参?见|依据|根据|出自|引自)?|[，,]?(?:参?见|出自|引自)|[—-]{{1,2}})?{_BLANK}"
)
_AND = re.compile(rf"{_BLANK}(?:、|，|以及|或者|和|及|与|或)?{_BLANK}")
_OMISSION = re.compile(r"…+|\.{3,}")
_NEGATIONS = "未不非无"
_MIN_CHARS = 2
_MAX_PUT_IN = 24
_MAY_DIFFER = 8  # characters, in however short a quotation
_CUT = re.compile(r"[。；;：:\n（）()]|^[，,、]")
_LABEL = re.compile(r"\(\d+\)")
_LINE = re.compile(r"(?<![：:])\n")


def quotations(text: str, references: Sequence[Reference]) -> list[tuple[Span, list[int]]]:
    """Return each quotation (without its marks) with the references it may be from, nearest first.

    A quotation is from the reference right before it (第三十八条规定：“…”), or from the one right
    after it (“…”（《劳动合同法》第三十八条）); if that is one of a list, from any of the list.
    Words in quotation marks that no reference leads to are no quotation from a law.
    """
    found = list[tuple[Span, list[int]]]()
    for quote in quotes(text):
        span = (quote.start + 1, quote.end - 1)
        if len(normalise(text[slice(*span)]).text) < _MIN_CHARS:
            continue
        owners = _owners(text, quote, references)
        if owners:
            found.append((span, owners))
    return found


def _owners(text: str, quote: Quote, references: Sequence[Reference]) -> list[int]:
    before = [i for i, r in enumerate(references) if r.end <= quote.start]
    if before and _SAYS.fullmatch(text, references[before[-1]].end, quote.start):
        return _listed(text, references, before[::-1])
    after = [i for i, r in enumerate(references) if r.start >= quote.end]
    if after and _FROM.fullmatch(text, quote.end, references[after[0]].start):
        return _listed(text, references, after)
    return []


def _listed(text: str, references: Sequence[Reference], order: Sequence[int]) -> list[int]:
    """Return the first of `order` and those that stand in one list with it."""
    listed = [order[0]]
    for index in order[1:]:
        first, second = sorted((listed[-1], index))
        gap = references[first].end, max(references[first].end, references[second].start)
        if not _AND.fullmatch(text, *gap):
            break
        listed.append(index)
    return listed


def holds(provision: str, words: str) -> bool:
    """Say whether a provision has the words of a quotation, in their order if …… leaves some out.

    Words that leave the law's negation out are not what it says.  What follows …… goes on in the
    same sentence of the law or begins one: the condition of one sentence with what another one
    orders is no quotation.

    >>> holds("未及时足额支付劳动报酬的；", "未及时……支付劳动报酬")
    True
    >>> holds("未及时足额支付劳动报酬的；", "及时足额支付劳动报酬")
    False
    >>> holds("初犯的，处警告；再犯的，处罚款。", "初犯的……处罚款")
    False
    """
    normal = normalise(provision)
    pieces = [normalise(piece).text for piece in _pieces(words)]
    if len(pieces) == 1:
        return next(_places_of(_open(pieces[0]), normal.text), None) is not None
    return _in_order(normal, pieces)


def _open(piece: str) -> str:
    """Return words without their last stop, which may be that of the sentence that quotes them."""
    return piece.rstrip("。;；,，:：") or piece


def _places_of(words: str, text: str) -> Iterator[int]:
    """Yield where a text has the words, and no negation before them."""
    at = text.find(words)
    while at >= 0:
        if not at or text[at - 1] not in _NEGATIONS:
            yield at
        at = text.find(words, at + 1)


def _in_order(normal: Normal, pieces: Sequence[str]) -> bool:
    """Say whether a text has the pieces one after the other.

    Each goes on in the sentence of the one before it, or begins a sentence.
    """
    begins = _beginnings(normal)
    reached = dict[int, int]()  # of each sentence, how far the pieces go in it
    before = ""
    for piece in pieces:
        words, now = _open(piece), dict[int, int]()
        least = 0 if before.endswith(":") else min(reached.values(), default=0)
        for at in _places_of(words, normal.text):
            goes_on = reached.get(bisect.bisect(begins, at), at + 1) <= at
            if not before or goes_on or (at in begins and at >= least > 0):
                end = at + len(words)
                now.setdefault(bisect.bisect(begins, end), end)
        if not now:
            return False
        reached, before = now, piece
    return True


def _beginnings(normal: Normal) -> list[int]:
    """Return where the sentences of a provision begin; what a colon leads to goes on with it."""
    stops = {match.end() for match in re.finditer("[。;]", normal.text)}
    lines = {bisect.bisect_left(normal.offsets, m.end()) for m in _LINE.finditer(normal.original)}
    return sorted(stops | lines)


def abridges(content: str, span: Span, words: str) -> bool:
    """Say whether words are the lead of a 款 and some of its 项, those that content[span] covers.

    So statutes are quoted where only one 项 matters, with its label or without, and without ……

    >>> law = "有下列情形之一的，可以解除：\\n（一）未付工资的；\\n（二）未缴保险费的；"
    >>> abridges(law, (0, len(law)), "有下列情形之一的，可以解除：（二）未缴保险费的")
    True
    >>> abridges(law, (0, len(law)), "有下列情形之一的，可以解除：（二）缴保险费的")
    False
    """
    return any(
        holds(f"{content[paragraph.start : parts[0].start]}{said}", words)
        for paragraph in paragraphs(content)
        if (parts := paragraph.parts)
        for said in _abridged(content, [p for p in parts if _overlap(span, p)], words)
    )


def _abridged(content: str, parts: Sequence[Provision], words: str) -> Iterator[str]:
    """Yield the 项 that words may be: all those whose labels they have, or each without its own."""
    plain = normalise(words).text
    items = [normalise(content[part.start : part.end]).text for part in parts]
    labelled = [(match[0], item) for item in items if (match := _LABEL.match(item))]
    yield "".join(item for label, item in labelled if label in plain)
    for label, item in labelled:
        yield item.removeprefix(label)


def _overlap(span: Span, part: Provision) -> bool:
    return part.start < span[1] and span[0] < part.end


def can_be_put_in(law: str, differing: str, words: str) -> bool:
    """Say whether a law's words can stand for those that differ of the words quoted.

    They are few, lie inside one clause of one 项, and most of the quotation is the law's.

    >>> can_be_put_in("足额", "按时", "未及时按时支付")
    True
    >>> can_be_put_in("；\\n（三）未", "必须", "者必须")
    False
    """
    is_mostly_right = len(differing) <= max(_MAY_DIFFER, len(words) // 2)
    return is_mostly_right and len(law) <= _MAX_PUT_IN and not _CUT.search(law)


def _pieces(words: str) -> list[str]:
    pieces = _OMISSION.split(words)
    return [piece for piece in pieces if normalise(piece).text] or [words]


def place_of(content: str, words: str, article: Address) -> tuple[Address, int, int] | None:
    """Return the smallest 款, 项 or 目 of an article that has the words, and its span."""
    found = None
    for place, start, end in places(content, article.number, article.sub):
        if holds(content[start:end], words):
            found = place, start, end
    return found


def misquoted(words: str, provisions: Sequence[str]) -> tuple[Span, str] | None:
    """Return the span of `words` that differs from the likest provision, and the law's words there.

    None: the words are all there, but in another order or sentence, or without a negation.
    """
    wrong = [p for p in _pieces(words) if not any(holds(q, p) for q in provisions)]
    if not wrong:
        return None
    piece = wrong[0]
    pairs = {piece[i : i + 2] for i in range(len(piece) - 1)}
    provision = max(provisions, key=lambda text: sum(pair in text for pair in pairs))
    spans = first_difference(piece, provision)
    if spans is None:
        return None
    offset = words.index(piece)
    (start, end), law = spans
    return (offset + start, offset + end), provision[slice(*law)]
