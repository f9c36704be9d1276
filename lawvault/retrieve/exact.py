"""Provisions that a query names, found by their address: 民法典585条, 《刑法》, 消法第五十五条.

Nothing is guessed: what a query names and what does not lead to exactly one place is told, with
the places that may be meant.
"""

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from lawvault.law.reference import NAMED, Reference
from lawvault.law.references import find_references
from lawvault.law.resolve import (
    AMBIGUOUS,
    NO_ADDRESS,
    NO_LAW_NAMED,
    NO_SUCH_ARTICLE,
    NO_SUCH_LAW,
    NO_SUCH_PART,
    NO_TEXT,
    Resolution,
    Target,
    resolve,
)
from lawvault.law.validity import IN_FORCE
from lawvault.retrieve.content import Content
from lawvault.retrieve.laws import ContentLookup
from lawvault.retrieve.lexical import Span

NOT_IN_FORCE, NO_CITATION, MORE = "not_in_force", "no_citation", "more_than_shown"
LONGEST_NAMED = 200
"""Characters of a query that may be nothing but a citation."""

_MAX_CANDIDATES, _MAX_FOUND = 10, 5000
_ASIDE = re.compile(
    r"请问|请|帮我|查询|查找|查一下|查看|查|看看|看|我?想(?:知道|了解)?|了解|一下|违反|依照|根据|按照|依据|关于"
    r"|中华人民共和国|现行|规定|内容|原文|全文|条文|法条|理解|解读|是什么|是啥|什么|怎么|如何|有哪些|以及"
    r"|[的了和与及或讲说写是吗呢呀]|[\W_]"
)
_REASONS = {
    NO_SUCH_LAW: "库中没有名为“{law}”的法律",
    AMBIGUOUS: "“{law}”可能指几部法律，请写全名",
    NO_SUCH_ARTICLE: "{law}没有{address}",
    NO_SUCH_PART: "{law}没有{address}",
    NO_ADDRESS: "看不出“{words}”指{law}的哪一条",
    NO_TEXT: "库中没有{law}在该日的正文",
    NO_LAW_NAMED: "“{words}”没有说明是哪部法律",
}


@dataclass(slots=True, kw_only=True)
class Found:
    """One article that is named, and which of its characters; none means all of them."""

    article_id: str
    spans: list[Span] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What is to be said about words of a query: `problem` for programs, `reason` for people."""

    problem: str
    reason: str
    words: str = ""
    candidates: tuple[str, ...] = ()
    laws: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a query names, in its order; `is_all` says that it holds little else."""

    found: list[Found]
    notes: list[Note]
    is_all: bool


class Exact:
    """Finds articles by their address in one content.db."""

    def __init__(self, content: Content, lookup: ContentLookup) -> None:
        self._content, self._lookup = content, lookup

    def find(self, query: str, as_of: datetime.date) -> Named:
        """Return what a query names on the day `as_of`."""
        references = self._references(query)
        if any(reference.address.number for reference in references):
            references = [r for r in references if r.address.number or r.reason]
        found: dict[str, Found] = {}
        notes: list[Note] = []
        for reference in references:
            resolution = resolve(reference, self._lookup, as_of)
            words = query[reference.start : reference.end]
            notes += self._notes(resolution, words, as_of)
            for target in resolution.targets:
                self._add(target, found)
            if len(found) > _MAX_FOUND:
                notes.append(Note(problem=MORE, reason=f"只列出前 {_MAX_FOUND} 条，其余未查"))
                break
        return Named(
            found=list(found.values())[:_MAX_FOUND], notes=notes, is_all=_is_all(query, references)
        )

    def _references(self, query: str) -> list[Reference]:
        found = find_references(query, catalogue=self._lookup.catalogue)
        if found or len(query) > LONGEST_NAMED:
            return found
        for start, end in _cores(query):
            name = query[start:end]
            laws = self._lookup.laws(name) if name else []
            if laws:
                law = laws[0] if len(laws) == 1 else name
                return [Reference(start=start, end=end, kind=NAMED, law=law)]
        return []

    def _add(self, target: Target, found: dict[str, Found]) -> None:
        """Add the article of a target, or all articles of a law."""
        if not target.address.number:
            for row in self._content.labels(target.law_id):
                article_id = str(row["article_id"])
                found.setdefault(article_id, Found(article_id=article_id))
            return
        article_id = self._article_id(target)
        one = found.setdefault(article_id, Found(article_id=article_id))
        span = (target.start, target.end)
        if target.address.part and span not in one.spans:
            one.spans.append(span)

    def _article_id(self, target: Target) -> str:
        row = self._content.article(target.law_id, target.address.article or "")
        return str(row["article_id"]) if row else ""

    def _notes(self, resolution: Resolution, words: str, day: datetime.date) -> list[Note]:
        reference, standing = resolution.reference, resolution.standing
        notes = []
        if resolution.problem:
            candidates = [self._article_id(t) for t in resolution.candidates if t.address.number]
            laws = [target.law_id for target in resolution.candidates]
            reason = _REASONS[resolution.problem].format(
                law=reference.law, address=reference.address, words=words
            )
            notes.append(
                Note(
                    problem=resolution.problem,
                    reason=reason,
                    words=words,
                    candidates=_distinct(candidates),
                    laws=_distinct(laws),
                )
            )
        if standing and standing.status != IN_FORCE:
            reason = f"{reference.law}在 {day} 的状态：{standing.status}"
            notes.append(Note(problem=NOT_IN_FORCE, reason=reason, words=words))
        return notes


def _distinct(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(value for value in dict.fromkeys(values) if value)[:_MAX_CANDIDATES]


def _cores(query: str) -> list[Span]:
    """Return the query, and what is left of it without the words around a name."""
    start, end = 0, len(query)
    while match := _ASIDE.match(query, start, end):
        start = match.end()
    aside = [m.span() for m in _ASIDE.finditer(query, start)]
    while aside and aside[-1][1] == end:
        end = aside.pop()[0]
    return [(0, len(query)), (start, end)]


def _is_all(query: str, references: Sequence[Reference]) -> bool:
    """Say whether a query is what it names, and words like 是什么 around it."""
    if not references or len(query) > LONGEST_NAMED:
        return False
    rest, last = [], 0
    for reference in references:
        rest.append(query[last : reference.start])
        last = max(last, reference.end)
    return not _ASIDE.sub("", " ".join([*rest, query[last:]]))
