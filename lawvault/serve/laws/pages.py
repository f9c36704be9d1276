"""A law's articles as pages of it: table of contents, full text, one article with its parts."""

import itertools
import re
from collections.abc import Mapping, Sequence
from typing import Literal

from lawvault.law.address import Address, article_label
from lawvault.law.numerals import NUMERAL, int_or_none
from lawvault.law.provisions import Provision, paragraphs
from lawvault.serve.contract import ApiError
from lawvault.serve.laws.contract import (
    Article,
    ArticleLabel,
    ArticleSpan,
    Heading,
    InReference,
    OutReference,
    Part,
)
from lawvault.serve.laws.words import spoken_reason

Row = Mapping[str, object]
Kind = Literal["part", "subpart", "chapter", "section"]

_KINDS: tuple[Kind, ...] = ("part", "subpart", "chapter", "section")
_SUBPART = re.compile(rf" (?=第{NUMERAL}分编)")
_BELOW = rf"(?:第[（(]?{NUMERAL}[）)]?[款项目]|[（(]{NUMERAL}[）)]项?)*"
_SHORT = re.compile(rf"第?({NUMERAL})(?:[-－]({NUMERAL})条?|条?(?:之({NUMERAL}))?){_BELOW}")
_OTHER_LABELS = ("条目", "全文", "附")
_LONGEST_NUMBER = 40
_LARGEST = 9999


def contents_of(title: str, rows: Sequence[Row]) -> Heading:
    """Return the table of contents of a law from its articles in order."""
    root = Heading(kind="law", title=title)
    for row in rows:
        at = root
        for kind, words in _headings(row):
            if not at.children or (at.children[-1].kind, at.children[-1].title) != (kind, words):
                at.children.append(Heading(kind=kind, title=words))
            at = at.children[-1]
        at.articles.append(label_of(row))
    return root


def text_of(title: str, rows: Sequence[Row]) -> tuple[str, list[ArticleSpan]]:
    """Return a law's text, one heading or article a line, and where the articles' contents are."""
    lines, spans = [title], list[ArticleSpan]()
    length, before = len(title), list[tuple[Kind, str]]()
    for row in rows:
        now = _headings(row)
        same = itertools.takewhile(lambda two: two[0] == two[1], zip(before, now, strict=False))
        head = "".join(f"\n{words}" for _, words in now[len(list(same)) :])
        number = f"{row['article_number']}\u3000" if row["number"] is not None else ""
        content = str(row["content"])
        start = length + len(head) + 1 + len(number)
        lines.append(f"{head}\n{number}{content}")
        length, before = start + len(content), now
        spans.append(ArticleSpan(**label_of(row).model_dump(), start=start, end=length))
    return "".join(lines), spans


def label_of(row: Row) -> ArticleLabel:
    """Return an article's id and number."""
    return ArticleLabel(
        article_id=str(row["article_id"]), article_number=str(row["article_number"])
    )


def article_of(row: Row) -> Article:
    """Return an article with its 款, 项 and 目."""
    return Article.model_validate({**row, "parts": _parts(paragraphs(str(row["content"])))})


def labels_for(number: str) -> list[str]:
    """Return the numbers as laws write them that a client's number may mean.

    款, 项 and 目 behind it are let be: it is the article that is opened.

    Raises:
        ApiError: it is no number.

    >>> labels_for("38-1"), labels_for("第38条"), labels_for("第三十八条之一第二款")
    (['第三十八条之一'], ['第三十八条', '条目三十八'], ['第三十八条之一'])
    """
    number = number.strip()
    if 0 < len(number) <= _LONGEST_NUMBER:
        match = _SHORT.fullmatch(number)
        first, sub = _numbers(match) if match else (None, None)
        if first and sub is not None and first <= _LARGEST and sub <= _LARGEST:
            return _labels(first, sub)
        if number.startswith(_OTHER_LABELS):
            return [number]
    raise ApiError(400, "invalid_value", "条号须如 38、38-1、第三十八条、第三十八条之一", "number")


def _numbers(match: re.Match[str]) -> tuple[int | None, int | None]:
    number, dashed, sub = match.groups()
    return int_or_none(number), int_or_none(dashed or sub or "零")


def _labels(number: int, sub: int) -> list[str]:
    label = article_label(number, sub)
    point = Address(number=number, unit="条目").article
    return [label, point] if point and not sub else [label]


def out_reference(row: Row) -> OutReference:
    """Return a row of the table refs as seen from the article that it stands in."""
    reason = spoken_reason(str(row["reason"]))
    return OutReference.model_validate({**row, "target_address": _address(row), "reason": reason})


def in_reference(row: Row) -> InReference:
    """Return a row of the table refs, with its article, as seen from the article it leads to."""
    source = {"article_id": row["source_article_id"], "target_address": _address(row)}
    return InReference.model_validate({**row, **source})


def _address(row: Row) -> str | None:
    number, sub = row["target_number"], row["target_sub"]
    if not isinstance(number, int):
        return None
    paragraph, item = row["paragraph"], row["item"]
    address = Address(
        number=number,
        sub=sub if isinstance(sub, int) else 0,
        paragraph=paragraph if isinstance(paragraph, int) else None,
        item=item if isinstance(item, int) else None,
    )
    return str(address)


def _headings(row: Row) -> list[tuple[Kind, str]]:
    """Return 编, 分编, 章 and 节 of an article, those that it has."""
    part, subpart = (*_SUBPART.split(str(row["part"] or ""), maxsplit=1), "")[:2]
    words = (part, subpart, str(row["chapter"] or ""), str(row["section"] or ""))
    return [(kind, text) for kind, text in zip(_KINDS, words, strict=True) if text]


def _parts(provisions: Sequence[Provision]) -> list[Part]:
    return [
        Part(kind=p.kind, number=p.number, start=p.start, end=p.end, parts=_parts(p.parts))
        for p in provisions
    ]
