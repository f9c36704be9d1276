"""What goes over the wire: errors survive the way between processes, fields are what docs say."""

import pickle

import pytest
from pydantic import ValidationError

from lawvault.serve.contract import ApiError, ErrorAnswer, SearchFilters, SearchRequest


def test_an_error_survives_the_way_between_processes():
    error = ApiError(400, "input_too_long", "太长", "input[3]")

    again = pickle.loads(pickle.dumps(error))

    assert again.body() == error.body()
    assert again.status == 400


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (404, "invalid_request_error"),
        (429, "rate_limit_error"),
        (500, "server_error"),
        (503, "server_error"),
    ],
)
def test_the_type_of_an_error_follows_its_status(status, kind):
    body = ApiError(status, "code", "话").body()

    assert ErrorAnswer.model_validate(body).error.type == kind


def test_a_search_has_ten_hits_and_no_filters_unless_asked_otherwise():
    request = SearchRequest(query="离婚")

    assert request.k == 10
    assert request.filters == SearchFilters(law_name=[], category=[], region=[], status=[])


def test_requests_do_not_share_their_lists():
    one, other = SearchRequest(query="a"), SearchRequest(query="b")
    one.filters.law_name.append("刑法")

    assert other.filters.law_name == []


@pytest.mark.parametrize("k", [1, 100])
def test_the_ends_of_a_range_are_allowed(k):
    assert SearchRequest(query="离婚", k=k).k == k


def test_paging_ends_at_the_two_hundredth_hit():
    assert SearchRequest(query="离婚", offset=150, k=60).k == 50
    assert SearchRequest(query="离婚", offset=199, k=100).k == 1


def test_a_field_of_a_newer_client_is_refused_and_not_ignored():
    with pytest.raises(ValidationError, match="extra_forbidden"):
        SearchRequest.model_validate({"query": "离婚", "rerank": True})
