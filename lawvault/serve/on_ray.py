"""Where serving runs: Ray Serve applications, each deployable and scalable by itself.

embedding holds the model, search the data pack, agent works on questions, writer on documents,
gateway is the HTTP surface, and reranker, where one is wanted, holds the cross-encoder.  They find
each other by name, so that one can be updated or fail alone: the gateway then answers 503 and says
which.  This module starts them on a Ray of our own, writes the file by which a cluster starts the
same, or has what runs already go over to another model and data pack.
"""

import asyncio
import contextlib
import errno
import http.client
import io
import logging
import os
import re
import signal
import socket
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import yaml
from ray import serve as ray_serve
from ray.serve.exceptions import RayServeException
from ray.serve.schema import ServeDeploySchema

from lawvault.artifacts import aside
from lawvault.config.serve import ServeConfig
from lawvault.config.tree import Config
from lawvault.errors import (
    ConfigError,
    IntegrityError,
    LawVaultError,
    SourceError,
    UpstreamError,
)
from lawvault.job import session, start_log
from lawvault.serve.agent.on_ray import AgentArgs, Agents
from lawvault.serve.apps.on_ray import QUIET, bound
from lawvault.serve.embed.on_ray import Embedding
from lawvault.serve.gate.admission import check_exposure, is_loopback
from lawvault.serve.gate.on_ray import Gateway
from lawvault.serve.gate.proxy import ENVIRONMENT
from lawvault.serve.keys import VARIABLE, KeyRing
from lawvault.serve.production import (
    EmbeddingArgs,
    GatewayArgs,
    RerankerArgs,
    SearchArgs,
    applications,
    check_room,
    document,
)
from lawvault.serve.release import check_release, pointer_of, publish, release_of, write_release
from lawvault.serve.rerank.on_ray import Reranks
from lawvault.serve.search.on_ray import Search
from lawvault.serve.writer.on_ray import WriterArgs, Writers

log = logging.getLogger(__name__)

START_SECONDS = 300.0
DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Opens addresses of this machine, whatever proxy the environment names."""
STOP_SECONDS = 9.0
"""That replicas without requests have to write down what they do: runs and drafts in work."""
NOTICE_SECONDS = 1.0
"""Between saying "not ready" and taking no more requests."""
WORKS = {
    "embedding": (Embedding, EmbeddingArgs),
    "search": (Search, SearchArgs),
    "gateway": (Gateway, GatewayArgs),
    "agent": (Agents, AgentArgs),
    "writer": (Writers, WriterArgs),
    "reranker": (Reranks, RerankerArgs),
}


def carry_out(config: Config, model: Path, pack: Path) -> None:
    """Write the production config, publish, or serve until a signal comes, as the config says.

    Args:
        model: a model folder with its fingerprint.
        pack: the data pack that this model built.

    Raises:
        LawVaultError: as `write_production`, `release.publish` and `serve`.
    """
    start_log()
    if config.serve.write:
        write_production(config, model, pack)
    elif config.serve.publish:
        release, pointer = release_of(config, model, pack), pointer_of(config)
        before = publish(release, pointer)
        log.info("serve: %s now names %s, before %s", pointer, release.pack, before.pack)
    else:
        serve(config, model, pack)


def write_production(config: Config, model: Path, pack: Path) -> None:
    """Write the file that `serve deploy` takes, and what is to be served if nothing is yet.

    Raises:
        IntegrityError: the pack is damaged, or belongs to another model.
    """
    target, pointer = Path(config.serve.write), pointer_of(config)
    release = release_of(config, model, pack)
    check_release(release)
    described = document(config, pointer, model)
    ServeDeploySchema.model_validate(described)
    if not pointer.exists():
        write_release(release, pointer)
    with aside(target) as path:
        text = yaml.safe_dump(described, sort_keys=False, allow_unicode=True)
        path.write_text(f"# serve deploy {target.name}\n{text}", encoding="utf-8")
    log.info("serve: wrote %s; what is served: %s", target, pointer)
    if not is_loopback(config.serve.host) and not config.serve.keys:
        log.warning("serve: every node needs %s, or its gateways do not start", VARIABLE)


def serve(config: Config, model: Path, pack: Path) -> None:
    """Serve until a signal comes; return on SIGTERM, once requests in work are answered.

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
    if config.cluster.mode == "local":
        check_room(config)
    check_exposure(config.serve)
    check_address(config.serve)
    check_release(release_of(config, model, pack))
    try:
        with session(config), _terminable(), running(config, model, pack):
            _announce(config.serve, time.monotonic() - begin)
            try:
                signal.pause()
            finally:
                drain(config.serve)
    except _Terminated as told:
        log.info("serve: stopped in %.1f s", time.monotonic() - told.at)


@contextlib.contextmanager
def running(config: Config, model: Path, pack: Path) -> Iterator[None]:
    """Have the applications up inside the block, on a Ray that runs already.

    Raises:
        ConfigError: the Ray that we attached to serves already.
        UpstreamError, IntegrityError: an application does not come up.
    """
    if ray_serve.status().proxies:
        raise ConfigError(
            "this Ray cluster runs Ray Serve already: stop that with `serve shutdown`"
        )
    logging.getLogger("ray.serve").setLevel(logging.ERROR)
    pointer = pointer_of(config)
    write_release(release_of(config, model, pack), pointer)
    patience = 0.0  # before they are up, replicas have nothing that they must end
    is_told_to_end = False
    try:
        ray_serve.start(
            proxy_location="HeadOnly",
            http_options={"host": config.serve.host, "port": config.serve.port},
            logging_config=QUIET,
            controller_options={"runtime_env": {"env_vars": dict(ENVIRONMENT)}},
        )
        deploy(applications(config, pointer, model))
        _wait_until_up(config.serve)
        patience = STOP_SECONDS
        yield
    except (KeyboardInterrupt, _Terminated):
        is_told_to_end = True
        raise
    finally:
        # Serve's controller ends by killing itself, which Ray prints as a failure.
        with contextlib.redirect_stdout(io.StringIO()):
            if is_told_to_end and config.cluster.mode != "attach":
                _shut_down(patience)
            else:
                ray_serve.shutdown()


def _shut_down(patience: float) -> None:
    """End Serve; what has not ended after `patience` seconds ends with the Ray that is ours.

    A replica that still loads its model cannot be asked to end, and Serve waits for it.
    """
    try:
        asyncio.run(asyncio.wait_for(ray_serve.shutdown_async(), NOTICE_SECONDS + patience))
    except TimeoutError:
        log.info("serve: some replicas have not ended by themselves and are ended")


def deploy(described: list[dict[str, Any]]) -> None:
    """Start or update applications that `applications` describes; return before they are up."""
    ray_serve.run_many(
        [_target(application) for application in described],
        wait_for_ingress_deployment_creation=False,
        wait_for_applications_running=False,
    )


def _target(described: Mapping[str, Any]) -> ray_serve.RunTarget:
    work, args = WORKS[described["name"]]
    return ray_serve.RunTarget(
        target=bound(work, args(**described["args"]), described["deployments"][0]),
        name=described["name"],
        route_prefix=described["route_prefix"],
    )


def drain(config: ServeConfig) -> None:
    """Say not ready, take no more requests, and return when those in work are answered.

    That takes at most `gateway.drain_s` seconds.
    """
    log.info("serve: ends when what is in work is answered; a second signal ends it now")
    try:
        ray_serve.get_app_handle("gateway").broadcast("drain").results(timeout_s=NOTICE_SECONDS)
    except (RayServeException, TimeoutError) as error:
        log.warning("serve: the gateway could not be told: %s", error)
    time.sleep(NOTICE_SECONDS)
    ray_serve.delete("gateway")


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
        with DIRECTLY.open(f"{url_of(config)}/health/ready", timeout=5) as reply:
            return bool(reply.status == 200)
    except (OSError, http.client.HTTPException):
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
    """SIGTERM came: as Ctrl-C, but a wanted end.  `at` is when, by the monotonic clock."""

    def __init__(self) -> None:
        super().__init__()
        self.at = time.monotonic()


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
