"""A body that a route reads itself, because it may be JSON or a file, as the contract knows it."""

import json
from typing import TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException

from lawvault.serve.gate.strict_json import read_json

Model = TypeVar("Model", bound=BaseModel)


def json_request(body: bytes, kind: type[Model]) -> Model:
    """Return what a JSON body says.

    Raises:
        RequestValidationError: it is not JSON of that shape.
        HTTPException: it is not UTF-8, or nested too deeply.
    """
    try:
        return kind.model_validate(read_json(body))
    except json.JSONDecodeError as error:
        complaint = {
            "type": "json_invalid",
            "loc": ("body", error.pos),
            "ctx": {"error": error.msg},
        }
        raise RequestValidationError([complaint]) from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise HTTPException(400) from error
    except ValidationError as error:
        complaints = error.errors(include_url=False, include_input=False)
        raise RequestValidationError(
            [{**complaint, "loc": ("body", *complaint["loc"])} for complaint in complaints]
        ) from error
