"""Writing Markdown: reading it back gives the same document, whatever its words are."""

import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lawvault.writer.document import (
    Blank,
    Block,
    Break,
    Cell,
    Document,
    Footnote,
    Heading,
    Inline,
    Items,
    Mark,
    NoteRef,
    PageBreak,
    Paragraph,
    Properties,
    Quotation,
    Signature,
    Table,
    Text,
)
from lawvault.writer.markdown.read import read_markdown
from lawvault.writer.markdown.write import to_markdown

HOSTILE = (
    *"*_`~#>|+-=:!()[]{}<>&\\.0 　\xa0【】：⚠\ufe0f甲a1",
    *("1. ", "# ", "- ", "【　】", "【甲：　】", "⚠【x】", "[^1]", "[^1]:", "<br>", "<p>", "&#42;"),
    *(":::", "::: 落款", "***", "___", "```", "[a](http://b.c)", "![", "{跨2列}", "| --- |", "---"),
    *("=HYPERLINK(", "https://a.b/c?d=1&e=2", "<https://a.b>", "《甲法》", "甲乙", "&amp;", "】"),
)
words = st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=6).map("".join)
links = st.sampled_from(["", "", "", "https://a.b/(c)?d=1&lt;e|f*g", "http://甲.cn/_x_"])
texts = st.builds(Text, text=words, bold=st.booleans(), italic=st.booleans(), link=links)
NOTES = ("1", "注-2")


def merged(content: list[Inline]) -> tuple[Inline, ...]:
    """Return a content whose texts side by side look different, as that of a document read."""
    kept: list[Inline] = []
    for item in content:
        before = kept[-1] if kept else None
        if isinstance(before, Text) and isinstance(item, Text):
            same = (before.bold, before.italic, before.link) == (item.bold, item.italic, item.link)
            if same:
                continue
        kept.append(item)
    return tuple(kept)


def contents(*, breaks: bool = True, notes: bool = True, min_size: int = 1) -> st.SearchStrategy:
    others = [
        st.builds(Blank, label=st.just("") | words),
        st.builds(Mark, reason=st.just("") | words),
    ]
    others += [st.just(Break())] if breaks else []
    others += [st.sampled_from(NOTES).map(lambda name: NoteRef(id=name))] if notes else []
    return st.lists(texts | texts | st.one_of(others), min_size=min_size, max_size=5).map(merged)


paragraphs = st.builds(
    Paragraph, content=contents(), align=st.sampled_from(["", "", "", "left", "center", "right"])
)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    columns = draw(st.integers(1, 4))
    rows = [draw(rows_of(columns)) for _ in range(draw(st.integers(1, 3)))]
    widths = draw(st.just(()) | st.tuples(*[st.sampled_from([1.0, 2.5, 0.125])] * columns))
    return Table(
        rows=tuple(rows), columns=columns, caption=draw(st.just("") | words), widths=widths
    )


@st.composite
def rows_of(draw: st.DrawFn, columns: int) -> tuple[Cell, ...]:
    cells = []
    while (left := columns - sum(cell.columns for cell in cells)) > 0:
        cells.append(
            Cell(
                paragraphs=tuple(draw(st.lists(contents(min_size=0), min_size=1, max_size=2))),
                columns=draw(st.integers(1, left)),
                is_header=draw(st.booleans()),
            )
        )
    return tuple(cells)


leaves = st.one_of(
    paragraphs,
    st.builds(Heading, level=st.integers(1, 5), content=contents()),
    tables(),
    st.builds(
        Signature,
        lines=st.lists(contents(breaks=False), min_size=1, max_size=3).map(tuple),
    ),
    st.just(PageBreak()),
)


def nests(inner: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    some = st.lists(inner, min_size=1, max_size=3).map(tuple)
    item = st.just(()) | some
    return st.builds(Quotation, blocks=some) | st.builds(
        Items,
        items=st.lists(item, min_size=1, max_size=3).map(tuple),
        start=st.none() | st.integers(0, 1200),
    )


blocks = st.lists(st.recursive(leaves, nests, max_leaves=5), max_size=4).map(tuple)
documents = st.builds(
    Document,
    blocks=blocks,
    title=st.just("") | words,
    notes=st.fixed_dictionaries(
        {name: st.builds(Footnote, content=contents(notes=False, min_size=0)) for name in NOTES}
    ),
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(documents)
def test_a_document_written_and_read_is_the_same(document):
    written = to_markdown(document)

    assert read_markdown(written).document == document
    assert to_markdown(read_markdown(written).document) == written


def test_what_markdown_cannot_express_is_left_out():
    document = Document(
        blocks=(Paragraph(content=()), Quotation(blocks=()), Signature(lines=())),
        properties=Properties(author="甲", created=datetime.datetime(2026, 1, 1)),
    )

    assert to_markdown(document) == ""


def test_an_id_of_a_footnote_that_is_no_word_is_refused():
    document = Document(blocks=(), notes={"a]b": Footnote(content=(Text(text="甲"),))})

    with pytest.raises(ValueError, match="must be letters"):
        to_markdown(document)


def test_ordinary_words_are_written_without_signs():
    words = "《甲法》第1.2条规定：“乙”（2026年）【丙】100%、a-b、1+1=2"

    assert to_markdown(Document(blocks=(Paragraph(content=(Text(text=words),)),))) == words + "\n"


def test_the_signs_of_our_own_are_written_as_they_are_stated():
    cells = (Cell(paragraphs=((Text(text="甲"),),), columns=2, is_header=True),)
    document = Document(
        title="函",
        blocks=(
            Paragraph(content=(Text(text="乙"),), align="center"),
            PageBreak(),
            Table(rows=(cells,), columns=2, caption="费用", widths=(1, 2.5)),
            Signature(lines=((Text(text="具状人："), Blank()), (Blank(label="日期"),))),
        ),
    )

    assert to_markdown(document) == (
        "# 函\n\n::: 居中\n乙\n:::\n\n::: 分页\n\n::: 表题 费用\n::: 列宽 1 2.5\n"
        "| {跨2列} 甲 |\n| --- | --- |\n\n::: 落款\n具状人：【　】\n【日期：　】\n:::\n"
    )
