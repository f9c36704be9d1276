"""What the writer says of itself in OpenAPI is what it does; see `tests.serve.test_openapi`."""

import re

import httpx
import jsonschema
import pytest

from tests.scripted_llm import Say, Script
from tests.serve.test_openapi import complaints
from tests.serve.wire import HOST

ANY = ["2xx", "3xx", "401", "403", "404", "409", "429", "5xx"]
OPERATIONS = [
    {"include-path-regex": "^/v1/(agent|ask)", "enabled": False},
    {
        "include-path-regex": "^/v1/drafts/[^/]+(/restore)?$",
        "checks": {  # which revision is the newest, no schema can say
            "positive_data_acceptance": {"expected-statuses": [*ANY, "412"]},
            "missing_required_header": {"expected-statuses": ["428"]},
        },
    },
    {
        "include-path-regex": "^/v1/drafts/[^/]+/revise$",
        "checks": {  # nor what stands in the text
            "positive_data_acceptance": {"expected-statuses": [*ANY, "400", "412"]}
        },
    },
    {
        "include-path": "/v1/export",
        "checks": {  # nor what is a .docx; a PDF is refused as 501
            "positive_data_acceptance": {"expected-statuses": [*ANY, "400", "415"]},
            "not_a_server_error": {"expected-statuses": ["2xx", "4xx", "501"]},
        },
    },
    {
        "include-path": "/v1/recheck",
        "checks": {"positive_data_acceptance": {"expected-statuses": [*ANY, "400", "415"]}},
    },
]


def found_wrong(bench, examples):
    bench.server.script = Script(replies=Say("甲。"))
    return list(
        complaints(
            f"http://{HOST}:{bench.port}",
            examples=examples,
            headers=bench.headers(),
            operations=OPERATIONS,
        )
    )


def test_schemathesis_finds_nothing_wrong_with_the_writer(bench):
    found = found_wrong(bench, examples=2)

    assert not found, "\n\n".join(found)


@pytest.mark.chaos
@pytest.mark.timeout(3600)
def test_schemathesis_finds_nothing_wrong_with_the_writer_in_many_requests(bench):
    found = found_wrong(bench, examples=1000)

    assert not found, "\n\n".join(found)


def test_every_route_of_the_writer_tells_its_errors_and_the_scope_of_its_key(bench):
    url = f"http://{HOST}:{bench.port}/openapi.json"
    said = httpx.get(url, headers=bench.headers()).json()
    routes = {path: of for path, of in said["paths"].items() if not re.search("agent|ask", path)}

    assert len(routes) == 9
    for methods in routes.values():
        for operation in methods.values():
            assert operation["tags"] == ["write"]
            assert {"4XX", "5XX", "429", "503"} <= operation["responses"].keys()
            assert operation["description"]


@pytest.mark.parametrize("template", ["甲\u0099", "甲\n", "甲\0", "\u2028", "x" * 65])
def test_an_imported_text_names_its_template_as_the_schema_allows(bench, template):
    url = f"http://{HOST}:{bench.port}/openapi.json"
    schemas = httpx.get(url, headers=bench.headers()).json()["components"]["schemas"]
    schema = schemas["ImportDraftRequest"]["properties"]["template"]
    body = {"markdown": "甲。", "template": template}

    assert not jsonschema.Draft202012Validator(schema).is_valid(template)
    assert bench.refused("POST", "/v1/drafts/import", json=body) == (400, "invalid_value")
    kept = bench.told("POST", "/v1/drafts/import", json={**body, "template": "合同"})
    assert kept["template"] == "合同"
