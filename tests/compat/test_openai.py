"""The client of OpenAI, sync and async, and the calls of its JavaScript sister in Cherry Studio."""

import asyncio
import base64
import time

import httpx
import numpy as np
import openai
import pytest

from tests.compat.conftest import MODEL

TOO_LONG = "长" * 59
JAVASCRIPT = {
    "Authorization": "Bearer none",
    "User-Agent": "OpenAI/JS 5.12.0",
    "X-Stainless-Lang": "js",
    "X-Stainless-Package-Version": "5.12.0",
}


@pytest.fixture
def client(address):
    with openai.OpenAI(base_url=f"{address}/v1", api_key="none") as client:
        yield client


def vectors_of(answer) -> np.ndarray:
    return np.array([row.embedding for row in answer.data], np.float32)


def test_models_are_listed_and_found_by_name(client):
    names = [model.id for model in client.models.list()]

    assert names == [MODEL, MODEL + ":raw"]
    assert client.models.retrieve(names[1]).id == names[1]


def test_vectors_come_as_base64_unless_the_caller_asks_for_numbers(client, built):
    raw = client.embeddings.with_raw_response.create(model=MODEL, input="离婚")
    wire = raw.http_response.json()["data"][0]["embedding"]
    numbers = client.embeddings.create(model=MODEL, input="离婚", encoding_format="float")

    assert isinstance(wire, str)
    assert np.array_equal(np.frombuffer(base64.b64decode(wire), "<f4"), vectors_of(raw.parse())[0])
    assert np.array_equal(vectors_of(raw.parse()), vectors_of(numbers))
    assert np.allclose(vectors_of(numbers), built.encoder.encode_queries(["离婚"]), atol=1e-6)


def test_a_raw_response_has_the_request_id_and_no_cookies(client):
    raw = client.embeddings.with_raw_response.create(
        model=MODEL, input="离婚", extra_headers={"X-Request-Id": "mine-1"}
    )

    assert raw.headers["x-request-id"] == raw.request_id == "mine-1"
    assert raw.headers["content-type"] == "application/json"
    assert "set-cookie" not in raw.headers


def test_fewer_dimensions_are_the_first_ones_at_length_one(client):
    whole = vectors_of(client.embeddings.create(model=MODEL, input="离婚"))[0]
    short = vectors_of(client.embeddings.create(model=MODEL, input="离婚", dimensions=16))[0]

    assert np.allclose(short, whole[:16] / np.linalg.norm(whole[:16]), atol=1e-6)


def test_many_texts_come_back_in_their_order(client, built):
    texts = [f"第{number}个问题" for number in range(300)]

    answer = client.embeddings.create(model=MODEL, input=texts)

    assert [row.index for row in answer.data] == list(range(300))
    assert np.allclose(vectors_of(answer), built.encoder.encode_queries(texts), atol=1e-6)
    assert answer.usage.total_tokens == sum(built.encoder.count_tokens(["问：" + t for t in texts]))


def test_our_own_fields_go_through_extra_body(client, built):
    document = client.embeddings.create(
        model=MODEL, input="离婚", extra_body={"input_type": "document"}
    )
    cut = client.embeddings.create(model=MODEL, input=TOO_LONG, extra_body={"truncate": True})

    assert np.allclose(vectors_of(document), built.encoder.encode_documents(["离婚"]), atol=1e-6)
    assert cut.model_extra == {"truncated": [0]}


def test_many_async_calls_at_once_get_their_own_vectors(address, built):
    texts = [f"第{number}个问题" for number in range(20)]

    async def ask() -> list[np.ndarray]:
        async with openai.AsyncOpenAI(base_url=f"{address}/v1", api_key="none") as client:
            names = [model.id async for model in client.models.list()]
            assert names[0] == MODEL
            calls = [client.embeddings.create(model=MODEL, input=text) for text in texts]
            return [vectors_of(answer)[0] for answer in await asyncio.gather(*calls)]

    assert np.allclose(asyncio.run(ask()), built.encoder.encode_queries(texts), atol=1e-6)


REFUSALS = {
    "unknown model": ({"model": "gpt-5", "input": "离婚"}, 404, "model_not_found", "model"),
    "empty": ({"input": ""}, 400, "empty_text", "input[0]"),
    "blank in a list": ({"input": ["离婚", " "]}, 400, "empty_text", "input[1]"),
    "nothing": ({"input": []}, 400, "invalid_value", "input"),
    "too many": ({"input": ["离婚"] * 513}, 400, "invalid_value", "input"),
    "too long": ({"input": ["离婚", TOO_LONG]}, 400, "input_too_long", "input[1]"),
    "dimensions": ({"input": "离婚", "dimensions": 65}, 400, "invalid_value", "dimensions"),
    "unknown": ({"input": "离", "extra_body": {"x": 1}}, 400, "unknown_parameter", "x"),
}


@pytest.mark.parametrize(("asked", "status", "code", "param"), REFUSALS.values(), ids=REFUSALS)
def test_an_error_is_the_exception_of_its_status_with_code_and_message(
    client, asked, status, code, param
):
    kind = openai.NotFoundError if status == 404 else openai.BadRequestError

    with pytest.raises(kind) as refusal:
        client.embeddings.create(**{"model": MODEL, **asked})

    error = refusal.value
    assert (error.status_code, error.code, error.param) == (status, code, param)
    assert error.type == "invalid_request_error"
    assert error.body["message"] in error.message
    assert error.request_id


def test_a_wrong_key_is_an_authentication_error_and_a_narrow_one_a_denial(guarded):
    with guarded(["laws"]) as (url, key):
        strange = openai.OpenAI(base_url=f"{url}/v1", api_key="none")
        narrow = openai.OpenAI(base_url=f"{url}/v1", api_key=key)
        with strange, narrow:
            with pytest.raises(openai.AuthenticationError) as unknown:
                strange.models.list()
            with pytest.raises(openai.PermissionDeniedError) as denied:
                narrow.embeddings.create(model=MODEL, input="离婚")

    assert unknown.value.code == "invalid_key"
    assert denied.value.code == "scope_missing"


def test_a_client_that_is_too_fast_waits_as_long_as_it_is_told_and_then_gives_up(
    guarded, monkeypatch
):
    naps: list[float] = []
    with (
        guarded(["embed"], rate=1) as (url, key),
        openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=2) as client,
    ):
        client.embeddings.create(model=MODEL, input="离婚")
        monkeypatch.setattr(time, "sleep", naps.append)
        with pytest.raises(openai.RateLimitError) as refusal:
            client.embeddings.create(model=MODEL, input="离婚")

    assert naps[:2] == [60.0, 60.0]
    assert (refusal.value.code, refusal.value.type) == ("rate_limited", "rate_limit_error")
    assert refusal.value.response.headers["retry-after"] == "60"


def test_a_client_that_waits_gets_its_answer(guarded):
    with (
        guarded(["embed"], rate=60) as (url, key),
        openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=2) as client,
    ):
        start = time.monotonic()
        for _ in range(61):  # one more than the bucket holds
            client.models.list()

    assert time.monotonic() - start >= 1


def test_a_picker_in_javascript_finds_the_dimension_by_trying(address, built):
    """Cherry Studio embeds a short text at first, and counts the numbers that it gets."""
    asked = {"model": MODEL, "input": "test", "encoding_format": "base64"}

    with httpx.Client(base_url=f"{address}/v1", headers=JAVASCRIPT) as client:
        names = [model["id"] for model in client.get("/models").json()["data"]]
        answer = client.post("/embeddings", json=asked).json()

    assert MODEL in names
    numbers = np.frombuffer(base64.b64decode(answer["data"][0]["embedding"]), "<f4")
    assert np.allclose(numbers, built.encoder.encode_queries(["test"])[0], atol=1e-6)
