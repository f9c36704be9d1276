"""Open WebUI's calls: embeddings as of OpenAI, and our description of the API as its tools.

It makes one tool of every operation that has an id, with path and query parameters and the fields
of the body as the tool's arguments.
"""

import re

import httpx
import numpy as np
import pytest

from tests.compat.conftest import MODEL

METHODS = ("get", "post", "put", "patch", "delete")


def test_texts_are_embedded_in_batches_with_the_headers_of_a_user(address, built):
    texts = ["离婚后孩子归谁抚养？", "公司拖欠工资"]
    headers = {
        "Authorization": "Bearer none",
        "X-OpenWebUI-User-Name": "Zhang",
        "X-OpenWebUI-User-Id": "1",
    }

    answer = httpx.post(
        f"{address}/v1/embeddings", headers=headers, json={"input": texts, "model": MODEL}
    )

    vectors = [element["embedding"] for element in answer.json()["data"]]
    assert np.allclose(vectors, built.encoder.encode_queries(texts), atol=1e-6)


@pytest.fixture
def operations(address):
    """The operations of the description: id -> (method, path, operation)."""
    paths = httpx.get(f"{address}/openapi.json").json()["paths"]
    found = [
        (operation["operationId"], (method, path, operation))
        for path, methods in paths.items()
        for method, operation in methods.items()
        if method in METHODS
    ]
    assert len({name for name, _ in found}) == len(found)
    return dict(found)


def test_every_operation_is_a_tool_that_a_model_can_name(operations):
    for name, (_, _, operation) in operations.items():
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name), name
        assert operation.get("description"), name


def called(address, operations, path, **arguments):
    """Call the operation of a path as Open WebUI does, with what a model made up."""
    method, template, operation = next(one for one in operations.values() if one[1] == path)
    places = {one["name"]: one["in"] for one in operation.get("parameters", [])}
    assert {name for name in arguments if name in places} <= places.keys()
    url = template
    for name in [name for name, place in places.items() if place == "path"]:
        url = url.replace("{" + name + "}", str(arguments.pop(name)))
    query = {name: str(arguments.pop(name)) for name in [*arguments] if places.get(name) == "query"}
    body = arguments if "requestBody" in operation else None
    return httpx.request(method, address + url, params=query, json=body)


def test_a_model_can_search_read_and_check(address, operations):
    found = called(address, operations, "/v1/search", query="结婚年龄是多少", k=3)
    read = called(
        address,
        operations,
        "/v1/laws/{law}/articles/{number}",
        law="民法典",
        number="第一千零四十七条",
        as_of="2022-01-01",
    )
    checked = called(address, operations, "/v1/citations/verify", text="《民法典》第九千条")

    assert len(found.json()["hits"]) == 3
    assert "二十二周岁" in read.text
    assert checked.status_code == 200, checked.text
