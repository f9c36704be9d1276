"""Numerals of statutes: both ways, and the addresses made of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.law.numerals import article_address, to_chinese, to_int


def test_every_number_of_an_article_comes_back_from_its_numeral():
    numbers = list(range(1, 10_000))

    assert [to_int(to_chinese(number)) for number in numbers] == numbers


def test_no_two_numbers_share_a_numeral():
    assert len({to_chinese(number) for number in range(1, 10_000)}) == 9_999


@pytest.mark.parametrize(
    ("numeral", "number"),
    [
        ("零", 0),
        ("十", 10),
        ("十二", 12),
        ("一十二", 12),
        ("二十", 20),
        ("一百", 100),
        ("一百零五", 105),
        ("一百一十二", 112),
        ("一百十二", 112),  # older statutes leave out the 一
        ("一千二百六十", 1260),
        ("一千零六", 1006),
        ("两千零一十", 2010),
        ("二〇二五", 2025),
        ("一九九七", 1997),
        ("585", 585),
        ("５８５", 585),
        ("007", 7),
    ],
)
def test_a_numeral_is_read_as_statutes_write_it(numeral, number):
    assert to_int(numeral) == number


@pytest.mark.parametrize(
    ("number", "numeral"),
    [(10, "十"), (12, "十二"), (100, "一百"), (110, "一百一十"), (1001, "一千零一"),
     (1010, "一千零一十"), (1100, "一千一百"), (2000, "二千"), (9999, "九千九百九十九")],
)  # fmt: skip
def test_a_number_is_written_as_statutes_write_it(number, numeral):
    assert to_chinese(number) == numeral


@pytest.mark.parametrize("number", [0, -1, 10_000])
def test_a_number_that_no_article_has_is_refused_with_the_range(number):
    with pytest.raises(ValueError, match=rf"must be in \[1, 9999\], got {number}"):
        to_chinese(number)


@pytest.mark.parametrize("text", ["", "条", "一万", "1十", "三.五", "-1", "一 二", "½", "²"])
def test_what_is_no_numeral_is_refused(text):
    with pytest.raises(ValueError, match="not a numeral"):
        to_int(text)


@given(st.integers(1, 9_999), st.integers(0, 30))
def test_an_address_comes_back_from_its_words(number, sub_number):
    text = f"第{to_chinese(number)}条" + (f"之{to_chinese(sub_number)}" if sub_number else "")

    assert article_address(text) == (number, sub_number)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("第一百三十三条之一", (133, 1)),
        ("第二百九十一条之十二", (291, 12)),
        ("第38条", (38, 0)),
        ("第３８条之２", (38, 2)),
        (" 第八条\u3000", (8, 0)),
    ],
)
def test_an_address_is_read_in_every_spelling(text, address):
    assert article_address(text) == address


@pytest.mark.parametrize(
    "text",
    ["", "全文", "条目一", "第条", "第三十八", "三十八条", "第三十八条第一款", "第三十八条之",
     "第三章", "第1十条", "第十2条", "见第三条", "第一万条"],
)  # fmt: skip
def test_what_is_not_just_an_address_is_none(text):
    assert article_address(text) is None


@given(st.text("第条之零一二十百千〇两0９ab", max_size=8))
def test_any_text_is_an_address_or_none(text):
    address = article_address(text)

    assert address is None or all(number >= 0 for number in address)
