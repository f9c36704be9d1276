"""The names that the embedding model goes by, and which prefix a text gets under each of them.

The name alone is the tuned policy: a prefix before the text, for questions unless `input_type` says
otherwise.  `name:raw` puts nothing before it, for clients that were built without prefixes.  An
operator's alias (`serve.aliases`) stands for one of the two.
"""

from collections.abc import Iterator
from typing import Literal

from lawvault.config.serve import ServeConfig
from lawvault.serve.contract import ApiError, Side

RAW = ":raw"


class Names:
    """All names of the model, in the order in which they are listed."""

    def __init__(self, config: ServeConfig) -> None:
        raw = config.model_name + RAW
        self._is_raw = {config.model_name: False, raw: True}
        for alias, target in config.alias_targets().items():
            self._is_raw[alias] = target == raw

    def __iter__(self) -> Iterator[str]:
        """Yield the names."""
        return iter(self._is_raw)

    def __contains__(self, name: object) -> bool:
        """Say whether the model goes by `name`."""
        return name in self._is_raw

    def side(self, name: str, input_type: Literal["query", "document"] | None = None) -> Side:
        """Return which prefix the texts of a request get.

        Raises:
            ApiError: nobody goes by that name (404), or it has no prefix to choose (400).
        """
        self.check(name)
        if not self._is_raw[name]:
            return input_type or "query"
        if input_type:
            raise ApiError(
                400, "invalid_value", f"模型 {name} 不加前缀，不能带 input_type", "input_type"
            )
        return "raw"

    def check(self, name: str) -> None:
        """Refuse a name that nobody goes by.

        Raises:
            ApiError: 404.
        """
        if name not in self._is_raw:
            raise ApiError(
                404, "model_not_found", f"没有名为 {name[:80]} 的模型，可用的见 /v1/models", "model"
            )
