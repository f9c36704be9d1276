"""How a knob is declared: a dataclass field with a meaning and limits."""

from dataclasses import field
from typing import Any


def knob(
    default: Any,  # noqa: ANN401 - a dataclass field takes any default
    meaning: str,
    *,
    low: float | None = None,
    high: float | None = None,
    among: tuple[str, ...] = (),
    where: bool = False,
    content: bool = False,
) -> Any:  # noqa: ANN401 - stands in for dataclasses.field
    """Return a dataclass field that carries its meaning and limits (inclusive) as metadata."""
    metadata = {
        "meaning": meaning,
        "low": low,
        "high": high,
        "among": among,
        "where": where,
        "content": content,
    }
    if isinstance(default, list):
        return field(default_factory=lambda: list(default), metadata=metadata)
    return field(default=default, metadata=metadata)
