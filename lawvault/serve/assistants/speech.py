"""Answers about articles and laws to language models: bounded, as data and as Chinese text.

Whatever is left out is named in both: a model that reads half an article must know that it is half.
"""

from collections.abc import Iterator

from lawvault.serve.assistants.answers import (
    FoundArticle,
    FoundArticles,
    Said,
    ToldArticle,
    ToldLaw,
    ToldVersion,
    notes_of,
)
from lawvault.serve.contract import SearchAnswer, SearchHit
from lawvault.serve.laws.contract import (
    Article,
    ArticleAnswer,
    ArticleLabel,
    Heading,
    LawAnswer,
    LawRecord,
    Validity,
)

EXCERPT = 600
MAX_CONTENT = 8_000
MAX_OUTLINE = 200
MAX_VERSIONS = 30
MAX_LABELS = 10
MAX_NOTE = 300


def say_found(answer: SearchAnswer, most: int) -> Said:
    """Return at most `most` hits, with the beginning of each."""
    is_doubtful = answer.no_confident_match and answer.hits
    found = FoundArticles(
        articles=[_found(hit) for hit in answer.hits[:most]],
        degraded=[*answer.degraded, *(["no_confident_match"] if is_doubtful else [])],
        notes=[
            f"{note.words} {note.reason}".strip()[:MAX_NOTE] for note in answer.notes[:MAX_LABELS]
        ],
    )
    many = len(found.articles)
    head = f"找到 {many} 条，按相关程度排列：" if many else "没有找到法条。"
    blocks = [f"{rank}. {_told_hit(one)}" for rank, one in enumerate(found.articles, 1)]
    return Said(
        text="\n\n".join([*notes_of(found.degraded), *found.notes, head, *blocks]), data=found
    )


def say_article(answer: ArticleAnswer) -> Said:
    """Return an article, its neighbours, and the first references out and in."""
    law, article, refs = answer.law, answer.article, answer.references
    out = [f"{one.text} → {one.target_article_id or '未能定位'}" for one in refs.data]
    into = [f"《{one.law_name}》{one.article_number}" for one in answer.referred_by.data]
    told = ToldArticle(
        as_of=answer.as_of.isoformat(),
        law_id=law.law_id,
        law_name=law.law_name,
        article_id=article.article_id,
        article_number=article.article_number,
        place=_place(article),
        content=article.content[:MAX_CONTENT],
        content_cut=len(article.content) > MAX_CONTENT,
        in_force=answer.validity.in_force,
        status=answer.validity.status,
        effective_date=law.effective_date,
        previous=_number(answer.previous),
        next=_number(answer.next),
        refers_to=out[:MAX_LABELS],
        refers_to_total=refs.total,
        referred_by=into[:MAX_LABELS],
        referred_by_total=answer.referred_by.total,
        degraded=answer.degraded,
    )
    return Said(text="\n".join(_article_lines(told, answer.validity, law)), data=told)


def say_law(answer: LawAnswer) -> Said:
    """Return a law's outline and versions, without its text."""
    law = answer.law
    outline = list(_outline(answer.contents))
    told = ToldLaw(
        as_of=answer.as_of.isoformat(),
        law_id=law.law_id,
        law_name=law.law_name,
        category=law.category,
        issuer=law.issuer,
        region=law.region,
        in_force=answer.validity.in_force,
        status=answer.validity.status,
        effective_date=law.effective_date,
        articles=law.articles,
        has_text=law.has_text,
        outline=outline[:MAX_OUTLINE],
        outline_total=len(outline),
        versions=[_version(one) for one in answer.versions[-MAX_VERSIONS:]],
        versions_total=len(answer.versions),
        degraded=answer.degraded,
    )
    return Said(text="\n".join(_law_lines(told, answer.validity, law)), data=told)


def _article_lines(told: ToldArticle, validity: Validity, law: LawRecord) -> Iterator[str]:
    yield from notes_of(told.degraded)
    yield f"《{told.law_name}》{told.article_number}（{_facts(told.place, validity, law)}）"
    yield told.content + (f"……（太长，只列前 {MAX_CONTENT} 字）" if told.content_cut else "")
    yield f"article_id：{told.article_id}；查询日：{told.as_of}"
    if told.refers_to:
        yield f"引用（共 {told.refers_to_total} 处）：{'；'.join(told.refers_to)}"
    if told.referred_by:
        yield f"被引用（共 {told.referred_by_total} 处）：{'；'.join(told.referred_by)}"


def _law_lines(told: ToldLaw, validity: Validity, law: LawRecord) -> Iterator[str]:
    yield from notes_of(told.degraded)
    yield f"《{told.law_name}》（{_facts(told.category, validity, law)}）"
    yield f"制定机关：{told.issuer or '不详'}；共 {told.articles} 条；law_id：{told.law_id}"
    yield "目录：" if told.has_text else "没有收录条文。"
    yield from told.outline
    if told.outline_total > len(told.outline):
        yield f"……（目录共 {told.outline_total} 行，只列前 {len(told.outline)} 行）"
    yield f"版本（共 {told.versions_total} 个）："
    for one in told.versions:
        since = f"，{one.effective_date} 起施行" if one.effective_date else ""
        yield f"- {one.law_id}（{one.status}{since}）"


def _outline(heading: Heading, depth: int = 0) -> Iterator[str]:
    numbers = [one.article_number for one in heading.articles]
    span = "至".join(dict.fromkeys([*numbers[:1], *numbers[-1:]]))
    if heading.kind != "law":
        yield "  " * (depth - 1) + heading.title + (f"（{span}）" if span else "")
    elif span:
        yield span
    for child in heading.children:
        yield from _outline(child, depth + 1)


def _found(hit: SearchHit) -> FoundArticle:
    return FoundArticle(
        article_id=hit.article_id,
        law_name=hit.law_name,
        article_number=hit.article_number,
        place=_place(hit),
        content=hit.content[:EXCERPT],
        content_cut=len(hit.content) > EXCERPT,
        status=hit.status,
        category=hit.category,
        region=hit.region,
        effective_date=hit.effective_date,
        score=hit.score,
    )


def _told_hit(one: FoundArticle) -> str:
    since = f"{one.effective_date} 起施行" if one.effective_date else ""
    facts = "，".join(fact for fact in (one.place, one.region, one.status, since) if fact)
    more = "……（未完，全文用 get_article 取）" if one.content_cut else ""
    return f"《{one.law_name}》{one.article_number}（{facts}）\n{one.content}{more}"


def _version(law: LawRecord) -> ToldVersion:
    return ToldVersion(
        law_id=law.law_id,
        status=law.status,
        version_date=law.version_date,
        effective_date=law.effective_date,
    )


def _facts(first: str, validity: Validity, law: LawRecord) -> str:
    since = f"{law.effective_date} 起施行" if law.effective_date else ""
    force = validity.status if validity.in_force else f"【注意：{validity.status}】"
    return "，".join(fact for fact in (first, law.region, force, since) if fact)


def _place(article: Article | SearchHit) -> str:
    return " ".join(part for part in (article.part, article.chapter, article.section) if part)


def _number(label: ArticleLabel | None) -> str | None:
    return label.article_number if label else None
