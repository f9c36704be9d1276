"""Spellings of search queries: 民法典585, 民法典§577-579, 第一款（二）, 第38条但书, 劳动法和民法典.

No statute and no brief is written so, and in prose 民法典 2020 is a year; so these are read only
where a text is a query.  A query is written out as a brief would say it, and every character of
that knows where it came from.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from lawvault.law.catalogue import Catalogue
from lawvault.law.mentions.grammar import JOIN
from lawvault.law.names import short_name
from lawvault.law.numerals import NUMERAL
from lawvault.law.reference import NAMED, Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelled:
    """A query written out; text[i] stands where the query has its character `offsets[i]`.

    `offsets` has one more entry, for the end.
    """

    text: str
    offsets: list[int]


_LONGEST_NAME = 60
_LONGEST_LIST = 200
"""Characters of a query that may be nothing but names of laws."""

_END = (
    r"(?=$|[\s，。；：、？！,;:?!）)》”\"]|的|是|规定|内容|原文|全文|条文|怎么|如何|什么|和|与|及|讲|说)"
    r"(?!\s*(?:年|月|日|号|问|个|大|部|种|万|亿|元|页|集|题|天|岁|人|期|版))"
)
_NUMBERS = rf"[0-9]{{1,4}}(?:{JOIN}[0-9]{{1,4}}){{0,9}}"
_SUB = "(?P<sub>之[一二三四五六七八九十]{1,3})?"
_AFTER_NAME = re.compile(rf"(?<![0-9\s.])\s{{0,2}}(?P<numbers>{_NUMBERS}){_SUB}{_END}")
_SIGN = re.compile(rf"\s?§{{1,2}}\s?(?P<numbers>{_NUMBERS})(?:\s?条)?{_SUB}")
_ID = re.compile(r"@[0-9]{4}-[0-9]{2}-[0-9]{2}/(?P<number>[0-9]{1,4})(?:-(?P<sub>[0-9]{1,2}))?")
_ITEM = re.compile(rf"(?<=[条款])[（(](?P<number>{NUMERAL})[）)](?!项)")
_PIECE = re.compile(r"(?<=[条款项])的?(?:但书|[前中后]段|第[一二三四1-4]句话?)")
_ALONE = re.compile(
    r"^\s*(?P<number>[0-9]{1,4})条(?=$|[\s，。？！,?!]|第|[0-9]{1,2}[款项]|的|是|规定|内容|怎么|如何|什么|讲|说)"
)
_LINKS = re.compile(r"[\s、，,；;和与及或以《》/]+")


def spelled(query: str, catalogue: Catalogue) -> Spelled:
    """Return a query with its short spellings written out.

    >>> spelled("民法典 585", Catalogue(["民法典"])).text
    '民法典第585条'
    """
    written = Spelled(text=query, offsets=list(range(len(query) + 1)))

    def after_name(match: re.Match[str]) -> str:
        first = max(0, match.start() - _LONGEST_NAME)
        named = _ends_with_name(match.string[first : match.start()], catalogue)
        return _articles(match) if named else match[0]

    written = _rewritten(written, _ID, _of_id)
    written = _rewritten(written, _SIGN, _articles)
    written = _rewritten(written, _AFTER_NAME, after_name)
    written = _rewritten(written, _ALONE, lambda match: f"第{match['number']}条")
    written = _rewritten(written, _ITEM, lambda match: f"第{match['number']}项")
    return _rewritten(written, _PIECE, lambda match: "")


def _rewritten(
    before: Spelled, pattern: re.Pattern[str], new_words: Callable[[re.Match[str]], str]
) -> Spelled:
    """Return the text with other words for each match; those stand where the match did."""
    parts, offsets, last = list[str](), list[int](), 0
    for match in pattern.finditer(before.text):
        words, old = new_words(match), before.offsets[match.start() : match.end() + 1]
        parts += [before.text[last : match.start()], words]
        offsets += before.offsets[last : match.start()]
        offsets += [old[min(at, len(old) - 1)] for at in range(len(words))]
        last = match.end()
    parts.append(before.text[last:])
    return Spelled(text="".join(parts), offsets=[*offsets, *before.offsets[last:]])


def _articles(match: re.Match[str]) -> str:
    """Return 第585条 of 585; years are no articles."""
    years = [number for number in re.findall("[0-9]+", match["numbers"]) if _is_year(int(number))]
    return match[0] if years else f"第{match['numbers']}条{match['sub'] or ''}"


def _is_year(number: int) -> bool:
    return 1900 <= number < 2100 or number == 0


def _of_id(match: re.Match[str]) -> str:
    return f"第{match['number']}条" + (f"之{match['sub']}" if match["sub"] else "")


def _ends_with_name(before: str, catalogue: Catalogue) -> bool:
    return catalogue.ending(before) is not None or (before.endswith("》") and "《" in before)


def listed_laws(query: str, catalogue: Catalogue) -> list[Reference]:
    """Return the laws of a query that is a list of their names, [] if it is anything else.

    >>> [law.law for law in listed_laws("劳动法和民法典", Catalogue(["劳动法", "民法典"]))]
    ['劳动法', '民法典']
    """
    if len(query) > _LONGEST_LIST:
        return []
    found, end = list[Reference](), len(query)
    while end:
        linked = re.search(rf"{_LINKS.pattern}$", query[:end])
        if linked:
            end = linked.start()
            continue
        name = catalogue.ending(query[max(0, end - _LONGEST_NAME) : end])
        if name is None:
            return []
        laws = catalogue.laws(name)
        law = laws[0] if len(laws) == 1 else short_name(name)
        found.append(Reference(start=end - len(name), end=end, kind=NAMED, law=law))
        end -= len(name)
    return found[::-1]
