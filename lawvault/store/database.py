"""The database of the user store: one SQLite file, or PostgreSQL by URL.

Every access is one transaction, `reading()` or `writing()`.  SQLite is set so that what was
acknowledged survives a crash and a power cut (WAL, synchronous=FULL) and that deleted text is gone
from the file (secure_delete).  A writing transaction takes SQLite's one write lock when it begins:
taken later, it may fail at once instead of waiting its turn.  The writers of one process queue for
it, and processes ask for it again at short random moments: SQLite's own waiting sleeps longer the
longer it has waited, so that among many writers one may wait for ever.

Source: https://sqlite.org/wal.html, https://sqlite.org/pragma.html#pragma_synchronous
"""

import contextlib
import functools
import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry

from lawvault.config.tree import Config
from lawvault.errors import ConfigError, UpstreamError
from lawvault.store.failures import BUSY, spoken, translated
from lawvault.store.files import prepare, warn_of_network
from lawvault.store.migrations import MIGRATIONS, Migration, migrate

PATIENCE_S = 10.0
"""How long a transaction waits for its turn."""
MAX_CONNECTIONS = 16
MAX_NAP_S = 0.02
"""How long a process that waits for SQLite's write lock sleeps at most before it asks again."""
SETTINGS = """
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA secure_delete = ON;
PRAGMA trusted_schema = OFF;
"""
"""What each connection of SQLite is told."""


def url_of(config: Config) -> str:
    """Return where the user store of a config is."""
    if config.store.url:
        return config.store.url
    file = Path(config.home).resolve() / "store" / "lawvault.sqlite"
    return URL.create("sqlite", database=str(file)).render_as_string()


class Database:
    """An open user store; threads may share it, processes open their own."""

    def __init__(self, engine: Engine, patience_s: float) -> None:
        self.engine = engine
        self._writer = engine.execution_options(writes=True)
        self._reader = engine
        if engine.dialect.name == "postgresql":
            self._reader = engine.execution_options(isolation_level="REPEATABLE READ")
        self._patience_s = patience_s
        self._turn = threading.Lock() if engine.dialect.name == "sqlite" else None
        self._name = engine.url.render_as_string(hide_password=True)

    @classmethod
    def open(
        cls,
        url: str,
        *,
        patience_s: float = PATIENCE_S,
        migrations: tuple[Migration, ...] = MIGRATIONS,
    ) -> "Database":
        """Return the store at `url`, made if it is not there, brought up to date if it is older.

        Raises:
            ConfigError: the URL names no file and no PostgreSQL, or its driver is not installed.
            IntegrityError: it is damaged, not ours, or written by a newer LawVault.
            UpstreamError: it is locked, read-only or unreachable, or its disk is full.
        """
        parsed = _parsed(url)
        if parsed.database and parsed.get_backend_name() == "sqlite":
            prepare(Path(parsed.database))
        database = cls(_engine(parsed, patience_s), patience_s)
        with contextlib.ExitStack() as undo:
            undo.callback(database.close)
            for version, migration in enumerate(migrations, start=1):
                with database.writing() as connection:
                    migrate(connection, version, migration, newest=len(migrations))
            database._set_wal()
            undo.pop_all()
        return database

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection on which everything is seen as of one moment.

        Raises:
            UpstreamError: the store cannot be used now.
            IntegrityError: it is damaged.
        """
        with spoken(self._name), self._reader.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection whose changes are kept all together when the block ends, or none.

        Raises:
            UpstreamError: the store cannot be used now.
            IntegrityError: it is damaged.
        """
        with spoken(self._name), self._in_turn(), self._writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close every connection that is not in use."""
        self.engine.dispose()

    @contextlib.contextmanager
    def _in_turn(self) -> Iterator[None]:
        if self._turn is None:
            yield
            return
        if not self._turn.acquire(timeout=self._patience_s):
            raise UpstreamError(f"the store {self._name} {BUSY}")
        try:
            yield
        finally:
            self._turn.release()

    def _set_wal(self) -> None:
        """Set the mode that a SQLite file remembers; SQLite does not wait for others to set it."""
        if self._turn is None:
            return
        until = time.monotonic() + self._patience_s
        while True:
            with spoken(self._name), contextlib.closing(self.engine.raw_connection()) as driver:
                try:
                    mode = driver.cursor().execute("PRAGMA journal_mode=WAL").fetchone()
                    break
                except sqlite3.OperationalError as error:
                    if time.monotonic() > until or error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                        raise translated(error, self._name) from error
            time.sleep(0.01)
        if mode != ("wal",):
            raise UpstreamError(f"the store {self._name} cannot have a WAL where it lies")


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
        parsed.get_dialect()
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise ConfigError(f"store.url must be sqlite:///<file> or postgresql://…{_LIKE}") from None
    if backend not in {"sqlite", "postgresql"}:
        raise ConfigError(f"store.url must name SQLite or PostgreSQL, got {backend}{_LIKE}")
    if backend == "sqlite" and (parsed.database in {None, "", ":memory:"} or parsed.query):
        raise ConfigError(f"store.url must name a file and no options of SQLite{_LIKE}")
    return parsed


_LIKE = ", like sqlite:////srv/lawvault/store.sqlite or postgresql://lawvault@db/lawvault"


def _engine(url: URL, patience_s: float) -> Engine:
    is_file = url.get_backend_name() == "sqlite"
    wait_ms = round(patience_s * 1000)
    arguments = (
        {"timeout": patience_s}
        if is_file
        else {"connect_timeout": 10, "options": f"-c lock_timeout={wait_ms}"}
    )
    try:
        engine = create_engine(
            url,
            connect_args=arguments,
            hide_parameters=True,  # what people wrote stays out of messages
            pool_pre_ping=not is_file,
            pool_size=MAX_CONNECTIONS,
            max_overflow=0,
            pool_timeout=patience_s,
        )
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"store.url needs the Python package {error.name}: pip install 'lawvault[postgres]'"
        ) from error
    if is_file:
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", functools.partial(_begin, patience_s=patience_s))
        warn_of_network(Path(url.database or ""))
    return engine


def _set_up(driver: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    driver.isolation_level = None  # transactions begin in _begin
    driver.executescript(SETTINGS)


def _begin(connection: Connection, *, patience_s: float) -> None:
    if not connection.get_execution_options().get("writes", False):
        connection.exec_driver_sql("BEGIN")
        return
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    usual = f"PRAGMA busy_timeout = {round(patience_s * 1000)}"
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        _take_turn(driver, until=time.monotonic() + patience_s)
    except sqlite3.Error as error:
        raise translated(error, connection.engine.url.render_as_string()) from error
    finally:
        driver.execute(usual)


def _take_turn(driver: sqlite3.Connection, *, until: float) -> None:
    while True:
        try:
            driver.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not is_busy or time.monotonic() > until:
                raise
        else:
            return
        time.sleep(random.uniform(0.0, MAX_NAP_S))
