"""An article's text, cut into 款, 项 and 目.

A 款 is a paragraph.  Below it lines are numbered 一、, （一）, （1）, 1. or ①; which of these are
项 and which 目 varies, so it is the order that tells: the first way of numbering in a 款 is that
of its 项, another one below a 项 that of its 目, and what is below these belongs to them.  Some
sources print the 项 of a 款 in one line; a run of （一）（二）… after a colon or semicolon is
cut there.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from lawvault.law.address import Address
from lawvault.law.numerals import int_or_none


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """One 款, 项 or 目: content[start:end], with its parts, which lie inside it."""

    kind: str
    number: int
    start: int
    end: int
    parts: tuple["Provision", ...] = ()


_NUMBER = "[一二三四五六七八九十百零〇]{1,6}"
_ARABIC = "[0-9０-９]{1,3}"
_BLANK = r"[ \t\u3000]*"
_NO_MENTION = "(?!项(?!目)|款(?!项)|[至、和与及或][（(第])"  # （一）至（三）项所列人员
_BEGIN = rf"{_BLANK}[“\"]?"
_POINT = re.compile(
    rf"{_BLANK}({_NUMBER})、(?![一二三四五六七八九十]{{1,3}}[、级类等档期线审次层季])"
)
_STYLES = {
    "（一）": re.compile(
        rf"{_BEGIN}(?:[（(]{_BLANK}({_NUMBER}){_BLANK}[）)]{_NO_MENTION}|([㈠-㈩]))"
    ),
    "（1）": re.compile(rf"{_BEGIN}(?:[（(]({_ARABIC})[）)]|([⑴-⒇]))"),
    "1)": re.compile(rf"{_BEGIN}({_ARABIC})[）)]"),
    "1.": re.compile(rf"{_BEGIN}(?:({_ARABIC})[.．、](?![0-9０-９])|([⒈-⒛]))"),
    "①": re.compile(rf"{_BEGIN}([①-⑳])"),
}
"""Ways of numbering, each with its pattern at the head of a line."""
_MAX_INTERRUPTION = 200  # paragraphs
_DOTTED = re.compile(rf"{_BEGIN}({_ARABIC})[.．]")
_BEFORE_DIGITS = re.compile(r"^1[.．][0-9].*\n2[.．](?![0-9])", re.MULTILINE)
_RUN = re.compile(rf"[：:；;。，,]{_BLANK}(?=[（(]({_NUMBER})[）)]{_NO_MENTION})")


@dataclass(slots=True)
class _Open:
    """A provision whose end is not known yet; `style` is how it is numbered."""

    kind: str
    number: int
    start: int
    end: int
    style: str = ""
    parts: list["_Open"] = field(default_factory=list)

    def closed(self) -> Provision:
        parts = tuple(part.closed() for part in self.parts)
        return Provision(
            kind=self.kind, number=self.number, start=self.start, end=self.end, parts=parts
        )

    def awaits(self, style: str, number: int) -> bool:
        """Say whether a line numbered so goes on with the parts."""
        return (bool(self.parts) and self.parts[-1].style == style) and self.parts[
            -1
        ].number == number - 1


def paragraphs(content: str) -> tuple[Provision, ...]:
    """Return the 款 of an article; joined with newlines they are `content` again.

    >>> [(p.number, len(p.parts)) for p in paragraphs("下列：\\n（一）甲；\\n（二）乙。\\n丙。")]
    [(1, 2), (2, 0)]
    """
    found = list[_Open]()
    styles = _styles_of(content)
    for start, line in _segments(content):
        style, number = _label(line, styles)
        end = start + len(line)
        if not style or not found:
            found.append(_Open("款", len(found) + 1, start, start if style else end))
        if style:
            _number_unmarked(content, found, style, number)
            _take_back(found, style, number)
            _hang(found[-1], _Open("项", number, start, end, style))
    return tuple(paragraph.closed() for paragraph in found)


def _styles_of(content: str) -> dict[str, re.Pattern[str]]:
    """Return the ways of numbering that the article may use.

    一、 counts where it goes on with 二、 (items of old statutes), and 1.300总吨 begins with the
    number 1. where 2. comes next.
    """
    styles = dict(_STYLES)
    points = [int_or_none(m[1]) for line in content.split("\n") if (m := _POINT.match(line))]
    if points[:2] == [1, 2]:
        styles["一、"] = _POINT
    if _BEFORE_DIGITS.search(content):
        styles["1."] = _DOTTED
    return styles


def _label(line: str, styles: dict[str, re.Pattern[str]]) -> tuple[str, int]:
    """Return how the line is numbered and its number, or nothing for a plain paragraph."""
    for style, pattern in styles.items():
        match = pattern.match(line)
        if match:
            return _numbered(style, match)
    return "", 0


def _numbered(style: str, match: re.Match[str]) -> tuple[str, int]:
    numeral = next(group for group in match.groups() if group)
    number = int_or_none(numeral) or int(unicodedata.numeric(numeral[0], 0))
    return (style, number) if number else ("", 0)


def _segments(content: str) -> Iterator[tuple[int, str]]:
    """Yield lines, and the parts of a line that runs through （一）, （二） … itself."""
    lines = content.split("\n")
    start = 0
    for line, after in itertools.zip_longest(lines, lines[1:], fillvalue=""):
        cuts = [start, *(start + cut for cut in _runs(line, after)), start + len(line)]
        for begin, end in itertools.pairwise(cuts):
            yield begin, content[begin:end]
        start += len(line) + 1


def _runs(line: str, after: str) -> list[int]:
    """Return where （一）, （二） … stand inside a line; one alone needs its like around it."""
    first = _item_number(line)
    cuts = list[int]()
    for match in _RUN.finditer(line):
        if int_or_none(match[1]) == first + len(cuts) + 1:
            cuts.append(match.end())
    goes_on = _item_number(after) == first + len(cuts) + 1
    return cuts if len(cuts) >= 2 or first or goes_on else []


def _item_number(line: str) -> int:
    match = _STYLES["（一）"].match(line)
    return _numbered("（一）", match)[1] if match else 0


def _number_unmarked(content: str, found: list[_Open], style: str, number: int) -> None:
    """Make 项 of paragraphs that lost their number, where just so many are missing.

    They stand between a colon, or the 项 before, and the first that has its number, and end in ；.
    """
    count = 0
    while count < len(found) and _lists(content, found[-1 - count]):
        count += 1
    if not count or count == len(found):
        return
    holder = found[-1 - count]
    base = holder.parts[-1].number if holder.parts else 0
    leads = content[holder.start : holder.end].rstrip().endswith(("：", ":"))
    listed = holder.parts[-1].style == style if holder.parts else leads
    if not listed or base + count + 1 != number:
        return
    for index, part in enumerate(found[-count:], start=base + 1):
        holder.parts.append(_Open("项", index, part.start, part.end, style))
        holder.end = part.end
    del found[-count:]


def _lists(content: str, paragraph: _Open) -> bool:
    """Say whether a paragraph is one of a list: it ends in ；."""
    words = content[paragraph.start : paragraph.end].rstrip()
    return not paragraph.parts and words.endswith(("；", ";"))


def _take_back(found: list[_Open], style: str, number: int) -> None:
    """Give paragraphs that interrupt a list to the part they follow, once the list goes on."""
    index = _interrupted(found, style, number)
    if index is None:
        return
    listed, end = found[index], found[-1].end
    last = listed.parts[-1]
    listed.end = last.end = end
    if not listed.awaits(style, number):
        last.parts[-1].end = end
    del found[index + 1 :]


def _interrupted(found: Sequence[_Open], style: str, number: int) -> int | None:
    """Return which 款 has the list that a line goes on with; None: it is not interrupted."""
    for index in range(len(found) - 1, max(-1, len(found) - _MAX_INTERRUPTION), -1):
        paragraph = found[index]
        inner = bool(paragraph.parts) and paragraph.parts[-1].awaits(style, number)
        if paragraph.awaits(style, number) or inner:
            return index if index + 1 < len(found) else None
        if paragraph.parts and paragraph.parts[0].style == style:
            return None
    return None


def _hang(paragraph: _Open, part: _Open) -> None:
    """Put a 项 under its 款, a 目 under the 项 above it, and what is below into the 目."""
    above, holder = paragraph, paragraph
    if paragraph.parts and paragraph.parts[-1].style != part.style:
        holder, part.kind = paragraph.parts[-1], "目"
    if part.kind == "目" and holder.parts and holder.parts[-1].style != part.style:
        holder.parts[-1].end = part.end
    else:
        holder.parts.append(part)
    holder.end = above.end = part.end


def find_part(content: str, address: Address) -> list[tuple[Address, int, int]]:
    """Return where the 款, 项, 目 of `address` stand in an article, each with its full address.

    None: there is no such place.  Several: the address leaves the 款 open, and more than one 款
    has a 项 of that number.  An address without 款, 项 and 目 is the whole article.
    """
    if address == address.whole:
        return [(address, 0, len(content))]
    return [
        (place, start, end)
        for place, start, end in places(content, address.number, address.sub)
        if place.item == address.item
        and place.subitem == address.subitem
        and address.paragraph in (None, place.paragraph)
    ]


def places(content: str, number: int, sub: int) -> Iterator[tuple[Address, int, int]]:
    """Yield the full address and span of every 款, 项 and 目 of an article, outer ones first."""
    for paragraph in paragraphs(content):
        at = Address(number=number, sub=sub, paragraph=paragraph.number)
        yield at, paragraph.start, paragraph.end
        yield from _inside(at, paragraph.parts)


def _inside(at: Address, items: Sequence[Provision]) -> Iterator[tuple[Address, int, int]]:
    for item in items:
        place = replace(at, item=item.number)
        yield place, item.start, item.end
        for part in item.parts:
            yield replace(place, subitem=part.number), part.start, part.end


def place_at(content: str, offset: int) -> Address:
    """Return the 款, 项 and 目 in which a character of an article stands (number 0).

    A line break belongs to the line that it ends.

    >>> str(place_at("甲：\\n（一）乙；\\n（二）丙。", 11))
    '第一款第二项'
    """
    found = Address(paragraph=1)
    for place, start, end in places(content, 0, 0):
        if start <= offset <= end:
            found = place
    return found
