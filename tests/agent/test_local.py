"""A library over one pack: what it finds, on which day, where, and how it fails."""

import asyncio
import datetime
import shutil

import pytest

from lawvault.agent.local import LocalLibrary
from lawvault.agent.nouns import Asked, Library, SearchUnavailable
from lawvault.retrieve.content import FILE, Content

NOW = datetime.date(2026, 3, 2)
THEN = datetime.date(2015, 1, 1)


def asked(day: datetime.date = NOW, *regions: str) -> Asked:
    return Asked(text="", as_of=day, regions=regions)


def search(library: Library, query: str, about: Asked | None = None, **more) -> list[str]:
    found = asyncio.run(library.search(query, about or asked(), k=10, **more))
    return [one.article_id for one in found]


def test_words_find_their_article_first(library):
    assert search(library, "试用期不得超过一个月")[0] == "示例劳动法@2018-10-01/9"
    assert search(library, "zzz") == []


def test_the_law_of_the_day_is_searched(library):
    then = search(library, "劳动者提前十五日通知用人单位解除劳动合同", asked(THEN))

    assert then[0] == "示例劳动法@2010-03-01/17"
    assert all(one.startswith("示例劳动法@2010-03-01/") for one in then)
    assert "示例劳动法@2010-03-01/17" not in search(library, "劳动者提前十五日通知用人单位")


def test_only_the_laws_asked_for_are_searched(library):
    found = search(library, "劳动者押金退货", laws=["中华人民共和国示例消费法"])

    assert found
    assert {one.partition("@")[0] for one in found} == {"示例消费法"}


def test_a_region_has_its_own_law_and_the_state_s(library):
    there = search(library, "高温津贴", asked(NOW, "广东省"))
    elsewhere = search(library, "高温津贴", asked(NOW, "北京市"))

    assert there[0] == "广东省示例劳动条例@2020-03-01/3"
    assert "示例劳动法实施条例@2019-05-01/8" in {*there} & {*elsewhere}
    assert not any(one.startswith("广东省") for one in elsewhere)


@pytest.mark.parametrize(
    ("citation", "day", "ids"),
    [
        ("示例劳动法第二十一条", NOW, ["示例劳动法@2018-10-01/21"]),
        ("示例劳动法第八条", THEN, ["示例劳动法@2010-03-01/8"]),
        ("示例劳动法第二百条", NOW, []),
        ("没有的法第三条", NOW, []),
        ("", NOW, []),
    ],
)
def test_a_citation_is_looked_up_in_the_version_of_the_day(library, citation, day, ids):
    found = asyncio.run(library.cited(citation, asked(day)))

    assert [one.article_id for one in found] == ids


def test_links_are_to_the_law_of_the_day(library):
    ids = ["示例劳动法@2010-03-01/15", "示例劳动法@2018-10-01/15"]

    now = asyncio.run(library.links(ids, asked(NOW)))
    then = asyncio.run(library.links(ids, asked(THEN)))

    assert {one.found.law_id.partition("@")[2] for one in then} == {"2010-03-01"}
    assert {one.source_id for one in now} == {"示例劳动法@2018-10-01/15"}
    assert {one.kind for one in now} == {"penalty", "interprets"}


def test_without_token_vectors_nothing_is_said_about_closeness(library):
    assert asyncio.run(library.closeness("试用期", ["示例劳动法@2018-10-01/9"])) == []


def test_what_is_broken_is_unavailable_and_not_empty(toy_law, tmp_path):
    shutil.copy(toy_law / FILE, tmp_path / FILE)
    library = LocalLibrary(Content(tmp_path))
    (tmp_path / FILE).write_bytes(b"no database at all" * 1000)

    with pytest.raises(SearchUnavailable, match="content"):
        asyncio.run(library.links(["示例劳动法@2018-10-01/15"], asked()))
