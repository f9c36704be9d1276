"""The frame of every job: name the result, find the inputs, work, seal, say one line.

`launch` is all a job in `jobs/` calls.  `session` is the one place where Ray is started: our own
(`cluster.mode=local`) or one that runs already (`attach`); what we started we stop.
"""

import contextlib
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import yaml

from lawvault.artifacts import Counts, discard, is_sealed, publish, read_manifest
from lawvault.config.tree import Config
from lawvault.errors import ConfigError, MissingInputError
from lawvault.stages import STAGES, name_of

log = logging.getLogger(__name__)

Inputs = dict[str, Path]
StageWork = Callable[[Config, Inputs, Path], Counts]


def launch(stage: str, config: Config, work: StageWork) -> Path:
    """Return the artifact of `stage`, running `work(config, inputs, folder)` if it is not there.

    Raises:
        MissingInputError: an earlier stage has not run with this config.
    """
    start_log()
    home, name = Path(config.home), name_of(stage, config)
    inputs = find_inputs(stage, config)
    if config.force:
        discard(home, name)
    if is_sealed(home / name):
        log.info("%s: done before → %s", stage, home / name)
        return home / name

    def write(folder: Path) -> Counts:
        (folder / "config.yaml").write_text(yaml.safe_dump(asdict(config), allow_unicode=True))
        return work(config, inputs, folder)

    about: dict[str, object] = {
        "stage": stage,
        "inputs": {key: path.name for key, path in inputs.items()},
    }
    folder = publish(home, name, write, about=about)
    manifest = read_manifest(folder)
    log.info(
        "%s: in %s, out %s, rejected %s in %s s → %s",
        *(stage, manifest["rows_in"], manifest["rows_out"], manifest["rejected"]),
        *(manifest["seconds"], folder),
    )
    return folder


def run_stages(config: Config, works: Sequence[StageWork]) -> dict[str, Path]:
    """Return the artifact of every stage by name, running those that are not there, in one Ray."""
    start_log()
    names = [work.__name__ for work in works]
    home = Path(config.home)
    idle = all(is_sealed(home / name_of(name, config)) for name in names) and not config.force
    with contextlib.nullcontext() if idle else session(config):
        return {work.__name__: launch(work.__name__, config, work) for work in works}


def find_inputs(stage: str, config: Config) -> Inputs:
    """Return the sealed artifact of each stage that `stage` reads.

    Raises:
        MissingInputError: one is not there; the message is the command that makes it.
    """
    home, inputs = Path(config.home), {}
    for earlier in STAGES[stage].reads:
        folder = home / name_of(earlier, config)
        if not is_sealed(folder):
            raise MissingInputError(
                f"{stage} needs {folder}: run `python -m jobs.{earlier}` with the same options"
            )
        inputs[earlier] = folder
    return inputs


def start_log() -> None:
    """Send our log to standard output, and nobody else's below a warning."""
    logging.basicConfig(stream=sys.stdout, format="%(message)s", level=logging.WARNING)
    logging.getLogger("lawvault").setLevel(logging.INFO)


@contextlib.contextmanager
def session(config: Config) -> Iterator[None]:
    """Have Ray running inside the block; nothing at all for `cluster.mode=inline`.

    Nested blocks share one Ray; the outermost stops it, and only if it started it.

    Raises:
        ConfigError: the workers would take all CPUs, on which Ray hangs without a word.
    """
    if config.cluster.mode == "inline":
        yield
        return
    import ray  # here, so that inline jobs and their tests never pay for it

    if ray.is_initialized():
        yield
        return
    _start_ray(config)
    try:
        yield
    finally:
        ray.shutdown()


ONE_LOOP = ("RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD", "RAY_SERVE_RUN_ROUTER_IN_SEPARATE_LOOP")
"""What Ray Serve asks its environment in every process: by 0, a call is not handed from thread to
thread, which takes more time than most of what is called.  What computes here does so in threads
of its own, so that health checks find the loop free."""


def _start_ray(config: Config) -> None:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # or a line for every actor pool
    # The coming default, set so that Ray does not warn about it at every start.
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    import ray

    for name in ("ray.data", "ray.train"):
        logging.getLogger(name).setLevel(logging.ERROR)
    quiet = {"logging_level": "ERROR", "log_to_driver": False, "namespace": "lawvault"}
    if config.cluster.mode == "attach" or "RAY_ADDRESS" in os.environ:
        ray.init(**quiet)
        _check_budget(config, float(ray.cluster_resources().get("CPU", 0)))
        return
    _check_budget(config, config.cluster.cpus)
    ours = {name: "0" for name in ONE_LOOP if name not in os.environ}
    os.environ.update(ours)
    try:
        ray.init(
            address="local",
            num_cpus=max(1, round(config.cluster.cpus)),
            object_store_memory=config.cluster.object_store_mb << 20,
            include_dashboard=False,
            **quiet,
        )
    finally:
        for name in ours:  # this process asks Serve without a loop of its own
            del os.environ[name]


def _check_budget(config: Config, cpus: float) -> None:
    """Refuse what Ray would only hang on (ray issue 44687): reading needs half a CPU beside us."""
    wanted = config.cluster.workers * config.cluster.cpus_per_worker
    if wanted > cpus - 0.5:
        raise ConfigError(
            f"cluster.workers x cluster.cpus_per_worker = {wanted:g} CPUs, but of {cpus:g} only "
            f"{max(cpus - 0.5, 0):g} can be given away: lower one of them or raise cluster.cpus"
        )
