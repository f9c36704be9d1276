"""In which 款, 项 and 目 of a text each of its characters stands."""

from hypothesis import given
from hypothesis import strategies as st

from lawvault.law.address import Address
from lawvault.law.provisions import place_at
from lawvault.law.text.layout import MAX_NUMBER, Layout

TEXT = "有下列情形的：\n（一）甲：\n1.子；\n2.丑；\n（二）乙。\n丙。\n丁：\n（一）戊；\n（三）己。"
LINES = st.lists(
    st.sampled_from(
        ["甲", "（一）甲；", "（二）乙；", "1.子；", "①", "丙：（一）丁；（二）戊。", ""]
    )
).map("\n".join)


@given(LINES)
def test_every_character_lies_where_the_provisions_say(text):
    layout = Layout(text)

    assert [layout.at(i) for i in range(len(text))] == [place_at(text, i) for i in range(len(text))]


def test_a_text_is_asked_for_its_paragraphs_and_items():
    layout = Layout(TEXT)

    assert str(layout.at(TEXT.index("丑"))) == "第一款第一项第二目"
    assert layout.has(Address(paragraph=3), 1)
    assert not layout.has(Address(paragraph=4), 1)
    assert layout.has(Address(item=2), 1)
    assert not layout.has(Address(item=2), 3)
    assert not layout.has(Address(item=1), 9)


def test_the_only_paragraph_with_an_item_is_known_and_two_are_not():
    layout = Layout(TEXT)

    assert [layout.only_with(item) for item in (1, 2, 3, 4)] == [None, 1, 3, None]
    assert [layout.has_item(item) for item in (1, 2, 3, 4)] == [True, True, True, False]


def test_a_paragraph_is_led_in_by_what_stands_before_its_items():
    layout = Layout(TEXT)

    assert TEXT[slice(*layout.lead(1))] == "有下列情形的：\n"
    assert TEXT[slice(*layout.lead(2))] == "丙。"


def test_numbers_that_no_law_has_are_no_place():
    layout = Layout("甲\n" * (MAX_NUMBER + 10))

    assert layout.at(2 * MAX_NUMBER - 2) == Address(paragraph=MAX_NUMBER)
    assert layout.at(2 * MAX_NUMBER) is None
