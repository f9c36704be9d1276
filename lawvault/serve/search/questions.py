"""A question as the model reads it: its vector, and its states for late interaction."""

from typing import Protocol

from lawvault.retrieve.everyday import with_statute_words
from lawvault.serve.embed.embedder import Embed, Read
from lawvault.serve.search.hits import MAX_READ


class QuestionEncoder(Protocol):
    """What reads questions, wherever it runs; an `Embedder` is one."""

    @property
    def embed(self) -> Embed:
        """What turns texts into vectors."""
        ...

    async def read(self, question: str, compared: str) -> Read:
        """Return the vector of a question and the states of another text; see `Embedder.read`."""
        ...


async def read(encoder: QuestionEncoder, query: str) -> Read:
    """Return the vector of a question and its states: those of it with what statutes say, too.

    Raises:
        ApiError: there are none.
    """
    return await encoder.read(query, with_statute_words(query[:MAX_READ]))
