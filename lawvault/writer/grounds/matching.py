"""Which articles of a whole law a draft needs: those that share the most telling words with it."""

import itertools
import math
from collections import Counter
from collections.abc import Sequence

_COMMON = frozenset("的了和与及或在是为有对于以其应当可以不得")


def by_match(articles: Sequence[str], wanted: str) -> list[int]:
    """Return the places of articles, the best match first; equal ones keep their order.

    A match is the sum over the pairs of characters that both have, each weighed by how few of the
    articles have it (inverse document frequency).

    >>> by_match(["本法所称合同", "当事人应当支付违约金", "违约金过高"], "约定的违约金过高怎么办")
    [2, 1, 0]
    """
    pairs = [_pairs(article) for article in articles]
    spread = Counter(pair for found in pairs for pair in found)
    asked = _pairs(wanted)
    scores = [
        sum(math.log(1 + len(articles) / spread[pair]) for pair in found & asked) for found in pairs
    ]
    return sorted(range(len(articles)), key=lambda place: (-scores[place], place))


def _pairs(text: str) -> set[str]:
    """Return the pairs of neighbouring letters of a text, without those of common words."""
    return {
        pair
        for pair in map("".join, itertools.pairwise(text))
        if pair.isalnum() and not _COMMON.issuperset(pair)
    }
