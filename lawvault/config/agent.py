"""The knobs of the agent: what one run may spend, and how it searches."""

from dataclasses import dataclass

from lawvault.config.knob import knob


@dataclass
class AgentConfig:
    """What one run of the agent may spend, and how it searches.

    A request may name less, never more; but any number of rounds, which the other limits hold.
    """

    max_rounds: int = knob(
        5,
        "rounds of searching; 0: as many as the other limits allow; a request may ask for others",
        low=0,
        high=100,
        where=True,
    )
    max_llm_calls: int = knob(
        40, "calls to the LLM; a request may ask for fewer", low=1, high=10_000, where=True
    )
    max_tokens: int = knob(
        200_000,
        "tokens of all prompts and answers together; a request may ask for fewer",
        low=1000,
        high=100_000_000,
        where=True,
    )
    deadline_s: float = knob(
        300,
        "seconds until the report; a request may ask for fewer",
        low=0.1,
        high=86_400,
        where=True,
    )
    max_evidence: int = knob(
        30, "articles of evidence; a request may ask for fewer", low=1, high=200, where=True
    )
    reserve: float = knob(
        0.25, "part of calls, tokens and seconds kept for the report", low=0, high=0.9, where=True
    )
    parallel: int = knob(8, "searches of one run at once", low=1, high=64, where=True)
    for_references: float = knob(
        0.1,
        "part of a round's new evidence that references may take, which is one article at least",
        low=0,
        high=1,
        where=True,
    )
