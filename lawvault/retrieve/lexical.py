"""BM25 over words: the baseline that needs no model.

Words are jieba's search cut (long words and the words inside them); BM25 is bm25s with its
defaults, Lucene's variant, k1 = 1.5, b = 0.75.
"""

import logging
from collections.abc import Sequence

import bm25s
import jieba
import numpy as np
from tqdm import tqdm

from lawvault.retrieve.ranking import Scores

jieba.setLogLevel(logging.WARNING)
logging.getLogger("bm25s").setLevel(logging.WARNING)


def words_of(text: str) -> list[str]:
    """Return the words of `text` that hold a letter, digit or character."""
    return [word for word in jieba.lcut_for_search(text) if any(map(str.isalnum, word))]


class LexicalIndex:
    """BM25 over a fixed list of texts, in memory."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.size = len(texts)
        self._index = bm25s.BM25()
        words = [words_of(text) for text in tqdm(texts, desc="index for BM25", mininterval=5)]
        self._index.index(words, show_progress=False)

    def scores(self, query: str) -> Scores:
        """Return the BM25 score of every text [n]; 0 where no word is shared."""
        known = [word for word in words_of(query) if word in self._index.vocab_dict]
        if not known:
            return np.zeros(self.size, np.float32)
        return np.asarray(self._index.get_scores(known), np.float32)
