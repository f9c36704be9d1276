"""Embeddings: names and aliases, cutting that is always told, token arrays, real clients."""

import asyncio
import base64
import dataclasses
import hashlib
import importlib.util

import httpx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from lawvault.serve.contract import EmbeddingAnswer, EmbeddingRequest
from lawvault.serve.embed import tokens
from lawvault.serve.embed.embeddings import shortened
from lawvault.serve.routes import build_app
from tests.clock import least_seconds

EMBED = "/v1/embeddings"
MODEL = "lawvault-embed"
ALIASES = ["embeddinggemma:300m=lawvault-embed:raw", "org/name=lawvault-embed"]
TOO_LONG = "长" * 57


def vectors_of(answer) -> np.ndarray:
    return np.array([row["embedding"] for row in answer["data"]], np.float32)


def one_request(app, method, path, **options) -> httpx.Response:
    async def once() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.request(method, path, **options)

    return asyncio.run(once())


@pytest.fixture
def aliased(calls, config, built):
    """The app of an operator who set aliases."""
    config = dataclasses.replace(config, aliases=ALIASES)
    return build_app(calls, config, dimension=built.encoder.dimension, created=1_700_000_000)


@pytest.mark.parametrize(
    ("name", "prefix"), [("embeddinggemma:300m", ""), ("org/name", "问："), (MODEL, "问：")]
)
def test_an_alias_has_the_prefix_of_the_name_it_stands_for(aliased, built, name, prefix):
    answer = one_request(aliased, "POST", EMBED, json={"model": name, "input": "离婚"}).json()

    assert np.allclose(vectors_of(answer), built.encoder.encode_raw([prefix + "离婚"]), atol=1e-6)
    assert answer["model"] == name


def test_aliases_are_listed_and_found_by_name_even_with_a_slash(aliased):
    listed = [model["id"] for model in one_request(aliased, "GET", "/v1/models").json()["data"]]

    assert listed == [MODEL, MODEL + ":raw", "embeddinggemma:300m", "org/name"]
    for name in (*listed, "org%2Fname"):
        found = one_request(aliased, "GET", f"/v1/models/{name}")
        assert found.json()["id"] == name.replace("%2F", "/")


def test_an_alias_without_prefixes_has_no_input_type(aliased):
    body = {"model": "embeddinggemma:300m", "input": "离婚", "input_type": "document"}

    answer = one_request(aliased, "POST", EMBED, json=body)

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "input_type")


def test_truncate_cuts_what_is_too_long_and_says_which(ask, config):
    texts = ["短", TOO_LONG, "离婚", "长" * (config.max_chars + 1)]

    answer = ask("POST", EMBED, json={"model": MODEL, "input": texts, "truncate": True}).json()

    assert answer["truncated"] == [1, 3]
    assert len(answer["data"]) == 4
    assert answer["usage"]["prompt_tokens"] == 5 + 60 + 6 + 60  # read, not sent
    EmbeddingAnswer.model_validate(answer)


def test_truncate_says_so_when_nothing_was_cut_and_nobody_else_gets_the_extra_field(ask):
    body = {"model": MODEL, "input": "离婚"}

    assert ask("POST", EMBED, json={**body, "truncate": True}).json()["truncated"] == []
    assert "truncated" not in ask("POST", EMBED, json=body).json()


def test_truncate_does_not_excuse_an_empty_text(ask):
    body = {"model": MODEL, "input": ["离婚", " "], "truncate": True}

    error = ask("POST", EMBED, json=body).json()["error"]

    assert (error["code"], error["param"]) == ("empty_text", "input[1]")


def test_a_refused_long_text_is_told_the_way_out(ask):
    error = ask("POST", EMBED, json={"model": MODEL, "input": TOO_LONG}).json()["error"]

    assert (error["code"], error["param"]) == ("input_too_long", "input[0]")
    assert "60" in error["message"]
    assert "truncate" in error["message"]


@pytest.mark.parametrize("text", ["😀", "👩‍👩‍👧", "\u200b", "e\u0301", "x\x00y", "\U0010ffff"])
def test_odd_characters_are_texts_too(ask, text):
    answer = ask("POST", EMBED, json={"model": MODEL, "input": text})

    assert answer.status_code == 200


@given(st.integers(1, 8))
def test_shortened_vectors_are_a_beginning_of_length_one(dimensions):
    vectors = np.eye(8, dtype=np.float32) + 0.25
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)

    short = shortened(vectors, dimensions)

    assert short.shape == (8, dimensions)
    assert np.allclose(np.linalg.norm(short, axis=1), 1, atol=1e-6)
    ratios = short / vectors[:, :dimensions]
    assert np.allclose(ratios, ratios[:, :1], atol=1e-5)


@pytest.mark.parametrize(
    "given", [[1.5] * 300_000, ["文"] * 300_000, [["文"]] * 300_000, [[1.5] * 300_000]]
)
def test_a_body_full_of_errors_costs_no_more_than_one(given):
    def ask() -> None:
        with pytest.raises(ValidationError) as refusal:
            EmbeddingRequest(model=MODEL, input=given)
        assert refusal.value.error_count() <= 5

    assert least_seconds(ask, below=0.5) < 0.5


@pytest.fixture
def bytes_vocabulary(tmp_path, monkeypatch):
    """A vocabulary of the 256 bytes, where tiktoken's cache would be."""
    lines = [b"%s %d" % (base64.b64encode(bytes([number])), number) for number in range(256)]
    content = b"\n".join(lines) + b"\n"
    (tmp_path / tokens.FILE).write_bytes(content)
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(tokens, "SHA256", hashlib.sha256(content).hexdigest())
    return tmp_path


def ids(text: str) -> list[int]:
    return list(text.encode())


@pytest.mark.usefixtures("bytes_vocabulary")
def test_token_arrays_are_embedded_as_the_texts_that_they_spell(ask, built):
    body = {"model": MODEL, "input": [ids("离婚"), ids("孩子归谁")]}

    answer = ask("POST", EMBED, json=body).json()

    expected = built.encoder.encode_queries(["离婚", "孩子归谁"])
    assert np.allclose(vectors_of(answer), expected, atol=1e-6)


@pytest.mark.usefixtures("bytes_vocabulary")
def test_a_flat_array_of_tokens_is_one_text_however_many_they_are(ask, built, config):
    text = "离婚后孩子归谁抚养"
    assert len(ids(text)) > config.max_inputs

    answer = ask("POST", EMBED, json={"model": MODEL, "input": ids(text)}).json()

    assert np.allclose(vectors_of(answer), built.encoder.encode_queries([text]), atol=1e-6)


TOKEN_REFUSALS = {
    "negative": ([[97], [-1]], "invalid_tokens", "input[1]"),
    "above": ([256], "invalid_tokens", "input[0]"),
    "huge": ([[10**30]], "invalid_tokens", "input[0]"),
    "no tokens": ([[97], []], "empty_text", "input[1]"),
    "blank": ([32, 10], "empty_text", "input[0]"),
    "too many arrays": ([[97]] * 9, "invalid_value", "input"),
    "too long": ([[97], [97] * 59], "input_too_long", "input[1]"),
    "true": ([True], "invalid_value", "input[0]"),
    "fraction": ([[97, 1.5]], "invalid_value", "input[0][1]"),
    "text among tokens": ([97, "离婚"], "invalid_value", "input[1]"),
}


@pytest.mark.usefixtures("bytes_vocabulary")
@pytest.mark.parametrize(("given", "code", "param"), TOKEN_REFUSALS.values(), ids=TOKEN_REFUSALS)
def test_wrong_token_arrays_are_told_what_is_wrong_and_where(ask, given, code, param):
    answer = ask("POST", EMBED, json={"model": MODEL, "input": given})

    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (400, code, param)


@pytest.mark.parametrize("given", [[1, 2, 3], [[1, 2], [3]]])
def test_a_damaged_vocabulary_is_none_and_tokens_are_refused(
    ask, bytes_vocabulary, monkeypatch, given
):
    monkeypatch.setattr(tokens, "SHA256", "0" * 64)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    answer = ask("POST", EMBED, json={"model": MODEL, "input": given})

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "token_arrays_unsupported")
    assert "check_embedding_ctx_length=False" in error["message"]


@pytest.mark.usefixtures("bytes_vocabulary")
def test_a_character_that_a_client_cut_in_half_is_a_replacement_character():
    assert tokens.texts_of([ids("离婚")[:-1]]) == ["离\ufffd"]


CL100K = [24326, 248, 6708, 119, 81368, 453, 65556, 91416]  # what tiktoken makes of the text below


def test_ids_of_the_real_vocabulary_spell_what_tiktoken_encoded():
    if not any((folder / tokens.FILE).is_file() for folder in tokens._folders()):
        pytest.skip("needs lawvault[compat]")

    assert tokens.texts_of([CL100K]) == ["抚养费 alimony 😀"]
