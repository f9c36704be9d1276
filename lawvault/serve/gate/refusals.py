"""How the errors of our routes leave, and what counts as one.

Whatever framework or route it comes from, it has a Chinese message for people and (where the shape
has room for it) an English code for programs; what the client sent is not repeated.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match

from lawvault.serve.contract import ApiError
from lawvault.serve.gate.complaints import complaint
from lawvault.serve.gate.shape import body_of, headers_of
from lawvault.serve.gate.strict_json import TWICE, StrictRoute


def add_refusals(app: FastAPI) -> None:
    """Give every error of the app's routes its shape; routes added from now on read strictly."""
    app.router.route_class = StrictRoute

    @app.exception_handler(ApiError)
    async def ours(request: Request, error: ApiError) -> JSONResponse:
        return _answer(request, error)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return _answer(request, _invalid(error.errors()))

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        code, message = _HTTP.get(error.status_code, ("bad_request", "请求无法处理"))
        ours = ApiError(error.status_code, code, message)
        answer = _answer(request, ours, error.headers)
        if error.status_code == 405:  # Starlette names the methods of one route of a path only
            answer.headers["Allow"] = ", ".join(_methods(request))
        return answer


def _methods(request: Request) -> list[str]:
    """Return the methods that some route of the request's path takes."""
    found = (
        route for route in request.app.routes if route.matches(request.scope)[0] is not Match.NONE
    )
    return sorted({method for route in found for method in getattr(route, "methods", None) or ()})


def _answer(
    request: Request, error: ApiError, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    return JSONResponse(
        body_of(error, request.scope["path"]),
        status_code=error.status,
        headers={**headers_of(error), **(headers or {})},
    )


_HTTP = {
    400: ("invalid_body", "请求体无法解析"),
    404: ("not_found", "没有这个地址"),
    405: ("method_not_allowed", "此地址不支持这种请求方法"),
}


def _invalid(errors: Sequence[Any]) -> ApiError:
    """Return one complaint of many, in our shape."""
    first = errors[0]
    if first["type"] == "json_invalid":
        if first["ctx"]["error"] == TWICE:
            return ApiError(400, "duplicate_key", "请求体的同一个 JSON 对象里有重复的键")
        return ApiError(400, "invalid_json", "请求体不是合法的 JSON")
    if len(first["loc"]) == 1:
        return ApiError(400, "invalid_body", "请求体须是 JSON 对象（application/json）")
    return ApiError(400, *complaint(errors, above=1))
