"""The tools that a language model gets: what each takes, and what it does with that.

Nothing here knows the MCP protocol; the answers are said in `mcp_speech`.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lawvault.serve.assistants.answers import (
    FoundArticles,
    Said,
    ToldArticle,
    ToldCitations,
    ToldLaw,
    ToldReferences,
)
from lawvault.serve.assistants.speech import say_article, say_found, say_law
from lawvault.serve.assistants.verdicts import say_citations, say_references
from lawvault.serve.contract import ApiError, Day, SearchAnswer, SearchFilters, SearchRequest, Text
from lawvault.serve.gate.complaints import complaint
from lawvault.serve.laws.contract import (
    ArticleRequest,
    Inside,
    LawRequest,
    ResolveRequest,
    VerifyRequest,
)

MAX_QUERY = 2_000
MAX_TEXT = 20_000
MAX_NAME = 250
MAX_FOUND = 20
MAX_VALUES = 20


class Tools(Protocol):
    """What the tools stand on: the calls of the gateway, or a running server over HTTP."""

    async def search(self, request: SearchRequest) -> SearchAnswer:
        """Return the articles that answer a question."""
        ...

    async def ask(self, method: str, request: BaseModel) -> Any:  # noqa: ANN401 - one per method
        """Return what the method of `Statutes` of that name returns."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One tool; `run` gets checked arguments."""

    name: str
    title: str
    description: str
    arguments: type[BaseModel]
    answer: type[BaseModel]
    run: Callable[[Tools, Any], Awaitable[Said]]

    async def call(self, tools: Tools, arguments: Mapping[str, object]) -> Said:
        """Check the arguments and run.

        Raises:
            ApiError: they do not fit, or the tool has no answer.
        """
        try:
            checked = self.arguments.model_validate(arguments)
        except ValidationError as error:
            raise _misfit(error) from None
        return await self.run(tools, checked)


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


Names = Annotated[list[Text], Field(max_length=MAX_VALUES)]
Name = Annotated[Text, Field(min_length=1, max_length=MAX_NAME)]
Passage = Annotated[Text, Field(min_length=1, max_length=MAX_TEXT)]
AsOf = Annotated[Day | None, Field(description="按哪一天的法律，如 2023-05-01；不填为数据截止日")]
LAW = "法律名称，全称、简称均可，如：劳动合同法；也可用 law_id"


class SearchArguments(_Arguments):
    """Of search_articles."""

    query: Annotated[
        Text,
        Field(
            min_length=1,
            max_length=MAX_QUERY,
            description="问题，用日常语言即可，如：公司拖欠工资怎么办",
        ),
    ]
    k: Annotated[int, Field(ge=1, le=MAX_FOUND, description="返回几条")] = 8
    law_name: Annotated[Names, Field(description="只查这些法律，可用简称，如：民法典")] = []
    category: Annotated[Names, Field(description="只查这些类别，如：法律、行政法规、司法解释")] = []
    region: Annotated[Names, Field(description="只查这些地区，如：全国、北京")] = []
    status: Annotated[Names, Field(description="只查这些效力状态，如：现行有效")] = []
    as_of: Annotated[
        Day | None, Field(description="只查这一天有效的法律，如 2023-05-01；不填则不限")
    ] = None


class ArticleArguments(_Arguments):
    """Of get_article."""

    law: Annotated[Name, Field(description=LAW)]
    article: Annotated[Name, Field(description="条号，如：第三十八条、38、第二百八十四条之一")]
    as_of: AsOf = None


class LawArguments(_Arguments):
    """Of get_law."""

    law: Annotated[Name, Field(description=LAW)]
    as_of: AsOf = None


class ReferenceArguments(_Arguments):
    """Of resolve_references."""

    text: Annotated[Passage, Field(description="含有引用的文字，如：依照本法第三十八条的规定")]
    inside_law: Annotated[
        Name | None, Field(description="这段文字出自哪部法律，用来理解“本法”；不出自法律则不填")
    ] = None
    inside_article: Annotated[
        Name | None, Field(description="出自这部法律的哪一条，用来理解“前款”")
    ] = None
    as_of: AsOf = None


class CitationArguments(_Arguments):
    """Of verify_citations."""

    text: Annotated[Passage, Field(description="写好的文字，其中的法律引用和引文将逐一核对")]
    as_of: AsOf = None


async def _search(tools: Tools, arguments: SearchArguments) -> Said:
    _check_said(arguments.query, "query")
    filters = SearchFilters(**arguments.model_dump(exclude={"query", "k"}))
    request = SearchRequest(query=arguments.query, k=arguments.k, filters=filters)
    return say_found(await tools.search(request), MAX_FOUND)


async def _article(tools: Tools, arguments: ArticleArguments) -> Said:
    request = ArticleRequest(law=arguments.law, number=arguments.article, as_of=arguments.as_of)
    return say_article(await tools.ask("article", request))


async def _law(tools: Tools, arguments: LawArguments) -> Said:
    return say_law(await tools.ask("law", LawRequest(law=arguments.law, as_of=arguments.as_of)))


async def _resolve(tools: Tools, arguments: ReferenceArguments) -> Said:
    _check_said(arguments.text, "text")
    if arguments.inside_article and not arguments.inside_law:
        raise ApiError(
            400, "invalid_arguments", "inside_article 须与 inside_law 同用", "inside_law"
        )
    inside = arguments.inside_law and Inside(
        law=arguments.inside_law, article=arguments.inside_article
    )
    request = ResolveRequest(text=arguments.text, as_of=arguments.as_of, inside=inside or None)
    return say_references(await tools.ask("resolve", request))


async def _verify(tools: Tools, arguments: CitationArguments) -> Said:
    _check_said(arguments.text, "text")
    request = VerifyRequest(text=arguments.text, as_of=arguments.as_of)
    return say_citations(await tools.ask("verify", request), arguments.text)


def _check_said(text: str, param: str) -> None:
    if not text.strip():
        raise ApiError(400, "empty_text", f"{param} 是空的", param)


def _misfit(error: ValidationError) -> ApiError:
    """Return the first complaint; what the caller sent is not repeated."""
    _, message, param = complaint(error.errors(include_input=False, include_url=False))
    return ApiError(400, "invalid_arguments", message, param and param[:80])


_ALL = (
    Tool(
        name="search_articles",
        title="检索法条",
        description=(
            "按意思检索中国法律条文：输入日常语言的问题，返回最相关的法条及其效力状态。"
            "不知道该查哪部法律、哪一条时用。条文较长时只给开头，全文用 get_article。"
        ),
        arguments=SearchArguments,
        answer=FoundArticles,
        run=_search,
    ),
    Tool(
        name="get_article",
        title="取一条全文",
        description=(
            "取某部法律某一条在某一天有效的全文，连同它引用的和引用它的条文。"
            "已知法律名称和条号时用，不要凭记忆背诵条文。"
        ),
        arguments=ArticleArguments,
        answer=ToldArticle,
        run=_article,
    ),
    Tool(
        name="get_law",
        title="查一部法律",
        description="查一部法律是否存在、是否有效、何时施行，看它的目录和历次版本；不含条文。",
        arguments=LawArguments,
        answer=ToldLaw,
        run=_law,
    ),
    Tool(
        name="resolve_references",
        title="解析引用",
        description=(
            "找出一段文字里提到的所有法条（含“本法”“前款”“第三条至第五条”），给出每处指向的条文。"
        ),
        arguments=ReferenceArguments,
        answer=ToldReferences,
        run=_resolve,
    ),
    Tool(
        name="verify_citations",
        title="核对引用",
        description=(
            "逐一核对一段文字里的法律引用：法律和条款是否存在、是否有效；引号里的引文是否与原文一致；"
            "引用所在句子里的数字、期限等是否见于所引条文。每处 checked 说明核对了哪些方面："
            "address 法律和条款，quote 引文，figures 数字。"
            "不核对：没有引号的转述在其他方面是否符合条文，结论是否成立，没有写明依据的句子；"
            "当事人自身的事实和推算所得的数字也不核对。通过只说明核对过的方面属实。"
            "凡引用法条的回答或文书，定稿前都应核对；未通过的引用不得使用。"
        ),
        arguments=CitationArguments,
        answer=ToldCitations,
        run=_verify,
    ),
)
TOOLS = {tool.name: tool for tool in _ALL}
