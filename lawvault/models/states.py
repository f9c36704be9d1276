"""The vectors of single tokens ("states"): what late interaction compares, and their small form.

A model's states all point much the same way; what tells them apart is left once the mean of a
corpus' states, their `centre`, is taken away (Mu & Viswanath 2018, "All-but-the-Top").  Four bits a
number are enough then: on 1,082 dev questions over national law Recall@10 and @30 differ by .001
at most from those of float32, eight bits by less; 16 to 48 bytes a state by product quantisation
lost up to .015.
"""

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lawvault.models.encoder import Encoder, Vectors

Codes = NDArray[np.uint8]
"""[n, ceil(width / 2)]: two numbers of a state in a byte, the first in its upper half."""

Ends = NDArray[np.int64]
"""[n]: after how many states, from the first text's on, the states of each text end."""

LEVELS = 7
"""Steps on either side of zero; the largest number of a state takes the last."""

BLOCK = 512
"""States that are unpacked at once: the numbers of these stay in a core's own cache."""

REVISION = 1
"""Raised when codes are made otherwise."""

_ZERO = 8  # what stands for zero in half a byte


def centre_of(states: Sequence[Vectors]) -> Vectors:
    """Return the mean [width] of all states of some texts."""
    mean: Vectors = np.concatenate(states).mean(axis=0, dtype=np.float64).astype(np.float32)
    return mean


def directions(states: Vectors, centre: Vectors) -> Vectors:
    """Return where states [n, width] point from the centre: rows of length 1, or 0 where at it."""
    moved = states - centre
    lengths = np.linalg.norm(moved, axis=1, keepdims=True)
    unit: Vectors = np.divide(moved, lengths, out=np.zeros_like(moved), where=lengths > 0)
    return unit


def question_states(encoder: Encoder, question: str) -> Vectors:
    """Return the states [tokens, width] of a question's own tokens; see `own_rows`."""
    prefix = encoder.prefixes.query
    ids, before = encoder.tokenize([prefix + question, prefix]).ids
    return encoder.encode_states([ids])[1][0][own_rows(ids, before)]


def own_rows(ids: Sequence[int], before: Sequence[int]) -> slice:
    """Return which tokens of a text are its own: neither its prefix nor special ones.

    All of them where nothing would be left.

    Args:
        before: ids of the prefix alone, with the special ones.

    >>> own_rows([0, 7, 11, 12, 2], [0, 7, 2])
    slice(2, 4, None)
    """
    start, ends = _alike(ids, before), _alike(ids[::-1], before[::-1])
    return slice(start, len(ids) - ends) if start + ends < len(ids) else slice(0, len(ids))


def _alike(one: Sequence[int], other: Sequence[int]) -> int:
    """Return how many ids two texts have alike at their beginning."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def coded(states: Vectors, centre: Vectors) -> Codes:
    """Return the small form of states [n, width]; only their directions are kept."""
    moved = np.asarray(states - centre, np.float32)
    if moved.shape[1] % 2:
        moved = np.pad(moved, ((0, 0), (0, 1)))
    largest = np.abs(moved).max(axis=1, keepdims=True)
    largest[largest == 0] = 1
    steps = (np.rint(moved * (LEVELS / largest)) + _ZERO).astype(np.uint8)
    codes: Codes = steps[:, ::2] << 4 | steps[:, 1::2]
    return codes


def cosines(unit: Vectors, codes: Codes) -> Vectors:
    """Return the cosine [m, n] of directions [m, width] to each of the n states that codes hold.

    >>> centre = np.zeros(2, np.float32)
    >>> states = np.array([[3.0, -4.0], [1.0, 0.0]], np.float32)
    >>> cosines(directions(states, centre), coded(states, centre)).round(1)
    array([[1. , 0.6],
           [0.6, 1. ]], dtype=float32)
    """
    if unit.shape[1] % 2:
        unit = np.pad(unit, ((0, 0), (0, 1)))
    found = np.empty((len(unit), len(codes)), np.float32)
    for begin in range(0, len(codes), BLOCK):
        block = slice(begin, begin + BLOCK)
        steps = np.take(_PAIRS, codes[block]).view(np.float32)
        lengths = np.sqrt(np.einsum("ij,ij->i", steps, steps))
        lengths[lengths == 0] = 1
        found[:, block] = (unit @ steps.T) / lengths
    return found


def _pairs() -> NDArray[np.complex64]:
    """Return the two float32 [256] that each byte stands for, as one number to be taken at once."""
    byte = np.arange(256)
    both = np.stack([byte >> 4, byte & 15], axis=1).astype(np.float32) - _ZERO
    return both.view(np.complex64)[:, 0]


_PAIRS = _pairs()
