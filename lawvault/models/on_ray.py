"""How encoding is spread: parts of a table, each encoded by one worker and written where it lies.

The vectors of (model, table) are an artifact of their own, so mining, evaluation and indexing
share them, and a killed run goes on with the parts that are missing.  A part is a fixed range of
rows, so the vectors don't depend on the number of workers.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from tqdm import tqdm

from lawvault.artifacts import Counts, aside, publish
from lawvault.config.tree import Config
from lawvault.job import session
from lawvault.models.encoder import Encoder, Vectors, build_encoder, set_threads
from lawvault.stages import content_key, digest

log = logging.getLogger(__name__)

PART_ROWS = 512
REVISION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """What to encode: texts that have a name of their own, and the side they are on."""

    name: str  # of the artifact they come from, and which of its texts
    side: str  # queries | documents
    texts: Sequence[str]


def vectors_of(config: Config, model: Path | None, texts: Texts) -> Vectors:
    """Return the vectors of `texts` [n, dimension], memory-mapped, encoding them at most once.

    Args:
        model: a model folder inside an artifact; None is the base of `config.encoder`.
    """
    encoder = config.encoder
    shape = {
        "revision": REVISION,
        "model": model.parent.name if model else content_key(encoder.model),
        "prefixes": [encoder.query_prefix, encoder.document_prefix, encoder.title_separator],
        "max_tokens": encoder.max_tokens,
        "texts": [texts.name, texts.side, len(texts.texts)],
    }
    name = f"vectors-{digest(shape)}"

    def work(folder: Path) -> Counts:
        return _encode(config, model, texts, folder)

    folder = publish(Path(config.home), name, work, about={"stage": "vectors", "shape": shape})
    vectors: Vectors = np.load(folder / "vectors.npy", mmap_mode="r")
    return vectors


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
    vectors = np.concatenate([np.load(_part(folder, part)) for part, _, _ in ranges])
    with aside(folder / "vectors.npy") as path, path.open("wb") as file:
        np.save(file, vectors)
    for part, _, _ in ranges:
        _part(folder, part).unlink()
    return Counts(rows_in=len(texts.texts), rows_out=len(vectors))


def _parts(
    config: Config,
    model: Path | None,
    texts: Texts,
    folder: Path,
    todo: list[tuple[int, int, int]],
) -> Iterator[int]:
    """Encode the parts of `todo` and yield the number of rows of each as it is done."""
    arguments = (config, model, texts.side, folder.resolve())
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

    def __init__(self, config: Config, model: Path | None, side: str, folder: Path) -> None:
        set_threads(config.cluster.threads)
        self.encoder: Encoder = build_encoder(config.encoder, model, cache=config.cache)
        self.encode = getattr(self.encoder, f"encode_{side}")
        self.folder = folder

    def __call__(self, batch: pa.Table) -> pa.Table:
        """Write one part: {part, texts} [1] -> {rows} [1]."""
        part, texts = batch["part"][0].as_py(), batch["texts"][0].as_py()
        with aside(_part(self.folder, part)) as path, path.open("wb") as file:
            np.save(file, self.encode(texts))
        return pa.table({"rows": [len(texts)]})


def _part(folder: Path, part: int) -> Path:
    return folder / f"part-{part:06d}.npy"
