import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawvault.writer.document import Blank, Break, Mark, NoteRef, Text
from lawvault.writer.docx.inline import Ledger, Runs, anchors, web_address
from lawvault.writer.docx.styles import new_styles
from lawvault.writer.docx.wml import W, w
from lawvault.writer.profiles import profile

MARK = Mark(reason="未核实")
_, STYLES = new_styles(profile("court"))


def anchored(*content):
    """What Word shows as the words of each comment."""
    ledger = Ledger(footnotes={"a": None})
    paragraph = w("p", *Runs(styles=STYLES, ledger=ledger, relate=str).of(content, "body"))
    found, opened = dict.fromkeys(range(len(ledger.reasons)), ""), set()
    for element in paragraph.iter():
        number = int(element.get(f"{{{W}}}id", -1))
        if element.tag == f"{{{W}}}commentRangeStart":
            opened.add(number)
        if element.tag == f"{{{W}}}commentRangeEnd":
            opened.remove(number)
        for open_now in opened if element.tag == f"{{{W}}}t" else ():
            found[open_now] += element.text
    assert opened == set()
    return list(found.values())


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ((Text(text="甲。乙，丙。"), MARK), ["乙，丙。"]),
        ((Text(text="甲。乙"), MARK, Text(text="丙。")), ["乙"]),
        ((Text(text="甲。"), Text(text="乙", bold=True), Text(text="丙。"), MARK), ["乙丙。"]),
        ((Text(text="甲。“乙。”丙"), MARK), ["丙"]),
        ((Text(text="甲。"), NoteRef(id="a"), MARK), ["甲。"]),
        ((Text(text="甲"), Break(), Text(text="乙"), MARK), ["甲乙"[1:]]),
        ((Text(text="甲。"), Blank(label="姓名"), Text(text="乙。"), MARK), ["【姓名：　】乙。"]),
        ((Text(text="甲。"), MARK, MARK, Text(text="乙。"), MARK), ["甲。", "甲。", "乙。"]),
        ((MARK, Text(text="甲")), [""]),
    ],
)
def test_a_comment_stands_at_the_sentence_before_its_mark(content, expected):
    assert anchored(*content) == expected


@given(st.lists(st.one_of(st.text("甲。”", max_size=4).map(lambda t: Text(text=t)), st.just(MARK))))
def test_comments_open_and_close_and_no_word_is_lost(content):
    words = anchored(*content)

    assert len(words) == sum(item == MARK for item in content) == len(anchors(content))
    assert all("".join(i.text for i in content if i != MARK).count(word) for word in words)


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "file:///c",
        "//host/x",
        "http:///x",
        "https://a b",
        "https://a\x00",
        "",
    ],
)
def test_only_addresses_of_the_web_are_links(address):
    assert web_address(address) == ""


def test_an_address_of_the_web_stays_as_it_is():
    assert web_address("HTTPS://flk.npc.gov.cn/a?b=1&c=法") == "HTTPS://flk.npc.gov.cn/a?b=1&c=法"
