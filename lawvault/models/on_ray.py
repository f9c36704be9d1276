"""How encoding is spread: parts of a table, each encoded by one worker and written where it lies.

The vectors of (model, table) are an artifact of their own, so mining, evaluation and indexing
share them, and a killed run goes on with the parts that are missing.  A part is a fixed range of
rows, so the vectors don't depend on the number of workers.

Where late interaction will need them, the small form of the states of every text (`models.states`)
is kept beside its vector: both come out of one pass through the model.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from tqdm import tqdm

from lawvault.artifacts import Counts, aside, publish
from lawvault.config.tree import Config
from lawvault.job import session
from lawvault.models import states
from lawvault.models.encoder import Encoder, Vectors, build_encoder, set_threads
from lawvault.models.states import Codes, Ends
from lawvault.stages import content_key, digest

log = logging.getLogger(__name__)

PART_ROWS = 512
REVISION = 1
CENTRE_TEXTS = 64
"""Texts, evenly over all, whose states have the centre that all are told from.

Beside the mean of all states it costs nothing that dev questions show; that of canaries does.
"""
VECTORS, CODES, ENDS, CENTRE = "vectors.npy", "codes.npy", "ends.npy", "centre.npy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """What to encode: texts that have a name of their own, and the side they are on."""

    name: str  # of the artifact they come from, and which of its texts
    side: str  # queries | documents
    texts: Sequence[str]
    states: bool = False  # keep those of documents, too


@dataclass(frozen=True, slots=True, kw_only=True)
class States:
    """The small form of the states of texts, one text after another, and what it is told from.

    ends: [texts] after how many states, from the first text's on, those of each end.
    """

    codes: Codes
    ends: Ends
    centre: Vectors


def vectors_of(config: Config, model: Path | None, texts: Texts) -> Vectors:
    """Return the vectors of `texts` [n, dimension], memory-mapped, encoding them at most once.

    Args:
        model: a model folder inside an artifact; None is the base of `config.encoder`.
    """
    vectors: Vectors = np.load(_folder(config, model, texts) / VECTORS, mmap_mode="r")
    return vectors


def states_of(config: Config, model: Path | None, texts: Texts) -> States:
    """Return the states of `texts`, which ask for them; made with their vectors, memory-mapped."""
    folder = _folder(config, model, texts)
    return States(
        codes=np.load(folder / CODES, mmap_mode="r"),
        ends=np.load(folder / ENDS),
        centre=np.load(folder / CENTRE),
    )


def _folder(config: Config, model: Path | None, texts: Texts) -> Path:
    """Return the artifact that holds the vectors of `texts`, made at most once."""
    encoder = config.encoder
    shape = {
        "revision": REVISION,
        "model": model.parent.name if model else content_key(encoder.model),
        "prefixes": [encoder.query_prefix, encoder.document_prefix, encoder.title_separator],
        "max_tokens": encoder.max_tokens,
        "texts": [texts.name, texts.side, len(texts.texts)],
    }
    if texts.states:
        shape["states"] = states.REVISION
    name = f"vectors-{digest(shape)}"

    def work(folder: Path) -> Counts:
        return _encode(config, model, texts, folder)

    return publish(Path(config.home), name, work, about={"stage": "vectors", "shape": shape})


def _encode(config: Config, model: Path | None, texts: Texts, folder: Path) -> Counts:
    ranges = [
        (part, begin, min(begin + PART_ROWS, len(texts.texts)))
        for part, begin in enumerate(range(0, len(texts.texts), PART_ROWS))
    ]
    todo = [row for row in ranges if not _part(folder, row[0]).is_file()]
    done_before = sum(end - begin for _, begin, end in ranges) - sum(e - b for _, b, e in todo)
    label = f"encode {texts.side} with {'tuned' if model else 'base'} model"
    with (
        session(config),
        tqdm(total=len(texts.texts), initial=done_before, desc=label, mininterval=5) as bar,
    ):
        for rows in _parts(config, model, texts, folder, todo):
            bar.update(rows)
    parts = [part for part, _, _ in ranges]
    if texts.states:
        _join_states(folder, parts)
    vectors = np.concatenate([np.load(_part(folder, part)) for part in parts])
    _save(folder / VECTORS, vectors)
    for path in folder.glob("part-*.npy"):
        path.unlink()
    return Counts(rows_in=len(texts.texts), rows_out=len(vectors))


def _join_states(folder: Path, parts: Sequence[int]) -> None:
    """Write the states of all parts into one file, which they need not fit into memory for."""
    counts = np.concatenate([np.load(_part(folder, part, "counts")) for part in parts])
    codes = [np.load(_part(folder, part, "codes"), mmap_mode="r") for part in parts]
    shape = (int(counts.sum()), codes[0].shape[1])
    with aside(folder / CODES) as path:
        joined = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
        np.concatenate(codes, out=joined)
        joined.flush()
    _save(folder / ENDS, np.cumsum(counts))


def _save(target: Path, array: "np.ndarray[Any, Any]") -> None:
    with aside(target) as path, path.open("wb") as file:
        np.save(file, array)


def _parts(
    config: Config,
    model: Path | None,
    texts: Texts,
    folder: Path,
    todo: list[tuple[int, int, int]],
) -> Iterator[int]:
    """Encode the parts of `todo` and yield the number of rows of each as it is done."""
    every = max(len(texts.texts) // CENTRE_TEXTS, 1)
    sample = list(texts.texts[::every][:CENTRE_TEXTS]) if texts.states else []
    arguments = (config, model, texts.side, folder.resolve(), sample)
    batches = [{"part": part, "texts": list(texts.texts[begin:end])} for part, begin, end in todo]
    if config.cluster.mode == "inline":
        worker = EncodePart(*arguments)
        for batch in batches:
            yield worker(pa.Table.from_pylist([batch]))["rows"][0].as_py()
        return
    import ray

    context = ray.data.DataContext.get_current()  # the bar of `_encode` is the one to see
    logging.getLogger("ray.data").setLevel(logging.ERROR)  # which the line before has reset
    context.print_on_execution_start = context.enable_progress_bars = False
    cluster = config.cluster
    encoded = ray.data.from_arrow([pa.Table.from_pylist([batch]) for batch in batches]).map_batches(
        EncodePart,
        fn_constructor_args=arguments,
        batch_format="pyarrow",
        batch_size=1,
        compute=ray.data.ActorPoolStrategy(size=min(cluster.workers, max(len(todo), 1))),
        **(
            {"num_gpus": cluster.gpus_per_worker}
            if cluster.gpus_per_worker
            else {"num_cpus": cluster.cpus_per_worker}
        ),
    )
    for table in encoded.iter_batches(batch_format="pyarrow", batch_size=1):
        yield table["rows"][0].as_py()


class EncodePart:
    """One worker: loads the encoder once, then encodes part after part."""

    def __init__(
        self,
        config: Config,
        model: Path | None,
        side: str,
        folder: Path,
        sample: Sequence[str] = (),
    ) -> None:
        """Encode into `folder`; with texts of a `sample`, keep states, told from its centre."""
        set_threads(config.cluster.threads)
        self.encoder: Encoder = build_encoder(config.encoder, model, cache=config.cache)
        self.side, self.folder = side, folder
        self.centre: Vectors | None = None
        if sample:
            self.centre = states.centre_of(self._states(sample)[1])  # every worker has the same

    def __call__(self, batch: pa.Table) -> pa.Table:
        """Write one part: {part, texts} [1] -> {rows} [1]."""
        part, texts = batch["part"][0].as_py(), batch["texts"][0].as_py()
        if self.centre is None:
            vectors = getattr(self.encoder, f"encode_{self.side}")(texts)
        else:
            vectors, found = self._states(texts)
            codes = states.coded(np.concatenate(found), self.centre)
            if part == 0:  # one of all workers, which would be in each other's way
                _save(self.folder / CENTRE, self.centre)
            _save(_part(self.folder, part, "codes"), codes)
            _save(_part(self.folder, part, "counts"), np.array([len(one) for one in found]))
        _save(_part(self.folder, part), vectors)  # the last, which says that the part is done
        return pa.table({"rows": [len(texts)]})

    def _states(self, texts: Sequence[str]) -> tuple[Vectors, list[Vectors]]:
        prefix = self.encoder.prefixes.document
        return self.encoder.encode_states(self.encoder.tokenize([prefix + t for t in texts]).ids)


def _part(folder: Path, part: int, what: str = "") -> Path:
    return folder / f"part-{part:06d}{what and '.'}{what}.npy"
