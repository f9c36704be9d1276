"""The full text behind a hit, and what lies around it: content.db of a data pack, read only.

The file never changes once it is sealed, so SQLite opens it as immutable: no locks, no journal.
Connections are kept for the next question, whatever thread asks it: opening the file and reading
its schema takes longer than most answers.  A file that has gone is never answered from a kept one.
"""

import contextlib
import datetime
import sqlite3
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path

from lawvault.errors import IntegrityError
from lawvault.law.names import comparable

FILE = "content.db"
FORMAT = 2
"""Of the tables in content.db, kept in its `user_version`."""

Row = dict[str, object]


class Content:
    """An open content.db.  `size` counts the articles that search may find; `as_of` is the day for
    which the statuses are true; `folder` is the data pack that it lies in."""

    def __init__(self, folder: Path) -> None:
        self._path = (folder / FILE).resolve()
        self.folder = self._path.parent
        self._idle: list[sqlite3.Connection] = []
        weakref.finalize(self, _close, self._idle)
        if not self._path.is_file():
            raise IntegrityError(f"{self._path}: no such file; run `python -m jobs.index`")
        with self._open() as database:
            found = database.execute("PRAGMA user_version").fetchone()[0]
            if found != FORMAT:
                raise IntegrityError(
                    f"{self._path}: format {found}, this code reads {FORMAT}; "
                    "run `python -m jobs.pipeline`"
                )
            query = "SELECT count(*) FROM articles WHERE in_corpus = 1"
            self.size = int(database.execute(query).fetchone()[0])
            as_of = database.execute("SELECT as_of FROM about").fetchone()[0]
        self.as_of = datetime.date.fromisoformat(as_of)

    def rows(self, article_ids: Sequence[str]) -> list[Row]:
        """Return one row per id, in the order of the ids.

        Raises:
            IntegrityError: there is no article of that id.
        """
        found = self.found(article_ids)
        missing = [article_id for article_id in article_ids if article_id not in found]
        if missing:
            raise IntegrityError(f"{self._path}: no article {missing[0]}")
        return [found[article_id] for article_id in article_ids]

    def found(self, article_ids: Sequence[str]) -> dict[str, Row]:
        """Return the rows of those ids that there are."""
        marks = ", ".join("?" * len(article_ids))
        query = f"SELECT * FROM articles WHERE article_id IN ({marks})"  # marks only, no values
        return {str(row["article_id"]): row for row in self._rows(query, *article_ids)}

    def laws(self) -> list[Row]:
        """Return every version of a law with its number of articles, by name and date."""
        return self._rows(
            "SELECT law_id, law_name, category, region, status, version_date, "
            "num_in_corpus AS articles FROM laws WHERE num_in_corpus > 0 "
            "ORDER BY law_name, version_date"
        )

    def versions(self, law_name: str) -> list[Row]:
        """Return all versions of a law that any source had, oldest first; [] if there is none.

        `has_text` says whether `article` can answer for a version, `num_in_corpus` whether search
        can.  The name may be the full or the short one.
        """
        return self._rows(
            "SELECT * FROM laws WHERE name_key = ? ORDER BY version_date, law_id",
            comparable(law_name),
        )

    def law(self, law_id: str) -> Row | None:
        """Return one version, None if no source had it."""
        rows = self._rows("SELECT * FROM laws WHERE law_id = ?", law_id)
        return rows[0] if rows else None

    def all_laws(self) -> list[Row]:
        """Return all versions of all laws that any source had, by name, oldest first."""
        return self._rows("SELECT * FROM laws ORDER BY name_key, version_date, law_id")

    def law_names(self) -> list[str]:
        """Return the names of all laws that any source had."""
        rows = self._rows("SELECT DISTINCT law_name FROM laws ORDER BY law_name")
        return [str(row["law_name"]) for row in rows]

    def article(self, law_id: str, label: str) -> Row | None:
        """Return the article 第十七条之一 or 条目四 of one version, None if it has none.

        Where numbering begins anew in an annex, it is the article of the law itself.
        """
        rows = self._rows(
            "SELECT * FROM articles WHERE law_id = ? AND article_number = ? "
            "ORDER BY length(article_id), article_id LIMIT 1",
            *(law_id, label),
        )
        return rows[0] if rows else None

    def articles(self, law_id: str) -> list[Row]:
        """Return all articles of one version in their order."""
        return self._rows("SELECT * FROM articles WHERE law_id = ? ORDER BY rowid", law_id)

    def labels(self, law_id: str) -> list[Row]:
        """Return ids, numbers and headings of a version's articles in their order."""
        return self._rows(
            "SELECT article_id, article_number, part, chapter, section FROM articles "
            "WHERE law_id = ? ORDER BY rowid",
            law_id,
        )

    def article_numbers(self, law_id: str) -> list[tuple[int, int]]:
        """Return (number, sub_number) of a version's articles in order; (0, 0) is what is no 条."""
        rows = self._rows(
            "SELECT coalesce(number, 0) AS number, coalesce(sub_number, 0) AS sub FROM articles "
            "WHERE law_id = ? ORDER BY rowid",
            law_id,
        )
        return [(int(str(row["number"])), int(str(row["sub"]))) for row in rows]

    def articles_with(self, words: str, law_id: str, *, limit: int) -> list[Row]:
        """Return articles that hold some words as they stand, those of one version first."""
        return self._rows(
            "SELECT * FROM articles WHERE instr(content, ?) AND (in_corpus OR law_id = ?) "
            "ORDER BY law_id != ?, article_id LIMIT ?",
            *(words, law_id, law_id, limit),
        )

    def references_from(self, article_id: str) -> list[Row]:
        """Return what an article refers to, in the order of its words."""
        return self._rows(
            "SELECT * FROM refs WHERE source_article_id = ? ORDER BY start, rowid", article_id
        )

    def referring(self, article_id: str, *, limit: int) -> list[Row]:
        """Return places that refer to an article with the articles they are in, law in force first.

        Together they are `count_referring`.
        """
        return self._rows(
            "SELECT refs.*, law_id, law_name, status, article_number FROM refs "
            "JOIN articles ON article_id = source_article_id WHERE target_article_id = ? "
            "ORDER BY status != '现行有效', source_article_id, start, refs.rowid LIMIT ?",
            *(article_id, limit),
        )

    def count_referring(self, article_id: str) -> int:
        """Return how many places refer to an article."""
        query = (
            "SELECT count(*) AS total FROM refs JOIN articles ON article_id = source_article_id "
            "WHERE target_article_id = ?"
        )
        return int(str(self._rows(query, article_id)[0]["total"]))

    def _rows(self, query: str, *values: object) -> list[Row]:
        with self._open() as database:
            return [dict(row) for row in database.execute(query, values)]

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection that nobody else has; one that failed is not kept."""
        with contextlib.ExitStack() as closing:
            try:
                self._path.stat()
                database = self._kept() or self._connected()
                closing.callback(database.close)
                yield database
            except OSError as error:
                raise IntegrityError(f"{self._path}: {error.strerror}") from error
            except sqlite3.DatabaseError as error:
                raise IntegrityError(f"{self._path}: {error}") from error
            closing.pop_all()
            self._idle.append(database)

    def _kept(self) -> sqlite3.Connection | None:
        with contextlib.suppress(IndexError):
            return self._idle.pop()
        return None

    def _connected(self) -> sqlite3.Connection:
        uri = f"{self._path.as_uri()}?mode=ro&immutable=1"
        database = sqlite3.connect(uri, uri=True, check_same_thread=False)
        database.row_factory = sqlite3.Row
        return database


def _close(databases: list[sqlite3.Connection]) -> None:
    while databases:
        databases.pop().close()
