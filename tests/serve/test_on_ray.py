"""Five Ray Serve applications over real HTTP, and the ways in which starting them can fail."""

import asyncio
import contextlib
import copy
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import openai
import psutil
import pytest
from pydantic import BaseModel
from ray import serve as ray_serve
from ray.serve.context import _get_global_client
from ray.serve.schema import ServeDeploySchema

from lawvault.config.serve import ServeConfig
from lawvault.config.tree import Config, knobs
from lawvault.errors import ConfigError, IntegrityError, LawVaultError, UpstreamError
from lawvault.models.encoder import build_encoder
from lawvault.models.fingerprint import FILE
from lawvault.serve.apps.on_ray import App, bound
from lawvault.serve.on_ray import _failure, check_address, running, serve, url_of
from lawvault.serve.production import document
from lawvault.serve.release import Release, pointer_of, read_release, write_release
from lawvault.serve.writer.files import DOCX
from tests.ports import free_port
from tests.scripted_llm import Say, Script, ScriptedServer, scripted

ROOT = Path(__file__).parents[2]


def served_config(finished) -> Config:
    config = copy.deepcopy(finished.config)
    config.cluster.mode = "local"
    config.serve = ServeConfig(port=free_port(), max_inputs=64)
    config.serve.search.encodes = False  # so that what happens to embedding is seen in a search
    return config


@pytest.fixture(scope="module")
def model(finished) -> Path:
    return finished.artifacts["train"] / "model"


@pytest.fixture(scope="module")
def pack(finished) -> Path:
    return finished.artifacts["index"]


@pytest.fixture(scope="module")
def llm() -> Iterator[ScriptedServer]:
    """An LLM that writes for ever."""
    script = Script(replies=Say("# 函\n\n第一段。\n", endless=True, pause_s=0.02))
    with scripted(script) as server:
        yield server


@pytest.fixture(scope="module")
def served(finished, model, pack, ray_session, tmp_path_factory, llm) -> Iterator[Config]:
    """The applications over copies of the finished toy model and data pack, up."""
    config = served_config(finished)
    config.home = str(tmp_path_factory.mktemp("served"))
    config.llm = llm.config()
    copies = [shutil.copytree(one, Path(config.home, one.name)) for one in (model, pack)]
    with running(config, *copies):
        yield config


@pytest.mark.ray
@pytest.mark.chaos
def test_a_model_that_fails_its_canaries_never_serves(  # first: nothing serves yet
    finished, model, pack, tmp_path, ray_session
):
    others = [shutil.copytree(folder, tmp_path / folder.name) for folder in (model, pack)]
    fingerprint = json.loads((model / FILE).read_text())
    for folder in others:  # the pair still agrees with itself
        canaries = {path: rows[::-1] for path, rows in fingerprint["canaries"].items()}
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
def test_hybrid_search_compares_token_by_token_over_http_and_so_may_the_agent(served):
    """Here search embeds nothing itself: states come from the application that holds the model."""
    body = {"query": "禁止借婚姻索取财物", "k": 3, "mode": "hybrid", "explain": True}

    answer = httpx.post(f"{url_of(served.serve)}/v1/search", json=body).json()
    ids = [hit["article_id"] for hit in answer["hits"]]
    near = asyncio.run(App("search", "Search").call("closeness", body["query"], [*ids, "无/1"]))

    assert answer["explain"]["weights"]["late"] > 0
    assert near[:3] == pytest.approx([hit["scores"]["late"] for hit in answer["hits"]], abs=1e-5)
    assert near[3] == 0


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
def test_a_draft_stops_where_it_is_written_when_its_reader_leaves_and_becomes_a_file(served, llm):
    with httpx.Client(base_url=url_of(served.serve), timeout=60) as client:
        asked = {"json": {"instruction": "写一份函", "stream": True}}
        with client.stream("POST", "/v1/drafts", **asked) as answer:
            draft_id = answer.headers["x-lawvault-draft"]
            next(line for line in answer.iter_lines() if "第一段" in line)
            left = time.monotonic()
        closed = llm.wait_closed() - left
        within(10, lambda: client.get(f"/v1/drafts/{draft_id}").json()["state"] == "stopped")
        file = client.post("/v1/export", json={"draft": draft_id})
        checked = client.post(
            "/v1/recheck", content=file.content, headers={"Content-Type": DOCX}
        ).json()
        refused = client.post("/v1/drafts", json={"template": "none"})

    assert closed < 1
    assert (file.headers["content-type"], checked["verdicts"]) == (DOCX, [])
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "not_found")


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


class Load:
    """Asks 20 times a second, in turns for hits and for a vector, from entering to leaving."""

    def __init__(self, url: str) -> None:
        self._url, self._ends = url, threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._ask()))
        self.answers: list[tuple[float, httpx.Response]] = []

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()

    def failed(self) -> list[str]:
        return [answer.text for _, answer in self.answers if answer.status_code != 200]

    def fingerprints(self) -> list[str]:
        """Return which data packs answered, in the order in which they were asked."""
        asked = sorted(self.answers, key=lambda answer: answer[0])
        found = [answer.json().get("fingerprint") for _, answer in asked]
        return [fingerprint for fingerprint in found if fingerprint]

    async def _ask(self) -> None:
        async with httpx.AsyncClient(base_url=self._url, timeout=60) as client:
            asking, number = [], 0
            while not self._ends.is_set():
                asking.append(asyncio.create_task(self._once(client, number)))
                number += 1
                await asyncio.sleep(0.05)
            await asyncio.gather(*asking)

    async def _once(self, client: httpx.AsyncClient, number: int) -> None:
        when = time.monotonic()
        if number % 2:
            body = {"query": f"离婚{number}", "mode": "vector", "k": 1}
            answer = await client.post("/v1/search", json=body)
        else:
            body = {"model": "lawvault-embed", "input": f"离婚{number}"}
            answer = await client.post("/v1/embeddings", json=body)
        self.answers.append((when, answer))


def renamed(release: Release, folder: Path) -> Release:
    """Return a copy of a release in `folder` that has another fingerprint."""
    model, pack = (
        shutil.copytree(one, folder / name)
        for name, one in (("model", release.model), ("pack", release.pack))
    )
    fingerprint = json.loads((model / FILE).read_text())
    for one in (model, pack):
        (one / FILE).write_text(json.dumps({**fingerprint, "base": folder.name}))
    return Release(model=model, pack=pack, encoder=release.encoder)


def within(seconds: float, is_so: Callable[[], bool]) -> float:
    """Return after how many seconds something is so; fail if it is not in time."""
    begin = time.monotonic()
    while time.monotonic() - begin < seconds:
        if is_so():
            return time.monotonic() - begin
        time.sleep(0.1)
    pytest.fail(f"not so after {seconds} s")


def states(config: Config) -> dict[str, str]:
    answer = httpx.get(f"{url_of(config.serve)}/health/ready", timeout=60)
    return answer.json()["dependencies"]


def are_up() -> bool:
    found = ray_serve.status().applications.values()
    return all(application.status == "RUNNING" for application in found)


@pytest.mark.ray
@pytest.mark.chaos
def test_neither_another_release_nor_a_rolling_update_loses_a_request(served, tmp_path):
    pointer = pointer_of(served)
    old = read_release(pointer)
    new = renamed(old, tmp_path)
    update = document(served, pointer, old.model)
    embedding, search, _, _, gateway = (one["args"] for one in update["applications"])
    embedding["encoding"]["threads"] += 1
    search["release"] = str(pointer.with_name("alias.json"))
    gateway["created"] += 1
    Path(search["release"]).symlink_to(pointer)

    with Load(url_of(served.serve)) as load:
        within(30, load.fingerprints)
        first = load.fingerprints()[-1]
        write_release(new, pointer)
        within(60, lambda: load.fingerprints()[-1] != first)  # loads a model first
        write_release(old, pointer)
        seconds = within(30, lambda: load.fingerprints()[-1] == first)
        # What `serve deploy` sends through the dashboard, which a Ray of our own has not.
        _get_global_client().deploy_apps(ServeDeploySchema.model_validate(update))
        time.sleep(3)  # until Serve has begun
        within(120, are_up)
        within(30, lambda: len(load.answers) >= 300)

    assert load.failed() == []
    assert len(load.answers) >= 300
    assert seconds <= 5


@pytest.mark.ray
def test_a_release_that_cannot_be_opened_is_reported_and_the_old_one_goes_on(served, tmp_path):
    pointer = pointer_of(served)
    old = read_release(pointer)
    broken = renamed(old, tmp_path)
    shutil.rmtree(broken.pack / "law_db.lancedb")

    write_release(broken, pointer)
    within(10, lambda: states(served)["search"] == "ok, release_refused")
    found = httpx.post(f"{url_of(served.serve)}/v1/search", json={"query": "离婚"}, timeout=60)
    write_release(old, pointer)
    within(10, lambda: states(served)["search"] == "ok")

    assert found.status_code == 200


@pytest.mark.ray
def test_a_data_pack_that_vanishes_is_a_503_that_says_so_and_ready_knows(served):
    url, pack = url_of(served.serve), read_release(pointer_of(served)).pack
    away = pack.with_name("away")

    pack.rename(away)
    answers = [
        httpx.post(f"{url}/v1/search", json={"query": query, "mode": mode}, timeout=60)
        for query, mode in (
            ("离婚", "hybrid"),
            ("离婚", "vector"),
            ("民法典第一千零四十二条", "auto"),
        )
    ]
    seconds = within(10, lambda: states(served)["search"] == "pack_missing")
    ready = httpx.get(f"{url}/health/ready", timeout=60)
    live = httpx.get(f"{url}/health/live", timeout=60)
    away.rename(pack)
    within(10, lambda: states(served)["search"] == "ok")

    codes = {(answer.status_code, answer.json()["error"]["code"]) for answer in answers}
    assert codes == {(503, "pack_missing")}
    assert seconds <= 5
    assert (ready.status_code, live.status_code) == (503, 200)


@pytest.mark.ray
def test_no_client_may_give_itself_another_deadline(served):
    answer = httpx.post(
        f"{url_of(served.serve)}/v1/search",
        json={"query": "离婚"},
        headers={"X-Request-Timeout-Seconds": "0.000001"},
        timeout=60,
    )

    assert answer.status_code == 200


class Nothing(BaseModel):
    """No arguments."""


class Slow:
    """Works for ever, and notes when it is told to stop."""

    def __init__(self, _: Nothing) -> None:
        self._stopped = 0

    async def work(self) -> None:
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            self._stopped += 1
            raise

    async def stopped(self) -> int:
        return self._stopped


@pytest.mark.ray
def test_what_a_client_no_longer_waits_for_is_stopped_where_it_runs(served):
    options = {"ray_actor_options": {"num_cpus": 0.1}}
    ray_serve.run(bound(Slow, Nothing(), options), name="slow", route_prefix=None)

    async def leave() -> int:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                await App("slow", "Slow").call("work")
        await asyncio.sleep(0.5)
        return await App("slow", "Slow").call("stopped")

    try:
        assert asyncio.run(leave()) == 1
    finally:
        ray_serve.delete("slow")


@pytest.mark.ray
def test_more_calls_than_may_wait_are_refused_with_429(served):
    options = {
        "ray_actor_options": {"num_cpus": 0.1},
        "max_ongoing_requests": 1,
        "max_queued_requests": 1,
    }
    ray_serve.run(bound(Slow, Nothing(), options), name="slow", route_prefix=None)

    async def crowd() -> set[asyncio.Task]:
        calls = [asyncio.create_task(App("slow", "Slow").call("work")) for _ in range(8)]
        done, waiting = await asyncio.wait(calls, return_when=asyncio.FIRST_EXCEPTION, timeout=20)
        for call in waiting:
            call.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        return done

    try:
        refused = [call.exception() for call in asyncio.run(crowd())]
    finally:
        ray_serve.delete("slow")

    assert refused
    assert {(error.status, error.code) for error in refused} == {(429, "too_many_requests")}


@pytest.mark.ray
@pytest.mark.chaos
def test_replicas_come_with_the_load_and_go_with_it_and_no_request_is_lost(served):
    pointer = pointer_of(served)
    grown = copy.deepcopy(served)
    search = grown.serve.search
    search.max_replicas, search.target_ongoing, search.cpus = 2, 0.1, 0.1
    search.upscale_delay_s = search.downscale_delay_s = 1.0
    model = read_release(pointer).model
    update = ServeDeploySchema.model_validate(document(grown, pointer, model))

    _get_global_client().deploy_apps(update)
    time.sleep(3)  # until Serve has begun
    within(120, are_up)
    with Load(url_of(served.serve)) as load:
        within(60, lambda: len(replicas("search")) == 2)
        within(30, lambda: len(load.answers) >= 300)
    within(60, lambda: len(replicas("search")) == 1)

    assert load.failed() == []


def replicas(application: str) -> list[psutil.Process]:
    """Return the processes of an application, all of which this test started."""
    found = []
    for one in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # ended while we looked
            if f"ServeReplica:{application}:" in "".join(one.cmdline()):
                found.append(one)
    return found


@pytest.mark.ray
@pytest.mark.parametrize(
    "application",
    [
        "search",
        pytest.param("embedding", marks=pytest.mark.chaos),
        pytest.param("gateway", marks=pytest.mark.chaos),
    ],
)
def test_a_replica_that_dies_takes_only_requests_in_work_with_it(served, application):
    url, text = url_of(served.serve), "离婚" * 20

    def ask(number: int) -> httpx.Response:
        body = {"query": f"{text}{number}", "k": 100, "include": ["references"]}
        return httpx.post(f"{url}/v1/search", json=body, timeout=60)

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(ask, number) for number in range(8)]
        time.sleep(0.05)
        (replica,) = replicas(application)
        replica.kill()
        answers = [one.result() for one in asked]
    within(90, lambda: ask(0).status_code == 200)
    after = [ask(number).status_code for number in range(10)]

    lost = [answer for answer in answers if answer.status_code != 200]
    assert all(answer.status_code == 503 for answer in lost), [one.text for one in lost]
    assert all(answer.json()["error"]["code"] == f"{application}_unavailable" for answer in lost)
    assert set(after) == {200}


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
    config.serve.search.encodes = True  # as by default
    return [f"{item.key}={json.dumps(item.default, ensure_ascii=False)}" for item in knobs(config)]


@pytest.mark.ray
@pytest.mark.chaos
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
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
        found = httpx.post(f"http://127.0.0.1:{port}/v1/search", json={"query": "离婚"}, timeout=60)
        with slow_request(port) as finish:
            os.killpg(job.pid, number) if number == signal.SIGINT else job.send_signal(number)
            within(20, lambda: not is_ready(port))
            time.sleep(1.5)  # by now nothing new is taken
            answer = finish()
        out, err = job.communicate(timeout=60)
    finally:
        if job.poll() is None:
            os.killpg(job.pid, signal.SIGKILL)

    assert (found.status_code, found.json()["mode"]) == (200, "vector"), found.text
    assert answer.startswith("HTTP/1.1 200") or number == signal.SIGINT
    assert job.returncode == code, err
    assert f"http://127.0.0.1:{port}" in said
    assert "/v1/search" in said
    assert "serve: stopped" in out or number == signal.SIGINT
    assert "Traceback" not in err
    check_address(ServeConfig(port=port))


@pytest.mark.ray
@pytest.mark.chaos
def test_a_second_signal_ends_it_at_once_and_leaves_no_process_behind(finished):
    command = options(finished)
    port = next(int(word.split("=")[1]) for word in command if word.startswith("serve.port="))
    job = subprocess.Popen(
        [sys.executable, "-m", "jobs.serve", *command],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/health/ready", job)
        below = psutil.Process(job.pid).children(recursive=True)
        with slow_request(port):
            job.terminate()
            within(20, lambda: not is_ready(port))
            assert job.poll() is None  # it waits for the request
            job.terminate()
            job.wait(10)
            _, left = psutil.wait_procs(below, timeout=150)  # Ray's agents take a minute
    finally:
        if job.poll() is None:
            os.killpg(job.pid, signal.SIGKILL)

    assert job.returncode == -signal.SIGTERM
    assert left == []
    check_address(ServeConfig(port=port))


LOADING = """
import time

import ray
from ray import serve

from lawvault.serve.on_ray import NOTICE_SECONDS, _shut_down


@serve.deployment(graceful_shutdown_timeout_s=60, ray_actor_options={"num_cpus": 0})
class Loading:
    def __init__(self):
        time.sleep(60)


ray.init(num_cpus=2, logging_level="ERROR", log_to_driver=False, include_dashboard=False)
serve.start(proxy_location="Disabled")
serve.run_many(
    [serve.RunTarget(target=Loading.bind(), name="loading", route_prefix=None)],
    wait_for_ingress_deployment_creation=False,
    wait_for_applications_running=False,
)
while "Loading" not in serve.status().applications["loading"].deployments or not (
    serve.status().applications["loading"].deployments["Loading"].replica_states
):
    time.sleep(0.1)
begin = time.monotonic()
_shut_down(0.0)
assert time.monotonic() - begin < 2 * NOTICE_SECONDS, time.monotonic() - begin
ray.shutdown()
"""


@pytest.mark.ray
@pytest.mark.chaos
def test_a_replica_that_still_loads_does_not_keep_the_job_from_ending():
    job = subprocess.run(
        [sys.executable, "-c", LOADING], cwd=ROOT, capture_output=True, text=True, timeout=120
    )

    assert job.returncode == 0, job.stderr


@contextlib.contextmanager
def slow_request(port: int) -> Iterator[Callable[[], str]]:
    """Send all but the end of a request; give a call that sends it and returns the answer."""
    body = json.dumps({"query": "离婚"}).encode()
    head = (
        f"POST /v1/search HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )

    def finish() -> str:
        parts = []
        with contextlib.suppress(ConnectionError):  # Ctrl-C ends Ray itself, too
            client.sendall(body[-1:])
            while part := client.recv(65536):
                parts.append(part)
        return b"".join(parts).decode()

    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall(head.encode() + body[:-1])
        time.sleep(0.3)  # until it is in work
        yield finish


def is_ready(port: int) -> bool:
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=60)
    except httpx.TransportError:
        return False
    return answer.status_code == 200


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
