"""Three Ray Serve applications over real HTTP, and the ways in which starting them can fail."""

import copy
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import openai
import pytest
from ray import serve as ray_serve

from lawvault.config import Config, ServeConfig, knobs
from lawvault.errors import ConfigError, IntegrityError, LawVaultError, UpstreamError
from lawvault.models.encoder import build_encoder
from lawvault.models.fingerprint import FILE
from lawvault.serve.on_ray import _failure, check_address, running, serve, url_of

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def served_config(finished) -> Config:
    config = copy.deepcopy(finished.config)
    config.cluster.mode = "local"
    config.serve = ServeConfig(port=free_port(), max_inputs=64)
    return config


@pytest.fixture(scope="module")
def model(finished) -> Path:
    return finished.artifacts["train"] / "model"


@pytest.fixture(scope="module")
def pack(finished) -> Path:
    return finished.artifacts["index"]


@pytest.fixture(scope="module")
def served(finished, model, pack, ray_session) -> Iterator[Config]:
    """The applications over the finished toy model and data pack, up."""
    config = served_config(finished)
    with running(config, model, pack):
        yield config


@pytest.mark.ray
def test_a_model_that_fails_its_canaries_never_serves(  # first: nothing serves yet
    finished, model, pack, tmp_path, ray_session
):
    others = [shutil.copytree(folder, tmp_path / folder.name) for folder in (model, pack)]
    fingerprint = json.loads((model / FILE).read_text())
    for folder in others:  # the pair still agrees with itself
        canaries = fingerprint["canaries"][::-1]
        (folder / FILE).write_text(json.dumps({**fingerprint, "canaries": canaries}))

    with (
        pytest.raises(IntegrityError, match="index_model_mismatch: the model's own canaries"),
        running(served_config(finished), *others),
    ):
        pytest.fail("it serves")


@pytest.mark.ray
def test_the_openai_client_gets_the_vectors_of_the_model_over_http(served, model):
    texts = ["离婚后孩子归谁", "彩礼能要回来吗"]

    with openai.OpenAI(base_url=f"{url_of(served.serve)}/v1", api_key="none") as client:
        answer = client.embeddings.create(model="lawvault-embed", input=texts)

    expected = build_encoder(served.encoder, model).encode_queries(texts)
    found = np.array([row.embedding for row in answer.data], np.float32)
    assert np.allclose(found, expected, atol=1e-5)


@pytest.mark.ray
def test_search_finds_an_article_by_its_own_words_over_http(served):
    content = "禁止借婚姻索取财物"

    answer = httpx.post(f"{url_of(served.serve)}/v1/search", json={"query": content, "k": 40})

    hits = answer.json()["hits"]
    assert len(hits) == 40
    assert any(content in hit["content"] for hit in hits)


@pytest.mark.ray
def test_an_error_of_another_application_keeps_its_status_and_words(served):
    answer = httpx.post(
        f"{url_of(served.serve)}/v1/embeddings",
        json={"model": "lawvault-embed", "input": ["短", "长" * 200]},
    )

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "input_too_long"
    assert answer.json()["error"]["param"] == "input[1]"


@pytest.mark.ray
def test_the_page_and_the_gate_stand_before_it_all(served):
    url = url_of(served.serve)

    page, foreign = httpx.get(url), httpx.get(url, headers={"Host": "evil.test"})
    large = httpx.post(f"{url}/v1/search", content=b" " * (served.serve.max_body_bytes + 1))

    assert "法条" in page.text
    assert foreign.status_code == 421
    assert large.status_code == 413


@pytest.mark.ray
def test_a_ray_that_serves_already_is_left_alone(served, model, pack):
    with pytest.raises(ConfigError, match="serve shutdown"), running(served, model, pack):
        pass

    assert httpx.get(f"{url_of(served.serve)}/health/ready").status_code == 200


@pytest.mark.ray
def test_a_missing_application_is_named_and_the_others_stay_up(served):  # last: it takes one away
    url = url_of(served.serve)
    ray_serve.delete("embedding")

    ready, live = httpx.get(f"{url}/health/ready"), httpx.get(f"{url}/health/live")
    laws = httpx.get(f"{url}/v1/laws")
    found = httpx.post(f"{url}/v1/search", json={"query": "离婚"})

    assert (ready.status_code, live.status_code, laws.status_code) == (503, 200, 200)
    assert ready.json()["dependencies"]["embedding"] != "ok"
    assert ready.json()["dependencies"]["search"] == "ok"
    assert (found.status_code, found.json()["error"]["code"]) == (503, "embedding_unavailable")


def options(finished) -> list[str]:
    """Return the command line of a job over the finished vault, with a Ray of its own."""
    config = served_config(finished)
    return [f"{item.key}={json.dumps(item.default, ensure_ascii=False)}" for item in knobs(config)]


@pytest.mark.ray
@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, 0), pytest.param(signal.SIGINT, 130, marks=pytest.mark.chaos)],
)
def test_a_signal_ends_the_job_with_its_code_and_frees_the_port(finished, number, code):
    command = options(finished)
    port = next(int(word.split("=")[1]) for word in command if word.startswith("serve.port="))
    job = subprocess.Popen(
        [sys.executable, "-m", "jobs.serve", *command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/health/ready", job)
        said = told(job)
        os.killpg(job.pid, number) if number == signal.SIGINT else job.send_signal(number)
        out, err = job.communicate(timeout=60)
    finally:
        if job.poll() is None:
            os.killpg(job.pid, signal.SIGKILL)

    assert job.returncode == code, err
    assert f"http://127.0.0.1:{port}" in said
    assert "/v1/search" in said
    assert "serve: stopped" in out or number == signal.SIGINT
    assert "Traceback" not in err
    check_address(ServeConfig(port=port))


def told(job: subprocess.Popen) -> str:
    """Return what a serving job says up to the last line of its announcement."""
    lines = []
    for line in job.stdout:
        lines.append(line)
        if "/v1/embeddings" in line:
            break
    return "".join(lines)


def wait_for(url: str, job: subprocess.Popen, seconds: float = 90) -> None:
    """Return when `url` answers 200 and the job has told its user so."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and job.poll() is None:
        try:
            if httpx.get(url, timeout=5).status_code == 200:
                break
        except httpx.TransportError:
            pass
        time.sleep(0.3)


def test_a_port_that_is_taken_is_answered_at_once_with_the_key_that_changes_it(
    finished, model, pack
):
    config = served_config(finished)
    with socket.socket() as other:
        other.bind(("127.0.0.1", config.serve.port))
        other.listen()
        with pytest.raises(ConfigError) as refusal:
            serve(config, model, pack)

    assert f"port {config.serve.port} on 127.0.0.1 is taken" in str(refusal.value)
    assert f"serve.port={config.serve.port + 1}" in str(refusal.value)


@pytest.mark.parametrize("host", ["203.0.113.7", "no such host", "::g"])
def test_an_address_of_no_machine_of_ours_is_refused(host):
    with pytest.raises(ConfigError, match="cannot be listened on"):
        check_address(ServeConfig(host=host, port=free_port()))


def test_serving_without_ray_is_refused(finished, model, pack):
    config = served_config(finished)
    config.cluster.mode = "inline"

    with pytest.raises(ConfigError, match="cluster=laptop"):
        serve(config, model, pack)


def test_a_damaged_pack_is_refused_before_ray_starts(finished, model, pack, tmp_path):
    damaged = shutil.copytree(pack, tmp_path / "pack")
    with (damaged / "content.db").open("ab") as file:
        file.write(b"\0")

    with pytest.raises(IntegrityError, match=r"content\.db was changed"):
        serve(served_config(finished), model, damaged)


def test_a_pack_of_another_model_is_refused_before_ray_starts(finished, model, pack, tmp_path):
    other = shutil.copytree(model, tmp_path / "model")
    fingerprint = json.loads((other / FILE).read_text())
    (other / FILE).write_text(json.dumps({**fingerprint, "base": "another"}))

    with pytest.raises(IntegrityError, match=r"index_model_mismatch.*base differ"):
        serve(served_config(finished), other, pack)


TRACE = """The deployment failed to start 2 times in a row. Error:
ray::ServeReplica:embedding:Embedding.initialize_and_get_metadata() (pid=1)
  File "x.py", line 1, in <module>
    raise something
{end}
"""


@pytest.mark.parametrize(
    ("end", "kind", "message"),
    [
        ("lawvault.errors.IntegrityError: index_model_mismatch: x", IntegrityError, "mismatch"),
        ("RuntimeError: CUDA out of memory", UpstreamError, "CUDA out of memory"),
        ("nothing that looks like an error", UpstreamError, "nothing that looks"),
    ],
)
def test_an_application_that_fails_is_reported_by_the_end_of_its_traceback(end, kind, message):
    failure = _failure("embedding", TRACE.format(end=end))

    assert isinstance(failure, LawVaultError)
    assert type(failure) is kind
    assert message in str(failure)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("law.example", "http://law.example:8000"),
    ],
)
def test_the_address_that_is_printed_can_be_opened_here(host, url):
    assert url_of(ServeConfig(host=host)) == url
