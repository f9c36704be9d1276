"""Rerankers: a question and a text read together, one score out.

A cross-encoder lets every word of the question look at every word of the text, which no vector of
the text alone can; it is too slow for a corpus and right for the best hundred of a search.  Batches
are sorted by length and bounded by padded tokens, as for encoders.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lawvault.errors import IntegrityError, SourceError
from lawvault.models.encoder import avoid_cudnn_attention, dtype_of, token_batches
from lawvault.models.packed import quiet_transformers

if TYPE_CHECKING:
    import torch

SETTINGS = "config_sentence_transformers.json"
Logits = NDArray[np.float32]
"""[n], any real numbers; a larger one fits better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """A question with each of n texts, as tokens.

    features: what the model reads of each pair: token ids, and whose they are.
    counts: tokens of each pair before it was cut, special tokens included.
    cut: indices of the pairs that lost something.
    """

    features: list[dict[str, list[int]]]
    counts: list[int]
    cut: list[int]

    @property
    def tokens_read(self) -> int:
        """Return how many tokens are left of all pairs together."""
        return sum(len(row["input_ids"]) for row in self.features)


class Reranker:
    """A sequence classifier of one label, such as CrossEncoder saves them."""

    def __init__(
        self, folder: str, *, max_tokens: int, batch_tokens: int, dtype: str = "auto"
    ) -> None:
        """Load the model.

        Args:
            folder: a model folder or a hub id; its weights must be safetensors.
            max_tokens: to which a pair is cut, if the model can read as many.
            batch_tokens: padded tokens in one forward pass.
            dtype: auto, float32 or bfloat16, as `encoder.dtype`.

        Raises:
            SourceError: it cannot be loaded, or is no reranker.
            IntegrityError: weights of the model are missing in its file.
        """
        import torch

        quiet_transformers()
        avoid_cudnn_attention()
        try:
            model, self._tokenizer = _load(folder)
        except (OSError, ValueError) as error:
            reason = str(error).strip().splitlines()[0]
            raise SourceError(
                f"serve.reranker.model={folder} cannot be loaded: {reason}"
            ) from error
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._model = _in_arithmetic(model.eval(), dtype_of(dtype, self._device)).to(self._device)
        self._batch_tokens = batch_tokens
        self.max_tokens = min(
            max_tokens, _positions(model.config), self._tokenizer.model_max_length
        )

    def tokenize(
        self, query: str, texts: Sequence[str], *, text_tokens: int | None = None
    ) -> Pairs:
        """Return the tokens of `query` with each of `texts`.

        A pair of too many tokens loses the end of its longer side until it fits, then of both.
        For one thread at a time: the tokenizer keeps whether it cuts, so two would mix that up.

        Args:
            text_tokens: how many tokens of each text are read at most.
        """
        whole = list(texts)
        texts = self._begun(whole, text_tokens) if text_tokens else whole
        features = self._features(query, texts, truncation=False)
        counts = [len(row["input_ids"]) for row in features]
        long = [row for row, count in enumerate(counts) if count > self.max_tokens]
        fitting = self._features(query, [texts[row] for row in long], truncation=True)
        for row, cut in zip(long, fitting, strict=True):
            features[row] = cut
        begun = {row for row, text in enumerate(texts) if len(text) < len(whole[row])}
        return Pairs(features=features, counts=counts, cut=sorted({*long, *begun}))

    def batches(self, pairs: Pairs) -> list[list[int]]:
        """Return indices of pairs, longest first, so that each list fits one forward pass."""
        lengths = [len(row["input_ids"]) for row in pairs.features]
        return list(token_batches(lengths, self._batch_tokens))

    def score(self, pairs: Pairs, rows: Sequence[int]) -> Logits:
        """Return the logits [len(rows)] of the pairs at `rows`, in one forward pass.

        Raises:
            IntegrityError: one is not finite, so the model cannot be trusted.
        """
        import torch

        features = [pairs.features[row] for row in rows]
        batch = self._tokenizer.pad(features, return_tensors="pt").to(self._device)
        with torch.inference_mode():
            logits = self._model(**batch).logits.reshape(-1).float().cpu().numpy()
        if not np.isfinite(logits).all():
            raise IntegrityError("the reranker gives a score that is not finite")
        return np.asarray(logits, np.float32)

    def score_all(self, pairs: Pairs) -> Logits:
        """Return the logits of all pairs, in their order.

        Raises:
            IntegrityError: one is not finite.
        """
        logits = np.empty(len(pairs.counts), np.float32)
        for rows in self.batches(pairs):
            logits[rows] = self.score(pairs, rows)
        return logits

    def _features(
        self, query: str, texts: Sequence[str], *, truncation: bool
    ) -> list[dict[str, list[int]]]:
        if not texts:
            return []
        found = self._tokenizer(
            [query] * len(texts),
            list(texts),
            truncation=truncation,
            max_length=self.max_tokens if truncation else None,
            return_attention_mask=False,
            verbose=False,
        )
        names = list(found)
        columns = (found[name] for name in names)
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]

    def _begun(self, texts: Sequence[str], tokens: int) -> list[str]:
        """Return the part of each text that its first `tokens` tokens stand for."""
        found = self._tokenizer(
            list(texts), add_special_tokens=False, return_offsets_mapping=True, verbose=False
        )
        return [
            text if len(places) <= tokens else text[: places[tokens - 1][1]]
            for text, places in zip(texts, found["offset_mapping"], strict=True)
        ]


def scores_of(logits: Logits) -> NDArray[np.float64]:
    """Return the sigmoid of `logits`, in [0, 1].

    >>> scores_of(np.array([0.0, -1000.0], np.float32)).tolist()
    [0.5, 0.0]
    """
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-logits.astype(np.float64))))


def _load(folder: str) -> tuple[Any, Any]:
    """Return model, in float32, and tokenizer; nothing of the folder is run as code."""
    from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer

    config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
    if config.num_labels != 1:
        raise SourceError(
            f"serve.reranker.model={folder} has {config.num_labels} labels: a reranker has one"
        )
    _check_prompt(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    model, report = AutoModelForSequenceClassification.from_pretrained(
        folder,
        trust_remote_code=False,
        use_safetensors=True,
        dtype="float32",
        output_loading_info=True,
    )
    if report["missing_keys"]:  # transformers would go on with random numbers
        missing = sorted(report["missing_keys"])
        raise IntegrityError(f"serve.reranker.model={folder} has no weights for {missing[0]}")
    return model, tokenizer


def _check_prompt(folder: str) -> None:
    """Refuse a model that wants words before its texts, which nothing here would add."""
    from transformers.utils.hub import cached_file

    found = cached_file(
        folder,
        SETTINGS,
        _raise_exceptions_for_missing_entries=False,
        _raise_exceptions_for_connection_errors=False,
    )
    settings = json.loads(Path(found).read_text(encoding="utf-8")) if found else {}
    if settings.get("default_prompt_name"):
        raise SourceError(f"serve.reranker.model={folder} wants a prompt, which is not supported")


def _in_arithmetic(model: Any, dtype: "torch.dtype") -> Any:  # noqa: ANN401 - transformers' own
    """Put the body of `model` in `dtype`; its head stays float32.

    A head in bfloat16 gives scores of three digits: texts would tie that are not equally good.
    """
    model.base_model.to(dtype)
    for module in model.children():
        if module is not model.base_model:
            module.register_forward_pre_hook(lambda _, given: tuple(part.float() for part in given))
    return model


def _positions(config: Any) -> int:  # noqa: ANN401 - of some class of transformers
    """Return how many tokens a model has positions for."""
    positions = int(getattr(config, "max_position_embeddings", None) or 1 << 30)
    if any(family in config.model_type for family in ("roberta", "camembert", "mpnet")):
        return positions - 1 - int(config.pad_token_id or 0)  # they begin behind the padding's
    return positions
