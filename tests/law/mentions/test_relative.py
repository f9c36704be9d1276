"""前款, 前两条, 上一项: counted back from where they stand, or why not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.law.address import Address
from lawvault.law.mentions.relative import MAX_BACK, back, count_of
from lawvault.law.numerals import to_chinese

ORDER = [(119, 0), (120, 0), (120, 1), (120, 2), (121, 0)]


@pytest.mark.parametrize(
    ("word", "count"),
    [
        *(
            ("前款", 1),
            ("前两款", 2),
            ("前三项", 3),
            ("前二条", 2),
            ("前12项", 12),
            ("前述两款", 2),
        ),
        *(("上一条", 1), ("上款", 1), ("上面一款", 1), ("前几款", 0), ("前十十款", 0)),
    ],
)
def test_a_word_says_how_many_it_means(word, count):
    assert count_of(word) == count


@pytest.mark.parametrize(
    ("here", "unit", "count", "expected"),
    [
        (Address(number=163, paragraph=3), "款", 1, ["第一百六十三条第二款"]),
        (
            Address(number=163, paragraph=3),
            "款",
            2,
            ["第一百六十三条第一款", "第一百六十三条第二款"],
        ),
        (Address(number=9, paragraph=2, item=1), "款", 1, ["第九条第一款"]),
        (
            Address(number=9, paragraph=1, item=3),
            "项",
            2,
            ["第九条第一款第一项", "第九条第一款第二项"],
        ),
        (Address(number=9, paragraph=1, item=3, subitem=2), "项", 1, ["第九条第一款第二项"]),
        (Address(number=120, paragraph=1), "条", 1, ["第一百一十九条"]),
        (Address(number=121), "条", 1, ["第一百二十条之二"]),
        (Address(number=120, sub=2), "条", 2, ["第一百二十条", "第一百二十条之一"]),
        (Address(number=4, unit="条目"), "条", 1, ["条目三"]),
    ],
)
def test_words_count_back_from_where_they_stand(here, unit, count, expected):
    found, reason = back(here, unit, count, ORDER)

    assert ([str(address) for address in found], reason) == (expected, "")


@pytest.mark.parametrize(
    ("here", "unit", "count", "reason"),
    [
        (None, "款", 1, "前款 outside an article"),
        (Address(number=9, paragraph=1), "款", 1, "0 款 stand before it"),
        (Address(number=9, paragraph=3), "款", 3, "2 款 stand before it"),
        (Address(number=9, paragraph=3), "项", 1, "no 项 of that number stands before it"),
        (Address(number=9, paragraph=3, item=2), "项", 2, "no 项 of that number stands before it"),
        (Address(number=119), "条", 1, "no article stands before it"),
        (Address(number=500), "条", 1, "the order of the articles is not known"),
        (Address(number=9, paragraph=3), "款", 0, "does not say how many 款"),
        (Address(number=900, paragraph=900), "款", MAX_BACK + 1, "does not say how many 款"),
    ],
)
def test_what_cannot_be_counted_back_says_why(here, unit, count, reason):
    assert back(here, unit, count, ORDER) == ([], reason)


@given(st.integers(1, 200), st.integers(1, 200))
def test_paragraphs_before_are_the_last_ones_and_never_this_one(paragraph, count):
    found, reason = back(Address(number=1, paragraph=paragraph), "款", count, ())

    numbers = [address.paragraph for address in found]
    possible = count < paragraph and count <= MAX_BACK
    assert numbers == (list(range(paragraph - count, paragraph)) if possible else [])
    assert bool(reason) is not possible


@given(st.integers(1, 99))
def test_any_count_is_read_in_chinese(number):
    assert count_of(f"前{to_chinese(number)}款") == number
