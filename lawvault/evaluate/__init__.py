"""⑤ Model, qrels -> `runs` and a report of base, tuned and BM25.  Call `stage.evaluate`."""
