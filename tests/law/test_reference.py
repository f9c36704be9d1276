"""Ranges of addresses, counted through on the level where their ends differ."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.law.address import Address
from lawvault.law.reference import OWN, Reference, between


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (Address(number=3), Address(number=5), ["第三条", "第四条", "第五条"]),
        (Address(number=3), Address(number=3), ["第三条"]),
        (Address(number=5), Address(number=3), ["第五条", "第三条"]),
        (Address(number=1), Address(number=9000), ["第一条", "第九千条"]),
        (Address(number=3, sub=1), Address(number=3, sub=3), [f"第三条之{n}" for n in "一二三"]),
        (Address(number=3), Address(number=4, sub=1), ["第三条", "第四条", "第四条之一"]),
        (
            Address(number=3, paragraph=1),
            Address(number=3, paragraph=2),
            ["第三条第一款", "第三条第二款"],
        ),
        (
            Address(number=3, paragraph=2, item=1),
            Address(number=3, paragraph=2, item=3),
            [f"第三条第二款第{n}项" for n in "一二三"],
        ),
    ],
)
def test_a_range_is_counted_through_where_its_ends_differ(first, last, expected):
    assert [str(address) for address in between(first, last)] == expected


@given(st.integers(1, 500), st.integers(0, 1500))
def test_a_range_of_articles_holds_each_once(first, more):
    found = list(between(Address(number=first), Address(number=first + more)))

    assert [address.number for address in found] == list(range(first, first + more + 1))


def test_a_reference_that_cannot_be_said_has_no_addresses():
    reference = Reference(start=0, end=2, kind=OWN, law="甲法", reason="0 款 stand before it")

    assert reference.addresses() == []
    assert Reference(start=0, end=2, kind=OWN, law="甲法").addresses() == [Address()]
