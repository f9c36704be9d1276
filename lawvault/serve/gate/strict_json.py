"""JSON that can be read in one way only: in UTF-8, and no name twice in one object.

Python's reader takes UTF-16, and of two equal names the last; another program on the way may have
looked at the first.
"""

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

TWICE = "a name stands twice in one object"


def read_json(body: bytes) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """Return what `body` says; a byte order mark is let pass.

    Raises:
        json.JSONDecodeError: it is no JSON, or not of one meaning.
        UnicodeDecodeError: it is not UTF-8.
        RecursionError: it is nested too deeply.

    >>> read_json(b'{"a": [1, null]}')
    {'a': [1, None]}
    """
    text = body.decode("utf-8-sig")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        read = dict(pairs)
        if len(read) < len(pairs):
            raise json.JSONDecodeError(TWICE, text, 0)
        return read

    return json.loads(text, object_pairs_hook=once)


class StrictRequest(Request):
    """A request whose JSON must be of one meaning."""

    async def json(self) -> Any:  # noqa: ANN401 - whatever JSON can hold
        """Return what the body says; raises as `read_json` does."""
        return read_json(await self.body())


class StrictRoute(APIRoute):
    """A route that reads its body strictly."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler that FastAPI made, for strict requests."""
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            return await handle(StrictRequest(request.scope, request.receive))

        return handled
