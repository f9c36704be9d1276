"""A question as the model reads it: its vector, and its states for late interaction."""

import asyncio
from typing import Protocol

from lawvault.models.encoder import Vectors
from lawvault.retrieve.everyday import with_statute_words
from lawvault.serve.embed.embedder import Embed, Embedded
from lawvault.serve.search.hits import MAX_READ


class QuestionEncoder(Protocol):
    """What reads questions, wherever it runs; an `Embedder` is one."""

    @property
    def embed(self) -> Embed:
        """What turns texts into vectors."""
        ...

    async def states(self, text: str) -> Vectors:
        """Return the states of a question; see `Embedder.states`."""
        ...


async def read(
    encoder: QuestionEncoder, query: str, *, with_states: bool
) -> tuple[Embedded, Vectors | None]:
    """Return the vector of a question and, where they are asked for, its states.

    Raises:
        ApiError: there are none.
    """
    embedding = encoder.embed([query], "query", may_cut=True)
    if not with_states:
        return await embedding, None
    return await asyncio.gather(embedding, encoder.states(as_compared(query)))


def as_compared(query: str) -> str:
    """Return a question as it is compared token by token: with what statutes say for its words."""
    return with_statute_words(query[:MAX_READ])
