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

_INVALID = {
    "missing": ("missing_parameter", "缺少参数 {param}"),
    "extra_forbidden": ("unknown_parameter", "不认识的参数 {param}"),
    "json_invalid": ("invalid_json", "请求体不是合法的 JSON"),
    "greater_than_equal": ("invalid_value", "{param} 不能小于 {ge}"),
    "less_than_equal": ("invalid_value", "{param} 不能大于 {le}"),
    "too_long": ("invalid_value", "{param} 最多 {max_length} 项"),
    "literal_error": ("invalid_value", "{param} 只能是 {expected}"),
    "string_unicode": ("invalid_value", "{param} 含有不合法的字符"),
    "day": ("invalid_value", "{param} 须是日期，如 2026-10-04"),
}


def _invalid(errors: Sequence[Any]) -> ApiError:
    """Return one complaint of many, in our shape."""
    first = errors[0]
    place = [str(part) for part in first["loc"][1:]]
    if place[:1] == ["input"] and len(place) > 1:
        first, place = _nearest(errors)
    param = ".".join(place) or None
    if param is None and first["type"] != "json_invalid":
        return ApiError(400, "invalid_body", "请求体须是 JSON 对象（application/json）")
    code, message = _INVALID.get(first["type"], ("invalid_value", "{param} 的类型或取值不对"))
    if first["type"] == "json_invalid":
        param = None
        if first["ctx"]["error"] == TWICE:
            code, message = "duplicate_key", "请求体的同一个 JSON 对象里有重复的键"
    limits = {
        key: str(value).replace(" or ", " 或 ") for key, value in first.get("ctx", {}).items()
    }
    return ApiError(400, code, message.format(param=param, **limits), param)


def _nearest(errors: Sequence[Any]) -> tuple[Any, list[str]]:
    """Return the complaint of the type that `input` came nearest to being, and its place.

    `input` may be of several types, and each of them complains; their names are in the places.
    """
    about = [error for error in errors if error["loc"][1] == "input"]
    best = max(about, key=lambda error: (error["type"] in _INVALID, _indices(error)))
    return best, ["input" + "".join(f"[{index}]" for index in _indices(best))]


def _indices(error: Any) -> tuple[int, ...]:  # noqa: ANN401 - pydantic's own dictionary
    return tuple(part for part in error["loc"] if isinstance(part, int))
