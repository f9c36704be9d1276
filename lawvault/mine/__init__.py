"""③ Queries, qrels, articles -> `triplets`.  Call `stage.mine`."""
