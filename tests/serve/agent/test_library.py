"""The library of a served run: a real data pack behind it, and a search that fails in every way."""

import asyncio
import datetime

import pytest

from lawvault.agent.nouns import Asked, SearchUnavailable
from lawvault.errors import IntegrityError
from lawvault.retrieve.laws import ContentLookup
from lawvault.serve.agent import library as module
from lawvault.serve.agent.law import PackLaw
from lawvault.serve.agent.library import ServedLibrary
from lawvault.serve.contract import ApiError

ASKED = Asked(text="离婚后孩子归谁抚养", as_of=datetime.date(2026, 10, 4))


class Flaky:
    """A search that refuses so many times, then answers; notes what it was asked."""

    def __init__(self, search, *errors: ApiError) -> None:
        self.search, self.errors, self.asked = search, list(errors), []

    async def __call__(self, request):
        self.asked.append(request)
        self._refuse()
        return await self.search(request)

    async def closeness(self, query, article_ids):
        self.asked.append((query, article_ids))
        self._refuse()
        return [len(query) + number for number, _ in enumerate(article_ids)]

    def _refuse(self) -> None:
        if self.errors:
            raise self.errors.pop(0)


@pytest.fixture
def pack_law(searcher):
    return PackLaw(searcher.content, ContentLookup(searcher.content))


def served(calls, pack_law, *errors):
    async def law(method, *given):
        return await asyncio.to_thread(getattr(pack_law, method), *given)

    search = Flaky(calls.search, *errors)
    return ServedLibrary(search, law, search.closeness), search


def found(library, query=ASKED.text, asked=ASKED, **more):
    return asyncio.run(library.search(query, asked, k=5, **more))


def test_a_search_finds_articles_of_the_day_best_first(calls, pack_law):
    library, search = served(calls, pack_law)

    hits = found(library)

    assert hits
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert search.asked[0].filters.as_of == ASKED.as_of


def test_laws_and_regions_filter_and_national_law_always_counts(calls, pack_law):
    library, search = served(calls, pack_law)
    asked = Asked(text=ASKED.text, as_of=ASKED.as_of, regions=("上海",))

    found(library, asked=asked, laws=("民法典",))

    filters = search.asked[0].filters
    assert filters.law_name == ["民法典"]
    assert set(filters.region) >= {"上海", "全国"}


def test_words_alone_are_searched_where_only_these_are_wanted(calls, pack_law):
    library, search = served(calls, pack_law)

    found(library, "抚养", words=True)

    assert search.asked[0].mode == "keyword"


def test_without_vectors_words_are_searched_and_that_is_said(calls, pack_law):
    down = ApiError(503, "embedding_unavailable", "…")
    library, search = served(calls, pack_law, down)

    hits = found(library, "抚养")

    assert hits
    assert "dense" in hits.degraded
    assert [request.mode for request in search.asked] == ["vector", "keyword"]


def test_a_search_that_is_full_is_asked_again(calls, pack_law, monkeypatch):
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.0)
    full = ApiError(429, "too_many_requests", "…")
    library, search = served(calls, pack_law, full, full)

    assert found(library)
    assert len(search.asked) == 3


@pytest.mark.parametrize(
    "error",
    [
        ApiError(503, "search_unavailable", "…"),
        ApiError(500, "internal_error", "…"),
        ApiError(503, "pack_missing", "…"),
    ],
    ids=lambda error: error.code,
)
def test_a_search_that_does_not_answer_is_not_one_that_finds_nothing(calls, pack_law, error):
    library, _ = served(calls, pack_law, error)

    with pytest.raises(SearchUnavailable, match=error.code):
        found(library)


def test_a_blank_query_finds_nothing_and_asks_nobody(calls, pack_law):
    library, search = served(calls, pack_law)

    assert found(library, " \n") == []
    assert search.asked == []


def test_citations_and_links_come_from_the_pack(calls, pack_law):
    library, _ = served(calls, pack_law)

    cited = asyncio.run(library.cited("民法典第一千零八十四条", ASKED))
    links = asyncio.run(library.links([one.article_id for one in cited], ASKED))

    assert [one.article_number for one in cited] == ["第一千零八十四条"]
    assert isinstance(links, list)


def test_a_data_pack_that_is_damaged_is_search_that_is_unavailable(calls, pack_law):
    async def law(method, *given):
        raise IntegrityError("content.db: malformed")

    library = ServedLibrary(calls.search, law, Flaky(calls.search).closeness)

    with pytest.raises(SearchUnavailable, match="malformed"):
        asyncio.run(library.cited("示例劳动法第九条", ASKED))


def test_closeness_is_that_of_the_search_application_which_is_asked_again_when_it_is_full(
    calls, pack_law, monkeypatch
):
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.0)
    library, search = served(calls, pack_law, ApiError(429, "too_many_requests", "…"))

    near = asyncio.run(library.closeness("离婚", ("b", "a")))

    assert near == [2, 3]
    assert search.asked == [("离婚", ["b", "a"])] * 2


def test_a_model_that_is_away_is_told_and_never_taken_for_no_token_vectors(calls, pack_law):
    library, _ = served(calls, pack_law, ApiError(503, "embedding_unavailable", "…"))

    with pytest.raises(SearchUnavailable, match="embedding_unavailable"):
        asyncio.run(library.closeness("离婚", ["a"]))
