"""The text of one law -> its articles, whatever file it came from.

Preambles, annexes and texts without 条 are articles too: 序言, 附件一, 条目一 (the point 一、 of a
decision) or 全文.  Nothing that stands between title and end is left out.
"""

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from lawvault.ingest.provenance import provenance
from lawvault.ingest.sources import Notice, Reject, SourceArticle
from lawvault.law.dates import History, effective_date_of, history_dates, read_day
from lawvault.law.names import same_law
from lawvault.law.numerals import int_or_none, to_chinese
from lawvault.law.structure import HEADINGS, Block, LawText, irregularities, parse_law

_DATED = re.compile(r"(?P<name>.*?)[ _]*[(（_]?(?P<day>\d{4}-\d{2}-\d{2}|\d{8})[)）]?")
_ANNEX = re.compile(r"#*\s*附\s*(件|表|录|图)?\s*([一二三四五六七八九十]+|\d+)?")
_MAX_ANNEX_TITLE = 60
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_LOOKED_AT = 100_000
_ENDING = 12  # articles at the end of a law that may say when it takes effect


@dataclass(frozen=True, slots=True, kw_only=True)
class LawFile:
    """The text of a file, where it lies in its source (folders say what it is), and its notes."""

    source: str
    text: str
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heads:
    """The headings that an article stands under."""

    part: str = ""
    subpart: str = ""
    chapter: str = ""
    section: str = ""

    @property
    def title(self) -> str:
        """第二编 物权 第一分编 通则, as an article's `part` has them."""
        return f"{self.part} {self.subpart}".strip()

    def under(self, kind: str, title: str) -> "Heads":
        """Return the headings below a new one, whose `kind` is that of a block of a law's text.

        附则 without a number stands beside the 编 of a law that has some, not under the last.
        """
        if kind == "编" or (kind == "标题" and title == "附则" and self.part):
            return Heads(part=title)
        if kind == "分编":
            return Heads(part=self.part, subpart=title)
        if kind == "节":
            return replace(self, section=title)
        return replace(self, chapter=title, section="")


def articles_of(file: LawFile) -> Iterator[SourceArticle | Notice | Reject]:
    """Yield the articles of a law's text, and what its reader should know."""
    law = parse_law(file.text)
    if not _CHINESE.search(file.text[:_LOOKED_AT]) and file.text.strip():
        detail = "no text of a law: it has no Chinese words"
        yield Notice(source=file.source, line=0, kind="left_out", detail=detail)
        return
    for note in file.notes:
        yield Notice(source=file.source, line=0, kind="left_out", detail=note)
    if not any(block.kind not in ("题", "题注", "目录", "标题", *HEADINGS) for block in law.blocks):
        reason = "no articles: there is no text beside a title"
        yield Reject(source=file.source, line=0, reason=reason, row=file.text[:200])
        return
    for fault in irregularities(law):
        yield Notice(source=file.source, line=fault.line, kind="numbering", detail=fault.detail)
    yield from _articles(law, _head(file, law))


def _head(file: LawFile, law: LawText) -> SourceArticle:
    """Return what all articles of the law have in common, as an article without text."""
    stem = file.source.rpartition("/")[2].rpartition(".")[0]
    dated = _DATED.fullmatch(stem)
    named = (dated["name"] if dated else stem).strip()
    history = "\n".join(law.words(block) for block in law.blocks if block.kind == "题注")
    lines = [line for line in history.split("\n") if not line.startswith("<!--")]
    title, part, lines = _title(law, lines, named)
    known, day = history_dates(lines), _day(dated)
    version = max(filter(None, (day, known.version_date)), default=None)
    origin = provenance(file.source, title, "\n".join(lines))
    return SourceArticle(
        source=file.source,
        line=0,
        law_name=title,
        article_number="",
        content="",
        category=origin.category,
        issuer=origin.issuer,
        region=origin.region,
        status="",
        publish_date=version,
        effective_date=_effective(law, known, version),
        version_date=version,
        part=part or None,
    )


def _day(dated: re.Match[str] | None) -> datetime.date | None:
    try:
        return read_day(dated["day"]) if dated else None
    except ValueError:  # a number of eight figures that is no day
        return None


def _title(law: LawText, lines: list[str], named: str) -> tuple[str, str, list[str]]:
    """Return the law's name, its 编 if the text is only that, and the lines of its history.

    A long title may be broken into lines; the file's name tells where it ends.
    """
    title = next((law.words(block) for block in law.blocks if block.kind == "题"), "")
    title = title.replace("\n", "")
    if not title:
        return named, "", lines
    part = lines[0].lstrip("# ") if lines and lines[0].startswith("#") else ""
    lines = lines[1:] if part else lines
    for count in range(1, min(4, len(lines) + 1)):
        whole = title + "".join(lines[:count])
        if same_law(whole, named) and not same_law(title, named):
            return whole, part, lines[count:]
    return title, part, lines


def _effective(
    law: LawText, known: History, published: datetime.date | None
) -> datetime.date | None:
    if known.effective_date:
        return known.effective_date
    ending = [block for block in law.blocks if block.kind in ("条", "条目", "文")][-_ENDING:]
    for block in reversed(ending):
        day = effective_date_of(law.words(block), published)
        if day:
            return day
    return None


def _articles(law: LawText, head: SourceArticle) -> Iterator[SourceArticle]:
    heads, annex = Heads(part=head.part or ""), ""
    for block in law.blocks:
        words = law.words(block)
        if block.kind in ("题", "题注", "目录"):
            continue
        line = law.line_of(block.body)
        if block.kind in HEADINGS or block.kind == "标题":
            kind = "节" if block.kind == "标题" and block.sub else block.kind
            heads = heads.under(kind, law.title(block))
            left = _after_title(law, block, words)
            if left:
                yield _article(head, heads, annex, line=line, number="导语", content=left)
            continue
        if block.kind == "附件":
            annex, heads = _annex_title(words), Heads()
        number = _number(block, words)
        if words:
            yield _article(head, heads, annex, line=line, number=number, content=words)


def _after_title(law: LawText, block: Block, words: str) -> str:
    """Return the text that stands between a heading and what comes next."""
    title = law.title(block).removeprefix(block.label).strip()
    lines = words.split("\n")
    while lines and lines[0].strip() and "".join(lines[0].split()) in "".join(title.split()):
        lines.pop(0)
    return "\n".join(lines).strip()


def _number(block: Block, words: str) -> str:
    if block.kind == "序言":
        return "序言"
    if block.kind == "文":
        return "全文"
    return block.label if block.kind != "附件" else annex_number(words)


def annexed(article: SourceArticle, words: str, *, number: str) -> SourceArticle:
    """Return an annex as an article of the law that `article` is one of."""
    return replace(
        article,
        article_number=number,
        content=words,
        part=_annex_title(words),
        chapter=None,
        section=None,
    )


def _annex_title(words: str) -> str:
    return words.split("\n")[0].lstrip("# ")[:_MAX_ANNEX_TITLE]


def annex_number(words: str) -> str:
    """Return the number of an annex from its first words: 附件, 附表二.

    >>> annex_number("附 表 二：应税污染物和当量值表"), annex_number("附：国旗制法说明")
    ('附表二', '附件')
    """
    match = _ANNEX.match(words)
    kind, numeral = (match[1], match[2]) if match else ("", "")
    number = int_or_none(numeral or "")
    return f"附{kind or '件'}{to_chinese(number) if number else ''}"


def _article(
    head: SourceArticle, heads: Heads, annex: str, *, line: int, number: str, content: str
) -> SourceArticle:
    return replace(
        head,
        line=line,
        article_number=number,
        content=content,
        part=annex or heads.title or None,
        chapter=heads.chapter or None,
        section=heads.section or None,
    )
