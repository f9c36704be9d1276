"""Ollama's dialect: its fields, its habit of cutting (told, here), its one-sentence errors."""

import re

import numpy as np
import pytest

from lawvault.serve.embed.ollama import EmbedAnswer, OllamaError

MODEL = "lawvault-embed"
TOO_LONG = "长" * 57


def embed(ask, **body):
    answer = ask("POST", "/api/embed", json={"model": MODEL, **body})
    assert answer.status_code == 200, answer.text
    EmbedAnswer.model_validate(answer.json())
    return answer.json()


@pytest.mark.parametrize(
    ("model", "prefix"), [(MODEL, "问："), (MODEL + ":raw", ""), (MODEL + ":latest", "问：")]
)
def test_the_name_that_is_asked_for_chooses_the_prefix(ask, built, model, prefix):
    answer = embed(ask, model=model, input=["离婚", "抚养费"])

    expected = built.encoder.encode_raw([prefix + "离婚", prefix + "抚养费"])
    assert np.allclose(answer["embeddings"], expected, atol=1e-6)
    assert answer["model"] == model
    assert answer["prompt_eval_count"] == 9 + 2 * len(prefix)
    assert answer["total_duration"] > answer["load_duration"] == 0
    assert "truncated" not in answer


def test_one_text_needs_no_list(ask):
    assert len(embed(ask, input="离婚")["embeddings"]) == 1


def test_settings_of_memory_and_sampling_are_taken(ask):
    for keep_alive in ("5m", 0, -1, 1.5, None):
        embed(ask, input="离婚", keep_alive=keep_alive, options={"num_ctx": 8192, "seed": 1})


def test_dimensions_cut_a_vector_and_make_its_length_one_again(ask):
    answer = embed(ask, input="离婚", dimensions=16)

    assert np.isclose(np.linalg.norm(answer["embeddings"][0]), 1)
    assert len(answer["embeddings"][0]) == 16
    assert len(embed(ask, input="离婚", dimensions=0)["embeddings"][0]) == 64


def test_long_texts_are_cut_and_the_answer_says_which(ask, config):
    answer = embed(ask, input=["短", TOO_LONG, "长" * (config.max_chars + 1)])

    assert answer["truncated"] == [1, 2]
    assert answer["prompt_eval_count"] == 5 + 60 + 60


def test_old_clients_get_one_vector(ask, built):
    answer = ask("POST", "/api/embeddings", json={"model": MODEL, "prompt": "离婚"}).json()

    assert np.allclose(answer["embedding"], built.encoder.encode_queries(["离婚"])[0], atol=1e-6)
    assert set(answer) == {"embedding"}


@pytest.mark.parametrize("text", [TOO_LONG, "长" * 1001])
def test_old_clients_are_told_of_a_cut_too(ask, text):
    answer = ask("POST", "/api/embeddings", json={"model": MODEL, "prompt": text}).json()

    assert answer["truncated"] == [0]


def test_pickers_find_models_version_and_details(ask):
    tags = ask("GET", "/api/tags").json()["models"]
    shown = ask("POST", "/api/show", json={"model": MODEL + ":latest"}).json()

    assert (
        [tag["name"] for tag in tags] == [tag["model"] for tag in tags] == [MODEL, MODEL + ":raw"]
    )
    assert tags[0]["modified_at"] == "2023-11-14T22:13:20+00:00"
    assert shown["capabilities"] == ["embedding"]
    assert shown["model_info"]["lawvault.embedding_length"] == 64
    assert ask("POST", "/api/show", json={"name": MODEL}).json() == shown
    assert re.fullmatch(r"\d+\.\d+\.\d+", ask("GET", "/api/version").json()["version"])


REFUSALS = {
    "unknown model": ("/api/embed", {"model": "llama3", "input": "离婚"}, 404),
    "no model": ("/api/embed", {"input": "离婚"}, 400),
    "no input": ("/api/embed", {"model": MODEL}, 400),
    "empty": ("/api/embed", {"model": MODEL, "input": ""}, 400),
    "no texts": ("/api/embed", {"model": MODEL, "input": []}, 400),
    "too many": ("/api/embed", {"model": MODEL, "input": ["离婚"] * 9}, 400),
    "thousands": ("/api/embed", {"model": MODEL, "input": ["离"] * 2100}, 400),
    "tokens": ("/api/embed", {"model": MODEL, "input": [1, 2]}, 400),
    "null": ("/api/embed", {"model": MODEL, "input": None}, 400),
    "long": ("/api/embed", {"model": MODEL, "input": TOO_LONG, "truncate": False}, 400),
    "dimensions": ("/api/embed", {"model": MODEL, "input": "离", "dimensions": 65}, 400),
    "dimensions -1": ("/api/embed", {"model": MODEL, "input": "离", "dimensions": -1}, 400),
    "options": ("/api/embed", {"model": MODEL, "input": "离", "options": "no"}, 400),
    "unknown field": ("/api/embed", {"model": MODEL, "input": "离", "x": 1}, 400),
    "no prompt": ("/api/embeddings", {"model": MODEL}, 400),
    "blank prompt": ("/api/embeddings", {"model": MODEL, "prompt": "\n"}, 400),
    "show nothing": ("/api/show", {}, 404),
    "show unknown": ("/api/show", {"model": "llama3"}, 404),
    "no such address": ("/api/generate", {"model": MODEL}, 404),
    "wrong method": ("/api/tags", {}, 405),
}


@pytest.mark.parametrize(("path", "body", "status"), REFUSALS.values(), ids=REFUSALS)
def test_an_error_is_one_sentence_as_in_ollama(ask, path, body, status):
    answer = ask("POST", path, json=body)

    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"error"}
    assert re.search(r"[\u4e00-\u9fff]", OllamaError.model_validate(answer.json()).error)


@pytest.mark.parametrize("text", [rb'"\ud800"', rb'["x", "\udc00"]'])
def test_half_a_character_is_refused(ask, text):
    body = b'{"model": "lawvault-embed", "input": ' + text + b"}"

    answer = ask("POST", "/api/embed", content=body, headers={"Content-Type": "application/json"})

    assert (answer.status_code, set(answer.json())) == (400, {"error"})


def test_a_surrogate_in_the_options_or_a_field_name_is_no_500(ask):
    for part in (rb'"options": {"\ud800": "\udc00"}', rb'"\ud800": 1'):
        body = b'{"model": "lawvault-embed", "input": "x", ' + part + b"}"
        answer = ask(
            "POST", "/api/embed", content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code in (200, 400)


def test_the_description_of_the_api_has_these_routes_and_their_errors(ask):
    paths = ask("GET", "/openapi.json").json()["paths"]

    for path in ("/api/embed", "/api/embeddings", "/api/show"):
        schema = paths[path]["post"]["responses"]["4XX"]["content"]["application/json"]["schema"]
        assert schema["$ref"].endswith("/OllamaError")
    assert {"/api/tags", "/api/version"} <= paths.keys()
