"""BM25 over words: the baseline that needs no model, and the keyword leg of search.

Words are jieba's search cut (long words and the words inside them); BM25 is bm25s with its
defaults, Lucene's variant, k1 = 1.5, b = 0.75.
"""

import functools
import logging
from collections.abc import Iterable, Sequence

import bm25s
import jieba
import numpy as np
from tqdm import tqdm

from lawvault.models.packed import default_cache
from lawvault.retrieve.filters import Mask
from lawvault.retrieve.ranking import Scores, top_rows
from lawvault.schema import Hit

jieba.setLogLevel(logging.WARNING)
logging.getLogger("bm25s").setLevel(logging.WARNING)


def words_of(text: str) -> list[str]:
    """Return the words of `text` that hold a letter, digit or character."""
    return [word for word in _cutter().lcut_for_search(text) if any(map(str.isalnum, word))]


@functools.cache
def _cutter() -> jieba.Tokenizer:
    """Return jieba's cutter, which keeps its dictionary as code that it loads again: in a folder
    of this user's, not in the one where anybody on the machine may put a file of that name."""
    folder = default_cache()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    jieba.dt.tmp_dir = str(folder)
    return jieba.dt


class LexicalIndex:
    """BM25 over a fixed list of texts, in memory."""

    def __init__(self, texts: Sequence[str], *, quiet: bool = False) -> None:
        self.size = len(texts)
        self._index = bm25s.BM25()
        vocabulary: dict[str, int] = {}
        rows = [
            [vocabulary.setdefault(word, len(vocabulary)) for word in words_of(text)]
            for text in tqdm(texts, desc="index for BM25", mininterval=5, disable=quiet)
        ]
        self._index.index((rows, vocabulary), show_progress=False)

    def scores(self, query: str) -> Scores:
        """Return the BM25 score of every text [n]; 0 where no word is shared."""
        known = [word for word in words_of(query) if word in self._index.vocab_dict]
        if not known:
            return np.zeros(self.size, np.float32)
        return np.asarray(self._index.get_scores(known), np.float32)


class KeywordIndex:
    """BM25 over the articles of a pack, by their ids."""

    def __init__(self, article_ids: Sequence[str], texts: Sequence[str]) -> None:
        """Take articles sorted by id, so that equal scores are, too."""
        self._ids, self._index = article_ids, LexicalIndex(texts, quiet=True)

    def search(self, query: str, k: int, mask: Mask | None = None) -> list[Hit]:
        """Return up to `k` articles that share a word with the query, best first.

        Args:
            mask: which articles may be found; the others are not ranked.
        """
        scores = self._index.scores(query)
        if mask is not None:
            scores = np.where(mask, scores, np.float32(0))
        rows = [row for row in top_rows(scores, k) if scores[row] > 0]
        return [
            Hit(article_id=self._ids[row], score=float(scores[row]), rank=rank)
            for rank, row in enumerate(rows, start=1)
        ]


Span = tuple[int, int]


def spans_of(words: Iterable[str], text: str, *, limit: int) -> list[Span]:
    """Return up to `limit` stretches of `text` that words cover, in order; neighbours are one.

    >>> spans_of(["劳动", "劳动合同", "解除"], "解除劳动合同，应当……", limit=9)
    [(0, 6)]
    """
    covered = bytearray(len(text))
    for word in filter(None, set(words)):
        start = text.find(word)
        while start >= 0:
            covered[start : start + len(word)] = b"\x01" * len(word)
            start = text.find(word, start + 1)
    spans: list[Span] = []
    start = covered.find(1)
    while start >= 0 and len(spans) < limit:
        end = covered.find(0, start)
        end = len(text) if end < 0 else end
        spans.append((start, end))
        start = covered.find(1, end)
    return spans
