"""There is no reranker, and its usual addresses say so instead of leaving clients to guess."""

import re

import pytest

from lawvault.serve.contract import ErrorAnswer
from lawvault.serve.embed.rerank import PATHS


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "content",
    [
        b'{"model": "x", "query": "q", "documents": ["a", "b"]}',
        b'{"query": "q", "texts": ["a"]}',
        b"{torn",
        b"",
    ],
)
def test_whatever_is_sent_the_answer_is_that_it_is_not_configured(ask, path, content):
    answer = ask("POST", path, content=content)

    error = ErrorAnswer.model_validate(answer.json()).error
    assert (answer.status_code, error.code, error.type) == (501, "not_configured", "server_error")
    assert re.search(r"[\u4e00-\u9fff]", error.message)
