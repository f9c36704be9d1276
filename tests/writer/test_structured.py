"""A document from the JSON of an LLM: what fits is read, the rest is refused with its place."""

import json

import pytest

from lawvault.models.json_answer import RejectedAnswer, parse_answer
from lawvault.writer.document import (
    Blank,
    Break,
    Heading,
    Items,
    Mark,
    NoteRef,
    PageBreak,
    Paragraph,
    Quotation,
    Signature,
    Table,
    Text,
)
from lawvault.writer.structured import DOCUMENT_SCHEMA, document_of


def block(kind: str, *lines: str, level: int = 0, rows: tuple = ()) -> dict:
    return {"kind": kind, "level": level, "lines": list(lines), "rows": list(map(list, rows))}


def answer(*blocks: dict, notes: tuple = (), title: str = "") -> dict:
    return {"title": title, "blocks": list(blocks), "notes": list(notes)}


def test_every_kind_of_block_is_read():
    document = document_of(
        answer(
            block("heading", "一、请求", level=2),
            block("paragraph", "**甲**【　】[^1]", "", "⚠【缺】"),
            block("quotation", "乙", "丙"),
            block("bullets", "丁"),
            block("numbers", "戊", "己"),
            block("table", rows=(("a", "b"), ("c", ""))),
            block("page_break"),
            block("signature", "具状人：【　】\n2026年"),
            title="函 **甲**",
            notes=({"id": "1", "text": "注[^1]"},),
        )
    )

    kinds = [Heading, Paragraph, Quotation, Items, Items, Table, PageBreak, Signature]
    assert [type(one) for one in document.blocks] == kinds
    assert document.title == "函 甲"
    heading, paragraph, _, bullets, numbers, table, _, signature = document.blocks
    assert heading.level == 2
    assert paragraph.content == (
        *(Text(text="甲", bold=True), Blank(), NoteRef(id="1"), Break(), Mark(reason="缺")),
    )
    assert (bullets.start, numbers.start, len(numbers.items)) == (None, 1, 2)
    assert [cell.is_header for row in table.rows for cell in row] == [True, True, False, False]
    assert len(signature.lines) == 2
    assert document.notes["1"].content == (Text(text="注[^1]"),)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (answer(block("heading", "甲", level=6)), r"blocks\[0\].level must be 1 to 5, got 6"),
        (answer(block("paragraph", " ")), r"blocks\[0\].lines must hold the words"),
        (answer(block("table")), r"blocks\[0\].rows must have 1 to 63 cells a row, got 0"),
        (answer(block("table", rows=(("a",), ("b", "c")))), r"rows\[1\] must have 1 cells"),
        (answer(block("paragraph", "甲[^9]")), r"blocks\[0\].lines\[0\]: notes have no id '9'"),
        (answer(notes=({"id": "a b", "text": "甲"},)), r"notes\[0\].id must be letters"),
        (answer(notes=({"id": "1", "text": "甲"},) * 2), r"notes\[1\].id must be"),
        (answer(notes=({"id": "1", "text": ""},)), r"notes\[0\].text is empty"),
        (answer(block("poem", "甲")), r"blocks\[0\].kind"),
        ({"title": "甲"}, "blocks"),
        (answer(title=1), "title"),
        (answer(title="\ud800"), "invalid|surrogate|JSON"),
        (answer(title={1, 2}), "not JSON"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(given, words):
    with pytest.raises(RejectedAnswer, match=words):
        document_of(given)


def test_danger_in_the_words_is_words():
    document = document_of(
        answer(block("paragraph", "<b>\x00\u202e[看](javascript:x)![图](http://a.b)"))
    )

    assert document.blocks[0].content == (Text(text="<b>看"),)


def test_the_schema_is_small_closed_and_reads_what_a_model_writes():
    schema = DOCUMENT_SCHEMA.strict

    assert len(json.dumps(schema)) < 1500
    assert set(schema["required"]) == {"title", "blocks", "notes"}
    written = "```json\n" + json.dumps(answer(block("paragraph", "甲"))) + "\n```"
    assert document_of(parse_answer(written, DOCUMENT_SCHEMA)).blocks
