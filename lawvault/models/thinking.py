"""Tell what a model thinks from what it answers, where it writes `<think>…</think>` into the text.

By rule, not by guess: whatever stands between the marks is thinking, wherever it stands, however
deeply marks are nested, and to the end where a mark is never closed.  A closing mark without an
opening one is dropped; some templates open the mark in the prompt, so in a whole text what stands
before it is thinking, too.
"""

import re
from typing import Literal

OPENING, CLOSING = "<think>", "</think>"
_MARK = re.compile("</?think>")
Kind = Literal["text", "thinking"]


class Separator:
    """Takes a text in pieces, however it is split, and gives its parts with their kind.

    >>> separator = Separator()
    >>> [*separator.feed("<thi"), *separator.feed("nk>so</think>Yes"), *separator.finish()]
    [('thinking', 'so'), ('text', 'Yes')]
    """

    def __init__(self) -> None:
        self._depth = 0
        self._held = ""  # may be the beginning of a mark

    @property
    def is_open(self) -> bool:
        """Say whether thinking has begun and not ended."""
        return self._depth > 0

    def feed(self, piece: str) -> list[tuple[Kind, str]]:
        """Return the parts that are certain after this piece; none is empty."""
        text, parts, start = self._held + piece, [], 0
        for mark in _MARK.finditer(text):
            parts.append((self._kind(), text[start : mark.start()]))
            opens = mark.group() == OPENING
            self._depth = self._depth + 1 if opens else max(0, self._depth - 1)
            start = mark.end()
        end = len(text) - _beginning_of_mark(text[start:])
        parts.append((self._kind(), text[start:end]))
        self._held = text[end:]
        return [part for part in parts if part[1]]

    def finish(self) -> list[tuple[Kind, str]]:
        """Return what was held back because it might have become a mark."""
        held, self._held = self._held, ""
        return [(self._kind(), held)] if held else []

    def _kind(self) -> Kind:
        return "thinking" if self._depth else "text"


def _beginning_of_mark(text: str) -> int:
    """Return how many last characters of `text` may be the beginning of a mark."""
    for length in range(min(len(CLOSING) - 1, len(text)), 0, -1):
        if OPENING.startswith(text[-length:]) or CLOSING.startswith(text[-length:]):
            return length
    return 0


def separate(text: str) -> tuple[str, str, bool]:
    """Return the answer in a whole text, the thinking in it, and whether the thinking ended.

    >>> separate("let me see</think>Yes")
    ('Yes', 'let me see', True)
    """
    first = _MARK.search(text)
    if first and first.group() == CLOSING:
        text = OPENING + text
    separator = Separator()
    parts = [*separator.feed(text), *separator.finish()]
    answer, thinking = (
        "".join(words for kind, words in parts if kind == wanted) for wanted in ("text", "thinking")
    )
    return answer, thinking, not separator.is_open
