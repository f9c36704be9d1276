"""Vectors of texts that were embedded before, the least recently wanted given up first.

It holds no text: a text is known by its keyed hash, and the key lives and dies with this process.
"""

import hashlib
import os
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from lawvault.models.encoder import Vectors

ENTRY_BYTES = 320
"""What Python needs for an entry besides its vector: rounded up, measured on CPython 3.11."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A vector [dimension], read only, and how many tokens its text had before it was cut."""

    vector: Vectors
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheStats:
    """What the cache did since it was made, and what it holds now."""

    hits: int
    misses: int
    entries: int
    bytes: int


class Cache:
    """At most `max_bytes` of vectors; 0 keeps none.  For one model and one thread."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._secret = os.urandom(32)
        self._entries: OrderedDict[bytes, tuple[bytes, int]] = OrderedDict()
        self._bytes = 0
        self._hits = self._misses = 0

    def key(self, text: str) -> bytes:
        """Return the 32 bytes that stand for `text`, prefix included."""
        return hashlib.blake2b(text.encode(), digest_size=32, key=self._secret).digest()

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
        return Known(vector=np.frombuffer(entry[0], np.float32), tokens=entry[1])

    def put(self, key: bytes, vector: Vectors, tokens: int) -> None:
        """Keep `vector` [dimension]; one that is known already stays as it is."""
        size = vector.nbytes + ENTRY_BYTES
        if key in self._entries or size > self._max_bytes:
            return
        self._entries[key] = (vector.tobytes(), tokens)
        self._bytes += size
        while self._bytes > self._max_bytes:
            _, (oldest, _) = self._entries.popitem(last=False)
            self._bytes -= len(oldest) + ENTRY_BYTES

    def stats(self) -> CacheStats:
        """Return counts for the metrics."""
        return CacheStats(
            hits=self._hits, misses=self._misses, entries=len(self._entries), bytes=self._bytes
        )
