"""Texts that a client wants to have read: how many, how long, and what is done with longer ones."""

from collections.abc import Sequence
from dataclasses import dataclass

from lawvault.config.serve import ServeConfig
from lawvault.serve.contract import ApiError
from lawvault.serve.embed.embedder import Embedded


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Texts that are fit to be embedded, and which of them lost their end on the way here."""

    texts: list[str]
    shortened: list[int]

    def cut(self, embedded: Embedded) -> list[int]:
        """Return the indices of all texts whose end the model did not read."""
        long = [row for row in range(len(self.texts)) if embedded.is_cut(row)]
        return sorted({*self.shortened, *long})


def check_count(count: int, limit: int, *, param: str = "input") -> None:
    """Refuse a request of no texts, or of more than `limit`.

    Raises:
        ApiError: 400.
    """
    if not 1 <= count <= limit:
        raise ApiError(
            400, "invalid_value", f"{param} 须有 1 至 {limit} 条文本，收到 {count} 条", param
        )


def inputs_of(
    texts: Sequence[str], config: ServeConfig, *, may_cut: bool, param: str = "input"
) -> Inputs:
    """Return the texts of a request.

    Args:
        may_cut: a text of too many characters is cut; otherwise it is refused.
        param: what the client calls the texts.

    Raises:
        ApiError: a text is empty or too long.
    """
    long = [row for row, text in enumerate(texts) if len(text) > config.max_chars]
    if may_cut:
        texts = [text[: config.max_chars] for text in texts]
    for row, text in enumerate(texts):
        check_text(text, f"{param}[{row}]", config)
    return Inputs(texts=list(texts), shortened=long)


def check_text(text: str, param: str, config: ServeConfig) -> None:
    """Refuse a text that is empty or has too many characters.

    Raises:
        ApiError: 400, about the parameter `param`.
    """
    if not text.strip():
        raise ApiError(400, "empty_text", f"{param} 是空的", param)
    if len(text) > config.max_chars:
        raise ApiError(
            400,
            "input_too_long",
            f"{param} 有 {len(text)} 个字符，上限 {config.max_chars}",
            param,
        )


def check_dimensions(wanted: int | None, dimension: int) -> None:
    """Refuse more dimensions than the model's vectors have.

    Raises:
        ApiError: 400.
    """
    if wanted and wanted > dimension:
        raise ApiError(
            400, "invalid_value", f"dimensions 最大为 {dimension}，收到 {wanted}", "dimensions"
        )
