"""Why the user store refuses what it is asked, a class for each answer that a person may get.

StoreRefusal            says which reason of `REASONS` it has, and about what
├── UnknownItemError    there is no such thing, or it is another owner's; nobody is told which
├── WrongItemError      what was given cannot be kept; begins with the field it is about
├── LimitError          it is too large, or too many; says the limit
└── StoreConflictError  it contradicts what is kept
    ├── NameTakenError  something beside it has that name
    ├── StaleError      it builds on a state that is no longer the newest one
    └── BusyError       a draft that is being written takes nothing else

The words here are for logs; whoever serves people has words of their own for each reason.
"""

from collections.abc import Mapping
from typing import Any, Self

from lawvault.errors import LawVaultError

REASONS: Mapping[str, str] = {
    "unknown": "there is no {what} {id!a:.66}",
    "unknown_version": "there is no version {number} of template {id!a:.66}",
    "unknown_revision": "there is no revision {number} of draft {id!a:.66}",
    "not_text": "{what} must be text, got {got}",
    "no_database_keeps": (
        "{what} has a character that no database keeps at {at} (U+{code:04X}): take it out"
    ),
    "length": "{what} must have {least} to {most} characters, got {got}",
    "lines": "{what} must be one line, got U+{code:04X} at {at}",
    "not_object": "{what} must be an object, got {got}",
    "not_list": "{what} must be a list, got {got}",
    "not_json": "{what} is not JSON: {why}",
    "too_deep": "{what} is nested too deep",
    "not_id": "{what} must be {word}- and 32 hex digits, got {got!a:.66}",
    "not_one_of": "{what} must be one of {choices}, got {got!a:.64}",
    "not_number": "{what} must be a number from {low} to {high}, got {got!a:.64}",
    "not_moment": "{what} must be seconds since 1970, got {got!a:.64}",
    "bytes": "{what} has {got} bytes; at most {most} are kept: shorten or split it",
    "cursor": "cursor must be one that a page gave, got {got!a:.66}",
    "in_itself": "parent_id: a folder cannot lie in itself or below itself",
    "folders_deep": "at most {most} folders may lie in each other",
    "folder_name": "there is a folder {name!r} there already",
    "template_name": "there is a template {name!r} already",
    "needed": "{what} is needed for kind {kind}",
    "article_of_law": "{what} must be empty for kind law",
    "span_of_other": "{path}span_start and span_end are for passages only",
    "span": "{path}span_start must be before span_end, got {start} and {end}",
    "before_itself": "before: a material cannot stand before itself",
    "before_elsewhere": "before: that material lies in another folder",
    "at_once": "{got} were given; at most {most} at once: send them in parts",
    "room": (
        "{table}: {kept} are kept and {new} would be added; at most {most}: delete some first"
    ),
    "stale_draft": "the newest revision is {newest}, not {expected}",
    "stale_template": "the template is of version {newest}, not {expected}",
    "being_written": "revision {number} is being written: wait for it or stop it",
    "not_written": "revision {number} is not being written (any more)",
    "revisions": "a draft has at most {most} revisions: begin a new draft",
    "versions": "a template has at most {most} versions: make a new one",
    "mode": "mode must be merge or replace, got {got!a:.64}",
    "format": "format must be {format!r}: this is no export of a user store",
    "other_version": "version must be {version}, got {got!a:.64}: this LawVault reads no other",
    "entries": "{what} has {got} entries; at most {most} are kept",
    "missing": "{what} is missing",
    "unknown_field": "{path}{name!a:.64} is no field that LawVault knows",
    "twice": "{what} is there twice: {got!a:.200}",
    "no_folder": "{what} names no folder of this file",
    "folder_loop": "{what} lies in itself, or in more than {most} folders",
    "changed": "{what} is not that of the text: the file was changed",
    "none": "{what} must have one at least",
    "writing_before": "{what}: only the newest can be writing",
    "other_state": "{what} must be that of its newest revision",
    "count": "{what} must be {expected}, got {got}",
}
"""What each reason says in a log, with the names of what it is about."""


class StoreRefusal(LawVaultError):
    """The store refuses: `reason` is one of `REASONS`, `about` has what its words name."""

    def __init__(self, reason: str, **about: Any) -> None:  # noqa: ANN401 - whatever was given
        super().__init__(REASONS[reason].format(**about))
        self.reason, self.about = reason, about

    def __reduce__(self) -> tuple[Any, ...]:
        return self._again, (self.reason, self.about)

    @classmethod
    def _again(cls, reason: str, about: Mapping[str, Any]) -> Self:
        return cls(reason, **about)


class UnknownItemError(StoreRefusal):
    """There is no such thing, or it is another owner's; nobody is told which."""


class WrongItemError(StoreRefusal, ValueError):
    """What was given cannot be kept: a wrong type, shape, reference or character."""


class LimitError(StoreRefusal):
    """What was given is larger, or would make more, than an owner may keep."""


class StoreConflictError(StoreRefusal):
    """What is asked contradicts what is kept; nothing was changed."""


class NameTakenError(StoreConflictError):
    """Something beside it has this name already."""


class StaleError(StoreConflictError):
    """What was sent builds on a version that is not the newest: read that one and try again."""


class BusyError(StoreConflictError):
    """The draft is being written, or is not, and the other was needed."""
