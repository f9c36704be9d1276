"""What we say of ourselves in OpenAPI is what we do: Schemathesis sends what it allows, and not."""

import asyncio
import contextlib
import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx
import pytest
import schemathesis
from fastapi import FastAPI
from schemathesis import HookContext
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from lawvault.config.serve import ServeConfig
from lawvault.serve.contract import ApiError
from lawvault.serve.embed.embedder import Embedder
from lawvault.serve.embed.tokens import texts_of
from lawvault.serve.gate.admission import FREE_PATHS, scope_of
from lawvault.serve.keys import VARIABLE
from lawvault.serve.openapi import KEY, describe
from lawvault.serve.routes import Calls, build_app
from tests.serve.conftest import PREFIXES, BigramEncoder

PLAIN = "a-key-of-the-container"
BEARER = {"Authorization": f"Bearer {PLAIN}"}
MODEL = "lawvault-embed"


class DenseEncoder(BigramEncoder):
    """Has no zeros, as no real model has, so that a vector can be cut to one dimension."""

    def encode_ids(self, ids):
        vectors = super().encode_ids(ids) + 0.01
        return vectors / (vectors**2).sum(axis=1, keepdims=True) ** 0.5


@pytest.fixture(scope="module")
def keyed(calls: Calls) -> Iterator[FastAPI]:
    """The whole HTTP surface as other machines see it: with a key, under any name."""
    embedder = Embedder(DenseEncoder(), PREFIXES, max_tokens=4000)
    calls = dataclasses.replace(calls, embed=embedder.embed)
    app = build_app(calls, ServeConfig(host="0.0.0.0"), dimension=DenseEncoder.dimension)
    describe(app, keyed=True, model_names=[MODEL], dimension=DenseEncoder.dimension)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, PLAIN)
        yield app


def said_by(app: FastAPI) -> dict:
    async def once() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.get("/openapi.json", headers=BEARER)

    return asyncio.run(once()).json()


NO_RERANKER = {
    "include-path": "/v1/rerank",
    "checks": {"not_a_server_error": {"expected-statuses": ["2xx", "4xx", "501"]}},
}


def holds_blank_tokens(body: Any) -> bool:
    """Say whether token ids of a body are those of a blank text: no JSON schema can exclude it."""
    given = body.get("input") if isinstance(body, dict) else None
    if not isinstance(given, list):
        return False
    arrays = given if all(isinstance(one, list) for one in given) else [given]
    for array in arrays:
        if all(isinstance(token, int | float) and token == int(token) for token in array):
            with contextlib.suppress(ApiError):
                if not texts_of([list(map(int, array))])[0].strip():
                    return True
    return False


def complaints(
    app: FastAPI | str,
    *,
    examples: int,
    stateful: bool = False,
    headers: Mapping[str, str] = BEARER,
    operations: Sequence[Mapping[str, Any]] = (NO_RERANKER,),
) -> Iterator[str]:
    """Yield what Schemathesis, with all its checks, finds wrong with the app.

    Args:
        app: the app, or the address of one that is served.
        operations: what is expected of some operations, as Schemathesis' config has it.
    """
    config = SchemathesisConfig.from_dict(
        {
            "cache": {"enabled": False},
            "seed": 17,
            "headers": dict(headers),
            "generation": {"max-examples": examples, "mode": "all", "database": "none"},
            "continue-on-failure": True,
            "phases": {"stateful": {"enabled": stateful}},
            "operations": list(operations),
        }
    )
    given: dict[str, Any] = {"config": config, "headers": dict(headers)}
    if isinstance(app, str):
        schema = schemathesis.openapi.from_url(f"{app}/openapi.json", **given)
    else:
        schema = schemathesis.openapi.from_asgi("/openapi.json", app, **given)

    @schema.hook
    def filter_body(_context: HookContext, body: Any) -> bool:
        return not holds_blank_tokens(body)

    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError):
            yield f"{event.label}: {event.value!r}"
        if isinstance(event, events.ScenarioFinished):
            for check in (check for of in event.recorder.checks.values() for check in of):
                if check.failure_info is not None:
                    failure = check.failure_info.failure
                    yield (
                        f"{failure.operation}: {failure.title}: {failure.message}\n"
                        f"{check.failure_info.code_sample[:600]}"
                    )


def test_schemathesis_finds_nothing_wrong(keyed):
    found = list(complaints(keyed, examples=10))

    assert not found, "\n\n".join(found)


@pytest.mark.chaos
@pytest.mark.timeout(7200)
def test_schemathesis_finds_nothing_wrong_in_thousands_of_requests(keyed):
    found = list(complaints(keyed, examples=2000, stateful=True))

    assert not found, "\n\n".join(found)


def test_only_token_ids_of_blank_texts_are_kept_from_it():
    line_ends = [198] * 5

    assert holds_blank_tokens({"input": line_ends})
    assert holds_blank_tokens({"input": [198.0] * 5})
    assert holds_blank_tokens({"input": [[9906], line_ends]})
    assert not holds_blank_tokens({"input": [9906]})
    assert not holds_blank_tokens({"input": ["\n"]})
    assert not holds_blank_tokens({"input": [1 << 40]})


def test_every_operation_has_a_name_a_tag_a_key_and_the_shape_of_its_errors(keyed):
    said = said_by(keyed)

    assert said["components"]["securitySchemes"][KEY]["scheme"] == "bearer"
    for path, methods in said["paths"].items():
        for operation in methods.values():
            free = path in FREE_PATHS
            assert re.fullmatch("[a-z_]+", operation["operationId"]), path
            assert operation["security"] == ([] if free else [{KEY: []}])
            assert operation["tags"] == ["health" if free else scope_of(path)]
            assert free or f"`{scope_of(path)}`" in operation["description"]
            assert {"4XX", "5XX"} <= operation["responses"].keys()


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("/v1/search", "ErrorAnswer"),
        ("/v1/embeddings", "ErrorAnswer"),
        ("/api/embed", "OllamaError"),
        ("/retrieval", "DifyError"),
    ],
)
@pytest.mark.parametrize("status", ["4XX", "429", "503", "5XX"])
def test_errors_are_described_in_the_shape_that_clients_of_the_address_know(
    keyed, path, schema, status
):
    answer = said_by(keyed)["paths"][path]["post"]["responses"][status]

    reference = answer["content"]["application/json"]["schema"]["$ref"]
    assert reference == f"#/components/schemas/{schema}"
    assert ("Retry-After" in answer.get("headers", {})) == (status in ("429", "503"))


def test_operations_have_names_of_their_own(keyed):
    names = [
        operation["operationId"]
        for methods in said_by(keyed)["paths"].values()
        for operation in methods.values()
    ]

    assert len(set(names)) == len(names)


def test_where_no_key_is_asked_for_the_key_is_described_and_not_demanded(app):
    describe(app, keyed=False)

    said = said_by(app)

    assert KEY in said["components"]["securitySchemes"]
    assert {
        str(operation["security"])
        for methods in said["paths"].values()
        for operation in methods.values()
    } == {"[]"}
