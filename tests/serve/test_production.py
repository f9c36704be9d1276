"""The production config: what Serve's schema takes, what the builders take, and no secret."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError
from ray.serve.schema import ServeDeploySchema

from lawvault.config.limits import checked
from lawvault.config.serve import ApplicationConfig, RerankerConfig, SearchConfig, ServeConfig
from lawvault.config.tree import Config
from lawvault.errors import ConfigError, IntegrityError
from lawvault.serve.on_ray import WORKS, carry_out, write_production
from lawvault.serve.production import (
    CLASSES,
    ROOMS,
    EmbeddingArgs,
    GatewayArgs,
    SearchArgs,
    check_room,
)
from lawvault.serve.release import pointer_of, read_release, release_of, write_release

ROOT = Path(__file__).parents[2]


@pytest.fixture
def config(finished, tmp_path) -> Config:
    config = copy.deepcopy(finished.config)
    config.home = str(tmp_path / "vault")
    config.serve = ServeConfig(write=str(tmp_path / "serve.yaml"))
    return config


@pytest.fixture(scope="module")
def pair(finished) -> tuple[Path, Path]:
    return finished.artifacts["train"] / "model", finished.artifacts["index"]


def written(config: Config, pair: tuple[Path, Path]) -> dict[str, Any]:
    carry_out(config, *pair)
    return yaml.safe_load(Path(config.serve.write).read_text())


def application(document: dict[str, Any], name: str) -> dict[str, Any]:
    return next(app for app in document["applications"] if app["name"] == name)


def test_the_file_is_what_serve_deploy_takes_and_lies_there_whole(config, pair, tmp_path):
    document = written(config, pair)

    schema = ServeDeploySchema.model_validate(document)
    names = [app.name for app in schema.applications]
    assert names == ["embedding", "search", "agent", "writer", "gateway"]
    assert schema.http_options.host == "127.0.0.1"  # Serve's own default lets everybody in
    assert sorted(path.name for path in tmp_path.iterdir()) == ["serve.yaml", "vault"]


def test_each_application_is_built_by_the_function_its_import_path_names(config, pair):
    document = written(config, pair)

    for app in document["applications"]:
        work, args = WORKS[app["name"]]
        module, _, function = app["import_path"].partition(":")
        assert (module, function) == (work_module(app["name"]), "build")
        args(**app["args"])
        assert app["deployments"][0]["name"] == CLASSES[app["name"]]
        assert app["deployments"][0]["name"] in repr(work)


def work_module(name: str) -> str:
    return f"lawvault.serve.{ROOMS[name]}.on_ray"


def test_every_path_in_it_is_absolute_and_the_pointer_names_the_pair(config, pair):
    config.serve.keys = "keys.json"

    document = written(config, pair)

    pointer = Path(application(document, "embedding")["args"]["release"])
    assert pointer.is_absolute()
    assert read_release(pointer) == release_of(config, *pair)
    assert Path(application(document, "gateway")["args"]["serve"]["keys"]).is_absolute()


def test_writing_again_changes_nothing_of_what_is_served(config, pair):
    served = release_of(config, *pair).model_copy(update={"pack": pair[1].with_name("before")})
    write_release(served, pointer_of(config))

    written(config, pair)

    assert read_release(pointer_of(config)) == served


def test_it_holds_no_secret(config, pair, monkeypatch):
    monkeypatch.setenv("LAWVAULT_API_KEYS", "sk-never-to-be-seen-anywhere-000000")

    written(config, pair)

    assert "never-to-be-seen" not in Path(config.serve.write).read_text()


def test_knobs_become_the_numbers_of_the_deployment(config, pair):
    config.serve.search = SearchConfig(
        min_replicas=2, max_replicas=6, target_ongoing=5, cpus=1.5, drain_s=7, max_queued=9
    )
    config.cluster.gpus_per_worker = 1

    document = written(config, pair)

    search = application(document, "search")["deployments"][0]
    assert search["autoscaling_config"]["min_replicas"] == 2
    assert search["autoscaling_config"]["max_replicas"] == 6
    assert search["autoscaling_config"]["target_ongoing_requests"] == 5
    assert search["ray_actor_options"] == {"num_cpus": 1.5}
    assert (search["graceful_shutdown_timeout_s"], search["max_queued_requests"]) == (7, 9)
    embedding = application(document, "embedding")["deployments"][0]
    assert embedding["ray_actor_options"] == {"num_cpus": 0.5, "num_gpus": 1}
    assert embedding["num_replicas"] == 1


def test_the_gate_refuses_before_a_replica_does(config, pair):
    config.serve.max_concurrent = 300

    document = written(config, pair)

    limits = [app["deployments"][0]["max_ongoing_requests"] for app in document["applications"]]
    assert all(limit > 300 for limit in limits)


def test_a_knob_of_one_application_leaves_the_others_as_they_are(config, pair):
    config.serve.search.encodes = False
    before = written(config, pair)
    config.serve.embedding.max_replicas = 3
    config.serve.batch_tokens = 64

    after = written(config, pair)

    for name in ("search", "gateway"):
        assert application(after, name) == application(before, name)
    assert application(after, "embedding") != application(before, "embedding")


def test_a_pack_of_another_model_is_refused_and_nothing_is_written(config, pair, finished):
    with pytest.raises(IntegrityError):
        write_production(config, finished.artifacts["train"] / "model", pair[0])

    assert not Path(config.serve.write).exists()
    assert not pointer_of(config).exists()


GATEWAY = {"serve": {}, "dimension": 32, "created": 0}
ENCODING = {"threads": 1, "cache": "", "serve": {}}
EMBEDDING = {"release": "/r", "encoding": ENCODING, "health_period_s": 1}


@pytest.mark.parametrize(
    ("args", "given", "place"),
    [
        (SearchArgs, {"release": "/r", "pack": "/p"}, "pack"),
        (SearchArgs, {}, "release"),
        (GatewayArgs, {**GATEWAY, "serve": {"max_input": 3}}, "serve.max_input"),
        (GatewayArgs, {**GATEWAY, "serve": {"port": "many"}}, "serve.port"),
        (GatewayArgs, {**GATEWAY, "serve": {"max_inputs": 0}}, ""),
        (GatewayArgs, {**GATEWAY, "serve": {"aliases": ["a=b"]}}, ""),
        (EmbeddingArgs, {**EMBEDDING, "encoding": {**ENCODING, "threads": 0}}, "encoding.threads"),
        (SearchArgs, {"release": "/r", "encoding": {"threads": 1}}, "encoding.cache"),
        (EmbeddingArgs, {**EMBEDDING, "model": "/m"}, "model"),
    ],
)
def test_a_builder_refuses_what_it_does_not_know_with_the_place(args, given, place):
    with pytest.raises(ValidationError) as refusal:
        args(**given)

    assert ".".join(map(str, refusal.value.errors()[0]["loc"])) == place


def test_what_a_laptop_has_no_cpus_for_is_refused_before_ray_would_wait_for_ever():
    config = Config()
    check_room(config)
    config.serve.embedding.max_replicas = 3

    with pytest.raises(ConfigError, match=r"= 2\.3 CPUs, but of cluster\.cpus=2 only 1\.5"):
        check_room(config)


def test_fewer_replicas_under_load_than_always_are_refused():
    config = Config()
    config.serve.search.min_replicas = 2

    with pytest.raises(ConfigError, match=r"serve\.search\.max_replicas must be at least"):
        checked(config)


def test_every_application_has_knobs_a_class_and_arguments():
    wanted = ServeConfig(reranker=RerankerConfig(model="a folder")).applications()

    assert set(wanted) == set(WORKS) == set(CLASSES) == set(ROOMS)
    assert {type(knobs) for knobs in wanted.values()} == {ApplicationConfig, SearchConfig}
    assert {name: work.__name__ for name, (work, _) in WORKS.items()} == CLASSES


def test_the_kuberay_file_takes_the_config_and_opens_no_port_of_ray(config, pair):
    manifest = yaml.safe_load((ROOT / "deploy/rayservice.yaml").read_text())
    document = written(config, pair)

    manifest["spec"]["serveConfigV2"] = yaml.safe_dump(document)

    ServeDeploySchema.model_validate(yaml.safe_load(manifest["spec"]["serveConfigV2"]))
    cluster = manifest["spec"]["rayClusterConfig"]
    assert cluster["authOptions"] == {"mode": "token"}
    assert cluster["enableInTreeAutoscaling"]  # or maxReplicas would be words
    pods = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    assert "dashboard-host" not in json.dumps([pod["rayStartParams"] for pod in pods])
    assert not any(
        "ports" in container for pod in pods for container in pod["template"]["spec"]["containers"]
    )
