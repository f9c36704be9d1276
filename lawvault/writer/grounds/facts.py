"""Nothing that was not told: the particulars of a draft held against what the user said.

A particular that stands neither in the facts, the instruction and the values nor in the materials
is invented, or at best a guess.  It becomes a blank that everybody sees; an amount that comes out
of a computation stays, with a flag behind it, because the rest of the sentence leans on it.
"""

import calendar
import datetime
import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from lawvault.proof.figures import figures
from lawvault.proof.marking import Flag, marked
from lawvault.proof.prose import sentences
from lawvault.writer.grounds.evidence import comes_near
from lawvault.writer.grounds.particulars import Kind, Particular, particulars, plain, spoken

NOT_TOLD = "未见于您提供的事实"
BLANK = "【　】"
_COMPUTED = re.compile(
    "[×*＊=＝÷+＋]|共计|合计|总计|总额|累计|小计|之和|差额|折合|计算|倍|平均|利息|每[月日年天]|"
    r"\d%|％|分之"
)
_LEFT_BLANK = re.compile(r"【(?P<label>[^【】：:\n]{0,30})[：:]?[ 　_]*】")
_OF_LAW: tuple[Kind, ...] = ("日期", "金额", "证据", "时间长短")  # the law tells such things, too
_MAX_CONTEXT = 40
_MOST_DERIVED = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Untold:
    """text[start:end] was told by nobody; `is_computed`: it comes out of a computation."""

    start: int
    end: int
    kind: Kind
    is_computed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Blank:
    """A blank of a draft: what belongs there as far as it says so, and the words around it."""

    label: str
    context: str


@dataclass(slots=True, kw_only=True)
class Told:
    """What the user told and what the materials say; `derived` are amounts that come of it."""

    words: str = ""
    days: set[tuple[int, int, int]] = field(default_factory=set)
    amounts: set[Fraction] = field(default_factory=set)
    derived: set[Fraction] = field(default_factory=set)
    lengths: set[str] = field(default_factory=set)

    def derive(self, texts: Iterable[str]) -> None:
        """Take in what amounts of some texts come to: times a figure of theirs, or together."""
        numbers = [one for text in texts for one in figures(text)]
        amounts = dict.fromkeys(one.value for one in numbers if one.kind == "元")
        factors = dict.fromkeys(
            value
            for one in numbers
            if one.kind != "元"
            for value in (one.value, one.value / 12 if one.kind == "月" else one.value)
        )
        bases, times = list(amounts)[:_MOST_DERIVED], list(factors)[:_MOST_DERIVED]
        self.derived |= {base * factor for base in bases for factor in times}
        self.derived |= {abs(a + sign * b) for a in bases for b in bases for sign in (1, -1)}

    def add(self, texts: Iterable[str]) -> None:
        """Take in some texts."""
        for text in texts:
            self.words += "\n" + plain(text)
            self.lengths |= {spoken(one) for one in figures(text)}
            for one in particulars(text):
                if isinstance(one.value, Fraction):
                    self.amounts.add(one.value)
                elif isinstance(one.value, tuple):
                    self.days.add(one.value)

    def has(self, one: Particular) -> bool:
        """Say whether somebody told it; part of a day that was told is told, too."""
        if isinstance(one.value, Fraction):
            return one.value in self.amounts
        if isinstance(one.value, tuple):
            return any(_is_of(one.value, day) for day in self.days)
        if one.kind == "证据":
            return comes_near(one.value, self.words)
        if one.kind == "时间长短":
            return one.value in self.lengths or one.value in self._between_days()
        return not one.value or any(words in self.words for words in _said_of(one))

    def _between_days(self) -> set[str]:
        """Return the lengths between any two days, with and without the last."""
        years = {year for year, _, _ in self.days if year}
        whole = {
            (one, month, day)
            for year, month, day in self.days
            if month and day
            for one in ({year} if year else years)
        }
        days = sorted(datetime.date(*one) for one in whole if _is_there(*one))[:_MOST_DERIVED]
        spans = {(b - a).days for a, b in itertools.combinations(days, 2)}
        return {f"{span + more}日" for span in spans for more in (0, 1)}


def _is_there(year: int, month: int, day: int) -> bool:
    return day <= calendar.monthrange(year, month)[1]


def told(*texts: str) -> Told:
    """Return what a user's texts tell."""
    known = Told()
    known.add(texts)
    known.derive(texts)
    return known


def untold(text: str, known: Told, *, lawful: Sequence[tuple[int, int]] = ()) -> list[Untold]:
    """Return what a text tells of the case that nobody told, in order.

    A name that was not told is found wherever it stands, not only behind the role of its bearer.

    Args:
        lawful: places of the text that were held against the law; their days, amounts, evidence
            and lengths of time are those of the law.
    """
    found, all_of_it = list[Untold](), particulars(text)
    computing = _computing(text, all_of_it, known)
    for one in all_of_it:
        is_lawful = one.kind in _OF_LAW and any(a <= one.start < b for a, b in lawful)
        if is_lawful or known.has(one):
            continue
        is_computed = one.kind == "金额" and (one.value in known.derived or computing[one.start])
        found.append(
            Untold(start=one.start, end=one.end, kind=one.kind, is_computed=bool(is_computed))
        )
    return sorted([*found, *_elsewhere(text, found)], key=lambda one: one.start)


def blanked(
    text: str, wrong: Sequence[Untold], flags: Sequence[Flag]
) -> tuple[str, tuple[Blank, ...]]:
    """Return the text with blanks for what was not told and all flags in it, and those blanks.

    A flag of what became a blank falls away.
    """
    computed = [Flag(start=o.start, end=o.end, reason=NOT_TOLD) for o in wrong if o.is_computed]
    gone = [one for one in wrong if not one.is_computed]
    pieces, places, done = list[str](), [0] * (len(text) + 1), 0
    length = 0
    for one in [*gone, Untold(start=len(text), end=len(text), kind="号码")]:
        places[done : one.start + 1] = range(length, length + one.start + 1 - done)
        length += one.start - done
        pieces += [text[done : one.start], BLANK if one.start < one.end else ""]
        length += len(pieces[-1])
        places[one.start + 1 : one.end + 1] = [length] * (one.end - one.start)
        done = one.end
    whole = "".join(pieces)
    blank_of = bytearray(len(text) + 1)
    for one in gone:
        blank_of[one.start : one.end] = b"\1" * (one.end - one.start)
    kept = [f for f in flags if not all(blank_of[f.start : f.end])]
    moved = [
        Flag(start=places[f.start], end=places[f.end], reason=f.reason) for f in (*kept, *computed)
    ]
    put = tuple(
        Blank(label=one.kind, context=_around(whole, places[one.start], places[one.end]))
        for one in gone
    )
    return marked(whole, moved), put


def blanks(text: str) -> tuple[Blank, ...]:
    """Return the blanks that stand in a text, a row of them as one.

    >>> blanks("原告：【原告姓名：　】")[0].label
    '原告姓名'
    """
    found, end = list[Blank](), -1
    for match in _LEFT_BLANK.finditer(text):
        if match[0].endswith(("　】", " 】", "_】", "：】", ":】")) or match[0] == "【】":
            if match.start() != end:
                label = match["label"].strip()
                found.append(Blank(label=label, context=_around(text, *match.span())))
            end = match.end()
    return tuple(found)


def _is_of(one: tuple[int, int, int], day: tuple[int, int, int]) -> bool:
    """Say whether what one says is part of a day that was told."""
    return all(said in (0, known) for said, known in zip(one, day, strict=True))


def _said_of(one: Particular) -> tuple[str, ...]:
    """Return words of which any one, if told, tells it: a court goes without its kind."""
    words = str(one.value)
    if one.kind == "法院":
        place = re.split("高级|中级|基层|互联网|知识产权|人民法院|劳动|仲裁", words)[0]
        return (words, place) if len(place) > 1 else (words,)
    return (words,)


def _computing(text: str, found: Sequence[Particular], known: Told) -> bytearray:
    """Return a 1 for every place in a sentence that computes with an amount that was told."""
    leaning, marks = bytearray(len(text)), bytearray(len(text))
    for one in found:
        leaning[one.start] = one.kind == "金额" and known.has(one)
    for unit in sentences(text):
        if any(leaning[unit.start : unit.end]) and _COMPUTED.search(text, unit.start, unit.end):
            marks[unit.start : unit.end] = b"\1" * (unit.end - unit.start)
    return marks


def _elsewhere(text: str, found: Sequence[Untold]) -> list[Untold]:
    """Return the other places of names that were not told."""
    names = {text[one.start : one.end] for one in found if one.kind == "姓名或名称"}
    if not names:
        return []
    taken = bytearray(len(text))
    for one in found:
        taken[one.start : one.end] = b"\1" * (one.end - one.start)
    any_name = re.compile("|".join(map(re.escape, sorted(names, key=len, reverse=True))))
    return [
        Untold(start=match.start(), end=match.end(), kind="姓名或名称")
        for match in any_name.finditer(text)
        if not any(taken[match.start() : match.end()])
    ]


def _around(text: str, start: int, end: int) -> str:
    first = max(0, start - _MAX_CONTEXT)
    words = text[first : end + _MAX_CONTEXT // 2]
    line = start - first
    begin = words.rfind("\n", 0, line) + 1
    stop = words.find("\n", line)
    return words[begin : stop if stop >= 0 else len(words)].strip()
