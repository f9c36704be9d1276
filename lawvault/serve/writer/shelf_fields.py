"""Fields of what goes over the wire about the library, and what lists have in common.

A field says in JSON Schema what the store will keep of it, so that what the schema allows is taken.
"""

from dataclasses import asdict
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from lawvault.serve.contract import INTEGRAL, NOT_BLANK, Text
from lawvault.store.owned import MAX_AT_ONCE
from lawvault.store.shapes import CONTROL, MAX_NAME, MAX_REFERENCE

MAX_TITLE, MAX_SOUGHT, MAX_CURSOR, MAX_INDEX = 500, 200, 600, 2**31 - 1
_NO_NUL = r"^(?![\s\S]*\u0000)"
_ONE_LINE = r"^(?![\s\S]*[\u0000-\u001f\u007f-\u009f\u2028\u2029])"
_LINE: JsonDict = {"pattern": _ONE_LINE}
_NAME: JsonDict = {"pattern": rf"{_ONE_LINE}[\s\S]*{NOT_BLANK}", "minLength": 1}
_BODY: JsonDict = {"pattern": rf"{_NO_NUL}[\s\S]*{NOT_BLANK}", "minLength": 1}
_CURSOR: JsonDict = {"pattern": r"^(?!\n)([0-9]{1,15}(\.[0-9]{1,16})?~[^\u0000]+)?$"}


def _kept(text: str) -> str:
    """Refuse NUL, which no database keeps."""
    if "\0" in text:
        raise PydanticCustomError("string_unicode", "a NUL")
    return text


def _one_line(text: str) -> str:
    if CONTROL.search(text):
        raise PydanticCustomError("string_unicode", "a control character")
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank", "nothing but blanks")
    return text


_LineText = Annotated[Text, AfterValidator(_one_line)]
_NameText = Annotated[_LineText, AfterValidator(_not_blank)]
Line = Annotated[_LineText, Field(max_length=MAX_TITLE, json_schema_extra=_LINE)]
Name = Annotated[_NameText, Field(max_length=MAX_NAME, json_schema_extra=_NAME)]
Reference = Annotated[_NameText, Field(max_length=MAX_REFERENCE, json_schema_extra=_NAME)]
"""An article_id or a law_id."""
Body = Annotated[
    Text, AfterValidator(_kept), AfterValidator(_not_blank), Field(json_schema_extra=_BODY)
]
"""A text that is kept."""
Sought = Annotated[
    Text,
    AfterValidator(_kept),
    Field(max_length=MAX_SOUGHT, json_schema_extra={"pattern": _NO_NUL}),
]
Cursor = Annotated[str, Field(max_length=MAX_CURSOR, json_schema_extra=_CURSOR)]
"""The `next` of a page."""
Limit = Annotated[int, Field(ge=1, le=100)]
ItemId = Annotated[Text, Field(max_length=64)]
KeptId = Annotated[_LineText, Field(max_length=64, json_schema_extra=_LINE)]
"""An id that is kept as it is given, whether or not there is what it names."""
Ids = Annotated[list[ItemId], Field(min_length=1, max_length=MAX_AT_ONCE)]
Index = Annotated[int, Field(ge=0, le=MAX_INDEX), INTEGRAL]


class Parameters(BaseModel):
    """Of a URL, where everything is a string."""

    model_config = ConfigDict(extra="forbid")


class ShelfRequest(BaseModel):
    """A body; what it does not know it refuses."""

    model_config = ConfigDict(extra="forbid", strict=True)


class PageParameters(Parameters):
    """Which part of a list: up to `limit`, from the `next` of the page before."""

    cursor: Cursor = ""
    limit: Limit = 50


class Deleted(BaseModel):
    """How many were removed."""

    deleted: int


def facts_of(row: Any, id_name: str) -> dict[str, Any]:  # noqa: ANN401 - any record of the store
    """Return a record of the store, its id as `id`."""
    facts = asdict(row)
    return {"id": facts.pop(id_name), **facts}
