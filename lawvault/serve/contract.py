"""What goes over the wire: requests, answers and the one shape of every error.

Embeddings speak OpenAI's dialect, so any client of theirs works unchanged.  Requests refuse
unknown fields: a misspelt filter that is silently ignored would find other law than was asked for.
"""

import datetime
import re
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic_core import PydanticCustomError

from lawvault.errors import LawVaultError
from lawvault.serve.search.parts import (
    Explanation,
    HitReferences,
    Lack,
    LegRanks,
    LegScores,
    Mode,
    SearchNote,
    Span,
)

Side = Literal["query", "document", "raw"]
"""Which prefix a text gets before it is embedded; `raw` gets none."""

MAX_HITS = 100
MAX_FILTER_VALUES = 100
MAX_REACH = 200
"""offset + k: how far a client may page."""


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
Words = Annotated[Text, Field(json_schema_extra={"minLength": 1, "pattern": r"\S"})]
"""A text that must not be blank; that is checked where its message can name it."""


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


MAX_INPUTS = 2048
Tokens = Annotated[list[int], Field(fail_fast=True)]  # a complaint a wrong token would cost seconds
TextList = Annotated[list[Text], Field(max_length=MAX_INPUTS, fail_fast=True)]
TokenLists = Annotated[list[Tokens], Field(max_length=MAX_INPUTS, fail_fast=True)]


class EmbeddingRequest(_Request):
    """OpenAI's request; two fields are ours.

    input_type: which prefix the texts get.
    truncate: cut what is longer than the model reads, instead of refusing it.
    """

    model: Text
    input: Text | TextList | Tokens | TokenLists
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: Annotated[int, Field(ge=1)] | None = None
    input_type: Literal["query", "document"] | None = None
    truncate: bool = False
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
    """One embedding per text, in the order of the texts.

    truncated: indices of the texts that were cut, where the request allowed it.
    """

    object: Literal["list"] = "list"
    data: list[Embedding]
    model: str
    usage: Usage
    truncated: list[int] | None = None


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
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _day(value: object) -> object:
    """Let through a date or one written 2026-10-04; nothing else, though ISO 8601 has more."""
    if type(value) is datetime.date or value is None:
        return value
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return datetime.date.fromisoformat(value)
        except ValueError:
            pass
    raise PydanticCustomError("day", "not a day as in 2026-10-04")


Day = Annotated[datetime.date, BeforeValidator(_day)]


class SearchFilters(_Request):
    """What every hit must match; an empty list matches all.  Law names may be short ones.

    as_of: only versions of law that were in force on that day.
    published_from, published_to, effective_from, effective_to: days, both ends included; an article
    whose day is not known does not match.
    """

    law_name: Values = []
    category: Values = []
    region: Values = []
    status: Values = []
    issuer: Values = []
    as_of: Day | None = None
    published_from: Day | None = None
    published_to: Day | None = None
    effective_from: Day | None = None
    effective_to: Day | None = None


class SearchRequest(_Request):
    """A question in anybody's words, and how many hits.

    mode: `exact` finds provisions and laws that the query names, `vector` what it means, `keyword`
    its words, `hybrid` both; `auto` is `exact` if the query is little but such a name, else
    `hybrid`.
    offset: how many hits to leave out before the first; offset + k is at most 200.
    group_by_law: only the best hit of each version of a law.
    include: `references` adds what hits refer to, and what refers to them.
    explain: say how each leg ranked, and how long it took.
    """

    query: Words
    k: Annotated[int, Field(ge=1, le=MAX_HITS)] = 10
    filters: SearchFilters = SearchFilters()
    mode: Literal["auto"] | Mode = "auto"
    offset: Annotated[int, Field(ge=0, le=MAX_REACH - 1)] = 0
    group_by_law: bool = False
    include: Annotated[list[Literal["references"]], Field(max_length=10)] = []
    explain: bool = False

    @model_validator(mode="after")
    def _within_reach(self) -> Self:
        if self.offset + self.k > MAX_REACH:
            raise PydanticCustomError("reach", "offset + k is more than {le}", {"le": MAX_REACH})
        return self


class SearchHit(BaseModel):
    """One article, whole, with its place in the ranking; a larger score is better.

    score: what hits are ranked by: cosine (vector), BM25 (keyword), 0 to 1 (hybrid), 1 (exact).
    highlights: words of the query in the content, or the 款 and 项 that it names.
    hits_in_law: with group_by_law, how many of the first 200 hits are of this version of a law.
    """

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
    issuer: str = ""
    scores: LegScores = LegScores()
    highlights: list[Span] = []
    hits_in_law: int | None = None
    references: HitReferences | None = None
    ranks: LegRanks | None = None


class SearchAnswer(BaseModel):
    """Hits, best first.  `degraded` says what the answer lacks; empty means nothing.

    query_cut: the question was longer than the model reads, its end was not searched for.
    no_match_for_filter: no article matches the filters, whatever the question.
    no_match: no article has a word of the query, or the query names no provision.
    not_resolved: something that the query names is not here, or not clear; see `notes`.
    keyword_not_ready, keyword_unavailable: the words were not searched for, only the meaning.
    as_of_incomplete: laws whose text of that day is not in the data pack were left out.

    as_of: the day for which the statuses of the data pack are true.
    mode: the one that was used.
    total: how many articles an exact query names; null for other modes.
    """

    hits: list[SearchHit]
    fingerprint: str
    milliseconds: float
    degraded: list[Lack]
    as_of: str | None = None
    mode: Mode | None = None
    notes: list[SearchNote] = []
    total: int | None = None
    explain: Explanation | None = None


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
