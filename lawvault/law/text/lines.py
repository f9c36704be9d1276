"""The lines of a law's text, and what each may begin: 条, a heading, a point 一、, an annex.

A line is judged by its words alone; whether it begins what it seems to begin also depends on the
lines around it, which `structure` knows.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lawvault.law.numerals import int_or_none
from lawvault.law.text.quotation import Quote, quotes

BLANK = (
    " \t\r\f\v\x1c\x1d\x1e\x1f\x85\u00a0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u200c\u200d\u200e\u200f"
    "\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
)
"""Spaces and invisible characters that may surround a line."""
_SPACE = f"[{BLANK}]"
_BLANKS = re.compile(f"{_SPACE}+")
_DIGIT = "[零〇○一二三四五六七八九两十百千万0-9０-９－—]"  # a dash: 一 read badly
_NUMBER = f"{_DIGIT}(?:{_SPACE}?{_DIGIT})*"
_ITEM_NUMBER = "[一二三四五六七八九十百]+"
_MARK = rf"(?P<mark>#{{1,6}}{_SPACE}*)?"
_HEADING = re.compile(
    rf"{_MARK}第{_SPACE}*(?P<number>{_NUMBER}){_SPACE}*(?P<kind>编|分编|章|节)"
    rf"(?:之(?P<sub>{_NUMBER}))?{_SPACE}*"
)
_NUMBERED = rf"[第笫]{_SPACE}*(?P<number>{_NUMBER}){_SPACE}*条"
_ARTICLE = re.compile(
    rf"{_MARK}(?:\*\*)?{_NUMBERED}(?:{_SPACE}?之(?P<sub>{_NUMBER})(?![般切致样定律]))?(?:\*\*)?"
    rf"(?P<gap>{_SPACE}*[:：]?{_SPACE}*)"
)
_IN_A_ROW = re.compile(rf"第{_DIGIT}+(?:编|章|节){_SPACE}")
_MENTION = re.compile(
    rf"[的、，。；）]|[第（(]{_DIGIT}+[）)]?[款项目条章节]|[款项]|规定[的，、。]|所[列称指]|[和与及或]者?第"
    r"|至第|修改为|改为|作为|相应|删[去除]|后?增|中[的“增]"
)
"""What follows 第三条 where the article is mentioned, not where it begins."""
_RUN_IN = re.compile(rf"[。；！？]{_SPACE}*(?={_NUMBERED})")
_ORDINALS = re.compile("[一二三四五六七八九十]{1,3}[、级类等档期线审次层季]")  # 一、二级……
_ITEM = re.compile(rf"{_MARK}(?P<number>{_ITEM_NUMBER})(?:、{_SPACE}*|$)")
_SUBITEM = re.compile(rf"{_MARK}[（(](?P<number>{_ITEM_NUMBER})[）)]{_SPACE}*")
_ANNEX = re.compile(
    rf"{_MARK}附{_SPACE}*(?:(?:件|表|录|图){_SPACE}*(?:{_NUMBER})?{_SPACE}*(?P<gap>[:：]|$|{_SPACE})"
    rf"|[:：])"
)
_CONTENTS = re.compile(rf"{_MARK}目{_SPACE}*[录次]{_SPACE}*$")
_PREAMBLE = re.compile(rf"{_MARK}[序前引]{_SPACE}*言$")
_PLAIN = re.compile(rf"{_MARK}[总分附]{_SPACE}*则$")
_MARKED = re.compile(rf"#{{1,6}}{_SPACE}*")
_PAGE = re.compile(rf"(?:[.．。…·・]{{2,}}|[\t…]){_SPACE}*[（(]?\d{{1,4}}[）)]?$")
_SENTENCE = re.compile("[，。；：！？,;:!?]")
_MAX_HEADING = 60
_FEWEST_IN_A_ROW = 3
_MAX_ANNEX_TITLE = 80
_MAX_NUMBER = 9999
_MAX_SUB = 99


@dataclass(slots=True, kw_only=True)
class Line:
    """One line: where it lies, its trimmed words, and whether it stands in a quotation.

    Where articles were run together, each line is a stretch of one: `run_in` says that it does
    not begin a paragraph.
    """

    start: int
    end: int
    begin: int  # of the trimmed words
    words: str
    quoted: bool = False
    run_in: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """第三章, 第十七条之一, 一、 or （一） at the head of a line, and its length.

    `certain` is False where the words alone could also be a mention in running text.
    """

    kind: str
    number: int
    sub: int = 0
    length: int
    certain: bool = True


def lines_of(text: str) -> list[Line]:
    """Return the lines of a text; their spans cover it without gaps.

    >>> [line.words for line in lines_of("第一条 甲。 第二条 乙。\\n  丙")]
    ['第一条 甲。', '第二条 乙。', '丙']
    """
    quoted = quotes(text)
    found, inside = list[Line](), iter(quoted)
    quote = next(inside, None)
    for start, end, run_in in _spans(text, quoted):
        raw = text[start:end]
        begin = start + len(raw) - len(raw.lstrip(f"{BLANK}\n"))
        while quote and quote.end <= begin:
            quote = next(inside, None)
        words = raw.strip(f"{BLANK}\n")
        covered = quote is not None and quote.start < begin
        line = Line(start=start, end=end, begin=begin, words=words, quoted=covered, run_in=run_in)
        found.append(line)
    return found


def _spans(text: str, quoted: Sequence[Quote]) -> Iterator[tuple[int, int, bool]]:
    """Yield the span of each line, and of each stretch of a line that articles run through."""
    cuts = [match.end() for match in _RUN_IN.finditer(text)]
    cuts.reverse()
    start = 0
    while start <= len(text):
        newline = text.find("\n", start)
        end = newline + 1 if newline >= 0 else len(text)
        run_in = False
        while cuts and cuts[-1] < end:
            cut = cuts.pop()
            if cut > start:
                yield start, cut, run_in
                start, run_in = cut, True
        yield start, end, run_in
        if newline < 0:
            return
        start = end


def article_of(line: Line) -> Label | None:
    """Return the article that the line begins, or seems to begin."""
    match = _ARTICLE.match(line.words)
    number = _to_int(match["number"]) if match and not line.quoted else 0
    if not match or not number:
        return None
    sub = _to_int(match["sub"]) if match["sub"] else 0
    if number > _MAX_NUMBER or sub > _MAX_SUB or _PAGE.search(line.words):
        return None
    rest = line.words[match.end() :]
    mention, spaced = bool(_MENTION.match(rest)), bool(match["gap"] or match["mark"])
    if mention and (not spaced or line.run_in):
        return None
    apart = spaced or rest[:1] in ("", *"【［[〔（(")
    certain = apart and not mention and not line.run_in
    return Label(kind="条", number=number, sub=sub, length=match.end(), certain=certain)


def heading_of(line: Line) -> Label | None:
    """Return the 编, 分编, 章 or 节 that the line is the heading of."""
    match = _HEADING.match(line.words)
    if not match or line.quoted or line.run_in or is_contents_line(line.words):
        return None
    rest = line.words[match.end() :]
    forbidden = "。；：" if match["mark"] else "，。；：“”"
    title = rest.removesuffix("。") if match["mark"] else rest
    if len(title) > _MAX_HEADING or any(char in title for char in forbidden):
        return None
    number, sub = _to_int(match["number"]), _to_int(match["sub"]) if match["sub"] else 0
    if rest[:1] in ("的", "至") or not 1 <= number <= _MAX_NUMBER or sub > _MAX_SUB:
        return None
    return Label(kind=match["kind"], number=number, sub=sub, length=match.end())


def item_of(line: Line) -> Label | None:
    """Return the 一、 that the line begins; certain if it is a sentence, not a heading."""
    match = _ITEM.match(line.words)
    if not match or line.quoted or line.run_in:
        return None
    rest = line.words[match.end() :]
    number = _to_int(match["number"])
    if not number or (not match["mark"] and (not rest or _ORDINALS.match(rest))):
        return None
    sentence = bool(_SENTENCE.search(rest)) and not match["mark"]
    return Label(kind="条目", number=number, length=match.end(), certain=sentence)


def subitem_of(line: Line) -> Label | None:
    """Return the （一） that the line begins."""
    match = _SUBITEM.match(line.words)
    if not match or line.quoted or line.run_in or _SENTENCE.search(line.words):
        return None
    return Label(kind="标题", number=_to_int(match["number"]), length=match.end(), certain=False)


def is_short_title(words: str) -> bool:
    """Say whether words may be a heading without 第…章: short, and no sentence."""
    return len(words) <= _MAX_HEADING and not _SENTENCE.search(words)


def is_annex(words: str) -> bool:
    """Say whether words open an annex: 附件：, 附表二, 附：, but not 附件所列……。"""
    match = _ANNEX.match(words)
    if not match or (match["gap"] and match["gap"] in BLANK and words.endswith("。")):
        return False
    return len(words) <= _MAX_ANNEX_TITLE or "。" not in words


def is_contents(words: str) -> bool:
    """Say whether words are the heading of a table of contents."""
    return bool(_CONTENTS.match(words))


def is_contents_line(words: str) -> bool:
    """Say whether words are a table of contents in one line: 第一章 总则 第二章 …."""
    return "。" not in words and len(_IN_A_ROW.findall(words)) >= _FEWEST_IN_A_ROW


def is_preamble(words: str) -> bool:
    """Say whether words are the heading of a preamble."""
    return bool(_PREAMBLE.match(words))


def is_plain_heading(words: str) -> bool:
    """Say whether words are 总则, 分则 or 附则 without a number."""
    return bool(_PLAIN.match(words))


def mark_of(words: str) -> str:
    """Return the Markdown mark (## ) before a heading's words."""
    found = _MARKED.match(words)
    return found[0] if found else ""


def without_page(words: str) -> str:
    """Return a line's words without marks, spaces, and the page number of a table of contents.

    >>> without_page("## 第一章　总　则……12")
    '第一章总则'
    """
    found = _PAGE.search(words)
    kept = words[: found.start()] if found else words
    return _BLANKS.sub("", kept[len(mark_of(kept)) :])


def _to_int(numeral: str) -> int:
    plain = _BLANKS.sub("", numeral).replace("－", "一").replace("—", "一")
    return int_or_none(plain) or 0
