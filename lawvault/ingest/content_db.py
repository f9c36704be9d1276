"""content.db: the SQLite file of full texts that the LawVault desktop app reads, too.

`chunks` and `full_texts` are the app's own tables (it drops a row with a NULL anywhere but in
part and chapter).  Beside them, under our names, what the app does not know: `articles` in all
versions that were read, `in_corpus` where search may find them; `laws`, every version of every
law that any source has, so that what is repealed or left out is told from what does not exist;
`refs`, the references between articles, found from either end.
"""

import contextlib
import datetime
import itertools
import re
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from lawvault.errors import UpstreamError
from lawvault.ingest.build import Row, law_row
from lawvault.ingest.screen import heading
from lawvault.law.numerals import NUMERAL
from lawvault.retrieve.content import FORMAT
from lawvault.schema import ARTICLES, LAWS, table_of

APP_CATEGORY = {
    "宪法": "法律",
    "修正案": "法律",
    "立法解释": "法律",
    "修改决定": "法律",
    "监察法规": "行政法规",
    "部门规章": "行政法规",
    "地方性法规": "地方法规",
    "地方政府规章": "地方法规",
}
"""Our exact category -> the app's word, where they differ (its filters know four words)."""

_SUBPART = re.compile(rf" (?=第{NUMERAL}分编)")
_LONGEST_HEADING = 200
_BATCH = 10_000
_TABLES = f"""
PRAGMA user_version = {FORMAT};
CREATE TABLE chunks (
    id TEXT PRIMARY KEY, content TEXT NOT NULL, law_name TEXT NOT NULL, category TEXT NOT NULL,
    region TEXT NOT NULL, publish_date TEXT NOT NULL, part TEXT, chapter TEXT,
    article_number TEXT NOT NULL
);
CREATE TABLE full_texts (
    law_name TEXT NOT NULL, region TEXT NOT NULL, category TEXT NOT NULL, full_text TEXT NOT NULL
);
CREATE TABLE articles (
    article_id TEXT PRIMARY KEY, law_id TEXT NOT NULL, law_name TEXT NOT NULL,
    law_alias TEXT NOT NULL, category TEXT NOT NULL, issuer TEXT NOT NULL, region TEXT NOT NULL,
    status TEXT NOT NULL, publish_date TEXT, effective_date TEXT, version_date TEXT, part TEXT,
    chapter TEXT, section TEXT, article_number TEXT NOT NULL, number INTEGER, sub_number INTEGER,
    content TEXT NOT NULL, source TEXT NOT NULL, sha256 TEXT NOT NULL, in_corpus INTEGER NOT NULL
);
CREATE TABLE laws (
    law_id TEXT PRIMARY KEY, law_name TEXT NOT NULL, short_name TEXT NOT NULL,
    name_key TEXT NOT NULL, aliases TEXT NOT NULL, category TEXT NOT NULL, issuer TEXT NOT NULL,
    region TEXT NOT NULL, status TEXT NOT NULL, publish_date TEXT, effective_date TEXT,
    version_date TEXT, repeal_date TEXT, num_articles INTEGER NOT NULL,
    num_in_corpus INTEGER NOT NULL, has_text INTEGER NOT NULL
);
CREATE TABLE about (as_of TEXT NOT NULL);
CREATE TABLE refs (
    source_article_id TEXT NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL,
    text TEXT NOT NULL, target_law_id TEXT, target_article_id TEXT, target_number INTEGER,
    target_sub INTEGER, paragraph INTEGER, item INTEGER, target_start INTEGER, target_end INTEGER,
    kind TEXT NOT NULL, reason TEXT NOT NULL
);
"""
_INDEXES = (
    "CREATE INDEX chunks_law ON chunks (law_name, article_number)",
    "CREATE INDEX full_texts_law ON full_texts (law_name)",
    "CREATE INDEX articles_law ON articles (law_id, article_number, in_corpus)",
    "CREATE INDEX laws_name ON laws (name_key, version_date)",
    "CREATE INDEX refs_source ON refs (source_article_id, start)",
    "CREATE INDEX refs_target ON refs (target_article_id)",
    "CREATE INDEX refs_target_law ON refs (target_law_id, target_number, target_sub)",
)


class ReferenceRow(NamedTuple):
    """One row of `refs`: characters `start` to `end` of an article's content name a provision.

    A mention of several articles (第三条至第五条) has one row for each.  `target_start` and
    `target_end` are the characters of the target's content that it means.  Where a mention does
    not resolve, the target is None and `reason` says why; where it does, `reason` is empty.
    """

    source_article_id: str
    start: int
    end: int
    text: str
    target_law_id: str | None
    target_article_id: str | None
    target_number: int | None
    target_sub: int | None
    paragraph: int | None
    item: int | None
    target_start: int | None
    target_end: int | None
    kind: str
    reason: str


def write_content_db(
    articles: pa.Table,
    path: Path,
    *,
    as_of: datetime.date,
    others: pa.Table | None = None,
    laws: pa.Table | None = None,
    references: Iterable[ReferenceRow] = (),
) -> None:
    """Write content.db at `path` in one transaction; equal tables give equal bytes.

    Args:
        articles: the corpus.
        as_of: the day for which the statuses are true.
        others: what was read beside it (other versions, repealed law), in the same columns.
        laws: every version of every law; without it those of `articles`.

    Raises:
        UpstreamError: the disk is full or fails.
    """
    laws = laws if laws is not None else _laws_of(articles)
    try:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode = OFF")  # the caller renames the finished file
            database.executescript("BEGIN;" + _TABLES)
            database.execute("INSERT INTO about VALUES (?)", (as_of.isoformat(),))
            _write_articles(articles, database)
            if others is not None:
                beside = (_own(row, ARTICLES.columns, 0) for row in rows_in(others))
                _insert("articles", beside, database)
            _insert("laws", (_own(row, LAWS.columns) for row in rows_in(laws)), database)
            _insert("refs", references, database)
            for statement in (*_INDEXES, "COMMIT"):  # a script would commit before it begins
                database.execute(statement)
    except sqlite3.OperationalError as error:
        raise UpstreamError(f"{path}: cannot be written ({error})") from error


def _write_articles(articles: pa.Table, database: sqlite3.Connection) -> None:
    _insert("chunks", (_chunk(row) for row in rows_in(articles)), database)
    _insert("full_texts", _full_texts(rows_in(articles)), database)
    _insert("articles", (_own(row, ARTICLES.columns, 1) for row in rows_in(articles)), database)


def _insert(table: str, rows: Iterable[tuple[object, ...]], database: sqlite3.Connection) -> None:
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return
    marks = ", ".join("?" * len(first))
    database.executemany(f"INSERT INTO {table} VALUES ({marks})", itertools.chain([first], rows))


def rows_in(table: pa.Table) -> Iterator[Row]:
    """Yield the rows of a table a batch at a time, so that never all of them are objects."""
    for batch in table.to_batches(max_chunksize=_BATCH):
        yield from batch.to_pylist()


def _laws_of(articles: pa.Table) -> pa.Table:
    """Return the table of laws as far as articles tell."""
    first: dict[object, Row] = {}
    counts: dict[object, int] = {}
    for row in rows_in(articles):
        first.setdefault(row["law_id"], row)
        counts[row["law_id"]] = counts.get(row["law_id"], 0) + 1
    rows = [
        law_row(first[law], num_articles=count, num_in_corpus=count, has_text=True)
        for law, count in counts.items()
    ]
    return table_of(rows, LAWS)


def _chunk(row: Row) -> tuple[object, ...]:
    return (
        row["article_id"],
        row["content"],
        row["law_name"],
        _app_category(row),
        row["region"] or "",
        _app_date(row),
        row["part"],
        row["chapter"],
        row["article_number"],
    )


def _app_category(row: Row) -> str:
    category = str(row["category"])
    return APP_CATEGORY.get(category, category)


def _app_date(row: Row) -> str:
    return str(row["publish_date"] or "").replace("-", "")


def _full_texts(rows: Iterable[Row]) -> list[tuple[object, ...]]:
    """Join the articles of each version to its text, headings on lines of their own."""
    texts: dict[object, list[str]] = {}
    heads: dict[object, tuple[object, ...]] = {}
    last: dict[object, list[str]] = {}
    for row in rows:
        law, now = row["law_id"], _headings(row)
        lines = texts.setdefault(law, [str(row["law_name"])])
        heads[law] = (row["law_name"], row["region"] or "", _app_category(row))
        lines += _new_headings(last.get(law, []), now, str(row["content"]))
        lines.append(_as_printed(row))
        last[law] = now
    return [(*heads[law], "\n".join(lines)) for law, lines in texts.items()]


def _headings(row: Row) -> list[str]:
    """Return 编, 分编, 章 and 节 of an article, "" where it has none."""
    part, subpart = (*_SUBPART.split(str(row["part"] or ""), maxsplit=1), "")[:2]
    return [part, subpart, str(row["chapter"] or ""), str(row["section"] or "")]


def _new_headings(before: list[str], now: list[str], content: str) -> list[str]:
    """Return the headings that change before an article, unless it begins with them itself."""
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(before, now, strict=False))
    level = len(list(same))
    beginning = "".join(content[:_LONGEST_HEADING].split())
    return [
        line
        for line in (heading(text) for text in now[level:])
        if line and not beginning.startswith("".join(line.split()))
    ]


def _as_printed(row: Row) -> str:
    """Return an article with its number; the labels of texts without numbers are the readers'."""
    if row["number"] is None:
        return str(row["content"])
    return f"{row['article_number']}\u3000{row['content']}"


def _own(row: Row, columns: pa.Schema, *more: object) -> tuple[object, ...]:
    return (*(_plain(row[name]) for name in columns.names), *more)


def _plain(value: object) -> object:
    if isinstance(value, list):
        return "\n".join(value)
    return value.isoformat() if hasattr(value, "isoformat") else value
