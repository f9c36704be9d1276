"""What the tests of the writer share: the invented law of the agent's tests."""

from pathlib import Path

import pytest

from lawvault.retrieve.content import Content
from lawvault.retrieve.laws import ContentLookup
from tests.agent.conftest import write_toy_law


@pytest.fixture(scope="session")
def content(tmp_path_factory: pytest.TempPathFactory) -> Content:
    """The content.db of the invented law; read only."""
    folder: Path = write_toy_law(tmp_path_factory.mktemp("toy_law"))
    return Content(folder)


@pytest.fixture(scope="session")
def lookup(content: Content) -> ContentLookup:
    """What documents are checked against."""
    return ContentLookup(content)
