"""Articles that a query names by their address: which of them an answer has, and where."""

from collections.abc import Sequence

from lawvault.retrieve.content import Content
from lawvault.retrieve.exact import MORE, Found
from lawvault.retrieve.filters import Filter
from lawvault.retrieve.fused import Ranked
from lawvault.serve.contract import SearchRequest
from lawvault.serve.search.course import Course
from lawvault.serve.search.parts import SearchNote

NAMED = "named"
MAX_NAMED = 10
"""Articles that a question names and that come before the ranked ones."""


def allowed(
    named: Sequence[Found], only: Filter, request: SearchRequest, content: Content
) -> list[Found]:
    """Return what matches the filters: on a day, only law that was in force."""
    found = [one for one in named if one.in_force or request.filters.as_of is None]
    if next(only.conditions(), None) is None:
        return found
    rows = content.rows([one.article_id for one in found])
    return [one for one, row in zip(found, rows, strict=True) if only.allows(row)]


def first_of(found: Sequence[Found], course: Course) -> list[Found]:
    """Return those articles that come before the ranked ones, and note how many there are."""
    if len(found) > MAX_NAMED:
        reason = f"问题中写明的法条有 {len(found)} 条，只把前 {MAX_NAMED} 条列在最前"
        course.notes.append(SearchNote(problem=MORE, reason=reason))
    first = list(found[:MAX_NAMED])
    if first:
        course.found[NAMED] = len(first)
    return first


def named_first(article_ids: Sequence[str], ranking: Sequence[Ranked]) -> list[Ranked]:
    """Return a ranking in which some articles come first, with a score of 1."""
    if not article_ids:
        return list(ranking)
    legs, named = {one.article_id: one.legs for one in ranking}, set(article_ids)
    first = [Ranked(article_id=one, score=1.0, legs=legs.get(one, {})) for one in article_ids]
    return [*first, *(one for one in ranking if one.article_id not in named)]
