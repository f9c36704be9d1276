"""LlamaIndex's OpenAILikeEmbedding, the one that takes names other than those of OpenAI."""

import asyncio

import numpy as np
import openai
import pytest
from llama_index.embeddings.openai import OpenAIEmbedding
from llama_index.embeddings.openai_like import OpenAILikeEmbedding

from tests.compat.conftest import MODEL

TEXTS = ["离婚后孩子归谁抚养？", "公司拖欠工资", "第一千零七十九条"]


def embedding(address, **knobs) -> OpenAILikeEmbedding:
    return OpenAILikeEmbedding(
        model_name=MODEL, api_base=f"{address}/v1", api_key="none", max_retries=0, **knobs
    )


def test_questions_and_batches_of_texts_give_the_vectors_of_the_model(address, built):
    client = embedding(address, embed_batch_size=2)

    expected = built.encoder.encode_queries(TEXTS)
    assert np.allclose(client.get_text_embedding_batch(TEXTS), expected, atol=1e-6)
    assert np.allclose(client.get_query_embedding(TEXTS[1]), expected[1], atol=1e-6)


def test_async_batches_too(address, built):
    async def ask():
        async with openai.DefaultAsyncHttpxClient() as connections:
            client = embedding(address, async_http_client=connections)
            return await client.aget_text_embedding_batch(TEXTS)

    assert np.allclose(asyncio.run(ask()), built.encoder.encode_queries(TEXTS), atol=1e-6)


def test_a_second_client_gives_documents_their_own_prefix(address, built):
    client = embedding(address, additional_kwargs={"extra_body": {"input_type": "document"}})

    vector = client.get_text_embedding(TEXTS[0])

    assert np.allclose(vector, built.encoder.encode_documents(TEXTS[:1])[0], atol=1e-6)


def test_the_plain_client_of_llama_index_is_for_names_of_openai_only():
    with pytest.raises(ValueError, match=MODEL):
        OpenAIEmbedding(model=MODEL, api_key="none")
