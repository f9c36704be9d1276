r"""JSON as the store keeps it: text in which every value comes back as it was.

Chinese stays as it is, for half the bytes; a lone surrogate, which no database takes, is escaped.

>>> json_text({"法": "\ud800"})
'{"\\u6cd5":"\\ud800"}'
"""

import json
from typing import Any


def json_text(value: object) -> str:
    """Return a JSON-able value as text, keys in their order.

    Raises:
        ValueError: it holds NaN, infinity or something that JSON has no word for.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, allow_nan=False, separators=(",", ":"))
    except TypeError as error:
        raise ValueError(f"not JSON: {error}") from error
    return text


def parsed(text: str) -> Any:  # noqa: ANN401 - JSON from outside
    """Return the value of a JSON text."""
    return json.loads(text)
