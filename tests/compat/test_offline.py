"""Nothing here reaches another machine: the clients do not, and nothing makes the server do so."""

import asyncio
import socket
from urllib.parse import quote

import httpx
import pytest

from tests.compat.conftest import MODEL, OutsideError


def test_no_client_gets_out_and_every_attempt_is_noted(border):
    async def ask() -> None:
        async with httpx.AsyncClient() as client:
            await client.get("http://192.0.2.1/")

    with pytest.raises(OutsideError), socket.socket() as plain:
        plain.connect(("192.0.2.1", 80))
    with pytest.raises(httpx.ConnectError):
        httpx.get("http://example.org/")
    with pytest.raises(httpx.ConnectError):
        asyncio.run(ask())

    assert border.tried == ["192.0.2.1", "example.org", "192.0.2.1"]
    border.tried.clear()


TARGET = "http://169.254.169.254/latest/meta-data"
NESTED = {"base_url": TARGET, "api_base": TARGET, "user_config": {"api_base": TARGET}}
ASKED = {
    "/v1/embeddings": {"model": MODEL, "input": TARGET},
    "/v1/rerank": {"query": TARGET, "documents": [TARGET]},
    "/v1/search": {"query": TARGET, "filters": {"law_name": [TARGET], "issuer": [TARGET]}},
    "/v1/references/resolve": {"text": f"见 {TARGET}", "inside": {"law": TARGET}},
    "/v1/citations/verify": {"text": f"《{TARGET}》第一条"},
    "/api/embed": {"model": MODEL, "input": TARGET, "options": NESTED},
    "/api/show": {"model": TARGET},
    "/retrieval": {"knowledge_id": "all", "query": TARGET, "retrieval_setting": {"top_k": 1}},
}


@pytest.mark.parametrize("path", ASKED)
@pytest.mark.parametrize("more", [{}, NESTED], ids=["values", "unknown fields"])
def test_no_field_of_a_request_makes_the_server_fetch_an_address(address, border, path, more):
    headers = {"Referer": TARGET, "X-Forwarded-Host": "169.254.169.254"}

    answer = httpx.post(address + path, json={**ASKED[path], **more}, headers=headers)

    assert answer.status_code in (200, 400, 404, 501), answer.text
    assert border.tried == []  # the server runs in this process


def test_no_name_in_a_path_makes_the_server_fetch_an_address(address, border):
    name = quote(TARGET, safe="")
    for path in (f"/v1/models/{name}", f"/v1/laws/{name}", f"/v1/laws/{name}/articles/1"):
        assert httpx.get(address + path).status_code == 404

    assert border.tried == []
