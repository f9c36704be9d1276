"""The very calls of the LawVault desktop app, and its own reading of our data pack.

The app asks an OpenAI-compatible server for one vector at a time, searches `law_db.lancedb` itself
(LanceDB's default distance, three times as many rows as it shows), reads `content.db` itself, and
hides 地方法规 unless a region is typed.  Its order must be that of `/v1/search`.
"""

import asyncio
import contextlib
import datetime
import itertools
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import lancedb
import numpy as np
import pytest

from lawvault.ingest.build import Filters, build_corpus
from lawvault.ingest.files import read_source
from lawvault.models.encoder import Prefixes
from lawvault.schema import ARTICLES, table_of
from lawvault.serve.embed.embedder import Embedder
from lawvault.serve.laws.statutes import Statutes
from lawvault.serve.routes import Calls
from lawvault.serve.search.searcher import Searcher, answer
from tests.compat.conftest import MODEL, app_of
from tests.serve.conftest import BigramEncoder, build_pack
from tests.serve.wire import at_url

APP = "embeddinggemma:300m"
"""The model that the app asks for unless it is told otherwise."""

AS_OF = datetime.date(2026, 10, 4)
QUESTIONS = ("离婚后孩子归谁抚养？", "男的多大能结婚\n女的呢", "收养", "重婚要坐牢吗")
LOCAL = {"北京市": "北京市家庭教育条例", "上海市": "上海市家庭教育条例"}
NO_PREFIXES = Prefixes(query="", document="", title_separator=" ")


@dataclass(frozen=True, kw_only=True)
class App:
    """The app with a server's address and a data folder in its settings."""

    base: str
    data: Path
    model: str = APP
    top_k: int = 50

    def embed(self, query: str) -> list[float]:
        """Return the vector of a question."""
        answer = httpx.post(
            f"{self.base}/embeddings",
            headers={"Authorization": "Bearer none"},
            json={"model": self.model, "input": query.replace("\n", " ")},
        )
        assert answer.is_success, answer.text
        vector = answer.json()["data"][0]["embedding"]
        assert isinstance(vector, list)
        return vector

    def search(self, query: str, region: str | None = None) -> dict[str, float]:
        """Return the ids that it shows, best first, with their distances."""
        table = lancedb.connect(self.data / "law_db.lancedb").open_table("laws_vectors")
        near = table.search(self.embed(query)).limit(self.top_k * 3).to_list()
        ids = [row["chunk_id"] for row in near]
        chunks = {
            row[0]: row
            for row in self.rows(
                "SELECT id, content, law_name, category, region, publish_date, part, chapter, "
                f"article_number FROM chunks WHERE id IN ({','.join('?' * len(ids))})",
                *ids,
            )
        }
        shown = {
            row["chunk_id"]: row["_distance"]
            for row in near
            if self.is_shown(*chunks[row["chunk_id"]][3:5], region)
        }
        return dict(itertools.islice(shown.items(), self.top_k))

    @staticmethod
    def is_shown(category: str, region: str, wanted: str | None) -> bool:
        """Say whether a row is kept: local law only for a region that has what was typed."""
        return category != "地方法规" or (wanted is not None and wanted in region)

    def suggest(self, query: str) -> list[str]:
        """Return names of laws that have the words."""
        found = self.rows(
            "SELECT DISTINCT law_name, region, category FROM full_texts WHERE law_name LIKE ? "
            "LIMIT 200",
            f"%{query}%",
        )
        return [name for name, _, _ in found]

    def full_text(self, name: str) -> str:
        """Return the text of a law by its exact name."""
        ((text,),) = self.rows("SELECT full_text FROM full_texts WHERE law_name = ? LIMIT 1", name)
        return str(text)

    def snippet(self, law: str, number: str) -> str:
        """Return one article, for the cursor over a reference."""
        ((text,),) = self.rows(
            "SELECT content FROM chunks WHERE law_name LIKE ? AND article_number = ? LIMIT 1",
            f"%{law}%",
            number,
        )
        return str(text)

    def rows(self, query: str, *values: str) -> list[tuple]:
        """Return rows of content.db, which must not have a NULL but in part and chapter."""
        with contextlib.closing(sqlite3.connect(self.data / "content.db")) as database:
            return database.execute(query, values).fetchall()


class PlainEncoder(BigramEncoder):
    """A model without prefixes, as the app wants it."""

    def encode_queries(self, texts):
        return self.encode_raw(texts)

    def encode_documents(self, texts):
        return self.encode_raw(texts)


@pytest.fixture(scope="module")
def plain(toy_corpus: Path, tmp_path_factory) -> Iterator[App]:
    """The app over a pack of a model without prefixes, with local law of two cities."""
    model, pack = tmp_path_factory.mktemp("plain-model"), tmp_path_factory.mktemp("plain-pack")
    rows = build_corpus(read_source(toy_corpus), Filters(), as_of=AS_OF).rows
    local = [
        {
            **rows[number],
            "article_id": f"{name}@2026-01-01/1",
            "law_id": f"{name}@2026-01-01",
            "law_name": name,
            "category": "地方性法规",
            "region": region,
        }
        for number, (region, name) in enumerate(LOCAL.items())
    ]
    articles, encoder = table_of([*rows, *local], ARTICLES), PlainEncoder()
    build_pack(articles, encoder, NO_PREFIXES, model=model, pack=pack)

    calls = calls_over(Searcher(model, pack), Embedder(encoder, NO_PREFIXES, max_tokens=60))
    app = app_of(calls, encoder.dimension, aliases=[f"{APP}={MODEL}:raw"])
    with at_url(app) as url:
        yield App(base=f"{url}/v1", data=pack)


def calls_over(searcher: Searcher, embedder: Embedder) -> Calls:
    statutes = Statutes(searcher.content, searcher.lookup)

    async def search(request):
        return await answer(searcher, embedder, request)

    async def ask(method, *request):
        return await asyncio.to_thread(getattr(statutes, method), *request)

    async def readiness():
        return {}

    return Calls(embed=embedder.embed, search=search, ask=ask, readiness=readiness)


@pytest.fixture
def tuned(built, calls) -> Iterator[App]:
    """The app over a pack with prefixes: its model's name stands for the tuned policy."""
    app = app_of(calls, built.encoder.dimension, aliases=[f"{APP}={MODEL}"])
    with at_url(app) as url:
        yield App(base=f"{url}/v1", data=built.pack)


def searched(app: App, query: str, **filters) -> dict[str, float]:
    """Return what `/v1/search` finds by meaning: ids, best first, with their cosines."""
    body = {"query": query, "mode": "vector", "k": app.top_k, "filters": filters}
    answer = httpx.post(f"{app.base}/search", json=body)
    assert answer.is_success, answer.text
    return {hit["article_id"]: hit["score"] for hit in answer.json()["hits"]}


def same(shown: dict[str, float], found: dict[str, float]) -> bool:
    """Say whether both have the same articles in the same order; equal scores have none."""
    cosines = {article_id: 1 - distance / 2 for article_id, distance in shown.items()}
    assert cosines == pytest.approx(found, abs=1e-5)
    return all(found[one] >= found[other] - 1e-6 for one, other in itertools.pairwise(shown))


def test_the_test_button_finds_the_model_by_the_name_in_the_settings(plain):
    answer = httpx.get(f"{plain.base}/models", headers={"Authorization": "Bearer none"})

    assert answer.is_success
    assert APP in [model["id"] for model in answer.json()["data"]]


@pytest.mark.parametrize("query", QUESTIONS)
def test_the_order_of_the_app_is_that_of_our_search(plain, query):
    shown = plain.search(query)

    assert len(shown) == 40
    assert same(shown, searched(plain, query.replace("\n", " "), region=["全国"]))


@pytest.mark.parametrize("query", QUESTIONS)
def test_a_region_brings_in_its_local_law(plain, query):
    shown = plain.search(query, region="北京")

    assert len(shown) == 41
    regions = ["全国", "北京市"]  # the app looks for a part of the name, a filter is exact
    assert same(shown, searched(plain, query.replace("\n", " "), region=regions))


@pytest.mark.parametrize("query", QUESTIONS)
def test_over_a_pack_with_prefixes_the_alias_must_stand_for_the_tuned_name(tuned, query):
    assert same(tuned.search(query), searched(tuned, query.replace("\n", " ")))


def test_an_alias_for_raw_is_another_vector_there(built, calls):
    app = app_of(calls, built.encoder.dimension, aliases=[f"{APP}={MODEL}:raw"])
    with at_url(app) as url:
        vector = App(base=f"{url}/v1", data=built.pack).embed("离婚")

    assert not np.allclose(vector, built.encoder.encode_queries(["离婚"])[0], atol=1e-3)


def test_texts_are_those_of_our_routes(plain):
    law = "中华人民共和国刑法"
    ours = httpx.get(f"{plain.base}/laws/刑法/articles/258").json()["article"]["content"]

    assert plain.snippet("刑法", "第二百五十八条") == ours
    assert ours in plain.full_text(law)
    assert plain.suggest("刑法") == [law]


def test_no_row_has_a_null_that_would_make_the_app_drop_it(plain):
    columns = "id, content, law_name, category, region, publish_date, article_number"

    rows = plain.rows(f"SELECT {columns} FROM chunks")

    assert len(rows) == 42
    assert all(value is not None for row in rows for value in row)
