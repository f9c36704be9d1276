"""Both ends of references, out of a real content.db."""

import pytest

from lawvault.errors import IntegrityError
from lawvault.retrieve.content import Content
from lawvault.retrieve.links import MAX_OF_MENTION, links_of
from tests.law_pack import law_pack

LAW = "劳动合同法@2012-12-28"


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    return Content(law_pack(tmp_path_factory.mktemp("pack"), ("劳动合同法", "民法典")))


def test_an_article_has_links_from_it_and_to_it(content):
    links = links_of(content, [f"{LAW}/40"], limit=50)

    assert {str(one.other["article_id"]) for one in links if one.is_reverse} >= {
        f"{LAW}/42",
        f"{LAW}/46",
    }
    for one in links:
        words = str(one.words_in["content"])[one.start : one.end]
        assert words.startswith(("本法第", "第", "前"))
        assert (one.leads_to["article_id"] == f"{LAW}/40") is one.is_reverse


def test_a_reference_to_the_article_itself_is_no_link(content):
    links = links_of(content, ["民法典@2020-05-28/278"], limit=50)

    assert all(one.other["article_id"] != "民法典@2020-05-28/278" for one in links)


def test_links_are_bounded_by_limit_range_and_version(content):
    assert len(links_of(content, [f"{LAW}/40"], limit=1)) <= 2
    assert links_of(content, [f"{LAW}/40"], limit=50, versions=[]) == []
    assert links_of(content, [], limit=50) == []
    assert MAX_OF_MENTION < 50


def test_an_article_that_does_not_exist_is_an_error(content):
    with pytest.raises(IntegrityError, match="no article"):
        links_of(content, ["没有@2020-01-01/1"], limit=5)
