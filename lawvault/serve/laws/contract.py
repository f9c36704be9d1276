"""What goes over the wire about laws: versions, contents, articles, differences, citations.

Offsets count characters (code points) from 0; a span ends before `end`.  Every answer says for
which day it speaks (`as_of`), for which day the corpus is true, and what it lacks (`degraded`).
"""

import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from lawvault.serve.contract import NOT_BLANK, Day, Text, Words

MAX_SUGGESTIONS = 100
MAX_REFERENCES = 100
"""References from and to one article that are listed; `total` counts all."""

MAX_NAME = 200

_UNIT = "[一二三四五六七八九]"
_TWO_DIGITS = f"({_UNIT}|{_UNIT}?十{_UNIT}?)"
_THREE_DIGITS = f"({_TWO_DIGITS}|{_UNIT}百(零{_UNIT}|{_UNIT}十{_UNIT}?)?)"
_DIGITS = "[1-9][0-9]{0,3}"
_BELOW = f"(第({_DIGITS}|{_TWO_DIGITS})款)?(第({_DIGITS}|{_TWO_DIGITS})项)?"

# Checked where a complaint can say what is meant, so these are only told; more is understood.
LAW: JsonDict = {"pattern": NOT_BLANK, "maxLength": MAX_NAME}
NUMBER: JsonDict = {
    "pattern": (
        f"^({_DIGITS}(-[1-9][0-9]?)?|第({_DIGITS}|{_THREE_DIGITS})条(之{_TWO_DIGITS})?{_BELOW})$"
    ),
    "examples": ["38", "38-1", "第三十八条", "第三十八条之一", "第三十八条第一款"],
}


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Parameters(BaseModel):
    """Of a URL, where everything is a string."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class DayParameters(_Parameters):
    """The day on which the law is asked for; without it the corpus' own."""

    as_of: Day | None = None


class LawsParameters(DayParameters):
    """A name or part of one, and how many laws to suggest."""

    q: (
        Annotated[
            Text, Field(min_length=1, max_length=MAX_NAME, json_schema_extra={"pattern": NOT_BLANK})
        ]
        | None
    ) = None
    limit: Annotated[int, Field(ge=1, le=MAX_SUGGESTIONS)] = 10


class DiffParameters(DayParameters):
    """Two versions, each by its version date or its law_id; without them the two newest."""

    old: Annotated[Text | None, Field(alias="from", max_length=250)] = None
    new: Annotated[Text | None, Field(alias="to", max_length=250)] = None


class TextParameters(DayParameters):
    """What else to tell of each article: `references` adds what it refers to."""

    include: Annotated[list[Literal["references"]], Field(max_length=10)] = []


class LawRequest(BaseModel):
    """One law: `law` is a law_id (劳动合同法@2012-12-28) or any name."""

    law: str
    as_of: Day | None = None


class ArticleRequest(LawRequest):
    """One article: 38, 38-1, 第三十八条, 第38条之一, 条目四."""

    number: str


class TextRequest(LawRequest):
    """One law's whole text, and whether what its articles refer to is wanted, too."""

    with_references: bool = False


class DiffRequest(LawRequest):
    """Two versions of one law."""

    old: str | None = None
    new: str | None = None


class SuggestRequest(BaseModel):
    """Laws whose names are like `q`."""

    q: str
    limit: int
    as_of: Day | None = None


class Inside(_Body):
    """Where a text stands, so that 本法 and 前款 mean something there."""

    law: Annotated[Text, Field(json_schema_extra=LAW)]
    article: Annotated[Text, Field(json_schema_extra=NUMBER)] | None = None


class ResolveRequest(_Body):
    """A text whose references are to be found and followed."""

    text: Words
    as_of: Day | None = None
    inside: Inside | None = None


class VerifyRequest(_Body):
    """A text whose citations are to be checked."""

    text: Words
    as_of: Day | None = None


class DocumentRequest(BaseModel):
    """A Word document (.docx) whose citations are to be checked."""

    document: bytes
    max_chars: int
    as_of: Day | None = None


class Answer(BaseModel):
    """What every answer about laws says; an empty `degraded` means that nothing is lacking."""

    as_of: datetime.date
    corpus_as_of: datetime.date
    degraded: list[str] = []


class LawRecord(BaseModel):
    """One version of one law.  `status` is that of the corpus' day.

    articles: how many it has; `searchable` of them can be found by search.
    has_text: whether its text is here; some laws are known by name and dates only.
    """

    law_id: str
    law_name: str
    short_name: str
    aliases: list[str]
    category: str
    issuer: str
    region: str
    status: str
    publish_date: str | None
    effective_date: str | None
    version_date: str | None
    repeal_date: str | None
    articles: int
    searchable: int
    has_text: bool


class Validity(BaseModel):
    """How a version stands on `as_of`; `since` is the day from which that holds, if known."""

    in_force: bool
    status: str
    since: datetime.date | None


Match = Literal["name", "alias", "prefix", "substring", "characters"]


class Suggestion(LawRecord):
    """A law by the version that counts on `as_of`, and in what way its name fits."""

    match: Match
    validity: Validity


class Suggestions(Answer):
    """Laws that a name may mean, best first; more than one `name` or `alias` is an ambiguity."""

    object: Literal["list"] = "list"
    data: list[Suggestion]
    total: int


class ArticleLabel(BaseModel):
    """An article by its id and number."""

    article_id: str
    article_number: str


class Heading(BaseModel):
    """编, 分编, 章 or 节 with its articles and what stands below; the root is the law itself."""

    kind: Literal["law", "part", "subpart", "chapter", "section"]
    title: str
    articles: list[ArticleLabel] = []
    children: list["Heading"] = []


class _OfLaw(Answer):
    law: LawRecord
    validity: Validity


class LawAnswer(_OfLaw):
    """A law: its table of contents and all its versions, oldest first."""

    contents: Heading
    versions: list[LawRecord]


class VersionsAnswer(_OfLaw):
    """All versions of a law, oldest first; `law` is the one that counts on `as_of`."""

    object: Literal["list"] = "list"
    data: list[LawRecord]


class OutReference(BaseModel):
    """content[start:end] of the article names a provision; `reason` says why it leads nowhere.

    target_start, target_end: the words meant, in the content of the target.
    """

    start: int
    end: int
    text: str
    target_law_id: str | None
    target_article_id: str | None
    target_address: str | None
    target_start: int | None
    target_end: int | None
    reason: str


class ArticleSpan(ArticleLabel):
    """Where an article's content stands in a law's text, and what it refers to if that is asked."""

    start: int
    end: int
    references: list[OutReference] | None = None


class LawTextAnswer(_OfLaw):
    """A law's whole text, headings and numbers on their lines, and where its articles are."""

    text: str
    articles: list[ArticleSpan]


class Part(BaseModel):
    """A 款, 项 or 目: content[start:end] of its article."""

    kind: str
    number: int
    start: int
    end: int
    parts: list["Part"]


class Article(ArticleLabel):
    """One article, whole."""

    part: str | None
    chapter: str | None
    section: str | None
    content: str
    parts: list[Part]


class InReference(ArticleLabel):
    """content[start:end] of another article names this one, or the part `target_address` of it."""

    law_id: str
    law_name: str
    status: str
    start: int
    end: int
    text: str
    target_address: str | None


class OutReferences(BaseModel):
    """What an article refers to, in the order of its words."""

    total: int
    data: list[OutReference]


class InReferences(BaseModel):
    """What refers to an article, law in force first."""

    total: int
    data: list[InReference]


class ArticleAnswer(_OfLaw):
    """An article with its neighbours and its references out and in."""

    article: Article
    previous: ArticleLabel | None
    next: ArticleLabel | None
    references: OutReferences
    referred_by: InReferences


class Provision(BaseModel):
    """An article of one of two versions."""

    article_number: str
    content: str


Span = tuple[int, int]
Aspect = Literal["address", "quote", "figures"]
"""What a citation can be checked for."""


class Run(BaseModel):
    """Words of the old content and those of the new that stand in their place."""

    old: Span
    new: Span


class Change(BaseModel):
    """One article that differs; `old` is null if it was added, `new` if it was removed."""

    kind: str
    old: Provision | None
    new: Provision | None
    spans: list[Run]


class DiffAnswer(Answer):
    """What changed from `old` to `new`, in the order of the new version."""

    old: LawRecord
    new: LawRecord
    counts: dict[str, int]
    changes: list[Change]


class Target(BaseModel):
    """A provision and its words, content[start:end] of its article.

    article_number and article_id are null where the law as a whole is meant; `text` is so then,
    too, and where the answer would be too long (`degraded` has text_left_out).
    """

    law: str
    law_id: str
    article_id: str | None
    article_number: str | None
    address: str
    start: int
    end: int
    text: str | None


class Targets(BaseModel):
    """Provisions, the first of `total`."""

    total: int
    data: list[Target]


class ResolvedReference(BaseModel):
    """text[start:end] and where it leads: targets, or candidates, or neither, with the problem.

    law: short name of the law, "" where none can be said.  through: the end of a range.
    """

    start: int
    end: int
    text: str
    kind: str
    law: str
    address: str
    through: str | None
    problem: str
    reason: str
    validity: Validity | None
    targets: Targets
    candidates: Targets


class ResolveAnswer(Answer):
    """The references of a text, in order."""

    references: list[ResolvedReference]


class CheckedCitation(BaseModel):
    """text[start:end] and its verdict; see docs/law.md for what each means.

    checked: what for: `address`, that law and provision exist and are in force; `quote`, that the
    words quoted stand there; `figures`, that the figures of the sentence do.  Whether a sentence is
    right about the law in any other way is not checked.
    quote: the words quoted.  difference: those of them, or of the sentence (`unsupported`), that
    are not the law's; should_be: the law's.  found: where the quotation stands instead, or what
    else may be meant.
    """

    start: int
    end: int
    text: str
    verdict: str
    reason: str
    checked: list[Aspect] = []
    law: str
    address: str
    quote: Span | None
    difference: Span | None
    should_be: str
    targets: Targets
    found: Targets


class VerifyAnswer(Answer):
    """The citations of a text, in order; passed: there are some, and every one is verified.

    That goes as far as `checked` of each says.
    document_text: of an uploaded document, what the offsets count in; notes: what was left out.
    """

    passed: bool
    counts: dict[str, int]
    citations: list[CheckedCitation]
    document_text: str | None = None
    notes: list[str] = []
