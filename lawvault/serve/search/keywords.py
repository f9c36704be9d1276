"""The index of words over a data pack: made at start, beside the service where it takes long."""

import logging
import threading
from collections.abc import Sequence
from typing import Literal

from lawvault.errors import LawVaultError
from lawvault.law.names import short_name
from lawvault.models.encoder import document_text
from lawvault.retrieve.content import Content
from lawvault.retrieve.filters import Mask
from lawvault.retrieve.lexical import KeywordIndex
from lawvault.schema import Hit
from lawvault.serve.contract import ApiError

log = logging.getLogger(__name__)

MAX_AT_ONCE = 20_000
"""Articles that are indexed before the service starts; it takes some 0.35 ms for each."""
_BATCH = 1000


class Keywords:
    """Search by words; where it is not ready yet, or failed, it says so."""

    def __init__(
        self, content: Content, article_ids: Sequence[str], *, at_once: int = MAX_AT_ONCE
    ) -> None:
        """Take the ids of all articles, sorted."""
        self._content, self._ids = content, article_ids
        self._index: KeywordIndex | None = None
        self._has_failed = False
        self._work = threading.Thread(target=self._build, name="keywords", daemon=True)
        self._work.start()
        if len(article_ids) <= at_once:
            self.wait()

    def wait(self) -> None:
        """Return when the index is ready, or failed."""
        self._work.join()

    def lack(self) -> Literal["keyword_not_ready", "keyword_unavailable"] | None:
        """Say why words cannot be searched for, None if they can."""
        if self._index:
            return None
        return "keyword_unavailable" if self._has_failed else "keyword_not_ready"

    def search(self, query: str, k: int, mask: Mask | None) -> list[Hit]:
        """Return up to `k` articles by BM25; see `KeywordIndex.search`.

        Raises:
            ApiError: the index is not there (503).
        """
        if self._index:
            return self._index.search(query, k, mask)
        if self._has_failed:
            raise ApiError(503, "keyword_unavailable", "关键词索引建立失败，请改用 vector 模式")
        raise ApiError(503, "keyword_not_ready", "关键词索引正在建立，请稍后重试或改用 vector 模式")

    def _build(self) -> None:
        try:
            self._index = KeywordIndex(self._ids, self._texts())
        except LawVaultError as error:
            self._has_failed = True
            log.error("search: no index of words: %s", error)

    def _texts(self) -> list[str]:
        texts = []
        for begin in range(0, len(self._ids), _BATCH):
            for row in self._content.rows(self._ids[begin : begin + _BATCH]):
                title = f"{short_name(str(row['law_name']))}{row['article_number']}"
                texts.append(document_text(title, str(row["content"]), " "))
        return texts
