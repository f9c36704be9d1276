"""Everything LawVault raises on purpose, and the exit code each error ends a job with.

LawVaultError
├── ConfigError        a knob has an impossible value; raised before any work starts
├── SourceError        a law source, journal or question file cannot be read; carries path and line
├── ContractError      a table breaks its schema; says which table, column, key
├── MissingInputError  an earlier stage has not run with this config; says which command to run
├── UpstreamError      a model server, package index or the file system failed
├── BudgetError        money, tokens or minutes are used up; everything paid is kept
├── IntegrityError     a file is not what its manifest says, or model and index don't fit
├── CitationError      a cited article does not exist, or says something else
└── ApiError           an HTTP answer that is an error (serve/contract.py)
"""

from typing import ClassVar


class LawVaultError(Exception):
    """Root of all errors that carry a message for a person."""

    exit_code: ClassVar[int] = 1


class ConfigError(LawVaultError):
    """A knob is misspelt, of the wrong type, or out of range."""

    exit_code = 2


class SourceError(LawVaultError):
    """Input from outside is missing, empty or broken."""

    exit_code = 3


class ContractError(LawVaultError):
    """A table does not keep its contract."""

    exit_code = 3


class MissingInputError(LawVaultError):
    """The artifact of an earlier stage is not there yet."""

    exit_code = 3


class UpstreamError(LawVaultError):
    """Something outside LawVault (server, registry, disk) failed after its retries."""

    exit_code = 4


class BudgetError(LawVaultError):
    """A limit on money, tokens or time is reached."""

    exit_code = 5


class IntegrityError(LawVaultError):
    """Bytes changed after they were sealed, or model and index don't belong together."""

    exit_code = 6


class CitationError(LawVaultError):
    """A citation names an article that does not exist or does not say so."""

    exit_code = 6


INTERRUPTED = 130
"""Exit code of a job ended by Ctrl-C, as shells report SIGINT (128 + 2)."""
