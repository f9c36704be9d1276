"""What is wrong with a request, in words for people: from pydantic's complaints to one of ours.

What the client sent is never repeated, only the limit that it broke.
"""

import re
from collections.abc import Sequence
from typing import Any

Complaint = tuple[str, str, str | None]
"""Code, message, and which parameter."""

_WORDS = {
    "missing": ("missing_parameter", "缺少参数 {param}"),
    "extra_forbidden": ("unknown_parameter", "不认识的参数 {param}"),
    "greater_than_equal": ("invalid_value", "{param} 不能小于 {ge}"),
    "less_than_equal": ("invalid_value", "{param} 不能大于 {le}"),
    "too_long": ("invalid_value", "{param} 最多 {max_length} {unit}"),
    "string_too_long": ("invalid_value", "{param} 最多 {max_length} 个字符"),
    "too_short": ("invalid_value", "{param} 至少 {min_length} {unit}"),
    "string_too_short": ("invalid_value", "{param} 至少 {min_length} 个字符"),
    "string_type": ("invalid_value", "{param} 须是文本"),
    "int_type": ("invalid_value", "{param} 须是整数"),
    "int_parsing": ("invalid_value", "{param} 须是整数"),
    "list_type": ("invalid_value", "{param} 须是列表"),
    "literal_error": ("invalid_value", "{param} 只能是 {expected}"),
    "string_unicode": ("invalid_value", "{param} 含有不合法的字符"),
    "day": ("invalid_value", "{param} 须是日期，如 2026-10-04"),
}
_OTHERWISE = ("invalid_value", "{param} 的类型或取值不对")


_OF_TYPE = {"string_type", "int_type", "int_parsing", "float_type", "list_type"}
_TYPE = re.compile(r".*[\[(].*|str|int|float|bool|none")
"""One of several types that a value may have, as pydantic puts it among the names of a place."""


def complaint(errors: Sequence[Any], *, above: int = 0) -> Complaint:
    """Return the first complaint of many; of a value that fits none of several types, the nearest.

    Args:
        errors: pydantic's; there is at least one.
        above: how many parts of their places stand above the request itself, as `body`.
    """
    first = errors[0]
    at = _type_at(first)
    if at is None:
        return _told(first, ".".join(map(str, first["loc"][above:])), first["type"])
    alike = [error for error in errors if error["loc"][:at] == first["loc"][:at]]
    best = max(alike, key=lambda error: (error["type"] not in _OF_TYPE, _indices(error, at)))
    param = ".".join(map(str, first["loc"][above:at]))
    param += "".join(f"[{index}]" for index in _indices(best, at))
    return _told(best, param, "" if best["type"] in _OF_TYPE else best["type"])


def _told(error: Any, param: str, kind: str) -> Complaint:  # noqa: ANN401 - pydantic's dictionary
    code, words = _WORDS.get(kind, _OTHERWISE)
    context = error.get("ctx", {})
    limits = {name: str(value).replace(" or ", " 或 ") for name, value in context.items()}
    unit = "项" if context.get("field_type") == "List" else "个字符"
    return code, words.format(param=param, unit=unit, **limits), param or None


def _type_at(error: Any) -> int | None:  # noqa: ANN401 - pydantic's dictionary
    """Return where in the place of a complaint one of several types is named."""
    parts = enumerate(error["loc"])
    return next((at for at, part in parts if at and _TYPE.fullmatch(str(part))), None)


def _indices(error: Any, at: int) -> tuple[int, ...]:  # noqa: ANN401 - pydantic's dictionary
    return tuple(part for part in error["loc"][at:] if isinstance(part, int))
