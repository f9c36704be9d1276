"""Read the JSON that an LLM was asked for, or say why it is none.

What a text means must not depend on who reads it.  So a repair is made only where one reading is
possible (a fence or prose around the one object, a comma too many, a comment, plain single quotes,
a line break inside a string), each is named, and everything else is rejected with a reason: two
objects, an object that does not end, a name that stands twice, NaN, wrong types.
"""

import json
import math
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from pydantic import Field, TypeAdapter, ValidationError

from lawvault.models.thinking import CLOSING, OPENING, separate

BOUNDS = {"minItems", "maxItems", "maxLength", "pattern"}
"""Keywords of JSON schema that llama.cpp, Ollama and vLLM enforce; some services refuse them."""

NOT_IN_SHAPE = {"extra_forbidden", "unexpected_keyword_argument"}  # pydantic's types of errors


class RejectedAnswer(ValueError):
    """An answer is not the JSON that was asked for; the message says why, `text` is the answer."""

    def __init__(self, reason: str, text: str = "") -> None:
        super().__init__(reason)
        self.text = text


def bounds(**keywords: int | str) -> Any:  # noqa: ANN401 - what pydantic makes of them
    """Return how much a server lets an LLM say in one place, by keywords of JSON schema.

    Without them a small model may go on for ever inside one list or text.  An answer of more is
    read all the same: who asked cuts it, and remarks that.

    >>> from typing import Annotated
    >>> JsonSchema("names", Annotated[list[str], bounds(maxItems=3)]).bounded["maxItems"]
    3
    """
    return Field(json_schema_extra=dict(keywords))


class JsonSchema:
    """The shape of an answer, given as a type that pydantic reads: best a dataclass of dataclasses.

    Attributes:
        name: what servers are told that it is called.
        strict: JSON schema in the form that servers enforce: every key required, no other one.
        bounded: the same with `bounds`, for servers that enforce these, too.

    >>> @dataclass(frozen=True, slots=True, kw_only=True)
    ... class Verdict:
    ...     sufficient: bool
    >>> JsonSchema("verdict", Verdict).strict["required"]
    ['sufficient']
    """

    def __init__(self, name: str, shape: Any) -> None:  # noqa: ANN401 - any type, annotated too
        self.name = name
        self._adapter: TypeAdapter[Any] = TypeAdapter(shape)
        self.bounded: dict[str, Any] = _strict(self._adapter.json_schema())
        self.strict: dict[str, Any] = _unbounded(self.bounded)

    @property
    def text(self) -> str:
        """The shape as a prompt shows it: an object with … where words belong.

        It takes a third of the tokens of a JSON schema, and has no words of schemas in it, which
        small models copy into their answers.
        """
        shape = _sample(self.strict, self.strict.get("$defs", {}))
        return json.dumps(shape, ensure_ascii=False)

    def check(self, value: object) -> tuple[dict[str, Any], list[str]]:
        """Return the value without keys that the shape does not have, and the paths of those.

        Raises:
            RejectedAnswer: naming the path that is wrong and why.
        """
        dumped = json.dumps(value)
        try:
            kept = self._adapter.validate_json(dumped, strict=True, extra="ignore")
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            raise RejectedAnswer(f"{_path(first['loc'])}: {first['msg']}") from None
        try:
            self._adapter.validate_json(dumped, strict=True, extra="forbid")
            extra = []
        except ValidationError as error:
            found = error.errors(include_url=False)
            extra = [_path(item["loc"]) for item in found if item["type"] in NOT_IN_SHAPE]
        return self._adapter.dump_python(kept, mode="json"), extra


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedAnswer:
    """What an answer says, and what had to be mended for it; nothing where it was right."""

    value: dict[str, Any]
    repairs: tuple[str, ...] = ()


def parse_answer(text: str, schema: JsonSchema) -> dict[str, Any]:
    """Return what an answer says; raises as `read_answer` does."""
    return read_answer(text, schema).value


def read_answer(text: str, schema: JsonSchema) -> ParsedAnswer:
    """Return what an answer says, with the repairs that it took.

    Raises:
        RejectedAnswer: it cannot be read in one way only, or has another shape.
    """
    try:
        repairs: list[str] = []
        value = _load(_bare(text, repairs), repairs)
        if not isinstance(value, dict):
            raise RejectedAnswer("not an object")
        kept, extra = schema.check(value)
    except RejectedAnswer as error:
        raise RejectedAnswer(str(error), text) from None
    return ParsedAnswer(value=kept, repairs=(*repairs, *(f"dropped {path}" for path in extra)))


def _bare(text: str, repairs: list[str]) -> str:
    """Return the text without thinking, byte order mark, fence."""
    if OPENING in text or CLOSING in text:
        text, _, ended = separate(text)
        if not ended:
            raise RejectedAnswer("the thinking never ends")
        repairs.append("thinking")
    text = text.strip()
    if text.startswith("\ufeff"):
        text = text.lstrip("\ufeff").strip()
        repairs.append("byte order mark")
    if not text:
        raise RejectedAnswer("empty")
    return text


def _load(text: str, repairs: list[str]) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """Return what the text says as JSON, mended where it can be."""
    try:
        return _read(text)
    except json.JSONDecodeError:
        pass
    mended = _mended(_inside_fence(text, repairs), repairs)
    try:
        return _read(mended)
    except json.JSONDecodeError as error:
        raise RejectedAnswer(f"not JSON: {error.msg}") from None


def _read(text: str) -> Any:  # noqa: ANN401 - whatever JSON can hold
    try:
        return json.loads(
            text, object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite
        )
    except json.JSONDecodeError:
        raise
    except RecursionError:
        raise RejectedAnswer("nested too deeply") from None
    except ValueError as error:  # RejectedAnswer, or a whole number of thousands of digits
        raise RejectedAnswer(str(error).partition(":")[0]) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) < len(pairs):
        raise RejectedAnswer("a name stands twice in one object")
    return read


def _no_number(word: str) -> NoReturn:
    raise RejectedAnswer(f"{word} is no number")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise RejectedAnswer("a number is too large")
    return number


_FENCE = re.compile(r"```[A-Za-z0-9]*")


def _inside_fence(text: str, repairs: list[str]) -> str:
    """Return what stands between the one pair of fences; the text itself if there is none."""
    marks = list(_FENCE.finditer(text))
    before = text[: marks[0].start()] if marks else ""
    if not marks or "{" in before:  # a fence inside a string is text
        return text
    if len(marks) == 1:
        raise RejectedAnswer("the fence never ends")
    if len(marks) > 2 or "{" in text[marks[1].end() :]:
        raise RejectedAnswer("more than one block or object")
    repairs.append("fence")
    if before.strip() or text[marks[1].end() :].strip():
        repairs.append("prose around")
    return text[marks[0].end() : marks[1].start()]


_COMMENT = (
    r"//[^\n]*|/\*[^*]*\*+(?:[^/*][^*]*\*+)*/"  # as C has it; never looks further than its end
)
_TOKEN = re.compile(
    rf"""
    (?P<string>"[^"\\]*(?:\\.[^"\\]*)*")
    |(?P<single>'[^'"\\\n]*'(?=\s*[,:}}\]]))
    |(?P<comment>{_COMMENT})
    |(?P<comma>,(?=(?:\s|{_COMMENT})*[}}\]]))
    |(?P<open>[{{\[])
    |(?P<close>[}}\]])
    |(?P<broken>["'])
    |(?P<other>[^"'/,{{}}\[\]]+|.)
    """,
    re.VERBOSE | re.DOTALL,
)


def _mended(text: str, repairs: list[str]) -> str:
    """Return the one object in a text, with its mistakes of spelling mended."""
    start = text.find("{")
    if start < 0:
        raise RejectedAnswer("no object")
    kept: list[str] = []
    depth, end = 0, start
    for token in _TOKEN.finditer(text, start):
        kept.append(_spelt(token, repairs))
        depth += {"open": 1, "close": -1}.get(token.lastgroup or "", 0)
        end = token.end()
        if depth == 0:
            break
    if depth > 0:
        raise RejectedAnswer("the object never ends")
    _check_around(text[:start].strip(), text[end:].strip(), repairs)
    return "".join(kept)


def _spelt(token: re.Match[str], repairs: list[str]) -> str:
    kind, words = token.lastgroup, token.group()
    if kind == "broken":
        raise RejectedAnswer("a string never ends, or its quotes are ambiguous")
    mended = {
        "single": ("single quotes", f'"{words[1:-1]}"'),
        "comment": ("comment", " "),
        "comma": ("trailing comma", ""),
    }.get(kind or "")
    if kind == "string" and re.search(r"[\n\r\t]", words):
        written = words.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
        mended = ("line break in a string", written)
    if mended is None:
        return words
    if mended[0] not in repairs:
        repairs.append(mended[0])
    return mended[1]


def _check_around(before: str, after: str, repairs: list[str]) -> None:
    """Refuse an object that is a part of something else, or not the only one."""
    if "{" in after:
        raise RejectedAnswer("more than one object")
    if before.endswith(("[", ",", ":", '"')) or after.startswith(("]", ",", ":", "}", '"')):
        raise RejectedAnswer("the object is a part of something else")
    if (before or after) and "prose around" not in repairs:
        repairs.append("prose around")


def _strict(schema: Any) -> Any:  # noqa: ANN401 - a JSON schema is any JSON
    """Return a schema without titles and defaults, its objects closed and all keys required."""
    if isinstance(schema, list):
        return [_strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {
        name: _named(value) if name in ("properties", "$defs") else _strict(value)
        for name, value in schema.items()
        if name not in ("title", "default", "description")
    }
    if "properties" in closed:
        closed |= {"required": list(closed["properties"]), "additionalProperties": False}
    return closed


def _sample(schema: dict[str, Any], named: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    """Return a value of a schema's shape; a list holds one of each kind that its items may be.

    A shape that holds itself ends in ….
    """
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        rest = {other: one for other, one in named.items() if other != name}
        return _sample(named[name], rest) if name in named else "…"
    if "properties" in schema:
        return {name: _sample(one, named) for name, one in schema["properties"].items()}
    if "items" in schema:
        return [_sample(one, named) for one in _ways(schema["items"])]
    if "enum" in schema or "const" in schema:
        return "|".join(map(str, schema.get("enum") or [schema["const"]]))
    if len(_ways(schema)) > 1:
        return _sample(_ways(schema)[0], named)
    return {"integer": 0, "number": 0.5, "boolean": True}.get(schema.get("type", ""), "…")


def _ways(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return schema.get("anyOf") or schema.get("oneOf") or [schema]


def _unbounded(schema: Any) -> Any:  # noqa: ANN401 - a JSON schema is any JSON
    """Return a schema without bounds; names that a shape gives its own keys stay."""
    if isinstance(schema, list):
        return [_unbounded(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: {key: _unbounded(one) for key, one in value.items()}
        if name in ("properties", "$defs")
        else _unbounded(value)
        for name, value in schema.items()
        if name not in BOUNDS
    }


def _named(schemas: dict[str, Any]) -> dict[str, Any]:
    return {name: _strict(schema) for name, schema in schemas.items()}


def _path(loc: tuple[int | str, ...]) -> str:
    """Return where in the answer, as `claims[2].text`.

    >>> _path(("claims", 2, "text"))
    'claims[2].text'
    """
    parts = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in loc]
    return "".join(parts).lstrip(".") or "the answer"
