"""The texts that are embedded: one form of an article everywhere, so that vectors are shared."""

from collections.abc import Sequence

import pyarrow as pa

from lawvault.law.names import short_name
from lawvault.models.encoder import document_text


def article_texts(articles: pa.Table, separator: str) -> list[str]:
    """Return the document text of every article: 劳动法第三条, separator, content."""
    columns = (articles[name].to_pylist() for name in ("law_name", "article_number", "content"))
    return [
        document_text(short_name(law) + number, content, separator)
        for law, number, content in zip(*columns, strict=True)
    ]


def twins_of(articles: pa.Table) -> dict[str, list[int]]:
    """Return the rows of every text that more than one article has, by its SHA-256."""
    rows: dict[str, list[int]] = {}
    for row, sha256 in enumerate(articles["sha256"].to_pylist()):
        rows.setdefault(sha256, []).append(row)
    return {sha256: same for sha256, same in rows.items() if len(same) > 1}


def rows_of(ids: Sequence[str]) -> dict[str, int]:
    """Return the row of every id.

    >>> rows_of(["a", "b"])
    {'a': 0, 'b': 1}
    """
    return {key: row for row, key in enumerate(ids)}
