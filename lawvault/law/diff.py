"""What changed between two versions of one law, article by article, whatever the typing.

A reference inside an article to another that moved (本法第三十条, now 第三十一条) is a change of
its words, and is shown as one.
"""

import bisect
import difflib
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from lawvault.law.align import Article, Pair, pair_articles
from lawvault.law.normal import Span, normalise, shared_ends
from lawvault.law.numerals import article_address

Kind = Literal["added", "removed", "changed", "renumbered", "renumbered_and_changed"]
Run = tuple[Span, Span]
"""Words of the old text and the words of the new one that stand in their place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """One article of one version; `content` may begin with its number again."""

    article_number: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference between two versions.

    `old` is None if the article was added, `new` if it was removed.  `spans` are the words that
    differ, in old.content and in new.content, in order; an empty span is the place where words
    were put in or taken out.
    """

    kind: Kind
    old: Provision | None
    new: Provision | None
    spans: tuple[Run, ...] = ()

    @property
    def old_number(self) -> str | None:
        """The article's number in the old version."""
        return self.old.article_number if self.old else None

    @property
    def new_number(self) -> str | None:
        """The article's number in the new version."""
        return self.new.article_number if self.new else None


def diff_versions(old: Sequence[Provision], new: Sequence[Provision]) -> list[Change]:
    """Return the changes in the order of the new version, removed articles where they stood.

    >>> old = [Provision(article_number="第一条", content="甲 乙。")]
    >>> new = [Provision(article_number="第1条", content="丙丁戊。"),
    ...        Provision(article_number="第2条", content="甲乙。")]
    >>> [(change.kind, change.old_number, change.new_number) for change in diff_versions(old, new)]
    [('added', None, '第1条'), ('renumbered', '第一条', '第2条')]
    """
    before, after = [_article(one) for one in old], [_article(one) for one in new]
    pairs = pair_articles(before, after)
    changes = dict[tuple[int, int, int], Change]()
    for i, j in pairs:
        if before[i] != after[j]:
            changes[j, 0, 0] = _change(old[i], new[j], before[i], after[j])
    for j in {*range(len(new))} - {j for _, j in pairs}:
        changes[j, 0, 0] = Change(kind="added", old=None, new=new[j])
    for i in {*range(len(old))} - {i for i, _ in pairs}:
        changes[_place_of_removed(i, pairs), 1, i] = Change(kind="removed", old=old[i], new=None)
    return [changes[place] for place in sorted(changes)]


def _place_of_removed(i: int, pairs: Sequence[Pair]) -> int:
    """Return the new index after which an old article would stand; -1 before all."""
    place = bisect.bisect(pairs, (i, 0)) - 1
    return pairs[place][1] if place >= 0 else -1


def _article(provision: Provision) -> Article:
    text = normalise(provision.content[_body(provision) :]).text
    return Article(number=_comparable(provision.article_number), text=text)


def _comparable(label: str) -> str:
    """Return a form of the number that is equal however it is written."""
    address = article_address(label)
    return normalise(label).text if address is None else f"{address[0]}.{address[1]}"


_OWN_NUMBER = re.compile(r"\s*(第[^条\s]{1,12}条(?:之[一二三四五六七八九十百\d]{1,4})?)\s*")


def _body(provision: Provision) -> int:
    """Return where the content goes on after its own number, if it begins with that."""
    match = _OWN_NUMBER.match(provision.content)
    if match and _comparable(match[1]) == _comparable(provision.article_number):
        return match.end()
    return 0


def _change(old: Provision, new: Provision, before: Article, after: Article) -> Change:
    if before.text == after.text:
        return Change(kind="renumbered", old=old, new=new)
    kind: Kind = "changed" if before.number == after.number else "renumbered_and_changed"
    old_start, new_start = _body(old), _body(new)
    spans = [
        ((a + old_start, b + old_start), (c + new_start, d + new_start))
        for (a, b), (c, d) in differences(old.content[old_start:], new.content[new_start:])
    ]
    return Change(kind=kind, old=old, new=new, spans=tuple(spans))


def differences(old: str, new: str) -> list[Run]:
    """Return the spans of two texts whose words differ, in order; typing does not count.

    >>> differences("处 三年以下徒刑。", "处五年以下徒刑，并处罚金。")
    [((2, 3), (1, 2)), ((8, 8), (7, 12))]
    """
    before, after = normalise(old), normalise(new)
    left, right = shared_ends(before.text, after.text)
    one, other = (text[left : len(text) - right] for text in (before.text, after.text))
    runs = [
        ((a + left, b + left), (c + left, d + left))
        for (a, b), (c, d) in _joined(_runs(one, other))
    ]
    return [
        (before.span(*old_run), after.span(*new_run))
        for old_run, new_run in _settled(runs, before.text, after.text)
    ]


_CLAUSE = re.compile(r"[^,;:。]*[,;:。]|[^,;:。]+")
_TOKEN = re.compile(r"\([0-9]+\)|[0-9]+|.", re.DOTALL)
_MAX_PRODUCT = 250_000
"""Lengths multiplied up to which two passages are compared character by character."""
_MIN_SHARED = 3
"""Shorter runs of equal characters between two differences are chance, and part of both."""


def _runs(old: str, new: str) -> Iterator[Run]:
    """Yield what differs: whole clauses first, then the characters and labels inside them."""
    for (a, b), (c, d) in _unequal(_CLAUSE.findall(old), _CLAUSE.findall(new)):
        if (b - a) * (d - c) > _MAX_PRODUCT:
            yield (a, b), (c, d)
            continue
        for (i, j), (k, m) in _unequal(_TOKEN.findall(old[a:b]), _TOKEN.findall(new[c:d])):
            yield (a + i, a + j), (c + k, c + m)


def _unequal(old: Sequence[str], new: Sequence[str]) -> Iterator[Run]:
    """Yield where two lists of pieces differ, as spans of the texts that the pieces make up."""
    old_at, new_at = _starts(old), _starts(new)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag != "equal":
            yield (old_at[i], old_at[j]), (new_at[k], new_at[m])


def _starts(pieces: Sequence[str]) -> list[int]:
    return [0, *itertools.accumulate(map(len, pieces))]


def _joined(runs: Iterator[Run]) -> list[Run]:
    joined = list[Run]()
    for (a, b), (c, d) in runs:
        if joined and a - joined[-1][0][1] < _MIN_SHARED:
            (a, _), (c, _) = joined.pop()
        joined.append(((a, b), (c, d)))
    return joined


def _settled(runs: Iterable[Run], old: str, new: str) -> Iterator[Run]:
    """Yield the runs, put-in or taken-out words moved to where their clause begins.

    Of 甲；（五）乙；（六）丙 the words put in are （五）乙；, though 五）乙；（ would do as well.
    """
    done = 0
    for (a, b), (c, d) in runs:
        text, start, end = (new, c, d) if a == b else (old, a, b)
        back = _way_back(text, (start, end), a - done) if a == b or c == d else 0
        yield (a - back, b - back), (c - back, d - back)
        done = b


def _way_back(text: str, span: Span, furthest: int) -> int:
    start, end = span
    for back in range(furthest + 1):
        if start == back or text[start - back - 1] in ",;:。":
            return back
        if text[start - back - 1] != text[end - back - 1]:
            return 0
    return 0
