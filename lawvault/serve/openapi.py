"""What the service says of itself: FastAPI's description, and what only the gate and MCP know.

That is the key that routes ask for and its scope, the headers of a refusal, `/mcp`, which is no
route of FastAPI's, and the names that the model goes by.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from lawvault.serve.gate.admission import FREE_PATHS, scope_of
from lawvault.serve.mcp import PATH as MCP

KEY = "api_key"
JSON = "application/json"
DESCRIPTION = (
    "Search in Chinese law, embeddings, and laws by name, article and day.\n\n"
    "Every error has a Chinese message for people and, but for Ollama's and Dify's routes, which "
    "keep their own shapes, an English `code` for programs. 429 and 503 say in `Retry-After` when "
    "to try again; other 5xx carry `X-Should-Retry: false`. Request bodies are plain JSON in UTF-8 "
    "(no Content-Encoding)."
)
_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "description": "`Authorization: Bearer KEY`; `python -m lawvault.serve.keys` makes keys.",
}
_RETRY = {
    "Retry-After": {
        "description": "seconds until another try may succeed",
        "schema": {"type": "integer", "minimum": 1},
    }
}
_MCP_REQUEST: dict[str, Any] = {
    "type": "object",
    "required": ["jsonrpc", "method"],
    "properties": {
        "jsonrpc": {"const": "2.0"},
        "id": {"description": "a string or an integer; without it, a notification"},
        "method": {"type": "string", "examples": ["tools/list", "tools/call", "ping"]},
        "params": {"type": ["object", "null"]},
    },
}
_MCP_ANSWER: dict[str, Any] = {
    "type": "object",
    "required": ["jsonrpc"],
    "properties": {
        "jsonrpc": {"const": "2.0"},
        "id": {"type": ["string", "integer", "null"]},
        "result": {"type": "object"},
        "error": {"type": "object"},
    },
}


def describe(
    app: FastAPI, *, keyed: bool, model_names: Iterable[str] = (), dimension: int = 0
) -> None:
    """Have `app` tell all of it at /openapi.json.

    Args:
        keyed: whether a key is asked for; the key is described also where none is.
        model_names: what requests may call the model; given as examples.
        dimension: of the model's vectors, 0 if there is no model.
    """
    names = list(model_names)

    def openapi() -> dict[str, Any]:
        if app.openapi_schema:
            return app.openapi_schema
        for route in app.routes:
            if isinstance(route, APIRoute):
                route.operation_id = route.operation_id or route.name
        said = FastAPI.openapi(app)
        said["info"]["description"] = DESCRIPTION
        components = said.setdefault("components", {})
        components["securitySchemes"] = {KEY: _SCHEME}
        if any(getattr(route, "path", "") == MCP for route in app.routes):
            said["paths"][MCP] = {"post": _mcp()}
        for path, operation in _operations(said):
            _add_gate(operation, path, keyed=keyed)
        for schema in components.get("schemas", {}).values():
            _add_model(schema.get("properties", {}), names, dimension)
        return said

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to extend it


def _add_model(properties: dict[str, Any], names: list[str], dimension: int) -> None:
    """Say what the model is called, and how many dimensions it has."""
    if names and "model" in properties:
        properties["model"]["examples"] = names
    for choice in properties.get("dimensions", {}).get("anyOf", ()):
        if dimension and choice["type"] == "integer":
            choice["maximum"] = dimension


def _operations(said: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in said["paths"].items():
        for operation in methods.values():
            yield path, operation


def _add_gate(operation: dict[str, Any], path: str, *, keyed: bool) -> None:
    """Say which key an operation needs, and how the gate refuses."""
    if path in FREE_PATHS:
        operation["tags"], operation["security"] = ["health"], []
        return
    scope = scope_of(path)
    operation["tags"] = [scope or "other"]
    said = operation.get("description", "")
    operation["description"] = f"{said}\n\nScope of the key: `{scope}`." if scope else said
    operation["security"] = [{KEY: []}] if keyed else []
    refusal = operation["responses"].get("4XX", {}).get("content", {})
    for status, reason in (("429", "Too many requests"), ("503", "Not available at the moment")):
        if status not in operation["responses"]:
            operation["responses"][status] = {
                "description": reason,
                "headers": _RETRY,
                "content": refusal,
            }


def _mcp() -> dict[str, Any]:
    answer = {"schema": _MCP_ANSWER}
    error = {"description": "An error of JSON-RPC, or of the gate in the shape of /v1"}
    return {
        "operationId": "mcp",
        "summary": "MCP",
        "description": (
            "Model Context Protocol, Streamable HTTP without sessions: one JSON-RPC message a "
            "request. Tools and their arguments: `tools/list`."
        ),
        "requestBody": {
            "required": True,
            "content": {JSON: {"schema": _MCP_REQUEST}},
        },
        "responses": {
            "200": {
                "description": "The JSON-RPC answer",
                "content": {JSON: answer},
            },
            "202": {"description": "A notification was taken"},
            "4XX": error,
            "5XX": error,
        },
    }
