"""Articles whose source cuts a law only at 第…条 -> each with its own words and nothing else.

Such a source leaves the headings 第二编, 第一分编 and 附则 at the end of the article before them,
and the annexes at the end of the last.  Here they are taken off: a heading becomes the `part` of
the articles that follow, an annex an article of its own, as the reader of texts makes them.
The 章 and 节 of the article that carried a heading end there, whatever the source goes on to say.
Articles that an amendment quotes (增加五条，内容如下：) are part of the point that quotes them.

What a page of the source broke is joined again; the remains of its pictures and of the lines of
its tables are no words of the law.  Whatever changes is told in a notice.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from lawvault.ingest.edition import address_of
from lawvault.ingest.law_text import Heads, annex_number, annexed
from lawvault.ingest.screen import heading
from lawvault.ingest.sources import Notice, Reject, SourceArticle
from lawvault.law.names import short_name
from lawvault.law.text.lines import BLANK, Line, heading_of, is_annex, is_plain_heading, lines_of

CODES = frozenset(("民法典", "刑法", "刑事诉讼法", "民事诉讼法", "生态环境法典"))
"""Laws, by their short names, whose first 编 is `FIRST_PART`."""
FIRST_PART = "第一编 总则"
"""It stands before 第一条, where no article carries it."""

WHOLE_HEADINGS = {
    "第四章 犯罪嫌疑人、被告人逃匿、死亡案件": (
        "第四章 犯罪嫌疑人、被告人逃匿、死亡案件违法所得的没收程序"
    ),
    "第二节 向中华人民共和国请求没收、": (
        "第二节 向中华人民共和国请求没收、返还违法所得及其他涉案财物"
    ),
}
"""Headings that a source breaks off, as 刑事诉讼法 and 国际刑事司法协助法 have them."""

_MAY_CHANGE = re.compile(
    r"^\s*(?:第[^。；：\n]{1,9}(?:编|章|节)|附)|税率表|width=|[-|]{3}|[^。；：！？”）》\":;\s]\s*\n"
    r"|[\u4e00-\u9fff，、；：] +[\u4e00-\u9fff]",
    re.MULTILINE,
)
_RATES = re.compile(r"[\u4e00-\u9fff]{2,12}税率表(?P<number>[一二三四五六七八九十]+)(?:（\S+）)?")
_PICTURE = re.compile(r"!\w+\{width=\"[^\"]*\"\s+height=\"[^\"]*\"\}")
_TABLE_LINE = re.compile(r"^[-+|\\ ]*(?:---|\|)[-+|\\ ]*$\n?", re.MULTILINE)
_NUMBERS = "[一二三四五六七八九十百千零]+"
_GAP = re.compile(
    rf"(第{_NUMBERS}[条款项目编章节] )|(?<=[\u4e00-\u9fff，、；：]) +(?=[\u4e00-\u9fff])"
)
_ITEM = re.compile(rf"（{_NUMBERS}）|[0-9]+[.．、]|{_NUMBERS}、")
_HEADS = re.compile(rf"[“\"]?第{_NUMBERS}(?:分编|编|章|节|条)(?:\s|$)")
_ENDS = ("。", "；", "：", "！", "？", "”", "）", "》", '"', ":", ";")
Names = tuple[str | None, str | None]
"""章 and 节 of an article, as the source gives them."""
_FEWEST_BROKEN = 15  # 委员长，/ 副委员长若干人， are lines of the Constitution


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cut:
    """One article's own words, the headings and annexes behind them, what was done to it."""

    article: SourceArticle
    headings: list[Line] = field(default_factory=list)
    annexes: list[SourceArticle] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)


def set_apart(
    items: Sequence[SourceArticle | Reject],
) -> Iterator[SourceArticle | Reject | Notice]:
    """Yield the items of one law, in its order, each article with its own words and headings."""
    kept = _quoting(items)
    cuts = [_cut(item) if isinstance(item, SourceArticle) else item for item in kept]
    heads, ended = Heads(part=_first_part(cuts)), _not_yet_begun(cuts)
    yield from _told(items, kept, ended)
    for cut in cuts:
        if isinstance(cut, Reject):
            yield cut
            continue
        yield from cut.notices
        names = (cut.article.chapter, cut.article.section)
        ended = ended if names == ended else None
        chapter, section = (heads.chapter or None, None) if ended else names
        yield replace(
            cut.article,
            part=heads.title or None,
            chapter=WHOLE_HEADINGS.get(chapter or "", chapter),
            section=WHOLE_HEADINGS.get(section or "", section),
        )
        yield from cut.annexes
        for line in cut.headings:
            found = heading_of(line)
            heads = heads.under(found.kind if found else "标题", heading(line.words) or "")
            ended = names


def _quoting(items: Sequence[SourceArticle | Reject]) -> list[SourceArticle | Reject]:
    """Return the items with quoted articles inside the article that announces them by a colon."""
    kept = list[SourceArticle | Reject]()
    announcing: SourceArticle | None = None
    section: str | None = None
    for item in items:
        if isinstance(item, SourceArticle) and announcing and not _follows(announcing, item):
            headings = [item.section] if item.section and item.section != section else []
            words = [*headings, f"{item.article_number} {item.content}"]
            announcing = replace(announcing, content="\n".join((announcing.content, *words)))
            kept[-1], section = announcing, item.section
            continue
        announces = isinstance(item, SourceArticle) and item.content.endswith((":", "："))
        announcing = item if isinstance(item, SourceArticle) and announces else None
        kept.append(item)
    return kept


def _follows(before: SourceArticle, article: SourceArticle) -> bool:
    """Say whether an article has the number after another's, or one that is not to be compared."""
    one, other = address_of(before), address_of(article)
    return not one or not other or other in ((one[0] + 1, 0), (one[0], one[1] + 1))


def _not_yet_begun(cuts: Sequence[_Cut | Reject]) -> Names | None:
    """Return the names that the source gives to articles before 第一章: those of a later one."""
    own = [cut for cut in cuts if isinstance(cut, _Cut)]
    if not own or address_of(own[0].article) != (1, 0) or not own[0].article.chapter:
        return None
    named = own[0].article.chapter
    before = list(itertools.takewhile(lambda cut: cut.article.chapter == named, own))
    if any(cut.headings for cut in before) or len(before) == len(own):
        return None
    begins = (own[len(before)].article.chapter or "").startswith("第一章")
    return (named, own[0].article.section) if begins and not named.startswith("第一章") else None


def _told(
    items: Sequence[SourceArticle | Reject],
    kept: Sequence[SourceArticle | Reject],
    ended: Names | None,
) -> Iterator[Notice]:
    """Yield notices of the articles that another quotes and of those that stand before 第一章."""
    lines = {item.line for item in kept}
    for item in items:
        if not isinstance(item, SourceArticle):
            continue
        if item.line not in lines:
            yield _notice(item, "joined", "quoted by the article before, and part of it")
        ended = ended if (item.chapter, item.section) == ended else None
        if ended:
            yield _notice(item, "moved", f"“{item.chapter}” is not the heading it stands under")


def _first_part(cuts: Sequence[_Cut | Reject]) -> str:
    """Return the 编 of a law's first articles if the first heading that one carries is 第二编."""
    cut = next((cut for cut in cuts if isinstance(cut, _Cut) and cut.headings), None)
    found = heading_of(cut.headings[0]) if cut else None
    if not cut or not found or (found.kind, found.number) != ("编", 2):
        return ""
    return FIRST_PART if short_name(cut.article.law_name) in CODES else ""


def _cut(article: SourceArticle) -> _Cut:
    if not _MAY_CHANGE.search(article.content):
        return _Cut(article=article)
    plain = _TABLE_LINE.sub("", _PICTURE.sub("", article.content))
    lines = [line for line in lines_of(plain) if line.words]
    starts = [i for i, line in enumerate(lines) if i and _begins_annex(line)]
    first = end = starts[0] if starts else len(lines)
    while end > 1 and _is_heading(lines[end - 1]):
        end -= 1
    bounds = [*(lines[i].start for i in starts), len(plain)]
    own = _filled(plain[: lines[end].start if end < len(lines) else len(plain)])
    whole = _joined(own) if address_of(article) else own
    annexes = [_filled(plain[one:two]) for one, two in itertools.pairwise(bounds)]
    told = [("moved", f"“{line.words}” is a heading") for line in lines[end:first]]
    told += [("moved", f"“{annex[0]}” is an annex") for annex in annexes]
    if plain != article.content:
        told.append(("left_out", "what remains of pictures or of the lines of tables"))
    if whole != own:
        told.append(("joined", "words that the end of a line or a page parted"))
    return _Cut(
        article=replace(article, content="\n".join(whole)),
        headings=lines[end:first],
        annexes=[_annex(article, annex) for annex in annexes],
        notices=[_notice(article, kind, detail) for kind, detail in told],
    )


def _filled(text: str) -> list[str]:
    return [words for line in text.split("\n") if (words := line.strip(BLANK))]


def _notice(article: SourceArticle, kind: str, detail: str) -> Notice:
    place = f"{short_name(article.law_name)} {article.article_number}"
    return Notice(source=article.source, line=article.line, kind=kind, detail=f"{place}: {detail}")


def _is_heading(line: Line) -> bool:
    return not line.quoted and (heading_of(line) is not None or is_plain_heading(line.words))


def _begins_annex(line: Line) -> bool:
    is_one = is_annex(line.words) or _RATES.fullmatch(line.words) is not None
    return is_one and not line.quoted and not line.run_in


def _annex(article: SourceArticle, lines: Sequence[str]) -> SourceArticle:
    rates = _RATES.fullmatch(lines[0])
    number = f"附表{rates['number']}" if rates else annex_number(lines[0])
    return annexed(article, "\n".join(lines), number=number)


def _joined(lines: Sequence[str]) -> list[str]:
    """Return the paragraphs that lines are: a line that ends without an end goes on in the next."""
    whole = list[str]()
    for line in lines:
        if whole and _is_broken(whole[-1], line):
            whole[-1] += line
        else:
            whole.append(line)
    return [_GAP.sub(lambda found: found[1] or "", line) for line in whole]


def _is_broken(line: str, after: str) -> bool:
    if line.endswith(_ENDS) or _ITEM.match(after) or _HEADS.match(line) or _HEADS.match(after):
        return False
    return not line.endswith(("，", "、")) or len(line) >= _FEWEST_BROKEN
