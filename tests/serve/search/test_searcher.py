"""Search over a data pack: the right pair of model and vectors, whole articles, honest answers."""

import asyncio
import contextlib
import json
import shutil
import sqlite3

import numpy as np
import pytest

from lawvault.errors import IntegrityError
from lawvault.models.fingerprint import FILE
from lawvault.retrieve.ranking import top_rows
from lawvault.serve.contract import ApiError, SearchFilters, SearchHit, SearchRequest
from lawvault.serve.embed.embedder import Embedded
from lawvault.serve.laws.statutes import Statutes
from lawvault.serve.search.searcher import Course, Searcher, answer
from tests.serve.conftest import OnlyVectors

NO_FILTERS = SearchFilters()


@pytest.fixture
def vector(built):
    return built.encoder.encode_queries(["离婚后孩子归谁抚养"])[0]


def by_meaning(searcher, vector, k, filters) -> list[SearchHit]:
    request = SearchRequest(query="离婚", mode="vector", k=k, filters=filters)
    return searcher.ranked("vector", request, vector, Course()).hits


def test_hits_are_whole_articles_best_first(built, searcher, vector):
    hits = by_meaning(searcher, vector, 5, NO_FILTERS)

    with contextlib.closing(sqlite3.connect(built.pack / "content.db")) as database:
        texts = dict(database.execute("SELECT article_id, content FROM articles"))
    assert [hit.rank for hit in hits] == [1, 2, 3, 4, 5]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert [hit.content for hit in hits] == [texts[hit.article_id] for hit in hits]


def test_the_ranking_is_the_exact_one(built, searcher, vector):
    scores = built.vectors @ vector

    hits = by_meaning(searcher, vector, 10, NO_FILTERS)

    assert [hit.article_id for hit in hits] == [
        built.article_ids[row] for row in top_rows(scores, 10)
    ]
    assert [hit.score for hit in hits] == pytest.approx(np.sort(scores)[::-1][:10], abs=1e-5)


def test_more_hits_than_articles_gives_all_articles(built, searcher, vector):
    hits = by_meaning(searcher, vector, 100, NO_FILTERS)

    assert sorted(hit.article_id for hit in hits) == sorted(built.article_ids)


@pytest.mark.parametrize("name", ["刑法", "中华人民共和国刑法", "《刑法》"])
def test_a_law_may_be_named_short_or_in_full(searcher, vector, name):
    hits = by_meaning(searcher, vector, 10, SearchFilters(law_name=[name]))

    assert hits
    assert {hit.law_name for hit in hits} == {"中华人民共和国刑法"}


def test_filters_of_one_kind_add_up_and_of_several_kinds_narrow_down(searcher, vector):
    both = by_meaning(searcher, vector, 100, SearchFilters(law_name=["刑法", "民法典"]))
    none = by_meaning(searcher, vector, 100, SearchFilters(law_name=["刑法"], status=["已废止"]))

    assert {hit.law_name for hit in both} == {"中华人民共和国刑法", "中华人民共和国民法典"}
    assert none == []


@pytest.mark.parametrize("field", ["law_name", "category", "region", "status", "issuer"])
@pytest.mark.parametrize("value", ["x' OR '1'='1", "刑法' --", '" OR 1=1', ""])
def test_a_filter_is_a_value_and_never_a_condition(searcher, vector, field, value):
    assert by_meaning(searcher, vector, 10, SearchFilters(**{field: [value]})) == []


@pytest.mark.parametrize("value", [float("nan"), 0.0])
def test_a_vector_that_finds_nothing_is_an_error_and_never_an_empty_list(searcher, value):
    with pytest.raises(ApiError) as failure:
        by_meaning(searcher, np.full(64, value, np.float32), 10, NO_FILTERS)

    assert failure.value.status == 500


def test_a_pack_of_another_model_is_refused(built, tmp_path):
    pack = shutil.copytree(built.pack, tmp_path / "pack")
    fingerprint = json.loads((pack / FILE).read_text())
    (pack / FILE).write_text(json.dumps({**fingerprint, "weights_sha256": "0" * 64}))

    with pytest.raises(IntegrityError, match=r"index_model_mismatch.*weights_sha256"):
        Searcher(built.model, pack)


def test_a_pack_whose_stores_disagree_is_refused(built, tmp_path):
    pack = shutil.copytree(built.pack, tmp_path / "pack")
    with sqlite3.connect(pack / "content.db") as database:
        database.execute("DELETE FROM articles WHERE law_name LIKE '%刑法%'")
    database.close()

    with pytest.raises(IntegrityError, match="41 vectors but"):
        Searcher(built.model, pack)


def asked(searcher, built, request: SearchRequest, tokens: int = 10):
    async def embed(texts, side, *, may_cut=False):
        assert (side, may_cut) == ("query", True)
        vectors = built.encoder.encode_queries(texts)
        return Embedded(vectors=vectors, tokens=[tokens], max_tokens=60)

    return asyncio.run(answer(searcher, OnlyVectors(embed), request))


def test_an_answer_says_which_index_gave_it_and_how_long_it_took(searcher, built):
    found = asked(searcher, built, SearchRequest(query="孩子归谁", k=3))

    assert len(found.hits) == 3
    assert found.fingerprint == searcher.fingerprint
    assert found.milliseconds > 0
    assert found.degraded == []


def test_a_question_longer_than_the_model_reads_is_answered_and_says_so(searcher, built):
    found = asked(searcher, built, SearchRequest(query="孩子归谁"), tokens=61)

    assert len(found.hits) == 10
    assert found.degraded == ["query_cut"]


def test_an_empty_answer_says_that_the_filters_left_nothing(searcher, built):
    filters = SearchFilters(law_name=["没有这部法"])

    found = asked(searcher, built, SearchRequest(query="孩子归谁", filters=filters))

    assert found.hits == []
    assert found.degraded == ["unknown_filter_value", "no_match_for_filter"]


def test_laws_are_listed_with_what_a_filter_needs(searcher):
    statutes = Statutes(searcher.content, searcher.lookup)

    laws = {law.law_name: law for law in statutes.laws().data}

    assert laws["中华人民共和国刑法"].status == "现行有效"
    assert laws["中华人民共和国刑法"].category == "法律"
    assert sum(law.articles for law in laws.values()) == 41
