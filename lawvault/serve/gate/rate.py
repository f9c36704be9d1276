"""How often: one token bucket a key, refilled evenly, as large as a minute's requests."""

import math
from collections.abc import Callable

Clock = Callable[[], float]
MINUTE = 60.0


class Buckets:
    """The buckets of one process; each replica of the gateway counts for itself."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}  # name -> (tokens, when that was so)

    def take(self, name: str, rate: int) -> int:
        """Take one token; return 0, or after how many seconds there will be one.

        Args:
            rate: tokens a minute, 0 for any number.

        >>> buckets = Buckets(iter([0.0, 0.0, 0.0, 30.0]).__next__)
        >>> [buckets.take("a", 2) for _ in range(4)]
        [0, 0, 30, 0]
        """
        if not rate:
            return 0
        now = self._clock()
        tokens, then = self._left.get(name, (float(rate), now))
        tokens = min(float(rate), tokens + (now - then) * rate / MINUTE)
        if tokens >= 1 - 1e-9:  # thirty times 1/30 is a little less than 1
            self._left[name] = (tokens - 1, now)
            return 0
        self._left[name] = (tokens, now)
        return max(1, math.ceil((1 - tokens) * MINUTE / rate - 1e-6))
