"""How the library asks the store, which blocks, and the corpus, which may not answer."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

from lawvault.serve.contract import ApiError
from lawvault.serve.writer.troubles import told

log = logging.getLogger(__name__)

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


async def kept(work: Callable[Given, Answer], *given: Given.args, **named: Given.kwargs) -> Answer:
    """Return what a call of the store returns, made in a thread.

    Raises:
        ApiError: as `told`.
    """
    with told():
        return await asyncio.to_thread(work, *given, **named)


async def known(asked: Awaitable[Answer]) -> Answer | None:
    """Return what the corpus says, None if it does not answer now: what is kept is shown all the
    same, with what was not checked left open."""
    try:
        return await asked
    except ApiError as error:
        if error.status != 429 and error.status < 500:
            raise
        log.warning("writer: the corpus does not answer: %s", error)
        return None
