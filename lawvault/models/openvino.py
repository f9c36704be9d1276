"""Encoding on a CPU with OpenVINO: a model is converted once, then run in streams.

Why it is fast: a stream is one thread with batches so small that their activations stay in its
core's own cache, so two cores do twice the work of one; bfloat16 wherever the CPU has instructions
for it; pooling and normalisation are part of the graph.  A single batch, as a query is, takes all
threads at once instead.

The converted model lies in the cache, named by what it was made from, and is memory-mapped: all
workers of a machine share one copy of it, and none of them loads the torch model again.
"""

import importlib.util
import json
import logging
import os
import shutil
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawvault.artifacts import aside, write_json
from lawvault.errors import ConfigError
from lawvault.models.packed import alone
from lawvault.models.tokens import literal, saved_tokeniser
from lawvault.stages import content_key, digest

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

log = logging.getLogger(__name__)

STREAM_TOKENS = 1024
"""Padded tokens of a batch in a stream.  Measured on 1 MB of cache a core, e5-small, bfloat16:
512 and 1,024 are equally fast, 4,096 is a fifth slower, 8,192 a third."""
WIDE_TOKENS = 128
"""Padded tokens that are not worth to be shared among streams."""
REVISION = 2
"""Raised when this file makes another graph of the same model."""
KEPT = 8
"""Converted models that stay in the cache, those used last."""
MIN_COSINE = 0.9999
CONVERTIBLE = {"Transformer", "Pooling", "Dense", "Normalize"}
Floats = NDArray[np.float32]
PROBES = ("民法典", "当事人一方不履行合同义务，应当承担继续履行等违约责任。", "离婚 孩子归谁" * 9)


def is_installed() -> bool:
    """Say whether there is an OpenVINO to import."""
    return importlib.util.find_spec("openvino") is not None


def library() -> Any:  # noqa: ANN401 - the module itself
    """Return the module `openvino`, which is kept from reporting its use to its makers.

    Importing it sends an event to a statistics service unless openvino_telemetry is missing.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino


def has_bfloat16() -> bool:
    """Say whether OpenVINO finds instructions for bfloat16 in this CPU."""
    return "BF16" in library().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


class ConvertedModel:
    """A converted model, compiled for this CPU: token ids in, unit vectors out."""

    def __init__(self, folder: Path, *, max_tokens: int, dtype: str, threads: int) -> None:
        openvino = library()
        about = json.loads((folder / "about.json").read_text())
        self.path = f"openvino-cpu-{dtype}"
        self.dimension: int = about["dimension"]
        self.max_tokens: int = min(max_tokens, about["max_tokens"] or max_tokens)
        self.pad_id: int = about["pad_id"]
        self.threads = threads
        settings = {
            "INFERENCE_PRECISION_HINT": "bf16" if dtype == "bfloat16" else "f32",
            "INFERENCE_NUM_THREADS": threads,
            "ENABLE_CPU_PINNING": False,  # two workers would be pinned to the same cores
        }
        core = openvino.Core()
        graph = core.read_model(folder / "model.xml")
        with ThreadPoolExecutor(max_workers=2) as pool:  # a replica that was killed is waited for
            compiled = [
                pool.submit(core.compile_model, graph, "CPU", settings | {"NUM_STREAMS": streams})
                for streams in (1, threads)
            ]
            self.tokeniser = saved_tokeniser(folder / "tokenizer.json", self.max_tokens)
            wide, narrow = (one.result() for one in compiled)
        self.wide = wide.create_infer_request()
        self.streams = openvino.AsyncInferQueue(narrow, threads)
        self.lock = threading.Lock()  # a queue waits for everybody's batches

    def budget(self, ids: list[list[int]], batch_tokens: int) -> int:
        """Return the padded tokens of a batch with which all streams have work and fit a cache."""
        share = -(-sum(len(row) for row in ids) // self.threads)
        return min(batch_tokens, STREAM_TOKENS, max(share, WIDE_TOKENS))

    def vectors(self, ids: list[list[int]], batches: Iterable[list[int]]) -> NDArray[np.float32]:
        """Return [n, dimension] float32 for `ids`, run by `batches` of row numbers."""
        found = np.empty((len(ids), self.dimension), np.float32)

        def keep(rows: list[int], vectors: Floats, _: Floats) -> None:
            found[rows] = vectors

        self._run(ids, batches, keep)
        return found

    def states(
        self, ids: list[list[int]], batches: Iterable[list[int]]
    ) -> tuple[Floats, list[Floats]]:
        """Return what `vectors` does, and the vectors of every row's tokens [tokens, width]."""
        found = np.empty((len(ids), self.dimension), np.float32)
        states = [np.empty((0, 0), np.float32)] * len(ids)

        def keep(rows: list[int], vectors: Floats, padded: Floats) -> None:
            found[rows] = vectors
            for row, own in zip(rows, padded, strict=True):
                states[row] = own[: len(ids[row])].copy()

        self._run(ids, batches, keep)
        return found, states

    def _run(
        self,
        ids: list[list[int]],
        batches: Iterable[list[int]],
        keep: Callable[[list[int], Floats, Floats], None],
    ) -> None:
        """Give `keep` of every batch its rows, their vectors, and those of their padded tokens."""
        batches = list(batches)
        with self.lock:
            if len(batches) == 1:
                output = self.wide.infer(self._padded(ids, batches[0]), share_inputs=True)
                keep(batches[0], output[0], output[1])
                return

            def done(request: Any, rows: list[int]) -> None:  # noqa: ANN401 - an InferRequest
                keep(rows, request.get_output_tensor(0).data, request.get_output_tensor(1).data)

            self.streams.set_callback(done)
            for rows in batches:
                self.streams.start_async(self._padded(ids, rows), rows)
            self.streams.wait_all()

    def _padded(self, ids: list[list[int]], rows: list[int]) -> list[NDArray[np.int64]]:
        longest = max(len(ids[row]) for row in rows)
        tokens = np.full((len(rows), longest), self.pad_id, np.int64)
        mask = np.zeros_like(tokens)
        for place, row in enumerate(rows):
            tokens[place, : len(ids[row])] = ids[row]
            mask[place, : len(ids[row])] = 1
        return [tokens, mask]


def converted_model(
    model: str,
    cache: Path,
    load: Callable[[str], "SentenceTransformer"],
    *,
    max_tokens: int,
    dtype: str,
    threads: int,
) -> ConvertedModel:
    """Return a model folder or hub id, converted at its first use and kept under `cache`.

    A hub id says nothing about what the hub has under it now, so it is converted at every start.

    Args:
        load: gives the torch model; called only if it has to be converted.
        dtype: float32 | bfloat16.

    Raises:
        ConfigError: OpenVINO does not run this model, or not as torch does.
    """
    if Path(model).is_dir():
        folder = _kept(model, cache, load)
        return ConvertedModel(folder, max_tokens=max_tokens, dtype=dtype, threads=threads)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        convert(load(model), Path(place))
        return ConvertedModel(Path(place), max_tokens=max_tokens, dtype=dtype, threads=threads)


def _kept(model: str, cache: Path, load: Callable[[str], "SentenceTransformer"]) -> Path:
    version = library().get_version()
    folder = cache / f"openvino-{digest([content_key(model), version, REVISION])}"
    cache.mkdir(parents=True, exist_ok=True)
    with alone(cache / ".openvino.lock"):
        if not folder.is_dir():
            log.info("encoder: converting %s for OpenVINO → %s", model, folder)
            with aside(folder) as temporary:
                temporary.mkdir()
                convert(load(model), temporary)
        os.utime(folder)
        _forget(cache)
    return folder


def _forget(cache: Path) -> None:
    folders = sorted(cache.glob("openvino-*"), key=lambda folder: folder.stat().st_mtime)
    for folder in folders[:-KEPT]:
        shutil.rmtree(folder)


def convert(model: "SentenceTransformer", folder: Path) -> None:
    """Write `model` into `folder` as a graph of OpenVINO, with its tokenizer and limits.

    Raises:
        ConfigError: OpenVINO cannot take it, or gives other vectors than torch.
    """
    strange = {type(module).__name__ for module in model.children()} - CONVERTIBLE
    if strange:
        raise _unfit(f"it has a module {', '.join(sorted(strange))}")
    openvino = library()
    frontend = openvino.frontend
    example = {"input_ids": _ones(), "attention_mask": _ones()}
    model = model.to("cpu").float().eval()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of tracing; `_check` judges what came out
            graph = openvino.convert_model(_pooled(model), example_input=example)
    except (
        RuntimeError,
        TypeError,
        frontend.OpConversionFailure,
        frontend.GeneralFailure,
    ) as error:
        raise _unfit((str(error).strip().splitlines() or ["no reason given"])[0]) from error
    openvino.save_model(graph, folder / "model.xml", compress_to_fp16=False)
    literal(model.tokenizer).save(str(folder / "tokenizer.json"), pretty=False)
    about = {
        "dimension": model.get_embedding_dimension(),
        "max_tokens": model.max_seq_length,
        "pad_id": model.tokenizer.pad_token_id or 0,
    }
    write_json(about, folder / "about.json")
    _check(model, folder)


def _ones() -> Any:  # noqa: ANN401 - torch is imported late
    import torch

    return torch.ones(2, 9, dtype=torch.long)


def _pooled(model: "SentenceTransformer") -> Any:  # noqa: ANN401 - torch is imported late
    import torch

    class Pooled(torch.nn.Module):
        """The model from ids to unit vectors and to those of the tokens, as one graph."""

        def __init__(self) -> None:
            super().__init__()
            self.inner = model

        def forward(
            self, input_ids: torch.Tensor, attention_mask: torch.Tensor
        ) -> tuple[torch.Tensor, torch.Tensor]:
            features = self.inner({"input_ids": input_ids, "attention_mask": attention_mask})
            vectors = torch.nn.functional.normalize(features["sentence_embedding"].float(), dim=-1)
            return vectors, features["token_embeddings"].float()

    return Pooled().eval()


def _check(model: "SentenceTransformer", folder: Path) -> None:
    """Refuse a graph that is only right for the lengths it was traced with."""
    limit = min(model.max_seq_length or 64, 64)
    converted = ConvertedModel(folder, max_tokens=limit, dtype="float32", threads=1)
    ids = converted.tokeniser(PROBES).ids
    rows = list(range(len(ids)))
    ours = converted.vectors(ids, [rows])
    theirs = np.concatenate([_torch_vector(model, row) for row in ids])
    lowest = float((ours * theirs).sum(axis=1).min())
    if not lowest >= MIN_COSINE and np.isfinite(theirs).all():  # NaN: encoding says so itself
        raise _unfit(f"its vectors are at cosine {lowest:.5f} to those of torch")


def _torch_vector(model: "SentenceTransformer", ids: list[int]) -> NDArray[np.float32]:
    import torch

    row = torch.tensor([ids])
    with torch.inference_mode():
        vector, _ = _pooled(model)(row, torch.ones_like(row))
    return np.asarray(vector.numpy(), np.float32)


def _unfit(reason: str) -> ConfigError:
    return ConfigError(
        f"encoder.engine=openvino cannot run this model: {reason}; use auto or torch"
    )
