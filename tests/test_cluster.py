"""The files that clusters are made from: valid by Ray's schema, closed, pinned as we are."""

import json
import re
import tomllib
from importlib.util import find_spec
from pathlib import Path

import jsonschema
import pytest
import yaml
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[1]
LAUNCHER_FILES = [ROOT / "cluster.yaml", ROOT / "deploy/cluster-local.yaml"]


def read(path):
    return yaml.safe_load(path.read_text())


def ray_schema():
    ray = Path(find_spec("ray").submodule_search_locations[0])
    return json.loads((ray / "autoscaler/ray-schema.json").read_text())


@pytest.mark.parametrize("path", LAUNCHER_FILES, ids=lambda path: path.name)
def test_a_launcher_file_is_valid_by_rays_own_schema(path):
    jsonschema.validate(read(path), ray_schema())


def test_the_schema_refuses_a_launcher_file_without_a_provider():
    broken = read(LAUNCHER_FILES[0])
    del broken["provider"]

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, ray_schema())


@pytest.mark.parametrize("path", LAUNCHER_FILES, ids=lambda path: path.name)
def test_every_ray_start_asks_for_the_token_and_the_dashboard_stays_on_loopback(path):
    config = read(path)
    starts = [
        command
        for key in ("head_start_ray_commands", "worker_start_ray_commands")
        for command in config[key]
        if "ray start" in command
    ]

    assert len(starts) == 2
    assert all("RAY_AUTH_MODE=token" in command for command in starts)
    assert "--dashboard-host=127.0.0.1" in starts[0]
    assert "~/.ray/auth_token" in config["file_mounts"]


@pytest.mark.parametrize("path", LAUNCHER_FILES, ids=lambda path: path.name)
def test_the_nodes_install_the_ray_that_the_project_is_pinned_to(path):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    ours = next(line for line in project["dependencies"] if line.startswith("ray["))

    installed = re.findall(r"'(ray\[[^']*)'", " ".join(read(path)["setup_commands"]))

    assert installed == [ours]


def test_the_kubernetes_job_runs_a_job_of_ours_with_an_absolute_home():
    manifest = read(ROOT / "deploy/rayjob.yaml")

    words = manifest["spec"]["entrypoint"].split()
    module = words[words.index("-m") + 1]
    home = next(word for word in words if word.startswith("home="))

    assert (ROOT / (module.replace(".", "/") + ".py")).is_file()
    assert Path(home.removeprefix("home=")).is_absolute()
    assert manifest["spec"]["rayClusterSpec"]["authOptions"] == {"mode": "token"}


def test_the_kubernetes_job_runs_the_ray_that_the_project_is_pinned_to():
    spec = read(ROOT / "deploy/rayjob.yaml")["spec"]["rayClusterSpec"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    ours = next(line for line in project["dependencies"] if line.startswith("ray["))

    assert SpecifierSet(ours.partition("]")[2]).contains(spec["rayVersion"])


def test_the_operator_can_reach_the_dashboard_and_nobody_outside_can():
    spec = read(ROOT / "deploy/rayjob.yaml")["spec"]["rayClusterSpec"]["headGroupSpec"]

    assert "dashboard-host" not in spec["rayStartParams"]  # on loopback no job would ever start
    assert not {"enableIngress", "serviceType", "headService"} & spec.keys()


def test_every_node_names_its_image_because_rays_own_is_too_old():
    types = read(ROOT / "cluster.yaml")["available_node_types"]

    assert all(kind["node_config"]["ImageId"].startswith("ami-") for kind in types.values())
    assert len(types) == 2


@pytest.mark.parametrize("path", LAUNCHER_FILES, ids=lambda path: path.name)
def test_a_launcher_file_opens_nothing_to_the_world(path):
    config = read(path)

    assert "0.0.0.0" not in path.read_text()
    assert (
        "security_group" not in config["provider"]
    )  # Ray's own lets in ssh and the cluster itself
    assert not any("dashboard-port" in word for word in config["head_start_ray_commands"])
