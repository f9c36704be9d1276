"""Thinking is told from the answer by its marks, however the text is split."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.models.thinking import Separator, separate


@pytest.mark.parametrize(
    ("text", "answer", "thinking", "ended"),
    [
        ("好", "好", "", True),
        ("<think>想</think>好", "好", "想", True),
        ("<think>\n想\n</think>\n\n好", "\n\n好", "\n想\n", True),
        ("前<think>想</think>后", "前后", "想", True),
        ("<think>一<think>二</think>三</think>好", "好", "一二三", True),
        ("<think>一</think>好<think>二</think>了", "好了", "一二", True),
        ("<think>没想完", "", "没想完", False),
        ("<think>一<think>二</think>好", "", "一二好", False),
        ("想好了</think>好", "好", "想好了", True),
        ("好</think>", "", "好", True),
        ("<think></think>好", "好", "", True),
        ("a < b <thin k> </thinking>", "a < b <thin k> </thinking>", "", True),
        ("好<thi", "好<thi", "", True),
        ("<think>想</thin", "", "想</thin", False),
    ],
)
def test_marks_decide(text, answer, thinking, ended):
    assert separate(text) == (answer, thinking, ended)


MARKED = st.lists(
    st.sampled_from(["<think>", "</think>", "好", "<", "</", "thi", "nk>", "<th"]), max_size=9
).map("".join)


@given(MARKED, st.data())
def test_how_a_text_is_split_makes_no_difference(text, data):
    whole = Separator()
    expected = [*whole.feed(text), *whole.finish()]
    separator, parts, start = Separator(), [], 0
    while start < len(text):
        end = start + data.draw(st.integers(1, 4))
        parts += separator.feed(text[start:end])
        start = end
    parts += separator.finish()

    assert joined(parts) == joined(expected)
    assert separator.is_open == whole.is_open


def joined(parts):
    """Return answer and thinking, each as one text."""
    return [
        "".join(text for kind, text in parts if kind == wanted) for wanted in ("text", "thinking")
    ]


def test_a_word_that_cannot_become_a_mark_is_given_at_once():
    separator = Separator()

    assert separator.feed("好<") == [("text", "好")]
    assert separator.feed("b") == [("text", "<b")]
