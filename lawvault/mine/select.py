"""Choose hard negatives from ranked candidates.

A hard negative ranks high for a query and is not relevant to it.  The nearest article of dense law
is often relevant after all (a false negative), so a recipe may draw from lower ranks: ranks 10 to
50 turned a loss into a gain where the nearest article taught the model wrong (docs/results.md).

Pure numpy: no Ray, no model, no disk.
"""

import hashlib
import random
from collections.abc import Collection, Sequence

from lawvault.retrieve.ranking import Rows


def select_negatives(
    ranked: Rows,
    *,
    excluded: Collection[int],
    ranks: tuple[int, int],
    num_negatives: int,
    draw: random.Random,
) -> list[int]:
    """Return up to `num_negatives` rows, hardest first.

    Args:
        ranked: [k] rows of articles, best first.
        excluded: rows that answer the query (and their twins); they take no rank.
        ranks: best and worst rank, from 1, that may be drawn from.
        draw: where more are allowed than wanted, it chooses.

    >>> import numpy as np
    >>> select_negatives(np.array([7, 3, 5, 9]), excluded={7}, ranks=(2, 3), num_negatives=2,
    ...                  draw=random.Random(0))
    [5, 9]
    """
    best, worst = ranks
    allowed = [int(row) for row in ranked if int(row) not in excluded][best - 1 : worst]
    if len(allowed) <= num_negatives:
        return allowed
    places = sorted(draw.sample(range(len(allowed)), num_negatives))
    return [allowed[place] for place in places]


def draw_for(query_id: str, seed: int) -> random.Random:
    """Return a generator of its own for a query, so that order and split of work don't matter."""
    digest = hashlib.sha256(f"{seed}:{query_id}".encode()).digest()
    return random.Random(int.from_bytes(digest[:8]))


def depth(ranks: tuple[int, int], excluded: Sequence[Collection[int]]) -> int:
    """Return how many candidates must be ranked so that the worst rank is there for every query."""
    return ranks[1] + max((len(rows) for rows in excluded), default=0)
