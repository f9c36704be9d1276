"""Where serving runs: three Ray Serve applications, each deployable and scalable by itself.

embedding holds the model, search the data pack, gateway the HTTP surface.  They find each other by
name, so that one can be updated or fail alone: the gateway then answers 503 and says which.
"""

import asyncio
import contextlib
import dataclasses
import errno
import io
import logging
import os
import re
import signal
import socket
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from fastapi import FastAPI
from pydantic import BaseModel
from ray import serve as ray_serve
from ray.exceptions import RayActorError, RayTaskError
from ray.serve.exceptions import RayServeException
from ray.serve.schema import LoggingConfig

from lawvault.artifacts import verify
from lawvault.config import Config, ServeConfig
from lawvault.errors import (
    ConfigError,
    IntegrityError,
    LawVaultError,
    SourceError,
    UpstreamError,
)
from lawvault.job import session, start_log
from lawvault.models.encoder import build_encoder, prefixes_of, set_threads
from lawvault.models.fingerprint import (
    FILE,
    check_canaries,
    check_same,
    read_fingerprint,
)
from lawvault.serve.contract import ApiError, SearchAnswer, SearchRequest, Side
from lawvault.serve.embed.embedder import Embedded, Embedder
from lawvault.serve.gate.access import start_access_log
from lawvault.serve.gate.admission import check_exposure
from lawvault.serve.keys import KeyRing
from lawvault.serve.laws.statutes import Statutes
from lawvault.serve.routes import Calls, build_app
from lawvault.serve.search.searcher import Searcher, answer

log = logging.getLogger(__name__)

READY_SECONDS = 3.0
START_SECONDS = 300.0
QUIET = LoggingConfig(log_level="WARNING", enable_access_log=False)


class Embedding:
    """The model: loads once, proves itself on its canaries, then encodes for everybody."""

    def __init__(self, config: Config, model: Path) -> None:
        set_threads(config.cluster.threads)  # a fractional CPU would leave it one
        encoder = build_encoder(config.encoder, model, cache=config.cache)
        check_canaries(encoder, read_fingerprint(model))
        self._embedder = Embedder(
            encoder, prefixes_of(config.encoder), max_tokens=encoder.max_tokens
        )

    async def embed(self, texts: list[str], side: Side, may_cut: bool) -> Embedded:
        """Return the vectors of `texts`."""
        return await self._embedder.embed(texts, side, may_cut=may_cut)

    async def ready(self) -> str:
        """Answer, which is the point."""
        return "ok"


class Search:
    """The data pack: asks the embedding application for a question's vector, then searches."""

    def __init__(self, model: Path, pack: Path) -> None:
        self._searcher = Searcher(model, pack)
        self._statutes = Statutes(self._searcher.content, self._searcher.lookup)
        self._embedding = App("embedding")

    async def search(self, request: SearchRequest) -> SearchAnswer:
        """Return the hits of one question."""
        return await answer(self._searcher, self._embedding.embed, request)

    async def ask(self, method: str, *request: BaseModel) -> Any:  # noqa: ANN401 - one per method
        """Return what the method of `Statutes` of that name returns."""
        return await asyncio.to_thread(getattr(self._statutes, method), *request)

    async def ready(self) -> str:
        """Answer, which is the point."""
        return "ok"


@ray_serve.ingress()
class Gateway:
    """The HTTP surface; its app is built inside the replica."""

    def __init__(self, config: Config, model: Path) -> None:
        self._config, self._model = config, model

    def __serve_build_asgi_app__(self) -> FastAPI:
        """Return the app; Serve calls this once in each replica."""
        embedding, search = App("embedding"), App("search")

        async def readiness() -> dict[str, str]:
            states = await asyncio.gather(embedding.state(), search.state())
            return dict(zip(("embedding", "search"), states, strict=True))

        start_access_log()
        identity = read_fingerprint(self._model)
        return build_app(
            Calls(
                embed=embedding.embed,
                search=lambda request: search.call("search", request),
                ask=lambda method, *request: search.call("ask", method, *request),
                readiness=readiness,
            ),
            self._config.serve,
            dimension=int(str(identity["dimension"])),
            created=int((self._model / FILE).stat().st_mtime),
            echo_request_id=False,  # Serve's proxy does
        )


class App:
    """Another application, called by name; what Ray reports becomes what our routes know."""

    def __init__(self, name: str) -> None:
        self._name = name

    async def call(self, method: str, *arguments: object) -> Any:  # noqa: ANN401 - as `method` does
        """Return what `method` of the application returns, or raise what it raised.

        Raises:
            ApiError: the application does not run (503).
        """
        try:
            handle = ray_serve.get_app_handle(self._name)
            return await getattr(handle, method).remote(*arguments)
        except RayTaskError as error:
            raise error.cause from error
        except (RayServeException, RayActorError) as error:
            log.warning("serve: %s does not answer: %s", self._name, error)
            raise ApiError(
                503, f"{self._name}_unavailable", f"依赖 {self._name} 暂不可用，请稍后重试"
            ) from error

    async def embed(self, texts: list[str], side: Side, *, may_cut: bool = False) -> Embedded:
        """Return the vectors of `texts` from an embedding application."""
        embedded: Embedded = await self.call("embed", texts, side, may_cut)
        return embedded

    async def state(self) -> str:
        """Return `ok`, or a word for what is wrong."""
        try:
            return str(await asyncio.wait_for(self.call("ready"), READY_SECONDS))
        except TimeoutError:
            return "no answer"
        except ApiError as error:
            return error.code


def serve(config: Config, model: Path, pack: Path) -> None:
    """Serve until a signal comes; return on SIGTERM.

    Args:
        model: a model folder with its fingerprint.
        pack: the data pack that this model built.

    Raises:
        ConfigError: the address cannot be listened on, or the config rules Ray Serve out, or other
            machines could call without a key.
        IntegrityError: the pack is damaged, or belongs to another model.
        UpstreamError: an application does not come up.
        KeyboardInterrupt: Ctrl-C.
    """
    begin = time.monotonic()
    start_log()
    if config.cluster.mode == "inline":
        raise ConfigError("serve runs on Ray Serve: choose cluster=laptop, gpu or attach")
    check_exposure(config.serve)
    check_address(config.serve)
    check_same(model, pack)
    verify(pack)
    try:
        with session(config), _terminable(), running(config, model, pack):
            _announce(config.serve, time.monotonic() - begin)
            signal.pause()
    except _Terminated:
        log.info("serve: stopped")


@contextlib.contextmanager
def running(config: Config, model: Path, pack: Path) -> Iterator[None]:
    """Have the three applications up inside the block, on a Ray that runs already.

    Raises:
        ConfigError: the Ray that we attached to serves already.
        UpstreamError, IntegrityError: an application does not come up.
    """
    if ray_serve.status().proxies:
        raise ConfigError(
            "this Ray cluster runs Ray Serve already: stop that with `serve shutdown`"
        )
    logging.getLogger("ray.serve").setLevel(logging.ERROR)
    try:
        ray_serve.start(
            proxy_location="HeadOnly",
            http_options={"host": config.serve.host, "port": config.serve.port},
            logging_config=QUIET,
        )
        ray_serve.run_many(
            _targets(config, model.resolve(), pack.resolve()),
            wait_for_ingress_deployment_creation=False,
            wait_for_applications_running=False,
        )
        _wait_until_up(config.serve)
        yield
    finally:
        # Serve's controller ends by killing itself, which Ray prints as a failure.
        with contextlib.redirect_stdout(io.StringIO()):
            ray_serve.shutdown()


def _targets(config: Config, model: Path, pack: Path) -> list[ray_serve.RunTarget]:
    """Return the applications; together they take less than one CPU, so that any Ray has room."""
    many = config.serve.max_concurrent
    if config.serve.keys:  # a replica runs in a folder of its own
        keys = str(Path(config.serve.keys).resolve())
        config = dataclasses.replace(config, serve=dataclasses.replace(config.serve, keys=keys))
    device: dict[str, float] = {"num_cpus": 0.5}
    if config.cluster.gpus_per_worker:
        device = {"num_cpus": 0.5, "num_gpus": config.cluster.gpus_per_worker}
    applications = (
        (_deployment(Embedding, device, many + 16).bind(config, model), "embedding", None),
        (_deployment(Search, {"num_cpus": 0.2}, many + 16).bind(model, pack), "search", None),
        # More than the admission gate lets in, so that it is the gate that answers 429.
        (
            _deployment(Gateway, {"num_cpus": 0.2}, 2 * many + 64).bind(config, model),
            "gateway",
            "/",
        ),
    )
    return [
        ray_serve.RunTarget(target=target, name=name, route_prefix=prefix)
        for target, name, prefix in applications
    ]


def _deployment(work: type, device: dict[str, float], max_ongoing: int) -> Any:  # noqa: ANN401 - Ray
    return ray_serve.deployment(
        work,
        ray_actor_options=device,
        max_ongoing_requests=max_ongoing,
        max_constructor_retry_count=2,
        graceful_shutdown_wait_loop_s=0.1,
        logging_config=QUIET,
    )


def _wait_until_up(config: ServeConfig) -> None:
    """Return when the gateway says that it and its dependencies answer."""
    deadline = time.monotonic() + START_SECONDS
    while not _is_ready(config):
        for name, application in ray_serve.status().applications.items():
            if application.status == "DEPLOY_FAILED":
                words = [status.message for status in application.deployments.values()]
                raise _failure(name, "\n".join([application.message, *words]))
        if time.monotonic() > deadline:
            raise UpstreamError(f"{url_of(config)} is not ready after {START_SECONDS:.0f} s")
        time.sleep(0.2)


def _is_ready(config: ServeConfig) -> bool:
    try:
        with urllib.request.urlopen(f"{url_of(config)}/health/ready", timeout=5) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


def _failure(name: str, message: str) -> LawVaultError:
    """Return the error that a replica's traceback ends with, one of ours if it was one of ours."""
    ends = re.findall(r"^(?:\S+\.)?(\w*Error): (.*)$", message, re.MULTILINE)
    kind, reason = ends[-1] if ends else ("", message.strip().splitlines()[-1])
    known = {"IntegrityError": IntegrityError, "SourceError": SourceError}
    if kind in known:
        return known[kind](reason)
    return UpstreamError(f"application {name} does not start: {kind} {reason}")


def check_address(config: ServeConfig) -> None:
    """Refuse an address that cannot be listened on, before anything heavy starts.

    Raises:
        ConfigError: the port is taken, or the host is none of this machine's.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            config.host, config.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConfigError(
                f"port {config.port} on {config.host} is taken: choose another, as in "
                f"serve.port={config.port + 1 if config.port < 65535 else 8000}"
            ) from error
        raise ConfigError(
            f"serve.host={config.host} serve.port={config.port} cannot be listened on: "
            f"{error.strerror}"
        ) from error


def url_of(config: ServeConfig) -> str:
    """Return where a browser on this machine finds the service."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(config.host, config.host)
    return f"http://[{host}]:{config.port}" if ":" in host else f"http://{host}:{config.port}"


def _announce(config: ServeConfig, seconds: float) -> None:
    url, json_type = url_of(config), "-H 'Content-Type: application/json'"
    if KeyRing.load(config.keys, os.environ).required:
        json_type += " -H 'Authorization: Bearer YOUR_KEY'"
    log.info("serve: ready in %.1f s → %s (Ctrl-C stops)", seconds, url)
    log.info(
        '  curl %s/v1/search %s -d \'{"query": "公司拖欠工资怎么办", "k": 3}\'', url, json_type
    )
    log.info(
        '  curl %s/v1/embeddings %s -d \'{"model": "%s", "input": "公司拖欠工资怎么办"}\'',
        *(url, json_type, config.model_name),
    )


class _Terminated(BaseException):
    """SIGTERM came: as Ctrl-C, but a wanted end."""


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """Turn the first SIGTERM inside the block into `_Terminated`; a second one kills.

    To be entered after Ray has started, which sets a handler of its own.
    """

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        raise _Terminated

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
