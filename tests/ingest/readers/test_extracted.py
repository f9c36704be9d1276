"""Tables as lines: a row of data is one line, a table that only places text is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.ingest.readers.extracted import Extracted, counted, row_lines

LINES = st.lists(st.text("甲乙", min_size=1, max_size=3), max_size=8)


@given(st.lists(LINES, min_size=2).filter(any))
def test_a_row_of_data_is_one_line_with_a_tab_between_each_two_cells(cells):
    (line,) = row_lines(cells)

    assert [cell.split() for cell in line.split("\t")] == cells


@given(st.lists(st.lists(st.text("甲乙 \t", min_size=1, max_size=3))))
def test_no_word_of_a_row_is_lost(cells):
    words = "".join(line for cell in cells for line in cell).split()

    assert "".join("".join(row_lines(cells)).split()) == "".join(words)


@pytest.mark.parametrize(
    "cells", [[["第一条", "第二条"]], [["栏"], [f"第{n}条" for n in range(9)]]]
)
def test_lines_of_a_cell_that_only_places_text_stay_lines(cells):
    assert row_lines(cells) == [line for cell in cells for line in cell]


@pytest.mark.parametrize("cells", [[], [[]], [[], []]])
def test_an_empty_row_is_no_line(cells):
    assert row_lines(cells) == []


def test_nothing_is_noted_unless_something_is_odd():
    assert Extracted(text="第一条").notes == []
    assert counted(0, "link") == "0 links"
