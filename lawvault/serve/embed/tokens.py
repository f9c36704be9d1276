"""Texts that came as token ids of OpenAI's cl100k_base, which LangChain sends to any server.

Such ids mean nothing to our model, so they become text again.  That needs nothing but the list of
cl100k_base's byte strings: a file that tiktoken fetches at its first use and that LlamaIndex ships.
We read that file where it lies and never fetch it.
"""

import base64
import functools
import hashlib
import importlib.util
import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from lawvault.serve.contract import ApiError

log = logging.getLogger(__name__)

FILE = "9b5ad71b2ce5302211f9c61530b329a4922fc6a4"  # as tiktoken names it in its cache
SHA256 = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"


def texts_of(arrays: Sequence[Sequence[int]]) -> list[str]:
    """Return the text of each array; half a character at a cut becomes U+FFFD, as in tiktoken.

    Raises:
        ApiError: there is no vocabulary here, or an id is none of a text (400).
    """
    pieces = _vocabulary()
    if pieces is None:
        raise ApiError(
            400,
            "token_arrays_unsupported",
            "input 是 token 数组，而本服务没有 cl100k_base 词表，无法还原成文本：请直接发送文本"
            "（LangChain 设 check_embedding_ctx_length=False），或请管理员安装 lawvault[compat]",
            "input",
        )
    return [_text(tokens, pieces, index) for index, tokens in enumerate(arrays)]


def _text(tokens: Sequence[int], pieces: Sequence[bytes], index: int) -> str:
    if not all(0 <= token < len(pieces) for token in tokens):
        raise ApiError(
            400,
            "invalid_tokens",
            f"input[{index}] 有不属于 cl100k_base 文本的 token 编号（须在 0 至 "
            f"{len(pieces) - 1} 之间）；其他词表的编号无法还原，请直接发送文本",
            f"input[{index}]",
        )
    return b"".join(pieces[token] for token in tokens).decode(errors="replace")


def _vocabulary() -> tuple[bytes, ...] | None:
    for folder in _folders():
        pieces = _read(folder / FILE)
        if pieces:
            return pieces
    return None


def _folders() -> Iterator[Path]:
    """Yield where the vocabulary may lie: where tiktoken is told to look, then LlamaIndex."""
    if told := os.environ.get("TIKTOKEN_CACHE_DIR"):
        yield Path(told)
    if importlib.util.find_spec("llama_index") is None:
        return
    spec = importlib.util.find_spec("llama_index.core")  # found, not imported: that takes seconds
    for place in (spec and spec.submodule_search_locations) or ():
        yield Path(place) / "_static" / "tiktoken_cache"


@functools.lru_cache(maxsize=4)
def _read(path: Path) -> tuple[bytes, ...] | None:
    """Return the byte string of every id, or None if `path` is not that file."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    if hashlib.sha256(content).hexdigest() != SHA256:
        log.warning("serve: %s is not the vocabulary that it is named for, and is not used", path)
        return None
    return tuple(base64.b64decode(line.split()[0]) for line in content.splitlines())
