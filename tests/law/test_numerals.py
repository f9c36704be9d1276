"""Numerals of statutes: both ways, and the addresses made of them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.law.numerals import NUMERAL, article_address, int_or_none, to_chinese, to_int


def test_every_number_comes_back_from_its_numeral():
    numbers = list(range(1, 100_000))

    assert [to_int(to_chinese(number)) for number in numbers] == numbers


def test_no_two_numbers_share_a_numeral():
    assert len({to_chinese(number) for number in range(1, 100_000)}) == 99_999


@given(st.integers(1, 99_999))
def test_every_numeral_fits_the_pattern_of_numerals(number):
    assert re.fullmatch(NUMERAL, to_chinese(number))
    assert re.fullmatch(NUMERAL, str(number))


@given(st.integers(1, 99_999))
def test_the_ways_to_write_a_zero_or_a_two_and_the_width_change_nothing(number):
    numeral = to_chinese(number)

    assert to_int(numeral.replace("零", "〇")) == number
    assert to_int(numeral.replace("零", "○")) == number
    assert to_int(numeral.replace("二", "两")) == number
    assert to_int("".join(chr(ord(digit) + 0xFEE0) for digit in str(number))) == number


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
        ("一万", 10_000),
        ("一万零五", 10_005),
        ("一万零二百", 10_200),
        ("一万二千三百四十五", 12_345),
        ("十万", 100_000),
        ("二〇二五", 2025),
        ("二○二五", 2025),
        ("一九九0", 1990),
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
     (1010, "一千零一十"), (1100, "一千一百"), (2000, "二千"), (9999, "九千九百九十九"),
     (10_005, "一万零五"), (10_010, "一万零一十"), (12_345, "一万二千三百四十五"),
     (20_300, "二万零三百"), (99_999, "九万九千九百九十九")],
)  # fmt: skip
def test_a_number_is_written_as_statutes_write_it(number, numeral):
    assert to_chinese(number) == numeral


@pytest.mark.parametrize("number", [0, -1, 100_000])
def test_a_number_that_no_article_has_is_refused_with_the_range(number):
    with pytest.raises(ValueError, match=rf"must be in \[1, 99999\], got {number}"):
        to_chinese(number)


@pytest.mark.parametrize(
    "text",
    ["", "条", "1十", "三.五", "-1", "一 二", "½", "²", "٣", "万", "零十", "亿", "一百零",
     "廿三", "卅", "9" * 17, "一" * 17],
)  # fmt: skip
def test_what_is_no_numeral_is_refused(text):
    with pytest.raises(ValueError, match="not a numeral"):
        to_int(text)


@pytest.mark.parametrize("text", ["十十", "二三十", "一百五", "一万二", "十百", "百千", "一百二百"])
def test_what_could_be_more_than_one_number_is_refused(text):
    with pytest.raises(ValueError, match="not a numeral"):
        to_int(text)


@given(st.text("零一二三十百千万〇○两0９", max_size=20))
def test_any_text_of_numeral_characters_is_a_number_or_none(text):
    number = int_or_none(text)

    assert number is None or number == to_int(text) >= 0


@given(st.integers(1, 99_999), st.integers(0, 30))
def test_an_address_comes_back_from_its_words(number, sub_number):
    text = f"第{to_chinese(number)}条" + (f"之{to_chinese(sub_number)}" if sub_number else "")

    assert article_address(text) == (number, sub_number)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("第一百三十三条之一", (133, 1)),
        ("第二百九十一条之十二", (291, 12)),
        ("第一万零五条", (10_005, 0)),
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
     "第三章", "第1十条", "第十2条", "见第三条", "第十十条", "第八条之二三十"],
)  # fmt: skip
def test_what_is_not_just_an_address_is_none(text):
    assert article_address(text) is None


@given(st.text("第条之零一二十百千万〇两0９ab", max_size=8))
def test_any_text_is_an_address_or_none(text):
    address = article_address(text)

    assert address is None or all(number >= 0 for number in address)
