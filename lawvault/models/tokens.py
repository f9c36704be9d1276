"""Texts as token ids: cut to what a model takes, counted before that, and without special tokens.

A tokenizer of Hugging Face reads a literal `</s>` in a text as the token that ends texts, so
whoever writes it changes what the model is told about where the text ends.  Here only the
tokenizer itself puts special tokens; in a text their names are ordinary characters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lawvault.errors import SourceError

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """Token ids of texts, in their order."""

    ids: list[list[int]]
    """Cut to the encoder's `max_tokens`, special tokens included and never cut away."""
    counts: list[int]
    """How many tokens each text has before it is cut, special tokens included."""


class Tokeniser:
    """Cuts and counts texts with a tokenizer that `literal` made."""

    def __init__(self, tokenizer: "Tokenizer", max_tokens: int) -> None:
        tokenizer.encode_special_tokens = True  # not kept in a tokenizer's file
        tokenizer.no_padding()
        tokenizer.enable_truncation(max_tokens)
        self.tokenizer = tokenizer
        self.added = int(tokenizer.num_special_tokens_to_add(is_pair=False))

    def __call__(self, texts: Sequence[str]) -> Tokens:
        """Return the tokens of `texts`."""
        found = self.tokenizer.encode_batch_fast(list(texts)) if len(texts) else []
        return Tokens(
            ids=[row.ids for row in found],
            counts=[
                len(row.ids) + sum(len(rest.ids) - self.added for rest in row.overflowing)
                for row in found
            ],
        )

    def text(self, ids: list[int]) -> str:
        """Return roughly the text of token ids, for a message."""
        return str(self.tokenizer.decode(ids, skip_special_tokens=True))


def literal(tokenizer: Any) -> "Tokenizer":  # noqa: ANN401 - transformers gives it no type
    """Return a copy of a model's tokenizer that finds no special token in a text.

    A unigram model holds the special tokens among its pieces and finds them there whatever it is
    told, also as `＜s＞`, which NFKC turns into `<s>`; so they are parted after normalisation.

    Raises:
        SourceError: it is not one that the tokenizers library runs.
    """
    from tokenizers import Tokenizer, models, normalizers

    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise SourceError("encoder.model needs a tokenizer.json; its tokenizer is of another kind")
    copy: Tokenizer = Tokenizer.from_str(backend.to_str())
    if isinstance(copy.model, models.Unigram):
        before = [copy.normalizer] if copy.normalizer else []
        parted = [
            normalizers.Replace(token, f"{token[:1]} {token[1:]}")
            for token in tokenizer.all_special_tokens
        ]
        copy.normalizer = normalizers.Sequence([*before, *parted])
    return copy


def saved_tokeniser(path: Path, max_tokens: int) -> Tokeniser:
    """Return the tokeniser of a file that `literal(...).save` wrote."""
    from tokenizers import Tokenizer

    return Tokeniser(Tokenizer.from_file(str(path)), max_tokens)
