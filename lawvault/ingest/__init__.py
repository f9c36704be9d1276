"""① Law sources -> `articles` and `content.db`.  Call `stage.ingest`."""
