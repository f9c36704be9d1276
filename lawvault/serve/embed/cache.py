"""What the model made of texts that it read before, the least recently wanted given up first.

It holds no text: a text is known by its keyed hash, and the key lives and dies with this process.
"""

import hashlib
import os
from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal

import numpy as np

from lawvault.models.encoder import Vectors

ENTRY_BYTES = 320
"""What Python needs for an entry besides its numbers: rounded up, measured on CPython 3.11."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What was made of a text, read only, and how many tokens it had before it was cut."""

    made: Vectors
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheStats:
    """What the cache did since it was made, and what it holds now."""

    hits: int
    misses: int
    entries: int
    bytes: int


class Cache:
    """At most `max_bytes` of vectors and states; 0 keeps none.  For one model and one thread."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._secret = os.urandom(32)
        self._entries: OrderedDict[bytes, tuple[bytes, int, int]] = OrderedDict()
        self._bytes = 0
        self._hits = self._misses = 0

    def key(self, text: str, kind: Literal["vector", "states"] = "vector") -> bytes:
        """Return the 32 bytes that stand for what is made of `text`, prefix included."""
        digest = hashlib.blake2b(
            text.encode(), digest_size=32, key=self._secret, person=kind.encode()
        )
        return digest.digest()

    def __contains__(self, key: object) -> bool:
        """Say whether the text is known, without counting the question."""
        return key in self._entries

    def get(self, key: bytes) -> Known | None:
        """Return what is known of the text, bit for bit what was put, or None."""
        entry = self._entries.get(key)
        if entry is None:
            self._misses += 1
            return None
        self._hits += 1
        self._entries.move_to_end(key)
        numbers, tokens, rows = entry
        made = np.frombuffer(numbers, np.float32)
        return Known(made=made.reshape(rows, -1) if rows else made, tokens=tokens)

    def put(self, key: bytes, made: Vectors, tokens: int) -> None:
        """Keep a vector [dimension], or states [rows, width]; what is known stays as it is."""
        size = made.nbytes + ENTRY_BYTES
        if key in self._entries or size > self._max_bytes:
            return
        self._entries[key] = (made.tobytes(), tokens, len(made) if made.ndim > 1 else 0)
        self._bytes += size
        while self._bytes > self._max_bytes:
            _, (oldest, *_) = self._entries.popitem(last=False)
            self._bytes -= len(oldest) + ENTRY_BYTES

    def stats(self) -> CacheStats:
        """Return counts for the metrics."""
        return CacheStats(
            hits=self._hits, misses=self._misses, entries=len(self._entries), bytes=self._bytes
        )
