"""The contrastive loss: a query's own article against all other articles of the batch.

MultipleNegativesRankingLoss (InfoNCE with in-batch negatives; Henderson et al. 2017,
arXiv 1705.00652, section 4.4), as in sentence-transformers, with two additions: articles that
answer a query too are hidden from it, and the loss may be summed over Matryoshka prefixes of the
vectors (Kusupati et al. 2022, arXiv 2205.13147).

Suffixes: B = queries of the batch, M = documents (the B positives first, then negatives),
D = dimension.
"""

from collections.abc import Collection, Sequence

import torch
from torch import Tensor
from torch.nn import functional


def contrastive_loss(
    queries_BD: Tensor,
    documents_MD: Tensor,
    hidden_BM: Tensor,
    *,
    scale: float,
    dimensions: Sequence[int],
) -> Tensor:
    """Return the mean loss of the batch, summed over `dimensions` (vectors are cut to each).

    Args:
        hidden_BM: True where a document must not count as a negative of a query.
        scale: cosines are multiplied by it; 20 is a temperature of 0.05.
    """
    targets_B = torch.arange(len(queries_BD), device=queries_BD.device)
    total = queries_BD.new_zeros(())
    for dimension in dimensions:
        cut_BD = functional.normalize(queries_BD[:, :dimension], dim=-1)
        cut_MD = functional.normalize(documents_MD[:, :dimension], dim=-1)
        scores_BM = (scale * cut_BD @ cut_MD.T).masked_fill(hidden_BM, -torch.inf)
        total = total + functional.cross_entropy(scores_BM, targets_B)
    return total


def hidden_documents(answers: Sequence[Collection[str]], document_ids: Sequence[str]) -> Tensor:
    """Return [B, M]: True where a document answers the query but is not its own positive.

    Args:
        answers: for each query the ids of all articles that answer it.
        document_ids: the B positives first, in the queries' order, then the negatives.

    >>> hidden_documents([{"a"}, {"b"}], ["a", "b", "a"]).tolist()
    [[False, False, True], [False, False, False]]
    """
    rows = [
        [document in found and place != row for place, document in enumerate(document_ids)]
        for row, found in enumerate(answers)
    ]
    return torch.tensor(rows, dtype=torch.bool)


def matryoshka_dimensions(wanted: Sequence[int], full: int) -> list[int]:
    """Return the dimensions to train: those wanted that the model has, always with the full one.

    >>> matryoshka_dimensions([768, 512, 256, 128], 384)
    [384, 256, 128]
    """
    return [full, *sorted((d for d in wanted if d < full), reverse=True)]
