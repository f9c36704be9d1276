"""A library over one content.db in this process: words and references, no model and no service.

Searches by BM25 only; runs without a cluster, tests and the command line ask it.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from lawvault.agent.links import found_of, links
from lawvault.agent.nouns import Asked, Found, Link, SearchUnavailable
from lawvault.errors import IntegrityError
from lawvault.law.names import comparable, short_name
from lawvault.models.encoder import document_text
from lawvault.retrieve.content import Content
from lawvault.retrieve.editions import Editions
from lawvault.retrieve.exact import Exact
from lawvault.retrieve.filters import Mask
from lawvault.retrieve.laws import ContentLookup
from lawvault.retrieve.lexical import KeywordIndex, LexicalIndex

MAX_CITED, MAX_LINKS = 20, 20
"""Articles of one citation, and references of one article in each direction."""

NATIONAL = ("全国", "")
"""Regions whose law counts everywhere."""

T = TypeVar("T")


class LocalLibrary:
    """The law of one content.db; safe for many runs at once.  A `Library`."""

    def __init__(self, content: Content) -> None:
        """Read all articles that search may find and index their words.

        Raises:
            IntegrityError: the file is damaged.
        """
        self._content = content
        self._lookup = ContentLookup(content)
        self._exact, self._editions = Exact(content, self._lookup), Editions(content)
        law_ids = [str(law["law_id"]) for law in content.laws()]
        rows = [row for law_id in law_ids for row in content.articles(law_id) if row["in_corpus"]]
        self._rows = {str(row["article_id"]): row for row in rows}
        self._ids = sorted(self._rows)
        self._law_ids = np.array([str(self._rows[one]["law_id"]) for one in self._ids])
        self._laws = np.array([comparable(str(self._rows[one]["law_name"])) for one in self._ids])
        self._regions = np.array([str(self._rows[one]["region"]) for one in self._ids])
        texts = [self._text(article_id) for article_id in self._ids]
        self._keywords = KeywordIndex(self._ids, LexicalIndex(texts, quiet=True))

    async def search(
        self, query: str, asked: Asked, *, k: int, laws: Sequence[str] = (), words: bool = False
    ) -> list[Found]:
        """Return articles that share words with `query`, best first; `words` changes nothing."""
        return await _apart(lambda: self._search(query, asked, k, laws))

    async def cited(self, citation: str, asked: Asked) -> list[Found]:
        """Return the articles that a citation names, up to `MAX_CITED`."""
        return await _apart(lambda: self._cited(citation, asked))

    async def links(self, article_ids: Sequence[str], asked: Asked) -> list[Link]:
        """Return the links of some articles to law in force on the day that is asked about."""
        return await _apart(lambda: self._links(article_ids, asked))

    async def closeness(self, query: str, article_ids: Sequence[str]) -> list[float]:
        """Return an empty list: a content.db has no token vectors."""
        return []

    def _search(self, query: str, asked: Asked, k: int, laws: Sequence[str]) -> list[Found]:
        hits = self._keywords.search(query, k, self._mask(asked, laws))
        return [found_of(self._rows[hit.article_id], hit.score) for hit in hits]

    def _cited(self, citation: str, asked: Asked) -> list[Found]:
        named = self._exact.find(citation, asked.as_of).found[:MAX_CITED]
        return [found_of(row) for row in self._content.rows([one.article_id for one in named])]

    def _links(self, article_ids: Sequence[str], asked: Asked) -> list[Link]:
        versions = frozenset(self._editions.on(asked.as_of).law_ids)
        return links(self._content, article_ids, limit=MAX_LINKS, versions=versions)

    def _mask(self, asked: Asked, laws: Sequence[str]) -> Mask:
        mask: Mask = np.isin(self._law_ids, self._editions.on(asked.as_of).law_ids)
        if laws:
            mask &= np.isin(self._laws, [comparable(law) for law in laws])
        if asked.regions:
            mask &= np.isin(self._regions, [*NATIONAL, *asked.regions])
        return mask

    def _text(self, article_id: str) -> str:
        row = self._rows[article_id]
        title = f"{short_name(str(row['law_name']))}{row['article_number']}"
        return document_text(title, str(row["content"]), " ")


async def _apart(work: Callable[[], T]) -> T:
    """Return what `work` does in a thread, so that other runs go on meanwhile."""
    try:
        return await asyncio.to_thread(work)
    except IntegrityError as error:
        raise SearchUnavailable(str(error)) from error
