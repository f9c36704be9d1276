"""What the tests of serving share: a small encoder, a real data pack, an app over it."""

import asyncio
import datetime
import hashlib
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import pyarrow as pa
import pytest
from fastapi import FastAPI

from lawvault.artifacts import write_json
from lawvault.config.serve import ServeConfig
from lawvault.ingest.build import Filters, build_corpus
from lawvault.ingest.content_db import write_content_db
from lawvault.ingest.files import read_source
from lawvault.models.encoder import Prefixes, Vectors
from lawvault.models.fingerprint import FILE, write_fingerprint
from lawvault.models.texts import article_texts
from lawvault.models.tokens import Tokens
from lawvault.retrieve.calibration import FILE as CALIBRATION
from lawvault.retrieve.calibration import calibrate
from lawvault.retrieve.dense import FOLDER, DenseIndex, write_vectors
from lawvault.retrieve.guard import probes_of
from lawvault.retrieve.lexical import FOLDER as KEYWORDS
from lawvault.retrieve.lexical import write_keywords
from lawvault.schema import ARTICLES, table_of
from lawvault.serve.embed.embedder import Embed, Embedder, Read
from lawvault.serve.laws.statutes import Statutes
from lawvault.serve.routes import Calls, build_app
from lawvault.serve.search.searcher import Searcher, answer

PREFIXES = Prefixes(query="问：", document="文：", title_separator=" ")
EVIL_LAW = "<img src=x onerror=\"document.title='HACKED'\">法"
EVIL_TEXT = (
    "孩子归谁<script>document.title='HACKED'</script>\n<svg onload=\"document.title='HACKED'\">"
)

END = ord("$")
AS_OF = datetime.date(2026, 10, 4)


class BigramEncoder:
    """Counts pairs of characters in hashed places: deterministic, fast, and not smart."""

    dimension = 64
    max_tokens = 4096
    path = "bigrams"

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self.encode_raw([PREFIXES.query + text for text in texts])

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        return self.encode_raw([PREFIXES.document + text for text in texts])

    def encode_raw(self, texts: Sequence[str]) -> Vectors:
        return self.encode_ids(self.tokenize(texts).ids)

    def encode_ids(self, ids: Sequence[Sequence[int]]) -> Vectors:
        vectors = np.zeros((len(ids), self.dimension), np.float32)
        for row, tokens in enumerate(ids):
            for one, other in itertools.pairwise([*tokens[1:], END]):
                place = hashlib.sha256(f"{chr(one)}{chr(other)}".encode()).digest()[0]
                vectors[row, place % self.dimension] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def encode_states(self, ids: Sequence[Sequence[int]]) -> tuple[Vectors, list[Vectors]]:
        """A token has the same state wherever it stands: 16 numbers out of its hash."""
        states = [
            np.array([[*hashlib.sha256(chr(one).encode()).digest()[:16]] for one in row])
            for row in ids
        ]
        return self.encode_ids(ids), [row.astype(np.float32) - 127.5 for row in states]

    def tokenize(self, texts: Sequence[str]) -> Tokens:
        rows = [[END, *map(ord, text)] for text in texts]
        return Tokens(
            ids=[[*row[: self.max_tokens - 1], END] for row in rows],
            counts=[len(row) + 1 for row in rows],
        )

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self.tokenize(texts).counts


class CountingEncoder(BigramEncoder):
    """Notes how many texts each pass for questions has."""

    def __init__(self) -> None:
        self.passes: list[int] = []

    def encode_states(self, ids: Sequence[Sequence[int]]) -> tuple[Vectors, list[Vectors]]:
        self.passes.append(len(ids))
        return super().encode_states(ids)


class OnlyVectors:
    """Reads questions for a search by `embed`; their states nobody may want."""

    def __init__(self, embed: Embed) -> None:
        self.embed = embed

    async def read(self, question: str, compared: str) -> Read:
        raise AssertionError("a search without late interaction needs no states")


@dataclass(frozen=True, kw_only=True)
class Built:
    """A model folder and the data pack that its encoder built."""

    encoder: BigramEncoder
    model: Path
    pack: Path
    article_ids: list[str]
    vectors: Vectors


def build_pack(
    articles: pa.Table, encoder: "BigramEncoder", prefixes: Prefixes, *, model: Path, pack: Path
) -> Vectors:
    """Write the fingerprint of `encoder` into `model` and the data pack that it makes; no dev
    questions, so that nothing is calibrated.  Return the vectors of the articles."""
    write_fingerprint(model, encoder, prefixes, "bigrams")
    (pack / FILE).write_bytes((model / FILE).read_bytes())
    write_content_db(articles, pack / "content.db", as_of=AS_OF)
    vectors = encoder.encode_documents(article_texts(articles, prefixes.title_separator))
    write_vectors(articles, vectors, pack / FOLDER)
    write_keywords(articles, pack / KEYWORDS)
    asked = ["离婚后孩子归谁抚养", "家庭暴力"]
    probes = probes_of(DenseIndex(pack), asked, encoder.encode_queries(asked))
    write_json(calibrate([], [], probes, path=encoder.path, seed=17), pack / CALIBRATION)
    return vectors


@pytest.fixture(scope="session")
def built(toy_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The toy corpus and one article that tries to be markup, in a real data pack."""
    model, pack = tmp_path_factory.mktemp("model"), tmp_path_factory.mktemp("pack")
    corpus = build_corpus(read_source(toy_corpus), Filters(), as_of=datetime.date(2026, 10, 4))
    evil = {
        **corpus.rows[0],
        "article_id": "恶法@2026-01-01/1",
        "law_id": "恶法@2026-01-01",
        "law_name": EVIL_LAW,
        "content": EVIL_TEXT,
        "status": "已废止",
        "category": "部门规章",
        "region": "上海",
    }
    articles, encoder = table_of([*corpus.rows, evil], ARTICLES), BigramEncoder()
    vectors = build_pack(articles, encoder, PREFIXES, model=model, pack=pack)
    return Built(
        encoder=encoder,
        model=model,
        pack=pack,
        article_ids=articles["article_id"].to_pylist(),
        vectors=vectors,
    )


@pytest.fixture(scope="session")
def searcher(built: Built) -> Searcher:
    """The open data pack."""
    return Searcher(built.model, built.pack)


@pytest.fixture(scope="session")
def calls(built: Built, searcher: Searcher) -> Calls:
    """What a gateway stands on, all in this process."""
    embedder = Embedder(built.encoder, PREFIXES, max_tokens=60)

    async def search(request):
        return await answer(searcher, embedder, request)

    statutes = Statutes(searcher.content, searcher.lookup)

    async def ask(method, *request):
        return await asyncio.to_thread(getattr(statutes, method), *request)

    async def readiness():
        return {"embedding": "ok", "search": "ok"}

    return Calls(embed=embedder.embed, search=search, ask=ask, readiness=readiness)


@pytest.fixture
def config() -> ServeConfig:
    """Small limits, so that tests can reach them."""
    return ServeConfig(max_inputs=8, max_chars=1000, max_body_bytes=20_000, max_concurrent=4)


@pytest.fixture
def app(calls: Calls, config: ServeConfig, built: Built) -> FastAPI:
    """The whole HTTP surface over the data pack."""
    return build_app(calls, config, dimension=built.encoder.dimension, created=1_700_000_000)


Ask = Callable[..., httpx.Response]


@pytest.fixture
def ask(app: FastAPI) -> Ask:
    """Return `ask(method, path, …)`, which sends one request to the app."""

    def send(method: str, path: str, **options) -> httpx.Response:
        async def once() -> httpx.Response:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://127.0.0.1:8000"
            ) as client:
                return await client.request(method, path, **options)

        return asyncio.run(once())

    return send
