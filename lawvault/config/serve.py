"""The knobs of serving: the gate, the model's names, and each Ray Serve application."""

import re
from dataclasses import dataclass, field

from lawvault.config.knob import knob
from lawvault.errors import ConfigError

MAX_DOCUMENTS = 10_000


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
        "memory for what the model made of texts it read before; 0: none",
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
