"""Tests of lawvault.writer.citations.flow."""

from hypothesis import given, settings
from hypothesis import strategies as st

from lawvault.writer.citations.flow import (
    flow_of,
    joined,
    notes_in_order,
    spoken,
    with_lines,
    without,
)
from lawvault.writer.document import (
    Blank,
    Break,
    Cell,
    Document,
    Footnote,
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

TEXTS = st.builds(Text, text=st.text("甲乙第三条《》。", max_size=6), bold=st.booleans())
INLINES = st.one_of(
    TEXTS,
    st.builds(Break),
    st.builds(Blank, label=st.sampled_from(["", "姓名"])),
    st.builds(NoteRef, id=st.sampled_from(["a", "b"])),
    st.builds(Mark, reason=st.just("误")),
)
LINES = st.lists(INLINES, max_size=4).map(tuple)
CELLS = st.builds(Cell, paragraphs=st.lists(LINES, max_size=2).map(tuple))
ROWS = st.lists(CELLS, min_size=1, max_size=2).map(tuple)
LEAVES = st.one_of(
    st.builds(Heading, level=st.integers(1, 5), content=LINES),
    st.builds(Paragraph, content=LINES),
    st.builds(Table, rows=st.lists(ROWS, max_size=2).map(tuple), columns=st.just(2)),
    st.builds(Signature, lines=st.lists(LINES, max_size=2).map(tuple)),
    st.builds(PageBreak),
)
BLOCKS = st.recursive(
    st.lists(LEAVES, max_size=3).map(tuple),
    lambda blocks: st.one_of(
        st.builds(Quotation, blocks=blocks).map(lambda one: (one,)),
        st.builds(Items, items=st.lists(blocks, max_size=2).map(tuple)).map(lambda one: (one,)),
    ),
    max_leaves=4,
)


def text(words: str, **looks: bool) -> Text:
    return Text(text=words, **looks)


def test_a_document_is_one_text_in_order():
    blocks = (
        Heading(level=1, content=(text("题"),)),
        Paragraph(content=(text("甲"), NoteRef(id="a"), text("乙", bold=True), Blank(label="名"))),
        Items(items=((Paragraph(content=(text("一"),)),), (Paragraph(content=(text("二"),)),))),
        Table(
            rows=((Cell(paragraphs=((text("三"),),)), Cell(paragraphs=((text("四"),),))),),
            columns=2,
        ),
        Signature(lines=((text("五"),), (text("六"),))),
    )

    assert flow_of(blocks).text == "# 题\n\n甲乙【名：　】\n\n一\n二\n\n三\n四\n\n五\n六"


def test_a_long_list_does_not_go_on_as_one_paragraph_for_ever():
    item = (Paragraph(content=(text("甲"),)),)

    parts = flow_of((Items(items=(item,) * 45),)).text.split("\n\n")

    assert [part.count("甲") for part in parts] == [20, 20, 5]


def test_a_run_is_cut_where_something_is_put_and_keeps_its_looks():
    flow = flow_of((Paragraph(content=(text("甲", bold=True), text("乙丙"), Blank())),))

    (line,) = flow.put([(2, NoteRef(id="a")), (1, Mark(reason="误")), (4, NoteRef(id="b"))])

    assert line == (
        text("甲", bold=True),
        Mark(reason="误"),
        text("乙"),
        NoteRef(id="a"),
        text("丙"),
        Blank(),
        NoteRef(id="b"),
    )


@settings(max_examples=60, deadline=None)
@given(BLOCKS, st.data())
def test_whatever_is_put_in_changes_no_word_and_stands_where_it_was_put(blocks, data):
    flow = flow_of(blocks)
    places = data.draw(st.lists(st.integers(0, len(flow.text)), max_size=4, unique=True))
    marks = [(place, Mark(reason=f"误{place}")) for place in places]

    lines = flow.put(marks) if flow.lines else []
    done = with_lines(blocks, lines)

    assert flow_of(done).text == flow.text
    put = [one for line in lines for one in line if isinstance(one, Mark) and one.reason != "误"]
    assert {mark.reason for mark in put} == ({m.reason for _, m in marks} if flow.lines else set())
    for place in places if flow.lines else ():
        at = next(i for i, line in enumerate(lines) if Mark(reason=f"误{place}") in line)
        before = lines[at][: lines[at].index(Mark(reason=f"误{place}"))]
        told = flow.starts[at] + sum(len(spoken(inline)) for inline in before)
        assert told >= min(place, flow.ends[at]) or place < flow.starts[0]


@settings(max_examples=40, deadline=None)
@given(BLOCKS)
def test_lines_given_back_make_the_same_blocks(blocks):
    assert with_lines(blocks, flow_of(blocks).lines) == blocks


def test_runs_that_meet_again_are_joined():
    marked = (text("甲"), Mark(reason="误"), text("乙"), text("丙", bold=True))

    (block,) = without((Paragraph(content=marked),), lambda one: isinstance(one, Mark))

    assert block == Paragraph(content=(text("甲乙"), text("丙", bold=True)))
    assert joined([text("甲"), Break(), text("乙")]) == (text("甲"), Break(), text("乙"))


def test_notes_are_counted_in_the_order_of_their_places():
    row = (Cell(paragraphs=((NoteRef(id="b"),),)),)
    document = Document(
        blocks=(Table(rows=(row,), columns=1), Paragraph(content=(NoteRef(id="a"),))),
        notes={"a": Footnote(content=()), "b": Footnote(content=()), "c": Footnote(content=())},
    )

    assert notes_in_order(document) == ["b", "a"]
