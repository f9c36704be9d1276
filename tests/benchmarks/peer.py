"""The server that many would write in an afternoon, to be measured against.

FastAPI, `SentenceTransformer.encode` on each request, one exact product over all vectors: right,
without batching, without anything around it.  `python -m tests.benchmarks.peer MODEL PACK PORT`.
"""

import sys
from pathlib import Path

import numpy as np
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from sentence_transformers import SentenceTransformer

from lawvault.models.fingerprint import read_fingerprint
from lawvault.retrieve.content import Content
from lawvault.retrieve.dense import DenseIndex


class Embed(BaseModel):
    """What /embed takes."""

    input: str


class Search(BaseModel):
    """What /search takes."""

    query: str
    k: int = 10


def build(model: Path, pack: Path) -> FastAPI:
    """Return the app."""
    app, encoder = FastAPI(), SentenceTransformer(str(model))
    prefix = str(read_fingerprint(model)["query_prefix"])
    content, index = Content(pack), DenseIndex(pack)
    ids = index.columns()["chunk_id"].to_pylist()
    vectors = index.vectors(ids)

    @app.post("/embed")
    def embed(request: Embed) -> dict[str, list[float]]:
        return {"embedding": encoder.encode(prefix + request.input).tolist()}

    @app.post("/search")
    def search(request: Search) -> list[dict[str, object]]:
        scores = vectors @ encoder.encode(prefix + request.query)
        best = np.argpartition(-scores, request.k)[: request.k]
        best = best[np.argsort(-scores[best])]
        rows = content.rows([ids[row] for row in best])
        return [
            {"score": float(score), "law": row["law_name"], "text": row["content"]}
            for score, row in zip(scores[best], rows, strict=True)
        ]

    return app


if __name__ == "__main__":
    uvicorn.run(
        build(Path(sys.argv[1]), Path(sys.argv[2])), port=int(sys.argv[3]), log_level="error"
    )
