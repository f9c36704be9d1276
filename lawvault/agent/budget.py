"""What a run of the agent may spend: calls to the LLM, tokens, seconds, rounds, articles."""

from dataclasses import dataclass

from lawvault.models.budget import REPORT_CALLS, Exhausted
from lawvault.models.budget import Budget as BudgetOf

__all__ = ["REPORT_CALLS", "Budget", "Exhausted", "Limits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one run may spend.

    Raises:
        ValueError: a number is out of its range, named with it.
    """

    max_rounds: int = 5  # 0: no limit of rounds
    max_llm_calls: int = 40
    max_tokens: int = 200_000  # of all prompts and answers together
    deadline_s: float = 300.0
    max_evidence: int = 30  # articles
    reserve: float = 0.25  # the part of calls, tokens and seconds that is kept for the report

    def __post_init__(self) -> None:
        for name, low, high in _RANGES:
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name} must be from {low} to {high}: {getattr(self, name)}")


_RANGES: tuple[tuple[str, float, float], ...] = (
    ("max_rounds", 0, 100),
    ("max_llm_calls", 1, 10_000),
    ("max_tokens", 1_000, 100_000_000),
    ("deadline_s", 0.1, 86_400),
    ("max_evidence", 1, 200),
    ("reserve", 0, 0.9),
)

Budget = BudgetOf[Limits]
"""What one run has spent of its limits."""
