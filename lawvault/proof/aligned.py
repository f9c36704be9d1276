"""Which sentence of the cited provisions a clause speaks of, and what it takes from another one.

A provision often has several figures of a kind, each for its own case.  A clause that has the
words of one case and the figure of another is false, though every figure in it is the law's.
Sentences are compared by pairs of characters; what is not clear is let be.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from lawvault.law.normal import Span, normalise
from lawvault.law.provisions import Provision, paragraphs
from lawvault.proof.figures import Figure, figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One sentence of a provision, a 项 with what leads to it.

    `head` is what it may leave unsaid: the first clause of its 款; the sentence before it, where it
    has no condition of its own.
    """

    words: str
    head: str
    plain: str
    pairs: frozenset[str]
    figures: tuple[Figure, ...]

    def has(self, figure: Figure) -> bool:
        """Say whether it has the same figure."""
        return any(f.kind == figure.kind and f.value == figure.value for f in self.figures)

    def rivals(self, figure: Figure) -> list[Figure]:
        """Return its figures of the same kind, if none of them is the same."""
        same_kind = [f for f in self.figures if f.kind == figure.kind]
        return [] if self.has(figure) else same_kind

    def says(self, words: str) -> bool:
        """Say whether it has words (in normal form), or may leave them unsaid."""
        return words in self.plain or words in self.head

    def follows(self, conditions: Sequence[str]) -> bool:
        """Say whether it orders something on conditions, its own or those it goes on from."""
        goes_on = "的," not in self.plain
        return all(c in self.plain or (goes_on and c in self.head) for c in conditions)

    def bounds(self, figure: Figure) -> "_Bounded | None":
        """Return one of its figures with 以上, 以下 or 不满, None if it has nothing of these."""
        return _bounded(self.words, figure)


_STOP = re.compile(r"(?<=[。；;])|\n")


@lru_cache(512)
def cases(provision: str) -> tuple[Case, ...]:
    """Return the sentences of a provision.

    >>> [case.plain for case in cases("甲的，可以：\\n（一）乙；\\n（二）丙。\\n丁；戊。")]
    ['甲的,可以:(1)乙;', '甲的,可以:(2)丙。', '丁;', '戊。']
    """
    found = list[Case]()
    for paragraph in paragraphs(provision):
        said = [words for words in _sentences(provision, paragraph) if words.strip()]
        first = _COMMA.split(said[0].strip())[0] if said else ""
        for before, words in zip(["", *said], said, strict=False):
            has_condition = "的，" in words or "的," in words
            found.append(_case(words, first if has_condition else f"{first}，{before}"))
    return tuple(found)


def _sentences(content: str, paragraph: Provision) -> Iterator[str]:
    if not paragraph.parts:
        yield from _STOP.split(content[paragraph.start : paragraph.end])
        return
    *before, lead = _STOP.split(content[paragraph.start : paragraph.parts[0].start].rstrip())
    yield from before
    for part in paragraph.parts:
        yield lead + content[part.start : part.end]


def _case(words: str, head: str) -> Case:
    found = tuple(figures(words))
    return Case(
        words=words,
        head=normalise(head).text,
        plain=normalise(words).text,
        pairs=_pairs(without(words, found)),
        figures=found,
    )


def without(text: str, found: Sequence[Figure]) -> str:
    """Return a text, as long as before, with blanks for its figures."""
    for figure in found:
        text = f"{text[: figure.start]}{'　' * (figure.end - figure.start)}{text[figure.end :]}"
    return text


_SILENT = re.compile(r"[\s，,。；;：:、（）()“”\"《》！？!?]+")


def _pairs(text: str) -> frozenset[str]:
    runs = _SILENT.split(text)
    return frozenset(run[i : i + 2] for run in runs for i in range(len(run) - 1))


_COMMA = re.compile(r"[，,。；;：:！？!?\n（）()]")
_CONDITION = re.compile(r"(?:的|时|者|后|内)　*$")


def _clauses(text: str) -> list[Span]:
    cuts = [0, *(match.end() for match in _COMMA.finditer(text)), len(text)]
    spans = itertools.pairwise(cuts)
    return [(start, end) for start, end in spans if _COMMA.sub("", text[start:end]).strip("　 ")]


def _bare(text: str, span: Span) -> str:
    return _COMMA.sub("", text[slice(*span)]).strip("　 ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """text[start:end] is of another sentence than the words around it, which has `law` instead."""

    start: int
    end: int
    law: str


def slips(plain: str, sources: Sequence[str]) -> Iterator[Slip]:
    """Yield figures that stand in `sources`, but not in the sentence whose words are around them.

    `plain` is a sentence without names of laws.
    """
    said = figures(plain)
    if not said:
        return
    law = [case for source in sources for case in cases(source)]
    spans, blank = _clauses(plain), without(plain, said)
    for figure in said:
        index = next(i for i, (_, end) in enumerate(spans) if figure.start < end)
        context = _context(blank, spans, index)
        rival = (
            _rival(figure, context, law)
            or _unpaired(figure, _condition(plain, spans, index, said), law)
            or _of_another_law(figure, _pairs(context[-1]), sources)
            or ("" if _bounded(plain, figure) else _no_limit(figure, context[-1], law))
        )
        if rival:
            yield Slip(start=figure.start, end=figure.end, law=rival)


def _context(blank: str, spans: Sequence[Span], index: int) -> list[str]:
    """Return the clause of a figure, and the condition before it, without their figures."""
    own = [_bare(blank, spans[index])]
    if index and _CONDITION.search(_bare(blank, spans[index - 1])):
        own.insert(0, _bare(blank, spans[index - 1]))
    return own


_MARGIN, _MIN_RUN = 2, 8


def _rival(figure: Figure, context: Sequence[str], law: Sequence[Case]) -> str:
    """Return the law's figure in the sentence that is plainly the one spoken of, if another."""
    right = [case for case in law if case.has(figure)]
    others = [case for case in law if case.rivals(figure)]
    if not right or not others:
        return ""
    wanted = frozenset[str]().union(*map(_pairs, context))
    likest = max(others, key=lambda case: len(wanted & case.pairs))
    most = max(len(wanted & (case.pairs | _pairs(case.head))) for case in right)
    if len(wanted & likest.pairs) >= most + _MARGIN:
        return _words(likest, likest.rivals(figure)[0])
    for run in (normalise(words.strip("的　")).text for words in context):
        if len(run) < _MIN_RUN or any(case.says(run) for case in right):
            continue
        found = [case for case in others if run in case.plain]
        if found:
            return _words(found[0], found[0].rivals(figure)[0])
    return ""


def _words(case: Case, figure: Figure) -> str:
    return case.words[figure.start : figure.end]


_Bounded = tuple[str, object, str]


def _bounded(text: str, figure: Figure) -> _Bounded | None:
    """Return a figure with 以上, 以下 or 不满: one that says for whom a rule is."""
    before = text[max(0, figure.start - 2) : figure.start]
    bound = "不满" if before in ("不满", "不足", "未满") else figure.bound
    return (figure.kind, figure.value, bound) if bound else None


def _condition(
    plain: str, spans: Sequence[Span], index: int, said: Sequence[Figure]
) -> set[_Bounded]:
    """Return the bounded figures of the condition right before a clause, if it has none itself."""
    if not index or _bounds_in(plain, spans[index], said):
        return set()
    if not _CONDITION.search(_bare(plain, spans[index - 1])):
        return set()
    return _bounds_in(plain, spans[index - 1], said)


def _bounds_in(plain: str, span: Span, said: Sequence[Figure]) -> set[_Bounded]:
    inside = [figure for figure in said if span[0] <= figure.start < span[1]]
    return {bounded for figure in inside if (bounded := _bounded(plain, figure))}


def _unpaired(figure: Figure, condition: set[_Bounded], law: Sequence[Case]) -> str:
    """Return the law's figure for a condition that no sentence has together with the one said."""
    if not condition:
        return ""
    whole = [case for case in law if condition <= _bounds_of(case)]
    right = [case for case in law if case.has(figure)]
    kinds = {kind for kind, _, _ in condition}
    if not whole or not all(kinds & {kind for kind, _, _ in _bounds_of(case)} for case in right):
        return ""
    if any(case in whole for case in right):
        return ""
    rivals = [(case, f) for case in whole for f in case.rivals(figure) if not case.bounds(f)]
    return _words(*rivals[0]) if rivals else ""


def _of_another_law(figure: Figure, wanted: frozenset[str], sources: Sequence[str]) -> str:
    """Return the figure of the one source that a clause names, where it has that of another."""
    having = [source for source in sources if any(case.has(figure) for case in cases(source))]
    theirs = frozenset[str]().union(*map(_pairs_of, having))
    for source in sources:
        named = wanted & (_pairs_of(source) - theirs)
        if (
            source in having
            or not having
            or len(named) < 2
            or wanted & (theirs - _pairs_of(source))
        ):
            continue
        found = [case for case in cases(source) if case.rivals(figure) and case.pairs & named]
        if found:
            return _words(found[0], found[0].rivals(figure)[0])
    return ""


@lru_cache(512)
def _pairs_of(source: str) -> frozenset[str]:
    return frozenset[str]().union(*(case.pairs for case in cases(source)))


_MOST = re.compile("最[长高多]|不得?超过|至多|上限")
_LIMIT = re.compile(r"(?:不得?超过|最[长高多]为?)$")


def _no_limit(figure: Figure, clause: str, law: Sequence[Case]) -> str:
    """Return the law's limit, where a clause makes one of a figure that only says for whom it is.

    试用期最长一年 is false where the law says 合同期限一年以上的，试用期不得超过二个月.
    """
    if not _MOST.search(clause):
        return ""
    wanted = _pairs(clause)
    same = [(c, f) for c in law for f in c.figures if (f.kind, f.value) == _key(figure)]
    if not same or not all(case.bounds(f) for case, f in same):
        return ""
    limits = [
        (case, f)
        for case in law
        for f in case.figures
        if f.kind == figure.kind and wanted & case.pairs and _LIMIT.search(case.words[: f.start])
    ]
    return _words(*limits[0]) if limits else ""


def _key(figure: Figure) -> tuple[str, object]:
    return figure.kind, figure.value


@lru_cache(512)
def _bounds_of(case: Case) -> frozenset[_Bounded]:
    return frozenset(bounded for f in case.figures if (bounded := case.bounds(f)))
