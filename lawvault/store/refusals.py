"""Why the user store refuses what it is asked, a class for each answer that a person may get.

LawVaultError
├── UnknownItemError    there is no such thing, or it is another owner's; nobody is told which
├── WrongItemError      what was given cannot be kept; begins with the field it is about
├── LimitError          it is too large, or too many; says the limit
└── StoreConflictError  it contradicts what is kept
    ├── NameTakenError  something beside it has that name
    ├── StaleError      it builds on a state that is no longer the newest one
    └── BusyError       a draft that is being written takes nothing else
"""

from lawvault.errors import LawVaultError


class UnknownItemError(LawVaultError):
    """There is no such thing, or it is another owner's; nobody is told which."""


class WrongItemError(LawVaultError, ValueError):
    """What was given cannot be kept: a wrong type, shape, reference or character."""


class LimitError(LawVaultError):
    """What was given is larger, or would make more, than an owner may keep."""


class StoreConflictError(LawVaultError):
    """What is asked contradicts what is kept; nothing was changed."""


class NameTakenError(StoreConflictError):
    """Something beside it has this name already."""


class StaleError(StoreConflictError):
    """What was sent builds on a version that is not the newest: read that one and try again."""


class BusyError(StoreConflictError):
    """The draft is being written, or is not, and the other was needed."""
