"""The grammar of addresses: 第四十条第一项、第二项, 第三条至第五条, 第十五、十六条, 38条第1款.

A chain of addresses is read from a given place to its end; who the addresses belong to (which
law, which article) is not decided here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from lawvault.law.address import Address
from lawvault.law.numerals import DIGITS, NUMERAL, int_or_none
from lawvault.law.text.layout import MAX_NUMBER

_S = r"[ \u3000\u00a0]{0,2}"
_N = rf"{_S}{NUMERAL}{_S}"
_IN_BRACKETS = rf"{_S}[（(]{_S}{NUMERAL}{_S}[）)]{_S}"
_B = rf"(?:{_IN_BRACKETS}|{_N})"
JOIN = "(?:、|和|及|与|或者|或|至|到|[-－–—~～]{1,2})"
_MORE = "{0,24}"  # a bound, so that no text makes the search run back over all of it
NO_COUNT = "(?!例|款|目|件|幅|约(?!定))"
"""What may not follow 条: 第三条款 and 第二条件 count other things."""

_SUB = rf"之{NUMERAL}(?![般切定样些旦致律体部起])"
ARTICLES = (
    rf"{_N}(?:{JOIN}第?{_N}){_MORE}条{NO_COUNT}"
    rf"(?:{_S}{_SUB}(?:(?:、|和|及|与|至){_SUB}){_MORE})?"
)
"""What stands after 第 where one or more 条 are named."""
_UNITS = re.compile(
    rf"第(?P<articles>{ARTICLES})"
    rf"|第?(?P<paragraphs>(?:(?<=第){_N}|(?<=条)[0-9]{{1,2}})(?:{JOIN}第?{_N}){_MORE})款(?![项式待])"
    rf"|第?(?P<items>(?:(?<=第){_B}|{_IN_BRACKETS}|(?<=[条款])[0-9]{{1,2}})(?:{JOIN}第?{_B}|{_IN_BRACKETS}){_MORE})项(?!目)"
    rf"|第?(?P<subitems>(?<=第){_B}(?:{JOIN}第?{_B}){_MORE})目(?!标|前|的(?!规定))"
)
_BARE = re.compile(rf"(?P<articles>(?:{ARTICLES}))")
_ARABIC = re.compile(rf"(?P<articles>\d{{1,4}}条{NO_COUNT}(?:之[一二三四五六七八九十]{{1,3}})?)")
_DEEPER = re.compile(
    rf"{_S}(?:(?:规定|所列|列举|所述)?(?:中的|的|之|中)?){_S}(?=第|[（(]|[0-9]{{1,2}}[款项])"
)
_LIST = re.compile(
    rf"{_S}(?:、|[，,]?{_S}(?:以及|或者|和|及|与|或|并))"
    rf"{_S}(?=第|[（(]{_S}{NUMERAL}{_S}[）)]项|(?P<bare>{NUMERAL}条))"
)
_RANGE = re.compile(rf"{_S}(?:至|到|[-－–—~～]{{1,2}}){_S}(?=第|[（(]|(?P<bare>{NUMERAL}条))")
_TOKENS = re.compile(rf"(?P<range>至|到|[-－–—~～]{{1,2}})|(?P<number>{NUMERAL})")
LEVELS = ("articles", "paragraphs", "items", "subitems")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One address in a text, from `start` to `end`; with `through`, all addresses from the one to
    the other."""

    start: int
    end: int
    address: Address
    through: Address | None = None


@dataclass(frozen=True, slots=True)
class _Unit:
    """第A、B条 and the like: what it counts, and (number, sub, is the end of a range) of each."""

    level: int
    start: int
    end: int
    numbers: tuple[tuple[int, int, bool], ...]


def chain(text: str, start: int, base: Address, *, arabic: bool = False) -> list[Mention]:
    """Return the addresses that begin at `start` and hang together, in order; [] if none does.

    `base` is the address that a chain beginning with 款, 项 or 目 goes deeper into.  With
    `arabic`, the chain may begin with 38条 without 第.

    >>> [str(m.address) for m in chain("第四十条第一项、第二项", 0, Address())]
    ['第四十条第一项', '第四十条第二项']
    """
    mentions, unit, before = list[Mention](), _unit(text, start, bare=arabic), ""
    while unit:
        if before == "deeper":
            _deepen(mentions, unit)
        else:
            _append(mentions, unit, base, is_range=before == "range")
        base = mentions[-1].through or mentions[-1].address
        unit, before = _next(text, unit, mentions[-1])
    return mentions


def _append(mentions: list[Mention], unit: _Unit, base: Address, *, is_range: bool) -> None:
    """Add one mention for each number, or let the last mention reach to it."""
    for number, sub, ends in unit.numbers:
        address = _address(base, unit.level, number, sub)
        if mentions and (ends or is_range):
            mentions[-1] = replace(mentions[-1], end=unit.end, through=address)
        else:
            mentions.append(Mention(start=unit.start, end=unit.end, address=address))
        is_range = False


def _deepen(mentions: list[Mention], unit: _Unit) -> None:
    """Let the last mention, or the end of its range, go one level deeper."""
    last = mentions.pop()
    inner = list[Mention]()
    _append(inner, unit, last.through or last.address, is_range=False)
    if last.through:
        mentions.append(replace(last, end=unit.end, through=inner[-1].address))
        return
    mentions += [replace(inner[0], start=last.start), *inner[1:]]


def _next(text: str, unit: _Unit, last: Mention) -> tuple[_Unit | None, str]:
    """Return the unit after `unit` and how it hangs on it: deeper, list or range."""
    for name, pattern in (("deeper", _DEEPER), ("list", _LIST), ("range", _RANGE)):
        join = pattern.match(text, unit.end)
        if not join:
            continue
        bare = name != "deeper" and join["bare"] is not None
        found = _unit(text, join.end(), bare=bare)
        if found and _fits(name, found, unit, last):
            return found, name
    return None, ""


def _fits(name: str, found: _Unit, unit: _Unit, last: Mention) -> bool:
    if name == "deeper":
        return found.level > unit.level
    return name == "list" or (_depth(last.address) == found.level and last.through is None)


def _unit(text: str, start: int, *, bare: bool) -> _Unit | None:
    match = _UNITS.match(text, start) or (_bare(text, start) if bare else None)
    if not match:
        return None
    name = next(level for level in LEVELS if match.groupdict().get(level))
    numbers = tuple(_numbers(match[name], match[0].endswith("条") or "条" in match[0]))
    if not numbers:
        return None
    return _Unit(LEVELS.index(name), match.start(), match.end(), numbers)


def _bare(text: str, start: int) -> re.Match[str] | None:
    return _ARABIC.match(text, start) or _BARE.match(text, start)


def _numbers(words: str, is_article: bool) -> Iterator[tuple[int, int, bool]]:
    """Yield the numbers of a unit: 十五、十六 -> 15, 16; 一百二十条之一至之六 -> 120-1, …120-6."""
    head, _, subs = words.partition("条") if is_article else (words, "", "")
    numbers = list(_counted(head))
    if not subs:
        yield from ((number, 0, ends) for number, ends in numbers)
        return
    yield from ((number, 0, ends) for number, ends in numbers[:-1])
    if numbers:
        yield from ((numbers[-1][0], sub, ends) for sub, ends in _counted(subs))


def _counted(words: str) -> Iterator[tuple[int, bool]]:
    """Yield the numbers up to the first that no law has, and whether each ends a range."""
    is_range = False
    for token in _TOKENS.finditer(words):
        if token["range"]:
            is_range = True
            continue
        number = int_or_none(token["number"])
        if not number or number > MAX_NUMBER:
            return
        yield number, is_range
        is_range = False


def _address(base: Address, level: int, number: int, sub: int) -> Address:
    if level == 0:
        return Address(number=number, sub=sub)
    if level == 1:
        return Address(number=base.number, sub=base.sub, paragraph=number)
    if level == 2:
        return replace(base, item=number, subitem=None)
    return replace(base, subitem=number)


def _depth(address: Address) -> int:
    levels = (address.subitem, address.item, address.paragraph)
    return next((3 - i for i, level in enumerate(levels) if level), 0)


_BRIEF = re.compile(r"[（(][^（）()]{0,80}(?:[（(][^（）()]{0,20}[）)][^（）()]{0,40})?[）)]")
_SECTION = re.compile(
    rf"[·•・]?(?:[\u4e00-\u9fff]{{2,6}}编|第{NUMERAL}(?:编|分编|章|节)|总则|分则|附则|通则){{1,3}}"
    r"(?=[的中之]?(?:第|\d))"
)
_COUNTING = f"[{DIGITS}十百千]"
_OPENING = re.compile(r"[ \u3000]?[（(][ \u3000]?(?=第|\d)")
_OF = re.compile(
    r"[ \u3000]{0,2}(?:(?:规定|中)?的|中|之)?[ \u3000]{0,2}"
    rf"(?=第|\d|{_COUNTING}{{2,9}}(?:{JOIN}{_COUNTING}{{1,9}}){{0,9}}条(?!措施|意见|建议){NO_COUNT})"
)


def after_title(text: str, end: int) -> list[Mention]:
    """Return the addresses that follow a law's title: 《民法典》（以下简称…）合同编第五百条.

    They may stand in brackets: 《民法典》（第五百条、第五百零一条）.
    """
    bracket = _OPENING.match(text, end)
    bracketed = chain(text, bracket.end(), Address(), arabic=True) if bracket else []
    if bracketed and bracketed[0].address.number:
        return bracketed
    after = past_briefs(text, end)
    section = _SECTION.match(text, after)
    of = _OF.match(text, section.end() if section else after)
    mentions = chain(text, of.end(), Address(), arabic=True) if of else []
    return mentions if mentions and mentions[0].address.number else []


_UNREAD = re.compile(
    rf"[ \u3000]?[（(]?第[ \u3000{DIGITS}〇○两十百千万壹贰叁肆伍陆柒捌玖拾佰仟0-9０-９XxNn×某*_？?]"
    rf"{{1,12}}条{NO_COUNT}"
)


def unread_after(text: str, end: int) -> int | None:
    """Return where a 第…条 behind a title ends whose number says none: 第壹佰贰拾条, 第XX条.

    >>> unread_after("《甲法》第XX条", 4), unread_after("《甲法》第一次", 4)
    (8, None)
    """
    match = _UNREAD.match(text, end)
    return match.end() if match else None


def past_briefs(text: str, end: int) -> int:
    """Return where the brackets behind a title end: （以下简称…）, （2018修正）."""
    while brief := _BRIEF.match(text, end):
        end = brief.end()
    return end
