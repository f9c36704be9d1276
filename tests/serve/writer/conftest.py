"""What the tests of the writer as it is served share: the toy law, the library, all of it."""

from tests.agent.conftest import content, library, toy_law
from tests.serve.writer.shelf_site import shelf_store, site
from tests.serve.writer.writer_site import bench, served_writer

__all__ = ["bench", "content", "library", "served_writer", "shelf_store", "site", "toy_law"]
