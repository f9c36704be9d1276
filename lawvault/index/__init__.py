"""⑥ index: articles, model -> data pack (vectors, full texts, fingerprint).  Call `stage.index`."""
