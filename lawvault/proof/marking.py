"""The Markdown of a report: made harmless, its evidence markers spelled out, its faults flagged.

An LLM wrote it, and an article or the question may have told it to write anything.  So nothing in
it may load, link or run: HTML becomes text, links and images become their words, addresses are
left out, characters that nobody sees are dropped.  Doing all of this again changes nothing.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lawvault.law.names import short_name
from lawvault.law.numerals import NUMERAL, article_address
from lawvault.law.seen import seen
from lawvault.proof.source import Source

LINK_LEFT_OUT = "（外部链接已略）"
_FLAG = re.compile(r"⚠【[^】\n]*】")
_UNCLOSED = re.compile("⚠+【")
_INLINE = re.compile(r"!?\[([^\[\]\n]*)\]\((?:[^()\n]|\([^()\n]*\))*\)")
_DEFINITION = re.compile(r"^[ >]*\[[^\]\n^][^\]\n]*\]:[^\n]*(?:\n|$)", re.MULTILINE)
_ADDRESS = re.compile(
    r"(?:[a-z][a-z0-9+.\-]{1,20}://|(?:www\.|mailto:|javascript:|vbscript:|data:))"
    r"[^\s\u3000-\u303f\uff00-\uffef\u2e80-\u9fff“”‘’]*",
    re.IGNORECASE,
)
_STRICT = {
    letter: re.compile(
        rf"[\[［【][ ]?({letter}\d{{1,4}}(?:[ ]?[,，、;；][ ]?{letter}\d{{1,4}})*)[ ]?[\]］】]",
        re.IGNORECASE,
    )
    for letter in ("e", "m")
}
"""How a text names a source: [e3] of evidence, [m3] of materials."""

_PART = rf"第[ ]?{NUMERAL}[ ]?[款项](?:第[ ]?[（(]?{NUMERAL}[）)]?[ ]?项)?"
_ONE = rf"[*_`^]{{0,3}}[eE][ ]?\d{{1,4}}(?!\d)[*_`]{{0,3}}+(?:[ ,，]?{_PART})?"
_NEXT = rf"[ ]?(?:[,，、;；/&]|[-–—~～至到]|和|及|与|以及)?[ ]?{_ONE}"
_LOOSE = re.compile(
    r"\\?[\[［【〔（(]\^?[ ]?(?:(?:证据|依据|法条|材料|来源|参见|见)(?:编号)?[:： ]{0,2})?"
    rf"(?P<ids>{_ONE}(?:{_NEXT}){{0,40}})[ ]?\\?[\]］】〕）)]"
    rf"|(?<![A-Za-z0-9_./@-])(?P<bare>e\d{{1,3}}(?![A-Za-z0-9_@-]|\.\w)(?:[ ]?{_PART})?)"
)
"""The same as an LLM may write it: （e3）, [证据e3], [e3-e5], [e3 第一款], or e3 alone."""

_TOKEN = re.compile(
    rf"(?P<to>[-–—~～至到])?[ *_`^]*(?P<id>[a-zA-Z][ ]?\d+)[*_`]*[ ,，]?(?P<part>{_PART})?"
)
_LONGEST_RANGE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A fault of text[start:end] and what is wrong with it, in a few Chinese words."""

    start: int
    end: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelled:
    """A text without evidence markers, the markers that meant nothing, and how many were read."""

    text: str
    unknown: tuple[str, ...] = ()
    known: int = 0


def inert(markdown: str) -> str:
    """Return Markdown in which nothing loads, links or runs, and no flag stands.

    >>> inert("[看](javascript:alert(1))<img src=http://x.y/?q>⚠【甲】")
    '看&lt;img src=（外部链接已略）'
    """
    text = seen(markdown.replace("\r\n", "\n").replace("\r", "\n"))
    before = ""
    while before != text:  # what was taken out may have stood between the halves of another
        before = text
        text = _DEFINITION.sub("", _INLINE.sub(r"\1", _FLAG.sub("", text)))
        text = _ADDRESS.sub(LINK_LEFT_OUT, text).replace("<", "&lt;")
        text = text.replace("](", "]（").replace("]:", "]：")
        text = _UNCLOSED.sub("【", text)
    return text


def spelled(text: str, evidence: Mapping[str, Source]) -> Spelled:
    """Return the text with [e3] as 《法名》第X条 of that evidence; unknown markers are taken out.

    A marker right behind its own citation says nothing new and is taken out, too.  Where the
    sources are called m1, m2, … the markers are [m3].  Only where there is evidence e1, e2, … are
    markers in other brackets or in none read: elsewhere （E1） may be a name, and （m2） a measure.
    """
    unknown, known, pieces, done = list[str](), 0, list[str](), 0
    for match in _pattern(evidence).finditer(text):
        named = list(_named(match[match.lastgroup or 1]))
        unknown += [marker for marker, _ in named if marker not in evidence]
        found = [(evidence[m], part) for m, part in dict.fromkeys(named) if m in evidence]
        known += len(found)
        pieces.append(text[done : match.start()])
        before = "".join(pieces)[-_REACH:]
        names = [citation_of(one) + part for one, part in found if not _is_told(one, part, before)]
        pieces.append(_joined("、".join(names), before))
        done = match.end()
    return Spelled(text="".join([*pieces, text[done:]]), unknown=tuple(unknown), known=known)


def _pattern(evidence: Mapping[str, Source]) -> re.Pattern[str]:
    if any(name.startswith("e") for name in evidence):
        return _LOOSE
    return _STRICT["m" if any(name.startswith("m") for name in evidence) else "e"]


def _named(words: str) -> Iterator[tuple[str, str]]:
    """Yield the markers of a list, each with the 款 or 项 behind it: e20, e22-e24, e3第一款."""
    last = 0
    for token in _TOKEN.finditer(words):
        marker = token["id"].replace(" ", "").lower()
        number = int(marker[1:])
        if token["to"] and last < number <= last + _LONGEST_RANGE:
            yield from ((f"{marker[0]}{between}", "") for between in range(last + 1, number))
        yield marker, (token["part"] or "").replace(" ", "")
        last = number


_REACH = 160
_LEADS = re.compile(
    "(?:(?<!法律)(?<!事实)(?:根据|依据)|依照|按照|适用|参照|参见|(?<![意预看偏听可])见|(?<![共总温缓调平])和"
    "|(?<![赠参给授])与|(?<![涉危普顾波])及|或|、|(?<![理事自缘来])由|(?<![立随当])即|[（(])$"
    r"|(?:^|\n)[ \t]*(?:[-*+>|]|\d{1,3}[.、)])?[ ]*$"
)


def _joined(names: str, before: str) -> str:
    """Return the citation as part of the sentence, or in brackets where it only follows it."""
    return names if not names or _LEADS.search(before.rstrip(" ")) else f"（{names}）"


def citation_of(evidence: Source) -> str:
    """Return how a text cites an article: 《中华人民共和国劳动合同法》第三十八条."""
    number = evidence.article_number if article_address(evidence.article_number) else ""
    return inert(f"《{evidence.law_name.strip('《》')}》{number}")


def _is_told(evidence: Source, part: str, before: str) -> bool:
    """Say whether the words before a marker end with its citation."""
    short = f"《{short_name(evidence.law_name)}》{evidence.article_number}"
    return before.endswith((citation_of(evidence) + part, short + part))


def marked(text: str, flags: Sequence[Flag]) -> str:
    """Return the text with ⚠【reason】 right behind what each flag is about.

    >>> marked("《甲法》第九条规定。", [Flag(start=0, end=7, reason="该法无此条")])
    '《甲法》第九条⚠【该法无此条】规定。'
    """
    pieces, done = list[str](), 0
    for flag in sorted(flags, key=lambda flag: (flag.end, flag.start)):
        words = flag.reason.replace("】", "］").replace("\n", " ")
        pieces += [text[done : flag.end], f"⚠【{words}】"]
        done = flag.end
    return "".join([*pieces, text[done:]])
