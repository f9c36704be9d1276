"""Our loss is sentence-transformers' loss, and hides what answers a query too."""

import pytest
import torch
from sentence_transformers.sentence_transformer.losses import (
    MatryoshkaLoss,
    MultipleNegativesRankingLoss,
)
from torch import Tensor, nn

from lawvault.train.loss import contrastive_loss, hidden_documents, matryoshka_dimensions

WIDTH = 12


class Given(nn.Module):
    """A model whose embeddings are given to it: what the library's losses need to run."""

    def forward(self, features: dict[str, Tensor]) -> dict[str, Tensor]:
        return {"sentence_embedding": features["given"]}

    def get_embedding_dimension(self) -> int:
        return WIDTH


def embeddings(queries: int, negatives: int, seed: int) -> tuple[Tensor, list[Tensor]]:
    """Return queries [B, D] and columns [B, D]: positives, then each negative."""
    draw = torch.Generator().manual_seed(seed)
    tensors = [
        torch.randn(queries, WIDTH, generator=draw, dtype=torch.float64).requires_grad_()
        for _ in range(2 + negatives)
    ]
    return tensors[0], tensors[1:]


def theirs(queries: Tensor, columns: list[Tensor], dimensions: list[int], scale: float) -> Tensor:
    plain = MultipleNegativesRankingLoss(Given(), scale=scale)
    features = [{"given": tensor} for tensor in (queries, *columns)]
    labels = torch.zeros(len(queries))
    if dimensions == [WIDTH]:
        return plain(features, labels)
    return MatryoshkaLoss(plain.model, plain, dimensions)(features, labels)


def ours(queries: Tensor, columns: list[Tensor], dimensions: list[int], scale: float) -> Tensor:
    documents = torch.cat(columns)
    hidden = torch.zeros(len(queries), len(documents), dtype=torch.bool)
    return contrastive_loss(queries, documents, hidden, scale=scale, dimensions=dimensions)


@pytest.mark.parametrize("negatives", [0, 1, 3])
@pytest.mark.parametrize("dimensions", [[WIDTH], [WIDTH, 8, 3]])
@pytest.mark.parametrize("scale", [1.0, 20.0])
def test_loss_and_gradients_are_those_of_sentence_transformers(negatives, dimensions, scale):
    for seed in range(5):
        queries, columns = embeddings(6, negatives, seed)
        inputs = [queries, *columns]

        mine = ours(queries, columns, dimensions, scale)
        reference = theirs(queries, columns, dimensions, scale)

        assert mine.item() == pytest.approx(reference.item(), rel=1e-9)
        gradients = torch.autograd.grad(mine, inputs)
        wanted = torch.autograd.grad(reference, inputs)
        for found, right in zip(gradients, wanted, strict=True):
            assert right.abs().max() > 1e-6
            torch.testing.assert_close(found, right, rtol=1e-7, atol=1e-10)


def test_a_hidden_document_counts_as_if_it_were_not_there():
    queries, columns = embeddings(4, 1, seed=1)
    documents = torch.cat(columns)
    hidden = torch.zeros(4, 8, dtype=torch.bool)
    hidden[:, 6] = True
    without = torch.cat([documents[:6], documents[7:]])

    loss = contrastive_loss(queries, documents, hidden, scale=20, dimensions=[WIDTH, 4])
    smaller = contrastive_loss(
        queries, without, hidden[:, :7] & False, scale=20, dimensions=[12, 4]
    )
    unhidden = ours(queries, columns, [WIDTH, 4], 20)

    assert loss.item() == pytest.approx(smaller.item(), rel=1e-9)
    assert loss < unhidden


def test_no_gradient_flows_into_a_document_that_is_hidden_from_all():
    queries, columns = embeddings(4, 1, seed=2)
    documents = torch.cat(columns).detach().requires_grad_()
    hidden = torch.zeros(4, 8, dtype=torch.bool)
    hidden[:, 5] = True

    contrastive_loss(queries, documents, hidden, scale=20, dimensions=[WIDTH]).backward()

    assert documents.grad[5].abs().max() == 0
    assert documents.grad[4].abs().max() > 0


def test_documents_that_answer_a_query_are_hidden_from_it_but_not_its_positive():
    answers = [{"a", "c"}, {"b"}, {"a"}]
    document_ids = ["a", "b", "a", "c", "b", "d"]

    hidden = hidden_documents(answers, document_ids)

    assert hidden.tolist() == [
        [False, False, True, True, False, False],
        [False, False, False, False, True, False],
        [True, False, False, False, False, False],
    ]


def test_a_batch_of_one_article_only_has_no_loss():
    queries, columns = embeddings(3, 0, seed=3)
    hidden = hidden_documents([{"a"}] * 3, ["a"] * 3)

    loss = contrastive_loss(queries, torch.cat(columns), hidden, scale=20, dimensions=[WIDTH])

    assert loss.item() == 0


@pytest.mark.parametrize(
    ("wanted", "full", "trained"),
    [
        ([768, 512, 256, 128], 768, [768, 512, 256, 128]),
        ([768, 512, 256, 128], 384, [384, 256, 128]),
        ([128, 512], 768, [768, 512, 128]),
        ([], 384, [384]),
        ([768], 32, [32]),
    ],
)
def test_the_full_dimension_is_always_trained_and_none_that_the_model_lacks(wanted, full, trained):
    assert matryoshka_dimensions(wanted, full) == trained
