"""JSON answers that hold what an LLM wrote: half characters may be in it, and are shown."""

import json

from fastapi import Response
from pydantic import BaseModel


def json_bytes(value: object) -> bytes:
    r"""Return JSON in UTF-8, half characters, which that cannot say, spelt \udxxx.

    >>> json_bytes({"法": "\ud800"}).decode()
    '{"法":"\\ud800"}'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")


def json_answer(
    answer: BaseModel, headers: dict[str, str] | None = None, *, status: int = 200
) -> Response:
    """Return a record as an answer."""
    content = json_bytes(answer.model_dump(mode="json"))
    return Response(content, status, headers, media_type="application/json")
