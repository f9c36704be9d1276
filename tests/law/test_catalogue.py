"""Names of laws: which law a name means, and which name a text ends with."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.law.catalogue import POPULAR, Catalogue, aliases

MARRIAGE = "最高人民法院关于适用《中华人民共和国民法典》婚姻家庭编的解释（一）"
PROPERTY = "最高人民法院关于适用《中华人民共和国民法典》物权编的解释（一）"
COMPANY = "最高人民法院关于适用《中华人民共和国公司法》若干问题的规定（三）"
PROCEDURE = "最高人民法院关于适用《中华人民共和国民事诉讼法》的解释"
CATALOGUE = Catalogue(
    [
        *("中华人民共和国民法典", "中华人民共和国民事诉讼法", "中华人民共和国刑法修正案（十一）"),
        *(
            "中华人民共和国劳动法",
            "中华人民共和国劳动合同法",
            MARRIAGE,
            PROPERTY,
            COMPANY,
            PROCEDURE,
        ),
    ]
)


@pytest.mark.parametrize(
    ("name", "law"),
    [
        ("民法典", "民法典"),
        ("《中华人民共和国民法典》", "民法典"),
        ("民诉法", "民事诉讼法"),
        ("刑法修正案(十一)", "刑法修正案（十一）"),
        ("刑法修正案十一", "刑法修正案（十一）"),
        ("民法典婚姻家庭编解释一", MARRIAGE),
        ("婚姻家庭编解释（一）", MARRIAGE),
        ("最高人民法院关于适用〈中华人民共和国民法典〉婚姻家庭编的解释（一）", MARRIAGE),
        ("关于适用〈中华人民共和国民法典〉婚姻家庭编的解释（一）", MARRIAGE),
        ("最高法关于适用民法典婚姻家庭编的解释（一）", MARRIAGE),
        ("公司法司法解释（三）", COMPANY),
        ("公司法解释三", COMPANY),
        ("民诉法解释", PROCEDURE),
    ],
)
def test_a_law_is_known_by_the_names_that_people_use(name, law):
    assert CATALOGUE.laws(name) == [law]
    assert name in CATALOGUE


def test_a_name_of_several_laws_means_all_of_them():
    assert CATALOGUE.laws("民法典解释（一）") == sorted([MARRIAGE, PROPERTY])


@pytest.mark.parametrize("name", ["德国民法典", "合同法", "", "》"])
def test_an_unknown_name_means_none(name):
    assert CATALOGUE.laws(name) == []
    assert name not in CATALOGUE


def test_the_first_alias_is_the_short_name_and_none_stands_twice():
    for law in (MARRIAGE, COMPANY, "中华人民共和国民事诉讼法"):
        found = aliases(law)
        assert found[0] == law.removeprefix("中华人民共和国")
        assert len(found) == len(set(found))


def test_every_popular_name_leads_to_an_official_one_that_is_not_popular_itself():
    assert not set(POPULAR) & set(POPULAR.values())


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("违反劳动合同法", "劳动合同法"),
        ("依照劳动法", "劳动法"),
        ("依照中华人民共和国劳动法", "中华人民共和国劳动法"),
        ("依照刑法修正案(十一)", "刑法修正案(十一)"),
        ("依照劳动 合同法", "劳动 合同法"),
        ("依照民诉法", "民诉法"),
        ("依照合同", None),
        ("", None),
    ],
)
def test_a_text_ends_with_the_longest_known_name_as_it_is_written(text, name):
    assert CATALOGUE.ending(text) == name


def test_an_empty_catalogue_knows_nothing():
    assert Catalogue().ending("依照民法典") is None
    assert Catalogue().laws("民法典") == []


@given(st.text(max_size=40), st.sampled_from(["民法典", "劳动合同法", "民诉法", "公司法解释三"]))
def test_a_known_name_is_found_behind_any_words(words, name):
    ending = CATALOGUE.ending(words + name)

    assert ending is not None
    assert ending.endswith(name)
    assert CATALOGUE.laws(ending)


@given(st.text())
def test_any_text_may_be_asked_for(text):
    ending = CATALOGUE.ending(text)

    assert ending is None or (text.endswith(ending) and ending in CATALOGUE)


@pytest.mark.parametrize(("name", "law"), POPULAR.items())
def test_a_popular_name_means_one_law_and_is_no_official_name(name, law):
    assert Catalogue([law]).laws(name) == [law]
    assert law not in POPULAR
    assert name not in POPULAR.values()


def test_the_basic_law_may_be_that_of_either_region():
    both = [f"{region}特别行政区基本法" for region in ("香港", "澳门")]

    assert Catalogue(both).laws("基本法") == sorted(both)
    assert Catalogue(both).laws("香港基本法") == both[:1]
