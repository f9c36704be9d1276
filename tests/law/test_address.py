"""Addresses of provisions: how they read, and how they are read."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawvault.law.address import Address, article_label, part_of
from lawvault.law.numerals import NUMERAL, article_address, to_chinese

LEVEL = st.none() | st.integers(1, 400)


@settings(max_examples=500)
@given(LEVEL, LEVEL, LEVEL)
def test_a_part_is_read_back_from_how_it_reads(paragraph, item, subitem):
    address = Address(number=3, paragraph=paragraph, item=item, subitem=subitem)

    assert part_of(address.part or "") == (paragraph, item, subitem)


@settings(max_examples=500)
@given(st.integers(1, 9999), st.integers(0, 99))
def test_an_article_is_read_back_from_its_label(number, sub):
    label = article_label(number, sub)

    assert article_address(label) == (number, sub)
    assert Address(number=number, sub=sub).article == label
    assert re.fullmatch(f"第{NUMERAL}条(之{NUMERAL})?", label)


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (Address(), ""),
        (Address(number=17), "第十七条"),
        (Address(number=17, sub=1, paragraph=2, item=3), "第十七条之一第二款第三项"),
        (Address(number=3, item=2, subitem=1), "第三条第二项第一目"),
        (Address(paragraph=2), "第二款"),
        (Address(number=4, unit="条目", paragraph=1), "条目四第一款"),
    ],
)
def test_an_address_reads_as_statutes_write_it(address, text):
    assert str(address) == text


def test_the_law_as_a_whole_has_no_article_and_an_article_no_part():
    assert Address().article is None
    assert Address(number=3).part is None


def test_the_whole_of_an_address_is_its_article():
    address = Address(number=17, sub=1, paragraph=2, item=3, subitem=4)

    assert address.whole == Address(number=17, sub=1)
    assert Address(number=4, unit="条目", item=1).whole == Address(number=4, unit="条目")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("第一款第（二）项", (1, 2, None)),
        ("第一款（二）项", (1, 2, None)),
        ("第(3)项第二目", (None, 3, 2)),
        ("第２款", (2, None, None)),
        ("第二项", (None, 2, None)),
    ],
)
def test_a_part_may_be_written_in_several_ways(text, part):
    assert part_of(text) == part


@pytest.mark.parametrize(
    "text", ["第一条", "第一款 ", "款", "第十十款", "第一项第二款", "第（一项"]
)
def test_what_is_no_part_is_refused(text):
    with pytest.raises(ValueError, match="not"):
        part_of(text)


def test_a_numeral_may_be_chinese_or_arabic():
    assert all(re.fullmatch(NUMERAL, numeral) for numeral in ("12", "１２", "〇", to_chinese(1260)))
    assert not re.search(NUMERAL, "第条之")
