"""The application `reranker`: it holds the cross-encoder, where one is wanted."""

from typing import Any

from lawvault.models.encoder import set_threads
from lawvault.models.reranker import Reranker
from lawvault.serve.apps.on_ray import bound, stand_back
from lawvault.serve.production import RerankerArgs
from lawvault.serve.rerank.reranking import Reranking, Scored, Task


class Reranks:
    """A replica."""

    def __init__(self, args: RerankerArgs) -> None:
        stand_back()
        set_threads(args.threads)  # a fractional CPU would leave it one
        limits = args.reranker
        reranker = Reranker(
            limits.model,
            max_tokens=limits.max_pair_tokens,
            batch_tokens=args.batch_tokens,
            dtype=args.dtype,
        )
        self._reranking = Reranking(reranker, max_total_tokens=limits.max_total_tokens)

    async def rerank(self, task: Task) -> Scored:
        """Return how well each text of `task` fits its query."""
        return await self._reranking.rerank(task)

    async def ready(self) -> str:
        """Answer, which is the point."""
        return "ok"


def build(args: RerankerArgs) -> Any:  # noqa: ANN401 - Ray
    """Return the application, as `serve deploy` asks for it."""
    return bound(Reranks, args)
