"""What a run may spend, and what it has spent: calls to the LLM, tokens, seconds.

A part is kept for the report: when the rest is spent, searching stops, and the run still writes.
Calls are taken before they are made and tokens with them, as many as they may cost, so that calls
at the same time never spend more than there is together.
"""

import math
import time
from collections.abc import Callable
from typing import Generic, Literal, Protocol, TypeVar

from lawvault.errors import BudgetError

REPORT_CALLS = 4
"""Calls that a report may take: claims, these again, prose, its repair."""

Spent = Literal["deadline", "max_llm_calls", "max_tokens"]
"""What of a budget is used up."""


class Exhausted(BudgetError):
    """There is nothing left for what is asked; `stop` says of what."""

    def __init__(self, stop: Spent) -> None:
        super().__init__(f"the run has no budget left: {stop}")
        self.stop: Spent = stop


class Limited(Protocol):
    """What one run may spend; `reserve` is the part of each that is kept for its report."""

    @property
    def max_llm_calls(self) -> int:
        """Calls to the LLM."""
        ...

    @property
    def max_tokens(self) -> int:
        """Tokens of all prompts and answers together."""
        ...

    @property
    def deadline_s(self) -> float:
        """Seconds from when the budget is made."""
        ...

    @property
    def reserve(self) -> float:
        """From 0 to 1."""
        ...


L = TypeVar("L", bound=Limited)


class Budget(Generic[L]):
    """What one run has spent of its limits; time counts from when this is made.

    `is_report` everywhere: the part that is kept for the report may be spent, too.
    """

    def __init__(self, limits: L, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self.calls, self.tokens = 0, 0
        self._clock, self._begin = clock, clock()

    def take(self, tokens: int, *, is_report: bool = False) -> None:
        """Take one call that may cost so many tokens; `settle` says later what it did cost.

        Raises:
            Exhausted: that is more than is left; nothing is taken.
        """
        stop = self.stop_reason(is_report=is_report)
        if not stop and tokens > self.left_tokens(is_report=is_report):
            stop = "max_tokens"
        if stop:
            raise Exhausted(stop)
        self.calls += 1
        self.tokens += tokens

    def settle(self, taken: int, spent: int) -> None:
        """Give back the tokens that a call was taken with, and charge those that it did cost."""
        self.tokens += spent - taken

    def stop_reason(self, *, is_report: bool = False) -> Spent | None:
        """Return what is used up, None if there is some of everything."""
        if self.left_s(is_report=is_report) <= 0:
            return "deadline"
        if self.left_calls(is_report=is_report) <= 0:
            return "max_llm_calls"
        if self.left_tokens(is_report=is_report) <= 0:
            return "max_tokens"
        return None

    def left_s(self, *, is_report: bool = False) -> float:
        """Return the seconds that are left, below 0 if none."""
        seconds = self.limits.deadline_s
        if not is_report:
            seconds *= 1 - self.limits.reserve
        return seconds - (self._clock() - self._begin)

    def left_calls(self, *, is_report: bool = False) -> int:
        """Return how many calls are left, below 0 if none."""
        calls = self.limits.max_llm_calls
        if not is_report:
            calls -= max(REPORT_CALLS, math.ceil(calls * self.limits.reserve))
        return calls - self.calls

    def left_tokens(self, *, is_report: bool = False) -> int:
        """Return how many tokens are left, below 0 if none."""
        tokens = self.limits.max_tokens
        if not is_report:
            tokens -= math.ceil(tokens * self.limits.reserve)
        return tokens - self.tokens
