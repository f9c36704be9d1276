"""Pairing of the articles of two versions of one law.

A new article moves the numbers of all that follow.  So the words decide first: an article with the
same words under another number is the same article.  What is left is paired by the pairs of
characters that two texts share, in the order of the law, between articles known to belong
together; then what was moved out of order, if it is very much alike.
"""

import bisect
from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)
Pair = tuple[int, int]
"""Index of an article in the old version and in the new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """What decides which articles belong together: both in a form that is equal for equals."""

    number: str
    text: str


_ALIKE = 0.5
"""Likeness (Dice, of pairs of characters) from which two articles are versions of one."""
_ALIKE_UNDER_ONE_NUMBER = 0.2
_ALIKE_OUT_OF_ORDER = 0.7
_SAME_NUMBER = 0.01  # added to the likeness: of two articles as like, the number decides
_MAX_VOTES = 600  # of one article's pairs of characters for others, the rarest pairs first
_MAX_CANDIDATES = 6


def pair_articles(old: Sequence[Article], new: Sequence[Article]) -> list[Pair]:
    """Return which article of the old version is which of the new one, each at most once.

    >>> old = [Article(number="1", text="甲乙丙丁"), Article(number="2", text="戊己庚辛")]
    >>> new = [Article(number="1", text="子丑寅卯"), Article(number="2", text="甲乙丙丁"),
    ...        Article(number="3", text="戊己庚申")]
    >>> pair_articles(old, new)
    [(0, 1), (1, 2)]
    """
    pairs = _with_the_same_words(old, new)
    scores = _likeness(old, new, pairs)
    anchors = _in_order(dict.fromkeys(pairs, 1.0))
    pairs += _in_order(
        {
            (i, j): score + _SAME_NUMBER * (old[i].number == new[j].number)
            for (i, j), score in scores.items()
            if _fits((i, j), anchors) and score >= _least(old[i], new[j])
        }
    )
    return sorted(pairs + _out_of_order(scores, pairs))


def _with_the_same_words(old: Sequence[Article], new: Sequence[Article]) -> list[Pair]:
    """Pair what has the same words: first under the same number, then under any."""
    pairs = _equal(dict(enumerate(old)), dict(enumerate(new)))
    old_left, new_left = _left(old, (i for i, _ in pairs)), _left(new, (j for _, j in pairs))
    return pairs + _equal({i: old[i].text for i in old_left}, {j: new[j].text for j in new_left})


def _equal(old: Mapping[int, Key], new: Mapping[int, Key]) -> list[Pair]:
    places = defaultdict[Key, list[int]](list)
    for j in sorted(new, reverse=True):
        places[new[j]].append(j)
    return [(i, places[key].pop()) for i, key in old.items() if places.get(key)]


def _left(articles: Sequence[Article], paired: Iterable[int]) -> list[int]:
    done = set(paired)
    return [index for index in range(len(articles)) if index not in done]


def _likeness(
    old: Sequence[Article], new: Sequence[Article], known: Collection[Pair]
) -> dict[Pair, float]:
    """Return the likeness of those that may belong together, of what is not yet paired."""
    old_left, new_left = _left(old, (i for i, _ in known)), _left(new, (j for _, j in known))
    new_grams = {j: _grams(new[j].text) for j in new_left}
    sharing = defaultdict[str, list[int]](list)
    for j, grams in new_grams.items():
        for gram in grams:
            sharing[gram].append(j)
    same_number = defaultdict[str, list[int]](list)
    for j in new_left:
        same_number[new[j].number].append(j)
    scores = dict[Pair, float]()
    for i in old_left:
        grams = _grams(old[i].text)
        for j in {*_candidates(grams, sharing), *same_number[old[i].number][:_MAX_CANDIDATES]}:
            size = len(grams) + len(new_grams[j])
            scores[i, j] = 2 * len(grams & new_grams[j]) / size if size else 0.0
    return scores


def _grams(text: str) -> set[str]:
    return {text[i : i + 2] for i in range(len(text) - 1)}


def _candidates(grams: Iterable[str], sharing: Mapping[str, Sequence[int]]) -> list[int]:
    """Return the new articles that share most of the rarer pairs of characters."""
    votes = Counter[int]()
    left = _MAX_VOTES
    for places in sorted((sharing[gram] for gram in grams if gram in sharing), key=len):
        left -= len(places)
        if left < 0 and votes:
            break
        votes.update(places)
    ranked = sorted(votes.items(), key=lambda item: (-item[1], item[0]))
    return [j for j, _ in ranked[:_MAX_CANDIDATES]]


def _fits(pair: Pair, anchors: Sequence[Pair]) -> bool:
    """Say whether no anchor has one article of the pair before it and the other after it."""
    place = bisect.bisect(anchors, pair)
    follows = place == 0 or anchors[place - 1][1] < pair[1]
    return follows and (place == len(anchors) or pair[1] < anchors[place][1])


def _least(old: Article, new: Article) -> float:
    return _ALIKE_UNDER_ONE_NUMBER if old.number == new.number else _ALIKE


def _in_order(scores: Mapping[Pair, float]) -> list[Pair]:
    """Return the pairs of the highest total score in which both indexes grow.

    A Fenwick tree holds the best chain that ends at or before each new index.
    """
    size = max((j for _, j in scores), default=-1) + 1
    tree: list[tuple[float, Pair | tuple[()]]] = [(0.0, ())] * (size + 1)
    before = dict[Pair | tuple[()], Pair | tuple[()]]()
    for i, j in sorted(scores, key=lambda pair: (pair[0], -pair[1])):
        total, before[i, j] = _best(tree, j)
        chain, node = (total + scores[i, j], (i, j)), j + 1
        while node <= size:
            tree[node] = max(tree[node], chain)
            node += node & -node
    _, last = _best(tree, size)
    pairs = list[Pair]()
    while last:
        pairs.append(last)
        last = before[last]
    return pairs[::-1]


def _best(
    tree: Sequence[tuple[float, Pair | tuple[()]]], node: int
) -> tuple[float, Pair | tuple[()]]:
    best: tuple[float, Pair | tuple[()]] = (0.0, ())
    while node:
        best = max(best, tree[node])
        node &= node - 1
    return best


def _out_of_order(scores: Mapping[Pair, float], known: Collection[Pair]) -> list[Pair]:
    old_done, new_done = {i for i, _ in known}, {j for _, j in known}
    pairs = list[Pair]()
    for i, j in sorted(scores, key=lambda pair: (-scores[pair], pair)):
        if scores[i, j] >= _ALIKE_OUT_OF_ORDER and i not in old_done and j not in new_done:
            pairs.append((i, j))
            old_done.add(i)
            new_done.add(j)
    return pairs
