"""Names of laws: the short one, and when two names mean one law."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.law.names import comparable, same_law, short_name

NAMES = st.text("中华人民共和国劳动合同刑法修正案（）()七《》 \u3000", min_size=1, max_size=24)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("中华人民共和国劳动合同法", "劳动合同法"),
        ("《中华人民共和国民法典》", "民法典"),
        ("中华人民共和国 刑法\u3000", "刑法"),
        ("中华人民共和国刑法修正案（十二）", "刑法修正案（十二）"),
        ("全国人民代表大会组织法", "全国人民代表大会组织法"),
        ("最高人民法院关于适用《中华人民共和国民法典》的解释",
         "最高人民法院关于适用《中华人民共和国民法典》的解释"),
        ("中华人民共和国", "中华人民共和国"),
    ],
)  # fmt: skip
def test_the_short_name_is_the_one_people_use(name, short):
    assert short_name(name) == short


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("刑法", "中华人民共和国刑法"),
        ("《刑法》", "刑法"),
        ("刑法修正案(七)", "刑法修正案（七）"),
        ("中华人民共和国 民法典", "民法典"),
    ],
)
def test_two_spellings_of_one_law_are_the_same(one, other):
    assert same_law(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("刑法", "刑事诉讼法"), ("劳动法", "劳动合同法"), ("刑法修正案（七）", "刑法修正案（八）")],
)
def test_laws_whose_names_are_alike_are_not_the_same(one, other):
    assert not same_law(one, other)


@given(NAMES, NAMES)
def test_being_the_same_law_goes_both_ways(one, other):
    assert same_law(one, one)
    assert same_law(one, other) == same_law(other, one)


@given(st.text("劳动合同刑法修正案七八", min_size=2))
def test_the_state_before_a_name_and_brackets_around_it_change_nothing(name):
    assert same_law(f"《中华人民共和国{name}》", name)


@given(NAMES.filter(lambda name: name.count("中华人民共和国") < 2))
def test_a_comparable_form_stays_as_it_is(name):
    once = comparable(name)

    assert comparable(once) == once
