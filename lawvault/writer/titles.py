"""Where a title that is too long for one line breaks: at a word, so that its lines taper or swell.

GB/T 9704-2012, 7.3.1: the words of each line belong together, and the lines form a trapezoid or a
rhombus.  Without a dictionary only some places are sure to be between words: behind 的, a closing
mark or the name of an organisation, and before an opening book mark.  A title that has none of
them in a good place is left to the word processor.
"""

import re
from collections.abc import Sequence
from itertools import combinations, pairwise

from lawvault.writer.flat import columns_of

_BREAK = re.compile(
    "(?<=[的》）、，：；])(?![的》）、，：；和与及第（])"
    "|(?<=公司|集团|银行|法院|大学|医院|一案)(?![的》）、，：；和及第（股分法章债内外治])"
    "|(?<!关于)(?<!^)(?=《)"
)
_ENCLOSED = re.compile("《[^》]*》|（[^）]*）|“[^”]*”")
_MAX_LINES, _MAX_PLACES = 4, 24


def title_lines(title: str, room: float) -> tuple[str, ...]:
    """Return the lines of a title; `room` is how many Chinese characters go on one.

    >>> title_lines("关于江州远帆家具有限公司解除设备租赁合同的法律意见书", 20)
    ('关于江州远帆家具有限公司', '解除设备租赁合同的法律意见书')
    """
    inside = {at for found in _ENCLOSED.finditer(title) for at in range(*found.span())[1:]}
    places = [found.start() for found in _BREAK.finditer(title) if found.start() not in inside]
    places = [at for at in places if 0 < at < len(title)]
    width = columns_of(title) / room / 2  # in lines
    if not 1 < width <= _MAX_LINES or len(places) > _MAX_PLACES:
        return (title,)
    for count in range(1, _MAX_LINES):
        broken = [_cut(title, cuts) for cuts in combinations(places, count)]
        good = [lines for lines in broken if max(map(columns_of, lines)) <= 2 * room]
        if good:
            return min(good, key=_unevenness)
    return (title,)


def _cut(title: str, cuts: Sequence[int]) -> tuple[str, ...]:
    return tuple(title[start:end] for start, end in pairwise((0, *cuts, len(title))))


def _unevenness(lines: Sequence[str]) -> tuple[bool, int]:
    """Return how far lines are from a trapezoid or a rhombus whose lines are about as long."""
    widths = [columns_of(line) for line in lines]
    longest = widths.index(max(widths))
    rises = widths[: longest + 1] == sorted(widths[: longest + 1])
    falls = widths[longest:] == sorted(widths[longest:], reverse=True)
    return not (rises and falls), max(widths) - min(widths)
