"""Ollama's own client, sync and async."""

import asyncio

import numpy as np
import ollama
import pytest

from tests.compat.conftest import MODEL

TEXTS = ["离婚后孩子归谁抚养？", "公司拖欠工资"]
TOO_LONG = "长" * 59


@pytest.fixture
def client(address):
    with ollama.Client(host=address) as client:
        yield client


def test_one_text_or_many(client, built):
    expected = built.encoder.encode_queries(TEXTS)

    assert np.allclose(client.embed(MODEL, TEXTS).embeddings, expected, atol=1e-6)
    assert np.allclose(client.embed(MODEL, TEXTS[0]).embeddings, expected[:1], atol=1e-6)
    assert np.allclose(client.embeddings(MODEL, TEXTS[0]).embedding, expected[0], atol=1e-6)


def test_the_async_client_too(address, built):
    async def ask():
        async with ollama.AsyncClient(host=address) as client:
            return (await client.embed(MODEL + ":latest", TEXTS)).embeddings

    assert np.allclose(asyncio.run(ask()), built.encoder.encode_queries(TEXTS), atol=1e-6)


def test_what_is_too_long_is_cut_and_told_unless_the_client_forbids_it(client):
    cut = client.embed(MODEL, ["短", TOO_LONG])
    with pytest.raises(ollama.ResponseError) as refusal:
        client.embed(MODEL, ["短", TOO_LONG], truncate=False)

    assert cut.prompt_eval_count == 5 + 60
    assert (refusal.value.status_code, "63" in refusal.value.error) == (400, True)


def test_dimensions_keep_alive_and_options_are_taken(client):
    answer = client.embed(MODEL, "离婚", dimensions=16, keep_alive="5m", options={"num_ctx": 512})

    assert np.isclose(np.linalg.norm(answer.embeddings[0]), 1)
    assert len(answer.embeddings[0]) == 16


def test_models_can_be_listed_and_shown(client):
    names = [model.model for model in client.list().models]

    assert names == [MODEL, MODEL + ":raw"]
    assert client.show(MODEL).capabilities == ["embedding"]
    assert client.show(MODEL).modelinfo["lawvault.embedding_length"] == 64


def test_what_is_not_there_is_an_error_of_the_client_and_no_crash(client):
    with pytest.raises(ollama.ResponseError) as unknown:
        client.embed("llama3", "离婚")
    with pytest.raises(ollama.ResponseError) as chat:
        client.chat(MODEL, [{"role": "user", "content": "离婚"}])

    assert (unknown.value.status_code, "llama3" in unknown.value.error) == (404, True)
    assert chat.value.status_code == 404
