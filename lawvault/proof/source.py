"""What prose may cite by an id: an article, as the agent found it or a person kept it; a claim."""

from dataclasses import dataclass
from typing import Protocol


class Source(Protocol):
    """One article at hand; `id` (e1, e2, …) is what prompts and the text of an LLM call it."""

    @property
    def id(self) -> str:
        """What the text of an LLM calls it."""
        ...

    @property
    def article_id(self) -> str:
        """Its id in the corpus."""
        ...

    @property
    def law_id(self) -> str:
        """The version of the law that it is of."""
        ...

    @property
    def law_name(self) -> str:
        """The full name of the law."""
        ...

    @property
    def article_number(self) -> str:
        """第三十八条."""
        ...

    @property
    def content(self) -> str:
        """Its words."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One sentence that the report stands on, with the evidence that is said to support it."""

    text: str
    evidence: tuple[str, ...]
    quote: str = ""
