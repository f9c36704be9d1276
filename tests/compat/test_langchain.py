"""LangChain's OpenAIEmbeddings, in both ways: token ids of cl100k (its default), and texts."""

import importlib.util
from pathlib import Path

import numpy as np
import openai
import pytest
from langchain_openai import OpenAIEmbeddings

from lawvault.serve.embed import tokens
from tests.compat.conftest import MODEL

TEXTS = ["离婚后孩子归谁抚养？", "公司拖欠工资 alimony 😀", "第一千零七十九条"]


@pytest.fixture
def offline_vocabulary(monkeypatch):
    """Have tiktoken, in the client, find its vocabulary where LlamaIndex ships it."""
    place = importlib.util.find_spec("llama_index.core").submodule_search_locations[0]
    folder = Path(place) / "_static" / "tiktoken_cache"
    assert (folder / tokens.FILE).is_file()
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(folder))


def embeddings(address, **knobs) -> OpenAIEmbeddings:
    return OpenAIEmbeddings(model=MODEL, base_url=f"{address}/v1", api_key="none", **knobs)


@pytest.fixture
def expected(address):
    """The vectors that direct calls give."""
    with openai.OpenAI(base_url=f"{address}/v1", api_key="none") as client:
        rows = client.embeddings.create(model=MODEL, input=TEXTS).data
    return np.array([row.embedding for row in rows])


@pytest.mark.usefixtures("offline_vocabulary")
@pytest.mark.parametrize("knobs", [{}, {"check_embedding_ctx_length": False}])
def test_token_arrays_and_texts_give_the_vectors_of_direct_calls(address, expected, knobs):
    client = embeddings(address, **knobs)

    assert np.allclose(client.embed_documents(TEXTS), expected, atol=1e-6)
    assert np.allclose(client.embed_query(TEXTS[0]), expected[0], atol=1e-6)


def test_a_second_client_gives_documents_their_own_prefix(address, built):
    client = embeddings(
        address,
        check_embedding_ctx_length=False,
        model_kwargs={"extra_body": {"input_type": "document"}},
    )

    vectors = client.embed_documents(TEXTS)

    assert np.allclose(vectors, built.encoder.encode_documents(TEXTS), atol=1e-6)


@pytest.mark.usefixtures("offline_vocabulary")
def test_a_hundred_documents_in_small_chunks_keep_their_order(address, built):
    texts = [f"第{number}条" for number in range(100)]

    vectors = embeddings(address, chunk_size=7).embed_documents(texts)

    assert np.allclose(vectors, built.encoder.encode_queries(texts), atol=1e-6)


def test_a_shorter_vector_can_be_asked_for(address):
    client = embeddings(address, dimensions=16, check_embedding_ctx_length=False)

    assert len(client.embed_query("离婚")) == 16
