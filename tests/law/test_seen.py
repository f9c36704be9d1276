"""Tests of lawvault.law.seen: what a reader sees of a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.law.seen import is_seen, seen


@pytest.mark.parametrize("char", ["\0", "\x1b", "\u200b", "\u202e", "\u2028", "\ud800", "\uffff"])
def test_what_controls_hides_or_is_half_of_a_character_is_not_seen(char: str):
    assert not is_seen(char)
    assert seen(f"甲{char}乙") == "甲乙"


@given(st.text())
def test_a_text_that_is_cleaned_again_stays_as_it_is(text: str):
    assert seen(seen(text)) == seen(text)


def test_words_spaces_tabs_and_line_ends_stay():
    text = "第一条　为了\t保护\n😀 é"

    assert seen(text) == text
