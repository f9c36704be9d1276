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
    SimilarArticle,
    Span,
)

Side = Literal["query", "document", "raw"]
"""Which prefix a text gets before it is embedded; `raw` gets none."""

MAX_HITS = 100
MAX_FILTER_VALUES = 100
MAX_REACH = 200
"""How many hits of one query can be paged through."""


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
NOT_BLANK = r"[^\s\u001c-\u001f\u0085]"
"""As a pattern of JSON Schema, whose \\s knows fewer blanks than Python's strip()."""

Words = Annotated[Text, Field(json_schema_extra={"minLength": 1, "pattern": NOT_BLANK})]
"""A text that must not be blank; that is checked where its message can name it."""


def _integral(value: object) -> object:
    """Take 1.0 for 1, as JSON Schema does and JavaScript writes."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _all_integral(values: object) -> object:
    if not isinstance(values, list) or not any(isinstance(value, float) for value in values):
        return values
    return [_integral(value) for value in values]


INTEGRAL = BeforeValidator(_integral)
"""Put after the limits of a whole number, it lets the number be written 1.0, too."""


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


MAX_INPUTS = 2048
LAST_TOKEN = 100_255
"""Of cl100k_base, the vocabulary whose ids OpenAI's clients send."""

Tokens = Annotated[
    list[Annotated[int, Field(json_schema_extra={"minimum": 0, "maximum": LAST_TOKEN})]],
    # To the first complaint only: one for each wrong token would cost seconds.
    Field(fail_fast=True, json_schema_extra={"minItems": 1}),
    BeforeValidator(_all_integral),
]
TextList = Annotated[
    list[Words],
    Field(max_length=MAX_INPUTS, fail_fast=True, json_schema_extra={"minItems": 1}),
]
TokenLists = Annotated[
    list[Tokens],
    Field(max_length=MAX_INPUTS, fail_fast=True, json_schema_extra={"minItems": 1}),
]


class EmbeddingRequest(_Request):
    """OpenAI's request; two fields are ours.

    input_type: which prefix the texts get.
    truncate: cut what is longer than the model reads, instead of refusing it.
    """

    model: Text
    input: Words | TextList | Tokens | TokenLists
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: Annotated[int, Field(ge=1), INTEGRAL] | None = None
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
    """What every hit must match; an empty list matches all.

    law_name: full or short names, those that people use (消法), or the law_id of one version.
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
    its words, `hybrid` both, and compares the first hundred with the query token by token (late
    interaction) where the data pack's own dev questions gave that a weight; `auto` is `exact` if
    the query is little but such a name, else `hybrid` where those questions showed it to be better,
    else `vector`.  In `auto` and `hybrid` the first ten articles that a question names come before
    the others.
    offset: how many hits to leave out before the first; the last that can be seen is the 200th.
    group_by_law: only the best hit of each version of a law.
    include: `references` adds what hits refer to, and what refers to them; `similar` adds the five
    other articles nearest in meaning.
    explain: say how each leg ranked, and how long it took.
    """

    query: Words
    k: Annotated[int, Field(ge=1, le=MAX_HITS), INTEGRAL] = 10
    filters: SearchFilters = SearchFilters()
    mode: Literal["auto", Mode] = "auto"
    offset: Annotated[int, Field(ge=0, le=MAX_REACH - 1), INTEGRAL] = 0
    group_by_law: bool = False
    include: Annotated[list[Literal["references", "similar"]], Field(max_length=10)] = []
    explain: bool = False

    @model_validator(mode="after")
    def _within_reach(self) -> Self:
        self.k = min(self.k, MAX_REACH - self.offset)
        return self


class SearchHit(BaseModel):
    """One article, whole, with its place in the ranking; a larger score is better.

    score: what hits are ranked by: cosine (vector), BM25 (keyword), 0 to 1 (hybrid), 1 (exact, and
    what a question names).
    highlights: words of the query in the content, or the 款 and 项 that it names.
    hits_in_law: with group_by_law, how many of the best hits (200 or more) are of this version.
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
    similar: list[SimilarArticle] | None = None
    ranks: LegRanks | None = None


class SearchAnswer(BaseModel):
    """Hits, best first.  `degraded` says what the answer lacks; empty means nothing.

    query_cut: the question was longer than the model reads, its end was not searched for.
    no_match_for_filter: no article matches the filters, whatever the question.
    no_match: no article has a word of the query, or the query names no provision.
    not_resolved: something that the query names is not here, or not clear; see `notes`.
    as_of_incomplete: laws whose text of that day is not in the data pack were left out.
    unknown_filter_value: a filter holds a value that nothing in the data pack has; see `notes`.

    as_of: the day for which the statuses of the data pack are true.
    mode: the one that was used.
    total: how many articles an exact query names; null for other modes.
    no_confident_match: true if nothing was found, or the best hit is so far from the question that
    probably no article answers it; the hits are shown all the same.  null where nobody can say: by
    words alone, or over a data pack with too few questions to choose a threshold.
    statute_words: what statutes say for everyday words of the query; they are marked in the hits,
    and `hybrid` looks for them, too.  Empty for `exact`, and for `keyword`, which is literal.
    """

    hits: list[SearchHit]
    fingerprint: str
    milliseconds: float
    degraded: list[Lack]
    as_of: str | None = None
    mode: Mode | None = None
    notes: list[SearchNote] = []
    total: int | None = None
    no_confident_match: bool | None = None
    statute_words: list[str] = []
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
