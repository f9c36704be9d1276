"""How long a piece of work takes, told so that what else goes on does not count."""

import time
from collections.abc import Callable
from typing import Any

TRIES = 4


def least_seconds(work: Callable[[], Any], below: float) -> float:
    """Return the least seconds of this thread's CPU that `work` took in a few tries.

    Whatever else goes on (garbage that other tests left, a busy neighbour) only ever adds, so the
    least of some tries is the nearest to what the work itself costs, as `timeit.Timer.repeat` of
    Python's library says.  The first try that is `below` the limit is the last.
    """
    least = float("inf")
    for _ in range(TRIES):
        began = time.thread_time()
        work()
        least = min(least, time.thread_time() - began)
        if least < below:
            break
    return least
