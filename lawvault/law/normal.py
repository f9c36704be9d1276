"""Normalised text of laws: equal where two texts differ only in how they are typed.

Spaces, line breaks, width, the kind of quotation marks, dashes and brackets, and the style of item
labels (①, （一）, (1), 1.) are the typist's; the words are the law's.  A `Normal` keeps for every
normalised character its place in the original, so that whatever is found is shown there.

White space never decides anything: taking it out or putting it in anywhere changes nothing.
"""

import re
import sys
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from lawvault.law.numerals import NUMERAL, int_or_none

Span = tuple[int, int]
"""First character and the one after the last, in an original text."""

_SAME = {
    '"': "“”„‟＂〝〞〟「」『』﹁﹂﹃﹄'‘’‚‛＇",  # inside another quotation “” become ‘’
    "<": "《〈«‹",
    ">": "》〉»›",
    "-": "—–‒―‐‑−⸺⸻─",
    "~": "〜∼",
    "…": "⋯",
    "·": "•‧∙⋅・･",
    "[": "〔【〖",
    "]": "〕】〗",
    ":": "∶",
    "零": "〇○",
}
_RADICALS = str.maketrans(
    "⺠⻓⻔⻅⻆⻉⻋⻚⻛⻜⻢⻣⻤⻥⻦⻩⻬⻰⻄⻘⻙⻝", "民长门见角贝车页风飞马骨鬼鱼鸟黄齐龙西青韦食"
)
"""Glyphs that PDF files give for characters and that NFKC leaves alone."""

_VARIATION_SELECTORS = {*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}
_LABEL_NAMES = ("CIRCLED", "FULL STOP", "PARENTHESIZED")
_LABELS_IN_WORDS = re.compile(
    rf"\((?P<words>{NUMERAL})\)"
    r"|(?:^|(?<=[。;:,]))(?P<figures>[0-9]{1,3})[.、)](?![0-9.])"
    r"|(?P<dashes>--+)|(?P<dots>(?:…|\.{3,})+)"
)


class _Forms(dict[int, str]):
    """Normal form of single characters; learns those of the first plane as it meets them."""

    def __missing__(self, code: int) -> str:
        form = _form(chr(code))
        if code <= 0xFFFF:  # bounded, whatever texts bring
            self[code] = form
        return form


def _form(char: str) -> str:
    if ord(char) in _VARIATION_SELECTORS or unicodedata.category(char) in ("Cc", "Cf"):
        return ""
    if unicodedata.category(char) == "No":
        number = unicodedata.numeric(char)
        name = unicodedata.name(char, "")
        if number.is_integer() and any(word in name for word in _LABEL_NAMES):
            return f"({int(number)})"
    plain = unicodedata.normalize("NFKC", char).translate(_RADICALS)
    return "".join(plain.split())


_FORMS = _Forms(
    {ord(char): form for form, chars in _SAME.items() for char in chars} | {0x2026: "…"}
)


@dataclass(frozen=True, eq=False, kw_only=True)
class Normal:
    """A text in normal form; the places of its characters are worked out when first asked for."""

    original: str
    text: str

    @property
    def offsets(self) -> Sequence[int]:
        """For every character of `text`, its index in the original."""
        return self._bounds[0]

    def span(self, start: int, end: int) -> Span:
        """Return where text[start:end] stands in the original; an empty one is a place there."""
        starts, ends = self._bounds
        if start < end:
            return starts[start], ends[end - 1]
        place = starts[start] if start < len(starts) else len(self.original)
        return place, place

    @cached_property
    def _bounds(self) -> tuple["array[int]", "array[int]"]:
        forms = map(_FORMS.__getitem__, map(ord, self.original))
        chars = array("q", (i for i, form in enumerate(forms) for _ in form))
        starts, ends = array("q"), array("q")
        done = 0
        for start, end, form in (*_rewrites(self.original.translate(_FORMS)), _END):
            plain = chars[done:start]
            starts += plain
            ends.extend(place + 1 for place in plain)
            for first, last in _spread(chars[start:end], len(form)):
                starts.append(first)
                ends.append(last + 1)
            done = end
        return starts, ends


_END = (sys.maxsize, sys.maxsize, "")
"""After the last rewriting: nothing more is rewritten, and the rest is taken as it is."""


def _spread(chars: Sequence[int], length: int) -> list[tuple[int, int]]:
    """Return first and last place of `length` characters that stand for the places of `chars`.

    The first and the last of a label stay where they are; those between share what is between.
    """
    if length < 2:
        return [(chars[0], chars[-1])] if length else []
    inside = (chars[1], chars[-2]) if len(chars) > 2 else (chars[0], chars[0])
    return [(chars[0], chars[0]), *[inside] * (length - 2), (chars[-1], chars[-1])]


def _rewrites(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, new form) for what several characters together stand for."""
    for match in _LABELS_IN_WORDS.finditer(text):
        form = _rewrite(match)
        if form != match[0]:
            yield match.start(), match.end(), form


def _rewrite(match: re.Match[str]) -> str:
    if match["dashes"]:
        return "-"
    if match["dots"]:
        return "…"
    number = int_or_none(match["words"] or match["figures"])
    return match[0] if number is None else f"({number})"


def normalise(text: str) -> Normal:
    """Return the text in normal form.

    >>> normalise("下列 情形：\\n（一）“甲”；② 乙——丙").text
    '下列情形:(1)"甲";(2)乙-丙'
    >>> list(normalise("甲 （二）").offsets)
    [0, 2, 3, 4]
    """
    plain = _LABELS_IN_WORDS.sub(_rewrite, text.translate(_FORMS))
    return Normal(original=text, text=plain)


def same_text(a: str, b: str) -> bool:
    """Say whether two texts differ in nothing but how they are typed.

    >>> same_text("（一）“甲”， 乙", "(1)「甲」,乙")
    True
    """
    return a == b or normalise(a).text == normalise(b).text


def find(needle: str, haystack: Normal | str) -> Span | None:
    """Return where the first such text stands in the original haystack; an empty one nowhere.

    >>> find("甲、乙", "　见 甲 、 乙。")
    (3, 8)
    """
    wanted = normalise(needle).text
    where = _normal(haystack)
    start = where.text.find(wanted)
    return where.span(start, start + len(wanted)) if wanted and start >= 0 else None


def first_difference(quote: Normal | str, text: Normal | str) -> tuple[Span, Span] | None:
    """Return where a quotation leaves a text: the span in the quotation, the span in the text.

    The quotation may be of a part of the text; it is laid where most of its words agree.  From
    the first to the last character that differs is one span, whole numbers together; None if the
    text has the quotation word for word.

    >>> quote, text = "处五年以下徒刑", "犯前款罪的，处 三年以下徒刑；情节严重的，处罚金。"
    >>> (a, b), (c, d) = first_difference(quote, text)
    >>> quote[a:b], text[c:d]
    ('五', '三')
    """
    quote, text = _normal(quote), _normal(text)
    if quote.text in text.text:
        return None
    start, end = _window(quote.text, text.text)
    left, right = shared_ends(quote.text, text.text[start:end])
    quote_end, text_end = len(quote.text) - right, end - right
    return quote.span(left, quote_end), text.span(start + left, text_end)


def _normal(text: Normal | str) -> Normal:
    return normalise(text) if isinstance(text, str) else text


_MAX_RUNS = 128  # of characters of one quotation that are looked up
_MAX_PLACES = 32  # a run found more often says little about where a quotation is from
_SLACK = 8  # so many more characters than the quotation has may stand before or after the runs


def _window(quote: str, text: str) -> Span:
    """Return the part of the text that most of the quotation's runs of characters point to."""
    shifts = list(_shifts(quote, text))
    if not shifts:
        return 0, len(text)
    best, _ = Counter(shift for _, shift in shifts).most_common(1)[0]
    near = [(i, shift) for i, shift in shifts if abs(shift - best) <= len(quote)]
    first, last = near[0][0], near[-1][0]
    head = min((shift for i, shift in near if i == first), key=lambda shift: abs(shift - best))
    tail = min((shift for i, shift in near if i == last), key=lambda shift: abs(shift - best))
    start, end = max(0, head), min(len(text), tail + len(quote))
    if first:  # its first words differ, and may be more or fewer than those of the text
        same = text.rfind(quote[0], max(0, head - first - _SLACK), head + first)
        start = same if same >= 0 else start
    if last + 1 < len(quote):
        same = text.find(quote[-1], tail + last + 1, end + _SLACK)
        end = same + 1 if same >= 0 else end
    return start, max(start, end)


def _shifts(quote: str, text: str) -> Iterator[tuple[int, int]]:
    """Yield (place in the quotation, how far from there it stands in the text) of short runs."""
    length = 4 if len(quote) > 16 else 2
    runs = range(len(quote) - length + 1)
    for i in runs[:: 1 + len(runs) // _MAX_RUNS]:
        run, place = quote[i : i + length], -1
        for _ in range(_MAX_PLACES):
            place = text.find(run, place + 1)
            if place < 0:
                break
            yield i, place - i


def shared_ends(one: str, other: str) -> tuple[int, int]:
    """Return how many characters two texts share at their start and, after that, at their end.

    A number is never cut in two: 15 and 10 share nothing.
    """
    most = min(len(one), len(other))
    left = next((i for i in range(most) if one[i] != other[i]), most)
    while left and _digits(one[left - 1 : left + 1], other[left - 1 : left + 1]):
        left -= 1
    most -= left
    right = next((i for i in range(most) if one[-1 - i] != other[-1 - i]), most)
    while right and _digits(
        one[len(one) - right - 1 : len(one) - right + 1],
        other[len(other) - right - 1 : len(other) - right + 1],
    ):
        right -= 1
    return left, right


def _digits(*pairs: str) -> bool:
    """Say whether a cut between two characters would go through a number of either text."""
    return any(len(pair) == 2 and pair.isdecimal() for pair in pairs)
