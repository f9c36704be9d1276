"""The whole configuration in one tree, and a walk over its knobs."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lawvault.config.agent import AgentConfig
from lawvault.config.knob import knob
from lawvault.config.llm import LlmConfig
from lawvault.config.pipeline import (
    CorpusConfig,
    EncoderConfig,
    EvaluateConfig,
    ExportConfig,
    GenerateConfig,
    IndexConfig,
    IngestConfig,
    MineConfig,
    TrainConfig,
)
from lawvault.config.places import ClusterConfig, StoreConfig
from lawvault.config.serve import ServeConfig

CONF = Path(__file__).parents[2] / "conf"
"""Choices among the knobs, and the prompts: beside the package, in a checkout as in a wheel."""


@dataclass
class Config:
    """The whole pipeline in one tree."""

    home: str = knob("runs", "folder of all artifacts (local or a shared file system)", where=True)
    cache: str = knob(
        "", "folder for unpacked models; empty: lawvault/ in the user's cache folder", where=True
    )
    seed: int = knob(17, "seed of every random choice", low=0, high=2**31 - 1)
    force: bool = knob(False, "run again although the artifact is there", where=True)
    corpus: CorpusConfig = field(default_factory=CorpusConfig)
    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    llm: LlmConfig = field(default_factory=LlmConfig)
    cluster: ClusterConfig = field(default_factory=ClusterConfig)
    ingest: IngestConfig = field(default_factory=IngestConfig)
    generate: GenerateConfig = field(default_factory=GenerateConfig)
    mine: MineConfig = field(default_factory=MineConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    evaluate: EvaluateConfig = field(default_factory=EvaluateConfig)
    index: IndexConfig = field(default_factory=IndexConfig)
    export: ExportConfig = field(default_factory=ExportConfig)
    store: StoreConfig = field(default_factory=StoreConfig)
    agent: AgentConfig = field(default_factory=AgentConfig)
    serve: ServeConfig = field(default_factory=ServeConfig)


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob:
    """One leaf of the tree: its dotted key, default and metadata."""

    key: str
    default: Any
    meaning: str
    low: float | None
    high: float | None
    among: tuple[str, ...]
    where: bool
    content: bool


def knobs(section: object | None = None, prefix: str = "") -> Iterator[Knob]:
    """Yield every knob below `section` (default: a fresh `Config`), in reading order.

    `default` holds the value that `section` has, so that a config can be walked too.
    """
    section = Config() if section is None else section
    for item in dataclasses.fields(section):  # type: ignore[arg-type]
        value = getattr(section, item.name)
        if dataclasses.is_dataclass(value):
            yield from knobs(value, f"{prefix}{item.name}.")
        else:
            yield Knob(key=prefix + item.name, default=value, **item.metadata)
