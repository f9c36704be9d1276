"""Reranking: a query and texts in, the texts by how well they fit out; `add_rerank` is its door."""
