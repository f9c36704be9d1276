"""Merge tuned and base weights, and let dev questions choose how much of each.

theta = base + weight x (tuned - base).  Averaging the two gives back what fine-tuning forgot and
keeps what it learned (WiSE-FT, arXiv 2109.01903; LM-Cocktail, arXiv 2311.13534); for e5-small on
law it turned a loss into a gain.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from tqdm import tqdm


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The weight that was chosen, and what dev questions said of every candidate (0 = base)."""

    weight: float
    scores: dict[float, float]


def choose_weight(
    model: nn.Module,
    base: Mapping[str, Tensor],
    weights: Sequence[float],
    measure: Callable[[], float],
) -> Choice:
    """Set `model`, which holds the tuned weights, to the merge that measures best.

    Args:
        base: the base's weights on the CPU by parameter name, for the parameters that were trained.
        measure: scores the model as it stands, larger is better.

    The base itself is measured for the report but is no candidate: whether tuning helped at all
    is for the evaluation to say.  Ties go to the smaller weight.
    """
    tuned = {name: model.get_parameter(name).detach().to("cpu", copy=True) for name in base}
    scores = {}
    for weight in tqdm((0.0, *weights), desc="choose the merge weight", mininterval=5):
        set_merged(model, base, tuned, weight)
        scores[weight] = measure()
    best = max(weights, key=lambda weight: (scores[weight], -weight))
    set_merged(model, base, tuned, best)
    return Choice(weight=best, scores=scores)


@torch.no_grad()
def set_merged(
    model: nn.Module, base: Mapping[str, Tensor], tuned: Mapping[str, Tensor], weight: float
) -> None:
    """Set the parameters of `model` to base + weight x (tuned - base); exact at 0 and 1."""
    for name, start in base.items():
        merged = tuned[name] if weight == 1 else start + weight * (tuned[name] - start)
        model.get_parameter(name).copy_(start if weight == 0 else merged)


def distractors(article_ids: Sequence[str], wanted: set[str], count: int, seed: int) -> list[int]:
    """Return the rows of the `wanted` articles and of `count` others, drawn by `seed`, in order."""

    def drawn(article_id: str) -> bytes:
        return hashlib.sha256(f"{seed}:{article_id}".encode()).digest()

    others = [row for row, article_id in enumerate(article_ids) if article_id not in wanted]
    others.sort(key=lambda row: drawn(article_ids[row]))
    own = [row for row, article_id in enumerate(article_ids) if article_id in wanted]
    return sorted(own + others[:count])
