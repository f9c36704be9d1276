"""In whose shape an error leaves, which its address decides: OpenAI's, or that of the client there.

Ollama's clients read one sentence, Dify's a number and a sentence; all others get OpenAI's four
fields, with a Chinese message for people and an English code for programs.  The gate and the routes
both ask here, so that a client is not told of a wrong key in another shape than of a wrong body.
"""

from collections.abc import Mapping

from lawvault.serve.contract import ApiError

OLLAMA = "/api"
DIFY = "/retrieval"
UNKNOWN_KNOWLEDGE = 2001
"""Dify's own number; our other errors there carry their HTTP status."""

RETRY_SECONDS = 1
"""After how long a request that found no room is worth another try."""


def body_of(error: ApiError, path: str) -> Mapping[str, object]:
    """Return the JSON of an error at `path`.

    >>> error = ApiError(404, "model_not_found", "没有", "model")
    >>> body_of(error, "/api/embed"), body_of(error, "/retrieval")
    ({'error': '没有'}, {'error_code': 404, 'error_msg': '没有'})
    """
    ours = error.body()
    if is_below(path, OLLAMA):
        return {"error": ours["error"]["message"]}
    if is_below(path, DIFY):
        known = error.code == "knowledge_not_found"
        code = UNKNOWN_KNOWLEDGE if known else error.status
        return {"error_code": code, "error_msg": ours["error"]["message"]}
    return ours


def headers_of(error: ApiError) -> dict[str, str]:
    """Return what an error tells a client's program about trying again.

    Clients of OpenAI repeat any 5xx twice: of what timed out the work is done and lost, and what
    failed inside or is not configured fails again.  Of a body that was not read to its end the rest
    may still be on the line, so that line is given up.
    """
    if error.status in (429, 503):
        return {"Retry-After": str(RETRY_SECONDS)}
    if error.status in (408, 413):
        return {"Connection": "close"}
    return {"X-Should-Retry": "false"} if error.status >= 500 else {}


def is_below(path: str, place: str) -> bool:
    """Say whether `path` is `place` or below it.

    >>> is_below("/api/embed", "/api"), is_below("/apis", "/api")
    (True, False)
    """
    return path == place or path.startswith(place + "/")
