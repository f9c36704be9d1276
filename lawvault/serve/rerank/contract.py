"""What a rerank request and its answers look like, in the two dialects that clients speak.

Cohere's and Jina's clients send `documents`, those of Text Embeddings Inference (TEI) send `texts`;
the answer has the shape that goes with it.  Every option holds in both dialects.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from lawvault.config.serve import MAX_DOCUMENTS
from lawvault.serve.contract import Text, Usage, Words


def _text_of(document: object) -> object:
    """Return the text of a document that came as an object; what else is in it is not ranked."""
    return document.get("text", document) if isinstance(document, dict) else document


_TEXT = {"type": "string", "minLength": 1, "pattern": r"\S"}
_LIST = Field(max_length=MAX_DOCUMENTS, fail_fast=True, json_schema_extra={"minItems": 1})
Document = Annotated[
    Text,
    BeforeValidator(_text_of),
    WithJsonSchema(
        {"anyOf": [_TEXT, {"type": "object", "properties": {"text": _TEXT}, "required": ["text"]}]}
    ),
]
Positive = Annotated[int, Field(ge=1)]


class RerankRequest(BaseModel):
    """A query and either `documents` or `texts`.

    model: if it is left out, the only reranker there is.
    documents: texts, or objects with a `text`.
    top_n: how many results, best first; more than there are means all.
    return_documents, return_text: results repeat the text.
    raw_scores: logits instead of numbers from 0 to 1.
    truncate, truncation: whether what is too long is cut instead of refused, and told; by default
    it is for `documents`, as Cohere does it, and is not for `texts`.
    max_tokens_per_doc: how many tokens of each text are read at most.
    rank_fields: only `text` can be ranked.
    max_chunks_per_doc, overlap_tokens, priority, user: taken, and have nothing to act on; a text
    is never read in pieces.
    """

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"oneOf": [{"required": ["documents"]}, {"required": ["texts"]}]},
    )

    model: Text | None = None
    query: Words
    documents: Annotated[list[Document], _LIST] = []
    texts: Annotated[list[Words], _LIST] = []
    top_n: Positive | None = None
    return_documents: bool | None = None
    return_text: bool | None = None
    raw_scores: bool | None = None
    truncate: bool | None = None
    truncation: bool | None = None
    truncation_direction: Literal["right", "Right"] | None = None
    max_tokens_per_doc: Positive | None = None
    rank_fields: list[Literal["text"]] | None = None
    max_chunks_per_doc: Positive | None = None
    overlap_tokens: Annotated[int, Field(ge=0)] | None = None
    priority: int | None = None
    user: Text | None = None


class Ranked(BaseModel):
    """The text of one result."""

    text: str


class RerankResult(BaseModel):
    """How well the document at `index` fits; `document` is there if it was asked for."""

    index: int
    relevance_score: float
    document: Ranked | None = None


class RerankVersion(BaseModel):
    """Of Cohere's API."""

    version: str


class RerankTokens(BaseModel):
    """As Cohere counts them."""

    input_tokens: int
    output_tokens: int


class RerankMeta(BaseModel):
    """`warnings` says in words what was cut; it is there only if something was."""

    api_version: RerankVersion
    tokens: RerankTokens
    warnings: list[str] | None = None


class RerankAnswer(BaseModel):
    """The answer to `documents`: best first, equally good ones in the order they came.

    truncated: indices of the documents of which, or with which of the query, an end was not read.
    """

    id: str
    object: Literal["list"] = "list"
    model: str
    results: list[RerankResult]
    usage: Usage
    meta: RerankMeta
    truncated: list[int]


class TextRank(BaseModel):
    """One of the list that answers `texts`, in the same order.

    text: if it was asked for.
    truncated: there if an end of this text, or of the query beside it, was not read.
    """

    index: int
    score: float
    text: str | None = None
    truncated: Literal[True] | None = None
