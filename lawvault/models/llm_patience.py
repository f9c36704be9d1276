"""How long a client waits: for the next attempt, and for a server that is not there."""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_PAUSE = 8.0


def retry_after(header: str | None) -> float | None:
    """Return the seconds that a `Retry-After` header asks for, None where it says nothing usable.

    Source: RFC 9110, 10.2.3: a number of seconds or a date.

    >>> retry_after("2"), retry_after("soon"), retry_after("Thu, 01 Jan 1970 00:00:00 GMT")
    (2.0, None, 0.0)
    """
    if not header:
        return None
    if header.strip().isdecimal():
        return float(header.strip()[:9])
    try:
        then = parsedate_to_datetime(header)
    except (ValueError, TypeError, OverflowError):
        return None
    if then.tzinfo is None:
        then = then.replace(tzinfo=UTC)
    return max(0.0, (then - datetime.now(UTC)).total_seconds())


def pause(attempt: int, asked: float | None, *, first: float) -> float:
    """Return the seconds before the next attempt: what the server asks, else with full jitter.

    Full jitter draws from 0 to a bound that doubles, so that many callers do not come back at once.

    Args:
        attempt: how many have failed, from 1.
        asked: what `retry_after` gave.
        first: bound of the first pause, in seconds.
    """
    if asked is not None:
        return asked
    bound = min(LONGEST_PAUSE, first * float(2 ** (attempt - 1)))
    return random.uniform(0, bound)


class Circuit:
    """Opens after `limit` failures to connect in a row, so that callers need not wait for another.

    Open for `seconds`; then one caller tries, and the rest still fail at once until it is known.
    """

    def __init__(
        self, *, limit: int, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = limit
        self._seconds = seconds
        self._clock = clock
        self._failures = 0
        self._open_until = 0.0

    def may_try(self) -> bool:
        """Say whether this caller may connect."""
        if self._failures < self._limit:
            return True
        if self._clock() < self._open_until:
            return False
        self._open_until = self._clock() + self._seconds
        return True

    def connected(self) -> None:
        """Note that the server is there."""
        self._failures = 0

    def failed(self) -> None:
        """Note that it is not."""
        self._failures += 1
        self._open_until = self._clock() + self._seconds
