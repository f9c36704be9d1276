"""The index of words of a data pack, mapped; what cuts the questions is read beside the service."""

import threading
from collections.abc import Sequence
from pathlib import Path

from lawvault.retrieve.lexical import FOLDER, KeywordIndex, load_words


def open_keywords(pack: Path, article_ids: Sequence[str]) -> KeywordIndex:
    """Return the index over all articles of `pack`, whose ids are given sorted.

    It answers at once; a question in the first second waits until jieba has its dictionary.

    Raises:
        IntegrityError: the pack has no index of words, or one that does not belong to it.
    """
    index = KeywordIndex.open(pack / FOLDER, article_ids)
    threading.Thread(target=load_words, name="words", daemon=True).start()
    return index
