"""Provisions that a query names, found by their address: 民法典585条, 《刑法》, 消法第五十五条.

Nothing is guessed: what a query names and what does not lead to exactly one place is told, with
the places that may be meant.  A query costs what it holds, up to a limit: what is named twice is
looked up once, and after so many articles or notes the rest is told to be left out.
"""

import datetime
import re
from collections.abc import Iterable, Iterator, Sequence
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
from lawvault.law.validity import IN_FORCE, Standing
from lawvault.retrieve.content import Content
from lawvault.retrieve.laws import ContentLookup
from lawvault.retrieve.lexical import Span
from lawvault.retrieve.once import OnceRead

NOT_IN_FORCE, NO_CITATION, MORE = "not_in_force", "no_citation", "more_than_shown"
LONGEST_NAMED = 200
"""Characters of a query that may be nothing but a citation."""
LONGEST_READ = 2000
"""Characters of a query that is read for what it names."""

_MAX_CANDIDATES, _MAX_FOUND, _MAX_NOTES = 10, 2000, 50
_ASIDE = re.compile(
    r"请解释|请问|请|帮我|查询|查找|查一下|查看|查|看看|看|我?想(?:知道|了解)?|了解|一下|违反|依照|根据|按照|依据|关于"
    r"|中华人民共和国|现行|规定|内容|原文|全文|条文|法条|理解|解读|解释一下|意思|情形|是什么|什么|啥|怎么|如何|有哪些|以及"
    r"|[的了和与及或讲说写是吗呢呀啊]|[\W_]"
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
    """One article that is named, and which of its characters; none means all of them.

    `in_force` says whether its version was in force on the day that was asked for.
    """

    article_id: str
    in_force: bool = True
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
    """What a query names, in its order.

    `is_all` says that the query holds little else, `by_address` that it names articles; then laws
    that it names as a whole are left out.
    """

    found: list[Found]
    notes: list[Note]
    is_all: bool
    by_address: bool


class Exact:
    """Finds articles by their address in one content.db."""

    def __init__(self, content: Content, lookup: ContentLookup) -> None:
        self._content, self._lookup = content, lookup

    def find(self, query: str, as_of: datetime.date) -> Named:
        """Return what a query names on the day `as_of`."""
        references = self._references(query)
        by_address = any(reference.address.number for reference in references)
        if by_address:
            references = [r for r in references if r.address.number or r.reason]
        reading = _Reading(OnceRead(self._content, self._lookup), as_of)
        for reference in _different(references):
            if reading.is_full:
                reading.notes.append(
                    Note(problem=MORE, reason="问题中的法律或条文太多，后面的未查")
                )
                break
            reading.read(reference, query[reference.start : reference.end])
        return Named(
            found=list(reading.found.values()),
            notes=reading.notes,
            is_all=_is_all(query, references),
            by_address=by_address,
        )

    def _references(self, query: str) -> list[Reference]:
        found = find_references(query, catalogue=self._lookup.catalogue, is_query=True)
        if found or len(query) > LONGEST_NAMED:
            return found
        for start, end in _cores(query):
            name = query[start:end]
            laws = self._lookup.laws(name) if name else []
            if laws:
                law = laws[0] if len(laws) == 1 else name
                return [Reference(start=start, end=end, kind=NAMED, law=law)]
        return []


class _Reading:
    """What the references of one query lead to, one after the other."""

    def __init__(self, once: OnceRead, day: datetime.date) -> None:
        self._once, self._day = once, day
        self._addresses = 0
        self.found: dict[str, Found] = {}
        self.notes: list[Note] = []

    @property
    def is_full(self) -> bool:
        """Say whether enough was looked up for one query."""
        looked_up = max(len(self.found), self._addresses)
        return looked_up > _MAX_FOUND or len(self.notes) >= _MAX_NOTES

    def read(self, reference: Reference, words: str) -> None:
        """Add what a reference leads to, and what is to be said about it."""
        resolution = resolve(reference, self._once, self._day)
        self._addresses += _size(reference)
        if resolution.problem:
            self.notes.append(self._problem(resolution, words))
        standing = resolution.standing
        if standing and standing.status != IN_FORCE:
            self.notes.append(self._not_in_force(resolution, standing, words))
        for target in resolution.targets:
            self._add(target, words, in_force=bool(standing and standing.version))

    def _add(self, target: Target, words: str, *, in_force: bool) -> None:
        """Add the article of a target, or all articles of a law."""
        if target.address.number:
            one = self._found(self._article_id(target), in_force=in_force)
            span = (target.start, target.end)
            if target.address.part and span not in one.spans:
                one.spans.append(span)
            return
        rows = self._once.labels(target.law_id)
        for row in rows:
            self._found(str(row["article_id"]), in_force=in_force)
        if not rows:
            reason = _REASONS[NO_TEXT].format(law=target.law)
            self.notes.append(Note(problem=NO_TEXT, reason=reason, words=words))

    def _found(self, article_id: str, *, in_force: bool) -> Found:
        return self.found.setdefault(article_id, Found(article_id=article_id, in_force=in_force))

    def _article_id(self, target: Target) -> str:
        return self._once.article_id(target.law_id, target.address)

    def _problem(self, resolution: Resolution, words: str) -> Note:
        law, address = resolution.reference.law, resolution.failing or resolution.reference.address
        near = (*resolution.reached, *resolution.candidates)
        return Note(
            problem=resolution.problem,
            reason=_REASONS[resolution.problem].format(law=law, address=address, words=words),
            words=words,
            candidates=_distinct(self._article_id(one) for one in near if one.address.number),
            laws=_distinct(one.law_id for one in near),
        )

    def _not_in_force(self, resolution: Resolution, standing: Standing, words: str) -> Note:
        """Say how a law stands on the day, and of which day the text is that was found."""
        reason = f"{resolution.reference.law}在 {self._day} 的状态：{standing.status}"
        if resolution.targets and standing.about and standing.about.version_date:
            reason += f"；找到的是 {standing.about.version_date} 的文本"
        laws = _distinct(target.law_id for target in resolution.targets)
        return Note(problem=NOT_IN_FORCE, reason=reason, words=words, laws=laws)


def _different(references: Iterable[Reference]) -> Iterator[Reference]:
    """Yield the first of all references that say the same."""
    seen = set[tuple[object, ...]]()
    for one in references:
        key = (one.kind, one.law, one.address, one.through, one.reason)
        if key not in seen:
            seen.add(key)
            yield one


def _size(reference: Reference) -> int:
    """Return about how many addresses are looked up for a reference."""
    last = reference.through
    return 1 if last is None else max(1, 1 + last.number - reference.address.number)


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
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
