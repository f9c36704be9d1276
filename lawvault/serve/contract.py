"""What goes over the wire: requests, answers and the one shape of every error.

Embeddings speak OpenAI's dialect, so any client of theirs works unchanged.  Requests refuse
unknown fields: a misspelt filter that is silently ignored would find other law than was asked for.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from lawvault.errors import LawVaultError

Side = Literal["query", "document", "raw"]
"""Which prefix a text gets before it is embedded; `raw` gets none."""

MAX_HITS = 100
MAX_FILTER_VALUES = 100


class ApiError(LawVaultError):
    """An answer that is an error: HTTP status, code for programs, Chinese message for people."""

    def __init__(self, status: int, code: str, message: str, param: str | None = None) -> None:
        super().__init__(status, code, message, param)  # all of them, so that it can be pickled
        self.status, self.code, self.message, self.param = status, code, message, param

    def body(self) -> dict[str, dict[str, str | None]]:
        """Return the JSON of this error."""
        kind = "invalid_request_error" if self.status < 500 else "server_error"
        return {
            "error": {
                "message": self.message.encode(errors="backslashreplace").decode(),
                "type": "rate_limit_error" if self.status == 429 else kind,
                "param": self.param and self.param.encode(errors="backslashreplace").decode(),
                "code": self.code,
            }
        }


def _whole(text: str) -> str:
    """Refuse half a character, which JSON can spell and no tokenizer can read."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise PydanticCustomError("string_unicode", "a lone surrogate") from error
    return text


Text = Annotated[str, AfterValidator(_whole)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class EmbeddingRequest(_Request):
    """OpenAI's request; `input_type` is ours: which prefix the texts get."""

    model: Text
    input: Text | list[Text] | list[int] | list[list[int]]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: Annotated[int, Field(ge=1)] | None = None
    input_type: Literal["query", "document"] | None = None
    user: Text | None = None


class Embedding(BaseModel):
    """One vector: numbers, or base64 of little-endian float32."""

    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str


class Usage(BaseModel):
    """Tokens that the model read, prefix and special tokens included."""

    prompt_tokens: int
    total_tokens: int


class EmbeddingAnswer(BaseModel):
    """One embedding per text, in the order of the texts."""

    object: Literal["list"] = "list"
    data: list[Embedding]
    model: str
    usage: Usage


class ModelCard(BaseModel):
    """A model that can be asked for by name."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: Literal["lawvault"] = "lawvault"


class ModelList(BaseModel):
    """All models."""

    object: Literal["list"] = "list"
    data: list[ModelCard]


Values = Annotated[list[Text], Field(max_length=MAX_FILTER_VALUES)]


class SearchFilters(_Request):
    """What every hit must match; an empty list matches all.  Law names may be short ones."""

    law_name: Values = []
    category: Values = []
    region: Values = []
    status: Values = []


class SearchRequest(_Request):
    """A question in anybody's words, and how many hits."""

    query: Text
    k: Annotated[int, Field(ge=1, le=MAX_HITS)] = 10
    filters: SearchFilters = SearchFilters()


class SearchHit(BaseModel):
    """One article, whole, with its place in the ranking; a larger score (cosine) is better."""

    article_id: str
    law_id: str
    law_name: str
    article_number: str
    part: str | None
    chapter: str | None
    section: str | None
    content: str
    status: str
    category: str
    region: str
    publish_date: str | None
    effective_date: str | None
    version_date: str | None
    score: float
    rank: int


class SearchAnswer(BaseModel):
    """Hits, best first.  `degraded` says what the answer lacks; empty means nothing.

    query_cut: the question was longer than the model reads, its end was not searched for.
    no_match_for_filter: no article matches the filters, whatever the question.
    """

    hits: list[SearchHit]
    fingerprint: str
    milliseconds: float
    degraded: list[Literal["query_cut", "no_match_for_filter"]]


class Law(BaseModel):
    """One version of one law in the data pack."""

    law_id: str
    law_name: str
    category: str
    region: str
    status: str
    version_date: str | None
    articles: int


class LawList(BaseModel):
    """All laws that can be found, by name."""

    object: Literal["list"] = "list"
    data: list[Law]


class ErrorDetail(BaseModel):
    """OpenAI's four fields."""

    message: str
    type: str
    param: str | None
    code: str


class ErrorAnswer(BaseModel):
    """The body of every answer that is not a success."""

    error: ErrorDetail
