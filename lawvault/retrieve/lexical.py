"""BM25 over words: the baseline that needs no model, and the keyword leg of search.

Words are jieba's search cut (long words and the words inside them); BM25 is bm25s with its
defaults, Lucene's variant, k1 = 1.5, b = 0.75.

A data pack carries its index in `keywords/`: bm25s' arrays, which are mapped and not read, its
words, and `about.json`, which says over which articles and by which cutter it was made.
"""

import functools
import json
import logging
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

import bm25s
import jieba
import numpy as np
import pyarrow as pa
from tqdm import tqdm

from lawvault.artifacts import write_json
from lawvault.errors import IntegrityError, UpstreamError
from lawvault.models.packed import default_cache
from lawvault.models.texts import article_texts
from lawvault.retrieve.filters import Mask
from lawvault.retrieve.ids import hash_of
from lawvault.retrieve.ranking import Scores, top_rows
from lawvault.schema import Hit

log = logging.getLogger(__name__)

FOLDER, ABOUT = "keywords", "about.json"
FORMAT = 1
"""Of the files in `keywords/`."""

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


def load_words() -> None:
    """Read jieba's dictionary, which takes a second, so that the first query need not wait."""
    _cutter().initialize()


class LexicalIndex:
    """BM25 over a fixed list of texts, in memory or mapped."""

    def __init__(self, texts: Sequence[str], *, quiet: bool = False) -> None:
        vocabulary: dict[str, int] = {}
        rows = [
            [vocabulary.setdefault(word, len(vocabulary)) for word in words_of(text)]
            for text in tqdm(texts, desc="index for BM25", mininterval=5, disable=quiet)
        ]
        self._index = bm25s.BM25()
        self._index.index((rows, vocabulary), show_progress=False)
        self.size = len(texts)

    @classmethod
    def open(cls, folder: Path) -> "LexicalIndex":
        """Map an index that `save` wrote.

        Raises:
            IntegrityError: a file is missing or not what it was.
        """
        found = cls.__new__(cls)
        try:
            found._index = bm25s.BM25.load(folder, mmap=True)
            found.size = int(found._index.scores["num_docs"])
        except (OSError, EOFError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise IntegrityError(
                f"{folder}: cannot be read ({error}); run `python -m jobs.index` with force=true"
            ) from error
        return found

    def save(self, folder: Path) -> None:
        """Write the index into `folder`, without pickle."""
        self._index.save(folder, show_progress=False)

    def scores(self, query: str) -> Scores:
        """Return the BM25 score of every text [n]; 0 where no word is shared."""
        known = [word for word in words_of(query) if word in self._index.vocab_dict]
        if not known:
            return np.zeros(self.size, np.float32)
        return np.asarray(self._index.get_scores(known), np.float32)


def write_keywords(articles: pa.Table, folder: Path) -> None:
    """Write the index of words over `articles` into the new `folder`.

    Raises:
        UpstreamError: the disk is full or fails.
    """
    ordered = articles.sort_by("article_id")
    about = {
        "format": FORMAT,
        "articles": ordered.num_rows,
        "article_ids_sha256": hash_of(ordered["article_id"].to_pylist()),
        "cutter": _cutter_version(),
        "bm25s": version("bm25s"),
    }
    try:
        folder.mkdir(parents=True)
        LexicalIndex(article_texts(ordered, " "), quiet=True).save(folder)
        write_json(about, folder / ABOUT)
    except OSError as error:
        raise UpstreamError(f"{folder}: cannot be written ({error.strerror or error})") from error


class KeywordIndex:
    """BM25 over the articles of a pack, by their ids; may be asked by many threads at once."""

    def __init__(self, article_ids: Sequence[str], index: LexicalIndex) -> None:
        """Take an index over articles sorted by id, so that equal scores are, too."""
        self._ids, self._index = article_ids, index

    @classmethod
    def open(cls, folder: Path, article_ids: Sequence[str]) -> "KeywordIndex":
        """Map the index that `write_keywords` wrote over the articles of these ids, sorted.

        Raises:
            IntegrityError: there is no index, it is damaged, of another format, or over other
                articles.
        """
        if not folder.is_dir():
            raise IntegrityError(
                f"{folder}: no index of words; run `python -m jobs.index` with force=true"
            )
        about = _read_about(folder / ABOUT)
        if about.get("article_ids_sha256") != hash_of(article_ids):
            raise IntegrityError(
                f"{folder}: is over other articles than the vectors beside it; "
                "run `python -m jobs.index` with force=true"
            )
        if about.get("cutter") != _cutter_version():
            log.warning(
                "%s: its words were cut by %s, questions are cut by %s: some may not be found",
                folder,
                about.get("cutter"),
                _cutter_version(),
            )
        return cls(article_ids, LexicalIndex.open(folder))

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


def _read_about(path: Path) -> dict[str, object]:
    try:
        about = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise IntegrityError(
            f"{path}: cannot be read ({error}); run `python -m jobs.index` with force=true"
        ) from error
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise IntegrityError(
            f"{path}: not of format {FORMAT}; run `python -m jobs.index` with force=true"
        )
    return about


def _cutter_version() -> str:
    return f"jieba {version('jieba')}"


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
