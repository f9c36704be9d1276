"""Quotations: outermost, over several paragraphs, and with one of their marks missing."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawvault.law.text.quotation import quotes

PIECES = st.sampled_from(
    ["“", "”", '"', "「", "」", "『", "』", "甲", "第三条 ", "一、", " ", "\n"]
)


def quoted(text: str) -> list[str]:
    return [text[quote.start : quote.end] for quote in quotes(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("甲“乙”丙“丁”", ["“乙”", "“丁”"]),
        ('甲"乙"丙"丁"', ['"乙"', '"丁"']),
        ("甲「乙『丙』丁」戊", ["「乙『丙』丁」"]),
        ("甲“乙「丙」丁”戊", ["“乙「丙」丁”"]),
        ("甲“乙“丙”丁”戊", ["“乙“丙”丁”"]),
        ("甲”乙", []),
        ("", []),
    ],
)
def test_the_outermost_quotations_are_found(text, expected):
    assert quoted(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("改为：“甲。\n“乙。”\n丙", ["“甲。\n“乙。”"]),
        ("改为：\n　　“甲。\n　　“乙。”\n丙", ["“甲。\n　　“乙。”"]),
        ('改为："甲。\n"乙。"\n丙', ['"甲。\n"乙。"']),
        ("改为：“甲。\n乙。”丙", ["“甲。\n乙。”"]),
        ("改为：“甲。\n“乙称“丙”。\n“丁。”戊“己”", ["“甲。\n“乙称“丙”。\n“丁。”", "“己”"]),
        ("“第三条 甲：\n（一）乙；\n“第四条 丙。”", ["“第三条 甲：\n（一）乙；\n“第四条 丙。”"]),
    ],
)
def test_a_quotation_of_several_paragraphs_is_one(text, expected):
    assert quoted(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("称“甲。\n乙。\n丙", ["“甲。"]),
        ("称“甲。\n又称“乙”。", ["“甲。", "“乙”"]),
        ("改为：“甲。\n“乙。\n丙称“丁”。", ["“甲。\n“乙。", "“丁”"]),
        ("一、“甲。\n二、改为：\n“乙。”", ["“甲。", "“乙。”"]),
        ("“甲。\n第三条 乙。\n“丙。”", ["“甲。", "“丙。”"]),
    ],
)
def test_a_mark_that_was_never_closed_ends_with_its_paragraph(text, expected):
    assert quoted(text) == expected


@settings(max_examples=1000, deadline=None)
@given(st.lists(PIECES, max_size=20).map("".join))
def test_quotations_are_in_order_and_begin_with_a_mark(text):
    found = quotes(text)

    assert all(quote.start < quote.end <= len(text) for quote in found)
    assert all(a.end <= b.start for a, b in itertools.pairwise(found))
    assert all(text[quote.start] in '“"「『' for quote in found)


@settings(max_examples=500, deadline=None)
@given(st.lists(st.text("甲乙，。（）0", min_size=1), min_size=1, max_size=5))
def test_well_made_quotations_are_all_found(parts):
    text = "丙".join(f"“{part}”" for part in parts)

    assert quoted(text) == [f"“{part}”" for part in parts]
