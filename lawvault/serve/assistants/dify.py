"""Dify's external knowledge API: one route over search, in Dify's words and shape of error.

`knowledge_id` names what is searched: `all`, `national` (law of the whole of China), `judicial`
(judicial interpretations), `region:<name>` as in `region:北京`, `as-of:<day>` (law in force on that
day) as in `as-of:2023-05-01`, or several with + between.  Conditions on metadata become filters
that apply before the search; one that cannot is refused, for a filter that is silently dropped
would find other law than was asked for.

With a score threshold the search is by meaning alone, and scores are cosines; without one the best
hit of an answer has score 1.  A provision that the question names is found by its name in either
case, and its score is 1.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, Literal

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lawvault.config.serve import ServeConfig
from lawvault.law.names import comparable
from lawvault.serve.contract import (
    INTEGRAL,
    MAX_FILTER_VALUES,
    MAX_HITS,
    ApiError,
    SearchAnswer,
    SearchFilters,
    SearchHit,
    SearchRequest,
    Text,
    Words,
)
from lawvault.serve.embed.inputs import check_text

FIELDS = ("law_name", "category", "region", "status", "issuer")
KNOWLEDGE: dict[str, dict[str, str]] = {
    "all": {},
    "national": {"region": "全国"},
    "judicial": {"category": "司法解释"},
}
AS_OF = "as-of:"
EQUAL = ("is", "=", "in")

Search = Callable[[SearchRequest], Awaitable[SearchAnswer]]
Choice = dict[str, list[str]]
"""Values that a field may have; a field that is not there may have any."""


class RetrievalSetting(BaseModel):
    """How many records, and how good they must at least be; null means any."""

    model_config = ConfigDict(strict=True)

    top_k: Annotated[int, Field(ge=1, le=MAX_HITS), INTEGRAL] = 10
    score_threshold: Annotated[float, Field(ge=0, le=1)] | None = None


class Condition(BaseModel):
    """One condition on metadata; only equality can be asked for before the search."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Text | Annotated[list[Text], Field(max_length=len(FIELDS))]
    comparison_operator: Text
    value: (
        Text | Annotated[list[Text], Field(max_length=MAX_FILTER_VALUES)] | int | float | None
    ) = None


class MetadataCondition(BaseModel):
    """Conditions of which all, or any, must hold."""

    model_config = ConfigDict(extra="forbid", strict=True)

    logical_operator: Literal["and", "or"] | None = None
    conditions: Annotated[list[Condition], Field(max_length=MAX_FILTER_VALUES)] | None = None


class RetrievalRequest(BaseModel):
    """What Dify sends; settings of its newer versions that we do not know are let be."""

    model_config = ConfigDict(strict=True)

    knowledge_id: Text
    query: Words
    retrieval_setting: RetrievalSetting
    metadata_condition: MetadataCondition | None = None


class Record(BaseModel):
    """One article as Dify wants it; `metadata` is always an object, null breaks Dify."""

    content: str
    score: float
    title: str
    metadata: dict[str, str]


class RetrievalAnswer(BaseModel):
    """Records, best first; none is an empty list."""

    records: list[Record]


class DifyError(BaseModel):
    """The body of every answer that is not a success."""

    error_code: int
    error_msg: str


ERRORS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": DifyError},
    "5XX": {"model": DifyError},
}


def add_dify(app: FastAPI, search: Search, config: ServeConfig) -> None:
    """Add `POST /retrieval` to `app`."""

    @app.post("/retrieval", operation_id="dify_retrieval", responses=ERRORS)
    async def retrieval(request: RetrievalRequest) -> RetrievalAnswer:
        """Return the articles that answer a question, to Dify."""
        check_text(request.query, "query", config)
        filters = filters_of(request)
        if filters is None:
            return RetrievalAnswer(records=[])
        setting = request.retrieval_setting
        floor = setting.score_threshold or 0.0
        wanted = SearchRequest(query=request.query, k=setting.top_k, filters=filters)
        found = await search(wanted)
        if floor and found.mode != "exact":  # only a cosine can be held against a threshold
            found = await search(wanted.model_copy(update={"mode": "vector"}))
        records = [_record(hit) for hit in found.hits]
        return RetrievalAnswer(records=[record for record in records if record.score >= floor])


def filters_of(request: RetrievalRequest) -> SearchFilters | None:
    """Return the filters that a request means, or None if they exclude each other.

    Raises:
        ApiError: the knowledge is unknown, or a condition cannot be applied before the search.
    """
    parts = request.knowledge_id.split("+")
    days = [part.removeprefix(AS_OF) for part in parts if part.startswith(AS_OF)]
    choice = _all_of([_knowledge(part) for part in parts if not part.startswith(AS_OF)])
    condition = request.metadata_condition
    if condition and condition.conditions:
        choices = [_choice(one) for one in condition.conditions]
        merge = _any_of if condition.logical_operator == "or" else _all_of
        choice = _all_of([choice, merge(choices)])
    if not all(choice.values()):
        return None
    if any(len(values) > MAX_FILTER_VALUES for values in choice.values()):
        raise _bad_condition(f"一个字段最多 {MAX_FILTER_VALUES} 个取值")
    return _filters(choice, days)


def _filters(choice: Choice, days: Sequence[str]) -> SearchFilters:
    if not days:
        return SearchFilters.model_validate(choice)
    try:
        return SearchFilters.model_validate({**choice, "as_of": _single(days)})
    except ValidationError as error:
        raise _unknown_knowledge() from error


def _single(days: Sequence[str]) -> str:
    """Return the day, or "", which is none, if there are several."""
    return days[0] if len(set(days)) == 1 else ""


def _knowledge(name: str) -> Choice:
    if name in KNOWLEDGE:
        return {field: [value] for field, value in KNOWLEDGE[name].items()}
    kind, _, region = name.partition(":")
    if kind == "region" and region.strip():
        return {"region": [region.strip()]}
    raise _unknown_knowledge()


def _unknown_knowledge() -> ApiError:
    return ApiError(
        404,
        "knowledge_not_found",
        "没有这个知识库，knowledge_id 可用：all、national、judicial、region:<地区>、"
        "as-of:<日期，如 2023-05-01>，几项之间用 + 连接",
        "knowledge_id",
    )


def _choice(condition: Condition) -> Choice:
    names = [condition.name] if isinstance(condition.name, str) else condition.name
    if len(names) != 1 or names[0] not in FIELDS:
        raise _bad_condition(f"name 只能是 {'、'.join(FIELDS)} 之一")
    if condition.comparison_operator not in EQUAL:
        raise _bad_condition("检索前只能按相等筛选，comparison_operator 只能是 is、= 或 in")
    values = _values(condition)
    if not values or not all(values):
        raise _bad_condition("value 须是非空的文本或文本列表")
    return {names[0]: values}


def _values(condition: Condition) -> list[str]:
    value = condition.value
    if isinstance(value, list):
        return [one.strip() for one in value]
    if not isinstance(value, str):
        return []
    if condition.comparison_operator == "in":  # Dify's form fields give text with commas
        return [one.strip() for one in value.replace("，", ",").split(",")]
    return [value.strip()]


def _all_of(choices: Sequence[Choice]) -> Choice:
    """Return what every one of `choices` allows.

    >>> _all_of([{"region": ["全国", "北京"]}, {"region": ["北京"], "status": ["已废止"]}])
    {'region': ['北京'], 'status': ['已废止']}
    """
    both: Choice = {}
    for choice in choices:
        for field, values in choice.items():
            allowed = {_key(field, value) for value in values}
            before = both.get(field, values)
            both[field] = [value for value in before if _key(field, value) in allowed]
    return both


def _any_of(choices: Sequence[Choice]) -> Choice:
    fields = {field for choice in choices for field in choice}
    if len(fields) > 1:
        raise _bad_condition("or 只能用于同一个字段的几个取值")
    return {
        field: list(dict.fromkeys(value for choice in choices for value in choice[field]))
        for field in fields
    }


def _key(field: str, value: str) -> str:
    return comparable(value) if field == "law_name" else value


def _record(hit: SearchHit) -> Record:
    facts = {
        "article_id": hit.article_id,
        "law_name": hit.law_name,
        "article_number": hit.article_number,
        "part": hit.part,
        "chapter": hit.chapter,
        "section": hit.section,
        "category": hit.category,
        "region": hit.region,
        "issuer": hit.issuer,
        "status": hit.status,
        "publish_date": hit.publish_date,
        "effective_date": hit.effective_date,
        "version_date": hit.version_date,
    }
    return Record(
        content=hit.content,
        score=min(1.0, max(0.0, hit.score)),
        title=f"《{hit.law_name}》{hit.article_number}",
        metadata={name: value for name, value in facts.items() if value},
    )


def _bad_condition(reason: str) -> ApiError:
    return ApiError(
        400, "unsupported_condition", f"metadata_condition：{reason}", "metadata_condition"
    )
