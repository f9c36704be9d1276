"""A query in, hits out: exact ranking of vectors, BM25, LanceDB.  Scores: larger is better."""
