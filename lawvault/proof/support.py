"""Whether the provisions that a sentence cites hold what it says, as far as words can show it.

Three things are certain enough to be held against a sentence without understanding it: a figure
that no provision has; 不得, 应当 or 可以 in words that a provision has with another of them; words
in quotation marks that are nearly a provision's, but not quite.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from lawvault.law.mentions.outside import speaks_of_clause
from lawvault.law.normal import Span
from lawvault.law.quoted import holds
from lawvault.law.text.quotation import quotes
from lawvault.proof.aligned import slips
from lawvault.proof.figures import Figure, figures, figures_of, strangers
from lawvault.proof.modality import CLAUSE, around, flips, plain_of
from lawvault.proof.told import Told


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with text[start:end]: a verdict and its reason, in Chinese."""

    start: int
    end: int
    verdict: str
    reason: str


_NAMES = re.compile(r"《[^《》\n]*》|第[^第条，。；\n]{1,12}条(?:之[一二三四五六七八九十\d]+)?")
_DERIVED = re.compile(r"[×*+＋=＝]|合计|共计|总计|计算|折合|推算|相当于|即为?")


def blanked(text: str) -> str:
    """Return the text, as long as before, without names of laws and article numbers."""
    return _NAMES.sub(lambda match: "　" * len(match[0]), text)


def own_words(text: str) -> str:
    """Return the text, as long as before, also without what it quotes."""
    plain = blanked(text)
    for quote in quotes(text):
        plain = f"{plain[: quote.start]}{'　' * (quote.end - quote.start)}{plain[quote.end :]}"
    return plain


def faults(text: str, sources: Sequence[str], *, facts: str = "") -> Iterator[Fault]:
    """Yield what `text` says otherwise than all of `sources`, the provisions that it cites.

    `facts` is what the user told: its figures may be repeated where the text speaks to the user
    (您, 本案), but not as a rule.
    """
    yield from wrong_figures(text, sources, facts=facts)
    yield from _misplaced(text, sources, facts=facts)
    for flip in flips(blanked(text), sources):
        differs = f"法条为“{flip.law}”，不是“{flip.said}”"
        reason = differs if flip.law else f"法条中没有“{flip.said}”，意思相反"
        yield Fault(start=flip.start, end=flip.end, verdict="unsupported", reason=reason)


def wrong_figures(text: str, sources: Sequence[str], *, facts: str = "") -> Iterator[Fault]:
    """Yield the figures of `text` that stand in none of `sources`."""
    plain, told = blanked(text), Told(facts)
    for figure in strangers(plain, sources):
        if told.has(plain, figure):
            continue
        if speaks_of_clause(_clause(text, figure.start, figure.end)):
            continue
        words = text[figure.start : figure.end]
        derived = _DERIVED.search(_clause(plain, figure.start, figure.end))
        reason = "是推算所得，所引法条中没有" if derived else "不见于所引法条"
        yield Fault(
            start=figure.start, end=figure.end, verdict="unsupported", reason=f"“{words}”{reason}"
        )


def _misplaced(text: str, sources: Sequence[str], *, facts: str) -> Iterator[Fault]:
    """Yield figures that a source has elsewhere, while it has another one in these very words."""
    plain, told = blanked(text), Told(facts)
    found = {(slip.start, slip.end): slip.law for slip in slips(plain, sources)}
    for figure, law in _other_figures(plain, sources):
        found.setdefault(_span(figure), law)
    for figure in figures(plain):
        law = found.pop(_span(figure), "")
        if law and not told.has(plain, figure):
            said = text[figure.start : figure.end]
            reason = f"法条为“{law}”，不是“{said}”"
            yield Fault(start=figure.start, end=figure.end, verdict="unsupported", reason=reason)


def _other_figures(plain: str, sources: Sequence[str]) -> Iterator[tuple[Figure, str]]:
    """Yield figures with the one that a source has in the very words around them."""
    strange = set(strangers(plain, sources))
    laws = [(source, figure) for source in sources for figure in figures_of(source)]
    for figure in figures(plain):
        others = [(s, f) for s, f in laws if f.kind == figure.kind and f.value != figure.value]
        if figure in strange or not others:
            continue
        same = [(s, f) for s, f in laws if f.kind == figure.kind and f.value == figure.value]
        likest = max(others, key=lambda other: _alike(plain, figure, *other))
        most = max(_alike(plain, figure, *one) for one in same)
        if _alike(plain, figure, *likest) >= most + _MUCH_MORE or _only_there(
            plain, figure, others, same
        ):
            yield figure, likest[0][slice(*_span(likest[1]))]


_MUCH_MORE, _REACH, _MIN_CONTEXT = 8, 30, 6


def _span(figure: Figure) -> Span:
    return figure.start, figure.end


def _alike(text: str, figure: Figure, law: str, other: Figure) -> int:
    """Return how many characters around two figures are the same, up to the first that is not."""
    before = [
        plain_of(words[max(0, f.start - _REACH) : f.start])[::-1]
        for words, f in ((text, figure), (law, other))
    ]
    after = [plain_of(words[f.end : f.end + _REACH]) for words, f in ((text, figure), (law, other))]
    return _shared(*before) + _shared(*after)


def _shared(one: str, other: str) -> int:
    """Return how many characters two texts begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _only_there(
    text: str,
    figure: Figure,
    others: Sequence[tuple[str, Figure]],
    same: Sequence[tuple[str, Figure]],
) -> bool:
    """Say whether the words around a figure in its clause are those of another figure only."""
    context = around(text, *_span(figure))
    if sum(map(len, context)) < _MIN_CONTEXT:
        return False
    return any(around(law, *_span(f)) == context for law, f in others) and not any(
        around(law, *_span(f)) == context for law, f in same
    )


def _clause(text: str, start: int, end: int) -> str:
    """Return the clause around text[start:end], as far as it is near."""
    before = CLAUSE.split(text[max(0, start - _REACH) : start])[-1]
    return before + text[start:end] + CLAUSE.split(text[end : end + _REACH])[0]


_MIN_QUOTED, _ALIKE = 8, 0.6


def misquotations(text: str, sources: Sequence[str], checked: Sequence[Span]) -> Iterator[Fault]:
    """Yield words in quotation marks, outside `checked`, that are nearly those of a source."""
    for quote in quotes(text):
        start, end = quote.start + 1, quote.end - 1
        words = text[start:end]
        if (start, end) in checked or len(words) < _MIN_QUOTED:
            continue
        if any(holds(source, words) for source in sources):
            continue
        if any(_share(words, source) >= _ALIKE for source in sources):
            yield Fault(start=start, end=end, verdict="quote_mismatch", reason="引文与法条不符")


def _share(words: str, source: str) -> float:
    """Return which share of the pairs of characters of `words` a source has."""
    plain, law = plain_of(words), plain_of(source)
    pairs = {plain[i : i + 2] for i in range(len(plain) - 1)}
    return sum(pair in law for pair in pairs) / len(pairs) if pairs else 0.0


_MIN_CLAUSE = 10


def telling(text: str, sources: Sequence[str]) -> list[Span]:
    """Return what of a sentence with figures shows best whose words it has, at most two spans.

    These are its longest run of words without brackets, citations and quotations, and its longest
    clause; runs that a source has, and short ones, are left out.
    """
    plain = own_words(text)
    if not figures(plain):
        return []
    runs = [_longest(pattern, plain, sources) for pattern in (_RUN, _PHRASE)]
    return list(dict.fromkeys(run for run in runs if run))


def condition(text: str, sources: Sequence[str]) -> Span | None:
    """Return the longest condition (…的) of a sentence, if it is long and no source has it.

    Where exactly one other article of the law has it word for word, the sentence cites the wrong
    one.  What a condition says of the user or of a party of his is no statute's.
    """
    plain = own_words(text)
    found = [
        (match.start(), match.end() - 1)
        for match in _PHRASE.finditer(plain)
        if match[0].endswith("的") and len(match[0]) > _MIN_CLAUSE and not _OURS.search(match[0])
    ]
    strange = [s for s in found if not any(holds(source, plain[slice(*s)]) for source in sources)]
    return max(strange, key=lambda span: span[1] - span[0], default=None)


_OURS = re.compile("您|你|我|公司|本案|对方")
_RUN = re.compile(
    r"[^，。；;：:！？\s（）()](?:[^。；;：:！？\s（）()]*[^，。；;：:！？\s（）()])?"
)
_PHRASE = re.compile(r"[^，,。；;：:！？\s（）()]+")


def _longest(pattern: re.Pattern[str], text: str, sources: Sequence[str]) -> Span | None:
    """Return the longest match that is long enough and that no source has."""
    found = [match for match in pattern.finditer(text) if len(match[0]) >= _MIN_CLAUSE]
    strange = [m for m in found if not any(holds(source, m[0]) for source in sources)]
    return max(strange, key=lambda match: len(match[0])).span() if strange else None
