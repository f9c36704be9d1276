"""What it means that an LLM's server answers with another status than 200."""

import contextlib
import json
import re
from typing import Any

import httpx2

from lawvault.models.llm_patience import retry_after
from lawvault.models.llm_reply import Failure, LlmError

MAX_BODY = 16_384
KINDS: dict[int, Failure] = {
    401: "auth",
    403: "auth",
    402: "quota",  # DeepSeek: balance used up
    413: "overlong",
    429: "rate",
}
SAID: dict[Failure, str] = {
    "auth": "the LLM's server refuses the key",
    "quota": "the LLM's server says that money or quota is used up",
    "rate": "the LLM's server takes no more requests now",
    "overlong": "the prompt is too long for the LLM's server",
    "refused": "the filter of the LLM's server refuses the prompt",
    "server": "the LLM's server fails",
    "protocol": "the LLM's server does not take the request",
}


async def refusal(response: httpx2.Response, key: str) -> LlmError:
    """Return the error for a response whose status is not 200; its body is read up to 16 KiB.

    The words of the server are part of the message where they may help and hold no secret: not
    where the key was refused, and never the key itself.
    """
    error = _error(await _beginning(response))
    kind = _kind(response.status_code, f"{error.get('code')} {error.get('type')}")
    message = f"{SAID[kind]}: HTTP {response.status_code}"
    words = error.get("message")
    if kind != "auth" and isinstance(words, str):
        message += f", {_harmless(words, key)}"
    asked = retry_after(response.headers.get("retry-after"))
    return LlmError(kind, message, paid=False, retry_after=asked)


def _kind(status: int, code: str) -> Failure:
    if "insufficient_quota" in code:
        return "quota"
    if "context_length" in code or "exceed_context_size" in code:
        return "overlong"
    if "content_filter" in code or "content_policy" in code:
        return "refused"
    return KINDS.get(status, "server" if status >= 500 or status == 408 else "protocol")


async def _beginning(response: httpx2.Response) -> bytes:
    body = b""
    with contextlib.suppress(httpx2.HTTPError):  # the status says enough
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > MAX_BODY:
                break
    return body[:MAX_BODY]


def _error(body: bytes) -> dict[str, Any]:
    """Return the `error` object of a body, empty if there is none: a page of a proxy, perhaps."""
    try:
        error = json.loads(body)["error"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return {}
    return error if isinstance(error, dict) else {"message": error}


def _harmless(words: str, key: str) -> str:
    if key:
        words = words.replace(key, "…")
    words = re.sub(r"(?i)\b(sk-|bearer\s+)\S+", "…", words)
    return " ".join("".join(c if c.isprintable() else " " for c in words).split())[:200]
