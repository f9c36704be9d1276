"""What language models get to read: bounded answers that count what they leave out, and words.

The words are Chinese for the codes of search; those on laws are `lawvault.serve.laws.words`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from lawvault.serve.laws.contract import Aspect

NOTES = {
    "query_cut": "问题太长，末尾没有参与检索",
    "no_match_for_filter": "没有法条符合筛选条件，请放宽后再试",
    "no_match": "没有法条含有问题里的词，或问题没有写明是哪一条",
    "not_resolved": "问题里提到的法律或条款没有收录，或所指不明",
    "as_of_incomplete": "有些法律没有收录当天的文本，不在检索之列",
    "unknown_filter_value": "有的筛选值在库中没有，没有按它检索",
    "no_confident_match": "没有足够相关的法条，以下结果很可能答非所问",
    "text_left_out": "部分条文太长，没有列出",
}
HARMLESS = ("verified", "out_of_scope")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One answer, as text and as data."""

    text: str
    data: BaseModel


class FoundArticle(BaseModel):
    """One hit; `content_cut`: get_article has more of it."""

    article_id: str
    law_name: str
    article_number: str
    place: str
    content: str
    content_cut: bool
    status: str
    category: str
    region: str
    effective_date: str | None
    score: float


class FoundArticles(BaseModel):
    """Hits, best first; degraded: what the search lacks, or that they probably do not answer;
    notes: what the query leaves open."""

    articles: list[FoundArticle]
    degraded: list[str]
    notes: list[str]


class ToldArticle(BaseModel):
    """One article; the lists of references are the first of as many as `…_total` says."""

    as_of: str
    law_id: str
    law_name: str
    article_id: str
    article_number: str
    place: str
    content: str
    content_cut: bool
    in_force: bool
    status: str
    effective_date: str | None
    previous: str | None
    next: str | None
    refers_to: list[str]
    refers_to_total: int
    referred_by: list[str]
    referred_by_total: int
    degraded: list[str]


class ToldVersion(BaseModel):
    """One version of a law."""

    law_id: str
    status: str
    version_date: str | None
    effective_date: str | None


class ToldLaw(BaseModel):
    """One law: its outline, a line a heading, and its newest versions, oldest first."""

    as_of: str
    law_id: str
    law_name: str
    category: str
    issuer: str
    region: str
    in_force: bool
    status: str
    effective_date: str | None
    articles: int
    has_text: bool
    outline: list[str]
    outline_total: int
    versions: list[ToldVersion]
    versions_total: int
    degraded: list[str]


class ToldTarget(BaseModel):
    """A provision and its words; `text_cut`: there are more."""

    law_id: str
    article_id: str | None
    article_number: str | None
    address: str
    text: str | None
    text_cut: bool


class ToldReference(BaseModel):
    """text[start:end] and where it leads; `problem` if nowhere for sure, then candidates.

    reason: the problem in Chinese.
    """

    start: int
    end: int
    text: str
    law: str
    address: str
    problem: str
    reason: str
    targets: list[ToldTarget]
    targets_total: int
    candidates: list[ToldTarget]
    candidates_total: int


class ToldReferences(BaseModel):
    """The references of a text in order, the first of `total`."""

    as_of: str
    total: int
    references: list[ToldReference]
    degraded: list[str]


class ToldCitation(BaseModel):
    """text[start:end] and its verdict; reason: in Chinese, "" where it is `verified`.

    checked: what for: address, law and provision; quote, the words quoted; figures, those of the
    sentence.
    correction: the words quoted, 【wrong→right】.  found: where they stand, or what may be meant.
    """

    start: int
    end: int
    text: str
    verdict: str
    reason: str
    checked: list[Aspect]
    correction: str
    targets: list[ToldTarget]
    found: list[ToldTarget]


class ToldCitations(BaseModel):
    """The citations of a text in order, bad ones before good ones left out, of `total`."""

    as_of: str
    passed: bool
    counts: dict[str, int]
    total: int
    citations: list[ToldCitation]
    degraded: list[str]


def notes_of(degraded: Sequence[str]) -> list[str]:
    """Return what an answer lacks, in Chinese."""
    return [f"注意：{NOTES.get(code, code)}。" for code in degraded]
