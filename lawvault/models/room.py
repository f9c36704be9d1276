"""The room that a prompt has in the window of an LLM, and texts cut to what they get of it."""

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

from lawvault.models.llm_reply import Message, estimate_tokens
from lawvault.models.llm_request import TOKENS_PER_MESSAGE

CUT = "……（以下略）"
"""What stands where a text was cut."""

KEPT_FOR_AGAIN = 160
"""Tokens kept for the turn that asks for a usable answer once more."""

K = TypeVar("K", bound=Hashable)


def size_of(messages: Sequence[Message]) -> int:
    """Return about how many tokens these turns are for a model."""
    return sum(estimate_tokens(turn.content) + TOKENS_PER_MESSAGE for turn in messages)


def shares(sizes: Mapping[K, int], tokens: int) -> dict[K, int]:
    """Return how many tokens each text may have; the small ones leave the rest to the large ones.

    >>> shares({"a": 10, "b": 500, "c": 600}, 210)
    {'a': 10, 'b': 100, 'c': 100}
    """
    given, left = dict[K, int](), max(0, tokens)
    for waiting, (name, size) in enumerate(sorted(sizes.items(), key=lambda item: item[1])):
        given[name] = min(size, left // (len(sizes) - waiting))
        left -= given[name]
    return given


def cut(texts: Mapping[str, str], tokens: int) -> tuple[dict[str, str], list[str]]:
    """Return texts that have so many tokens together, and the names of those that are not whole."""
    sizes = {slot: estimate_tokens(text) for slot, text in texts.items()}
    given, kept = shares(sizes, tokens), dict(texts)
    short = [slot for slot in texts if given[slot] < sizes[slot]]
    for slot in short:
        kept[slot] = texts[slot][: max(0, given[slot] - len(CUT))] + CUT
    return kept, short
