"""Which triplets meet in which step: a pure function of seed, epoch and sizes.

Nothing about the order is stored anywhere, so a resumed training meets the same batches.
"""

import math
import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The shape of a training.

    A step is one optimizer step: `accumulation` batches of `batch_size` triplets on each of
    `world` workers, who share what there is evenly if it is less.  A rest that fills no batch is
    left out of its epoch; another one is left out of the next.
    """

    rows: int
    batch_size: int
    accumulation: int
    epochs: int
    world: int
    seed: int

    @property
    def batch_rows(self) -> int:
        """Triplets in every batch: `batch_size`, or fewer if there are not enough for one each."""
        return min(self.batch_size, self.rows // self.world)

    @property
    def batches_per_epoch(self) -> int:
        """Batches of one worker in one epoch."""
        return self.rows // (self.batch_rows * self.world)

    @property
    def steps_per_epoch(self) -> int:
        """Optimizer steps in one epoch; the last may average fewer batches."""
        return math.ceil(self.batches_per_epoch / self.accumulation)

    @property
    def steps(self) -> int:
        """Optimizer steps in all."""
        return self.steps_per_epoch * self.epochs

    def batches(self, step: int, rank: int) -> list[list[int]]:
        """Return the rows of each batch that worker `rank` sees in `step` (from 0)."""
        epoch, within = divmod(step, self.steps_per_epoch)
        order = list(range(self.rows))
        random.Random(f"{self.seed}:{epoch}").shuffle(order)
        first = within * self.accumulation
        last = min(first + self.accumulation, self.batches_per_epoch)
        size = self.batch_rows
        return [
            order[(batch * self.world + rank) * size : (batch * self.world + rank + 1) * size]
            for batch in range(first, last)
        ]


def learning_rate(step: int, steps: int, peak: float, warmup_share: float) -> float:
    """Return the rate of `step` (from 0): linear up to `peak`, then linear down to almost 0.

    >>> [round(learning_rate(step, 10, 1.0, 0.2), 2) for step in range(10)]
    [0.5, 1.0, 0.88, 0.75, 0.62, 0.5, 0.38, 0.25, 0.12, 0.0]
    """
    warmup = max(round(steps * warmup_share), 1)
    if step < warmup:
        return peak * (step + 1) / warmup
    rest = max(steps - warmup, 1)
    return peak * max(1 - (step - warmup + 1) / rest, 1e-3)
