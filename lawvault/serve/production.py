"""The applications as Ray Serve is told of them: what each is given, how many, of what size.

One description for a laptop, for `serve deploy` and for KubeRay: `applications` makes it from the
config, `python -m jobs.serve` starts it and `document` is the file that `serve.write` leaves.  It
holds no secret: API keys are read by the gateway's replicas, from a file or their environment.
"""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lawvault.config.limits import check_limits
from lawvault.config.serve import ApplicationConfig, RerankerConfig, ServeConfig
from lawvault.config.tree import Config
from lawvault.errors import ConfigError
from lawvault.models.fingerprint import FILE
from lawvault.serve.gate.proxy import ENVIRONMENT
from lawvault.serve.release import dimension_of
from lawvault.store.database import url_of

SPARE_CPUS = 0.5
"""That Ray keeps beside our replicas on a machine of its own."""
OF_ENCODING = ("batch_tokens", "max_waiting_tokens", "embedding_cache_mb")
"""Knobs of `serve` that only those read that encode; the rest are the gateway's."""
SURGE_PERCENT = 25
"""Replicas, at least one, that an update starts before it takes old ones away."""
CLASSES = {
    "embedding": "Embedding",
    "search": "Search",
    "gateway": "Gateway",
    "agent": "Agents",
    "writer": "Writers",
    "reranker": "Reranks",
}
ROOMS = {
    "embedding": "embed",
    "search": "search",
    "gateway": "gate",
    "agent": "agent",
    "writer": "writer",
    "reranker": "rerank",
}


class _Args(BaseModel):
    model_config = ConfigDict(extra="forbid")


class EncodingArgs(_Args):
    """How a replica loads models and encodes with them."""

    threads: int = Field(ge=1)
    cache: str
    serve: ServeConfig

    @model_validator(mode="after")
    def _within_limits(self) -> Self:
        _check(self.serve)
        return self


class EmbeddingArgs(_Args):
    """What a replica of `embedding` is given."""

    release: str
    encoding: EncodingArgs
    health_period_s: float = Field(gt=0)


class SearchArgs(_Args):
    """What a replica of `search` is given; `encoding`: how it embeds its questions itself."""

    release: str
    encoding: EncodingArgs | None = None


class GatewayArgs(_Args):
    """What a replica of `gateway` is given; `dimension` and `created` are the model's."""

    serve: ServeConfig
    dimension: int = Field(ge=1)
    created: int

    @model_validator(mode="after")
    def _within_limits(self) -> Self:
        _check(self.serve)
        return self


class RerankerArgs(_Args):
    """What a replica of `reranker` is given; arithmetic and batches are the encoder's."""

    reranker: RerankerConfig
    threads: int = Field(ge=1)
    batch_tokens: int = Field(ge=1)
    dtype: str


def _check(serve: ServeConfig) -> None:
    try:
        check_limits(serve, "serve.")
        serve.alias_targets()
    except ConfigError as error:
        raise ValueError(str(error)) from error


def applications(config: Config, pointer: Path, model: Path) -> list[dict[str, Any]]:
    """Return the applications in the shape of Serve's own schema, as plain JSON.

    Args:
        pointer: the file that names what is served; see `release.py`.
        model: the model that is served first, for what the gateway tells of it.
    """
    encoding = {
        "threads": config.cluster.threads,
        "cache": str(Path(config.cache).resolve()) if config.cache else "",
        "serve": {name: getattr(config.serve, name) for name in OF_ENCODING},
    }
    args = {
        "embedding": {
            "release": str(pointer),
            "encoding": encoding,
            "health_period_s": config.serve.embedding.health_period_s,
        },
        "search": {
            "release": str(pointer),
            "encoding": encoding if config.serve.search.encodes else None,
        },
        "gateway": {
            "serve": _of_gateway(config.serve),
            "dimension": dimension_of(model),
            "created": int((model / FILE).stat().st_mtime),
        },
        "agent": {
            "store": url_of(config),
            "llm": dataclasses.asdict(config.llm),
            "agent": dataclasses.asdict(config.agent),
        },
        "writer": {"store": url_of(config), "llm": dataclasses.asdict(config.llm)},
        "reranker": {
            "reranker": _of_reranker(config.serve.reranker),
            "threads": config.cluster.threads,
            "batch_tokens": config.encoder.batch_tokens,
            "dtype": config.encoder.dtype,
        },
    }
    return [
        {
            "name": name,
            "route_prefix": "/" if name == "gateway" else None,
            "import_path": f"lawvault.serve.{ROOMS[name]}.on_ray:build",
            "args": args[name],
            "deployments": [{"name": CLASSES[name], **_options(name, application, config)}],
        }
        for name, application in config.serve.applications().items()
    ]


def document(config: Config, pointer: Path, model: Path) -> dict[str, Any]:
    """Return the whole production config, as `serve deploy` and KubeRay take it."""
    return {
        "proxy_location": "EveryNode",
        "http_options": {"host": config.serve.host, "port": config.serve.port},
        "controller_options": {"runtime_env": {"env_vars": dict(ENVIRONMENT)}},
        "logging_config": {"log_level": "WARNING", "enable_access_log": False},
        "applications": applications(config, pointer, model),
    }


def check_room(config: Config) -> None:
    """Refuse more replicas than a Ray of our own has CPUs for: it would wait for them for ever.

    Raises:
        ConfigError: naming the sum and the limit.
    """
    sizes = config.serve.applications().values()
    wanted = sum(application.max_replicas * application.cpus for application in sizes)
    room = config.cluster.cpus - SPARE_CPUS
    if wanted > room + 1e-9:
        raise ConfigError(
            f"serve.*.max_replicas x serve.*.cpus = {wanted:g} CPUs, but of cluster.cpus="
            f"{config.cluster.cpus:g} only {max(room, 0):g} can be given away: lower one of them "
            "or raise cluster.cpus"
        )


def _of_gateway(config: ServeConfig) -> dict[str, Any]:
    """Return the knobs that the gateway reads; a change of any other shall not restart it."""
    own = {
        item.name: getattr(config, item.name)
        for item in dataclasses.fields(config)
        if item.metadata and item.name not in ("write", "publish", *OF_ENCODING)
    }
    if config.keys:  # a replica runs in a folder of its own
        own["keys"] = str(Path(config.keys).resolve())
    return {**own, "reranker": _of_reranker(config.reranker)}


def _of_reranker(config: RerankerConfig) -> dict[str, Any]:
    own = {
        item.name: getattr(config, item.name)
        for item in dataclasses.fields(config)
        if item.metadata
    }
    if config.model and Path(config.model).is_dir():  # a replica runs in a folder of its own
        own["model"] = str(Path(config.model).resolve())
    return own


def _options(name: str, application: ApplicationConfig, config: Config) -> Mapping[str, Any]:
    many = config.serve.max_concurrent
    # More than the gate lets in, so that it is the gate that answers 429.
    enough = 2 * many + 64 if name == "gateway" else many + 16
    return {
        **_replicas(application),
        "max_ongoing_requests": application.max_ongoing or enough,
        "max_queued_requests": application.max_queued,
        "backpressure_config": {"status_code": 429, "retry_after_s": 1},
        "max_surge_percent": SURGE_PERCENT,
        "graceful_shutdown_timeout_s": application.drain_s,
        "graceful_shutdown_wait_loop_s": 0.1,
        "health_check_period_s": application.health_period_s,
        "health_check_timeout_s": application.health_timeout_s,
        "ray_actor_options": _size(name, application, config),
    }


def _replicas(application: ApplicationConfig) -> dict[str, Any]:
    if application.min_replicas == application.max_replicas:
        return {"num_replicas": application.min_replicas}
    scaling = {
        "min_replicas": application.min_replicas,
        "max_replicas": application.max_replicas,
        "target_ongoing_requests": application.target_ongoing,
        "upscale_delay_s": application.upscale_delay_s,
        "downscale_delay_s": application.downscale_delay_s,
    }
    return {"autoscaling_config": scaling}


def _size(name: str, application: ApplicationConfig, config: Config) -> dict[str, float]:
    gpus = application.gpus
    if name == "embedding":
        gpus = gpus or config.cluster.gpus_per_worker
    return {"num_cpus": application.cpus, **({"num_gpus": gpus} if gpus else {})}
