"""② Articles -> `queries` and `qrels`.  Call `stage.generate`."""
