"""What a field may hold: checks that a value passes before it is kept, the same for all doors.

A check takes a value and the name of its field, and returns what is kept of it or says what is
wrong.  Plain text must be what both databases keep: no NUL and no lone surrogate.  What is written
in quantity (Markdown, facts, what an LLM was told) is kept as JSON text, where both survive.
"""

import math
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from lawvault.store.json_text import json_text
from lawvault.store.refusals import LimitError, WrongItemError

Check = Callable[[object, str], Any]

MAX_TEXT_BYTES = 1 << 20
"""The longest text of a material, a template or a revision, in bytes of UTF-8."""
MAX_JSON_BYTES = 4 << 20
"""The longest JSON value: what was asked for, what was found out about a revision."""
MAX_NAME = 200
MAX_REFERENCE = 500
"""The longest id of an article, a law or a run."""
UNKEPT = re.compile("[\0\ud800-\udfff]")
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def plain(value: object, what: str) -> str:
    """Return a text of any length that both databases keep.

    Raises:
        WrongItemError: it is no text, or has a NUL or a lone surrogate.
    """
    if not isinstance(value, str):
        raise WrongItemError("not_text", what=what, got=type(value).__name__)
    if found := UNKEPT.search(value):
        code = ord(found[0])
        raise WrongItemError("no_database_keeps", what=what, at=found.start(), code=code)
    return value


def words(most: int, *, least: int = 0) -> Check:
    """Return a check for a text of `least` to `most` characters."""

    def check(value: object, what: str) -> str:
        text = plain(value, what)
        if not least <= len(text) <= most:
            raise WrongItemError("length", what=what, least=least, most=most, got=len(text))
        return text

    return check


def line(most: int, *, least: int = 0) -> Check:
    """Return a check for one line, kept without the blanks around it."""
    sized = words(most, least=least)

    def check(value: object, what: str) -> str:
        text: str = sized(plain(value, what).strip(), what)
        if found := CONTROL.search(text):
            raise WrongItemError("lines", what=what, code=ord(found[0]), at=found.start())
        return text

    return check


def body(value: object, what: str) -> str:
    """Return a text of up to `MAX_TEXT_BYTES`.

    Raises:
        LimitError: it is longer.
        WrongItemError: it is no text that both databases keep.
    """
    text = plain(value, what)
    _small(len(text.encode()), what, MAX_TEXT_BYTES)
    return text


def long_text(value: object, what: str) -> str:
    """Return a text of up to `MAX_TEXT_BYTES` as JSON, in which every character survives.

    Raises:
        LimitError: it is longer.
        WrongItemError: it is no text.
    """
    if not isinstance(value, str):
        raise WrongItemError("not_text", what=what, got=type(value).__name__)
    _small(len(value.encode("utf-8", "surrogatepass")), what, MAX_TEXT_BYTES)
    return json_text(value)


def json_object(value: object, what: str) -> str:
    """Return a JSON object as text.

    Raises:
        LimitError: it is longer than `MAX_JSON_BYTES`.
        WrongItemError: it is no object, or not JSON.
    """
    if not isinstance(value, Mapping):
        raise WrongItemError("not_object", what=what, got=type(value).__name__)
    try:
        text = json_text(dict(value))
    except ValueError as error:
        raise WrongItemError("not_json", what=what, why=str(error)) from error
    except RecursionError as error:
        raise WrongItemError("too_deep", what=what) from error
    _small(len(text.encode()), what, MAX_JSON_BYTES)
    return text


def ident(word: str, *, or_none: bool = False) -> Check:
    """Return a check for an id that begins with `word`; `or_none`: "" is one, too."""
    shape = re.compile(f"{word}-[0-9a-f]{{32}}")

    def check(value: object, what: str) -> str:
        text = plain(value, what)
        if not shape.fullmatch(text) and not (or_none and text == ""):
            raise WrongItemError("not_id", what=what, word=word, got=text[:64])
        return text

    return check


def one_of(choices: Collection[str]) -> Check:
    """Return a check for one of some words."""

    def check(value: object, what: str) -> str:
        if value not in choices:
            raise WrongItemError("not_one_of", what=what, choices=", ".join(choices), got=value)
        return str(value)

    return check


def whole(low: int, high: int, *, or_none: bool = False) -> Check:
    """Return a check for a whole number from `low` to `high`; `or_none`: or None."""

    def check(value: object, what: str) -> int | None:
        if value is None and or_none:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise WrongItemError("not_number", what=what, low=low, high=high, got=value)
        return value

    return check


def moment(value: object, what: str) -> float:
    """Return a time in seconds since 1970.

    Raises:
        WrongItemError: it is no number, or none that a clock shows.
    """
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise WrongItemError("not_moment", what=what, got=value)
    if not math.isfinite(value) or not 0 <= value < 1e11:
        raise WrongItemError("not_moment", what=what, got=value)
    return float(value)


def _small(size: int, what: str, most: int) -> None:
    if size > most:
        raise LimitError("bytes", what=what, got=size, most=most)
