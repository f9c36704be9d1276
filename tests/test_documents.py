"""Code in the documents runs as it is printed."""

import doctest
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize("name", ["law.md"])
def test_the_examples_of_a_document_run(name: str) -> None:
    result = doctest.testfile(str(DOCS / name), module_relative=False, encoding="utf-8")

    assert result.attempted > 5
    assert result.failed == 0
