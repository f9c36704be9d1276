"""What a database says when it cannot, in words that help.

Only the database's own short message is passed on, never the statement with what people wrote.
"""

import contextlib
import sqlite3
from collections.abc import Iterator

from sqlalchemy.exc import DatabaseError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from lawvault.errors import IntegrityError, LawVaultError, UpstreamError

BUSY = "is in use by others and did not get free in time; try again"
REASONS = {  # primary result codes, https://sqlite.org/rescode.html
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
    sqlite3.SQLITE_READONLY: "may only be read: give its file and folder to this user",
    sqlite3.SQLITE_PERM: "may not be opened by this user",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened: look at its folder and who may write there",
    sqlite3.SQLITE_FULL: "has no room left: its disk is full; nothing was half kept",
    sqlite3.SQLITE_IOERR: "cannot be read or written: look at its disk, and keep it on a local "
    "one (SQLite does not work over most network file systems; PostgreSQL by store.url does)",
    sqlite3.SQLITE_PROTOCOL: "cannot be locked: keep it on a local disk",
}
DAMAGE = {
    sqlite3.SQLITE_CORRUPT: "is damaged; restore a copy, nothing was changed",
    sqlite3.SQLITE_NOTADB: "is no SQLite database; nothing was changed",
}


@contextlib.contextmanager
def spoken(name: str) -> Iterator[None]:
    """Turn what fails inside for reasons outside our code into an error for a person.

    Raises:
        UpstreamError: the store `name` cannot be used now.
        IntegrityError: it is damaged.
    """
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise translated(_origin(error), name) from error
    except DatabaseError as error:
        if _code(_origin(error)) not in DAMAGE:
            raise
        raise translated(_origin(error), name) from error


def translated(error: BaseException, name: str) -> LawVaultError:
    """Return the error that says what a driver's `error` means for the store `name`."""
    code = _code(error)
    if code in DAMAGE:
        return IntegrityError(f"the store {name} {DAMAGE[code]}")
    if isinstance(error, PoolTimeout):
        return UpstreamError(f"the store {name} {BUSY}")
    said = str(error).strip().partition("\n")[0]
    reason = REASONS.get(code, "cannot be used")
    return UpstreamError(f"the store {name} {reason} ({said})")


def _origin(error: SQLAlchemyError) -> BaseException:
    return getattr(error, "orig", None) or error


def _code(error: BaseException) -> int:
    """Return SQLite's primary result code, -1 where there is none."""
    return int(getattr(error, "sqlite_errorcode", -1)) & 0xFF
