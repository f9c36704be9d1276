"""The cache of vectors: exact, bounded, and without the texts."""

import gc
import tracemalloc

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lawvault.serve.embed.cache import ENTRY_BYTES, Cache

SIZE = 4 * 8 + ENTRY_BYTES


def vector(number: float, dimension: int = 8) -> np.ndarray:
    return np.full(dimension, number, np.float32)


def put(cache: Cache, number: int) -> bytes:
    key = cache.key(str(number))
    cache.put(key, vector(number), number)
    return key


def test_what_was_put_comes_back_bit_for_bit():
    cache, draw = Cache(1 << 20), np.random.default_rng(0)
    given_vector = draw.normal(size=384).astype(np.float32)

    cache.put(cache.key("问"), given_vector, 7)
    known = cache.get(cache.key("问"))

    assert known.made.tobytes() == given_vector.tobytes()
    assert known.tokens == 7


def test_a_vector_that_is_changed_after_it_was_put_or_got_does_not_change_the_cache():
    cache, mine = Cache(1 << 20), vector(1)
    cache.put(b"key", mine, 1)

    mine[:] = 2

    assert cache.get(b"key").made.tolist() == [1.0] * 8
    assert not cache.get(b"key").made.flags.writeable


def test_what_was_kept_first_stays():
    cache = Cache(1 << 20)

    cache.put(b"key", vector(1), 1)
    cache.put(b"key", vector(2), 1)

    assert cache.get(b"key").made[0] == 1
    assert cache.stats().bytes == SIZE


def test_what_was_wanted_longest_ago_is_given_up_first():
    cache = Cache(2 * SIZE)
    first, second = put(cache, 1), put(cache, 2)

    cache.get(first)
    third = put(cache, 3)

    assert [cache.get(key) is not None for key in (first, second, third)] == [True, False, True]


def test_hits_misses_and_size_are_counted():
    cache = Cache(1 << 20)
    key = put(cache, 1)

    cache.get(key), cache.get(key), cache.get(b"unknown")

    stats = cache.stats()
    assert (stats.hits, stats.misses, stats.entries, stats.bytes) == (2, 1, 1, SIZE)


def test_a_cache_of_no_size_keeps_nothing():
    cache = Cache(0)

    assert cache.get(put(cache, 1)) is None
    assert cache.stats().bytes == 0


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 40)), max_size=60))
def test_it_never_holds_more_than_it_may_and_counts_right(puts):
    cache = Cache(3 * SIZE)

    for number, dimension in puts:
        cache.put(cache.key(str(number)), vector(number, dimension), number)
        assert cache.stats().bytes <= 3 * SIZE

    known = [cache.get(cache.key(str(number))) for number in range(10)]
    held = [entry.made.nbytes + ENTRY_BYTES for entry in known if entry]
    assert (sum(held), len(held)) == (cache.stats().bytes, cache.stats().entries)


def test_the_memory_it_takes_is_what_it_counts_at_most():
    gc.collect()
    tracemalloc.start()
    cache = Cache(2 << 20)
    for number in range(5000):
        cache.put(cache.key(str(number)), vector(number, 384), number)
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert 0.8 * cache.stats().bytes < used <= 2 << 20


def test_a_key_says_nothing_about_its_text_to_anybody_without_the_secret():
    assert Cache(0).key("离婚") != Cache(0).key("离婚")
    assert len(Cache(0).key("离" * 10_000)) == 32
