"""The full text behind a hit: content.db of a data pack, read only.

The file never changes once it is sealed, so SQLite opens it as immutable: no locks, no journal.
Every question opens it anew, which costs microseconds and makes it safe in any thread.
"""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from lawvault.errors import IntegrityError

FILE = "content.db"
Row = dict[str, object]


class Content:
    """An open content.db: rows of its table `articles`."""

    def __init__(self, folder: Path) -> None:
        self._path = (folder / FILE).resolve()
        if not self._path.is_file():
            raise IntegrityError(f"{self._path}: no such file; run `python -m jobs.index`")
        with self._open() as database:
            self.size = int(database.execute("SELECT count(*) FROM articles").fetchone()[0])

    def rows(self, article_ids: Sequence[str]) -> list[Row]:
        """Return one row per id, in the order of the ids.

        Raises:
            IntegrityError: there is no article of that id.
        """
        marks = ", ".join("?" * len(article_ids))
        query = f"SELECT * FROM articles WHERE article_id IN ({marks})"  # marks only, no values
        with self._open() as database:
            found = {row["article_id"]: dict(row) for row in database.execute(query, article_ids)}
        missing = [article_id for article_id in article_ids if article_id not in found]
        if missing:
            raise IntegrityError(f"{self._path}: no article {missing[0]}")
        return [found[article_id] for article_id in article_ids]

    def laws(self) -> list[Row]:
        """Return every version of a law with its number of articles, by name and date."""
        with self._open() as database:
            return [
                dict(row)
                for row in database.execute(
                    "SELECT law_id, law_name, category, region, status, version_date, "
                    "count(*) AS articles FROM articles GROUP BY law_id "
                    "ORDER BY law_name, version_date"
                )
            ]

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        database = sqlite3.connect(f"{self._path.as_uri()}?mode=ro&immutable=1", uri=True)
        database.row_factory = sqlite3.Row
        try:
            yield database
        except sqlite3.DatabaseError as error:
            raise IntegrityError(f"{self._path}: {error}") from error
        finally:
            database.close()
