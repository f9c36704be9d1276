"""The body of a law's text: which of its lines begin 条, headings, points or annexes.

One line alone cannot tell 第三条 that begins an article from one that only mentions it, or 一、
that heads articles from one that is the text itself.  So the whole is looked at first: does it
have articles of its own, or points, or neither.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from lawvault.law.numerals import NUMERAL, int_or_none
from lawvault.law.text.head import contents_of
from lawvault.law.text.lines import (
    Label,
    Line,
    article_of,
    heading_of,
    is_annex,
    is_plain_heading,
    is_preamble,
    is_short_title,
    item_of,
    mark_of,
    subitem_of,
)

_ENDED = ("。", "；", "：", "！", "？", "”", "」", "）", ")", ">", "…", ";", ":", ".")
"""How a paragraph ends; a line that ends otherwise may go on in the next."""
_ANNOUNCES = re.compile("增加|增写|修改为|改为|作为第")
_RANGE = re.compile(f"第({NUMERAL})条(?:之{NUMERAL})?(?:至第({NUMERAL})条)?")
_FEWEST_POINTS = 2


def starts_of(lines: Sequence[Line]) -> Iterator[tuple[Line, Label]]:
    """Yield the lines that begin a part, with what they begin, in order."""
    _mark_announced(lines)
    contents = contents_of(lines)
    first, last = (contents.first, contents.last) if contents else (0, 0)
    body = _Body([line for line in lines[last:] if line.words])
    before = [line for line in lines[:first] if line.words]
    if before:
        yield before[0], Label(kind="序言", number=0, length=0)
    if contents:
        yield lines[first], Label(kind="目录", number=0, length=0)
    yield from body.starts()


class _Body:
    """A walk through the filled lines after title, history and contents."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = lines
        annex = next((i for i, line in enumerate(lines) if _begins_annex(line)), len(lines))
        self.first = _first_article(lines[:annex])
        self.points = _points(lines[: annex if self.first is None else self.first])
        if self.first is not None and self._quotes_articles():
            self.first, self.points = None, _points(lines[:annex])
        self.by_article = self.first is not None
        self.by_point = self.points >= _FEWEST_POINTS
        self.expected = 1
        if self.first is not None:
            self.expected = _numbers(lines[self.first : self.first + 1])[0]
        self.point, self.title, self.subtitle = 0, 0, 0
        self.annexed = False
        self.before: Label | None = None

    def _quotes_articles(self) -> bool:
        """Say whether 一、 comes before a first article that is not 第一条: an amendment."""
        assert self.first is not None
        return self.points > 0 and _numbers(self.lines[self.first : self.first + 1]) != [1]

    def starts(self) -> Iterator[tuple[Line, Label]]:
        for index, line in enumerate(self.lines):
            label = None if line.quoted else self._label(index)
            if label:
                self._note(label)
                yield line, label
            elif self.before is None:
                self.before = Label(kind="序言" if self.by_article else "文", number=0, length=0)
                yield line, self.before

    def _note(self, label: Label) -> None:
        self.before = label
        if label.kind == "条":
            self.expected = label.number + 1
        elif label.kind == "条目":
            self.point = label.number
        elif label.kind == "附件":
            self.annexed, self.expected = True, 1
        elif label.kind == "标题":
            self.title, self.subtitle = label.number or self.title, label.sub
        else:
            self.title, self.subtitle = 0, 0

    def _label(self, index: int) -> Label | None:
        """Return what begins with a line, or None if it goes on with what is before."""
        line = self.lines[index]
        if _begins_annex(line):
            return Label(kind="附件", number=0, length=0)
        if not (self.by_article or self.by_point or self.annexed):
            return None
        label = self._article(index) or heading_of(line) or _unnumbered(line)
        if label or self.annexed:
            return label
        return self._point(line) or self._title(index)

    def _article(self, index: int) -> Label | None:
        line = self.lines[index]
        label = article_of(line) if self.by_article or self.annexed else None
        if label is None or label.certain:
            return label
        follows = label.number == self.expected - (1 if label.sub else 0)
        return label if follows and (label.number == 1 or self._ended(index)) else None

    def _ended(self, index: int) -> bool:
        """Say whether the line before does not run on into this one."""
        headings = ("编", "分编", "章", "节", "标题")
        heading = self.before is None or self.before.kind in headings
        return heading or _ends_paragraph(self.lines[index - 1])

    def _point(self, line: Line) -> Label | None:
        item = item_of(line) if self.by_point else None
        if item is None or item.number not in (self.point + 1, self.point + 2):
            return None
        if not self.by_article:
            return item
        leading = self.before is None or self.before.kind in ("序言", "文", "条目")
        return item if leading and item.certain else None

    def _title(self, index: int) -> Label | None:
        """Return the heading without 第…章 that a line is: 一、 and （一） of interpretations."""
        line = self.lines[index]
        marked = mark_of(line.words)
        if not self.by_article or not (marked or self._heads_article(index)):
            return None
        item, subitem = item_of(line), subitem_of(line)
        if subitem:
            follows = subitem.number == self.subtitle + 1 and self.title
            if not follows or (subitem.number == 1 and not self._after_title()):
                return None
            return replace(subitem, number=self.title, sub=subitem.number, length=len(marked))
        if not marked and (item is None or item.number != self.title + 1):
            return None
        number = item.number if item else 0
        return Label(kind="标题", number=number, length=len(marked))

    def _after_title(self) -> bool:
        return self.before is not None and self.before.kind == "标题"

    def _heads_article(self, index: int) -> bool:
        """Say whether a short line stands right above an article, or above （一） that does."""
        if index + 1 >= len(self.lines) or not is_short_title(self.lines[index].words):
            return False
        after = self.lines[index + 1]
        if subitem_of(after) and not subitem_of(self.lines[index]):
            return self._heads_article(index + 1)
        return article_of(after) is not None


def _begins_annex(line: Line) -> bool:
    return not line.quoted and not line.run_in and is_annex(line.words)


def _unnumbered(line: Line) -> Label | None:
    if is_preamble(line.words):
        return Label(kind="序言", number=0, length=len(line.words))
    if is_plain_heading(line.words):
        return Label(kind="标题", number=0, length=len(mark_of(line.words)))
    return None


def _ends_paragraph(line: Line) -> bool:
    return line.words.endswith(_ENDED)


def _numbers(lines: Sequence[Line]) -> list[int]:
    return [label.number for line in lines if (label := article_of(line))]


def _first_article(lines: Sequence[Line]) -> int | None:
    """Return which line begins the first article of the text's own; None: there is none."""
    numbers = set[int]()
    for index, line in enumerate(lines):
        label = article_of(line)
        if label is None:
            continue
        if label.certain or label.number == 1:
            return index
        numbers = numbers or set(_numbers(lines))
        if label.number + 1 in numbers and (not index or _ends_paragraph(lines[index - 1])):
            return index
    return None


def _points(lines: Sequence[Line]) -> int:
    """Return how many 一、, 二、 … follow one another."""
    count, number = 0, 0
    for line in lines:
        item = item_of(line)
        if item and item.number in (number + 1, number + 2):
            count, number = count + 1, item.number
    return count


def _mark_announced(lines: Sequence[Line]) -> None:
    """Mark articles as quoted that the line above announces by number, but does not quote."""
    announced, number, headings = range(0), 0, list[Line]()
    for line in lines:
        if line.quoted or not line.words:
            continue
        label = article_of(line)
        own = label is not None and label.number == number + 1 and number > 0
        if label and label.number in announced and not own:
            for quoted in (*headings, line):
                quoted.quoted = True
            announced, headings = range(label.number + 1, announced.stop), []
            continue
        if announced and heading_of(line):
            headings.append(line)
            continue
        if label or item_of(line):
            announced, headings = range(0), []
            number = label.number if label else number
        announced = _announced(line.words[label.length if label else 0 :]) or announced


def _announced(words: str) -> range:
    """Return the numbers of the articles that words announce as new or changed."""
    if not words.endswith(("：", ":")) or not _ANNOUNCES.search(words):
        return range(0)
    found = list(_RANGE.finditer(words))
    first = int_or_none(found[-1][1]) if found else None
    last = int_or_none(found[-1][2]) if found and found[-1][2] else first
    return range(first, last + 1) if first and last else range(0)
