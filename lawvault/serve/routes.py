"""The whole HTTP surface, built from plain callables: no Ray, no model, no SQL.

Routes translate: a checked request into a call, what comes back into the contract.  Everything that
goes wrong leaves in one shape, with a Chinese message for people and an English code for programs.
"""

import asyncio
import base64
import importlib.resources
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pydantic_core
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from lawvault.config import ServeConfig
from lawvault.models.encoder import Vectors
from lawvault.serve.admission import Admission
from lawvault.serve.contract import (
    ApiError,
    EmbeddingAnswer,
    EmbeddingRequest,
    ErrorAnswer,
    Law,
    LawList,
    ModelCard,
    ModelList,
    SearchAnswer,
    SearchRequest,
    Side,
)
from lawvault.serve.embedder import Embedded
from lawvault.serve.searcher import Embed

RAW = ":raw"
ASSETS = {"page.css": "text/css", "page.js": "text/javascript"}
ERRORS: dict[int | str, dict[str, object]] = {
    "4XX": {"model": ErrorAnswer},
    "5XX": {"model": ErrorAnswer},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """What the routes stand on; `readiness` gives a word per dependency, `ok` if it answers."""

    embed: Embed
    search: Callable[[SearchRequest], Awaitable[SearchAnswer]]
    laws: Callable[[], Awaitable[list[Law]]]
    readiness: Callable[[], Awaitable[Mapping[str, str]]]


def build_app(calls: Calls, config: ServeConfig, *, dimension: int, created: int = 0) -> FastAPI:
    """Return the gateway's app.

    Args:
        dimension: of the model's vectors.
        created: when the model was made, in seconds since 1970.
    """
    app = FastAPI(
        title="LawVault",
        version="1",
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        responses=ERRORS,
    )
    app.add_middleware(Admission, config=config)
    _add_errors(app)
    _add_embeddings(app, calls, config, dimension)
    _add_models(app, config, created)
    _add_search(app, calls, config)
    _add_health(app, calls)
    _add_page(app)
    return app


def _add_embeddings(app: FastAPI, calls: Calls, config: ServeConfig, dimension: int) -> None:
    @app.post("/v1/embeddings", response_model=EmbeddingAnswer)
    async def embeddings(request: EmbeddingRequest) -> Response:
        """Return unit vectors of texts, as OpenAI does."""
        side = _side(request, config.model_name)
        _check_dimensions(request, dimension)
        texts = _texts(request, config)
        embedded = await calls.embed(texts, side)
        return await asyncio.to_thread(_embedding_answer, request, embedded)


def _add_models(app: FastAPI, config: ServeConfig, created: int) -> None:
    names = (config.model_name, config.model_name + RAW)
    cards = {name: ModelCard(id=name, created=created) for name in names}

    @app.get("/v1/models")
    async def models() -> ModelList:
        """Return the names that requests may use."""
        return ModelList(data=list(cards.values()))

    @app.get("/v1/models/{name}")
    async def model(name: str) -> ModelCard:
        """Return one model."""
        if name not in cards:
            raise _unknown_model(name)
        return cards[name]


def _add_search(app: FastAPI, calls: Calls, config: ServeConfig) -> None:
    @app.post("/v1/search")
    async def search(request: SearchRequest) -> SearchAnswer:
        """Return the articles that answer a question, best first."""
        _check_text(request.query, "query", config)
        return await calls.search(request)

    @app.get("/v1/laws")
    async def laws() -> LawList:
        """Return all laws that can be found."""
        return LawList(data=await calls.laws())


def _add_health(app: FastAPI, calls: Calls) -> None:
    @app.get("/health/live")
    async def live() -> dict[str, str]:
        """Say that this process answers."""
        return {"status": "ok"}

    @app.get("/health/ready")
    async def ready() -> JSONResponse:
        """Say whether every dependency answers, and which does not (503)."""
        states = dict(await calls.readiness())
        down = [name for name, state in states.items() if state != "ok"]
        if not down:
            return JSONResponse({"status": "ready", "dependencies": states})
        error = ApiError(503, "not_ready", f"尚未就绪：{'、'.join(down)}")
        return JSONResponse({**error.body(), "dependencies": states}, status_code=503)


def _add_page(app: FastAPI) -> None:
    room = importlib.resources.files("lawvault.serve")
    page = room.joinpath("page.html").read_bytes()
    assets = {name: room.joinpath(name).read_bytes() for name in ASSETS}

    @app.get("/", include_in_schema=False)
    async def home() -> Response:
        return Response(page, media_type="text/html; charset=utf-8")

    @app.get("/assets/{name}", include_in_schema=False)
    async def asset(name: str) -> Response:
        if name not in assets:
            raise ApiError(404, "not_found", "没有这个地址")
        return Response(assets[name], media_type=f"{ASSETS[name]}; charset=utf-8")


def _side(request: EmbeddingRequest, model_name: str) -> Side:
    if request.model == model_name:
        return request.input_type or "query"
    if request.model != model_name + RAW:
        raise _unknown_model(request.model)
    if request.input_type:
        raise ApiError(
            400, "invalid_value", f"模型 {request.model} 不加前缀，不能带 input_type", "input_type"
        )
    return "raw"


def _unknown_model(name: str) -> ApiError:
    return ApiError(
        404, "model_not_found", f"没有名为 {name[:80]} 的模型，可用的见 /v1/models", "model"
    )


def _check_dimensions(request: EmbeddingRequest, dimension: int) -> None:
    if request.dimensions and request.dimensions > dimension:
        raise ApiError(
            400,
            "invalid_value",
            f"dimensions 最大为 {dimension}，收到 {request.dimensions}",
            "dimensions",
        )


def _texts(request: EmbeddingRequest, config: ServeConfig) -> list[str]:
    """Return the texts of a request, every one of them fit to be embedded.

    Raises:
        ApiError: there are none, too many, tokens instead of texts, or one is empty or too long.
    """
    texts = [request.input] if isinstance(request.input, str) else request.input
    if not 1 <= len(texts) <= config.max_inputs:
        raise ApiError(
            400,
            "invalid_value",
            f"input 须有 1 至 {config.max_inputs} 条文本，收到 {len(texts)} 条",
            "input",
        )
    checked = []
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            raise ApiError(
                400,
                "token_arrays_unsupported",
                "input 须是文本，不接受 token 数组（别家模型的 token 编号在这里没有意义）；"
                "LangChain 请设 check_embedding_ctx_length=False",
                "input",
            )
        _check_text(text, f"input[{index}]", config)
        checked.append(text)
    return checked


def _check_text(text: str, param: str, config: ServeConfig) -> None:
    if not text.strip():
        raise ApiError(400, "empty_text", f"{param} 是空的", param)
    if len(text) > config.max_chars:
        raise ApiError(
            400,
            "input_too_long",
            f"{param} 有 {len(text)} 个字符，上限 {config.max_chars}",
            param,
        )


def _embedding_answer(request: EmbeddingRequest, embedded: Embedded) -> Response:
    vectors = _shortened(embedded.vectors, request.dimensions)
    tokens = sum(embedded.tokens)
    body = {
        "object": "list",
        "data": [
            {"object": "embedding", "index": index, "embedding": vector}
            for index, vector in enumerate(_written(vectors, request.encoding_format))
        ],
        "model": request.model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }
    return Response(pydantic_core.to_json(body), media_type="application/json")


def _shortened(vectors: Vectors, dimensions: int | None) -> Vectors:
    """Return the first `dimensions` of every vector, of length 1 again."""
    if not dimensions or dimensions == vectors.shape[1]:
        return vectors
    short = vectors[:, :dimensions]
    lengths = np.linalg.norm(short, axis=1, keepdims=True)
    if not lengths.all():
        raise ApiError(500, "bad_vector", f"截到 {dimensions} 维后向量为零", "dimensions")
    return np.asarray(short / lengths, np.float32)


def _written(vectors: Vectors, encoding: str) -> Sequence[list[float] | str]:
    if encoding == "float":
        numbers: list[list[float]] = vectors.tolist()
        return numbers
    return [base64.b64encode(vector.astype("<f4").tobytes()).decode() for vector in vectors]


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(ApiError)
    async def ours(_: Request, error: ApiError) -> JSONResponse:
        return JSONResponse(error.body(), status_code=error.status)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse(_invalid(error).body(), status_code=400)

    @app.exception_handler(HTTPException)
    async def http(_: Request, error: HTTPException) -> JSONResponse:
        code, message = _HTTP.get(error.status_code, ("bad_request", "请求无法处理"))
        body = ApiError(error.status_code, code, message).body()
        return JSONResponse(body, status_code=error.status_code, headers=error.headers)


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
}


def _invalid(error: RequestValidationError) -> ApiError:
    """Return the first complaint of many, in our shape; what the client sent is not repeated."""
    first = error.errors()[0]
    place = [str(part) for part in first["loc"][1:]]
    if place[:1] == ["input"]:  # then come the names of types that were tried
        place = ["input"]
    param = ".".join(place) or None
    if param is None and first["type"] != "json_invalid":
        return ApiError(400, "invalid_body", "请求体须是 JSON 对象（application/json）")
    code, message = _INVALID.get(first["type"], ("invalid_value", "{param} 的类型或取值不对"))
    if first["type"] == "json_invalid":
        param = None
    limits = {
        key: str(value).replace(" or ", " 或 ") for key, value in first.get("ctx", {}).items()
    }
    return ApiError(400, code, message.format(param=param, **limits), param)
