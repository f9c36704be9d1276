"""The knobs of the LLM: where its answers come from, and what a call may take."""

import json
import re
from dataclasses import dataclass
from typing import Any

from lawvault.config.knob import knob
from lawvault.errors import ConfigError


@dataclass
class LlmConfig:
    """Where LLM answers come from."""

    journal: str = knob(
        "package:lawvault/data/questions.jsonl.xz",
        "journal of LLM-written questions that is read before any LLM is asked",
        content=True,
    )
    base_url: str = knob(
        "",
        "where an OpenAI-compatible server answers, as http://127.0.0.1:8080/v1; empty: no LLM is "
        "asked",
        where=True,
    )
    model: str = knob("", "name of the model in that server's API", where=True)
    key_env: str = knob(
        "",
        "environment variable that holds the server's key, never the key; empty: none",
        where=True,
    )
    structured: str = knob(
        "schema",
        "how an answer of a given shape is asked for; schema: the server enforces it, bounded: "
        "and the lengths of its lists and texts (llama.cpp, Ollama, vLLM), object: it enforces "
        "JSON, text: only the prompt says it",
        among=("schema", "bounded", "object", "text"),
        where=True,
    )
    token_field: str = knob(
        "max_tokens",
        "field of a request that limits its answer",
        among=("max_tokens", "max_completion_tokens"),
        where=True,
    )
    extra_body: str = knob(
        "{}",
        "JSON object that is put into every request; null leaves a field of ours out",
        where=True,
    )
    timeout_s: float = knob(
        120,
        "seconds one call may take, with all waiting and retries",
        low=0.1,
        high=3600,
        where=True,
    )
    first_byte_s: float = knob(
        60, "seconds until the first byte of an answer", low=0.1, high=3600, where=True
    )
    idle_s: float = knob(
        30, "seconds between two bytes of an answer", low=0.1, high=3600, where=True
    )
    concurrency: int = knob(64, "calls at once from one process", low=1, high=900, where=True)
    context_tokens: int = knob(
        32_768, "tokens of a prompt and its answer together", low=256, high=1 << 24, where=True
    )
    output_tokens: int = knob(
        4096, "tokens that one answer may have at most", low=16, high=1 << 20, where=True
    )
    temperature: float = knob(
        0.2, "how freely words are drawn, where the caller does not say", low=0, high=2, where=True
    )
    retries: int = knob(
        2, "attempts after a first one that failed and cost nothing", low=0, high=10, where=True
    )

    def extra(self) -> dict[str, Any]:
        """Return what goes into every request.

        Raises:
            ConfigError: an LLM is described by halves, or by what cannot be.
        """
        if self.base_url and not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#@]*)?", self.base_url):
            raise ConfigError(
                "llm.base_url must be like http://127.0.0.1:8080/v1, without a name or key in it"
            )
        if self.base_url and not self.model:
            raise ConfigError("llm.model must name the model of llm.base_url")
        if not re.fullmatch(r"([A-Za-z_][A-Za-z0-9_]*)?", self.key_env):
            raise ConfigError("llm.key_env must be the name of an environment variable")
        try:
            extra = json.loads(self.extra_body)
        except ValueError:
            extra = None
        if not isinstance(extra, dict) or extra.keys() & {"messages", "model", "stream"}:
            raise ConfigError(
                "llm.extra_body must be a JSON object without messages, model and stream"
            )
        return extra
